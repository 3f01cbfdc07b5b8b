//! Vanity records: after a listing, in the background, the records of vanity
//! hosts are compared with what the profiles ask for.
//!
//! That is done when something has changed that a record depends on, when the
//! last time failed, less and less often, and now and then for what others may
//! have changed. A listing can be old when it is used here, so nothing is written
//! before the profile in question was read once more.

mod ending;
mod objects;
mod records;
mod turn;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arm_client::DnsApi;
use azure_dns::{Zone, ZoneId};
use members::{Finding, Observed, ObservedProfile, Reason};
use traffic_manager::ProfileId;
use vanity::Picture;

use super::Inner;
use super::listing::Snapshot;
use crate::cluster::Cluster;
use crate::resolver::Resolver;

use turn::Turn;
use writes::Refused;

pub(super) use ending::{Ending, Endings};

/// How long a list of zones is believed.
const ZONES_FOR: Duration = Duration::from_mins(15);

/// How long after the second unfinished look in a row the next one is; later it is longer and longer.
const REST: Duration = Duration::from_secs(30);

/// For how long after an object was removed its record may still be in DNS.
const RESTLESS: Duration = Duration::from_mins(15);

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
pub(super) struct VanityState {
    records: Turn<State>,
    /// Of those who look at the ends of profiles.
    endings: Turn<()>,
    /// The zones of the default subscription, and when they were listed.
    zones: std::sync::Mutex<Option<(Vec<Zone>, Duration)>>,
}

#[derive(Debug, Default)]
struct State {
    /// `None` before the first look.
    last: Option<Last>,
    /// The zones in which a record of ours was seen: it may have outlived its
    /// profile. `None` before the first look.
    ours: Option<BTreeSet<ZoneId>>,
    /// What was found about record sets, and about objects.
    records: Vec<Finding>,
    objects: Vec<Finding>,
    /// Until when every listing is followed by a look: an object was removed, and
    /// the record that another ExternalDNS made of it goes some time later.
    restless: Option<Duration>,
    /// Since when profiles in use have had no vanity host although there is a
    /// record for them.
    hostless: BTreeMap<ProfileId, Duration>,
    /// Changes of a record's type that Azure has refused.
    refused: Refused,
}

/// The last look.
#[derive(Debug)]
struct Last {
    /// What the records depend on.
    picture: Picture,
    /// How many looks at this in a row have been unfinished.
    unfinished: u32,
    /// When the next one is, should nothing change. Monotonic time.
    next: Duration,
}

/// What one look has found.
#[derive(Debug, Default)]
struct Look {
    findings: Vec<Finding>,
    /// Not everything could be judged: what was found before may still be so.
    unjudged: bool,
    /// An object was removed.
    removed: bool,
    /// Profiles whose record could not be made: what they have stays.
    failed: BTreeSet<ProfileId>,
    /// Something failed or could not be judged: it is looked at again soon.
    unfinished: bool,
    /// Something is to be done when this time has passed.
    wait: Option<Duration>,
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
    fn wait(&mut self, time: Duration) {
        self.wait = Some(self.wait.map_or(time, |wait| wait.min(time)));
    }

    /// What was found, and what was found before as far as it could not be judged.
    fn found(&mut self, before: &[Finding]) -> Vec<Finding> {
        let mut found = std::mem::take(&mut self.findings);
        if std::mem::take(&mut self.unjudged) {
            let conflicts = before
                .iter()
                .filter(|finding| finding.reason == Reason::VanityConflict);
            let missing: Vec<_> = conflicts
                .filter(|finding| !found.contains(finding))
                .cloned()
                .collect();
            found.extend(missing);
        }
        found
    }

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
                Ok(None) => drop(self.read.insert(id.clone(), None)),
                Ok(Some(profile)) => {
                    let profile = ObservedProfile::new(profile).filter(|held| held.id == *id);
                    if profile.is_none() {
                        // To take it for gone would be to remove what leads to it.
                        tracing::debug!(profile = %id.name, "vanity records: Azure answered a profile with another id");
                        self.unfinished = true;
                        self.unjudged = true;
                        return None;
                    }
                    self.read.insert(id.clone(), profile);
                }
                Err(error) => {
                    tracing::debug!(profile = %id.name, error = %crate::provider_api::error_chain(&error), "vanity records: reading the profile failed");
                    self.unfinished = true;
                    self.unjudged = true;
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
        let inner = Arc::clone(self);
        inner.vanity.records.put(Arc::clone(snapshot));
        tokio::spawn(async move {
            inner.stop.run_until_cancelled(inner.take_turn()).await;
        });
    }

