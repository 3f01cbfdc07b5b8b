//! Single profiles: the shape of each request, and each outcome.

use arm_client::{Deleted, Error, PutOutcome, TrafficManagerApi};
use rstest::rstest;
use traffic_manager::profile::{Profile, ProfilePatch};

use crate::bench::{Bench, empty, json, profile_id, refusal};

const PROFILE: &str = r#"{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-global","name":"my-app-global","type":"Microsoft.Network/trafficManagerProfiles","location":"global","tags":{"a":"b"},"properties":{"profileStatus":"Enabled","trafficRoutingMethod":"Weighted","dnsConfig":{"relativeName":"my-app-global","fqdn":"my-app-global.trafficmanager.net","ttl":30},"endpoints":[],"maxReturn":null}}"#;
const TAKEN: &str = "Domain name my-app-global.trafficmanager.net is not available. Please choose a different DNS prefix";

fn body() -> Profile {
    Profile {
        location: Some("global".to_owned()),
        ..Profile::default()
    }
}

#[tokio::test]
async fn get_reads_a_profile() {
    let bench = Bench::new([json(200, PROFILE)]).await;
    let profile = bench
        .client
        .get_profile(&profile_id())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(profile.profile_id(), Some(profile_id()));
    insta::assert_debug_snapshot!(bench.lines().await, @r#"
    [
        "GET /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-global?api-version=2022-04-01",
    ]
    "#);
    assert_eq!(bench.reported(), [("profiles.get", "ok", 1)]);
}

#[tokio::test]
async fn requests_carry_ids_and_no_more_than_needed() {
    let bench = Bench::new([empty(500), json(200, PROFILE)]).await;
    bench.client.get_profile(&profile_id()).await.unwrap();
    let seen = bench.seen().await;
    let ids: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("x-ms-client-request-id"))
        .collect();
    let correlations: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("x-ms-correlation-request-id"))
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|id| id.is_some_and(|id| id.len() == 36)));
    assert_ne!(ids[0], ids[1], "each request has its own id");
    assert_eq!(correlations[0], correlations[1], "a call has one id");
    assert!(correlations[0].is_some());
    assert_eq!(seen[0].header("authorization"), None);
    assert_eq!(seen[0].header("content-type"), None);
    assert!(
        seen[0]
            .header("user-agent")
            .unwrap()
            .starts_with("external-dns-traffic-manager/")
    );
}

#[rstest]
#[case::profile(refusal(
    404,
    "ResourceNotFound",
    "The Resource 'Microsoft.Network/trafficmanagerprofiles/p' under resource group 'rg' was not found."
))]
#[case::group(refusal(
    404,
    "ResourceGroupNotFound",
    "Resource group 'rg' could not be found."
))]
#[case::without_wrapper(json(404, r#"{"code":"NotFound","message":"It does not exist."}"#))]
#[tokio::test]
async fn a_missing_profile_is_none(#[case] answer: wiremock::ResponseTemplate) {
    let bench = Bench::new([answer]).await;
    assert_eq!(bench.client.get_profile(&profile_id()).await.unwrap(), None);
    assert_eq!(bench.reported(), [("profiles.get", "not_found", 1)]);
}

#[rstest]
#[case::subscription(refusal(404, "SubscriptionNotFound", "The subscription could not be found."))]
#[case::proxy(json(404, "<html>no such page</html>"))]
#[case::nothing(empty(404))]
#[case::no_content(empty(204))]
#[tokio::test]
async fn an_answer_that_says_nothing_about_the_profile_is_an_error(
    #[case] answer: wiremock::ResponseTemplate,
) {
    let bench = Bench::new([answer]).await;
    assert!(bench.client.get_profile(&profile_id()).await.is_err());
    assert_eq!(bench.lines().await.len(), 1);
}

