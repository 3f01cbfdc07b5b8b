//! The provider service: the pure core with Azure on its other side.
//!
//! ```text
//!  records ─▶ listing ─▶ members::observe ─▶ canonical records
//!  adjust  ─▶ members::resolve (against the same listing)
//!  apply   ─▶ members::batch ─▶ per profile: read, members::plan, execute
//!  upkeep  ─▶ after a listing, in the background: retirement, stale claims
//!  health  ─▶ after a listing, in the background: what Azure's probes have found
//! ```
//!
//! One lock keeps listings and writes apart. A call that does not end within
//! its deadline is answered 503 by the edge and goes on here; the next call
//! joins a listing that is under way, and waits for writes that are.

mod apply;
mod brake;
mod deeds;
mod deletions;
mod execute;
mod explain;
mod found;
mod health;
mod listing;
mod lookup;
mod names;
mod overtaken;
mod refusals;
mod remedy;
mod report;
mod rest;
mod upkeep;
mod vanity;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arm_client::TrafficManagerApi;
use async_trait::async_trait;
use external_dns::{Changes, Endpoint};
use members::Scope;
use members::gather::gather;
use members::resolve::resolve;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use traffic_manager::ProfileId;

use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::events::Events;
use crate::explain::{Explanation, Question};
use crate::metrics::Metrics;
use crate::provider_api::{Health, Provider, ProviderError};
use crate::settings::MaxDeletions;
use brake::Brake;
pub use explain::ExplainTools;
use explain::Memory;
use health::Watch;
use listing::Listings;
use refusals::Refusals;
use report::Report;
use vanity::{Endings, VanityState};

pub use vanity::VanityTools;

/// How the provider behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Who this is, and where it may work.
    pub scope: Scope,
    /// Where ARM is, for messages.
    pub arm: String,
    /// How long ExternalDNS is kept waiting for an answer.
    pub deadline: Duration,
    /// Log the plan and write nothing.
    pub dry_run: bool,
    /// How long an empty profile stays; `None` keeps it for ever.
    pub profile_grace: Option<Duration>,
    /// How many members one batch may delete at once.
    pub max_deletions: MaxDeletions,
    /// How often the health of a profile's endpoints is read, at most; `None` reads none.
    pub health_interval: Option<Duration>,
    /// With what vanity records are made.
    pub vanity: VanityTools,
    /// Where Events about objects are written, by a task that the provider starts.
    pub events: Cluster,
    /// With what explanations are made.
    pub explain: ExplainTools,
}

/// The provider.
#[derive(Clone)]
pub struct TrafficManagerProvider {
    inner: Arc<Inner>,
}

struct Inner {
    behaviour: Behaviour,
    api: Arc<dyn TrafficManagerApi>,
    clock: Arc<dyn Clock>,
    /// Cancelled when the process is about to end.
    stop: CancellationToken,
    /// Held by whoever lists or writes.
    work: Mutex<()>,
    listings: Listings,
    refusals: Refusals,
    report: Report,
    /// Counts batches that delete too much.
    brake: std::sync::Mutex<Brake>,
    vanity: VanityState,
    endings: Endings,
    /// Held by whoever goes through the upkeep that is due.
    upkeep_pass: Mutex<()>,
    /// Held by whoever goes through the profiles that may end.
    end_pass: Mutex<()>,
    /// Profiles whose upkeep has failed, and until when it rests. Monotonic time.
    upkeep_paused: std::sync::Mutex<BTreeMap<ProfileId, Duration>>,
    watch: Watch,
    memory: Memory,
}

// === impl TrafficManagerProvider ===

impl TrafficManagerProvider {
    /// A provider that works through `api`.
    pub fn new(
        behaviour: Behaviour,
        api: Arc<dyn TrafficManagerApi>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self::stopped_by(behaviour, api, clock, metrics, CancellationToken::new())
    }

    /// A provider that stops when `stop` is cancelled, which [`Provider::stop`]
    /// does. Meant to be shared with `api`.
    pub fn stopped_by(
        behaviour: Behaviour,
        api: Arc<dyn TrafficManagerApi>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> Self {
        let events = Events::new(&behaviour.events, Arc::clone(&clock), Arc::clone(&metrics));
        Self {
            inner: Arc::new(Inner {
                stop,
                brake: std::sync::Mutex::new(Brake::new(behaviour.max_deletions)),
                behaviour,
                api,
                work: Mutex::new(()),
                listings: Listings::default(),
                refusals: Refusals::default(),
                vanity: VanityState::default(),
                endings: Endings::default(),
                upkeep_pass: Mutex::default(),
                end_pass: Mutex::default(),
                upkeep_paused: std::sync::Mutex::default(),
                watch: Watch::default(),
                report: Report::new(Arc::clone(&clock), metrics, events),
                memory: Memory::default(),
                clock,
            }),
        }
    }
}

#[async_trait]
impl Provider for TrafficManagerProvider {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        let snapshot = self.inner.listing_for_records().await?;
        let records = snapshot.observed.records(&self.inner.behaviour.scope.owner);
        self.inner.start_upkeep(&snapshot);
        self.inner.start_watch(&snapshot);
        self.inner.start_vanity(&snapshot);
        Ok(records)
    }

    async fn adjust(&self, endpoints: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        let snapshot = self.inner.listing_for_adjust().await?;
        let sources = gather(&endpoints);
        let public_ips = self.inner.public_ips(&snapshot, &sources).await;
        let blocked = self.inner.refusals.current(self.inner.clock.monotonic());
        let scope = &self.inner.behaviour.scope;
        let resolution = resolve(&sources, &snapshot.observed, &public_ips, scope, &blocked);
        self.inner.report.wishes(resolution.findings);
        let records = resolution.records.clone();
        self.inner.remember_loop(sources, public_ips, records);
        self.inner.begin_loop();
        Ok(resolution.records)
    }

    async fn apply(&self, changes: Changes) -> Result<(), ProviderError> {
        self.inner.apply(&changes).await
    }

    async fn stop(&self) {
        self.inner.stop.cancel();
        // Whoever writes lets go of it at the next point of rest.
        drop(self.inner.work.lock().await);
        self.inner.report.settle().await;
    }

    fn health(&self) -> Health {
        self.inner.report.health()
    }

    async fn explain(&self, question: &Question) -> Explanation {
        self.inner.explain(question).await
    }
}
