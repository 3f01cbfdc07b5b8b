//! Some thousand users, each asking the emulator's DNS server once, over UDP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::share::Tally;

/// How many queries make a split visible.
pub(super) const QUERIES: u32 = 4000;
/// How many users ask at a time.
const USERS: u32 = 4;
/// A datagram that is not answered by then is lost.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a lost datagram is sent again.
const TRIES: u32 = 5;
/// Larger than any answer without EDNS.
const BUFFER: usize = 512;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DnsError {
    /// The name is not one.
    #[error("{name} is not a domain name")]
    Name {
        /// As given.
        name: String,
        /// What is wrong.
        #[source]
        source: hickory_proto::ProtoError,
    },
    /// The query cannot be written.
    #[error("writing a DNS query")]
    Encode(#[source] hickory_proto::ProtoError),
    /// The answer cannot be read.
    #[error("reading a DNS answer")]
    Decode(#[source] hickory_proto::serialize::binary::DecodeError),
    /// The socket failed.
    #[error("asking the DNS server {server}")]
    Socket {
        /// The server.
        server: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nobody answers.
    #[error("the DNS server {0} does not answer")]
    Silence(SocketAddr),
    /// A user could not ask.
    #[error("a user of the DNS server ended early")]
    Task(#[from] tokio::task::JoinError),
}

/// What one query was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The code, `NoError` when all is well.
    pub(super) code: ResponseCode,
    /// Names on the way, without trailing dots.
    pub(super) names: Vec<String>,
    /// Addresses at the end.
    pub(super) addresses: Vec<IpAddr>,
}

/// One endpoint as a user meets it: its name in the profile, the name it is answered with, and its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The endpoint.
    pub(super) endpoint: String,
    /// Its target.
    pub(super) target: String,
    /// What the target's name leads to.
    pub(super) address: IpAddr,
}

/// Asks [`QUERIES`] times for the addresses of a name and counts which endpoint the answers lead to.
pub(super) async fn tally(
    server: SocketAddr,
    name: &str,
    places: &[Place],
) -> Result<Tally, DnsError> {
    let mut users = JoinSet::new();
    for _ in 0..USERS {
        let (name, places) = (name.to_owned(), places.to_vec());
        users.spawn(async move {
            let user = User::new(server).await?;
            let mut tally = Tally::default();
            for id in 0..QUERIES / USERS {
                let answer = user
                    .ask(&name, u16::try_from(id).unwrap_or_default())
                    .await?;
                tally.queries += 1;
                *tally.answers.entry(answer.place(&places)).or_default() += 1;
            }
            Ok::<_, DnsError>(tally)
        });
    }
    let mut sum = Tally::default();
    while let Some(ended) = users.join_next().await {
        sum.add(ended??);
    }
    Ok(sum)
}

/// Asks once.
pub(super) async fn ask(server: SocketAddr, name: &str) -> Result<Answer, DnsError> {
    User::new(server).await?.ask(name, 0).await
}

struct User {
    socket: UdpSocket,
    server: SocketAddr,
}

// === impl User ===

impl User {
    async fn new(server: SocketAddr) -> Result<Self, DnsError> {
        let bound = async {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            socket.connect(server).await?;
            Ok(socket)
        };
        match bound.await {
            Ok(socket) => Ok(Self { socket, server }),
            Err(source) => Err(DnsError::Socket { server, source }),
        }
    }

    async fn ask(&self, name: &str, id: u16) -> Result<Answer, DnsError> {
        let question = Name::from_ascii(format!("{name}.")).map_err(|source| DnsError::Name {
            name: name.to_owned(),
            source,
        })?;
        let mut query = Message::query();
        query.metadata.id = id;
        query.metadata.recursion_desired = true;
        query.add_query(Query::query(question, RecordType::A));
        let query = query.to_vec().map_err(DnsError::Encode)?;
        for _ in 0..TRIES {
            if let Ok(answer) = timeout(PATIENCE, self.exchange(&query, id)).await {
                return answer;
            }
        }
        Err(DnsError::Silence(self.server))
    }

    /// Sends the query and waits for its answer. Late answers to earlier queries are passed over.
    async fn exchange(&self, query: &[u8], id: u16) -> Result<Answer, DnsError> {
        let failed = |source| DnsError::Socket {
            server: self.server,
            source,
        };
        self.socket.send(query).await.map_err(failed)?;
        loop {
            let mut buffer = [0; BUFFER];
            let length = self.socket.recv(&mut buffer).await.map_err(failed)?;
            let bytes = buffer.get(..length).unwrap_or_default();
            let answer = Message::from_vec(bytes).map_err(DnsError::Decode)?;
            if answer.metadata.id == id {
                return Ok(Answer::of(&answer));
            }
        }
    }
}

// === impl Answer ===

impl Answer {
    fn of(message: &Message) -> Self {
        let mut answer = Self {
            code: message.metadata.response_code,
            names: Vec::new(),
            addresses: Vec::new(),
        };
        for record in &message.answers {
            match &record.data {
                RData::CNAME(name) => {
                    let name = name.to_ascii().to_ascii_lowercase();
                    answer.names.push(name.trim_end_matches('.').to_owned());
                }
                RData::A(address) => answer.addresses.push(IpAddr::V4(address.0)),
                _ => {}
            }
        }
        answer
    }

    /// The endpoint that a user of this answer gets to. An answer that leads nowhere, or somewhere else, is told as it
    /// is: it then stands beside the endpoints.
    fn place(&self, places: &[Place]) -> String {
        let found = places.iter().find(|place| {
            self.names == [place.target.as_str()] && self.addresses == [place.address]
        });
        match found {
            Some(place) => place.endpoint.clone(),
            None => self.to_string(),
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses = self.addresses.iter().map(ToString::to_string);
        let way: Vec<_> = self.names.iter().cloned().chain(addresses).collect();
        match (self.code, way.is_empty()) {
            (ResponseCode::NoError, true) => f.write_str("no address"),
            (ResponseCode::NoError, false) => f.write_str(&way.join(" -> ")),
            (code, _) => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: ResponseCode, names: &[&str], addresses: &[&str]) -> Answer {
        Answer {
            code,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            addresses: addresses
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
        }
    }

    #[test]
    fn name_and_address_make_the_place() {
        let places = [Place {
            endpoint: "east-us".to_owned(),
            target: "east.example.com".to_owned(),
            address: [192, 0, 2, 1].into(),
        }];
        let places_of = |answer: Answer| answer.place(&places);
        let ok = ResponseCode::NoError;
        assert_eq!(
            places_of(answer(ok, &["east.example.com"], &["192.0.2.1"])),
            "east-us"
        );
        assert_eq!(
            places_of(answer(ok, &["east.example.com"], &["192.0.2.2"])),
            "east.example.com -> 192.0.2.2"
        );
        assert_eq!(places_of(answer(ok, &[], &[])), "no address");
        assert_eq!(
            places_of(answer(ResponseCode::NXDomain, &[], &[])),
            ResponseCode::NXDomain.to_string()
        );
    }
}
