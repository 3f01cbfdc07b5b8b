//! What Azure's probes have found, one series for each status that is.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The status of profiles and members.
#[derive(Debug)]
pub struct HealthMetrics {
    endpoints: Present<EndpointLabels>,
    profiles: Present<ProfileLabels>,
}

/// The status of one member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct EndpointLabels {
    /// The profile's name.
    pub profile: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// Azure's word.
    pub status: &'static str,
}

/// The status of one profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct ProfileLabels {
    /// The profile's name.
    pub profile: String,
    /// Azure's word.
    pub status: &'static str,
}

/// Series that are 1 while they are there, and go when they are not true any more.
#[derive(Debug)]
struct Present<L: Clone + Eq + Hash> {
    family: Family<L, Gauge>,
    shown: Mutex<BTreeSet<L>>,
}

// === impl HealthMetrics ===

impl HealthMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            endpoints: Present::new(),
            profiles: Present::new(),
        };
        registry.register(
            "endpoint_status",
            "1 for the status that Azure's probes give a member of this owner, as last read",
            metrics.endpoints.family.clone(),
        );
        registry.register(
            "profile_status",
            "1 for the status that Azure gives a profile with a member of this owner, as last read",
            metrics.profiles.family.clone(),
        );
        metrics
    }

    /// Shows these and nothing else.
    pub fn set(&self, endpoints: BTreeSet<EndpointLabels>, profiles: BTreeSet<ProfileLabels>) {
        self.endpoints.set(endpoints);
        self.profiles.set(profiles);
    }
}

// === impl Present ===

impl<L: Clone + Eq + Hash + Ord> Present<L> {
    fn new() -> Self {
        Self {
            family: Family::default(),
            shown: Mutex::default(),
        }
    }

    fn set(&self, now: BTreeSet<L>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for over in shown.difference(&now) {
            self.family.remove(over);
        }
        for labels in now.difference(&shown) {
            self.family.get_or_create(labels).set(1);
        }
        *shown = now;
    }
}
