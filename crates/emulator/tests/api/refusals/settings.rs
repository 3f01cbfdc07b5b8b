//! Rules about the settings of a profile.

use axum::http::Method;
use emulator::{Request, Response};
use serde_json::{Value, json};

use super::note;
use crate::client::{overlay, profile_path, send, state, weighted};

/// The refusal of a profile PUT whose settings were changed so.
fn settings(change: impl FnOnce(&mut Value)) -> Response {
    let mut body = weighted("app");
    change(&mut body);
    send(&mut state(), Method::PUT, &profile_path("app"), &body)
}

fn monitor(more: Value) -> Response {
    settings(|body| overlay(&mut body["properties"]["monitorConfig"], more))
}

pub(super) fn properties(more: Value) -> Response {
    settings(|body| overlay(&mut body["properties"], more))
}

#[test]
fn of_settings() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    case(
        "no location",
        settings(|body| body["location"] = Value::Null),
    );
    case(
        "location of a region",
        settings(|body| body["location"] = json!("westus")),
    );
    case(
        "nothing but a location",
        settings(|body| body["properties"] = Value::Null),
    );
    case(
        "properties of a wrong type",
        settings(|body| body["properties"] = json!([1])),
    );
    case(
        "unknown routing method",
        properties(json!({ "trafficRoutingMethod": "Fastest" })),
    );
    case(
        "unknown status",
        properties(json!({ "profileStatus": "On" })),
    );
    case(
        "status of a wrong type",
        properties(json!({ "profileStatus": true })),
    );
    case(
        "no relative name",
        properties(json!({ "dnsConfig": { "ttl": 5 } })),
    );
    case(
        "relative name with underscore",
        properties(json!({ "dnsConfig": { "relativeName": "my_app" } })),
    );
    case(
        "relative name with empty label",
        properties(json!({ "dnsConfig": { "relativeName": "my..app" } })),
    );
    case(
        "relative name too long",
        properties(json!({ "dnsConfig": { "relativeName": "a".repeat(64) } })),
    );
    case(
        "negative TTL",
        properties(json!({ "dnsConfig": { "relativeName": "app", "ttl": -1 } })),
    );
    case(
        "TTL too large",
        properties(json!({ "dnsConfig": { "relativeName": "app", "ttl": 2_147_483_648_i64 } })),
    );
    case(
        "TTL in words",
        properties(json!({ "dnsConfig": { "relativeName": "app", "ttl": "30" } })),
    );
    case(
        "unknown traffic view",
        properties(json!({ "trafficViewEnrollmentStatus": "Maybe" })),
    );
    case(
        "MultiValue without maxReturn",
        properties(json!({ "trafficRoutingMethod": "MultiValue" })),
    );
    case(
        "maxReturn too large",
        properties(json!({ "trafficRoutingMethod": "MultiValue", "maxReturn": 11 })),
    );
    case(
        "maxReturn of zero",
        properties(json!({ "trafficRoutingMethod": "MultiValue", "maxReturn": 0 })),
    );
    case(
        "unknown allowed record type",
        properties(json!({ "allowedEndpointRecordTypes": ["TXT"] })),
    );
    case("bad profile name", {
        let path = profile_path("-app");
        send(&mut state(), Method::PUT, &path, &weighted("app"))
    });
    insta::assert_snapshot!(all);
}

#[test]
fn of_monitors() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    case("no monitor", properties(json!({ "monitorConfig": null })));
    case("unknown protocol", monitor(json!({ "protocol": "ICMP" })));
    case("port of zero", monitor(json!({ "port": 0 })));
    case("port too large", monitor(json!({ "port": 65536 })));
    case("HTTP without path", monitor(json!({ "path": null })));
    case("relative path", monitor(json!({ "path": "health" })));
    case("path with a space", monitor(json!({ "path": "/a b" })));
    case("TCP with path", monitor(json!({ "protocol": "TCP" })));
    case(
        "TCP with headers",
        monitor(
            json!({ "protocol": "TCP", "path": null, "customHeaders": [{ "name": "a", "value": "b" }] }),
        ),
    );
    case(
        "interval of 20",
        monitor(json!({ "intervalInSeconds": 20 })),
    );
    case("timeout of 4", monitor(json!({ "timeoutInSeconds": 4 })));
    case("timeout of 11", monitor(json!({ "timeoutInSeconds": 11 })));
    case(
        "interval 10 and timeout 10",
        monitor(json!({ "intervalInSeconds": 10, "timeoutInSeconds": 10 })),
    );
    case(
        "tolerance of 10",
        monitor(json!({ "toleratedNumberOfFailures": 10 })),
    );
    let headers: Vec<_> = (0..9)
        .map(|n| json!({ "name": format!("h{n}"), "value": "v" }))
        .collect();
    case("nine headers", monitor(json!({ "customHeaders": headers })));
    case(
        "header without name",
        monitor(json!({ "customHeaders": [{ "value": "v" }] })),
    );
    case(
        "header with a line break",
        monitor(json!({ "customHeaders": [{ "name": "a", "value": "v\r\nb: c" }] })),
    );
    case(
        "wildcard host",
        monitor(json!({ "customHeaders": [{ "name": "Host", "value": "*.example.com" }] })),
    );
    let ranges: Vec<_> = (0..9)
        .map(|n| json!({ "min": 200 + n, "max": 200 + n }))
        .collect();
    case(
        "nine ranges",
        monitor(json!({ "expectedStatusCodeRanges": ranges })),
    );
    case(
        "range backwards",
        monitor(json!({ "expectedStatusCodeRanges": [{ "min": 300, "max": 200 }] })),
    );
    case(
        "range without end",
        monitor(json!({ "expectedStatusCodeRanges": [{ "min": 200 }] })),
    );
    case(
        "several at once",
        monitor(json!({ "port": 0, "path": "x", "intervalInSeconds": 1 })),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_another_record_type() {
    let mut state = state();
    let mut send = |method: Method, body: &Value| {
        state.answer(&Request::new(
            method,
            &profile_path("app"),
            "2026-09-01",
            body,
        ))
    };
    assert_eq!(
        send(Method::PUT, &weighted("app")).value()["properties"]["recordType"],
        Value::Null
    );
    let set = send(
        Method::PATCH,
        &json!({ "properties": { "recordType": "cname" } }),
    );
    assert_eq!(set.value()["properties"]["recordType"], "CNAME");
    let refused = send(
        Method::PATCH,
        &json!({ "properties": { "recordType": "A" } }),
    );
    assert_eq!(
        refused.value()["error"]["message"],
        "The RecordType of a Traffic Manager profile cannot be changed after creation."
    );
    let kept = send(Method::PUT, &weighted("app"));
    assert_eq!(kept.value()["properties"]["recordType"], "CNAME");
}
