//! The prober against applications on this machine.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use data_plane::probe::{HttpCheck, HttpScheme, InvalidCheck, ResolveError, StatusRange};
use data_plane::{
    Fqdn, ProbeCheck, ProbeFailure, ProbeJob, ProbeKey, ProbeReport, ProbeSink, ProbeTarget,
    ProbedHealth, Prober, ProberConfig, TargetResolver, ZoneRecords, ZoneResolver,
};
use rstest::rstest;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::applications::{Application, Behaviour, closed_port};
use crate::fixtures::fqdn;

/// Short enough to make tests quick, long enough for everything on loopback. No test depends on the value.
const INTERVAL: Duration = Duration::from_millis(5);
const TIMEOUT: Duration = Duration::from_secs(30);

struct Channel(mpsc::UnboundedSender<ProbeReport>);

impl ProbeSink for Channel {
    fn report(&self, report: ProbeReport) {
        self.0.send(report).ok();
    }
}

/// Knows no name, and never asks the operating system.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl TargetResolver for Nobody {
    async fn resolve(&self, _: &Fqdn) -> Result<Vec<IpAddr>, ResolveError> {
        Err(ResolveError::NoAddress)
    }
}

struct Running {
    jobs: watch::Sender<Vec<ProbeJob>>,
    reports: mpsc::UnboundedReceiver<ProbeReport>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(jobs: Vec<ProbeJob>) -> Self {
        Self::start_with(ProberConfig::default(), jobs)
    }

    fn start_with(config: ProberConfig, jobs: Vec<ProbeJob>) -> Self {
        let zone = ZoneRecords::parse(["app.example.com=127.0.0.1"]).unwrap();
        let resolver = ZoneResolver::with_fallback(Arc::new(zone), Nobody);
        let (sink, reports) = mpsc::unbounded_channel();
        let prober = Prober::new(config, Arc::new(resolver), Arc::new(Channel(sink))).unwrap();
        let (jobs, desired) = watch::channel(jobs);
        let stop = CancellationToken::new();
        Self {
            jobs,
            reports,
            stop: stop.clone(),
            task: tokio::spawn(prober.run(desired, stop)),
        }
    }

    async fn next(&mut self) -> ProbeReport {
        self.reports.recv().await.unwrap()
    }

