//! The process: two listeners, one provider, an orderly end.
//!
//! Both ports are taken before anything else, so that a wrong address is known at once and ExternalDNS, which
//! starts in parallel, finds an open port. At the end, new calls are refused, running ones end between two
//! writes or, after the deadline, with the process, and probes are answered until the last.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use external_dns::DomainFilter;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::http::api::Api;
use crate::http::ops::Ops;
use crate::metrics::Metrics;
use crate::provider_api::Provider;
use crate::settings::Settings;

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The webhook API.
    Calls,
    /// Probes and Prometheus.
    Operations,
}

/// Why the server did not run, or not to its orderly end.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address cannot be listened on.
    #[error("listening on {address} for {purpose}, as {} say", purpose.flags())]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What it is for.
        purpose: Purpose,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The signals that end the process cannot be received.
    #[error("installing the handler for {signal}")]
    Signal {
        /// The signal.
        signal: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A listener stopped working.
    #[error("serving {purpose}")]
    Serve {
        /// What it is for.
        purpose: Purpose,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Both listeners, open, and not yet answered.
#[derive(Debug)]
pub struct Server {
    api: TcpListener,
    ops: TcpListener,
    api_address: SocketAddr,
    ops_address: SocketAddr,
    filter: DomainFilter,
    deadline: Duration,
}

// === impl Purpose ===

impl Purpose {
    /// The flags that choose the address.
    pub const fn flags(self) -> &'static str {
        match self {
            Self::Calls => "--server-host and --server-port",
            Self::Operations => "--metrics-host and --metrics-port",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calls => "ExternalDNS's calls",
            Self::Operations => "health and metrics",
        })
    }
}

// === impl Server ===

impl Server {
    /// Opens both listeners.
    pub async fn bind(settings: &Settings) -> Result<Self, ServeError> {
        let (api, api_address) = listen(settings.api_address, Purpose::Calls).await?;
        let (ops, ops_address) = listen(settings.ops_address, Purpose::Operations).await?;
        Ok(Self {
            api,
            ops,
            api_address,
            ops_address,
            filter: settings.domain_filter.clone(),
            deadline: settings.deadline,
        })
    }

    /// Where ExternalDNS's calls are answered, with the port that the system chose for port 0.
    pub fn api_address(&self) -> SocketAddr {
        self.api_address
    }

    /// Where probes and Prometheus are answered, with the port that the system chose for port 0.
    pub fn ops_address(&self) -> SocketAddr {
        self.ops_address
    }

    /// Answers until `shutdown` is cancelled, and then until what is running has ended or the deadline has
    /// passed.
    pub async fn run(
        self,
        provider: Arc<dyn Provider>,
        metrics: Arc<Metrics>,
        shutdown: CancellationToken,
    ) -> Result<(), ServeError> {
        tracing::info!(
            server.address = %self.api_address,
            metrics.address = %self.ops_address,
            version = env!("CARGO_PKG_VERSION"),
            "listening",
        );
        let api = Arc::new(Api::new(
            Arc::clone(&provider),
            Arc::clone(&metrics),
            &self.filter,
            self.deadline,
        ));
        let stopping = Arc::clone(&provider);
        let ops = Arc::new(Ops::new(provider, metrics, shutdown.clone()));
        // Whatever way this function ends, nothing goes on listening.
        let drained = CancellationToken::new();
        // Not a child of `shutdown`: the API ends when it is told to below, so that an end before it is a fault.
        let stop_api = CancellationToken::new();
        let _stop = (stop_api.clone().drop_guard(), drained.clone().drop_guard());

        let serve_api = axum::serve(self.api, Arc::clone(&api).router())
            .with_graceful_shutdown(stop_api.clone().cancelled_owned());
        let serve_ops = axum::serve(self.ops, ops.router())
            .with_graceful_shutdown(drained.clone().cancelled_owned());
        let mut serve_api = tokio::spawn(async move { serve_api.await });
        let mut serve_ops = tokio::spawn(async move { serve_ops.await });

        tokio::select! {
            () = shutdown.cancelled() => {}
            ended = &mut serve_api => return outcome(ended, Purpose::Calls),
            ended = &mut serve_ops => return outcome(ended, Purpose::Operations),
        }

        tracing::info!(
            deadline_ms = self.deadline.as_millis(),
            "shutting down: waiting for what is running"
        );
        stop_api.cancel();
        let limit = Instant::now() + self.deadline;
        // The provider hears of it first, so that running calls end soon.
        let ended = async { tokio::join!(stopping.stop(), api.finished(), &mut serve_api) };
        if timeout_at(limit, ended).await.is_err() {
            tracing::warn!(
                "stopping although calls are still running; what they leave undone is done after the next start"
            );
            serve_api.abort();
        }
        drained.cancel();
        // A probe that hangs on to its connection does not hold up the end.
        if timeout_at(Instant::now() + Duration::from_secs(1), &mut serve_ops)
            .await
            .is_err()
        {
            serve_ops.abort();
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Opens both listeners and answers until `shutdown` is cancelled: [`Server::bind`], then [`Server::run`].
pub async fn serve(
    settings: &Settings,
    provider: Arc<dyn Provider>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    Server::bind(settings)
        .await?
        .run(provider, metrics, shutdown)
        .await
}

/// A token that is cancelled by SIGTERM, as the kubelet sends it, or SIGINT, as Ctrl-C does.
pub fn shutdown_on_signals() -> Result<CancellationToken, ServeError> {
    let install = |kind, signal_name| {
        signal(kind).map_err(|source| ServeError::Signal {
            signal: signal_name,
            source,
        })
    };
    let mut terminate = install(SignalKind::terminate(), "SIGTERM")?;
    let mut interrupt = install(SignalKind::interrupt(), "SIGINT")?;
    let shutdown = CancellationToken::new();
    let cancel = shutdown.clone();
    tokio::spawn(async move {
        let signal = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal, "received a signal to end");
        cancel.cancel();
    });
    Ok(shutdown)
}

async fn listen(
    address: SocketAddr,
    purpose: Purpose,
) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Bind {
        address,
        purpose,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// A listener that ends before it was told to has failed, whatever it says.
fn outcome(
    ended: Result<io::Result<()>, tokio::task::JoinError>,
    purpose: Purpose,
) -> Result<(), ServeError> {
    let source = match ended {
        Ok(Ok(())) => io::Error::other("ended by itself"),
        Ok(Err(error)) => error,
        Err(error) => io::Error::other(error),
    };
    Err(ServeError::Serve { purpose, source })
}
