use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arm_client::Clock;
use async_trait::async_trait;
use jiff::Timestamp;
use kubernetes::{ClusterApi, DnsEndpoint, DnsEndpointKey, Error, ObjectMeta, Operation, Verb};
use members::Reason;

use super::*;

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
struct Still(Mutex<Duration>);

impl Still {
    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, _: Duration) {}
}

/// What an API server does with Events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Takes,
    Hangs,
    Forbids,
    IsAway,
}

struct FakeApi {
    manner: Mutex<Manner>,
    published: AtomicUsize,
    looked_up: AtomicUsize,
}

impl FakeApi {
    fn new(manner: Manner) -> Arc<Self> {
        Arc::new(Self {
            manner: Mutex::new(manner),
            published: AtomicUsize::new(0),
            looked_up: AtomicUsize::new(0),
        })
    }

    fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    fn counts(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.published), count(&self.looked_up))
    }
}

#[async_trait]
impl ClusterApi for FakeApi {
    async fn apply_dns_endpoint(&self, _: &DnsEndpoint) -> Result<(), Error> {
        Ok(())
    }

    async fn list_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        Ok(Vec::new())
    }

    async fn list_old_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        Ok(Vec::new())
    }

    async fn delete_dns_endpoint(&self, _: &DnsEndpointKey) -> Result<(), Error> {
        Ok(())
    }

    async fn object(&self, object: &ObjectRef) -> Result<Option<ObjectMeta>, Error> {
        let number = self.looked_up.fetch_add(1, Ordering::SeqCst);
        Ok(Some(ObjectMeta {
            api_version: "v1".to_owned(),
            kind: object.kind.kind().to_owned(),
            uid: number.to_string(),
        }))
    }

    async fn publish(&self, _: &Event) -> Result<(), Error> {
        self.published.fetch_add(1, Ordering::SeqCst);
        let manner = *self.manner.lock().unwrap_or_else(PoisonError::into_inner);
        let operation = Operation {
            verb: Verb::Create,
            resource: "events.events.k8s.io".to_owned(),
            namespace: Some("default".to_owned()),
        };
        match manner {
            Manner::Takes => Ok(()),
            Manner::Hangs => std::future::pending().await,
            Manner::Forbids => Err(Error::Forbidden {
                operation,
                source: "no".into(),
            }),
            Manner::IsAway => Err(Error::TimedOut {
                operation,
                after: Duration::from_secs(5),
            }),
        }
    }
}

struct Bench {
    api: Arc<FakeApi>,
    clock: Arc<Still>,
    metrics: Arc<Metrics>,
    events: Events,
}

fn bench(manner: Manner) -> Bench {
    let api = FakeApi::new(manner);
    let clock = Arc::new(Still::default());
    let metrics = Arc::new(Metrics::new(clock.clone()));
    let cluster = Cluster::Api {
        api: Arc::clone(&api) as _,
        namespace: "external-dns".to_owned(),
    };
    let events = Events::new(&cluster, clock.clone(), Arc::clone(&metrics));
    Bench {
        api,
        clock,
        metrics,
        events,
    }
}

fn about(resource: &str, reason: EventReason) -> Happening {
    Happening {
        resource: resource.to_owned(),
        reason,
        note: "something".to_owned(),
    }
}

fn mistake() -> Happening {
    about(
        "service/default/a",
        EventReason::Finding(Reason::InvalidAnnotation),
    )
}

impl Bench {
    fn shows(&self, outcome: &str, count: usize) -> bool {
        let line = format!("kubernetes_events_total{{outcome=\"{outcome}\"}} {count}\n");
        self.metrics.encode().contains(&line)
    }

    async fn tell(&self, happening: Happening) {
        self.events.happened(happening);
        self.events.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_delays_nobody_and_what_does_not_fit_is_counted() {
    let bench = bench(Manner::Hangs);
    // All of it without the writer having had a turn.
    for _ in 0..QUEUE + 10 {
        bench.events.happened(mistake());
    }
    assert!(bench.shows("queue_full", 10), "{}", bench.metrics.encode());
    // The end of the process is not held up either.
    let begun = tokio::time::Instant::now();
    bench.events.settle().await;
    assert_eq!(begun.elapsed(), FAREWELL);
}

#[tokio::test]
async fn what_is_not_allowed_is_not_tried_again_for_ten_minutes() {
    let bench = bench(Manner::Forbids);
    for _ in 0..5 {
        bench.tell(mistake()).await;
    }
    assert_eq!(bench.api.counts(), (1, 1));
    assert!(bench.shows("forbidden", 5), "{}", bench.metrics.encode());
    bench.api.becomes(Manner::Takes);
    bench.clock.advance(Duration::from_mins(10));
    bench.tell(mistake()).await;
    assert!(bench.shows("written", 1), "{}", bench.metrics.encode());
}

#[tokio::test]
async fn what_a_server_that_is_away_does_not_hear_is_counted() {
    let bench = bench(Manner::IsAway);
    bench.tell(mistake()).await;
    bench.api.becomes(Manner::Takes);
    bench.tell(mistake()).await;
    assert!(bench.shows("failed", 1), "{}", bench.metrics.encode());
    assert!(bench.shows("written", 1), "{}", bench.metrics.encode());
}

#[tokio::test]
async fn an_object_is_looked_up_once_and_again_when_it_may_be_another() {
    let bench = bench(Manner::Takes);
    for _ in 0..3 {
        bench.tell(mistake()).await;
    }
    assert_eq!(bench.api.counts(), (3, 1));
    bench
        .tell(about("service/default/a", EventReason::MemberCreated))
        .await;
    assert_eq!(bench.api.counts(), (4, 2));
    bench.clock.advance(Duration::from_mins(10));
    bench.tell(mistake()).await;
    assert_eq!(bench.api.counts(), (5, 3));
}

#[tokio::test]
async fn about_what_is_no_known_object_nothing_is_said() {
    let bench = bench(Manner::Takes);
    for resource in ["", "f5-virtualserver/default/a"] {
        bench
            .tell(about(resource, EventReason::MemberCreated))
            .await;
    }
    assert_eq!(bench.api.counts(), (0, 0));
    assert!(bench.shows("no_object", 2), "{}", bench.metrics.encode());
}