    /// Skips reports until one is of this kind.
    async fn until(&mut self, wanted: impl Fn(&ProbeReport) -> bool) -> ProbeReport {
        loop {
            let report = self.next().await;
            if wanted(&report) {
                return report;
            }
        }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn job(key: &str, address: SocketAddr, check: ProbeCheck) -> ProbeJob {
    ProbeJob {
        key: ProbeKey::new(key),
        generation: 1,
        target: ProbeTarget::Ip(address.ip()),
        port: NonZeroU16::new(address.port()).unwrap(),
        check,
        interval: INTERVAL,
        timeout: TIMEOUT,
        tolerated_failures: 0,
    }
}

fn get(scheme: HttpScheme, path: &str) -> ProbeCheck {
    ProbeCheck::Http(HttpCheck::new(scheme, path, [], vec![]).unwrap())
}

fn http() -> ProbeCheck {
    get(HttpScheme::Http, "/")
}

/// The report's cause with everything below it.
fn causes(report: &ProbeReport) -> String {
    let mut texts = Vec::new();
    let mut next: Option<&dyn Error> = report.outcome.as_ref().err().map(|error| error as _);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts.join(": ")
}

// monitoring: "Configure endpoint monitoring", expected status code ranges; redirects are not followed.
#[rstest]
#[case::ok(200, &[], true)]
#[case::only_200_by_default(204, &[], false)]
#[case::redirect(301, &[], false)]
#[case::unavailable(503, &[], false)]
#[case::in_a_range(204, &[(200, 202), (204, 299)], true)]
#[case::ends_of_a_range(202, &[(200, 202)], true)]
#[case::between_ranges(203, &[(200, 202), (204, 299)], false)]
#[case::a_range_replaces_the_default(200, &[(204, 204)], false)]
#[case::expected_redirect(302, &[(301, 302)], true)]
#[tokio::test]
async fn the_status_decides(
    #[case] status: u16,
    #[case] ranges: &[(u16, u16)],
    #[case] healthy: bool,
) {
    let elsewhere = Application::http(Behaviour::status(200)).await;
    let head = format!(
        "HTTP/1.1 {status} -\r\nlocation: http://{}/\r\n",
        elsewhere.address
    );
    let app = Application::http(Behaviour::Answer(head)).await;
    let ranges = ranges
        .iter()
        .map(|(min, max)| StatusRange::new(*min, *max).unwrap());
    let check = HttpCheck::new(HttpScheme::Http, "/", [], ranges.collect()).unwrap();
    let mut prober = Running::start(vec![job("a", app.address, ProbeCheck::Http(check))]);
    let report = prober.next().await;
    match report.outcome {
        Ok(()) => assert!(healthy),
        Err(ProbeFailure::Status(found)) => assert!(!healthy && found == status),
        Err(other) => panic!("{other}"),
    }
    assert!(elsewhere.requests().is_empty(), "a redirect was followed");
    prober.end().await;
}

/// monitoring: the request names the endpoint's target as its host, and carries the custom headers.
#[tokio::test]
async fn the_request_names_its_target_and_carries_the_custom_headers() {
    let app = Application::http(Behaviour::status(200)).await;
    let headers = [
        ("X-Probe", "profile"),
        ("x-probe", "endpoint"),
        ("X-Other", "1"),
    ];
    let check = HttpCheck::new(HttpScheme::Http, "/health?deep=1", headers, vec![]).unwrap();
    let mut named = job("a", app.address, ProbeCheck::Http(check));
    named.target = ProbeTarget::Fqdn(fqdn("app.example.com"));
    let mut prober = Running::start(vec![named]);
    assert!(prober.next().await.outcome.is_ok());
    assert!(prober.next().await.outcome.is_ok());
    prober.end().await;

    let requests = app.requests();
    let mut lines: Vec<_> = requests[0].trim_end().lines().collect();
    assert_eq!(lines.remove(0), "GET /health?deep=1 HTTP/1.1");
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "accept: */*",
            "host: app.example.com",
            "user-agent: Azure Traffic Manager Endpoint Monitor",
            "x-other: 1",
            "x-probe: endpoint",
        ]
    );
    assert!(
        requests.iter().all(|head| !head.starts_with("again")),
        "each probe makes a connection of its own"
    );
}

#[rstest]
#[case::address(&[], "host: 127.0.0.1")]
#[case::custom(&[("Host", "www.example.com")], "host: www.example.com")]
#[tokio::test]
async fn the_host_header(#[case] headers: &[(&str, &str)], #[case] want: &str) {
    let app = Application::http(Behaviour::status(200)).await;
    let check = HttpCheck::new(HttpScheme::Http, "/", headers.iter().copied(), vec![]).unwrap();
    let mut prober = Running::start(vec![job("a", app.address, ProbeCheck::Http(check))]);
    prober.next().await;
    prober.end().await;
    let requests = app.requests();
    let hosts: Vec<_> = requests[0]
        .lines()
        .filter(|line| line.starts_with("host"))
        .collect();
    assert_eq!(hosts, [want]);
}

/// monitoring: the certificate is not validated.
#[rstest]
#[case::address(ProbeTarget::Ip([127, 0, 0, 1].into()))]
#[case::name(ProbeTarget::Fqdn(Fqdn::new("app.example.com").unwrap()))]
#[tokio::test]
async fn any_certificate_will_do(#[case] target: ProbeTarget) {
    let app = Application::https(Behaviour::status(200)).await;
    let mut job = job("a", app.address, get(HttpScheme::Https, "/health"));
    job.target = target;
    let mut prober = Running::start(vec![job]);
    let report = prober.next().await;
    assert!(report.outcome.is_ok(), "{}", causes(&report));
    prober.end().await;
}

/// monitoring: but there has to be one.
#[tokio::test]
async fn https_needs_tls() {
    let app = Application::http(Behaviour::status(200)).await;
    let mut prober = Running::start(vec![job("a", app.address, get(HttpScheme::Https, "/"))]);
    assert!(matches!(
        prober.next().await.outcome,
        Err(ProbeFailure::Http(_))
    ));
    prober.end().await;
}

