//! What DNS answers for names in hosted zones, through the whole chain.

use std::net::SocketAddr;
use std::time::Duration;

use emulator::{Options, Request, ZoneSeed};
use hickory_proto::rr::RecordType;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Remote, SUBSCRIPTION, external, profile, profile_path, watchdog};
use crate::resolver::query;
use crate::zones::{DNS_VERSION, zone_path};

/// Asks the DNS server: code, answers, and who says that there are none.
async fn ask(server: SocketAddr, name: &str, record_type: RecordType) -> String {
    let answer = query(server, name, record_type).await;
    let line = |record: &hickory_proto::rr::Record| {
        format!(
            "{} {} {} {}",
            record.name,
            record.ttl,
            record.record_type(),
            record.data
        )
    };
    let answers: Vec<_> = answer.answers.iter().map(line).collect();
    let says: Vec<_> = answer
        .authorities
        .iter()
        .map(|record| format!(" / {} {}", record.name, record.ttl))
        .collect();
    let said = format!(
        "{:?}: {}{}",
        answer.metadata.response_code,
        answers.join(", "),
        says.join("")
    );
    said.trim().to_owned()
}

fn a(addresses: &[&str]) -> Value {
    let records: Vec<_> = addresses
        .iter()
        .map(|address| json!({"ipv4Address": address}))
        .collect();
    json!({"properties": {"TTL": 300, "ARecords": records}})
}

fn cname(target: &str) -> Value {
    json!({"properties": {"TTL": 60, "CNAMERecord": {"cname": target}}})
}

/// A profile with a member in the zone, one with addresses, and names that lead to them.
async fn world() -> Remote {
    let zones: Vec<ZoneSeed> = ["example.com", "sub.example.com"]
        .iter()
        .map(|name| {
            format!("{SUBSCRIPTION}/my-dns-rg/{name}")
                .parse()
                .expect("a zone")
        })
        .collect();
    let remote = Remote::with(Options {
        dns_zones: zones,
        ..Options::default()
    })
    .await;
    let member = json!([external("east", "my-app-east.example.com", json!({}))]);
    let profiles = [
        profile("app", "Weighted", member),
        profile(
            "bare",
            "Weighted",
            json!([external("e", "20.9.9.9", json!({}))]),
        ),
        profile(
            "six",
            "Weighted",
            json!([external("e", "2603:1030::9", json!({}))]),
        ),
    ];
    for (name, body) in ["app", "bare", "six"].iter().zip(profiles) {
        assert_eq!(remote.put(&profile_path(name), &body).await.0, 201);
    }
    let alias = |name: &str| json!({"properties": {"TTL": 3600, "targetResource": {"id": profile_path(name)}}});
    let sets = [
        ("/A/my-app-east", a(&["20.1.1.1", "20.1.1.2"])),
        ("/CNAME/my-app", cname("app.trafficmanager.net")),
        ("/CNAME/*.wild", cname("my-app.example.com")),
        ("/A/here.wild", a(&["20.3.3.3"])),
        ("/A/deep.er", a(&["20.4.4.4"])),
        ("/CNAME/dangling", cname("nobody.trafficmanager.net")),
        ("/CNAME/away", cname("www.example.org")),
        ("/CNAME/ring", cname("ring.example.com")),
        (
            "/TXT/my-app-east",
            json!({"properties": {"TTL": 5, "TXTRecords": [{"value": ["one", "two"]}]}}),
        ),
        ("/A/empty", json!({"properties": {"TTL": 5}})),
        ("/A/@", alias("bare")),
        ("/AAAA/@", alias("six")),
        ("/CNAME/linked", alias("app")),
        ("/CNAME/low.sub", cname("my-app.example.com")),
    ];
    remote.running.with_service(|service| {
        for (path, body) in sets {
            let request = Request::new(
                axum::http::Method::PUT,
                &zone_path(path),
                DNS_VERSION,
                &body,
            );
            let response = service.state.answer(&request);
            assert_eq!(response.status, 201, "{path}: {response:?}");
        }
    });
    remote
}