    async fn take_turn(&self) {
        let Some((mut state, snapshot)) = self.vanity.records.take().await else {
            return;
        };
        if !self.look_at_vanity(&snapshot.observed, &mut state).await {
            return;
        }
        self.vanity.endings.put(snapshot);
        drop(state);
        if let Some((_turn, snapshot)) = self.vanity.endings.take().await {
            self.look_at_endings(&snapshot.observed).await;
        }
    }

    /// Says whether it was time.
    async fn look_at_vanity(&self, observed: &Observed, state: &mut State) -> bool {
        let tools = &self.behaviour.vanity;
        let picture = Picture::of(observed, &self.behaviour.scope.owner);
        let now = self.clock.monotonic();
        let is_restless = state.restless.is_some_and(|until| now < until);
        let before = state.last.as_ref().filter(|last| last.picture == picture);
        let unfinished = before.map_or(0, |last| last.unfinished);
        let is_settled = !is_restless && before.is_some_and(|last| now < last.next);
        if is_settled {
            return false;
        }
        // A host that is there again counts from the next time that it is not.
        state.hostless.retain(|id, _| {
            let held = observed.profile(id);
            held.is_some_and(|held| held.marks.vanity.is_none() && !held.is_empty())
        });
        let mut look = Look::default();
        self.look_at_record_sets(observed, &picture, state, &mut look)
            .await;
        state.records = look.found(&state.records);
        self.look_at_objects(observed, &picture, state, &mut look)
            .await;
        state.objects = look.found(&state.objects);
        if look.removed {
            state.restless = Some(self.clock.monotonic() + RESTLESS);
        }
        let unfinished = if look.unfinished { unfinished + 1 } else { 0 };
        let rest = rest(unfinished, tools.interval);
        let rest = look.wait.map_or(rest, |wait| wait.min(rest));
        // What others do meanwhile may not have been seen; what fails is left alone afterwards.
        let since = if look.unfinished {
            self.clock.monotonic()
        } else {
            now
        };
        state.last = Some(Last {
            picture,
            unfinished,
            next: since + rest,
        });
        let disputes = vanity::disputes(observed, &self.behaviour.scope.owner);
        let all = state.records.iter().chain(&state.objects).cloned();
        self.report.vanity(all.chain(disputes).collect());
        true
    }
}

/// How long it is left alone after so many unfinished looks in a row. One may be for a race or an answer that got lost,
/// and is made good in the next loop. More are for something that a person has to mend.
fn rest(unfinished: u32, interval: Duration) -> Duration {
    let rest = match unfinished {
        0 => interval,
        1 => Duration::ZERO,
        more => REST.saturating_mul(2_u32.saturating_pow(more - 2)),
    };
    rest.min(interval)
}

#[cfg(test)]
mod tests {
    use members::Subject;

    use super::*;

    #[test]
    fn rests_grow_and_are_never_longer_than_the_interval() {
        let minute = Duration::from_mins(1);
        let rests = [0, 1, 2, 3, 4, 5, 6, u32::MAX].map(|n| rest(n, 5 * minute).as_secs());
        assert_eq!(rests, [300, 0, 30, 60, 120, 240, 300, 300]);
        assert_eq!(rest(9, minute / 60), minute / 60);
    }

    #[test]
    fn what_stands_unjudged_is_kept_once() {
        let subject = Subject {
            resource: "service/default/a".to_owned(),
            host: "a.example.com".to_owned(),
        };
        let conflict = Finding::new(Reason::VanityConflict, &subject, "x");
        let failed = Finding::new(Reason::VanityFailed, &subject, "x");
        let mut before = vec![conflict.clone(), failed];
        for _ in 0..3 {
            let mut look = Look {
                findings: vec![conflict.clone()],
                unjudged: true,
                ..Look::default()
            };
            before = look.found(&before);
            assert_eq!(before, std::slice::from_ref(&conflict));
        }
        let mut look = Look {
            unjudged: true,
            ..Look::default()
        };
        assert_eq!(look.found(&before), [conflict]);
        assert_eq!(Look::default().found(&before), []);
    }
}
