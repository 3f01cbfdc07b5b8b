//! Lists: all pages or an error.

use std::error::Error as _;

use arm_client::{DecodeError, Error, ListScope, TrafficManagerApi};
use rstest::rstest;

use crate::bench::{Bench, empty, json, profile_id, refusal};

fn subscription() -> ListScope {
    ListScope::Subscription(profile_id().subscription)
}

fn group() -> ListScope {
    ListScope::ResourceGroup(profile_id().subscription, profile_id().resource_group)
}

fn page(name: &str, next_link: &str) -> wiremock::ResponseTemplate {
    let body = serde_json::json!({
        "value": [{"id": format!("/{name}"), "name": name, "properties": {}}],
        "nextLink": next_link,
    });
    json(200, &body.to_string())
}

async fn names(bench: &Bench, scope: &ListScope) -> Result<Vec<String>, Error> {
    let profiles = bench.client.list_profiles(scope).await?;
    Ok(profiles
        .into_iter()
        .filter_map(|profile| profile.name)
        .collect())
}

#[tokio::test]
async fn one_page() {
    let bench = Bench::new([page("a", "")]).await;
    assert_eq!(names(&bench, &group()).await.unwrap(), ["a"]);
    assert_eq!(names(&bench, &subscription()).await.unwrap(), ["a"]);
    insta::assert_debug_snapshot!(bench.lines().await, @r#"
    [
        "GET /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles?api-version=2022-04-01",
        "GET /subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Network/trafficManagerProfiles?api-version=2022-04-01",
    ]
    "#);
}

#[tokio::test]
async fn an_empty_list_is_empty() {
    let bench = Bench::new([json(200, r#"{"value":[]}"#)]).await;
    assert!(names(&bench, &group()).await.unwrap().is_empty());
}

#[tokio::test]
async fn pages_are_followed() {
    let bench = Bench::new([]).await;
    let link = |token| {
        format!(
            "{}/subscriptions/x/profiles?api-version=2022-04-01&$skiptoken={token}",
            bench.url()
        )
    };
    bench
        .answer([
            page("a", &link("1")),
            page("b", "/relative?$skiptoken=2"),
            page("c", ""),
        ])
        .await;
    assert_eq!(
        names(&bench, &subscription()).await.unwrap(),
        ["a", "b", "c"]
    );
    let lines = bench.lines().await;
    assert_eq!(
        lines[1],
        "GET /subscriptions/x/profiles?api-version=2022-04-01&$skiptoken=1"
    );
    assert_eq!(lines[2], "GET /relative?$skiptoken=2");
    assert_eq!(bench.reported(), [("profiles.list", "ok", 3)]);
}

#[rstest]
#[case::refused(refusal(403, "AuthorizationFailed", ""), "forbidden")]
#[case::failing(empty(503), "server_error")]
#[case::gone(refusal(404, "ResourceNotFound", ""), "not_found")]
#[case::unreadable(json(200, "{\"value\":[{"), "decode")]
#[case::no_content(empty(204), "server_error")]
#[tokio::test]
async fn a_failing_second_page_fails_the_list(
    #[case] second: wiremock::ResponseTemplate,
    #[case] outcome: &str,
) {
    let bench = Bench::new([page("a", "/next"), second]).await;
    let error = names(&bench, &subscription()).await.unwrap_err();
    assert_eq!(error.outcome(), outcome);
    assert_eq!(bench.records().len(), 1);
}

#[tokio::test]
async fn a_second_page_that_fails_once_is_read_again() {
    let bench = Bench::new([page("a", "/next"), empty(503), page("b", "")]).await;
    assert_eq!(names(&bench, &subscription()).await.unwrap(), ["a", "b"]);
}

#[rstest]
#[case::object("{}")]
#[case::null(r#"{"value":null}"#)]
#[case::array("[]")]
#[case::positional("[[]]")]
#[case::no_resource(r#"{"value":[{}]}"#)]
#[case::error_in_200(r#"{"error":{"code":"X","message":"y"}}"#)]
#[tokio::test]
async fn an_answer_without_a_list_is_no_empty_list(#[case] text: &str) {
    let bench = Bench::new([json(200, text)]).await;
    let error = names(&bench, &group()).await.unwrap_err();
    assert_eq!(error.outcome(), "decode");
}

#[tokio::test]
async fn a_missing_group_is_an_error_and_no_empty_list() {
    let bench = Bench::new([refusal(
        404,
        "ResourceGroupNotFound",
        "Resource group 'x' could not be found.",
    )])
    .await;
    let error = names(&bench, &group()).await.unwrap_err();
    assert!(error.is_not_found());
}

#[rstest]
#[case("http://example.com/next")]
#[case("//example.com/next")]
#[case("https://127.0.0.1/next")]
#[case("http://[")]
#[tokio::test]
async fn links_to_other_servers_are_not_followed(#[case] link: &str) {
    let bench = Bench::new([page("a", link)]).await;
    let error = names(&bench, &group()).await.unwrap_err();
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<DecodeError>());
    assert!(matches!(cause, Some(DecodeError::ForeignLink)), "{error:?}");
    assert_eq!(bench.lines().await.len(), 1);
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_is_an_error() {
    let bench = Bench::new([page("a", "/next")]).await;
    let error = names(&bench, &group()).await.unwrap_err();
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<DecodeError>());
    assert!(
        matches!(cause, Some(DecodeError::EndlessList { .. })),
        "{error:?}"
    );
    assert_eq!(bench.lines().await.len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_an_error() {
    let bench = Bench::configured([page(&"a".repeat(2_000), "")], None, |config| {
        config.body_limit = 1_000;
    })
    .await;
    let error = names(&bench, &group()).await.unwrap_err();
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<DecodeError>());
    assert!(
        matches!(cause, Some(DecodeError::TooLong { limit: 1_000 })),
        "{error:?}"
    );
}

#[tokio::test]
async fn public_ip_addresses_are_read_page_by_page() {
    let bench = Bench::new([]).await;
    let id = |name: &str| {
        format!(
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/nodes/providers/Microsoft.Network/publicIPAddresses/{name}"
        )
    };
    let first = serde_json::json!({
        "value": [{"id": id("a"), "properties": {"ipAddress": "20.1.2.3", "dnsSettings": {"fqdn": "a.example.net"}}}],
        "nextLink": format!("{}/subscriptions/x/ips?api-version=2024-05-01&$skiptoken=1", bench.url()),
    });
    let second = serde_json::json!({"value": [{"id": id("b"), "properties": {}}]});
    bench
        .answer([
            json(200, &first.to_string()),
            json(200, &second.to_string()),
        ])
        .await;
    let ips = bench
        .client
        .list_public_ips(&profile_id().subscription)
        .await
        .unwrap();
    let shown: Vec<_> = ips
        .iter()
        .map(|ip| (ip.id.name(), ip.address.is_some(), ip.fqdn.is_some()))
        .collect();
    assert_eq!(shown, [("a", true, true), ("b", false, false)]);
    assert_eq!(
        bench.lines().await[0],
        "GET /subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Network/publicIPAddresses?api-version=2024-05-01"
    );
}

/// An address that is missing from the list would look like somebody else's.
#[tokio::test]
async fn a_list_of_addresses_without_its_second_page_is_an_error() {
    let bench = Bench::new([]).await;
    let first = serde_json::json!({"value": [], "nextLink": format!("{}/x", bench.url())});
    bench
        .answer([
            json(200, &first.to_string()),
            refusal(403, "AuthorizationFailed", "no"),
        ])
        .await;
    let subscription = profile_id().subscription;
    let listed = bench.client.list_public_ips(&subscription);
    assert_eq!(listed.await.unwrap_err().outcome(), "forbidden");
}
