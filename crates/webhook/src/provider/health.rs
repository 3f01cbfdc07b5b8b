//! Health: what Azure's probes have found of this owner's members.
//!
//! Lists do not say it, so profiles are read one by one, in the background of a
//! loop and within a budget: each at most once per interval, never two at a
//! time, those first that were not read for the longest. Nothing waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use members::health::HealthSeen;
use members::{Observed, ObservedProfile, OwnerId};
use traffic_manager::{EndpointName, MonitorStatus, ProfileId};

use super::Inner;
use super::listing::Snapshot;
use crate::provider_api::error_chain;

/// So many profiles are read after one listing. Azure lets an identity read 25
/// times a second and this takes a part of one minute's.
const READS_PER_LOOP: usize = 50;

/// How long nothing is read after Azure has refused a read: others need what
/// there is. The longest time that a limit of Azure's counts over.
const QUIET: Duration = Duration::from_mins(5);

/// What has been seen, and when.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Mutex<Sights>,
    /// Held while profiles are read.
    reading: Arc<tokio::sync::Mutex<()>>,
}

/// By profile, those with a member of this owner only.
#[derive(Debug, Default)]
pub(super) struct Sights {
    profiles: BTreeMap<ProfileId, Sight>,
    /// Monotonic time.
    quiet_until: Duration,
}

#[derive(Debug, Default)]
struct Sight {
    health: HealthSeen,
    /// When it was read, or should have been. Monotonic time.
    read: Option<Duration>,
}

// === impl Sights ===

impl Sights {
    /// Keeps what a listing shows to be there, and takes in what is new.
    fn follow(&mut self, listed: &Observed, owner: &OwnerId) {
        let mut present: BTreeMap<ProfileId, BTreeSet<EndpointName>> = BTreeMap::new();
        for member in listed.members(owner).filter(|member| !member.is_leaving()) {
            let endpoints = present.entry(member.key.profile).or_default();
            endpoints.insert(member.key.endpoint);
        }
        self.profiles.retain(|id, _| present.contains_key(id));
        for (id, endpoints) in present {
            let sight = self.profiles.entry(id).or_default();
            sight.health.retain(&endpoints);
        }
    }

    /// The profiles to be read now.
    fn due(&self, interval: Duration, now: Duration) -> Vec<ProfileId> {
        if now < self.quiet_until {
            return Vec::new();
        }
        // Loops do not come to the second, and one that is early by a moment is
        // not to halve the rate.
        let interval = interval.saturating_sub(interval / 10);
        let is_due = |sight: &Sight| {
            let read = sight.read;
            read.is_none_or(|read| now.saturating_sub(read) >= interval)
        };
        let mut due: Vec<_> = self
            .profiles
            .iter()
            .filter(|(_, sight)| is_due(sight))
            .collect();
        due.sort_by_key(|(id, sight)| (sight.read, *id));
        let due = due.into_iter().take(READS_PER_LOOP);
        due.map(|(id, _)| id.clone()).collect()
    }

    /// Each profile with what has been seen of it.
    pub(super) fn profiles(&self) -> impl Iterator<Item = (&ProfileId, &HealthSeen)> {
        let profiles = self.profiles.iter();
        profiles.map(|(id, sight)| (id, &sight.health))
    }
}

// === impl Inner ===

impl Inner {
    /// Starts to read the profiles that are due, unless some are being read.
    pub(super) fn start_watch(self: &Arc<Self>, snapshot: &Snapshot) {
        let Some(interval) = self.behaviour.health_interval else {
            return;
        };
        let now = self.clock.monotonic();
        let due = {
            let mut seen = self.seen();
            seen.follow(&snapshot.observed, &self.behaviour.scope.owner);
            self.report.health_seen(&seen, &[]);
            seen.due(interval, now)
        };
        if due.is_empty() {
            return;
        }
        let Ok(turn) = Arc::clone(&self.watch.reading).try_lock_owned() else {
            return;
        };
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let _turn = turn;
            for id in due {
                if inner.stop.is_cancelled() || !inner.read_health(&id).await {
                    return;
                }
            }
        });
    }

    /// Returns whether the next one may be read. After a failure the rest waits
    /// for the next loop, and this one for its next turn.
    async fn read_health(&self, id: &ProfileId) -> bool {
        if let Some(sight) = self.seen().profiles.get_mut(id) {
            sight.read = Some(self.clock.monotonic());
        }
        match self.api.get_profile(id).await {
            Ok(profile) => {
                let read = profile.and_then(ObservedProfile::new);
                if let Some(read) = read.filter(|read| read.id == *id) {
                    self.saw(&read);
                }
                true
            }
            Err(error) => {
                if error.is_throttled() {
                    self.seen().quiet_until = self.clock.monotonic() + QUIET;
                }
                tracing::debug!(profile = %id.name, correlation_id = error.correlation_id(), error = %error_chain(&error), "reading the health of the profile failed");
                false
            }
        }
    }

    /// A profile was read, for whatever purpose.
    pub(super) fn saw(&self, read: &ObservedProfile) {
        if self.behaviour.health_interval.is_none() {
            return;
        }
        let mut seen = self.seen();
        // What is not listed yet is read after the next listing.
        let Some(sight) = seen.profiles.get_mut(&read.id) else {
            return;
        };
        sight.read = Some(self.clock.monotonic());
        let changes = sight.health.update(read, &self.behaviour.scope.owner);
        self.report.health_seen(&seen, &changes);
    }

    /// What is known of a profile and of one member.
    pub(super) fn health_of(
        &self,
        profile: &ProfileId,
        endpoint: &EndpointName,
    ) -> (Option<MonitorStatus>, Option<MonitorStatus>) {
        let seen = self.seen();
        let Some(sight) = seen.profiles.get(profile) else {
            return (None, None);
        };
        let mut members = sight.health.members();
        let member = members.find(|(name, _)| *name == endpoint);
        (sight.health.profile(), member.map(|(_, status)| status))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Sights> {
        let seen = self.watch.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner)
    }
}
