//! Deeds: what the writes to one profile mean for the objects behind its members.

use std::collections::BTreeMap;

use members::batch::ProfileChange;
use members::properties::Properties;
use members::{Member, MemberKey, ObservedProfile, OwnerId};
use traffic_manager::{EndpointName, ProfileId};

use super::Inner;
use super::execute::Execution;
use crate::events::Happening;

// === impl Inner ===

impl Inner {
    /// Says to the objects of a change what was done for them. `observed` is the profile as it was before; `change` is
    /// `None` for upkeep, which only takes away.
    pub(super) fn tell_deeds(
        &self,
        id: &ProfileId,
        observed: Option<&ObservedProfile>,
        change: Option<&ProfileChange>,
        execution: &Execution,
    ) {
        let owner = &self.behaviour.scope.owner;
        self.report
            .happened(deeds(id, observed, change, owner, execution));
    }
}

fn deeds(
    id: &ProfileId,
    observed: Option<&ObservedProfile>,
    change: Option<&ProfileChange>,
    owner: &OwnerId,
    execution: &Execution,
) -> Vec<Happening> {
    let effects = &execution.effects;
    let before: BTreeMap<_, _> = observed
        .into_iter()
        .flat_map(|profile| profile.members(owner))
        .map(|member| (member.key.endpoint.clone(), member))
        .collect();
    let upserts = change.map_or(&[][..], |change| &change.upserts);
    let in_place = |member: &&Member| !execution.is_without(&member.key.endpoint);
    let mut deeds = Vec::new();
    for member in upserts.iter().filter(in_place) {
        let endpoint = &member.key.endpoint;
        let is_written = effects.written.contains(endpoint);
        // One that was leaving has come back.
        let held = before.get(endpoint).filter(|held| !held.is_leaving());
        let Some(held) = held else {
            // One that is claimed as it is was there all the time.
            if is_written {
                deeds.push(Happening::created(&member.subject, &member.key));
            }
            continue;
        };
        let mut was = Properties::of_endpoint(held.endpoint);
        let mut is = Properties::endpoint(&member.endpoint);
        if effects.settings {
            was = was.and(held.profile.settings());
            is = is.and(Properties::settings(&member.settings));
        }
        if is_written || (effects.settings && was != is) {
            let updated = Happening::updated(&member.subject, &member.key, &was, &is);
            deeds.push(updated);
        }
    }
    let is_wanted = |name: &EndpointName| upserts.iter().any(|member| member.key.endpoint == *name);
    let is_replaced =
        |name: &EndpointName| change.is_some_and(|change| change.replaced.contains(name));
    for name in &effects.deleted {
        if is_wanted(name) || is_replaced(name) {
            continue;
        }
        if let Some(held) = before.get(name) {
            let key = MemberKey {
                profile: id.clone(),
                endpoint: name.clone(),
            };
            deeds.push(Happening::deleted(held.subject(), &key));
        }
    }
    deeds
}
