//! A provider that does as it is told, a server around it, and a client that sees every byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arm_client::Clock;
use async_trait::async_trait;
use external_dns::{Changes, Endpoint};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use webhook::metrics::Metrics;
use webhook::provider_api::{Health, Provider, ProviderError};
use webhook::serve::{ServeError, Server};
use webhook::settings::{AzureArgs, Environment, ServeArgs, Settings};

/// What the provider does when it is called.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Answers: a listing with these records, an adjustment with what it was given.
    Works(Vec<Endpoint>),
    /// Azure does not answer.
    Azure,
    /// A person has to act.
    Refuses,
    /// It knows by itself that it takes too long.
    GivesUp,
    /// A fault of ours.
    Internal,
    /// A worse fault of ours.
    Panics,
    /// Never ends.
    Hangs,
    /// Waits for [`Fake::release`], then works.
    Waits,
}

/// A provider that does as it is told.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) behaviour: Mutex<Behaviour>,
    pub(crate) health: Mutex<Health>,
    /// How many calls have reached the provider.
    pub(crate) entered: AtomicUsize,
    /// How many plans have been carried out.
    pub(crate) applied: AtomicUsize,
    pub(crate) release: Notify,
}

#[derive(Debug, thiserror::Error)]
#[error("profiles.list of /subscriptions/s: Azure answered 403 AuthorizationFailed")]
struct Cause;

impl Fake {
    pub(crate) fn new(behaviour: Behaviour) -> Arc<Self> {
        Arc::new(Self {
            behaviour: Mutex::new(behaviour),
            health: Mutex::default(),
            entered: AtomicUsize::new(0),
            applied: AtomicUsize::new(0),
            release: Notify::new(),
        })
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    async fn act(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.entered.fetch_add(1, Ordering::SeqCst);
        let behaviour = self.behaviour.lock().unwrap().clone();
        match behaviour {
            Behaviour::Works(records) => Ok(records),
            Behaviour::Azure => Err(ProviderError::Azure {
                action: "listing profiles".to_owned(),
                source: Box::new(Cause),
            }),
            Behaviour::Refuses => Err(ProviderError::Refused {
                summary: "the record carries owner other, and this webhook is owner east"
                    .to_owned(),
            }),
            Behaviour::GivesUp => Err(ProviderError::Deadline {
                after: Duration::from_secs(9),
            }),
            Behaviour::Internal => Err(ProviderError::Internal {
                detail: "no snapshot".to_owned(),
            }),
            Behaviour::Panics => panic!("told to"),
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::Waits => {
                self.release.notified().await;
                Ok(Vec::new())
            }
        }
    }
}

#[async_trait]
impl Provider for Fake {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.act().await
    }

    async fn adjust(&self, endpoints: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.act().await?;
        Ok(endpoints)
    }

    async fn apply(&self, _: Changes) -> Result<(), ProviderError> {
        self.act().await?;
        self.applied.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn health(&self) -> Health {
        self.health.lock().unwrap().clone()
    }
}

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        noon()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}
}

pub(crate) fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new(Arc::new(StandingClock)))
}

/// Flags that suffice, with free ports.
pub(crate) fn args() -> ServeArgs {
    ServeArgs {
        owner_id: Some("east".to_owned()),
        azure: AzureArgs {
            subscription_id: Some("00000000-0000-0000-0000-000000000001".to_owned()),
            ..AzureArgs::default()
        },
        server_port: Some("0".to_owned()),
        metrics_host: Some("127.0.0.1".to_owned()),
        metrics_port: Some("0".to_owned()),
        ..ServeArgs::default()
    }
}

pub(crate) fn settings(args: &ServeArgs) -> Settings {
    Settings::resolve(args, &Environment::default()).unwrap()
}

/// A server that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) api: SocketAddr,
    pub(crate) ops: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) ended: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub(crate) async fn start(provider: Arc<Fake>, args: &ServeArgs) -> Self {
        let server = Server::bind(&settings(args)).await.unwrap();
        let (api, ops) = (server.api_address(), server.ops_address());
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(server.run(provider, metrics(), shutdown.clone()));
        Self {
            api,
            ops,
            shutdown,
            ended,
        }
    }

    pub(crate) fn api(&self, path: &str) -> String {
        format!("http://{}{path}", self.api)
    }

    pub(crate) fn ops(&self, path: &str) -> String {
        format!("http://{}{path}", self.ops)
    }

    pub(crate) async fn scrape(&self) -> String {
        reqwest::get(self.ops("/metrics"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Returns when the condition holds. There is no limit here: the test runner has one.
pub(crate) async fn until(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends bytes, and reads until the server has sent a whole answer without a body or with a short one.
pub(crate) async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        if read == 0 || is_whole(&text) {
            return text.into_owned();
        }
    }
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(str::to_owned)
        })
        .and_then(|length| length.trim().parse().ok());
    body.len() >= length.unwrap_or(0_usize)
}
