//! The service as the tasks of a running emulator share it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_plane::{Directory, Fqdn, Hosted, ProbeJob, ProbeReport, ProbeSink};
use tokio::sync::watch;

use crate::service::Service;

/// How often endpoints were answered over DNS, by profile name and endpoint.
pub(crate) type Answers = BTreeMap<String, BTreeMap<String, u64>>;

/// A handle to the service. Every use holds a lock for the length of a plain function call.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: Mutex<Service>,
    answers: Mutex<Answers>,
    jobs: watch::Sender<Vec<ProbeJob>>,
}

impl Shared {
    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(Inner {
            service: Mutex::new(service),
            answers: Mutex::default(),
            jobs: watch::Sender::new(Vec::new()),
        }))
    }

    /// Uses the service. When that changes what is to be probed, the prober is told.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Service) -> T) -> T {
        // A panic in another request leaves the service as it was between two assignments; the emulator goes on.
        let mut service = self
            .0
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut service);
        if let Some(jobs) = service.state.take_changed_probes() {
            // Under the lock, so that an older list never overtakes a newer one.
            self.0.jobs.send_replace(jobs);
        }
        result
    }

    /// What is to be probed, as it changes.
    pub(crate) fn jobs(&self) -> watch::Receiver<Vec<ProbeJob>> {
        self.0.jobs.subscribe()
    }

    /// How often endpoints were answered.
    pub(crate) fn answers(&self) -> Answers {
        self.0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Directory for Shared {
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<data_plane::Profile>> {
        self.with(|service| service.state.profile(fqdn))
    }

    fn has_descendants(&self, name: &Fqdn) -> bool {
        self.with(|service| service.state.has_descendants(name))
    }

    fn hosted(&self, name: &Fqdn) -> Option<Hosted> {
        self.with(|service| service.state.hosted(name))
    }

    fn served(&self, profile: &Fqdn, endpoint: &str) {
        *self
            .0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(profile.to_string())
            .or_default()
            .entry(endpoint.to_owned())
            .or_default() += 1;
    }
}

impl ProbeSink for Shared {
    fn report(&self, report: ProbeReport) {
        self.with(|service| service.state.record(&report));
    }
}
