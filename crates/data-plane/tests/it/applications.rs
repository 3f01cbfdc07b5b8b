//! Applications to be probed: the least of a web server, with a switch for its health.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// How an application answers from now on.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// With this status line and headers, each ending with `\r\n`.
    Answer(String),
    /// Not at all, while it keeps the connection open.
    Hang,
    /// By closing the connection.
    HangUp,
}

impl Behaviour {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer(format!("HTTP/1.1 {status} -\r\n"))
    }
}

/// A server on a loopback port; it ends with this value.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    behaviour: Mutex<Behaviour>,
    /// The request heads, each as one text, in the order of arrival. Every one came on a connection of its own unless
    /// it starts with `again: `.
    requests: Mutex<Vec<String>>,
}

impl Application {
    pub(crate) async fn http(behaviour: Behaviour) -> Self {
        Self::start(behaviour, None).await
    }

    /// With a certificate that is self-signed, expired and for another name.
    pub(crate) async fn https(behaviour: Behaviour) -> Self {
        let certificate = CertificateDer::from(&include_bytes!("certificate/cert.der")[..]);
        let key = PrivatePkcs8KeyDer::from(&include_bytes!("certificate/key.der")[..]);
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())
            .unwrap();
        Self::start(behaviour, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start(behaviour: Behaviour, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            behaviour: Mutex::new(behaviour),
            requests: Mutex::default(),
        });
        let served = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, tls) = (served.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => state.serve(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                state.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            state,
            task,
        }
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let mut stream = BufReader::new(stream);
        let mut prefix = "";
        loop {
            let mut head = String::from(prefix);
            loop {
                match stream.read_line(&mut head).await {
                    Ok(read) if read > 2 => {}
                    Ok(2) => break,
                    Ok(_) | Err(_) => return,
                }
            }
            self.requests.lock().unwrap().push(head);
            let behaviour = self.behaviour.lock().unwrap().clone();
            match behaviour {
                Behaviour::Answer(head) => {
                    let answer = format!("{head}content-length: 2\r\n\r\nok");
                    if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Behaviour::Hang => std::future::pending().await,
                Behaviour::HangUp => return,
            }
            prefix = "again: ";
        }
    }
}

/// A port on which nothing listens.
pub(crate) async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(TcpStream::connect(address).await.is_err());
    address
}
