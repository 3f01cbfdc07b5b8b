//! Azure in memory: what the commands use of it, a log of the writes, and a fault to order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use administration::step::{Step, Write};
use arm_client::{
    Clock, Deleted, Error, GeographicRegion, ListScope, NameAvailability, Operation, PutOutcome,
    TrafficManagerApi,
};
use async_trait::async_trait;
use jiff::Timestamp;
use members::Observed;
use traffic_manager::profile::{Endpoint, Profile, ProfilePatch};
use traffic_manager::{
    EndpointKind, EndpointName, ProfileId, PublicIp, RelativeName, SubscriptionId,
};

/// What somebody else does to the profiles.
type Meddling = Box<dyn FnOnce(&mut BTreeMap<ProfileId, Profile>) + Send>;

/// Azure, and the time.
#[derive(Default)]
pub(crate) struct Azure {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    profiles: BTreeMap<ProfileId, Profile>,
    writes: Vec<String>,
    fault: Option<Fault>,
    now: Timestamp,
    /// Happens during the next sleep.
    meanwhile: Option<Meddling>,
    /// Happens after so many writes.
    after: Option<(usize, Meddling)>,
}

/// Which writes fail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// So many succeed first.
    pub(crate) after: usize,
    /// All from then on, or just one.
    pub(crate) lasting: bool,
}

// === impl Azure ===

impl Azure {
    pub(crate) fn new(profiles: &[Profile], now: Timestamp) -> Self {
        let state = State {
            profiles: profiles
                .iter()
                .map(|profile| (profile.profile_id().unwrap(), profile.clone()))
                .collect(),
            now,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn profiles(&self) -> Vec<Profile> {
        self.with(|state| state.profiles.values().cloned().collect())
    }

    pub(crate) fn observed(&self) -> Observed {
        self.profiles().into_iter().collect()
    }

    /// The writes since the last call of this.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.writes))
    }

    pub(crate) fn fail(&self, fault: Option<Fault>) {
        self.with(|state| state.fault = fault);
    }

    pub(crate) fn after(
        &self,
        writes: usize,
        meddling: impl FnOnce(&mut BTreeMap<ProfileId, Profile>) + Send + 'static,
    ) {
        self.with(|state| state.after = Some((writes, Box::new(meddling))));
    }

    pub(crate) fn meanwhile(
        &self,
        meddling: impl FnOnce(&mut BTreeMap<ProfileId, Profile>) + Send + 'static,
    ) {
        self.with(|state| state.meanwhile = Some(Box::new(meddling)));
    }

    fn write<T>(
        &self,
        operation: Operation,
        id: &ProfileId,
        said: &impl std::fmt::Debug,
        change: impl FnOnce(&mut Profile) -> T,
    ) -> Result<T, Error> {
        self.with(|state| {
            if let Some(fault) = &mut state.fault {
                if fault.after == 0 {
                    if !fault.lasting {
                        state.fault = None;
                    }
                    return Err(Error::Request {
                        operation,
                        problem: "the fault that the test has ordered",
                    });
                }
                fault.after -= 1;
            }
            state.writes.push(log(operation, id, said));
            let done = change(state.profiles.get_mut(id).unwrap());
            let is_due = |(writes, _): &mut (usize, Meddling)| *writes == state.writes.len();
            if let Some((_, meddling)) = state.after.take_if(is_due) {
                meddling(&mut state.profiles);
            }
            Ok(done)
        })
    }
}

fn log(operation: Operation, id: &ProfileId, said: &impl std::fmt::Debug) -> String {
    format!("{operation} {} {said:?}", id.name)
}

/// A step as the log shows it.
pub(crate) fn logged(step: &Step) -> String {
    let operation = step.write.operation();
    let id = &step.profile;
    match &step.write {
        Write::DisableEndpoint(disabled) => log(operation, id, disabled.body()),
        Write::DeleteEndpoint(_, name) => log(operation, id, name),
        Write::DisableProfile => log(operation, id, &"Disabled"),
        Write::MergeTags(tags) | Write::DeleteTags(tags) => log(operation, id, tags),
    }
}

#[async_trait]
impl Clock for Azure {
    fn now(&self) -> Timestamp {
        self.with(|state| state.now)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, duration: Duration) {
        self.with(|state| {
            state.now += duration;
            if let Some(meddling) = state.meanwhile.take() {
                meddling(&mut state.profiles);
            }
        });
    }
}

#[async_trait]
impl TrafficManagerApi for Azure {
    async fn list_profiles(&self, _: &ListScope) -> Result<Vec<Profile>, Error> {
        Ok(self.profiles())
    }

