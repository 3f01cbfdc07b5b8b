//! Vanity records: after a listing, in the background, the records of vanity
//! hosts are compared with what the profiles ask for.
//!
//! That is done when something has changed that a record depends on, when the
//! last time failed, and now and then for what others may have changed. A listing
//! can be old when it is used here, so nothing is written before the profile in
//! question was read once more.

mod ending;
mod objects;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arm_client::DnsApi;
use azure_dns::{Zone, ZoneId};
use members::{Finding, Observed, ObservedProfile};
use tokio::sync::Mutex;
use traffic_manager::ProfileId;
use vanity::Picture;

use super::Inner;
use super::listing::Snapshot;
use crate::cluster::Cluster;
use crate::resolver::Resolver;

pub(super) use ending::{Ending, Endings};

/// How long a list of zones is believed.
const ZONES_FOR: Duration = Duration::from_mins(15);

/// With what vanity records are made.
#[derive(Clone)]
pub struct VanityTools {
    /// Azure DNS; without it nobody makes record sets.
    pub dns: Option<Arc<dyn DnsApi>>,
    /// Where `DNSEndpoint` objects are made.
    pub cluster: Cluster,
    /// Who is asked whether users are still led to a profile that is to be
    /// deleted; without it nobody is.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// TTL of the records, whole seconds.
    pub ttl: Duration,
    /// How often records are looked at when nothing has changed.
    pub interval: Duration,
    /// The zones in which record sets are made; empty means every zone of the
    /// default subscription.
    pub zones: Vec<ZoneId>,
}

/// What the last look has shown.
#[derive(Debug, Default)]
pub(super) struct VanityState(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What the records depend on, as it was when all was well.
    settled: Option<(Picture, Duration)>,
    /// The zones of the default subscription, and when they were listed.
    zones: Option<(Vec<Zone>, Duration)>,
    /// The zones in which a record of ours was seen: it may have outlived its
    /// profile. `None` before the first look.
    ours: Option<BTreeSet<ZoneId>>,
}

/// What one look has found.
#[derive(Debug, Default)]
struct Look {
    findings: Vec<Finding>,
    /// Something failed or could not be judged: it is looked at again soon.
    unfinished: bool,
    /// Profiles that were read once more; `None` for those that are gone.
    read: BTreeMap<ProfileId, Option<ObservedProfile>>,
}

// === impl VanityTools ===

impl Default for VanityTools {
    /// None: nothing is made, nothing is asked.
    fn default() -> Self {
        Self {
            dns: None,
            cluster: Cluster::default(),
            resolver: None,
            ttl: Duration::from_mins(5),
            interval: Duration::from_mins(5),
            zones: Vec::new(),
        }
    }
}

impl VanityTools {
    fn ttl_seconds(&self) -> u32 {
        u32::try_from(self.ttl.as_secs()).unwrap_or(u32::MAX).max(1)
    }
}

impl fmt::Debug for VanityTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VanityTools")
            .field("dns", &self.dns.is_some())
            .field("cluster", &self.cluster)
            .field("resolver", &self.resolver)
            .field("ttl", &self.ttl)
            .field("interval", &self.interval)
            .field("zones", &self.zones)
            .finish()
    }
}

// === impl Look ===

impl Look {
    /// The listing with one profile as it is now. An error leaves it to the next
    /// look.
    async fn refresh(
        &mut self,
        inner: &Inner,
        observed: &Observed,
        id: &ProfileId,
    ) -> Option<Observed> {
        if !self.read.contains_key(id) {
            match inner.api.get_profile(id).await {
                Ok(profile) => {
                    let profile = profile.and_then(ObservedProfile::new);
                    self.read.insert(id.clone(), profile);
                }
                Err(error) => {
                    tracing::debug!(profile = %id.name, error = %crate::provider_api::error_chain(&error), "vanity records: reading the profile failed");
                    self.unfinished = true;
                    return None;
                }
            }
        }
        let fresh = self.read.get(id)?;
        Some(observed.with(id, fresh.as_ref()))
    }
}

// === impl Inner ===

impl Inner {
    /// Starts to look at the vanity records, if it is time.
    pub(super) fn start_vanity(self: &Arc<Self>, snapshot: &Arc<Snapshot>) {
        let (inner, snapshot) = (Arc::clone(self), Arc::clone(snapshot));
        tokio::spawn(async move {
            // One look at a time; the next loop comes soon.
            let Ok(mut state) = inner.vanity.0.try_lock() else {
                return;
            };
            let look = inner.look_at_vanity(&snapshot.observed, &mut state);
            inner.stop.run_until_cancelled(look).await;
        });
    }

    async fn look_at_vanity(&self, observed: &Observed, state: &mut State) {
        let tools = &self.behaviour.vanity;
        let picture = Picture::of(observed, &self.behaviour.scope.owner);
        let now = self.clock.monotonic();
        let is_settled = state.settled.as_ref().is_some_and(|(settled, since)| {
            *settled == picture && now.saturating_sub(*since) < tools.interval
        });
        if is_settled {
            return;
        }
        let mut look = Look::default();
        self.look_at_record_sets(observed, &picture, state, &mut look)
            .await;
        self.look_at_objects(observed, &picture, &mut look).await;
        self.look_at_endings(observed).await;
        state.settled = (!look.unfinished).then_some((picture, now));
        self.report.vanity(look.findings);
    }
}
