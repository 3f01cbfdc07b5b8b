use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arm_client::Clock;
use async_trait::async_trait;
use insta::assert_snapshot;
use jiff::Timestamp;
use kubernetes::{
    ClusterApi, DnsEndpoint, DnsEndpointKey, Error, ObjectKind, ObjectMeta, Operation, Verb,
};
use members::Reason;
use tracing::subscriber::DefaultGuard;

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
    /// In one namespace.
    ForbidsIn(&'static str),
    /// What is there already may not be read.
    ForbidsCounting,
    /// Objects of one kind may not be read.
    Hides(ObjectKind),
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

    fn manner(&self) -> Manner {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner)
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
        if self.manner() == Manner::Hides(object.kind) {
            let resource = object.kind.resource();
            return Err(forbidden(Verb::Get, &resource, &object.namespace));
        }
        Ok(Some(ObjectMeta {
            api_version: "v1".to_owned(),
            kind: object.kind.kind().to_owned(),
            uid: number.to_string(),
        }))
    }

    async fn publish(&self, event: &Event) -> Result<(), Error> {
        self.published.fetch_add(1, Ordering::SeqCst);
        let is_refused = |verb| Err(forbidden(verb, EVENTS, event.namespace()));
        match self.manner() {
            Manner::Forbids => is_refused(Verb::Create),
            Manner::ForbidsIn(namespace) if namespace == event.namespace() => {
                is_refused(Verb::Create)
            }
            Manner::ForbidsCounting => is_refused(Verb::Get),
            Manner::Hangs => std::future::pending().await,
            Manner::IsAway => Err(Error::TimedOut {
                operation: operation(Verb::Create, EVENTS, event.namespace()),
                after: Duration::from_secs(5),
            }),
            Manner::Takes | Manner::ForbidsIn(_) | Manner::Hides(_) => Ok(()),
        }
    }
}

const EVENTS: &str = "events.events.k8s.io";

fn operation(verb: Verb, resource: &str, namespace: &str) -> Operation {
    Operation {
        verb,
        resource: resource.to_owned(),
        namespace: Some(namespace.to_owned()),
    }
}

fn forbidden(verb: Verb, resource: &str, namespace: &str) -> Error {
    Error::Forbidden {
        operation: operation(verb, resource, namespace),
        source: "no".into(),
    }
}

/// What one thread logs, one line each, without times.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().map(str::trim).collect();
        lines.join("\n")
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    // The end of the process is not held up either, and says what is lost.
    let (log, _guard) = Log::begin();
    let begun = tokio::time::Instant::now();
    bench.events.settle().await;
    assert_eq!(begun.elapsed(), FAREWELL);
    assert_snapshot!(log.text(), @"WARN the API server takes too long: Kubernetes Events are left unwritten left=4096");
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
async fn a_namespace_that_forbids_events_silences_no_other() {
    let bench = bench(Manner::ForbidsIn("shop"));
    let (log, _guard) = Log::begin();
    for _ in 0..3 {
        for resource in ["service/shop/a", "service/default/a"] {
            bench
                .tell(about(resource, EventReason::MemberUpdated))
                .await;
        }
    }
    assert!(bench.shows("forbidden", 3), "{}", bench.metrics.encode());
    assert!(bench.shows("written", 3), "{}", bench.metrics.encode());
    assert_eq!(bench.api.counts().0, 4, "it is not asked again so soon");
    // Said once, and not taken back by the other namespace.
    assert_snapshot!(log.text(), @"WARN Kubernetes Events are not written; docs/KUBERNETES.md has the permissions that are needed error=cannot create events.events.k8s.io in namespace shop: the service account is not allowed to: no missing=create events.events.k8s.io in namespace shop");
}

#[tokio::test]
async fn who_may_not_count_events_writes_new_ones() {
    let bench = bench(Manner::ForbidsCounting);
    let (log, _guard) = Log::begin();
    bench.tell(mistake()).await;
    bench.api.becomes(Manner::Takes);
    bench.tell(mistake()).await;
    assert!(bench.shows("forbidden", 1), "{}", bench.metrics.encode());
    assert!(bench.shows("written", 1), "{}", bench.metrics.encode());
    assert_snapshot!(log.text(), @"WARN Kubernetes Events that are there already are not counted; docs/KUBERNETES.md has the permissions that are needed error=cannot get events.events.k8s.io in namespace default: the service account is not allowed to: no missing=get events.events.k8s.io in namespace default");
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_is_said_once_whatever_else_may_be() {
    let bench = bench(Manner::Hides(ObjectKind::HttpRoute));
    let (log, _guard) = Log::begin();
    for name in ["a", "b", "c"] {
        for kind in ["httproute", "service"] {
            let resource = format!("{kind}/default/{name}");
            bench
                .tell(about(&resource, EventReason::MemberCreated))
                .await;
        }
    }
    bench.api.becomes(Manner::Takes);
    let again = about("httproute/default/a", EventReason::MemberCreated);
    bench.tell(again).await;
    assert!(bench.shows("written", 7), "{}", bench.metrics.encode());
    assert_snapshot!(log.text(), @"
    WARN Kubernetes Events are written without the uid of their object, and kubectl describe does not show them; docs/KUBERNETES.md has the permissions that are needed error=cannot get httproutes.gateway.networking.k8s.io in namespace default: the service account is not allowed to: no missing=get httproutes.gateway.networking.k8s.io in namespace default
    INFO objects can be looked up again resource=httproutes.gateway.networking.k8s.io
    ");
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
