//! Tags, at once or by way of work that Azure accepts first.

use std::collections::BTreeMap;

use arm_client::{Error, TrafficManagerApi};
use rstest::rstest;
use wiremock::ResponseTemplate;

use crate::bench::{Bench, empty, json, profile_id, refusal};

const TAGS: &str = r#"{"id":"/x/providers/Microsoft.Resources/tags/default","name":"default","type":"Microsoft.Resources/tags","properties":{"tags":{"mine":"1","theirs":"2"}}}"#;

fn tags() -> BTreeMap<String, String> {
    BTreeMap::from([("mine".to_owned(), "1".to_owned())])
}

fn accepted(header: &str, link: &str) -> ResponseTemplate {
    empty(202).insert_header(header, link)
}

#[tokio::test]
async fn merge_sends_the_given_tags_and_returns_all() {
    let bench = Bench::new([json(200, TAGS)]).await;
    let all = bench
        .client
        .merge_tags(&profile_id(), &tags())
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    let seen = bench.seen().await;
    insta::assert_snapshot!(seen[0].line, @"PATCH /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-global/providers/Microsoft.Resources/tags/default?api-version=2021-04-01");
    insta::assert_snapshot!(seen[0].body, @r#"{"operation":"Merge","properties":{"tags":{"mine":"1"}}}"#);
    assert_eq!(bench.reported(), [("tags.merge", "ok", 1)]);
}

/// A PATCH of the profile that is sent again could undo what somebody else has
/// written since.
#[tokio::test]
async fn all_tags_are_replaced_once() {
    let profile = r#"{"id":"/p","name":"my-app-global","properties":{}}"#;
    let bench = Bench::new([empty(503), json(200, profile)]).await;
    let (id, given) = (profile_id(), tags());
    let error = bench.client.replace_tags(&id, &given).await.unwrap_err();
    assert!(error.is_transient());
    bench.client.replace_tags(&id, &given).await.unwrap();
    let seen = bench.seen().await;
    assert_eq!(seen.len(), 2);
    insta::assert_snapshot!(seen[0].line, @"PATCH /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-global?api-version=2022-04-01");
    insta::assert_snapshot!(seen[0].body, @r#"{"properties":{},"tags":{"mine":"1"}}"#);
    assert_eq!(
        bench.reported(),
        [
            ("profiles.patch", "server_error", 1),
            ("profiles.patch", "ok", 1)
        ]
    );
}

#[tokio::test]
async fn delete_sends_the_given_tags() {
    let bench = Bench::new([json(200, r#"{"properties":{}}"#)]).await;
    let all = bench
        .client
        .delete_tags(&profile_id(), &tags())
        .await
        .unwrap();
    assert!(all.is_empty());
    let seen = bench.seen().await;
    insta::assert_snapshot!(seen[0].body, @r#"{"operation":"Delete","properties":{"tags":{"mine":"1"}}}"#);
    assert_eq!(bench.reported(), [("tags.delete", "ok", 1)]);
}

#[rstest]
#[case("{}")]
#[case(r#"{"properties":null}"#)]
#[case(r#"{"properties":{"tags":[]}}"#)]
#[tokio::test]
async fn an_answer_without_tags_is_not_the_end_of_all_tags(#[case] text: &str) {
    let bench = Bench::new([json(200, text)]).await;
    let error = bench
        .client
        .merge_tags(&profile_id(), &tags())
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), "decode");
}

#[tokio::test]
async fn tags_of_a_missing_profile_are_an_error() {
    let bench = Bench::new([refusal(404, "ResourceNotFound", "")]).await;
    let error = bench
        .client
        .merge_tags(&profile_id(), &tags())
        .await
        .unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn a_status_document_is_followed_to_its_end() {
    let bench = Bench::new([
        accepted("Azure-AsyncOperation", "/status").insert_header("Retry-After", "2"),
        json(200, r#"{"status":"Accepted"}"#).insert_header("Retry-After", "3"),
        json(200, r#"{"status":"InProgress"}"#),
        json(200, r#"{"status":"Succeeded"}"#),
        json(200, TAGS),
    ])
    .await;
    let all = bench
        .client
        .merge_tags(&profile_id(), &tags())
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(bench.sleeps(), [2_000, 3_000, 1_000]);
    let lines = bench.lines().await;
    assert_eq!(
        lines[1..4],
        ["GET /status?", "GET /status?", "GET /status?"]
    );
    assert!(lines[4].starts_with("GET /subscriptions/") && lines[4].contains("/tags/default?"));
}

#[rstest]
#[case("Failed")]
#[case("Canceled")]
#[tokio::test]
async fn accepted_work_can_fail(#[case] status: &str) {
    let document = serde_json::json!({"status": status, "error": {"code": "TagLimit", "message": "Too many tags."}});
    let bench = Bench::new([
        accepted("Azure-AsyncOperation", "/status"),
        json(200, &document.to_string()),
    ])
    .await;
    let error = bench
        .client
        .merge_tags(&profile_id(), &tags())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("TagLimit: Too many tags."),
        "{error}"
    );
    assert!(error.to_string().contains("/tags/default"), "{error}");
    assert_eq!(error.outcome(), "server_error");
}

#[tokio::test]
async fn a_location_is_followed_until_it_is_no_longer_accepted() {
    let bench = Bench::new([
        accepted("Location", "/result"),
        empty(202),
        empty(204),
        json(200, TAGS),
    ])
    .await;
    assert_eq!(
        bench
            .client
            .merge_tags(&profile_id(), &tags())
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(bench.lines().await.len(), 4);
}

#[tokio::test]
async fn work_that_does_not_end_ends_with_the_budget() {
    let bench = Bench::new([
        accepted("Azure-AsyncOperation", "/status"),
        json(200, r#"{"status":"Running"}"#).insert_header("Retry-After", "25"),
    ])
    .await;
    let error = bench
        .client
        .merge_tags(&profile_id(), &tags())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error:?}");
    assert_eq!(bench.sleeps(), [1_000, 25_000, 25_000]);
    assert_eq!(bench.reported(), [("tags.merge", "timeout", 4)]);
}

#[rstest]
#[case::nowhere(empty(202))]
#[case::elsewhere(accepted("Azure-AsyncOperation", "https://example.com/status"))]
#[case::nothing(accepted("Location", "http://["))]
#[tokio::test]
async fn accepted_work_that_cannot_be_followed_is_an_error(#[case] answer: ResponseTemplate) {
    let bench = Bench::new([answer]).await;
    assert!(
        bench
            .client
            .merge_tags(&profile_id(), &tags())
            .await
            .is_err()
    );
    assert_eq!(bench.lines().await.len(), 1);
}
