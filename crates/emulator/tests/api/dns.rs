//! From an ARM call to a DNS answer: profiles, health and probes meet the data plane.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use data_plane::answer::Negative;
use emulator::Options;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::client::{Remote, external, profile, profile_path, watchdog, weighted};
use crate::resolver::query;

/// Asks the DNS server. Returns the code and the first CNAME.
async fn ask(server: SocketAddr, name: &str) -> (ResponseCode, Option<String>) {
    let answer = query(server, name, RecordType::A).await;
    let target = answer.answers.iter().find_map(|record| match &record.data {
        RData::CNAME(name) => Some(name.0.to_utf8().trim_end_matches('.').to_owned()),
        _ => None,
    });
    (answer.metadata.response_code, target)
}

async fn answers(remote: &Remote, count: usize) -> BTreeMap<String, usize> {
    let mut answers = BTreeMap::new();
    for _ in 0..count {
        let (_, target) = ask(remote.running.dns_addr(), "app.trafficmanager.net.").await;
        *answers.entry(target.expect("a target")).or_default() += 1;
    }
    answers
}

fn two(east: u16, west: u16) -> Value {
    profile(
        "app",
        "Weighted",
        json!([
            external("east", "east.example.com", json!({ "weight": east })),
            external("west", "west.example.com", json!({ "weight": west })),
        ]),
    )
}

#[tokio::test]
async fn answers_follow_weights_health_and_status() {
    let remote = Remote::start().await;
    let server = remote.running.dns_addr();
    assert_eq!(
        ask(server, "app.trafficmanager.net.").await.0,
        ResponseCode::NXDomain
    );
    remote.put(&profile_path("app"), &two(90, 10)).await;
    let split = answers(&remote, 200).await;
    assert!(
        split["east.example.com"] > split["west.example.com"],
        "{split:?}"
    );

    remote
        .put(
            "/_emulator/health/app/east",
            &json!({ "status": "Degraded" }),
        )
        .await;
    assert_eq!(
        answers(&remote, 20).await,
        BTreeMap::from([("west.example.com".to_owned(), 20)])
    );

    let (_, state) = remote.get("/_emulator/state").await;
    let served = &state["dns"]["answers"]["app.trafficmanager.net"];
    let total =
        served["east"].as_u64().expect("a count") + served["west"].as_u64().expect("a count");
    assert_eq!(total, 220);
    assert_eq!(state["dns"]["queries"]["answered"], 220);

    remote
        .delete(&profile_path("app/externalEndpoints/west"))
        .await;
    assert_eq!(
        answers(&remote, 5).await,
        BTreeMap::from([("east.example.com".to_owned(), 5)]),
        "the last endpoint is answered though it is degraded"
    );
    remote.delete(&profile_path("app")).await;
    assert_eq!(
        ask(server, "app.trafficmanager.net.").await.0,
        ResponseCode::NXDomain
    );
    remote.running.stop().await;
}

/// An application whose health a test switches.
async fn application() -> (SocketAddr, watch::Sender<bool>) {
    let (healthy, seen) = watch::channel(true);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let health = get(move || async move {
        if *seen.borrow() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    });
    let app = Router::new().route("/health", health);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, healthy)
}

async fn until(remote: &Remote, status: &str) {
    watchdog(status, async {
        loop {
            let (_, endpoint) = remote.get(&profile_path("app/externalEndpoints/one")).await;
            if endpoint["properties"]["endpointMonitorStatus"] == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn probes_decide_the_monitor_status() {
    let (address, healthy) = application().await;
    let options = Options {
        probes: true,
        probe_interval: Some(Duration::from_millis(30)),
        zone_records: vec!["one.example.com=127.0.0.1".parse().expect("a record")],
        ..Options::default()
    };
    let remote = Remote::with(options).await;
    let mut body = profile(
        "app",
        "Priority",
        json!([external("one", "one.example.com", json!({}))]),
    );
    body["properties"]["monitorConfig"] = json!({ "protocol": "HTTP", "port": address.port(), "path": "/health", "toleratedNumberOfFailures": 1 });
    remote.put(&profile_path("app"), &body).await;
    until(&remote, "Online").await;
    healthy.send(false).expect("the application listens");
    until(&remote, "Degraded").await;
    // A forced health wins over what the probes find, and hands over again.
    remote
        .put("/_emulator/health/app/one", &json!({ "status": "Online" }))
        .await;
    until(&remote, "Online").await;
    remote
        .put("/_emulator/health/app/one", &json!({ "status": "Probe" }))
        .await;
    until(&remote, "Degraded").await;
    healthy.send(true).expect("the application listens");
    until(&remote, "Online").await;
    // Another monitor starts over; nothing listens on the path, so the result is another.
    let change = json!({ "properties": { "monitorConfig": { "path": "/missing" } } });
    remote
        .send(reqwest::Method::PATCH, &profile_path("app"), &change)
        .await;
    until(&remote, "Degraded").await;
    remote.running.stop().await;
}

#[tokio::test]
async fn addresses_are_answered_as_such() {
    let remote = Remote::start().await;
    let mut body = profile(
        "app",
        "MultiValue",
        json!([
            external("one", "127.0.0.1", json!({})),
            external("two", "127.0.0.2", json!({})),
        ]),
    );
    body["properties"]["maxReturn"] = json!(2);
    assert_eq!(remote.put(&profile_path("app"), &body).await.0, 201);
    let server = remote.running.dns_addr();
    let answer = query(server, "app.trafficmanager.net.", RecordType::A).await;
    let mut addresses: Vec<IpAddr> = answer
        .answers
        .iter()
        .filter_map(|record| record.data.ip_addr())
        .collect();
    addresses.sort();
    assert_eq!(
        addresses,
        [
            "127.0.0.1".parse::<IpAddr>().expect("an address"),
            "127.0.0.2".parse().expect("an address")
        ]
    );
    remote.running.stop().await;
}

/// The switches of the DNS side reach the server of a running emulator.
#[tokio::test]
async fn a_switch_of_the_dns_side_is_turned() {
    for (no_endpoints, code) in [
        (Negative::NxDomain, ResponseCode::NXDomain),
        (Negative::NoData, ResponseCode::NoError),
    ] {
        let mut options = Options::default();
        options.dns_quirks.no_endpoints = no_endpoints;
        let remote = Remote::with(options).await;
        remote.put(&profile_path("app"), &weighted("app")).await;
        let server = remote.running.dns_addr();
        assert_eq!(ask(server, "app.trafficmanager.net.").await, (code, None));
        remote.running.stop().await;
    }
}
