//! The tags API.

use std::fmt::Write as _;

use axum::http::Method;
use emulator::State;
use serde_json::{Value, json};

use crate::client::{get, profile_path, put, send, state, tags_path, weighted};

fn tagged(tags: Value) -> State {
    let mut state = state();
    let mut body = weighted("app");
    body["tags"] = tags;
    put(&mut state, &profile_path("app"), &body);
    state
}

fn patch(state: &mut State, operation: &str, tags: Value) -> Value {
    let body = json!({ "operation": operation, "properties": { "tags": tags } });
    let response = send(state, Method::PATCH, &tags_path("app"), &body);
    assert_eq!(response.status, 200, "{response:?}");
    response.value()["properties"]["tags"].clone()
}

#[test]
fn merge_adds_and_overwrites_key_by_key() {
    let mut state = tagged(json!({ "Owner": "a", "team": "web" }));
    assert_eq!(
        patch(&mut state, "Merge", json!({ "owner": "b", "new": "1" })),
        json!({ "Owner": "b", "team": "web", "new": "1" })
    );
    assert_eq!(
        get(&mut state, &profile_path("app"))["tags"],
        json!({ "Owner": "b", "team": "web", "new": "1" })
    );
}

#[test]
fn delete_takes_pairs_and_replace_takes_all() {
    let mut state = tagged(json!({ "a": "1", "b": "2" }));
    assert_eq!(
        patch(&mut state, "Delete", json!({ "A": "1", "b": "other" })),
        json!({ "b": "2" })
    );
    assert_eq!(
        patch(&mut state, "replace", json!({ "c": "3" })),
        json!({ "c": "3" })
    );
}

#[test]
fn put_get_and_delete() {
    let mut state = tagged(json!({ "a": "1" }));
    let body = json!({ "properties": { "tags": { "b": "2" } } });
    let answer = put(&mut state, &tags_path("app"), &body);
    assert_eq!(
        answer,
        json!({
            "id": tags_path("app"),
            "name": "default",
            "type": "Microsoft.Resources/tags",
            "properties": { "tags": { "b": "2" } },
        })
    );
    assert_eq!(get(&mut state, &tags_path("app")), answer);
    let deleted = send(&mut state, Method::DELETE, &tags_path("app"), &Value::Null);
    assert_eq!((deleted.status.as_u16(), deleted.body), (200, None));
    assert_eq!(get(&mut state, &profile_path("app"))["tags"], json!({}));
}

#[test]
fn tags_leave_the_rest_of_the_profile_alone() {
    let mut state = tagged(json!({}));
    let before = get(&mut state, &profile_path("app"))["properties"].clone();
    patch(&mut state, "Merge", json!({ "a": "b" }));
    assert_eq!(get(&mut state, &profile_path("app"))["properties"], before);
}

#[test]
fn fifty_tags_are_the_limit_also_by_merging() {
    let many =
        |count: usize| -> Value { (0..count).map(|n| (format!("t{n}"), json!("v"))).collect() };
    let mut state = tagged(many(50));
    assert_eq!(
        patch(&mut state, "Merge", json!({ "t7": "w" }))
            .as_object()
            .map(serde_json::Map::len),
        Some(50)
    );
    let body = json!({ "operation": "Merge", "properties": { "tags": { "more": "v" } } });
    assert_eq!(
        send(&mut state, Method::PATCH, &tags_path("app"), &body).status,
        400
    );
    assert_eq!(
        get(&mut state, &profile_path("app"))["tags"]
            .as_object()
            .map(serde_json::Map::len),
        Some(50)
    );
}

#[test]
fn refusals() {
    let mut state = tagged(json!({}));
    let long_name = "n".repeat(513);
    let many: Value = (0..51).map(|n| (format!("t{n}"), json!("v"))).collect();
    let mut all = String::new();
    for (case, body) in [
        (
            "slash",
            json!({ "operation": "Merge", "properties": { "tags": { "external-dns/owner": "x" } } }),
        ),
        (
            "space",
            json!({ "operation": "Merge", "properties": { "tags": { "my owner": "x" } } }),
        ),
        (
            "colon",
            json!({ "operation": "Merge", "properties": { "tags": { "a:b": "x" } } }),
        ),
        (
            "hash",
            json!({ "operation": "Merge", "properties": { "tags": { "a#b": "x" } } }),
        ),
        (
            "leading digit",
            json!({ "operation": "Merge", "properties": { "tags": { "1a": "x" } } }),
        ),
        (
            "empty name",
            json!({ "operation": "Merge", "properties": { "tags": { "": "x" } } }),
        ),
        (
            "long name",
            json!({ "operation": "Merge", "properties": { "tags": { long_name: "x" } } }),
        ),
        (
            "long value",
            json!({ "operation": "Merge", "properties": { "tags": { "a": "v".repeat(257) } } }),
        ),
        (
            "number as value",
            json!({ "operation": "Merge", "properties": { "tags": { "a": 1 } } }),
        ),
        (
            "same name twice",
            json!({ "operation": "Merge", "properties": { "tags": { "a": "1", "A": "2" } } }),
        ),
        (
            "51 tags",
            json!({ "operation": "Replace", "properties": { "tags": many } }),
        ),
        (
            "unknown operation",
            json!({ "operation": "Add", "properties": { "tags": { "a": "1" } } }),
        ),
        (
            "tags of a wrong type",
            json!({ "operation": "Merge", "properties": { "tags": [] } }),
        ),
    ] {
        let response = send(&mut state, Method::PATCH, &tags_path("app"), &body);
        let error = &response.value()["error"];
        assert_eq!(response.status, 400, "{case}");
        let message = error["message"]
            .as_str()
            .expect("a message")
            .replace(&"n".repeat(513), "n…");
        writeln!(
            all,
            "{case}\n  {}: {message}",
            error["code"].as_str().expect("a code")
        )
        .expect("a string grows");
    }
    assert_eq!(
        get(&mut state, &tags_path("app"))["properties"]["tags"],
        json!({})
    );
    insta::assert_snapshot!(all);
}

#[test]
fn of_a_profile_that_is_not_there() {
    let response = send(&mut state(), Method::GET, &tags_path("app"), &Value::Null);
    assert_eq!(response.status, 404);
    assert_eq!(response.value()["error"]["code"], "ResourceNotFound");
}
