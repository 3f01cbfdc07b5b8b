//! Probes that connect elsewhere than where their target's name leads.

use data_plane::probe::HttpScheme;
use data_plane::{Fqdn, ProbeCheck, ProbeTarget, ProberConfig};
use rstest::rstest;

use crate::applications::{Application, Behaviour, closed_port};
use crate::prober::{Running, causes, get, job};

/// A target that leads nowhere on this machine.
fn elsewhere(target: &str) -> ProbeTarget {
    match target.parse() {
        Ok(address) => ProbeTarget::Ip(address),
        Err(_) => ProbeTarget::Fqdn(Fqdn::new(target).unwrap()),
    }
}

#[rstest]
#[case::name("nowhere.example.com")]
#[case::address("192.0.2.1")]
#[tokio::test]
async fn the_request_arrives_and_still_names_its_target(
    #[case] target: &str,
    #[values(HttpScheme::Http, HttpScheme::Https)] scheme: HttpScheme,
) {
    let app = match scheme {
        HttpScheme::Http => Application::http(Behaviour::status(200)).await,
        HttpScheme::Https => Application::https(Behaviour::status(200)).await,
    };
    let config = ProberConfig {
        routes: vec![format!("{target}:443={}", app.address).parse().unwrap()],
        ..ProberConfig::default()
    };
    let mut job = job("a", app.address, get(scheme, "/health"));
    job.target = elsewhere(target);
    job.port = 443.try_into().unwrap();
    let mut prober = Running::start_with(config, vec![job]);
    let report = prober.next().await;
    assert!(report.outcome.is_ok(), "{}", causes(&report));
    prober.end().await;
    let requests = app.requests();
    assert!(
        requests[0].contains(&format!("host: {target}\r\n")),
        "{}",
        requests[0]
    );
}

#[tokio::test]
async fn tcp_probes_take_the_route() {
    let app = Application::http(Behaviour::Hang).await;
    let config = ProberConfig {
        routes: vec![
            format!("nowhere.example.com:443={}", app.address)
                .parse()
                .unwrap(),
        ],
        ..ProberConfig::default()
    };
    let mut job = job("a", app.address, ProbeCheck::Tcp);
    job.target = elsewhere("nowhere.example.com");
    job.port = 443.try_into().unwrap();
    let mut prober = Running::start_with(config, vec![job]);
    let report = prober.next().await;
    assert!(report.outcome.is_ok(), "{}", causes(&report));
    prober.end().await;
}

/// A route belongs to one port: another port of the same host is probed where it is.
#[tokio::test]
async fn other_ports_keep_their_way() {
    let app = Application::http(Behaviour::status(200)).await;
    let closed = closed_port().await;
    let config = ProberConfig {
        routes: vec![format!("app.example.com:443={closed}").parse().unwrap()],
        ..ProberConfig::default()
    };
    let mut job = job("a", app.address, get(HttpScheme::Http, "/"));
    job.target = elsewhere("app.example.com");
    let mut prober = Running::start_with(config, vec![job]);
    let report = prober.next().await;
    assert!(report.outcome.is_ok(), "{}", causes(&report));
    prober.end().await;
}