#[tokio::test]
async fn put_creates() {
    let bench = Bench::new([json(201, PROFILE)]).await;
    let outcome = bench
        .client
        .put_profile(&profile_id(), &body())
        .await
        .unwrap();
    assert!(matches!(outcome, PutOutcome::Created(_)));
    let seen = bench.seen().await;
    assert!(seen[0].line.starts_with("PUT "));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(seen[0].body, serde_json::to_value(body()).unwrap());
}

/// A profile as Azure shows it, with these endpoints and tags.
fn holding(endpoints: &[&str], tags: &[(&str, &str)]) -> wiremock::ResponseTemplate {
    let endpoint = |name: &&str| serde_json::json!({"id": "/e", "name": name, "properties": {}});
    let endpoints: Vec<_> = endpoints.iter().map(endpoint).collect();
    let tags: std::collections::BTreeMap<_, _> = tags.iter().copied().collect();
    let profile =
        serde_json::json!({"id": "/p", "tags": tags, "properties": {"endpoints": endpoints}});
    json(200, &profile.to_string())
}

fn gone() -> wiremock::ResponseTemplate {
    refusal(404, "ResourceNotFound", "It was not found.")
}

/// A create that is not the first try reads before it writes.
#[rstest]
#[case::a_racer(vec![json(200, PROFILE)], "Replaced", "PUT")]
#[case::a_racer_after_throttling(vec![empty(429), gone(), json(200, PROFILE)], "Replaced", "PUT GET PUT")]
#[case::created_late(vec![empty(500), gone(), json(201, PROFILE)], "Created", "PUT GET PUT")]
#[case::in_progress_all_the_time(vec![empty(504), gone(), json(200, PROFILE)], "Repeated", "PUT GET PUT")]
#[case::done_by_the_first_try(vec![empty(500), holding(&["east"], &[("claim", "east")])], "Repeated", "PUT GET")]
#[case::done_and_joined_since(
    vec![empty(500), holding(&["west", "East"], &[("Claim", "east"), ("other", "x")])],
    "Repeated",
    "PUT GET"
)]
#[case::somebody_came_first(vec![empty(500), holding(&["west"], &[("claim", "west")])], "Preempted", "PUT GET")]
#[case::with_the_same_name(vec![empty(500), holding(&["east"], &[("claim", "west")])], "Preempted", "PUT GET")]
#[tokio::test]
async fn put_does_not_replace_what_somebody_creates_between_two_tries(
    #[case] answers: Vec<wiremock::ResponseTemplate>,
    #[case] outcome: &str,
    #[case] requests: &str,
) {
    let mut body = body();
    body.tags = Some([("claim".to_owned(), "east".to_owned())].into());
    body.properties.endpoints = Some(vec![traffic_manager::profile::Endpoint {
        name: Some("east".to_owned()),
        ..Default::default()
    }]);
    let bench = Bench::new(answers).await;
    let put = bench
        .client
        .put_profile(&profile_id(), &body)
        .await
        .unwrap();
    let word = match put {
        PutOutcome::Created(_) => "Created",
        PutOutcome::Replaced(_) => "Replaced",
        PutOutcome::Repeated(_) => "Repeated",
        PutOutcome::Preempted(_) => "Preempted",
    };
    assert_eq!(word, outcome);
    let lines = bench.lines().await;
    let methods: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(methods.join(" "), requests);
    let [("profiles.put", "ok", _)] = bench.reported()[..] else {
        panic!("{:?}", bench.reported());
    };
}

/// Whether somebody came first cannot be known: nothing more is written.
#[tokio::test]
async fn put_is_not_repeated_blindly() {
    let bench = Bench::new([empty(500), refusal(403, "AuthorizationFailed", "no")]).await;
    let error = bench.client.put_profile(&profile_id(), &body()).await;
    assert!(error.unwrap_err().is_forbidden());
    assert_eq!(bench.lines().await.len(), 2);
}

#[rstest]
#[case::usual(refusal(409, "Conflict", TAKEN))]
#[case::bare(empty(409))]
#[case::odd(json(409, "null"))]
#[tokio::test]
async fn a_taken_name_is_recognised_and_not_tried_again(
    #[case] answer: wiremock::ResponseTemplate,
) {
    let bench = Bench::new([answer]).await;
    let error = bench
        .client
        .put_profile(&profile_id(), &body())
        .await
        .unwrap_err();
    assert!(error.is_name_taken(), "{error}");
    assert_eq!(bench.reported(), [("profiles.put", "conflict", 1)]);
}

