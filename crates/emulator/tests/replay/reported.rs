//! Error texts that users of the service quoted in public issues: the emulator says the same in the same case.

use axum::http::Method;
use emulator::model::location::Location;
use emulator::{
    AzureResource, Cloud, Emulator, Limits, Options, Request, Response, Service, State, Throttle,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Tally;
use crate::exchange::recordings;

const PROFILE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Network/trafficmanagerprofiles";

/// Reports that the emulator answers differently, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// What stands for anything in a quote: a shortened path, a placeholder, and what is another's in a form that is quoted
/// of another service.
const ANYTHING: [&str; 5] = [
    "...",
    "{prefix}",
    "xxx",
    "Microsoft.Cdn/profiles/read",
    "372",
];

#[test]
fn reported_refusals() {
    tally().conclude("reported refusals", EXCEPTIONS);
}

/// Every report, played.
pub(crate) fn tally() -> Tally {
    let text =
        std::fs::read_to_string(recordings().join("reported-errors.jsonl")).expect("reports");
    let mut tally = Tally::default();
    for (line, number) in text.lines().zip(1_usize..) {
        let report: Value = serde_json::from_str(line).expect("a report");
        let difference = case(number).map_or_else(
            || Some("no case".to_owned()),
            |answer| difference(&report, &answer),
        );
        tally.note(
            &format!("reported-errors.jsonl:{number}"),
            difference,
            EXCEPTIONS,
        );
    }
    tally
}

/// Status and body.
type Answer = (u16, Value);

fn difference(report: &Value, (status, body): &Answer) -> Option<String> {
    let message = |body: &Value| {
        let text = body
            .pointer("/error/message")
            .or_else(|| body.get("message"));
        text.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let quoted = report.get("body").unwrap_or(report);
    let wanted = message(quoted);
    let said = message(body);
    let marked = ANYTHING
        .iter()
        .fold(wanted.clone(), |text, one| text.replace(one, "\0"));
    let mut rest = said.as_str();
    for part in marked.split('\0') {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return Some(format!("{said:?} instead of {wanted:?}")),
        }
    }
    let code = |body: &Value| body.pointer("/error/code").cloned();
    if code(quoted).is_some_and(|wanted| Some(wanted) != code(body)) {
        return Some(format!("{body} has another code than {quoted}"));
    }
    let wanted = report.get("status").and_then(Value::as_u64);
    let is_other_status = wanted.is_some_and(|wanted| wanted != u64::from(*status));
    is_other_status.then(|| format!("status {status} instead of {wanted:?}"))
}

/// The answer in the case that a report describes.
fn case(number: usize) -> Option<Answer> {
    let mut state = State::new(Cloud::default());
    let mut send = |method: Method, path: &str, body: Value| {
        state.answer(&Request::new(
            method,
            &format!("{PROFILE}/{path}"),
            "2022-04-01",
            &body,
        ))
    };
    let response = match number {
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
        7 => return Some(forbidden()),
        8 => too_many_reads(),
        9 => two_web_apps(),
        _ => return None,
    };
    Some((response.status.as_u16(), response.value()))
}

/// The emulator has no roles: a fault rule stands for the one that is missing.
fn forbidden() -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let running = Emulator::start(Options::default()).await.expect("a start");
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let rules = json!({ "rules": [{ "operation": "profiles.get", "status": 403 }] });
        let faults = format!("{}/_emulator/faults", running.arm_url());
        let set = http.put(faults).body(rules.to_string()).send().await;
        assert!(set.expect("an answer").status().is_success());
        let profile = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/trafficmanagerprofiles/p?api-version=2022-04-01";
        let asked = http.get(format!("{}{profile}", running.arm_url())).send();
        let answer = asked.await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        running.stop().await;
        (status, serde_json::from_str(&text).expect("JSON"))
    })
}

fn too_many_reads() -> Response {
    let throttle = Throttle {
        enforced: true,
        limits: Limits {
            profile_reads: 50,
            ..Limits::default()
        },
        ..Throttle::default()
    };
    let mut service = Service::new(Cloud::default(), 1).throttled(throttle);
    let list = Request::new(Method::GET, PROFILE, "2022-04-01", &Value::Null);
    for _ in 0..50 {
        let response = service.handle(Timestamp::UNIX_EPOCH, &list);
        assert_eq!(response.status, 200);
    }
    service.handle(Timestamp::UNIX_EPOCH, &list)
}

fn two_web_apps() -> Response {
    let mut state = State::new(Cloud::default());
    let id = |name: &str| {
        format!("/subscriptions/1/resourceGroups/g/providers/Microsoft.Web/sites/{name}")
    };
    for name in ["one", "two"] {
        let resource = AzureResource {
            host: Some(format!("{name}.azurewebsites.net")),
            location: Location::parse("westeurope").expect("a region"),
        };
        state.add_resource(&id(name), resource);
    }
    let mut send = |path: &str, body: &Value| {
        let path = format!("{PROFILE}/{path}");
        state.answer(&Request::new(Method::PUT, &path, "2022-04-01", body))
    };
    let endpoint = |name: &str| json!({ "properties": { "targetResourceId": id(name) } });
    send("p", &profile("p", json!([])));
    assert_eq!(send("p/AzureEndpoints/one", &endpoint("one")).status, 201);
    send("p/AzureEndpoints/two", &endpoint("two"))
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
