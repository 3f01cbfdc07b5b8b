//! Lists and the tags API that lag behind.

use std::time::Duration;

use axum::http::Method;
use emulator::{Cloud, Request, State};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{TAGS_VERSION, VERSION, profile_path, profiles_path, tags_path, weighted};

const LAG: u64 = 5;

fn lagging(seconds: u64) -> State {
    State::new(Cloud {
        list_lag: Duration::from_secs(seconds),
        ..Cloud::default()
    })
}

/// A request so many seconds after the beginning.
fn at(state: &mut State, second: i64, method: &Method, path: &str, body: &Value) -> (u16, Value) {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    let version = if path.contains("Microsoft.Resources") {
        TAGS_VERSION
    } else {
        VERSION
    };
    let request = Request::new(method.clone(), path, version, body);
    let response = state.answer_at(now, &request);
    (response.status.as_u16(), response.value())
}

fn read(state: &mut State, second: i64, path: &str) -> Value {
    at(state, second, &Method::GET, path, &Value::Null).1
}

fn listed(state: &mut State, second: i64) -> Vec<String> {
    let list = read(state, second, &profiles_path());
    let names = list["value"].as_array().expect("a list").iter();
    names
        .map(|profile| profile["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_list_is_late_and_a_get_is_not() {
    let mut state = lagging(LAG);
    let path = profile_path("app");
    assert_eq!(
        at(&mut state, 10, &Method::PUT, &path, &weighted("app")).0,
        201
    );
    assert_eq!(read(&mut state, 10, &path)["name"], "app");
    assert!(listed(&mut state, 14).is_empty());
    assert_eq!(listed(&mut state, 15), ["app"]);

    assert_eq!(
        at(&mut state, 20, &Method::DELETE, &path, &Value::Null).0,
        200
    );
    assert_eq!(at(&mut state, 20, &Method::GET, &path, &Value::Null).0, 404);
    assert_eq!(listed(&mut state, 24), ["app"]);
    assert!(listed(&mut state, 25).is_empty());
}

#[test]
fn the_tags_api_is_late_and_its_answer_to_a_write_is_not() {
    let mut state = lagging(LAG);
    at(
        &mut state,
        10,
        &Method::PUT,
        &profile_path("app"),
        &weighted("app"),
    );
    let merge = json!({ "operation": "Merge", "properties": { "tags": { "owner": "me" } } });
    let (_, written) = at(&mut state, 20, &Method::PATCH, &tags_path("app"), &merge);
    let wanted = json!({ "owner": "me" });
    assert_eq!(written["properties"]["tags"], wanted);
    assert_eq!(read(&mut state, 20, &profile_path("app"))["tags"], wanted);
    let tags = |state: &mut State, second| {
        read(state, second, &tags_path("app"))["properties"]["tags"].clone()
    };
    assert_eq!(tags(&mut state, 24), json!({}));
    assert_eq!(tags(&mut state, 25), wanted);
}

#[test]
fn a_clock_that_is_set_back_changes_nothing() {
    let mut state = lagging(LAG);
    at(
        &mut state,
        10,
        &Method::PUT,
        &profile_path("app"),
        &weighted("app"),
    );
    assert_eq!(listed(&mut state, 15), ["app"]);
    assert_eq!(listed(&mut state, 3), ["app"]);
}

/// A step: how many seconds pass, which profile, and whether it is written (with a TTL) or deleted.
type Step = (u8, u8, Option<u8>);

fn carry_out(state: &mut State, second: i64, (_, number, ttl): Step) {
    let name = format!("app{number}");
    let path = profile_path(&name);
    match ttl {
        Some(ttl) => {
            let mut body = weighted(&name);
            body["properties"]["dnsConfig"]["ttl"] = json!(ttl);
            at(state, second, &Method::PUT, &path, &body);
        }
        None => {
            at(state, second, &Method::DELETE, &path, &Value::Null);
        }
    }
}

proptest! {
    /// What a list shows is what one without a lag has shown so long ago, at every moment.
    #[test]
    fn a_list_shows_what_was_true(
        steps in prop::collection::vec((0_u8..4, 0_u8..3, prop::option::of(1_u8..5)), 0..20),
        lag in 1_u64..8,
        rest in 0_i64..10,
    ) {
        let mut state = lagging(lag);
        let mut times = Vec::new();
        let mut second = 0;
        for step in &steps {
            second += i64::from(step.0);
            carry_out(&mut state, second, *step);
            times.push(second);
        }
        let end = second + rest;
        let seen = end - i64::try_from(lag).expect("a small number");
        let mut then = lagging(0);
        for (step, time) in steps.iter().zip(times).filter(|(_, time)| *time <= seen) {
            carry_out(&mut then, time, *step);
        }
        prop_assert_eq!(
            read(&mut state, end, &profiles_path()),
            read(&mut then, seen.max(0), &profiles_path())
        );
    }
}