#[tokio::test]
async fn a_lock_is_no_taken_name() {
    let bench = Bench::new([refusal(409, "ScopeLocked", "The scope is locked.")]).await;
    let error = bench
        .client
        .put_profile(&profile_id(), &body())
        .await
        .unwrap_err();
    assert!(!error.is_name_taken());
}

#[tokio::test]
async fn an_unexpected_success_is_an_error() {
    let bench = Bench::new([json(202, PROFILE)]).await;
    let error = bench
        .client
        .put_profile(&profile_id(), &body())
        .await
        .unwrap_err();
    assert_eq!(error.status_error().map(|error| error.status), Some(202));
    assert_eq!(error.outcome(), "server_error");
}

#[tokio::test]
async fn patch_sends_the_patch() {
    let bench = Bench::new([json(200, PROFILE)]).await;
    let mut patch = ProfilePatch::default();
    patch.properties.profile_status = Some("Disabled".to_owned());
    let profile = bench
        .client
        .patch_profile(&profile_id(), &patch)
        .await
        .unwrap();
    assert_eq!(profile.name.as_deref(), Some("my-app-global"));
    let seen = bench.seen().await;
    assert!(seen[0].line.starts_with("PATCH "));
    insta::assert_snapshot!(seen[0].body, @r#"{"properties":{"profileStatus":"Disabled"}}"#);
}

#[tokio::test]
async fn patching_a_missing_profile_is_an_error() {
    let bench = Bench::new([refusal(404, "ResourceNotFound", "Resource not found.")]).await;
    let error = bench
        .client
        .patch_profile(&profile_id(), &ProfilePatch::default())
        .await
        .unwrap_err();
    assert!(error.is_not_found());
}

#[rstest]
#[case(empty(200), Deleted::Deleted, "ok")]
#[case(empty(204), Deleted::Absent, "ok")]
#[case(refusal(404, "ResourceNotFound", ""), Deleted::Absent, "not_found")]
#[case(
    refusal(404, "ResourceGroupNotFound", ""),
    Deleted::Absent,
    "not_found"
)]
#[tokio::test]
async fn delete_succeeds_when_there_is_nothing(
    #[case] answer: wiremock::ResponseTemplate,
    #[case] expected: Deleted,
    #[case] outcome: &'static str,
) {
    let bench = Bench::new([answer]).await;
    assert_eq!(
        bench.client.delete_profile(&profile_id()).await.unwrap(),
        expected
    );
    assert!(bench.lines().await[0].starts_with("DELETE "));
    assert_eq!(bench.reported(), [("profiles.delete", outcome, 1)]);
}

#[tokio::test]
async fn a_delete_that_is_refused_is_an_error() {
    for answer in [
        refusal(404, "SubscriptionNotFound", ""),
        refusal(403, "AuthorizationFailed", ""),
        empty(404),
    ] {
        let bench = Bench::new([answer]).await;
        assert!(bench.client.delete_profile(&profile_id()).await.is_err());
    }
}

#[rstest]
#[case::cut(&PROFILE[..PROFILE.len() - 7])]
#[case::html("<html>login</html>")]
#[case::nothing("")]
#[case::list("[]")]
#[case::no_resource("{}")]
#[case::error_in_200(r#"{"error":{"code":"X","message":"y"}}"#)]
#[case::wrong_type(r#"{"name":"p","properties":{"endpoints":{}}}"#)]
#[tokio::test]
async fn an_unreadable_answer_is_never_partly_used(#[case] text: &str) {
    let bench = Bench::new([json(200, text)]).await;
    let error = bench.client.get_profile(&profile_id()).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    assert_eq!(error.outcome(), "decode");
    assert!(!error.is_transient());
}
