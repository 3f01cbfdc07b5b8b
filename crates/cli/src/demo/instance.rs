//! One `serve`: the webhook of one cluster, as it runs in production, on free ports of this machine.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use webhook::clock::SystemClock;
use webhook::cluster::Cluster;
use webhook::connect::{self, ConnectError};
use webhook::metrics::Metrics;
use webhook::serve::{ServeError, Server};
use webhook::settings::{AzureArgs, ServeArgs, Settings, SettingsError, VanityArgs};

use super::log::Log;
use super::manifest::Release;

/// In place of an hour: the story goes on until the profile is gone.
const PROFILE_GRACE: &str = "2s";

/// Why an instance does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstanceError {
    /// The example's environment is wrong.
    #[error("the settings of the webhook of {owner}")]
    Settings {
        /// The cluster.
        owner: String,
        /// What is wrong.
        #[source]
        source: SettingsError,
    },
    /// The client of the emulator cannot be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It cannot listen or stopped listening.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// No thread or no runtime.
    #[error("a thread for the webhook cannot be started")]
    Thread(#[source] io::Error),
    /// It ended without a word.
    #[error("the webhook ended before it was ready")]
    Ended,
}

/// A webhook that runs.
///
/// Each has a thread and a runtime of its own, so that the events of the two go to two logs.
#[derive(Debug)]
pub(super) struct Instance {
    api: SocketAddr,
    ops: SocketAddr,
    /// What it logs.
    pub(super) log: Log,
    stop: CancellationToken,
    thread: thread::JoinHandle<Result<(), InstanceError>>,
}

type Ready = oneshot::Sender<(SocketAddr, SocketAddr)>;

// === impl Instance ===

impl Instance {
    /// Starts the webhook with the example's environment, but against this Azure and on free ports.
    pub(super) async fn start(
        release: &Release,
        arm_url: String,
        dns: SocketAddr,
    ) -> Result<Self, InstanceError> {
        let free_port = || Some("0".to_owned());
        let args = ServeArgs {
            azure: AzureArgs {
                arm_endpoint: Some(arm_url),
                credential: Some("none".to_owned()),
                ..AzureArgs::default()
            },
            server_port: free_port(),
            metrics_host: Some("127.0.0.1".to_owned()),
            metrics_port: free_port(),
            profile_grace: Some(PROFILE_GRACE.to_owned()),
            vanity: VanityArgs {
                vanity: Some("azure-dns".to_owned()),
                // Nobody keeps an answer in this story.
                vanity_ttl: Some("1s".to_owned()),
                ..VanityArgs::default()
            },
            resolver: Some(dns.to_string()),
            // The story counts requests, and sees health by its answers.
            health_interval: Some("0s".to_owned()),
            ..ServeArgs::default()
        };
        let settings = Settings::resolve(&args, &release.environment).map_err(|source| {
            InstanceError::Settings {
                owner: release.owner.clone(),
                source,
            }
        })?;
        let log = Log::default();
        let dispatch = log.dispatch(settings.log_filter.as_str());
        let stop = CancellationToken::new();
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(release.owner.clone())
            .spawn({
                let stop = stop.clone();
                move || {
                    tracing::dispatcher::with_default(&dispatch, || serve(&settings, ready, stop))
                }
            })
            .map_err(InstanceError::Thread)?;
        let Ok((api, ops)) = started.await else {
            return Err(match thread.join() {
                Ok(Err(error)) => error,
                Ok(Ok(())) | Err(_) => InstanceError::Ended,
            });
        };
        Ok(Self {
            api,
            ops,
            log,
            stop,
            thread,
        })
    }

    /// Where ExternalDNS calls.
    pub(super) fn api_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Where `/metrics` is.
    pub(super) fn ops_url(&self) -> String {
        format!("http://{}", self.ops)
    }

    /// Ends it as SIGTERM would.
    pub(super) async fn stop(self) -> Result<(), InstanceError> {
        self.stop.cancel();
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match joined {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) | Err(_) => Err(InstanceError::Ended),
        }
    }
}

/// The same as the subcommand `serve`, except for the log and the signals, which belong to the process.
fn serve(settings: &Settings, ready: Ready, stop: CancellationToken) -> Result<(), InstanceError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(InstanceError::Thread)?;
    runtime.block_on(async {
        let clock = Arc::new(SystemClock::new());
        let metrics = Arc::new(Metrics::new(clock.clone()));
        let provider = connect::provider(settings, &metrics, clock, Cluster::default())?;
        let server = Server::bind(settings).await?;
        // Nobody waits for it any more: then nobody stops it either.
        if ready
            .send((server.api_address(), server.ops_address()))
            .is_ok()
        {
            server.run(Arc::new(provider), metrics, stop).await?;
        }
        Ok(())
    })
}