    async fn get_profile(&self, id: &ProfileId) -> Result<Option<Profile>, Error> {
        Ok(self.with(|state| state.profiles.get(id).cloned()))
    }

    async fn put_profile(&self, _: &ProfileId, _: &Profile) -> Result<PutOutcome<Profile>, Error> {
        unimplemented!("no command creates or replaces a profile")
    }

    async fn patch_profile(&self, id: &ProfileId, body: &ProfilePatch) -> Result<Profile, Error> {
        let status = body.properties.profile_status.clone();
        self.write(
            Operation::ProfilesPatch,
            id,
            &status.clone().unwrap_or_default(),
            |profile| {
                profile.properties.profile_status = status;
                profile.clone()
            },
        )
    }

    async fn delete_profile(&self, _: &ProfileId) -> Result<Deleted, Error> {
        unimplemented!("no command deletes a profile")
    }

    async fn put_endpoint(&self, id: &ProfileId, endpoint: &Endpoint) -> Result<Endpoint, Error> {
        self.write(Operation::EndpointsPut, id, endpoint, |profile| {
            let endpoints = profile.properties.endpoints.get_or_insert_default();
            let mut written = endpoint.clone();
            // The target of what is not external is Azure's to say.
            let held = endpoints
                .iter()
                .find(|held| held.endpoint_name() == endpoint.endpoint_name());
            let known = held.and_then(|held| held.properties.target.clone());
            written.properties.target = written.properties.target.or(known);
            endpoints.retain(|held| held.endpoint_name() != endpoint.endpoint_name());
            endpoints.push(written.clone());
            written
        })
    }

    async fn delete_endpoint(
        &self,
        id: &ProfileId,
        kind: EndpointKind,
        name: &EndpointName,
    ) -> Result<Deleted, Error> {
        self.write(Operation::EndpointsDelete, id, name, |profile| {
            let endpoints = profile.properties.endpoints.get_or_insert_default();
            let before = endpoints.len();
            endpoints.retain(|held| {
                held.endpoint_name().as_ref() != Some(name) || held.kind() != Some(kind)
            });
            if endpoints.len() < before {
                Deleted::Deleted
            } else {
                Deleted::Absent
            }
        })
    }

    async fn merge_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        self.write(Operation::TagsMerge, id, tags, |profile| {
            let held = profile.tags.get_or_insert_default();
            held.extend(tags.clone());
            held.clone()
        })
    }

    async fn delete_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        self.write(Operation::TagsDelete, id, tags, |profile| {
            let held = profile.tags.get_or_insert_default();
            held.retain(|name, value| tags.get(name) != Some(value));
            held.clone()
        })
    }

    async fn replace_tags(
        &self,
        _: &ProfileId,
        _: &BTreeMap<String, String>,
    ) -> Result<Profile, Error> {
        unimplemented!("the tags of others are left alone")
    }

    async fn check_name(
        &self,
        _: &SubscriptionId,
        _: &RelativeName,
    ) -> Result<NameAvailability, Error> {
        unimplemented!("no command asks for a name")
    }

    async fn list_public_ips(&self, _: &SubscriptionId) -> Result<Vec<PublicIp>, Error> {
        unimplemented!("no command asks for public IP addresses")
    }

    async fn geographic_hierarchy(&self) -> Result<GeographicRegion, Error> {
        unimplemented!("no command asks for regions")
    }
}
