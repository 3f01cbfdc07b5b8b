//! Every rule of the service, broken once, with the answer to it.

use std::fmt::Write as _;

use axum::http::Method;
use emulator::model::location::Location;
use emulator::{AzureResource, Cloud, Request, Response, State};
use serde_json::{Value, json};

use crate::client::{
    SUBSCRIPTION, VERSION, external, overlay, profile, profile_path, put, send, state, tags_path,
    weighted,
};

/// Writes one refusal into the snapshot.
fn note(snapshot: &mut String, case: &str, response: &Response) {
    let body = response.value();
    let error = body.get("error").unwrap_or(&body);
    assert!(
        response.status.is_client_error(),
        "{case} was not refused: {response:?}"
    );
    writeln!(
        snapshot,
        "{case}\n  {} {}: {}",
        response.status.as_u16(),
        error["code"].as_str().expect("a code"),
        error["message"].as_str().expect("a message"),
    )
    .expect("a string grows");
}

/// The refusal of a profile PUT whose settings were changed so.
fn settings(change: impl FnOnce(&mut Value)) -> Response {
    let mut body = weighted("app");
    change(&mut body);
    send(&mut state(), Method::PUT, &profile_path("app"), &body)
}

fn monitor(more: Value) -> Response {
    settings(|body| overlay(&mut body["properties"]["monitorConfig"], more))
}

fn properties(more: Value) -> Response {
    settings(|body| overlay(&mut body["properties"], more))
}

fn endpoints(method: &str, endpoints: Value) -> Response {
    let mut body = profile("app", method, endpoints);
    if method == "MultiValue" {
        body["properties"]["maxReturn"] = json!(3);
    }
    send(&mut state(), Method::PUT, &profile_path("app"), &body)
}

