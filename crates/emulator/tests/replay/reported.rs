//! Error texts that users of the service quoted in public issues: the emulator says the same in the same case.

use axum::http::Method;
use emulator::model::location::Location;
use emulator::{AzureResource, Cloud, Request, Response, State};
use serde_json::{Value, json};

use crate::Tally;
use crate::exchange::recordings;

const PROFILE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Network/trafficmanagerprofiles";

/// Reports that the emulator has no case for.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "reported-errors.jsonl:7",
        "the emulator has no access control; a fault rule injects 403 with this code",
    ),
    (
        "reported-errors.jsonl:8",
        "the emulator does not throttle on its own; a fault rule injects 429",
    ),
    (
        "reported-errors.jsonl:9",
        "web apps are not modelled: every Azure resource is a DNS name with a region",
    ),
];

#[test]
fn reported_refusals() {
    let text =
        std::fs::read_to_string(recordings().join("reported-errors.jsonl")).expect("reports");
    let mut tally = Tally::default();
    for (line, number) in text.lines().zip(1_usize..) {
        let report: Value = serde_json::from_str(line).expect("a report");
        let difference = case(number).map_or_else(
            || Some("no case".to_owned()),
            |response| difference(&report, &response),
        );
        tally.note(
            &format!("reported-errors.jsonl:{number}"),
            difference,
            EXCEPTIONS,
        );
    }
    tally.conclude("reported refusals", EXCEPTIONS);
}

fn difference(report: &Value, response: &Response) -> Option<String> {
    let body = response.value();
    let message = |body: &Value| {
        let text = body
            .pointer("/error/message")
            .or_else(|| body.get("message"));
        text.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let wanted = match report.get("body") {
        Some(body) => message(body),
        None => message(report),
    };
    // A shortened path, a placeholder for a name, and the end of a quote stand for anything.
    let parts: Vec<_> = wanted
        .split("...")
        .flat_map(|part| part.split("{prefix}"))
        .collect();
    let said = message(&body);
    let mut rest = said.as_str();
    for part in &parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return Some(format!("{said:?} instead of {wanted:?}")),
        }
    }
    let status = report.get("status").and_then(Value::as_u64);
    let is_other_status =
        status.is_some_and(|status| status != u64::from(response.status.as_u16()));
    is_other_status.then(|| format!("status {} instead of {status:?}", response.status))
}

/// The answer in the case that a report describes.
fn case(number: usize) -> Option<Response> {
    let mut state = State::new(Cloud::default());
    let mut send = |method: Method, path: &str, body: Value| {
        state.answer(&Request::new(
            method,
            &format!("{PROFILE}/{path}"),
            "2022-04-01",
            &body,
        ))
    };
    Some(match number {
        1 => azure_target_twice(),
        2 => {
            send(Method::PUT, "p", profile("p", json!([])));
            send(
                Method::PATCH,
                "p",
                json!({ "properties": { "endpoints": [] } }),
            )
        }
        3 => {
            let mut body = profile("p", json!([]));
            body["properties"]["monitorConfig"]["intervalInSeconds"] = json!(10);
            body["properties"]["monitorConfig"]["timeoutInSeconds"] = json!(10);
            send(Method::PUT, "p", body)
        }
        4 => send(
            Method::PUT,
            "p",
            profile("p", json!([{ "properties": {} }, {}])),
        ),
        5 => {
            send(Method::PUT, "p", profile("taken", json!([])));
            send(Method::PUT, "q", profile("taken", json!([])))
        }
        6 => {
            let cloud = Cloud {
                dns_suffix: "tmpreview.watmtest.azure-test.net".parse().expect("a name"),
                ..Cloud::default()
            };
            let mut state = State::new(cloud);
            let path = format!("{PROFILE}/p");
            state.answer(&Request::new(
                Method::PUT,
                &path,
                "2022-04-01",
                &profile("azsmnet4696", json!([])),
            ));
            let body = json!({ "name": "azsmnet4696", "type": "Microsoft.Network/trafficManagerProfiles" });
            let path = "/providers/Microsoft.Network/checkTrafficManagerNameAvailability";
            state.answer(&Request::new(Method::POST, path, "2022-04-01", &body))
        }
        _ => return None,
    })
}

fn azure_target_twice() -> Response {
    let mut state = State::new(Cloud::default());
    let id = "/subscriptions/1/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/kubernetes-ab5e";
    let resource = AzureResource {
        host: Some("app.eastus.cloudapp.azure.com".to_owned()),
        location: Location::parse("eastus").expect("a region"),
    };
    state.add_resource(id, resource);
    let mut send = |path: &str, body: &Value| {
        let path = format!("{PROFILE}/{path}");
        state.answer(&Request::new(Method::PUT, &path, "2022-04-01", body))
    };
    let endpoint = json!({ "properties": { "targetResourceId": id } });
    send("p", &profile("p", json!([])));
    assert_eq!(send("p/AzureEndpoints/one", &endpoint).status, 201);
    send("p/AzureEndpoints/two", &endpoint)
}

fn profile(relative_name: &str, endpoints: Value) -> Value {
    json!({
        "location": "global",
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": { "relativeName": relative_name },
            "monitorConfig": { "protocol": "HTTP", "port": 80, "path": "/" },
            "endpoints": endpoints,
        },
    })
}
