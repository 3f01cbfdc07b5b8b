//! When the client tries again, how long it waits, and when it gives up.

use std::time::Duration;

use arm_client::{Error, Phase, PutOutcome, TrafficManagerApi};
use rstest::rstest;
use traffic_manager::profile::Profile;

use crate::bench::{Bench, empty, json, profile_id, refusal};
use crate::raw_server::{self, Manner};

const PROFILE: &str = r#"{"id":"/p","name":"my-app-global","properties":{}}"#;

async fn get(bench: &Bench) -> Result<Option<Profile>, Error> {
    bench.client.get_profile(&profile_id()).await
}

#[rstest]
#[case(408)]
#[case(429)]
#[case(500)]
#[case(502)]
#[case(503)]
#[case(504)]
#[tokio::test]
async fn failures_of_the_service_are_tried_again(#[case] status: u16) {
    let bench = Bench::new([empty(status), empty(status), json(200, PROFILE)]).await;
    assert!(get(&bench).await.unwrap().is_some());
    assert_eq!(bench.sleeps(), [800, 1_600]);
    assert_eq!(bench.reported(), [("profiles.get", "ok", 3)]);
}

#[rstest]
#[case(400, "invalid")]
#[case(401, "unauthorized")]
#[case(403, "forbidden")]
#[case(409, "conflict")]
#[case(412, "conflict")]
#[case(501, "server_error")]
#[case(302, "invalid")]
#[tokio::test]
async fn refusals_are_final(#[case] status: u16, #[case] outcome: &'static str) {
    let answer = empty(status).insert_header("Location", "/elsewhere");
    let bench = Bench::new([answer, json(200, PROFILE)]).await;
    assert_eq!(get(&bench).await.unwrap_err().outcome(), outcome);
    assert_eq!(bench.reported(), [("profiles.get", outcome, 1)]);
}

#[tokio::test]
async fn the_number_of_tries_is_bounded() {
    let bench = Bench::new([empty(500)]).await;
    let error = get(&bench).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(bench.sleeps(), [800, 1_600, 3_200, 6_400]);
    assert_eq!(bench.reported(), [("profiles.get", "server_error", 5)]);
}

#[rstest]
#[case::seconds("retry-after", "17", 17_000)]
#[case::date("retry-after", "Thu, 01 Jan 1970 00:00:09 GMT", 9_000)]
#[case::milliseconds("retry-after-ms", "250", 250)]
#[case::azure_milliseconds("x-ms-retry-after-ms", "1250", 1_250)]
#[case::unreadable("retry-after", "soon", 800)]
#[tokio::test]
async fn the_wait_that_azure_asks_for_is_kept(
    #[case] name: &str,
    #[case] value: &str,
    #[case] milliseconds: u128,
) {
    let throttled = empty(429).insert_header(name, value);
    let bench = Bench::new([throttled, json(200, PROFILE)]).await;
    get(&bench).await.unwrap();
    assert_eq!(bench.sleeps(), [milliseconds]);
}

#[tokio::test]
async fn a_wait_that_only_the_message_names_is_kept() {
    let message = "Number of requests for action 'x' exceeded the limit of '50' for time interval '00:05:00'. Please try again after '6' seconds.";
    let bench = Bench::new([
        refusal(429, "ResourceRequestsThrottled", message),
        json(200, PROFILE),
    ])
    .await;
    get(&bench).await.unwrap();
    assert_eq!(bench.sleeps(), [6_000]);
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_reported_at_once() {
    let throttled = empty(429)
        .insert_header("Retry-After", "372")
        .insert_header("x-ms-request-id", "the-request");
    let bench = Bench::new([throttled]).await;
    let error = get(&bench).await.unwrap_err();
    assert!(error.is_throttled());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(372)));
    let status = error.status_error().unwrap();
    assert_eq!(status.request_id.as_deref(), Some("the-request"));
    assert_eq!(status.correlation_id.as_deref().map(str::len), Some(36));
    assert!(bench.sleeps().is_empty());
    assert_eq!(bench.reported(), [("profiles.get", "throttled", 1)]);
}

#[tokio::test]
async fn the_scarcest_allowance_is_reported() {
    let answer = json(200, PROFILE)
        .insert_header("x-ms-ratelimit-remaining-subscription-reads", "249")
        .insert_header("x-ms-ratelimit-remaining-subscription-global-reads", "3749");
    let bench = Bench::new([answer]).await;
    get(&bench).await.unwrap();
    let allowance = bench.records()[0].allowance.clone().unwrap();
    assert_eq!(
        (allowance.bucket.as_str(), allowance.remaining),
        ("subscription-reads", 249)
    );
}

#[tokio::test]
async fn a_broken_connection_is_tried_again() {
    let url = raw_server::start(&[
        Manner::HangUp,
        Manner::Send("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"name\":\"my-app"),
        Manner::Send(
            "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"id\":\"/p\",\"properties\":{}}",
        ),
    ])
    .await;
    let bench = Bench::at(&url, None, |_| ());
    assert!(get(&bench).await.unwrap().is_some());
    assert_eq!(bench.reported(), [("profiles.get", "ok", 3)]);
}

#[tokio::test]
async fn a_cut_answer_is_never_partly_used() {
    // What has arrived is valid JSON, but the answer announced more.
    const CUT: Manner = Manner::Send(
        "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"id\":\"/p\",\"properties\":{}}",
    );
    let url = raw_server::start(&[CUT, CUT, CUT, CUT, CUT]).await;
    let bench = Bench::at(&url, None, |_| ());
    let error = get(&bench).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Transport {
                phase: Phase::Interrupted,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(bench.reported(), [("profiles.get", "transport", 5)]);
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_is_told_from_a_race() {
    let url = raw_server::start(&[
        Manner::HangUp,
        Manner::Send(
            "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"id\":\"/p\",\"properties\":{}}",
        ),
    ])
    .await;
    let bench = Bench::at(&url, None, |_| ());
    let outcome = bench
        .client
        .put_profile(&profile_id(), &Profile::default())
        .await
        .unwrap();
    assert!(matches!(outcome, PutOutcome::Repeated(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_refused_connection_cannot_have_had_an_effect() {
    let url = raw_server::start(&[]).await;
    tokio::task::yield_now().await;
    let bench = Bench::at(&url, None, |config| config.budget.attempts = 2);
    let error = get(&bench).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Transport {
                phase: Phase::Connect,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert_eq!(error.outcome(), "transport");
}

#[tokio::test]
async fn silence_ends_with_the_try_and_then_with_the_call() {
    let url = raw_server::start(&[Manner::Silence, Manner::Silence]).await;
    let short = Duration::from_millis(20);
    let bench = Bench::at(&url, None, |config| {
        config.budget.attempt = short;
        config.budget.attempts = 1;
    });
    let error = get(&bench).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Transport {
                phase: Phase::Timeout,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.outcome(), "timeout");

    let bench = Bench::at(&url, None, |config| config.budget.total = short);
    let error = get(&bench).await.unwrap_err();
    assert!(
        matches!(error, Error::Deadline { attempts: 1, .. }),
        "{error:?}"
    );
    assert!(error.is_transient());
}