/// The refusal of one external endpoint with these properties.
fn endpoint(more: Value) -> Response {
    endpoints("Weighted", json!([external("one", "a.example.com", more)]))
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
fn of_endpoints() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let one = |more| external("one", "a.example.com", more);
    case(
        "endpoints of a wrong type",
        properties(json!({ "endpoints": {} })),
    );
    case(
        "endpoint of a wrong type",
        endpoints("Weighted", json!([7])),
    );
    case(
        "without name and type",
        endpoints("Weighted", json!([{}, {}])),
    );
    case(
        "unknown type",
        endpoints(
            "Weighted",
            json!([{ "name": "one", "type": "Microsoft.Network/dnsZones" }]),
        ),
    );
    case(
        "same name in another case",
        endpoints(
            "Weighted",
            json!([one(json!({})), external("ONE", "b.example.com", json!({}))]),
        ),
    );
    case(
        "name with a slash",
        endpoints(
            "Weighted",
            json!([external("a/b", "a.example.com", json!({}))]),
        ),
    );
    case(
        "name too long",
        endpoints(
            "Weighted",
            json!([external(&"n".repeat(261), "a.example.com", json!({}))]),
        ),
    );
    case("no target", endpoint(json!({ "target": null })));
    case(
        "target with a port",
        endpoint(json!({ "target": "a.example.com:443" })),
    );
    case(
        "target with a scheme",
        endpoint(json!({ "target": "https://a.example.com" })),
    );
    case(
        "wildcard target",
        endpoint(json!({ "target": "*.example.com" })),
    );
    case(
        "mistyped address",
        endpoint(json!({ "target": "20.1.2.300" })),
    );
    case("private target", endpoint(json!({ "target": "10.1.2.3" })));
    case("weight of zero", endpoint(json!({ "weight": 0 })));
    case("weight too large", endpoint(json!({ "weight": 1001 })));
    case("weight in words", endpoint(json!({ "weight": "70" })));
    case("priority of zero", endpoint(json!({ "priority": 0 })));
    case(
        "unknown status",
        endpoint(json!({ "endpointStatus": "Paused" })),
    );
    case(
        "unknown location",
        endpoint(json!({ "endpointLocation": "atlantis" })),
    );
    case(
        "unknown geographic code",
        endpoint(json!({ "geoMapping": ["XX"] })),
    );
    case(
        "geographic code twice",
        endpoint(json!({ "geoMapping": ["DE", "de"] })),
    );
    case(
        "subnet without end",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.0" }] })),
    );
    case(
        "subnet with two ends",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.0", "last": "1.2.3.9", "scope": 24 }] })),
    );
    case(
        "subnet backwards",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.9", "last": "1.2.3.0" }] })),
    );
    case(
        "subnet of two families",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.9", "last": "::1" }] })),
    );
    case(
        "subnet off its network",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.1", "scope": 24 }] })),
    );
    case(
        "subnet too narrow",
        endpoint(json!({ "subnets": [{ "first": "1.2.3.0", "scope": 33 }] })),
    );
    case(
        "subnet of words",
        endpoint(json!({ "subnets": [{ "first": "here", "last": "there" }] })),
    );
    let headers: Vec<_> = (0..9)
        .map(|n| json!({ "name": format!("h{n}"), "value": "v" }))
        .collect();
    case(
        "nine headers",
        endpoint(json!({ "customHeaders": headers })),
    );
    case(
        "several at once",
        endpoint(json!({ "weight": 0, "priority": 1001, "target": "" })),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_profiles_as_a_whole() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let pair = |left: Value, right: Value| {
        json!([
            external("one", "a.example.com", left),
            external("two", "b.example.com", right)
        ])
    };
    case(
        "same target in another case",
        endpoints(
            "Weighted",
            json!([
                external("one", "a.example.com", json!({})),
                external("two", "A.Example.com", json!({})),
            ]),
        ),
    );
    case(
        "same address in another form",
        endpoints(
            "Weighted",
            json!([
                external("one", "2603:1030::1", json!({})),
                external("two", "2603:1030:0::1", json!({})),
            ]),
        ),
    );
    case(
        "same priority",
        endpoints(
            "Weighted",
            pair(json!({ "priority": 5 }), json!({ "priority": 5 })),
        ),
    );
    case(
        "name and address",
        endpoints(
            "Priority",
            json!([
                external("one", "a.example.com", json!({})),
                external("two", "20.1.2.3", json!({})),
            ]),
        ),
    );
    case(
        "both address families",
        endpoints(
            "Priority",
            json!([
                external("one", "2603:1030::1", json!({})),
                external("two", "20.1.2.3", json!({})),
            ]),
        ),
    );
    case(
        "Performance without location",
        endpoints(
            "Performance",
            pair(json!({ "endpointLocation": "westus" }), json!({})),
        ),
    );
    case(
        "Geographic without code",
        endpoints(
            "Geographic",
            pair(json!({ "geoMapping": ["DE"] }), json!({})),
        ),
    );
    case(
        "Geographic code on two endpoints",
        endpoints(
            "Geographic",
            pair(
                json!({ "geoMapping": ["DE", "FR"] }),
                json!({ "geoMapping": ["FR"] }),
            ),
        ),
    );
    case(
        "Subnet overlap",
        endpoints(
            "Subnet",
            pair(
                json!({ "subnets": [{ "first": "1.2.0.0", "scope": 16 }] }),
                json!({ "subnets": [{ "first": "1.2.3.4", "last": "1.2.3.5" }] }),
            ),
        ),
    );
    case(
        "Subnet with two fallbacks",
        endpoints("Subnet", pair(json!({}), json!({}))),
    );
    case(
        "MultiValue with a name",
        endpoints(
            "MultiValue",
            json!([external("one", "a.example.com", json!({}))]),
        ),
    );
    let many: Vec<_> = (0..201)
        .map(|n| external(&format!("e{n}"), &format!("e{n}.example.com"), json!({})))
        .collect();
    case("201 endpoints", endpoints("Weighted", json!(many)));
    case("record type that no endpoint has", {
        let mut body = profile(
            "app",
            "Weighted",
            json!([external("one", "a.example.com", json!({}))]),
        );
        body["properties"]["recordType"] = json!("A");
        state().answer(&Request::new(
            Method::PUT,
            &profile_path("app"),
            "2026-09-01",
            &body,
        ))
    });
    insta::assert_snapshot!(all);
}

#[test]
fn of_other_endpoint_types() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let mut state = state();
    let address =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/pip";
    let location = Location::parse("westus").expect("a region");
    state.add_resource(
        address,
        AzureResource {
            host: None,
            location,
        },
    );
    for name in ["parent", "child"] {
        put(&mut state, &profile_path(name), &weighted(name));
    }
    let mut endpoint = |path: &str, properties: Value| {
        send(
            &mut state,
            Method::PUT,
            &profile_path(path),
            &json!({ "properties": properties }),
        )
    };
    let child = profile_path("child");
    let parent = profile_path("parent");
    case(
        "Azure without id",
        endpoint(
            "parent/azureEndpoints/one",
            json!({ "target": "a.example.com" }),
        ),
    );
    case(
        "Azure with unknown resource",
        endpoint(
            "parent/azureEndpoints/one",
            json!({ "targetResourceId": format!("{address}2") }),
        ),
    );
    case(
        "Azure without DNS name",
        endpoint(
            "parent/azureEndpoints/one",
            json!({ "targetResourceId": address }),
        ),
    );
    case(
        "nested with unknown profile",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": profile_path("nobody") }),
        ),
    );
    case(
        "nested with alwaysServe",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": child, "alwaysServe": "Enabled" }),
        ),
    );
    case(
        "nested with no minimum",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": child, "minChildEndpoints": 0 }),
        ),
    );
    case(
        "nested in itself",
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": parent }),
        ),
    );
    assert_eq!(
        endpoint(
            "parent/nestedEndpoints/one",
            json!({ "targetResourceId": child })
        )
        .status,
        201
    );
    case(
        "nested in a circle",
        endpoint(
            "child/nestedEndpoints/one",
            json!({ "targetResourceId": parent }),
        ),
    );
    case(
        "same name under another type",
        endpoint(
            "parent/externalEndpoints/ONE",
            json!({ "target": "a.example.com" }),
        ),
    );
    case(
        "child deleted under its parent",
        send(&mut state, Method::DELETE, &child, &Value::Null),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_nesting_eleven_levels() {
    let mut state = state();
    put(&mut state, &profile_path("p0"), &weighted("p0"));
    let mut response = None;
    for level in 1..=10 {
        let path = profile_path(&format!("p{level}"));
        put(&mut state, &path, &weighted(&format!("p{level}")));
        let body = json!({ "properties": { "targetResourceId": profile_path(&format!("p{}", level - 1)) } });
        let answer = send(
            &mut state,
            Method::PUT,
            &format!("{path}/nestedEndpoints/below"),
            &body,
        );
        assert_eq!(
            answer.status.is_success(),
            level < 10,
            "level {level}: {answer:?}"
        );
        response = Some(answer);
    }
    let message = response.expect("an answer").value()["error"]["message"].clone();
    assert_eq!(
        message,
        "Profiles cannot be nested more than 10 levels deep."
    );
}

#[test]
fn of_requests() {
    let mut all = String::new();
    let mut case = |name: &str, response: Response| note(&mut all, name, &response);
    let mut state = state();
    put(&mut state, &profile_path("app"), &weighted("app"));
    let mut ask = |method: Method, path: &str, version: &str, body: &[u8]| {
        let mut request = Request::new(method, path, version, &Value::Null);
        request.body = body.to_vec();
        state.answer(&request)
    };
    let app = profile_path("app");
    case("no api-version", ask(Method::GET, &app, "", b""));
    case(
        "unknown api-version",
        ask(Method::GET, &app, "2016-01-01", b""),
    );
    case(
        "unknown api-version of tags",
        ask(Method::GET, &tags_path("app"), VERSION, b""),
    );
    case(
        "subscription that is no GUID",
        ask(
            Method::GET,
            "/subscriptions/mine/providers/Microsoft.Network/trafficManagerProfiles",
            VERSION,
            b"",
        ),
    );
    case(
        "group that cannot be",
        ask(Method::GET, &app.replace("my-tm-rg", "a%20b"), VERSION, b""),
    );
    case(
        "unknown path",
        ask(Method::GET, "/subscriptions", VERSION, b""),
    );
    case(
        "unknown endpoint type",
        ask(
            Method::GET,
            &profile_path("app/otherEndpoints/x"),
            VERSION,
            b"",
        ),
    );
    case(
        "method that a path does not take",
        ask(Method::POST, &app, VERSION, b"{}"),
    );
    case(
        "body that is not JSON",
        ask(Method::PUT, &app, VERSION, b"{\"location\":"),
    );
    case(
        "body that is no object",
        ask(Method::PUT, &app, VERSION, b"[]"),
    );
    case("PUT without a body", ask(Method::PUT, &app, VERSION, b""));
    case(
        "profile that is not there",
        ask(Method::GET, &profile_path("nobody"), VERSION, b""),
    );
    case(
        "the same in 2018",
        ask(Method::GET, &profile_path("nobody"), "2018-04-01", b""),
    );
    case(
        "the same in 2015",
        ask(
            Method::GET,
            &profile_path("nobody"),
            "2015-04-28-preview",
            b"",
        ),
    );
    case(
        "PATCH of a profile that is not there",
        ask(Method::PATCH, &profile_path("nobody"), VERSION, b"{}"),
    );
    case(
        "endpoint in a profile that is not there",
        ask(
            Method::PUT,
            &profile_path("nobody/externalEndpoints/One"),
            VERSION,
            b"{}",
        ),
    );
    case(
        "DELETE of such an endpoint",
        ask(
            Method::DELETE,
            &profile_path("nobody/externalEndpoints/One"),
            VERSION,
            b"",
        ),
    );
    case(
        "endpoint that is not there",
        ask(
            Method::GET,
            &profile_path("app/ExternalEndpoints/One"),
            VERSION,
            b"",
        ),
    );
    case(
        "the same in 2017",
        ask(
            Method::GET,
            &profile_path("app/ExternalEndpoints/One"),
            "2017-05-01",
            b"",
        ),
    );
    case(
        "PATCH with endpoints",
        ask(
            Method::PATCH,
            &app,
            VERSION,
            b"{\"properties\":{\"endpoints\":[]}}",
        ),
    );
    case(
        "another relative name",
        ask(
            Method::PATCH,
            &app,
            VERSION,
            b"{\"properties\":{\"dnsConfig\":{\"relativeName\":\"other\"}}}",
        ),
    );
    case(
        "name that is taken",
        ask(
            Method::PUT,
            &profile_path("two"),
            VERSION,
            weighted("APP").to_string().as_bytes(),
        ),
    );
    case(
        "name check without name",
        ask(
            Method::POST,
            "/providers/Microsoft.Network/checkTrafficManagerNameAvailability",
            VERSION,
            b"{}",
        ),
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_a_group_that_does_not_exist() {
    let cloud = Cloud {
        resource_groups: vec!["only".to_owned()],
        ..Cloud::default()
    };
    let mut state = State::new(cloud);
    let response = send(
        &mut state,
        Method::PUT,
        &profile_path("app"),
        &weighted("app"),
    );
    assert_eq!(response.status, 404);
    assert_eq!(
        response.value()["error"],
        json!({ "code": "ResourceGroupNotFound", "message": "Resource group 'my-tm-rg' could not be found." })
    );
    let known = profile_path("app").replace("my-tm-rg", "ONLY");
    let answer = put(&mut state, &known, &weighted("app"));
    let id = answer["id"].as_str().expect("an id");
    assert!(id.contains("/resourceGroups/only/"), "{id}");
}

#[test]
fn of_the_profile_above_the_quota() {
    let mut state = state();
    for number in 0..200 {
        let name = format!("p{number}");
        put(&mut state, &profile_path(&name), &weighted(&name));
    }
    let response = send(
        &mut state,
        Method::PUT,
        &profile_path("one-more"),
        &weighted("one-more"),
    );
    assert_eq!(response.status, 409, "{response:?}");
    let replaced = send(
        &mut state,
        Method::PUT,
        &profile_path("p7"),
        &weighted("p7"),
    );
    assert_eq!(replaced.status, 200);
    let elsewhere =
        profile_path("one-more").replace(SUBSCRIPTION, "99999999-2222-3333-4444-555555555555");
    assert_eq!(
        send(&mut state, Method::PUT, &elsewhere, &weighted("one-more")).status,
        201
    );
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
