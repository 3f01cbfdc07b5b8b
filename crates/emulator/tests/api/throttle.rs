//! Requests beyond the limits.

use axum::http::Method;
use emulator::{Cloud, Limits, Options, Refill, Request, Response, Service, Throttle};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{Remote, VERSION, external, profile, profile_path, profiles_path, weighted};

const OWN: &str = "x-ms-ratelimit-remaining-subscription-resource-requests";
const WRITES: &str = "x-ms-ratelimit-remaining-subscription-writes";
const READS: &str = "x-ms-ratelimit-remaining-subscription-reads";

/// A service that throttles, and its clock.
struct Bench {
    service: Service,
    now: Timestamp,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        Self::with(Throttle {
            enforced: true,
            limits,
            ..Throttle::default()
        })
    }

    fn with(throttle: Throttle) -> Self {
        Self {
            service: Service::new(Cloud::default(), 7).throttled(throttle),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn pass(&mut self, milliseconds: i64) {
        self.now += SignedDuration::from_millis(milliseconds);
    }

    fn send(&mut self, caller: &str, method: Method, path: &str, body: &Value) -> Response {
        let mut request = Request::new(method, path, VERSION, body);
        request.caller = Some(caller.to_owned());
        self.service.handle(self.now, &request)
    }

    fn list(&mut self) -> Response {
        self.send("me", Method::GET, &profiles_path(), &Value::Null)
    }

    /// Creates the profile `app`.
    fn create(&mut self) {
        let created = self.send("me", Method::PUT, &profile_path("app"), &weighted("app"));
        assert_eq!(created.status, 201);
    }

    fn put_endpoint(&mut self, name: &str) -> Response {
        let path = profile_path(&format!("app/externalEndpoints/{name}"));
        let body = external(name, &format!("{name}.example.com"), json!({}));
        self.send("me", Method::PUT, &path, &body)
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut headers = response.headers.iter();
    let (_, value) = headers.find(|(known, _)| *known == name)?;
    Some(value)
}

fn shown(response: &Response) -> String {
    let wait = header(response, "retry-after").unwrap_or("-");
    format!("{} after {wait}: {}", response.status, response.value())
}

#[test]
fn resource_manager_gives_a_caller_so_many_at_once_and_then_so_many_a_second() {
    let mut bench = Bench::new(Limits::default());
    for left in (0..250).rev() {
        let response = bench.list();
        assert_eq!(response.status, 200);
        assert_eq!(header(&response, READS), Some(left.to_string().as_str()));
    }
    let refused = bench.list();
    insta::assert_snapshot!(shown(&refused), @r#"429 Too Many Requests after 1: {"error":{"code":"SubscriptionRequestsThrottled","message":"Number of requests for subscription '11111111-2222-3333-4444-555555555555' and operation 'Microsoft.Network/trafficmanagerprofiles/read' exceeded the backend storage limit. Please try again after '1' seconds."}}"#);
    assert_eq!(header(&refused, READS), Some("0"));
    // What is refused takes nothing: 25 come back in a second.
    bench.pass(1_000);
    let passed = (0..30).filter(|_| bench.list().status == 200).count();
    assert_eq!(passed, 25);
    // Never more than the bucket holds.
    bench.pass(3_600_000);
    let passed = (0..300).filter(|_| bench.list().status == 200).count();
    assert_eq!(passed, 250);
}

#[test]
fn reads_writes_and_deletes_count_apart() {
    let one = Refill {
        size: 1,
        per_second: 1,
    };
    let mut bench = Bench::new(Limits {
        reads: one,
        writes: one,
        deletes: one,
        ..Limits::default()
    });
    let path = profile_path("app");
    for (method, first) in [("PUT", 201), ("GET", 200), ("DELETE", 200)] {
        for expected in [first, 429] {
            let method = method.parse().expect("a method");
            let response = bench.send("me", method, &path, &weighted("app"));
            assert_eq!(response.status, expected, "{response:?}");
        }
    }
}

#[test]
fn callers_count_apart_and_together() {
    let mut bench = Bench::new(Limits {
        reads: Refill {
            size: 10,
            per_second: 1,
        },
        callers: 2,
        ..Limits::default()
    });
    let mut passed = Vec::new();
    for caller in ["a", "b", "c"] {
        let list = |_: &i32| {
            let path = profiles_path();
            let response = bench.send(caller, Method::GET, &path, &Value::Null);
            response.status == 200
        };
        passed.push((0..12).filter(list).count());
    }
    assert_eq!(passed, [10, 10, 0]);
}

#[test]
fn traffic_manager_counts_endpoint_writes_in_windows() {
    let mut bench = Bench::new(Limits {
        endpoint_writes: 3,
        ..Limits::default()
    });
    bench.create();
    for (name, left) in [("a", "2"), ("b", "1"), ("c", "0")] {
        let response = bench.put_endpoint(name);
        assert_eq!(response.status, 201);
        assert_eq!(header(&response, OWN), Some(left));
        bench.pass(1_000);
    }
    let refused = bench.put_endpoint("d");
    insta::assert_snapshot!(shown(&refused), @r#"429 Too Many Requests after 297: {"error":{"code":"ResourceRequestsThrottled","message":"Number of requests for action 'Microsoft.Network/trafficmanagerprofiles/externalendpoints/write' exceeded the limit of '3' for time interval '00:05:00'. Please try again after '297' seconds."}}"#);
    // Resource Manager has counted it all the same: 10 a second came back, one went.
    assert_eq!(header(&refused, WRITES), Some("199"));
    bench.pass(296_999);
    assert_eq!(bench.put_endpoint("d").status, 429);
    bench.pass(1);
    assert_eq!(bench.put_endpoint("d").status, 201);
}

#[test]
fn a_refusal_can_keep_the_wait_out_of_its_headers() {
    let mut bench = Bench::with(Throttle {
        enforced: true,
        names_wait: false,
        limits: Limits {
            endpoint_writes: 1,
            ..Limits::default()
        },
    });
    bench.create();
    bench.put_endpoint("a");
    let refused = bench.put_endpoint("b");
    assert_eq!(
        (refused.status.as_u16(), header(&refused, "retry-after")),
        (429, None)
    );
    assert!(
        refused.value()["error"]["message"]
            .to_string()
            .contains("after '300' seconds")
    );
}

#[test]
fn who_is_not_throttled_never_sees_less_than_half() {
    let mut bench = Bench::with(Throttle::default());
    bench.create();
    for number in 0..600 {
        let response = bench.put_endpoint(&format!("e{}", number % 100));
        assert_eq!(response.status, 201);
        let left: u32 = header(&response, OWN)
            .and_then(|text| text.parse().ok())
            .expect("a number");
        assert!(left >= 124, "{left}");
    }
}

proptest! {
    /// Over any stretch of time no more gets through than the bucket holds and the stretch brings back, and who waits
    /// as told is not refused again.
    #[test]
    fn a_bucket_keeps_its_promise(
        size in 1_u32..20,
        per_second in 1_u32..20,
        pauses in proptest::collection::vec(0_i64..700, 1..200),
    ) {
        let reads = Refill { size, per_second };
        let mut bench = Bench::new(Limits { reads, ..Limits::default() });
        let mut passed = 0_u64;
        for pause in pauses {
            bench.pass(pause);
            let response = bench.list();
            if response.status == 429 {
                let wait: i64 = header(&response, "retry-after").and_then(|text| text.parse().ok()).unwrap_or(0);
                bench.pass(wait * 1000);
                prop_assert_eq!(bench.list().status.as_u16(), 200);
            }
            passed += 1;
            let elapsed = bench.now.duration_since(Timestamp::UNIX_EPOCH).as_millis();
            let elapsed = u64::try_from(elapsed).unwrap_or_default();
            prop_assert!(passed <= u64::from(size) + elapsed * u64::from(per_second) / 1000);
        }
    }
}

#[tokio::test]
async fn over_http_a_caller_is_the_identity_in_its_token() {
    let mut options = Options::default();
    options.throttle.enforced = true;
    options.throttle.limits.reads = Refill {
        size: 1,
        per_second: 0,
    };
    let remote = Remote::with(options).await;
    let url = format!(
        "{}{}?api-version={VERSION}",
        remote.running.arm_url(),
        profiles_path()
    );
    // {"oid":"a","n":1}, {"oid":"a","n":2} and {"oid":"b"}: one identity has two tokens.
    let tokens = [
        "eyJvaWQiOiJhIiwibiI6MX0",
        "eyJvaWQiOiJhIiwibiI6Mn0",
        "eyJvaWQiOiJiIn0",
    ];
    let mut statuses = Vec::new();
    for token in tokens {
        let request = remote
            .http
            .get(&url)
            .bearer_auth(format!("e30.{token}.c2ln"));
        statuses.push(request.send().await.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses, [200, 429, 200]);
    let (_, requests) = remote.get("/_emulator/requests?log=true").await;
    assert_eq!(requests["total"], 3);
    remote.running.stop().await;
}

#[test]
fn a_profile_with_many_endpoints_is_one_write() {
    let mut bench = Bench::new(Limits {
        endpoint_writes: 1,
        ..Limits::default()
    });
    let endpoints: Vec<_> = (0..40)
        .map(|number| {
            external(
                &format!("e{number}"),
                &format!("e{number}.example.com"),
                json!({}),
            )
        })
        .collect();
    let body = profile("app", "Weighted", json!(endpoints));
    let response = bench.send("me", Method::PUT, &profile_path("app"), &body);
    assert_eq!(
        (response.status.as_u16(), header(&response, OWN)),
        (201, Some("4499"))
    );
}
