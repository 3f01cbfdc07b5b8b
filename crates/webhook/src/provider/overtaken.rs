//! Being overtaken: somebody else writes to the profile between our reading it and our writing to it.
//!
//! Azure has no conditional writes. An endpoint that has to make way for a moment frees its target and its priority, and
//! another owner's endpoint may have taken the number when it is written again. Azure's refusal then says nothing
//! about the wish: with what is there now, the plan is another one.

use std::collections::{BTreeMap, BTreeSet};

use members::ObservedProfile;
use members::plan::{Write, retract};
use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointName, ProfileId};

use super::Inner;
use super::execute::Failure;
use super::found::is_invalid;

// === impl Inner ===

impl Inner {
    /// Whether Azure refused an endpoint of a profile that is no longer as it was read: others have written theirs.
    pub(super) async fn was_overtaken(
        &self,
        id: &ProfileId,
        before: Option<&ObservedProfile>,
        failure: &Failure,
    ) -> bool {
        let endpoint = matches!(failure.step.write, Write::PutEndpoint(_));
        let Some(before) = before.filter(|_| endpoint && is_invalid(&failure.error)) else {
            return false;
        };
        let Ok(Some(now)) = self.api.get_profile(id).await else {
            return false;
        };
        ObservedProfile::new(now).is_some_and(|now| self.others(&now) != self.others(before))
    }

    /// Gives up claims to endpoints that another owner has claimed first. Should that fail, the earlier time
    /// decides between the two, and the loser's claim is collected by upkeep.
    pub(super) async fn retract(&self, id: &ProfileId, contested: &BTreeSet<EndpointName>) {
        for name in contested {
            tracing::warn!(profile = %id.name, endpoint = %name, "another owner has claimed the endpoint first; the claim is taken back");
        }
        let Ok(Some(profile)) = self.api.get_profile(id).await else {
            return;
        };
        if let Some(profile) = ObservedProfile::new(profile) {
            let owner = &self.behaviour.scope.owner;
            let plan = retract(&profile, owner, contested, self.clock.now());
            self.carry_out(id, plan).await;
        }
    }

    /// The endpoints that are not this owner's, as they could be written.
    fn others(&self, profile: &ObservedProfile) -> BTreeMap<EndpointName, Endpoint> {
        let owner = &self.behaviour.scope.owner;
        let endpoints = profile.endpoints().iter();
        endpoints
            .filter(|(name, _)| {
                profile
                    .claim(name)
                    .is_none_or(|claim| claim.owner != *owner)
            })
            .map(|(name, endpoint)| (name.clone(), endpoint.to_request()))
            .collect()
    }
}
