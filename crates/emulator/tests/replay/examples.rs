//! The specification's examples. They are documentation: their answers show a part of the properties, and they use
//! the DNS suffix of a test environment.

use axum::http::Method;
use emulator::{Cloud, Request, State};
use serde_json::{Value, json};

use crate::Tally;
use crate::exchange::recordings;
use crate::sessions::put;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
const SUFFIX: &str = "tmpreview.watmtest.azure-test.net";

struct Example {
    file: &'static str,
    method: Method,
    /// What follows the profile in the path; `None` for the name check.
    below: Option<&'static str>,
    before: fn(&mut State, &Value),
}

const NOTHING: &str = "";

fn all() -> [Example; 5] {
    let endpoint = "/externalEndpoints/azsmnet7187";
    [
        Example {
            file: "Endpoint-DELETE-External.json",
            method: Method::DELETE,
            below: Some(endpoint),
            before: profile_with_endpoint,
        },
        Example {
            file: "Endpoint-PATCH-External-Target.json",
            method: Method::PATCH,
            below: Some(endpoint),
            before: profile_with_endpoint,
        },
        Example {
            file: "NameAvailabilityV2-NotAvailable.json",
            method: Method::POST,
            below: None,
            before: name_in_use,
        },
        Example {
            file: "Profile-PATCH-MonitorConfig.json",
            method: Method::PATCH,
            below: Some(NOTHING),
            before: profile_with_spaced_endpoint,
        },
        Example {
            file: "Profile-PATCH-RecordType.json",
            method: Method::PATCH,
            below: Some(NOTHING),
            before: profile_with_spaced_endpoint,
        },
    ]
}

#[test]
fn examples_of_the_specification() {
    tally().conclude("examples of the specification", &[]);
}

/// Every example, played.
pub(crate) fn tally() -> Tally {
    let mut tally = Tally::default();
    for example in all() {
        let text = std::fs::read_to_string(recordings().join("spec-examples").join(example.file))
            .expect("an example");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let parameters = &document["parameters"];
        let cloud = Cloud {
            dns_suffix: SUFFIX.parse().expect("a name"),
            ..Cloud::default()
        };
        let mut state = State::new(cloud);
        (example.before)(&mut state, parameters);
        let path = match example.below {
            Some(below) => format!("{}{below}", profile_path(parameters)),
            None => format!(
                "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/checkTrafficManagerNameAvailabilityV2"
            ),
        };
        let version = parameters["api-version"].as_str().expect("a version");
        let request = Request::new(example.method, &path, version, &parameters["parameters"]);
        for (status, wanted) in document["responses"].as_object().expect("responses") {
            let response = state.answer(&request);
            let wanted = &wanted["body"];
            let is_as_wanted =
                response.status.as_str() == status && is_part(wanted, &response.value());
            let difference =
                (!is_as_wanted).then(|| format!("{response:?}\nis not {status}\n{wanted}"));
            tally.note(&format!("{} {status}", example.file), difference, &[]);
        }
    }
    tally
}

/// Whether everything that `part` shows is so in `whole`. An empty object stands for an empty body.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Null) => part.is_empty(),
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, part)| whole.get(key).is_some_and(|whole| is_part(part, whole))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len()
                && part
                    .iter()
                    .zip(whole)
                    .all(|(part, whole)| is_part(part, whole))
        }
        (part, whole) => part == whole,
    }
}

fn profile_path(parameters: &Value) -> String {
    let group = parameters["resourceGroupName"].as_str().unwrap_or("group");
    let profile = parameters["profileName"].as_str().expect("a profile");
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/trafficmanagerprofiles/{profile}"
    )
}

fn profile(parameters: &Value, relative_name: &str, endpoint: &str) -> Value {
    json!({
        "location": "global",
        "properties": {
            "trafficRoutingMethod": "Performance",
            "dnsConfig": { "relativeName": relative_name, "ttl": 35 },
            "monitorConfig": { "protocol": "HTTP", "port": 80, "path": "/testpath.aspx" },
            "endpoints": [{
                "name": endpoint,
                "type": "Microsoft.network/TrafficManagerProfiles/ExternalEndpoints",
                "properties": { "target": "foobar.contoso.com", "endpointLocation": "North Europe" },
            }],
        },
        "tags": parameters["tags"],
    })
}

fn profile_with_endpoint(state: &mut State, parameters: &Value) {
    let name = parameters["endpointName"].as_str().expect("an endpoint");
    let body = profile(parameters, "azsmnet6386", name);
    put(state, &profile_path(parameters), "2026-09-01", &body);
}

fn profile_with_spaced_endpoint(state: &mut State, parameters: &Value) {
    let name = parameters["profileName"].as_str().expect("a profile");
    let body = profile(parameters, name, "My external endpoint");
    put(state, &profile_path(parameters), "2026-09-01", &body);
}

fn name_in_use(state: &mut State, parameters: &Value) {
    let name = parameters["parameters"]["name"].as_str().expect("a name");
    let path = profile_path(&json!({ "profileName": name }));
    put(
        state,
        &path,
        "2026-09-01",
        &profile(parameters, name, "endpoint"),
    );
}
