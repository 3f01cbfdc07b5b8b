//! What the DNS server answers, over real sockets.

use hickory_proto::rr::RecordType;
use rstest::rstest;

use crate::dns_server::{Running, describe, question};

const SOA: &str = "trafficmanager.net. 30 SOA";

#[rstest]
#[case::cname_with_the_targets_addresses(
    "app.trafficmanager.net.",
    RecordType::A,
    "NoError aa: app.trafficmanager.net. 30 CNAME east.example.com., east.example.com. 60 A 192.0.2.10, east.example.com. 60 A 192.0.2.11"
)]
#[case::the_other_family(
    "app.trafficmanager.net.",
    RecordType::AAAA,
    "NoError aa: app.trafficmanager.net. 30 CNAME east.example.com., east.example.com. 60 AAAA 2001:db8::10"
)]
#[case::a_cname_is_not_followed_when_asked_for(
    "app.trafficmanager.net.",
    RecordType::CNAME,
    "NoError aa: app.trafficmanager.net. 30 CNAME east.example.com."
)]
#[case::by_the_address_of_the_sender(
    "local.trafficmanager.net.",
    RecordType::A,
    "NoError aa: local.trafficmanager.net. 30 A 192.0.2.4"
)]
#[case::any(
    "app.trafficmanager.net.",
    RecordType::ANY,
    "NoError aa: app.trafficmanager.net. 30 CNAME east.example.com."
)]
#[case::spelling_is_kept(
    "ApP.TrafficManager.NET.",
    RecordType::CNAME,
    "NoError aa: ApP.TrafficManager.NET. 30 CNAME east.example.com."
)]
#[case::through_another_profile(
    "chain.trafficmanager.net.",
    RecordType::A,
    "NoError aa: chain.trafficmanager.net. 30 CNAME app.trafficmanager.net., app.trafficmanager.net. 30 CNAME east.example.com., east.example.com. 60 A 192.0.2.10, east.example.com. 60 A 192.0.2.11"
)]
#[case::a_ring_ends(
    "ring.trafficmanager.net.",
    RecordType::A,
    "NoError aa: ring.trafficmanager.net. 30 CNAME ring2.trafficmanager.net., ring2.trafficmanager.net. 30 CNAME ring.trafficmanager.net."
)]
#[case::a_foreign_target_is_the_resolvers_business(
    "foreign.trafficmanager.net.",
    RecordType::A,
    "NoError aa: foreign.trafficmanager.net. 30 CNAME elsewhere.test."
)]
#[case::disabled(
    "off.trafficmanager.net.",
    RecordType::A,
    "NXDomain aa / trafficmanager.net. 30 SOA"
)]
#[case::unknown(
    "nobody.trafficmanager.net.",
    RecordType::A,
    "NXDomain aa / trafficmanager.net. 30 SOA"
)]
#[case::below_a_profile(
    "www.app.trafficmanager.net.",
    RecordType::A,
    "NXDomain aa / trafficmanager.net. 30 SOA"
)]
#[case::odd_bytes_in_the_zone(
    "a\\.b.trafficmanager.net.",
    RecordType::A,
    "NXDomain aa / trafficmanager.net. 30 SOA"
)]
#[case::other_type(
    "app.trafficmanager.net.",
    RecordType::TXT,
    "NoError aa / trafficmanager.net. 30 SOA"
)]
#[case::dotted_relative_name(
    "my-api.example.com.trafficmanager.net.",
    RecordType::A,
    "NoError aa: my-api.example.com.trafficmanager.net. 30 A 192.0.2.3"
)]
#[case::between_a_dotted_name_and_the_zone(
    "com.trafficmanager.net.",
    RecordType::A,
    "NoError aa / trafficmanager.net. 30 SOA"
)]
#[case::apex_has_no_address(
    "trafficmanager.net.",
    RecordType::A,
    "NoError aa / trafficmanager.net. 30 SOA"
)]
#[case::name_servers(
    "trafficmanager.net.",
    RecordType::NS,
    "NoError aa: trafficmanager.net. 30 NS ns1.trafficmanager.net."
)]
#[case::name_server_itself(
    "ns1.trafficmanager.net.",
    RecordType::A,
    "NoError aa: ns1.trafficmanager.net. 60 A 127.0.0.1"
)]
#[case::static_name(
    "West.example.com.",
    RecordType::A,
    "NoError aa: West.example.com. 60 A 192.0.2.20"
)]
#[case::static_name_of_one_family(
    "west.example.com.",
    RecordType::AAAA,
    "NoError aa / west.example.com. 30 SOA"
)]
#[case::out_of_zone("example.org.", RecordType::A, "Refused")]
#[case::root(".", RecordType::NS, "Refused")]
#[case::parent_of_the_zone("net.", RecordType::NS, "Refused")]
#[case::zone_transfer("trafficmanager.net.", RecordType::AXFR, "Refused")]
#[case::odd_bytes_elsewhere("a\\.b.example.org.", RecordType::A, "Refused")]
#[tokio::test]
async fn answers(#[case] name: &str, #[case] record_type: RecordType, #[case] want: &str) {
    let server = Running::start().await;
    assert_eq!(server.ask(name, record_type).await, want);
    let over_tcp = server.tcp(&question(name, record_type)).await;
    assert_eq!(describe(&over_tcp), want, "over TCP");
    server.end().await;
}

/// RFC 6604: the code of an answer with CNAMEs is that of the last name.
#[tokio::test]
async fn a_dead_end_says_so() {
    let server = Running::start().await;
    assert_eq!(
        server
            .ask("dead-end.trafficmanager.net.", RecordType::A)
            .await,
        format!(
            "NXDomain aa: dead-end.trafficmanager.net. 30 CNAME missing.trafficmanager.net. / {SOA}"
        )
    );
    server.end().await;
}

#[tokio::test]
async fn without_chasing_the_answer_ends_at_the_zone() {
    let server = Running::start_with(|config| config.chase = false).await;
    assert_eq!(
        server.ask("app.trafficmanager.net.", RecordType::A).await,
        "NoError aa: app.trafficmanager.net. 30 CNAME east.example.com."
    );
    server.end().await;
}

#[tokio::test]
async fn every_message_is_counted_once_and_every_served_endpoint_is_told() {
    let server = Running::start().await;
    for name in ["app", "off", "nobody", "chain"] {
        server
            .ask(&format!("{name}.trafficmanager.net."), RecordType::A)
            .await;
    }
    server.ask("app.trafficmanager.net.", RecordType::TXT).await;
    server.ask("example.org.", RecordType::A).await;
    let counts = server.counters.snapshot();
    assert_eq!(
        (
            counts.answered,
            counts.nx_domain,
            counts.no_data,
            counts.refused
        ),
        (2, 2, 1, 1)
    );
    assert_eq!(counts.total(), 6);
    assert_eq!(
        *server.directory.served.lock().unwrap(),
        [
            "app.trafficmanager.net east",
            "chain.trafficmanager.net a",
            "app.trafficmanager.net east"
        ]
    );
    server.end().await;
}

/// With a seed the sequence of answers can be repeated, which makes demonstrations repeatable.
#[tokio::test]
async fn a_seed_repeats_the_answers() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = Running::start().await;
        let mut answers = Vec::new();
        for _ in 0..40 {
            answers.push(
                server
                    .ask("weighted.trafficmanager.net.", RecordType::CNAME)
                    .await,
            );
        }
        server.end().await;
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
    let first = &runs[0][0];
    assert!(
        runs[0].iter().any(|answer| answer != first),
        "both endpoints appear"
    );
}
