//! Heat maps, the key of real user measurements, and which api-versions have them.

use axum::http::Method;
use emulator::{ApiVersion, Request, State};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::{
    SUBSCRIPTION, VERSION, external, get, profile, profile_path, put, send, state,
};

fn heat_map(state: &mut State, query: &str) -> (u16, Value) {
    let path = profile_path("App/HEATMAPS/default");
    let mut request = Request::new(Method::GET, &path, VERSION, &Value::Null);
    request.query.push_str(query);
    let now: Timestamp = "2026-11-21T12:47:05Z".parse().expect("a time");
    let response = state.answer_at(now, &request);
    (response.status.as_u16(), response.value())
}

fn key_path() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/trafficManagerUserMetricsKeys/default"
    )
}

#[test]
fn a_heat_map_names_the_endpoints_and_the_last_week() {
    let mut state = state();
    assert_eq!(heat_map(&mut state, "").0, 404);
    let endpoints = json!([
        external("west", "b.example.com", json!({ "priority": 2 })),
        external("east", "a.example.com", json!({ "priority": 1 })),
    ]);
    put(
        &mut state,
        &profile_path("app"),
        &profile("app", "Weighted", endpoints),
    );
    let (status, map) = heat_map(&mut state, "&topLeft=10,50.001&botRight=-50.001,80");
    assert_eq!(status, 200, "{map}");
    assert_eq!(
        map,
        json!({
            "id": profile_path("app/heatMaps/default"),
            "name": "default",
            "type": "Microsoft.Network/trafficManagerProfiles/heatMaps",
            "properties": {
                "startTime": "2026-11-14T12:30:00Z",
                "endTime": "2026-11-21T12:30:00Z",
                "endpoints": [
                    { "resourceId": profile_path("app/externalEndpoints/east"), "endpointId": 1 },
                    { "resourceId": profile_path("app/externalEndpoints/west"), "endpointId": 2 },
                ],
                "trafficFlows": [],
            },
        })
    );
    // An empty corner counts as none; half a corner does not.
    assert_eq!(heat_map(&mut state, "&topLeft=").0, 200);
    assert_eq!(heat_map(&mut state, "&topLeft=10").0, 400);
    assert_eq!(heat_map(&mut state, "&botRight=north,NaN").0, 400);
}

#[test]
fn a_subscription_has_one_key_until_it_is_deleted() {
    let mut state = state();
    let path = key_path();
    let mut status = |method| {
        send(&mut state, method, &path, &Value::Null)
            .status
            .as_u16()
    };
    assert_eq!(status(Method::GET), 404);
    assert_eq!((status(Method::PUT), status(Method::PUT)), (201, 201));
    let made = get(&mut state, &path);
    assert_eq!(
        made["id"],
        "/providers/Microsoft.Network/trafficManagerUserMetricsKeys/default"
    );
    let key = made["properties"]["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    assert!(
        key.len() == 32 && key.chars().all(|c| c.is_ascii_hexdigit()),
        "{key}"
    );
    let deleted = send(&mut state, Method::DELETE, &path, &Value::Null);
    assert_eq!(
        (deleted.status.as_u16(), deleted.body.as_deref()),
        (200, Some("{}"))
    );
    assert_eq!(
        send(&mut state, Method::GET, &path, &Value::Null).status,
        404
    );
    send(&mut state, Method::PUT, &path, &Value::Null);
    assert_ne!(get(&mut state, &path)["properties"]["key"], key.as_str());
}

/// Each resource with the first api-version that has it.
#[test]
fn a_version_has_no_resource_that_came_after_it() {
    let mut state = state();
    put(
        &mut state,
        &profile_path("app"),
        &profile("app", "Weighted", json!([])),
    );
    let check = json!({ "name": "x", "type": "Microsoft.Network/trafficManagerProfiles" });
    let tenant = "/providers/Microsoft.Network";
    let of_subscription = format!("/subscriptions/{SUBSCRIPTION}{tenant}");
    for (method, path, body, first) in [
        (
            Method::GET,
            profile_path("app"),
            json!(null),
            "2015-04-28-preview",
        ),
        (
            Method::POST,
            format!("{tenant}/checkTrafficManagerNameAvailability"),
            check.clone(),
            "2015-04-28-preview",
        ),
        (
            Method::GET,
            format!("{tenant}/trafficManagerGeographicHierarchies/default"),
            json!(null),
            "2017-03-01",
        ),
        (
            Method::GET,
            profile_path("app/heatMaps/default"),
            json!(null),
            "2018-03-01",
        ),
        (Method::PUT, key_path(), json!(null), "2018-04-01"),
        (
            Method::POST,
            format!("{of_subscription}/checkTrafficManagerNameAvailabilityV2"),
            check.clone(),
            "2022-04-01-preview",
        ),
    ] {
        let mut answers = ApiVersion::all().map(|version| {
            let request = Request::new(method.clone(), &path, version, &body);
            (version, state.answer(&request))
        });
        let (since, _) = answers
            .find(|(_, answer)| answer.status.is_success())
            .expect("some version has it");
        assert_eq!(since, first, "{path}");
        for (version, answer) in answers {
            assert!(answer.status.is_success(), "{version} {path}: {answer:?}");
        }
    }
    let early = Request::new(Method::PUT, &key_path(), "2017-05-01", &Value::Null);
    let refusal = state.answer(&early).value();
    assert_eq!(refusal["error"]["code"], "InvalidResourceType");
    let message = refusal["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("'trafficManagerUserMetricsKeys'"),
        "{message}"
    );
    assert!(message.ends_with("are '2018-04-01,2018-08-01,2022-04-01-preview,2022-04-01,2024-04-01-preview,2025-01-01-preview,2026-09-01'."), "{message}");
}
