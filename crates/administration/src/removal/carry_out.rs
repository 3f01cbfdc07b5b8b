//! Carrying out a removal.

use std::collections::BTreeSet;
use std::time::Duration;

use arm_client::{Clock, Error, TrafficManagerApi};
use members::{Observed, ObservedProfile, OwnerId};
use traffic_manager::ProfileId;

use super::plan::{Leaving, is_disabled};
use super::{Options, Removal};
use crate::life;
use crate::owners::endpoints;
use crate::place::Place;
use crate::step::Step;

/// What happens meanwhile, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step is done.
    Done(&'a Step),
    /// Something has failed.
    Failed(&'a Failure),
    /// Resolvers are given time to forget.
    Waiting(Duration),
    /// The owner is there after all.
    Returned(&'a Return),
}

/// What became of a removal.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was done.
    pub done: Vec<Step>,
    /// What has failed. The rest of that profile is left as it is.
    pub failures: Vec<Failure>,
    /// Why nothing was deleted.
    pub returned: Vec<Return>,
}

/// Something that has failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A write.
    #[error("{step}")]
    Write {
        /// What was to be done.
        step: Box<Step>,
        /// What Azure said.
        source: Error,
    },
    /// Reading the profile once more.
    #[error("{0}: read the profile again")]
    Read(Place, #[source] Error),
    /// Azure has answered with something else than was asked for.
    #[error("{0}: Azure answered another profile")]
    Other(Place),
}

/// A sign that the owner is there after all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Where.
    pub profile: Place,
    /// What.
    pub sign: String,
}

/// Carries out a removal that was planned from `observed`.
///
/// It may be cut short anywhere and repeated: what is done is not done again.
pub async fn carry_out(
    api: &dyn TrafficManagerApi,
    clock: &dyn Clock,
    (removal, observed): (&Removal, &Observed),
    (owner, options): (&OwnerId, &Options),
    tell: &mut (dyn FnMut(Event<'_>) + Send),
) -> Outcome {
    let mut run = Run {
        api,
        tell,
        outcome: Outcome::default(),
        failed: BTreeSet::new(),
    };
    for step in &removal.disable {
        run.perform(step).await;
    }
    if !removal.wait.is_zero() {
        (run.tell)(Event::Waiting(removal.wait));
        clock.sleep(removal.wait).await;
    }

    // All are looked at before the first delete: an owner that is seen anywhere
    // is there.
    let mut fresh = Vec::new();
    for id in concerned(removal) {
        let Some(profile) = run.read(id).await else {
            continue;
        };
        if let Some(sign) = observed
            .profile(id)
            .and_then(|before| sign_of_return(before, &profile, owner))
        {
            let profile = Place::from(id);
            run.returned(Return { profile, sign });
        }
        fresh.push(profile);
    }
    if !run.outcome.returned.is_empty() {
        return run.outcome;
    }
    for profile in &fresh {
        let leaving = Leaving {
            profile,
            owner,
            successor: options.successor.as_ref(),
        };
        let deletes = leaving.delete();
        for step in &deletes {
            run.perform(step).await;
        }
        // Somebody may have joined while the endpoints went; then the profile is
        // not empty and must not be disabled.
        let again = if deletes.is_empty() {
            (!run.failed.contains(&profile.id)).then(|| profile.clone())
        } else {
            run.read(&profile.id).await
        };
        let Some(again) = again else {
            continue;
        };
        for step in &leaving.on(&again).close(clock.now()) {
            run.perform_after_success(step).await;
        }
    }
    run.outcome
}

/// The profiles of a removal, in the order of its steps.
fn concerned(removal: &Removal) -> Vec<&ProfileId> {
    let steps = removal.disable.iter().chain(&removal.remove);
    let ids: BTreeSet<_> = steps.map(|step| &step.profile).collect();
    ids.into_iter().collect()
}

/// What shows that the owner has been at work since.
fn sign_of_return(
    before: &ObservedProfile,
    now: &ObservedProfile,
    owner: &OwnerId,
) -> Option<String> {
    if life::heartbeat(now, owner) > life::heartbeat(before, owner) {
        return Some(format!("owner {owner} has been seen meanwhile"));
    }
    if !before.claims_of(owner).eq(now.claims_of(owner)) {
        return Some(format!(
            "the claims of owner {owner} have changed meanwhile"
        ));
    }
    endpoints(now, owner).find_map(|(name, endpoint, _)| {
        let target =
            |endpoint: &traffic_manager::profile::Endpoint| endpoint.properties.target.clone();
        if !is_disabled(endpoint) {
            return Some(format!("endpoint {name} has been enabled meanwhile"));
        }
        (before.endpoints().get(name).map(target) != Some(target(endpoint)))
            .then(|| format!("endpoint {name} has been changed meanwhile"))
    })
}

/// A removal under way.
struct Run<'a> {
    api: &'a dyn TrafficManagerApi,
    tell: &'a mut (dyn FnMut(Event<'_>) + Send),
    outcome: Outcome,
    /// Profiles in which something has failed.
    failed: BTreeSet<ProfileId>,
}

// === impl Run ===

impl Run<'_> {
    async fn perform(&mut self, step: &Step) {
        match step.perform(self.api).await {
            Ok(()) => {
                (self.tell)(Event::Done(step));
                self.outcome.done.push(step.clone());
            }
            Err(source) => {
                let step = Box::new(step.clone());
                let id = step.profile.clone();
                self.fail(&id, Failure::Write { step, source });
            }
        }
    }

    async fn perform_after_success(&mut self, step: &Step) {
        if !self.failed.contains(&step.profile) {
            self.perform(step).await;
        }
    }

    /// The profile as it is now, unless something has failed in it. One that
    /// does not exist any more needs nothing.
    async fn read(&mut self, id: &ProfileId) -> Option<ObservedProfile> {
        if self.failed.contains(id) {
            return None;
        }
        match self.api.get_profile(id).await {
            Ok(None) => None,
            Ok(Some(wire)) => {
                let profile = ObservedProfile::new(wire).filter(|profile| profile.id == *id);
                if profile.is_none() {
                    self.fail(id, Failure::Other(Place::from(id)));
                }
                profile
            }
            Err(error) => {
                self.fail(id, Failure::Read(Place::from(id), error));
                None
            }
        }
    }

    fn fail(&mut self, id: &ProfileId, failure: Failure) {
        self.failed.insert(id.clone());
        (self.tell)(Event::Failed(&failure));
        self.outcome.failures.push(failure);
    }

    fn returned(&mut self, sign: Return) {
        (self.tell)(Event::Returned(&sign));
        self.outcome.returned.push(sign);
    }
}
