//! Keeps one probe loop per job.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::check::Checker;
use super::job::{ProbeJob, ProbeKey};
use super::report::{ProbeFailure, ProbeReport, ProbeSink};
use super::resolver::TargetResolver;
use super::route::ProbeRoute;
use crate::health::ProbeTally;

/// No interval is shorter, so that a mistake cannot turn probing into a flood.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// How the prober runs, for all jobs.
#[derive(Debug, Clone)]
pub struct ProberConfig {
    /// Replaces the interval of every job, so that a demonstration need not wait for Azure's 10 or 30 seconds.
    pub interval: Option<Duration>,
    /// Replaces the timeout of every job.
    pub timeout: Option<Duration>,
    /// Detours for targets that cannot be reached where they really are, such as a monitor on port 443 of an
    /// application that listens on another port of this machine. Empty by default.
    pub routes: Vec<ProbeRoute>,
    /// The most probes that are under way at a time (at least 1); the others wait for their turn.
    pub concurrency: usize,
}

impl Default for ProberConfig {
    fn default() -> Self {
        Self {
            interval: None,
            timeout: None,
            routes: Vec::new(),
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
    shared: Arc<Shared>,
}

/// What all probe loops use.
struct Shared {
    config: ProberConfig,
    checker: Checker,
    sink: Arc<dyn ProbeSink>,
    slots: Semaphore,
}

/// A probe loop that was started for a job.
struct Running {
    job: ProbeJob,
    stop: CancellationToken,
}

impl Prober {
    /// Prepares a prober; nothing is probed before [`Prober::run`].
    pub fn new(
        config: ProberConfig,
        resolver: Arc<dyn TargetResolver>,
        sink: Arc<dyn ProbeSink>,
    ) -> Result<Self, ProberError> {
        let checker = Checker::new(resolver, &config.routes).map_err(ProberError::Client)?;
        let slots = Semaphore::new(config.concurrency.max(1));
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                checker,
                sink,
                slots,
            }),
        })
    }

    /// Probes what `desired` lists until `stop` is cancelled or the sender is dropped, and returns when every loop has
    /// ended. A job that appears is probed at once and then once per interval; one that disappears is dropped with the
    /// probe that is under way; an unchanged one goes on undisturbed. Of several jobs with one key the last one holds.
    ///
    /// A report may be on its way while the sender changes the list. To tell it apart, give a changed job another
    /// generation and compare [`ProbeReport::generation`].
    pub async fn run(self, mut desired: watch::Receiver<Vec<ProbeJob>>, stop: CancellationToken) {
        let loops_stop = stop.child_token();
        let mut running: HashMap<ProbeKey, Running> = HashMap::new();
        let mut loops = JoinSet::new();
        loop {
            let jobs = desired.borrow_and_update().clone();
            self.reconcile(jobs, &mut running, &mut loops, &loops_stop);
            while loops.try_join_next().is_some() {}
            match stop.run_until_cancelled(desired.changed()).await {
                Some(Ok(())) => {}
                Some(Err(_)) | None => break,
            }
        }
        loops_stop.cancel();
        while loops.join_next().await.is_some() {}
    }

    /// Ends the loops whose job is gone or different, and starts those that are missing.
    fn reconcile(
        &self,
        jobs: Vec<ProbeJob>,
        running: &mut HashMap<ProbeKey, Running>,
        loops: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let desired: HashMap<ProbeKey, ProbeJob> =
            jobs.into_iter().map(|job| (job.key.clone(), job)).collect();
        running.retain(|key, started| {
            let unchanged = desired.get(key) == Some(&started.job);
            if !unchanged {
                started.stop.cancel();
            }
            unchanged
        });
        for (key, job) in desired {
            running.entry(key).or_insert_with(|| {
                let stop = stop.child_token();
                loops.spawn(probe_loop(
                    Arc::clone(&self.shared),
                    job.clone(),
                    stop.clone(),
                ));
                Running { job, stop }
            });
        }
    }
}

/// Probes one endpoint until stopped. The state of the endpoint lives and dies with the loop.
async fn probe_loop(shared: Arc<Shared>, job: ProbeJob, stop: CancellationToken) {
    let mut tally = ProbeTally::new(job.tolerated_failures);
    let period = shared.config.interval.unwrap_or(job.interval);
    let mut ticks = interval(period.max(SHORTEST_INTERVAL));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut probe = async || {
        ticks.tick().await;
        shared.probe(&job).await
    };
    while let Some(outcome) = stop.run_until_cancelled(probe()).await {
        // Both could be ready at once: a report must not follow the end of its job.
        if stop.is_cancelled() {
            return;
        }
        shared.deliver(&job, &mut tally, outcome);
    }
}

impl Shared {
    /// One probe within its timeout. Waiting for a free slot does not count.
    async fn probe(&self, job: &ProbeJob) -> Result<(), ProbeFailure> {
        // The semaphore is never closed; were it, probing without a slot would be the better choice.
        let _slot = self.slots.acquire().await;
        let limit = self.config.timeout.unwrap_or(job.timeout);
        timeout(limit, self.checker.check(job))
            .await
            .unwrap_or(Err(ProbeFailure::Timeout))
    }

    fn deliver(&self, job: &ProbeJob, tally: &mut ProbeTally, outcome: Result<(), ProbeFailure>) {
        let before = tally.health();
        let health = tally.record(outcome.is_ok());
        let changed = health != before;
        if changed {
            let error = outcome.as_ref().err().map(|error| error as &dyn Error);
            tracing::info!(key = %job.key, ?before, ?health, error, "endpoint health changed");
        }
        self.sink.report(ProbeReport {
            key: job.key.clone(),
            generation: job.generation,
            health,
            changed,
            failures_in_a_row: tally.failures_in_a_row(),
            outcome,
        });
    }
}
