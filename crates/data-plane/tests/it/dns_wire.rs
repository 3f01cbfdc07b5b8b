//! Messages and sockets of the DNS server: EDNS, truncation, bad input, connections, lifetime.

use std::net::IpAddr;
use std::sync::Arc;

use data_plane::{DnsConfig, DnsServer, ZoneRecords};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::opt::{ClientSubnet, EdnsCode, EdnsOption};
use hickory_proto::rr::{DNSClass, RecordType};
use rstest::rstest;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket};

use crate::dns_server::{Running, from_subnet, question, receive, send};
use crate::fixtures::{directory, fqdn};

#[tokio::test]
async fn the_header_and_the_question_come_back() {
    let server = Running::start().await;
    let query = question("app.TrafficManager.net.", RecordType::A);
    let answer = server.udp(&query).await;
    assert_eq!(answer.metadata.id, query.metadata.id);
    assert!(answer.metadata.recursion_desired && !answer.metadata.recursion_available);
    assert!(answer.queries[0].name().eq_case(query.queries[0].name()));
    assert!(answer.edns.is_none(), "no EDNS unless asked");
    server.end().await;
}

#[rstest]
#[case::mapped("198.51.100.0/24", "192.0.2.1", "subnet", 24)]
#[case::fallback("203.0.113.0/24", "192.0.2.2", "subnet", 24)]
#[case::behind_a_cname("198.51.100.0/24", "192.0.2.1", "to-subnet", 24)]
#[case::v6("2001:db8::/56", "192.0.2.2", "subnet", 56)]
#[case::hidden_client("0.0.0.0/0", "192.0.2.2", "subnet", 0)]
#[case::method_that_ignores_the_client("198.51.100.0/24", "192.0.2.3", "my-api.example.com", 0)]
#[tokio::test]
async fn client_subnets_route_and_are_echoed_with_a_scope(
    #[case] subnet: &str,
    #[case] want: &str,
    #[case] name: &str,
    #[case] scope: u8,
) {
    let server = Running::start().await;
    let query = question(&format!("{name}.trafficmanager.net."), RecordType::A);
    let answer = server.udp(&from_subnet(query, subnet)).await;
    assert_eq!(
        answer.answers.last().unwrap().data.ip_addr(),
        Some(want.parse::<IpAddr>().unwrap())
    );
    let net: ipnet::IpNet = subnet.parse().unwrap();
    assert_eq!(
        answer.edns.unwrap().option(EdnsCode::Subnet),
        Some(&EdnsOption::Subnet(ClientSubnet::new(
            net.addr(),
            net.prefix_len(),
            scope
        )))
    );
    server.end().await;
}

#[tokio::test]
async fn edns_is_negotiated() {
    let server = Running::start().await;
    let mut query = question("app.trafficmanager.net.", RecordType::A);
    let mut edns = Edns::new();
    edns.set_dnssec_ok(true);
    query.set_edns(edns.clone());
    let answer = server.udp(&query).await.edns.unwrap();
    assert_eq!((answer.version(), answer.max_payload()), (0, 1232));
    assert!(answer.flags().dnssec_ok, "RFC 3225 copies the bit");

    edns.set_version(1);
    query.set_edns(edns);
    let answer = server.udp(&query).await;
    let code = u16::from(answer.metadata.response_code);
    assert_eq!(code, 16, "BADVERS, which shares its number with BADSIG");
    assert_eq!(answer.edns.unwrap().version(), 0);
    server.end().await;
}

#[tokio::test]
async fn what_does_not_fit_a_datagram_is_asked_for_again_over_tcp() {
    let zone: Vec<_> = (1..=200)
        .map(|n| format!("east.example.com=192.0.2.{n}"))
        .collect();
    let zone = ZoneRecords::parse(zone.iter().map(String::as_str)).unwrap();
    let server = Running::start_with(|config| config.zone = Arc::new(zone)).await;
    let query = question("app.trafficmanager.net.", RecordType::A);
    let cut = server.udp(&query).await;
    assert!(cut.metadata.truncation && cut.answers.is_empty());
    let with_edns = server
        .udp(&from_subnet(query.clone(), "192.0.2.0/24"))
        .await;
    assert!(
        with_edns.metadata.truncation,
        "200 addresses are more than 1232 bytes"
    );
    let whole = server.tcp(&query).await;
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 201);
    assert_eq!(server.counters.snapshot().truncated, 2);

    let many = question("many.trafficmanager.net.", RecordType::A);
    assert_eq!(
        server.udp(&many).await.answers.len(),
        10,
        "ten addresses fit without EDNS"
    );
    server.end().await;
}

