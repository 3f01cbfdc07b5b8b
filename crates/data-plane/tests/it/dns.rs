//! The DNS server over real sockets.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use data_plane::RoutingMethod::{MultiValue, Priority, Subnet, Weighted};
use data_plane::{Directory, DnsConfig, DnsCounters, DnsServer, Fqdn, Profile, ZoneRecords};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::{ClientSubnet, EdnsCode, EdnsOption};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fixtures::{directory, disabled, fqdn, profile, returning};

/// A directory that writes down what was served.
#[derive(Default)]
struct Noting {
    profiles: HashMap<Fqdn, Arc<Profile>>,
    served: Mutex<Vec<String>>,
}

impl Directory for Noting {
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<Profile>> {
        self.profiles.profile(fqdn)
    }

    fn has_descendants(&self, name: &Fqdn) -> bool {
        self.profiles.has_descendants(name)
    }

    fn served(&self, profile: &Fqdn, endpoint: &str) {
        let mut served = self.served.lock().unwrap();
        served.push(format!("{profile} {endpoint}"));
    }
}

struct Running {
    address: SocketAddr,
    counters: Arc<DnsCounters>,
    directory: Arc<Noting>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// A server with the profiles that the tests ask for, and a few static names.
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut DnsConfig)) -> Self {
        let many: Vec<_> = (1..=10)
            .map(|n| format!("e{n}:Online,t=192.0.2.{n}"))
            .collect();
        let profiles = directory([
            profile("app", Priority, "east:Online west:Online"),
            profile("weighted", Weighted, "a:Online,w=3 b:Online,w=1"),
            returning(10, profile("many", MultiValue, &many.join(" "))),
            profile(
                "subnet",
                Subnet,
                "eu:Online,s=198.51.100.0/24,t=192.0.2.1 rest:Online,t=192.0.2.2",
            ),
            disabled(profile("off", Priority, "a:Online")),
            profile("my-api.example.com", Priority, "a:Online,t=192.0.2.3"),
            profile("chain", Priority, "a:Online,t=app.trafficmanager.net"),
            profile("ring", Priority, "a:Online,t=ring2.trafficmanager.net"),
            profile("ring2", Priority, "a:Online,t=ring.trafficmanager.net"),
            profile(
                "dead-end",
                Priority,
                "a:Online,t=missing.trafficmanager.net",
            ),
            profile("foreign", Priority, "a:Online,t=elsewhere.test"),
        ]);
        let zone = ZoneRecords::parse([
            "east.example.com=192.0.2.10",
            "east.example.com=192.0.2.11",
            "east.example.com=2001:db8::10",
            "west.example.com=192.0.2.20",
        ]);
        let mut config =
            DnsConfig::new("127.0.0.1:0".parse().unwrap(), fqdn("TrafficManager.net."));
        config.zone = Arc::new(zone.unwrap());
        config.seed = Some(7);
        change(&mut config);
        let directory = Arc::new(Noting {
            profiles,
            ..Noting::default()
        });
        let server = DnsServer::bind(config, directory.clone()).await.unwrap();
        let stop = CancellationToken::new();
        Self {
            address: server.local_addr(),
            counters: server.counters(),
            directory,
            stop: stop.clone(),
            task: tokio::spawn(server.serve(stop)),
        }
    }

    async fn udp(&self, message: &Message) -> Message {
        let answer = self.udp_bytes(&message.to_vec().unwrap()).await;
        Message::from_vec(&answer).unwrap()
    }

    async fn udp_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(bytes, self.address).await.unwrap();
        let mut buffer = vec![0; 65_535];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        assert_eq!(from, self.address);
        buffer.truncate(length);
        buffer
    }

    async fn tcp(&self, message: &Message) -> Message {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        send(&mut stream, message).await;
        receive(&mut stream).await
    }

    /// Asks over UDP and describes the answer.
    async fn ask(&self, name: &str, record_type: RecordType) -> String {
        describe(&self.udp(&question(name, record_type)).await)
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn send(stream: &mut TcpStream, message: &Message) {
    let bytes = message.to_vec().unwrap();
    stream
        .write_u16(u16::try_from(bytes.len()).unwrap())
        .await
        .unwrap();
    stream.write_all(&bytes).await.unwrap();
}

async fn receive(stream: &mut TcpStream) -> Message {
    let mut bytes = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut bytes).await.unwrap();
    Message::from_vec(&bytes).unwrap()
}

fn question(name: &str, record_type: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), record_type));
    message
}

fn from_subnet(mut message: Message, subnet: &str) -> Message {
    let net: ipnet::IpNet = subnet.parse().unwrap();
    let mut edns = Edns::new();
    edns.set_max_payload(4096);
    edns.options_mut().insert(EdnsOption::Subnet(net.into()));
    message.set_edns(edns);
    message
}

/// `CODE [aa] answers / authorities`, each record as `owner ttl type data`.
fn describe(message: &Message) -> String {
    assert_eq!(message.metadata.message_type, MessageType::Response);
    let records = |records: &[hickory_proto::rr::Record]| {
        let mut texts: Vec<_> = records
            .iter()
            .map(|record| {
                format!(
                    "{} {} {} {}",
                    record.name,
                    record.ttl,
                    record.record_type(),
                    record.data
                )
            })
            .collect();
        if texts.iter().all(|text| text.contains(" SOA ")) {
            texts = texts
                .iter()
                .map(|text| text.split(" SOA").next().unwrap().to_owned() + " SOA")
                .collect();
        }
        texts.join(", ")
    };
    let authoritative = if message.metadata.authoritative {
        " aa"
    } else {
        ""
    };
    let mut text = format!("{:?}{authoritative}", message.metadata.response_code);
    if !message.answers.is_empty() {
        text += &format!(": {}", records(&message.answers));
    }
    if !message.authorities.is_empty() {
        text += &format!(" / {}", records(&message.authorities));
    }
    text
}

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
        answer.answers[0].data.ip_addr(),
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
