//! An emulator that runs: its sockets and tasks.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use data_plane::probe::ProberError;
use data_plane::routing::Locator;
use data_plane::{DnsConfig, DnsError, DnsServer, Prober, ProberConfig, ZoneRecords};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::authority::Authority;
use crate::clock::{Clock, SystemClock};
use crate::connection::{Listener, Scissors};
use crate::http::{Edge, router};
use crate::options::{Options, Tls};
use crate::resolver::HostedResolver;
use crate::service::Service;
use crate::shared::Shared;
use crate::tls::{Identity, TlsError};

/// How long open ARM connections may take to end when the emulator stops.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// Longest wait for a probe when the interval is replaced, the shortest that Azure has.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why an emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address of the ARM API cannot be bound.
    #[error("cannot listen on {address} for the ARM API")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// There is no certificate for the ARM API.
    #[error("cannot serve the ARM API over TLS")]
    Tls(#[from] TlsError),
    /// The certificate that clients are to trust cannot be written.
    #[error("cannot write the certificate to {path}", path = .path.display())]
    Certificate {
        /// Where it was to go.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The DNS server does not start.
    #[error("cannot start the DNS server")]
    Dns(#[from] DnsError),
    /// The prober does not start.
    #[error("cannot start the prober")]
    Prober(#[from] ProberError),
}

/// Azure Traffic Manager on this machine.
#[derive(Debug)]
pub struct Emulator;

/// A running emulator. Dropped without [`Running::stop`], it stops in the background.
#[derive(Debug)]
pub struct Running {
    arm_addr: SocketAddr,
    dns_addr: SocketAddr,
    scheme: &'static str,
    ca: Option<String>,
    shared: Shared,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

// === impl Emulator ===

impl Emulator {
    /// Binds the sockets and starts to serve. Both addresses are bound when this returns.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let failed = |source| StartError::Listen {
            address: options.arm_listen,
            source,
        };
        let listener = TcpListener::bind(options.arm_listen)
            .await
            .map_err(failed)?;
        let arm_addr = listener.local_addr().map_err(failed)?;

        let seed = options.seed.unwrap_or_else(rand::random);
        let suffix = options.cloud.dns_suffix.clone();
        let clock = Arc::new(SystemClock);
        let mut service = Service::new(options.cloud, seed).throttled(options.throttle);
        service.authority = Authority::new(options.authority, seed);
        for zone in &options.dns_zones {
            service.state.add_zone(zone);
        }
        let shared = Shared::new(service);
        let identity = options
            .tls
            .map(|tls| identity(&tls, clock.as_ref()))
            .transpose()?;
        let (scheme, ca, acceptor) = match identity {
            Some(Identity { ca, config }) => ("https", Some(ca), Some(TlsAcceptor::from(config))),
            None => ("http", None, None),
        };
        let zone: Arc<ZoneRecords> = Arc::new(options.zone_records.into_iter().collect());
        let mut config = DnsConfig::new(options.dns_listen, suffix.clone());
        config.zone = zone.clone();
        config.locator = Locator::new(options.client_locations);
        config.quirks = options.dns_quirks;
        config.seed = Some(seed);
        let dns = DnsServer::bind(config, Arc::new(shared.clone())).await?;
        let dns_addr = dns.local_addr();

        let stop = CancellationToken::new();
        let edge = Edge {
            shared: shared.clone(),
            clock,
            latency: options.latency,
            dns: dns.counters(),
            scheme,
        };
        let mut tasks = vec![
            tokio::spawn(serve_arm(
                Listener::new(listener, acceptor),
                edge,
                stop.clone(),
            )),
            tokio::spawn(dns.serve(stop.clone())),
        ];
        if options.probes {
            let config = ProberConfig {
                interval: options.probe_interval,
                timeout: options
                    .probe_interval
                    .map(|interval| interval.min(PROBE_TIMEOUT)),
                routes: options.probe_routes,
                ..ProberConfig::default()
            };
            let resolver = Arc::new(HostedResolver::new(shared.clone(), zone, suffix));
            let prober = Prober::new(config, resolver, Arc::new(shared.clone()))?;
            tasks.push(tokio::spawn(prober.run(shared.jobs(), stop.clone())));
        }
        Ok(Running {
            arm_addr,
            dns_addr,
            scheme,
            ca,
            shared,
            stop,
            tasks,
        })
    }
}

// === impl Running ===

impl Running {
    /// The address of the ARM API.
    pub const fn arm_addr(&self) -> SocketAddr {
        self.arm_addr
    }

    /// The base URL of the ARM API, without a slash at the end.
    pub fn arm_url(&self) -> String {
        format!("{}://{}", self.scheme, self.arm_addr)
    }

    /// The certificate that clients of the ARM API have to trust, in PEM; `None` without TLS.
    pub fn ca_certificate(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    /// The address of the DNS server, the same for UDP and TCP.
    pub const fn dns_addr(&self) -> SocketAddr {
        self.dns_addr
    }

    /// Uses the service directly, past HTTP. The closure must be short: every request waits for it.
    pub fn with_service<T>(&self, f: impl FnOnce(&mut Service) -> T) -> T {
        self.shared.with(f)
    }

    /// Stops serving. Returns when all sockets are closed.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the emulator failed");
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Makes the certificate, and writes down what clients have to trust.
fn identity(tls: &Tls, clock: &dyn Clock) -> Result<Identity, StartError> {
    let identity = Identity::new(clock.now(), &tls.names)?;
    if let Some(path) = &tls.ca_file {
        std::fs::write(path, &identity.ca).map_err(|source| StartError::Certificate {
            path: path.clone(),
            source,
        })?;
    }
    Ok(identity)
}

async fn serve_arm(listener: Listener, edge: Edge, stop: CancellationToken) {
    let app = router(edge).into_make_service_with_connect_info::<Scissors>();
    let server = axum::serve(listener, app)
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_GRACE).await;
    };
    tokio::select! {
        result = server => {
            if let Err(error) = result {
                tracing::error!(%error, "the ARM API ended");
            }
        }
        () = deadline => tracing::debug!("open ARM connections are abandoned"),
    }
}
