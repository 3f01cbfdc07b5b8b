//! A DNS server with something to ask for, and ways to ask.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_plane::RoutingMethod::{MultiValue, Priority, Subnet, Weighted};
use data_plane::{Directory, DnsConfig, DnsCounters, DnsServer, Fqdn, Profile, ZoneRecords};
use hickory_proto::op::{Edns, Message, MessageType, Query};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::fixtures::{WATCHDOG, directory, disabled, fqdn, profile, returning};

/// A directory that writes down what was served.
#[derive(Default)]
pub(crate) struct Noting {
    profiles: HashMap<Fqdn, Arc<Profile>>,
    pub(crate) served: Mutex<Vec<String>>,
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

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) counters: Arc<DnsCounters>,
    pub(crate) directory: Arc<Noting>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// A server with the profiles that the tests ask for, and a few static names.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut DnsConfig)) -> Self {
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
            profile(
                "to-subnet",
                Priority,
                "a:Online,t=subnet.trafficmanager.net",
            ),
            profile(
                "local",
                Subnet,
                "here:Online,s=127.0.0.0/8,t=192.0.2.4 rest:Online,t=192.0.2.5",
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
        Self::serving(profiles, change).await
    }

    /// A server with these profiles.
    pub(crate) async fn serving(
        profiles: HashMap<Fqdn, Arc<Profile>>,
        change: impl FnOnce(&mut DnsConfig),
    ) -> Self {
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

    pub(crate) async fn udp(&self, message: &Message) -> Message {
        let answer = self.udp_bytes(&message.to_vec().unwrap()).await;
        Message::from_vec(&answer).unwrap()
    }

    pub(crate) async fn udp_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(bytes, self.address).await.unwrap();
        let mut buffer = vec![0; 65_535];
        let (length, from) = timeout(WATCHDOG, socket.recv_from(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(from, self.address);
        buffer.truncate(length);
        buffer
    }

    pub(crate) async fn tcp(&self, message: &Message) -> Message {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        send(&mut stream, message).await;
        receive(&mut stream).await
    }

    /// Asks over UDP and describes the answer.
    pub(crate) async fn ask(&self, name: &str, record_type: RecordType) -> String {
        describe(&self.udp(&question(name, record_type)).await)
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        timeout(WATCHDOG, self.task).await.unwrap().unwrap();
    }
}

pub(crate) async fn send(stream: &mut TcpStream, message: &Message) {
    let bytes = message.to_vec().unwrap();
    stream
        .write_u16(u16::try_from(bytes.len()).unwrap())
        .await
        .unwrap();
    stream.write_all(&bytes).await.unwrap();
}

pub(crate) async fn receive(stream: &mut TcpStream) -> Message {
    let length = timeout(WATCHDOG, stream.read_u16()).await.unwrap().unwrap();
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes).await.unwrap();
    Message::from_vec(&bytes).unwrap()
}

pub(crate) fn question(name: &str, record_type: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), record_type));
    message
}

pub(crate) fn from_subnet(mut message: Message, subnet: &str) -> Message {
    let net: ipnet::IpNet = subnet.parse().unwrap();
    let mut edns = Edns::new();
    edns.set_max_payload(4096);
    edns.options_mut().insert(EdnsOption::Subnet(net.into()));
    message.set_edns(edns);
    message
}

/// `CODE [aa] answers / authorities`, each record as `owner ttl type data`.
pub(crate) fn describe(message: &Message) -> String {
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
    let mut parts = vec![format!(
        "{:?}{authoritative}",
        message.metadata.response_code
    )];
    if !message.answers.is_empty() {
        parts.push(format!(": {}", records(&message.answers)));
    }
    if !message.authorities.is_empty() {
        parts.push(format!(" / {}", records(&message.authorities)));
    }
    parts.concat()
}
