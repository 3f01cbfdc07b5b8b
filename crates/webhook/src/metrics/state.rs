//! What the provider knows, as gauges.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::provider_api::Health;

/// Gauges that follow a provider's [`Health`].
#[derive(Debug)]
pub struct StateMetrics {
    profiles: Gauge,
    members: Gauge,
    conflicts: Gauge,
    held_deletions: Gauge,
    listing_failures: Gauge,
    overwritten: Counter,
    invalid_objects: Family<ReasonLabels, Gauge>,
    /// The reasons that have been seen. One that is over goes to 0 instead of keeping its last value.
    reasons: Mutex<BTreeSet<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: String,
}

impl StateMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            profiles: Gauge::default(),
            members: Gauge::default(),
            conflicts: Gauge::default(),
            held_deletions: Gauge::default(),
            listing_failures: Gauge::default(),
            overwritten: Counter::default(),
            invalid_objects: Family::default(),
            reasons: Mutex::default(),
        };
        registry.register(
            "profiles",
            "Profiles in which this owner has a member",
            metrics.profiles.clone(),
        );
        registry.register("members", "Members of this owner", metrics.members.clone());
        registry.register(
            "conflicts",
            "Members that are not as wanted because another owner stands in the way",
            metrics.conflicts.clone(),
        );
        registry.register(
            "held_deletions",
            "Members that are not deleted because too many were to be deleted at once",
            metrics.held_deletions.clone(),
        );
        registry.register(
            "consecutive_listing_failures",
            "Listings of Azure that have failed since the last success",
            metrics.listing_failures.clone(),
        );
        registry.register(
            "overwritten_profiles",
            "Profiles that somebody else created at the same moment and that were replaced",
            metrics.overwritten.clone(),
        );
        registry.register(
            "invalid_objects",
            "Kubernetes objects whose annotations are not usable",
            metrics.invalid_objects.clone(),
        );
        metrics
    }

    /// A profile that somebody else had just created was replaced.
    pub fn overwrote(&self) {
        self.overwritten.inc();
    }

    /// Shows this state.
    pub fn set(&self, health: &Health) {
        self.profiles.set(signed(health.profiles));
        self.members.set(signed(health.members));
        self.conflicts.set(signed(health.conflicts));
        self.held_deletions.set(signed(health.held_deletions));
        self.listing_failures
            .set(i64::from(health.consecutive_listing_failures));

        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.extend(health.invalid_objects.keys().cloned());
        for reason in reasons.iter() {
            let count = health.invalid_objects.get(reason).copied().unwrap_or(0);
            self.invalid_objects
                .get_or_create(&ReasonLabels {
                    reason: reason.clone(),
                })
                .set(signed(count));
        }
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
