//! Sockets and lifetime of the DNS server.

use std::net::SocketAddr;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use super::counters::DnsCounters;
use super::lookup::{Lookup, LookupParts};
use super::responder::Responder;
use super::zone::ZoneRecords;
use super::{tcp, udp};
use crate::answer::{Answerer, Quirks};
use crate::directory::Directory;
use crate::name::Fqdn;
use crate::routing::Locator;

/// How often a free port is looked for that is free for both UDP and TCP.
const PORT_ATTEMPTS: usize = 16;

/// Settings of the DNS server.
#[derive(Debug, Clone)]
pub struct DnsConfig {
    /// The address to bind, for UDP and TCP alike. With port 0 a free port is taken, the same for both.
    pub listen: SocketAddr,
    /// The zone, for example `trafficmanager.net`.
    pub suffix: Fqdn,
    /// Static names that are answered besides the zone.
    pub zone: Arc<ZoneRecords>,
    /// After a CNAME add what is known about its target: the records of a static name, or the answer of another
    /// profile. A purely authoritative server leaves that to the resolver; on by default, because `dig` and the
    /// demonstration ask this server directly.
    pub chase: bool,
    /// Where clients are, for performance and geographic routing.
    pub locator: Locator,
    /// Choices where Azure's behaviour is not known for sure.
    pub quirks: Quirks,
    /// Seed of the random choices (weights, ties, order). `None` takes one from the operating system.
    pub seed: Option<u64>,
}

impl DnsConfig {
    /// A server for the zone `suffix` with all defaults.
    pub fn new(listen: SocketAddr, suffix: Fqdn) -> Self {
        Self {
            listen,
            suffix,
            zone: Arc::default(),
            chase: true,
            locator: Locator::default(),
            quirks: Quirks::default(),
            seed: None,
        }
    }
}

/// Why the DNS server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// The address is taken, foreign or forbidden.
    #[error("cannot bind {transport} {address}")]
    Bind {
        /// `UDP` or `TCP`.
        transport: &'static str,
        /// The address as configured.
        address: SocketAddr,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The zone's name cannot be written in DNS.
    #[error("{suffix} cannot be the name of a zone")]
    Suffix {
        /// The suffix as configured.
        suffix: Fqdn,
        /// What is wrong with it.
        #[source]
        source: hickory_proto::ProtoError,
    },
}

/// A bound DNS server.
pub struct DnsServer {
    udp: UdpSocket,
    tcp: TcpListener,
    local_addr: SocketAddr,
    counters: Arc<DnsCounters>,
    responder: Arc<Responder>,
}

impl DnsServer {
    /// Binds both sockets; queries that arrive from now on wait for [`DnsServer::serve`].
    pub async fn bind(config: DnsConfig, directory: Arc<dyn Directory>) -> Result<Self, DnsError> {
        let (udp, tcp, local_addr) = bind_pair(config.listen).await?;
        let counters = Arc::<DnsCounters>::default();
        let suffix = config.suffix.clone();
        let lookup = Lookup::new(LookupParts {
            suffix: config.suffix,
            listen: local_addr.ip(),
            records: config.zone,
            chase: config.chase,
            answerer: Answerer {
                locator: config.locator,
                quirks: config.quirks,
            },
            directory,
            rng: config
                .seed
                .map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64),
        })
        .map_err(|source| DnsError::Suffix { suffix, source })?;
        let responder = Arc::new(Responder::new(lookup, Arc::clone(&counters)));
        Ok(Self {
            udp,
            tcp,
            local_addr,
            counters,
            responder,
        })
    }

    /// The bound address, the same for UDP and TCP.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The counters, which outlive the server.
    pub fn counters(&self) -> Arc<DnsCounters> {
        Arc::clone(&self.counters)
    }

    /// Answers queries until `stop` is cancelled; returns when both sockets and all connections are closed.
    pub async fn serve(self, stop: CancellationToken) {
        tokio::join!(
            udp::serve(&self.udp, &self.responder, &stop),
            tcp::serve(&self.tcp, &self.responder, &stop),
        );
    }
}

/// Binds UDP and TCP to one port. A port that is free for UDP may be taken for TCP, so with port 0 try some.
async fn bind_pair(listen: SocketAddr) -> Result<(UdpSocket, TcpListener, SocketAddr), DnsError> {
    let failed = |transport| {
        move |source| DnsError::Bind {
            transport,
            address: listen,
            source,
        }
    };
    let mut attempt = 1;
    loop {
        let udp = UdpSocket::bind(listen).await.map_err(failed("UDP"))?;
        let local_addr = udp.local_addr().map_err(failed("UDP"))?;
        match TcpListener::bind(local_addr).await {
            Ok(tcp) => return Ok((udp, tcp, local_addr)),
            Err(_) if listen.port() == 0 && attempt < PORT_ATTEMPTS => attempt += 1,
            Err(source) => return Err(failed("TCP")(source)),
        }
    }
}
