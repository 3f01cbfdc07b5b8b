//! Single probes against applications on this machine.

use std::time::Duration;

use data_plane::probe::{HttpCheck, HttpScheme, InvalidCheck, StatusRange};
use data_plane::{Fqdn, ProbeCheck, ProbeFailure, ProbeTarget, ProbedHealth, ProberConfig};
use rstest::rstest;

use crate::applications::{Application, Behaviour, closed_port};
use crate::fixtures::fqdn;
use crate::prober::{Running, causes, get, http, job};

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
