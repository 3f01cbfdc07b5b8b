//! Staying below Azure's limits.
#![expect(clippy::unwrap_used, reason = "test code: constants are valid")]

use arm_client::{Error, Lane, TrafficManagerApi};
use traffic_manager::EndpointKind;
use traffic_manager::profile::Endpoint;

use crate::bench::{Bench, json, profile_id, refusal};

const ENDPOINT: &str = r#"{"id":"/e","name":"e","properties":{}}"#;
const PROFILE: &str = r#"{"id":"/p","name":"my-app-global","properties":{}}"#;

fn endpoint() -> Endpoint {
    serde_json::from_str(
        r#"{"name":"e","type":"Microsoft.Network/trafficManagerProfiles/externalEndpoints","properties":{"target":"a.example.com"}}"#,
    )
    .unwrap()
}

async fn put(bench: &Bench) -> Result<Endpoint, Error> {
    bench.client.put_endpoint(&profile_id(), &endpoint()).await
}

#[tokio::test]
async fn what_would_be_too_much_is_not_sent() {
    let bench = Bench::new([json(201, ENDPOINT)]).await;
    let mut sent = 0;
    let error = loop {
        match put(&bench).await {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    // 90 percent of 250 in five minutes.
    assert_eq!((sent, bench.lines().await.len()), (225, 225));
    assert!(error.is_throttled() && error.is_transient(), "{error:?}");
    assert!(error.correlation_id().is_some());
    assert_eq!(error.outcome(), "held");
    assert!(
        matches!(&error, Error::Held { held, .. } if held.lane == Lane::EndpointWrites),
        "{error:?}"
    );
    insta::with_settings!({filters => vec![(r"in \d+ s", "in [N] s")]}, {
        insta::assert_snapshot!(error, @"endpoints.put of /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-global/ExternalEndpoints/e: not sent, to stay below Azure's limit of writes of endpoints; there is room in [N] s");
    });
    // Everything else goes on.
    bench.answer([json(200, PROFILE)]).await;
    assert!(bench.client.get_profile(&profile_id()).await.is_ok());
}

#[tokio::test]
async fn a_client_without_pace_sends_as_fast_as_it_can() {
    let bench = Bench::configured([json(201, ENDPOINT)], None, |config| config.pace = None).await;
    for _ in 0..260 {
        put(&bench).await.unwrap();
    }
    assert_eq!(bench.sleeps(), Vec::<u128>::new());
}

#[tokio::test]
async fn the_wait_of_one_refusal_is_kept_by_all() {
    let message = "Number of requests for action 'x' exceeded the limit of '250' for time interval '00:05:00'. Please try again after '200' seconds.";
    let throttled = refusal(429, "ResourceRequestsThrottled", message);
    let bench = Bench::new([throttled, json(201, ENDPOINT)]).await;
    let first = put(&bench).await.unwrap_err();
    assert_eq!(first.outcome(), "throttled");
    let second = put(&bench).await.unwrap_err();
    assert_eq!(second.outcome(), "held");
    assert_eq!(second.retry_after().map(|wait| wait.as_secs()), Some(200));
    assert_eq!(bench.lines().await.len(), 1, "the second was not sent");
}

#[tokio::test]
async fn what_a_delete_made_way_for_is_sent() {
    let bench = Bench::new([json(201, ENDPOINT)]).await;
    while put(&bench).await.is_ok() {}
    bench.answer([json(200, "{}"), json(201, ENDPOINT)]).await;
    let name = "other".parse().unwrap();
    let deleted = bench
        .client
        .delete_endpoint(&profile_id(), EndpointKind::External, &name)
        .await;
    assert!(deleted.is_ok(), "{deleted:?}");
    let mut elsewhere = profile_id();
    elsewhere.name = "elsewhere".parse().unwrap();
    let other = bench.client.put_endpoint(&elsewhere, &endpoint()).await;
    assert_eq!(other.unwrap_err().outcome(), "held");
    put(&bench).await.unwrap();
    put(&bench).await.unwrap();
    assert_eq!(put(&bench).await.unwrap_err().outcome(), "held");
}

#[tokio::test]
async fn a_refused_look_up_of_public_ips_does_not_hold_up_profiles() {
    let throttled =
        refusal(429, "ResourceRequestsThrottled", "Too many.").insert_header("retry-after", "300");
    let bench = Bench::new([throttled, json(200, PROFILE)]).await;
    let look_up = || async {
        let found = bench
            .client
            .list_public_ips(&profile_id().subscription)
            .await;
        found.unwrap_err().outcome()
    };
    assert_eq!(look_up().await, "throttled");
    assert!(bench.client.get_profile(&profile_id()).await.is_ok());
    assert_eq!(look_up().await, "held");
    assert_eq!(bench.lines().await.len(), 2);
}

#[tokio::test]
async fn little_left_makes_the_next_request_wait() {
    let left = |left: &str| {
        json(200, PROFILE).insert_header("x-ms-ratelimit-remaining-subscription-reads", left)
    };
    let bench = Bench::new([left("249"), left("5"), left("5")]).await;
    for _ in 0..3 {
        bench.client.get_profile(&profile_id()).await.unwrap();
    }
    assert_eq!(bench.sleeps(), [88]);
    let held: Vec<_> = bench
        .records()
        .iter()
        .map(|call| call.held.as_millis())
        .collect();
    assert_eq!(held, [0, 0, 88]);
}