// monitoring: a TCP probe succeeds with the connection.
#[tokio::test]
async fn tcp_needs_a_listener_and_nothing_more() {
    let app = Application::http(Behaviour::Hang).await;
    let mut named = job("named", app.address, ProbeCheck::Tcp);
    named.target = ProbeTarget::Fqdn(fqdn("app.example.com"));
    let jobs = vec![
        named,
        job("open", app.address, ProbeCheck::Tcp),
        job("closed", closed_port().await, ProbeCheck::Tcp),
    ];
    let mut prober = Running::start(jobs);
    for key in ["named", "open"] {
        let report = prober.until(|report| report.key.as_str() == key).await;
        assert!(report.outcome.is_ok(), "{}", causes(&report));
    }
    let closed = prober.until(|report| report.key.as_str() == "closed").await;
    assert!(matches!(closed.outcome, Err(ProbeFailure::Connect(_))));
    assert_eq!(closed.health, ProbedHealth::Unhealthy);
    prober.end().await;
    assert!(app.requests().is_empty(), "nothing was sent");
}

#[rstest]
#[case::tcp(
    ProbeCheck::Tcp,
    "cannot resolve nowhere.example.com: the name has no address"
)]
#[case::http(http(), "the name has no address")]
#[tokio::test]
async fn a_name_without_address_is_a_failure(#[case] check: ProbeCheck, #[case] want: &str) {
    let mut job = job("a", closed_port().await, check);
    job.target = ProbeTarget::Fqdn(fqdn("nowhere.example.com"));
    let mut prober = Running::start(vec![job]);
    let report = prober.next().await;
    let causes = causes(&report);
    assert!(causes.ends_with(want), "{causes}");
    prober.end().await;
}

#[tokio::test]
async fn silence_is_a_timeout_and_a_closed_connection_a_failure() {
    let app = Application::http(Behaviour::Hang).await;
    let config = ProberConfig {
        timeout: Some(Duration::from_millis(50)),
        ..ProberConfig::default()
    };
    let mut prober = Running::start_with(config, vec![job("a", app.address, http())]);
    assert!(matches!(
        prober.next().await.outcome,
        Err(ProbeFailure::Timeout)
    ));
    app.set(Behaviour::HangUp);
    prober
        .until(|report| matches!(report.outcome, Err(ProbeFailure::Http(_))))
        .await;
    prober.end().await;
}

/// monitoring: tolerated failures plus one make an endpoint unhealthy, one success heals it.
#[tokio::test]
async fn failures_are_tolerated_and_one_success_heals() {
    let app = Application::http(Behaviour::status(200)).await;
    let mut patient = job("a", app.address, http());
    patient.tolerated_failures = 2;
    let mut prober = Running::start(vec![patient]);
    let first = prober.next().await;
    assert!(first.changed && first.health == ProbedHealth::Healthy);
    let second = prober.next().await;
    assert!(!second.changed && second.health == ProbedHealth::Healthy);

    app.set(Behaviour::status(500));
    let mut seen = Vec::new();
    let mut report = prober.until(|report| report.failures_in_a_row > 0).await;
    while report.failures_in_a_row < 4 {
        seen.push((report.failures_in_a_row, report.health, report.changed));
        report = prober.next().await;
    }
    assert_eq!(
        seen,
        [
            (1, ProbedHealth::Healthy, false),
            (2, ProbedHealth::Healthy, false),
            (3, ProbedHealth::Unhealthy, true),
        ]
    );
    assert!(!report.changed);

    app.set(Behaviour::status(200));
    let healed = prober.until(|report| report.failures_in_a_row == 0).await;
    assert!(healed.changed && healed.health == ProbedHealth::Healthy);
    prober.end().await;
}

