//! The tag writes of a plan: claim first, unclaim last.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use traffic_manager::EndpointName;
use traffic_manager::tag::TAGS_MAX;

use super::{Gate, Step, Write};
use crate::claim::{self, Claim, ClaimTooLong};
use crate::marks::{MANAGED_BY, MANAGED_BY_VALUE, RETIRED, SETTINGS_OWNER, VANITY_HOST};
use crate::member::{Member, Settings};
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;

/// Tag writes before and after everything else.
#[derive(Debug, Default)]
pub(super) struct TagSteps {
    pub(super) first: Vec<Step>,
    pub(super) last: Vec<Step>,
}

/// Why claims cannot be kept in the profile's tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRoom {
    #[error(transparent)]
    TooLong(#[from] ClaimTooLong),
    #[error("the tags of profile {profile} have no room, it would need {needed}: {usage}")]
    TooMany {
        profile: String,
        needed: usize,
        usage: claim::Usage,
    },
}

type Tags = BTreeMap<String, String>;

pub(super) fn plan(
    profile: &ObservedProfile,
    upserts: &[&Member],
    removals: &BTreeSet<EndpointName>,
    leaving: &BTreeSet<EndpointName>,
    settings: Option<&Settings>,
    owner: &OwnerId,
    now: Timestamp,
) -> Result<TagSteps, NoRoom> {
    let held: Tags = profile.wire.tags.clone().unwrap_or_default();
    let held_claims: Tags = held
        .iter()
        .filter(|(name, _)| claim::owner_of(name).as_ref() == Some(owner))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();

    let wanted: BTreeMap<_, _> = upserts
        .iter()
        .map(|member| (&member.key.endpoint, *member))
        .collect();
    let mut during: Vec<Claim> = Vec::new();
    for member in profile.members(owner) {
        let mut claim = member.claim.clone();
        if let Some(wish) = wanted.get(&member.key.endpoint) {
            // The object behind a member can change its name and keep the member.
            claim.subject = wish.subject.clone();
            claim.leaving = None;
        }
        if leaving.contains(&claim.endpoint) {
            claim.leaving = Some(claim::to_the_millisecond(now));
        }
        during.push(claim);
    }
    let claimed: BTreeSet<_> = during.iter().map(|claim| claim.endpoint.clone()).collect();
    let unclaimed = upserts
        .iter()
        .filter(|member| !claimed.contains(&member.key.endpoint));
    for member in unclaimed {
        // A claim that did not lead to an endpoint counts from the new attempt.
        let claim = Claim::new(member, owner, now);
        during.push(claim);
    }
    let after: Vec<Claim> = during
        .iter()
        .filter(|claim| !removals.contains(&claim.endpoint))
        .cloned()
        .collect();

    let during = claim::arrange(owner, &during, &held, now)?;
    let after = claim::arrange(owner, &after, &during, now)?;
    let mut merge: Tags = changed(&during, &held);
    let mut delete = Tags::new();
    if !upserts.is_empty() {
        if let Some(since) = held.get(RETIRED).filter(|_| profile.marks.managed) {
            delete.insert(RETIRED.to_owned(), since.clone());
        }
        if profile.marks.adoptable {
            merge.insert(MANAGED_BY.to_owned(), MANAGED_BY_VALUE.to_owned());
        }
        if let Some(settings) = settings {
            merge.extend(changed(
                &Tags::from([(SETTINGS_OWNER.to_owned(), owner.to_string())]),
                &held,
            ));
            match &settings.vanity_host {
                Some(host) => merge.extend(changed(
                    &Tags::from([(VANITY_HOST.to_owned(), host.to_string())]),
                    &held,
                )),
                None => delete.extend(
                    held.get_key_value(VANITY_HOST)
                        .map(|(k, v)| (k.clone(), v.clone())),
                ),
            }
        }
    }
    let added = merge.keys().filter(|name| !held.contains_key(*name));
    let added = added.count();
    if added > 0 && held.len() + added > TAGS_MAX {
        return Err(NoRoom::TooMany {
            profile: profile.id.name.to_string(),
            needed: held.len() + added,
            usage: claim::Usage::of(owner, &held),
        });
    }
    let mut steps = TagSteps::default();
    if !merge.is_empty() {
        steps.first.push(Step {
            write: Write::MergeTags(merge),
            member: None,
            gate: Gate::Vital,
        });
    }
    if !delete.is_empty() {
        steps.first.push(Step {
            write: Write::DeleteTags(delete),
            member: None,
            gate: Gate::Alone,
        });
    }
    // What the tags hold once the first steps are done.
    let standing: Tags = held_claims.into_iter().chain(during).collect();
    let merge = changed(&after, &standing);
    let delete: Tags = standing
        .into_iter()
        .filter(|(name, _)| !after.contains_key(name))
        .collect();
    if !merge.is_empty() {
        steps.last.push(Step {
            write: Write::MergeTags(merge),
            member: None,
            gate: Gate::AfterSuccess,
        });
    }
    if !delete.is_empty() {
        steps.last.push(Step {
            write: Write::DeleteTags(delete),
            member: None,
            gate: Gate::AfterSuccess,
        });
    }
    Ok(steps)
}

/// The wanted tags that are not there with the same value.
fn changed(wanted: &Tags, held: &Tags) -> Tags {
    wanted
        .iter()
        .filter(|(name, value)| held.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
