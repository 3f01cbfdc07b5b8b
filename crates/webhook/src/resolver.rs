//! What DNS answers: asked before something goes that a name may still point at, and shown by `/explain`.
//!
//! Answers are not kept here, so that a look after a change sees it. The server that is asked may keep them
//! for their TTL.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::time::timeout;

/// Asks DNS. Names are written without a trailing dot; one that is given is taken as well.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    /// The name that `host` is an alias of, in lower case: its CNAME record. `None` when the server says that
    /// there is no such record, or no such name. Chains are not followed.
    async fn cname(&self, host: &str) -> Result<Option<String>, ResolveError>;

    /// The IPv4 and IPv6 addresses that `host` leads to, sorted, with aliases followed. Empty when the
    /// server says that there are none. One family is enough when the other cannot be looked up.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError>;
}

/// Why nobody knows what DNS answers. It is never the answer "there is none".
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The text is no name that can be asked for.
    #[error("{host:?} is no name that DNS can be asked for")]
    Name {
        /// What was to be asked.
        host: String,
        /// What is wrong with it.
        #[source]
        source: NetError,
    },
    /// The machine does not say which server to ask.
    #[error("the system's resolver is not known; name one with --resolver")]
    System(#[source] NetError),
    /// The server did not answer, or answered with an error.
    #[error("looking up {record} of {host}")]
    Lookup {
        /// What was asked.
        host: String,
        /// The type of record.
        record: RecordType,
        /// What went wrong.
        #[source]
        source: NetError,
    },
    /// The server only names others that may know.
    #[error(
        "the server that was asked about {host} names others that may know, and does not ask them"
    )]
    Referral {
        /// What was asked.
        host: String,
    },
    /// No answer came in time.
    #[error("no answer about {host} within {} s", LIMIT.as_secs())]
    Late {
        /// What was asked.
        host: String,
    },
}

/// Asks the server of the settings, or the one of the system.
pub struct DnsResolver {
    resolver: Result<TokioResolver, NetError>,
}

/// So long one question may take, all tries and servers together.
const LIMIT: Duration = Duration::from_secs(5);
/// So long a server has for one try.
const TRY: Duration = Duration::from_secs(2);

/// The port of DNS.
const PORT: u16 = 53;

/// A server to ask, as `--resolver` names it: `10.0.0.10`, `127.0.0.1:5353` or `[::1]:5353`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsServer(SocketAddr);

/// A text that is no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the IP address of a DNS server, such as 10.0.0.10 or 127.0.0.1:5353")]
pub struct NoServer;

// === impl DnsServer ===

impl std::str::FromStr for DnsServer {
    type Err = NoServer;

    fn from_str(text: &str) -> Result<Self, NoServer> {
        let address: Option<IpAddr> = text.parse().ok();
        let address = address.map(|ip| SocketAddr::new(ip, PORT));
        let address = address.or_else(|| text.parse().ok());
        address
            .filter(|address| address.port() != 0)
            .map(Self)
            .ok_or(NoServer)
    }
}

impl From<SocketAddr> for DnsServer {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl fmt::Display for DnsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl DnsResolver ===

impl DnsResolver {
    /// Asks this server, or without one that of the system. Nothing is sent yet, and a system without a
    /// resolver is an error of each question only: the start must not depend on DNS.
    pub fn new(server: Option<DnsServer>) -> Self {
        Self {
            resolver: build(server),
        }
    }

    /// The same behind the trait.
    pub fn shared(server: Option<DnsServer>) -> Arc<dyn Resolver> {
        Arc::new(Self::new(server))
    }

    /// The answer to one question; empty when the server says that there is none.
    async fn ask(&self, host: &str, record: RecordType) -> Result<Vec<Record>, ResolveError> {
        let resolver = self
            .resolver
            .as_ref()
            .map_err(|error| ResolveError::System(error.clone()))?;
        let name = absolute(host)?;
        let answer = timeout(LIMIT, resolver.lookup(name, record)).await;
        let Ok(answer) = answer else {
            let host = host.to_owned();
            return Err(ResolveError::Late { host });
        };
        match answer {
            Ok(lookup) => Ok(lookup.answers().to_vec()),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) if is_denial(&none) => {
                Ok(Vec::new())
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) if is_referral(&none) => {
                let host = host.to_owned();
                Err(ResolveError::Referral { host })
            }
            Err(source) => Err(ResolveError::Lookup {
                host: host.to_owned(),
                record,
                source,
            }),
        }
    }
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn cname(&self, host: &str) -> Result<Option<String>, ResolveError> {
        let asked = absolute(host)?;
        let answers = self.ask(host, RecordType::CNAME).await?;
        let alias = answers.into_iter().find_map(|record| match record.data {
            RData::CNAME(target) if record.name == asked => Some(shown(&target)),
            _ => None,
        });
        Ok(alias)
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let (v4, v6) = join(
            self.ask(host, RecordType::A),
            self.ask(host, RecordType::AAAA),
        )
        .await;
        let (answers, failed) = match (v4, v6) {
            (Ok(v4), Ok(v6)) => ([v4, v6].concat(), None),
            (Ok(answers), Err(error)) | (Err(error), Ok(answers)) => (answers, Some(error)),
            (Err(error), Err(_)) => return Err(error),
        };
        let address = |record: &Record| match record.data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
            _ => None,
        };
        let mut found: Vec<_> = answers.iter().filter_map(address).collect();
        found.sort_unstable();
        found.dedup();
        match failed {
            // That the other family has none does not say that this one has none.
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }
}

impl fmt::Debug for DnsResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsResolver").finish_non_exhaustive()
    }
}

/// Whether an answer without records says that there are none, as RFC 2308 §2 tells it from a referral: no such name, or
/// a start of authority, or nobody else who may know.
fn is_denial(none: &NoRecords) -> bool {
    match none.response_code {
        ResponseCode::NXDomain => true,
        ResponseCode::NoError => !is_referral(none),
        _ => false,
    }
}

fn is_referral(none: &NoRecords) -> bool {
    none.response_code == ResponseCode::NoError && none.soa.is_none() && none.ns.is_some()
}

fn build(server: Option<DnsServer>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        Some(DnsServer(address)) => {
            let mut config = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut config.connections {
                connection.port = address.port();
            }
            let config = ResolverConfig::from_name_servers(vec![config]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio()?,
    };
    adapt(builder.options_mut());
    builder.build()
}

/// What the system says about tries is for programs that wait for a name.
fn adapt(options: &mut ResolverOpts) {
    options.timeout = TRY;
    options.attempts = 1;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
}

/// Names are asked for as they are, without the search domains that a pod has.
fn absolute(host: &str) -> Result<Name, ResolveError> {
    let name = Name::from_ascii(host).map_err(|source| ResolveError::Name {
        host: host.to_owned(),
        source: source.into(),
    })?;
    let mut name = name.to_lowercase();
    name.set_fqdn(true);
    Ok(name)
}

fn shown(name: &Name) -> String {
    let mut name = name.to_lowercase();
    name.set_fqdn(false);
    name.to_ascii()
}
