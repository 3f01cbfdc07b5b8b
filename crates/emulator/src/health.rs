//! What is known about the health of endpoints: what the probes report and what the control API forces.
//!
//! The book says for every endpoint which probe it needs. A probe that would be made differently (another target,
//! another monitor, enabled again) starts the endpoint over, under a new generation.

use std::collections::{BTreeMap, BTreeSet};

use data_plane::health::{Assessment, EndpointStatus, ProfileStatus};
use data_plane::{ProbeJob, ProbeKey, ProbeReport, ProbedHealth};

use crate::model::Profile;
use crate::view;

/// Monitor statuses of a profile, as documents show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    /// `profileMonitorStatus`.
    pub profile: ProfileStatus,
    endpoints: BTreeMap<String, EndpointStatus>,
}

/// A health that the control API demands in place of what the probes find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForcedHealth {
    /// Probes succeed.
    Online,
    /// Probes fail.
    Degraded,
}

/// The health of every endpoint.
#[derive(Debug, Default)]
pub(crate) struct HealthBook {
    entries: BTreeMap<ProbeKey, Entry>,
    last_generation: u64,
}

#[derive(Debug, Default)]
struct Entry {
    job: Option<ProbeJob>,
    probed: ProbedHealth,
    forced: Option<ForcedHealth>,
}

// === impl Statuses ===

impl Statuses {
    /// The statuses of `view`, which `assessment` describes.
    pub(crate) fn new(view: &data_plane::Profile, assessment: &Assessment) -> Self {
        Self {
            profile: assessment.status,
            endpoints: view
                .endpoints
                .iter()
                .zip(&assessment.endpoints)
                .map(|(endpoint, status)| (endpoint.name.to_ascii_lowercase(), *status))
                .collect(),
        }
    }

    /// `endpointMonitorStatus` of the endpoint with this name in any letter case.
    pub fn endpoint(&self, name: &str) -> Option<EndpointStatus> {
        self.endpoints.get(&name.to_ascii_lowercase()).copied()
    }
}

// === impl ForcedHealth ===

impl ForcedHealth {
    /// The status that an enabled endpoint shows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "Online",
            Self::Degraded => "Degraded",
        }
    }
}

// === impl HealthBook ===

impl HealthBook {
    /// Takes over the endpoints of a profile as they are now. Returns whether what is to be probed has changed.
    pub(crate) fn update(&mut self, profile: &Profile) -> bool {
        let mut changed = false;
        let mut present = BTreeSet::new();
        for endpoint in &profile.endpoints {
            let key = view::probe_key(profile, &endpoint.name);
            let entry = self.entries.entry(key.clone()).or_default();
            let generation = entry.job.as_ref().map_or(0, |job| job.generation);
            let job = view::probe_job(profile, endpoint, generation);
            if entry.job != job {
                self.last_generation += 1;
                entry.job = job.map(|job| ProbeJob {
                    generation: self.last_generation,
                    ..job
                });
                entry.probed = ProbedHealth::Unknown;
                changed = true;
            }
            present.insert(key);
        }
        changed | self.retain(profile, |key| present.contains(key))
    }

    /// Forgets the endpoints of a profile. Returns whether what is to be probed has changed.
    pub(crate) fn forget(&mut self, profile: &Profile) -> bool {
        self.retain(profile, |_| false)
    }

    /// What routing has to take for the health of an endpoint.
    pub(crate) fn health(&self, key: &ProbeKey) -> ProbedHealth {
        match self.entries.get(key) {
            None => ProbedHealth::Unknown,
            Some(entry) => match entry.forced {
                Some(ForcedHealth::Online) => ProbedHealth::Healthy,
                Some(ForcedHealth::Degraded) => ProbedHealth::Unhealthy,
                None => entry.probed,
            },
        }
    }

    /// The forced health of an endpoint.
    pub(crate) fn forced(&self, key: &ProbeKey) -> Option<ForcedHealth> {
        self.entries.get(key).and_then(|entry| entry.forced)
    }

    /// Forces the health of an endpoint, or hands it back to the probes.
    pub(crate) fn force(&mut self, key: &ProbeKey, forced: Option<ForcedHealth>) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.forced = forced;
        }
    }

    /// Takes a report in, unless it is about a probe that is no longer made. Returns whether the health has changed.
    pub(crate) fn record(&mut self, report: &ProbeReport) -> bool {
        let Some(entry) = self.entries.get_mut(&report.key) else {
            return false;
        };
        let is_current = entry
            .job
            .as_ref()
            .is_some_and(|job| job.generation == report.generation);
        if !is_current || entry.probed == report.health {
            return false;
        }
        entry.probed = report.health;
        entry.forced.is_none()
    }

    /// Everything that is to be probed.
    pub(crate) fn jobs(&self) -> Vec<ProbeJob> {
        self.entries
            .values()
            .filter_map(|entry| entry.job.clone())
            .collect()
    }

    fn retain(&mut self, profile: &Profile, keep: impl Fn(&ProbeKey) -> bool) -> bool {
        let prefix = view::probe_key_prefix(profile);
        let mut changed = false;
        self.entries.retain(|key, entry| {
            let stays = !key.as_str().starts_with(&prefix) || keep(key);
            changed |= !stays && entry.job.is_some();
            stays
        });
        changed
    }
}