#[rstest]
#[case::whole_chain(
    "my-app.example.com.",
    RecordType::A,
    "NoError: my-app.example.com. 60 CNAME app.trafficmanager.net., app.trafficmanager.net. 30 CNAME my-app-east.example.com., my-app-east.example.com. 300 A 20.1.1.1, my-app-east.example.com. 300 A 20.1.1.2"
)]
#[case::the_cname_alone(
    "my-app.example.com.",
    RecordType::CNAME,
    "NoError: my-app.example.com. 60 CNAME app.trafficmanager.net."
)]
#[case::a_cname_for_any_type(
    "my-app.example.com.",
    RecordType::MX,
    "NoError: my-app.example.com. 60 CNAME app.trafficmanager.net."
)]
#[case::spelling_is_kept(
    "MY-APP-east.Example.COM.",
    RecordType::A,
    "NoError: MY-APP-east.Example.COM. 300 A 20.1.1.1, MY-APP-east.Example.COM. 300 A 20.1.1.2"
)]
#[case::no_data(
    "my-app-east.example.com.",
    RecordType::AAAA,
    "NoError:  / example.com. 300"
)]
#[case::text(
    "my-app-east.example.com.",
    RecordType::TXT,
    "NoError: my-app-east.example.com. 5 TXT onetwo"
)]
#[case::wildcard(
    "a.b.wild.example.com.",
    RecordType::CNAME,
    "NoError: a.b.wild.example.com. 60 CNAME my-app.example.com."
)]
#[case::the_wildcard_itself(
    "*.wild.example.com.",
    RecordType::CNAME,
    "NoError: *.wild.example.com. 60 CNAME my-app.example.com."
)]
#[case::no_wildcard(
    "*.here.wild.example.com.",
    RecordType::CNAME,
    "NXDomain:  / example.com. 300"
)]
#[case::a_wildcard_of_no_zone("*.example.org.", RecordType::CNAME, "Refused:")]
#[case::no_profile_is_a_wildcard(
    "*.trafficmanager.net.",
    RecordType::CNAME,
    "NXDomain:  / trafficmanager.net. 30"
)]
#[case::beside_the_wildcard(
    "here.wild.example.com.",
    RecordType::A,
    "NoError: here.wild.example.com. 300 A 20.3.3.3"
)]
#[case::below_what_exists_no_wildcard(
    "x.here.wild.example.com.",
    RecordType::A,
    "NXDomain:  / example.com. 300"
)]
#[case::between("er.example.com.", RecordType::A, "NoError:  / example.com. 300")]
#[case::nobody("nobody.example.com.", RecordType::A, "NXDomain:  / example.com. 300")]
#[case::an_empty_set("empty.example.com.", RecordType::A, "NXDomain:  / example.com. 300")]
#[case::apex_alias("example.com.", RecordType::A, "NoError: example.com. 30 A 20.9.9.9")]
#[case::apex_alias_of_the_other_family(
    "example.com.",
    RecordType::AAAA,
    "NoError: example.com. 30 AAAA 2603:1030::9"
)]
#[case::alias_as_cname(
    "linked.example.com.",
    RecordType::CNAME,
    "NoError: linked.example.com. 30 CNAME app.trafficmanager.net."
)]
#[case::start_of_authority(
    "example.com.",
    RecordType::SOA,
    "NoError: example.com. 300 SOA ns1-01.azure-dns.com. azuredns-hostmaster.microsoft.com. 1 3600 300 2419200 300"
)]
#[case::the_free_name(
    "dangling.example.com.",
    RecordType::A,
    "NXDomain: dangling.example.com. 60 CNAME nobody.trafficmanager.net. / trafficmanager.net. 30"
)]
#[case::elsewhere(
    "away.example.com.",
    RecordType::A,
    "NoError: away.example.com. 60 CNAME www.example.org."
)]
#[case::a_ring_ends(
    "ring.example.com.",
    RecordType::A,
    "NoError: ring.example.com. 60 CNAME ring.example.com."
)]
#[case::the_closest_zone(
    "low.sub.example.com.",
    RecordType::A,
    "NXDomain:  / sub.example.com. 300"
)]
#[case::no_zone("www.example.org.", RecordType::A, "Refused:")]
#[tokio::test]
async fn answers(#[case] name: &str, #[case] record_type: RecordType, #[case] expected: &str) {
    let remote = world().await;
    let said = ask(remote.running.dns_addr(), name, record_type).await;
    assert_eq!(said, expected);
}

/// Probes reach a member by the address that DNS answers.
#[tokio::test]
async fn a_target_in_a_zone_is_probed_at_its_address() {
    let target = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a socket");
    let port = target.local_addr().expect("an address").port();
    let zone = format!("{SUBSCRIPTION}/my-dns-rg/example.com");
    let remote = Remote::with(Options {
        dns_zones: vec![zone.parse().expect("a zone")],
        probes: true,
        probe_interval: Some(Duration::from_millis(20)),
        ..Options::default()
    })
    .await;
    remote.running.with_service(|service| {
        for (path, body) in [
            ("/CNAME/east", cname("lb.example.com")),
            ("/A/lb", a(&["127.0.0.1"])),
        ] {
            let request = Request::new(
                axum::http::Method::PUT,
                &zone_path(path),
                DNS_VERSION,
                &body,
            );
            assert_eq!(service.state.answer(&request).status, 201);
        }
    });
    let mut body = profile(
        "app",
        "Weighted",
        json!([external("east", "east.example.com", json!({}))]),
    );
    body["properties"]["monitorConfig"] = json!({"protocol": "TCP", "port": port});
    remote.put(&profile_path("app"), &body).await;
    watchdog("a probe that succeeds", async {
        let path = profile_path("app/externalEndpoints/east");
        while remote.get(&path).await.1["properties"]["endpointMonitorStatus"] != "Online" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// What an alias stood for is gone, and so is its answer; a plain CNAME leads into the void.
#[tokio::test]
async fn an_alias_goes_with_its_profile() {
    let remote = world().await;
    remote.delete(&profile_path("bare")).await;
    let said = ask(remote.running.dns_addr(), "example.com.", RecordType::A).await;
    assert_eq!(said, "NoError:  / example.com. 300");
    remote.delete(&profile_path("app")).await;
    let said = ask(
        remote.running.dns_addr(),
        "linked.example.com.",
        RecordType::A,
    )
    .await;
    assert_eq!(said, "NXDomain:  / example.com. 300");
}