/// A list that says the same again leaves the counts alone; a different job starts from nothing.
#[tokio::test]
async fn only_a_changed_job_starts_over() {
    let app = Application::http(Behaviour::status(500)).await;
    let mut one = job("a", app.address, http());
    one.tolerated_failures = 200;
    let mut prober = Running::start(vec![one.clone()]);
    prober.until(|report| report.failures_in_a_row == 3).await;

    let marker = job("marker", app.address, ProbeCheck::Tcp);
    prober.jobs.send(vec![one.clone(), marker.clone()]).unwrap();
    prober.until(|report| report.key == marker.key).await;
    let next = prober.until(|report| report.key == one.key).await;
    assert!(next.failures_in_a_row > 3 && !next.changed, "{next:?}");

    one.generation = 2;
    prober.jobs.send(vec![one.clone(), marker]).unwrap();
    let next = prober.until(|report| report.generation == 2).await;
    assert_eq!((next.failures_in_a_row, next.changed), (1, true));
    prober.end().await;
}

#[tokio::test]
async fn a_removed_job_is_probed_no_more() {
    let app = Application::http(Behaviour::status(200)).await;
    let other = Application::http(Behaviour::status(200)).await;
    let (gone, stays) = (
        job("gone", app.address, http()),
        job("stays", other.address, http()),
    );
    let mut prober = Running::start(vec![gone.clone(), stays.clone()]);
    prober.until(|report| report.key == gone.key).await;

    // The marker's first report shows that the new list is in force.
    let marker = job("marker", other.address, ProbeCheck::Tcp);
    prober
        .jobs
        .send(vec![stays.clone(), marker.clone()])
        .unwrap();
    prober.until(|report| report.key == marker.key).await;
    for _ in 0..20 {
        let report = prober.until(|report| report.key != marker.key).await;
        assert_eq!(report.key, stays.key);
    }
    prober.end().await;
}

/// The prober ends at once although a probe is under way, and delivers nothing afterwards.
#[rstest]
#[case::stopped(true)]
#[case::abandoned(false)]
#[tokio::test]
async fn it_ends_in_the_middle_of_a_probe(#[case] cancel: bool) {
    let app = Application::http(Behaviour::Hang).await;
    let mut prober = Running::start(vec![job("a", app.address, http())]);
    while app.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    if cancel {
        prober.stop.cancel();
    } else {
        drop(prober.jobs);
    }
    prober.task.await.unwrap();
    assert!(
        prober.reports.recv().await.is_none(),
        "the sink was dropped without a report"
    );
}

#[tokio::test]
async fn the_interval_can_be_overridden() {
    let app = Application::http(Behaviour::status(200)).await;
    let mut slow = job("a", app.address, http());
    slow.interval = Duration::from_secs(86_400);
    let config = ProberConfig {
        interval: Some(INTERVAL),
        ..ProberConfig::default()
    };
    let mut prober = Running::start_with(config, vec![slow]);
    for _ in 0..3 {
        prober.next().await;
    }
    prober.end().await;
}

/// With a single slot, endpoints that hang take turns with those that answer.
#[tokio::test]
async fn a_hanging_endpoint_does_not_starve_the_others() {
    let (hangs, answers) = (
        Application::http(Behaviour::Hang).await,
        Application::http(Behaviour::status(200)).await,
    );
    let config = ProberConfig {
        timeout: Some(Duration::from_millis(50)),
        concurrency: 1,
        ..ProberConfig::default()
    };
    let jobs = vec![
        job("hangs", hangs.address, http()),
        job("answers", answers.address, http()),
    ];
    let mut prober = Running::start_with(config, jobs);
    for key in ["hangs", "answers", "hangs", "answers"] {
        prober.until(|report| report.key.as_str() == key).await;
    }
    prober.end().await;
}

#[rstest]
#[case::relative_path("health", ("a", "b"), "the path \"health\" does not start with a slash")]
#[case::header_name("/", ("a b", "c"), "the header name \"a b\" is not valid")]
#[case::header_value("/", ("a", "b\nc"), "the value of the header \"a\" is not valid")]
fn bad_monitor_settings_are_refused(
    #[case] path: &str,
    #[case] header: (&str, &str),
    #[case] want: &str,
) {
    let error = HttpCheck::new(HttpScheme::Http, path, [header], vec![]).unwrap_err();
    assert_eq!(error.to_string(), want);
}

#[test]
fn a_status_range_has_an_order() {
    assert!(StatusRange::new(200, 200).is_ok());
    assert!(matches!(
        StatusRange::new(300, 200),
        Err(InvalidCheck::StatusRange { min: 300, max: 200 })
    ));
}