#[rstest]
#[case::other_operation(|query: &mut Message| query.metadata.op_code = OpCode::Update, ResponseCode::NotImp)]
#[case::no_question(|query: &mut Message| query.queries.clear(), ResponseCode::FormErr)]
#[case::two_questions(|query: &mut Message| query.queries.push(query.queries[0].clone()), ResponseCode::FormErr)]
#[case::chaos(|query: &mut Message| query.queries[0].query_class = DNSClass::CH, ResponseCode::Refused)]
#[tokio::test]
async fn odd_queries(#[case] change: fn(&mut Message), #[case] want: ResponseCode) {
    let server = Running::start().await;
    let mut query = question("app.trafficmanager.net.", RecordType::A);
    change(&mut query);
    assert_eq!(server.udp(&query).await.metadata.response_code, want);
    assert_eq!(server.tcp(&query).await.metadata.response_code, want);
    server.end().await;
}

#[tokio::test]
async fn garbage_is_answered_with_formerr_and_the_server_lives_on() {
    let server = Running::start().await;
    let mut garbage = vec![0xff; 64];
    garbage[..3].copy_from_slice(&[0x12, 0x34, 0x01]);
    let answer = Message::from_vec(&server.udp_bytes(&garbage).await).unwrap();
    assert_eq!(answer.metadata.id, 0x1234);
    assert_eq!(answer.metadata.response_code, ResponseCode::FormErr);

    // Too short for an answer, and an answer to our answer: nothing comes back, and nothing breaks.
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(b"?", server.address).await.unwrap();
    let mut reply = question("app.trafficmanager.net.", RecordType::A);
    reply.metadata.message_type = MessageType::Response;
    socket
        .send_to(&reply.to_vec().unwrap(), server.address)
        .await
        .unwrap();

    assert!(
        server
            .ask("app.trafficmanager.net.", RecordType::A)
            .await
            .starts_with("NoError")
    );
    let counts = server.counters.snapshot();
    assert_eq!(
        (counts.dropped, counts.malformed, counts.answered),
        (2, 1, 1)
    );
    server.end().await;
}

#[tokio::test]
async fn a_tcp_connection_carries_many_queries() {
    let server = Running::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let queries = [
        question("app.trafficmanager.net.", RecordType::CNAME),
        question("nobody.trafficmanager.net.", RecordType::A),
        question("weighted.trafficmanager.net.", RecordType::CNAME),
    ];
    for query in &queries {
        send(&mut stream, query).await;
    }
    for query in &queries {
        assert_eq!(receive(&mut stream).await.metadata.id, query.metadata.id);
    }
    server.end().await;
}

/// The server ends while a connection is open and idle, and the port is free afterwards.
#[tokio::test]
async fn stopping_closes_everything() {
    let server = Running::start().await;
    let address = server.address;
    let mut idle = TcpStream::connect(address).await.unwrap();
    send(
        &mut idle,
        &question("app.trafficmanager.net.", RecordType::CNAME),
    )
    .await;
    receive(&mut idle).await;
    server.end().await;
    assert_eq!(
        idle.read(&mut [0; 1]).await.unwrap(),
        0,
        "closed by the server"
    );
    UdpSocket::bind(address).await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let server = Running::start().await;
    let config = DnsConfig::new(server.address, fqdn("trafficmanager.net"));
    let error = DnsServer::bind(config, Arc::new(directory([])))
        .await
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        format!("cannot bind UDP {}", server.address)
    );
    server.end().await;
}
