//! The applications: HTTPS servers with a self-signed certificate and a switch for their health.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::server::TlsStream;
use tokio_util::task::AbortOnDropHandle;

/// Who does not finish the handshake by then is sent away.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Connections that wait for the server after their handshake.
const BACKLOG: usize = 16;

/// Why an application does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplicationError {
    /// No certificate.
    #[error("making a certificate for {host}")]
    Certificate {
        /// The name in it.
        host: String,
        /// Why not.
        #[source]
        source: rcgen::Error,
    },
    /// The certificate is not taken.
    #[error("setting up TLS")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// No socket.
    #[error("listening for the application")]
    Listen(#[source] io::Error),
}

/// An application that runs until dropped.
#[derive(Debug)]
pub(super) struct Application {
    address: SocketAddr,
    healthy: Arc<AtomicBool>,
    _serving: AbortOnDropHandle<()>,
}

/// A listener whose connections have finished their handshake. Handshakes run beside each other, so that a client
/// that is slow, or no client of TLS at all, holds up nobody.
struct TlsListener {
    address: SocketAddr,
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    _accepting: AbortOnDropHandle<()>,
}

// === impl Application ===

impl Application {
    /// Serves `https://{host}/health`, healthy at first, on a free port of the loopback interface.
    pub(super) async fn start(host: &str) -> Result<Self, ApplicationError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(ApplicationError::Listen)?;
        let listener = TlsListener::new(listener, acceptor(host)?)?;
        let address = listener.address;
        let healthy = Arc::new(AtomicBool::new(true));
        let greeting = format!("this is {host}\n");
        let app = Router::new()
            .route("/", get(async move || greeting))
            .route("/health", get(health))
            .with_state(Arc::clone(&healthy));
        let serving = tokio::spawn(async move {
            // It ends with the process or when the handle is dropped.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            healthy,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes `/health` answer 200 or 503.
    pub(super) fn set_healthy(&self, healthy: bool) {
        self.healthy.store(healthy, Ordering::Relaxed);
    }
}

async fn health(State(healthy): State<Arc<AtomicBool>>) -> StatusCode {
    if healthy.load(Ordering::Relaxed) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

fn acceptor(host: &str) -> Result<TlsAcceptor, ApplicationError> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([host.to_owned()])
        .map_err(|source| ApplicationError::Certificate {
            host: host.to_owned(),
            source,
        })?;
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

// === impl TlsListener ===

impl TlsListener {
    fn new(listener: TcpListener, acceptor: TlsAcceptor) -> Result<Self, ApplicationError> {
        let address = listener.local_addr().map_err(ApplicationError::Listen)?;
        let (ready, connections) = mpsc::channel(BACKLOG);
        let accepting = tokio::spawn(accept(listener, acceptor, ready));
        Ok(Self {
            address,
            connections,
            _accepting: AbortOnDropHandle::new(accepting),
        })
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    ready: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let mut handshakes = JoinSet::new();
    loop {
        let Ok((stream, client)) = listener.accept().await else {
            // Out of sockets, most likely: some come back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        while handshakes.try_join_next().is_some() {}
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        handshakes.spawn(async move {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                // The server is gone: so is the client's hope.
                let _ = ready.send((stream, client)).await;
            }
        });
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // Only when the accepting task has ended, which is at the end of all.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
