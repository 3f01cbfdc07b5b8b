//! What the api-versions show of one profile, and that a version neither reads nor writes what it does not know.

use std::fmt::Write as _;

use axum::http::Method;
use emulator::{ApiVersion, Request};
use serde_json::{Value, json};

use crate::client::{external, profile, profile_path, profiles_path, put, state};

fn full() -> Value {
    let mut body = profile(
        "app",
        "Weighted",
        json!([external(
            "one",
            "a.example.com",
            json!({
                "geoMapping": ["DE"],
                "subnets": [{ "first": "1.2.3.0", "scope": 24 }],
                "customHeaders": [{ "name": "Host", "value": "a.example.com" }],
                "alwaysServe": "Enabled",
            })
        )]),
    );
    body["properties"]["monitorConfig"]["expectedStatusCodeRanges"] =
        json!([{ "min": 200, "max": 299 }]);
    body["properties"]["trafficViewEnrollmentStatus"] = json!("Enabled");
    body["properties"]["allowedEndpointRecordTypes"] = json!(["DomainName"]);
    body
}

#[test]
fn every_version_shows_what_it_knows() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &full());
    let mut shown = String::new();
    let mut last = String::new();
    for version in ApiVersion::all() {
        let request = Request::new(Method::GET, &profile_path("app"), version, &Value::Null);
        let body = state
            .answer(&request)
            .body
            .expect("a body")
            .replace(&profile_path("app"), "…");
        if body != last {
            writeln!(shown, "{version}\n  {body}").expect("a string grows");
        }
        last = body;
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_patch_of_an_old_version_keeps_what_it_does_not_know() {
    let mut state = state();
    put(&mut state, &profile_path("app"), &full());
    let change = json!({ "properties": { "dnsConfig": { "ttl": 5 }, "trafficViewEnrollmentStatus": "Disabled" } });
    let patch = Request::new(Method::PATCH, &profile_path("app"), "2017-05-01", &change);
    assert_eq!(state.answer(&patch).status, 200);
    let get = Request::new(
        Method::GET,
        &profile_path("app"),
        "2026-09-01",
        &Value::Null,
    );
    let properties = state.answer(&get).value()["properties"].clone();
    assert_eq!(properties["dnsConfig"]["ttl"], 5);
    assert_eq!(properties["trafficViewEnrollmentStatus"], "Enabled");
    assert_eq!(
        properties["endpoints"][0]["properties"]["alwaysServe"],
        "Enabled"
    );
}

#[test]
fn an_old_version_does_not_see_profiles_that_it_cannot_express() {
    let mut state = state();
    let body = profile(
        "app",
        "Geographic",
        json!([external(
            "one",
            "a.example.com",
            json!({ "geoMapping": ["DE"] })
        )]),
    );
    put(&mut state, &profile_path("app"), &body);
    let mut count = |version: &str| {
        let request = Request::new(Method::GET, &profiles_path(), version, &Value::Null);
        state.answer(&request).value()["value"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(count("2015-11-01"), Some(0));
    assert_eq!(count("2017-03-01"), Some(1));
    let request = Request::new(
        Method::GET,
        &profile_path("app"),
        "2015-11-01",
        &Value::Null,
    );
    assert_eq!(state.answer(&request).status, 404);
}
