//! Each switch of [`Quirks`], turned.

use axum::http::{Method, StatusCode};
use emulator::{AutoPriority, Cloud, Quirks, Request, State};
use serde_json::{Value, json};

use crate::client::{external, get, profile, profile_path, put, send, weighted};

fn with(quirks: Quirks) -> State {
    State::new(Cloud {
        quirks,
        ..Cloud::default()
    })
}

fn endpoint(state: &mut State, name: &str, more: Value) -> Value {
    let mut properties = json!({ "target": format!("{name}.example.com") });
    crate::client::overlay(&mut properties, more);
    let path = profile_path(&format!("app/externalEndpoints/{name}"));
    put(state, &path, &json!({ "properties": properties }))["properties"].clone()
}

#[test]
fn auto_priority_fills_gaps() {
    let mut state = with(Quirks {
        auto_priority: AutoPriority::LowestFree,
        ..Quirks::default()
    });
    put(&mut state, &profile_path("app"), &weighted("app"));
    endpoint(&mut state, "a", json!({ "priority": 2 }));
    assert_eq!(endpoint(&mut state, "b", json!({}))["priority"], 1);
    assert_eq!(endpoint(&mut state, "c", json!({}))["priority"], 3);
}

#[test]
fn a_priority_is_chosen_anew() {
    let mut state = with(Quirks {
        keep_priority: false,
        ..Quirks::default()
    });
    put(&mut state, &profile_path("app"), &weighted("app"));
    endpoint(&mut state, "a", json!({ "priority": 9 }));
    assert_eq!(endpoint(&mut state, "a", json!({}))["priority"], 1);
}

#[test]
fn a_profile_needs_no_location() {
    let mut state = with(Quirks {
        location_required: false,
        ..Quirks::default()
    });
    let mut body = weighted("app");
    body["location"] = Value::Null;
    assert_eq!(
        put(&mut state, &profile_path("app"), &body)["location"],
        "global"
    );
}

#[test]
fn a_relative_name_changes() {
    let mut state = with(Quirks {
        fixed_relative_name: false,
        ..Quirks::default()
    });
    put(&mut state, &profile_path("app"), &weighted("app"));
    put(&mut state, &profile_path("app"), &weighted("other"));
    assert_eq!(
        send(
            &mut state,
            Method::PUT,
            &profile_path("two"),
            &weighted("other")
        )
        .status,
        409
    );
    assert_eq!(
        send(
            &mut state,
            Method::PUT,
            &profile_path("two"),
            &weighted("app")
        )
        .status,
        201
    );
}

#[test]
fn max_return_has_another_limit_and_a_default() {
    let mut state = with(Quirks {
        max_return_limit: 8,
        max_return_required: false,
        ..Quirks::default()
    });
    let mut body = profile("app", "MultiValue", json!([]));
    assert_eq!(
        put(&mut state, &profile_path("app"), &body)["properties"]["maxReturn"],
        2
    );
    body["properties"]["maxReturn"] = json!(9);
    assert_eq!(
        send(&mut state, Method::PUT, &profile_path("app"), &body).status,
        400
    );
}

#[test]
fn a_null_in_a_patch_resets() {
    let mut state = with(Quirks {
        patch_null_resets: true,
        ..Quirks::default()
    });
    put(&mut state, &profile_path("app"), &weighted("app"));
    let change = json!({ "properties": { "dnsConfig": { "ttl": null } } });
    assert_eq!(
        send(&mut state, Method::PATCH, &profile_path("app"), &change).status,
        200
    );
    assert_eq!(
        get(&mut state, &profile_path("app"))["properties"]["dnsConfig"]["ttl"],
        0
    );
}

#[test]
fn a_missing_endpoint_cannot_be_deleted() {
    let mut state = with(Quirks {
        delete_missing_endpoint_is_204: false,
        ..Quirks::default()
    });
    put(&mut state, &profile_path("app"), &weighted("app"));
    let path = profile_path("app/externalEndpoints/one");
    assert_eq!(
        send(&mut state, Method::DELETE, &path, &Value::Null).status,
        404
    );
}

#[test]
fn a_nested_child_can_be_deleted() {
    let mut state = with(Quirks {
        nested_child_is_kept: false,
        ..Quirks::default()
    });
    for name in ["app", "child"] {
        put(&mut state, &profile_path(name), &weighted(name));
    }
    let body = json!({ "properties": { "targetResourceId": profile_path("child") } });
    put(&mut state, &profile_path("app/nestedEndpoints/one"), &body);
    assert_eq!(
        send(
            &mut state,
            Method::DELETE,
            &profile_path("child"),
            &Value::Null
        )
        .status,
        200
    );
    let endpoint = get(&mut state, &profile_path("app/nestedEndpoints/one"));
    assert_eq!(endpoint["properties"]["endpointMonitorStatus"], "Stopped");
}

#[test]
fn several_endpoints_of_a_subnet_profile_have_no_subnets() {
    let mut state = with(Quirks {
        single_subnet_fallback: false,
        ..Quirks::default()
    });
    let body = profile(
        "app",
        "Subnet",
        json!([
            external("one", "a.example.com", json!({})),
            external("two", "b.example.com", json!({})),
        ]),
    );
    put(&mut state, &profile_path("app"), &body);
}

#[test]
fn a_deletion_answers_with_a_body_in_the_newest_version_only() {
    for (delete_has_body_since_2026, newest) in [(true, Some("{}")), (false, None)] {
        let mut state = with(Quirks {
            delete_has_body_since_2026,
            ..Quirks::default()
        });
        for (version, body) in [("2025-01-01-preview", None), ("2026-09-01", newest)] {
            let endpoints = json!([external("one", "a.example.com", json!({}))]);
            let wanted = profile("app", "Weighted", endpoints);
            put(&mut state, &profile_path("app"), &wanted);
            for path in ["app/externalEndpoints/one", "app"] {
                let path = profile_path(path);
                let request = Request::new(Method::DELETE, &path, version, &Value::Null);
                let response = state.answer(&request);
                assert_eq!(
                    (response.status, response.body.as_deref()),
                    (StatusCode::OK, body)
                );
            }
        }
    }
}
