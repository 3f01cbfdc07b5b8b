//! What is probed, and what reports do to monitor statuses, without a network.

use axum::http::Method;
use data_plane::{ProbeJob, ProbeReport, ProbedHealth};
use emulator::State;
use serde_json::{Value, json};

use crate::client::{external, get, profile, profile_path, put, send, state};

/// A profile with the endpoint `one`, and the job that probes it.
fn probed() -> (State, ProbeJob) {
    let mut state = state();
    let body = profile(
        "app",
        "Weighted",
        json!([external("one", "a.example.com", json!({}))]),
    );
    put(&mut state, &profile_path("app"), &body);
    let job = only(state.take_changed_probes());
    (state, job)
}

fn only(jobs: Option<Vec<ProbeJob>>) -> ProbeJob {
    let jobs = jobs.expect("a change");
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.into_iter().next().expect("a job")
}

fn report(state: &mut State, job: &ProbeJob, health: ProbedHealth) {
    state.record(&ProbeReport {
        key: job.key.clone(),
        generation: job.generation,
        health,
        changed: true,
        failures_in_a_row: 0,
        outcome: Ok(()),
    });
}

fn status(state: &mut State) -> Value {
    let endpoint = get(state, &profile_path("app/externalEndpoints/one"));
    endpoint["properties"]["endpointMonitorStatus"].clone()
}

fn patch(state: &mut State, path: &str, properties: Value) {
    let body = json!({ "properties": properties });
    let response = send(state, Method::PATCH, &profile_path(path), &body);
    assert_eq!(response.status, 200, "{response:?}");
}

#[test]
fn reports_decide_the_status() {
    let (mut state, job) = probed();
    assert_eq!(status(&mut state), "CheckingEndpoint");
    report(&mut state, &job, ProbedHealth::Healthy);
    assert_eq!(status(&mut state), "Online");
    report(&mut state, &job, ProbedHealth::Unhealthy);
    assert_eq!(status(&mut state), "Degraded");
    let app = get(&mut state, &profile_path("app"));
    assert_eq!(
        app["properties"]["monitorConfig"]["profileMonitorStatus"],
        "Degraded"
    );
}

#[test]
fn a_change_that_is_not_probed_keeps_the_health() {
    let (mut state, job) = probed();
    report(&mut state, &job, ProbedHealth::Healthy);
    patch(
        &mut state,
        "app/externalEndpoints/one",
        json!({ "weight": 9 }),
    );
    patch(&mut state, "app", json!({ "dnsConfig": { "ttl": 5 } }));
    assert_eq!(status(&mut state), "Online");
    assert_eq!(state.take_changed_probes(), None);
}

#[test]
fn another_monitor_or_target_starts_over_and_old_reports_are_ignored() {
    for (path, change) in [
        ("app", json!({ "monitorConfig": { "path": "/other" } })),
        (
            "app/externalEndpoints/one",
            json!({ "target": "b.example.com" }),
        ),
    ] {
        let (mut state, old) = probed();
        report(&mut state, &old, ProbedHealth::Healthy);
        patch(&mut state, path, change);
        assert_eq!(status(&mut state), "CheckingEndpoint", "{path}");
        let new = only(state.take_changed_probes());
        assert_ne!(new.generation, old.generation);
        report(&mut state, &old, ProbedHealth::Unhealthy);
        assert_eq!(status(&mut state), "CheckingEndpoint", "{path}");
        report(&mut state, &new, ProbedHealth::Healthy);
        assert_eq!(status(&mut state), "Online", "{path}");
    }
}

#[test]
fn what_is_disabled_or_always_served_is_not_probed() {
    for (path, change, wanted) in [
        ("app", json!({ "profileStatus": "Disabled" }), "Inactive"),
        (
            "app/externalEndpoints/one",
            json!({ "endpointStatus": "Disabled" }),
            "Disabled",
        ),
        (
            "app/externalEndpoints/one",
            json!({ "alwaysServe": "Enabled" }),
            "Unmonitored",
        ),
    ] {
        let (mut state, job) = probed();
        patch(&mut state, path, change);
        assert_eq!(state.take_changed_probes(), Some(Vec::new()));
        report(&mut state, &job, ProbedHealth::Healthy);
        assert_eq!(status(&mut state), wanted);
    }
}

#[test]
fn an_endpoint_that_is_enabled_again_starts_over() {
    let (mut state, job) = probed();
    report(&mut state, &job, ProbedHealth::Unhealthy);
    for status in ["Disabled", "Enabled"] {
        patch(
            &mut state,
            "app/externalEndpoints/one",
            json!({ "endpointStatus": status }),
        );
    }
    assert_eq!(status(&mut state), "CheckingEndpoint");
    assert_ne!(only(state.take_changed_probes()).generation, job.generation);
}

#[test]
fn what_is_deleted_is_not_probed_and_a_namesake_starts_over() {
    let (mut state, job) = probed();
    report(&mut state, &job, ProbedHealth::Healthy);
    send(
        &mut state,
        Method::DELETE,
        &profile_path("app"),
        &Value::Null,
    );
    assert_eq!(state.take_changed_probes(), Some(Vec::new()));
    let body = profile(
        "app",
        "Weighted",
        json!([external("one", "a.example.com", json!({}))]),
    );
    put(&mut state, &profile_path("app"), &body);
    assert_eq!(status(&mut state), "CheckingEndpoint");
}

#[test]
fn a_profile_whose_name_begins_like_another_is_not_touched() {
    let mut state = state();
    for name in ["app", "app2"] {
        let target = format!("{name}.example.com");
        let body = profile(
            name,
            "Weighted",
            json!([external("one", &target, json!({}))]),
        );
        put(&mut state, &profile_path(name), &body);
    }
    send(
        &mut state,
        Method::DELETE,
        &profile_path("app"),
        &Value::Null,
    );
    let left = only(state.take_changed_probes());
    assert!(left.key.as_str().contains("/app2|"), "{}", left.key);
}

#[test]
fn headers_of_the_endpoint_replace_those_of_the_profile() {
    let mut state = state();
    let headers = json!([{ "name": "Host", "value": "endpoint.example.com" }]);
    let mut body = profile(
        "app",
        "Weighted",
        json!([external(
            "one",
            "a.example.com",
            json!({ "customHeaders": headers })
        )]),
    );
    body["properties"]["monitorConfig"]["customHeaders"] = json!([
        { "name": "host", "value": "profile.example.com" },
        { "name": "x-probe", "value": "1" },
    ]);
    put(&mut state, &profile_path("app"), &body);
    let check = format!("{:?}", only(state.take_changed_probes()).check);
    assert!(
        check.contains("endpoint.example.com") && check.contains("x-probe"),
        "{check}"
    );
    assert!(!check.contains("profile.example.com"), "{check}");
}
