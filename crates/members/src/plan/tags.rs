//! The tag writes of a plan: claim first, unclaim last.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use traffic_manager::EndpointName;
use traffic_manager::tag::{TAGS_MAX, check_value, same_name};

use super::{Gate, Step, Write};
use crate::claim::{self, Claim, ClaimTooLong};
use crate::marks::{MANAGED_BY, MANAGED_BY_VALUE, RETIRED, SETTINGS_OWNER, USER_TAGS, VANITY_HOST};
use crate::member::{Member, Settings};
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;
use crate::user_tags;

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
            match &settings.vanity {
                Some(vanity) => merge.extend(changed(
                    &Tags::from([(VANITY_HOST.to_owned(), vanity.to_string())]),
                    &held,
                )),
                None => delete.extend(
                    held.get_key_value(VANITY_HOST)
                        .map(|(k, v)| (k.clone(), v.clone())),
                ),
            }
        }
    }
    let user = settings
        .filter(|_| !upserts.is_empty())
        .map(|settings| UserTagSteps::new(profile, settings))
        .filter(|user| {
            let added = merge.keys().chain(user.merge.keys());
            // Claims come first: the user's tags wait until there is room.
            room_for(added, &held) || user.merge.is_empty()
        })
        .unwrap_or_default();
    delete.extend(user.delete);
    if !room_for(merge.keys().chain(user.merge.keys()), &held) {
        return Err(NoRoom::TooMany {
            profile: profile.id.name.to_string(),
            needed: held.len() + added(merge.keys().chain(user.merge.keys()), &held),
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
    // A policy may forbid what the user asks for. No claim waits for that.
    if !user.merge.is_empty() {
        steps.first.push(Step {
            write: Write::MergeTags(user.merge),
            member: None,
            gate: Gate::Alone,
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
    let mut merge = changed(&after, &standing);
    let mut delete: Tags = standing
        .into_iter()
        .filter(|(name, _)| !after.contains_key(name))
        .collect();
    merge.extend(user.merge_last);
    delete.extend(user.delete_last);
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

/// The user's tags, and the tag that names them. The names of new ones come with
/// them; a name goes only when its tag has gone, or nobody would know any more
/// that it was ours.
#[derive(Debug, Default)]
struct UserTagSteps {
    merge: Tags,
    delete: Tags,
    merge_last: Tags,
    delete_last: Tags,
}

// === impl UserTagSteps ===

impl UserTagSteps {
    fn new(profile: &ObservedProfile, settings: &Settings) -> Self {
        let change = user_tags::change(&profile.wire, settings.tags.as_ref());
        let mut steps = Self {
            merge: change.set,
            delete: change.delete,
            ..Self::default()
        };
        let held = profile.wire.tag(USER_TAGS);
        if held == change.names.as_deref() {
            return steps;
        }
        let pair = |names: &str| Tags::from([(USER_TAGS.to_owned(), names.to_owned())]);
        match (held, &change.names) {
            (None, Some(names)) => steps.merge.extend(pair(names)),
            (Some(held), None) => steps.delete_last = pair(held),
            (Some(held), Some(names)) => {
                let is_new = |name: &&str| held.split(',').all(|held| !same_name(held, name));
                let both = names.split(',').filter(is_new).chain([held]);
                let both = both.collect::<Vec<_>>().join(",");
                if both != held {
                    // Too long for a tag only while one set of tags goes and
                    // another comes: then the new names have to do.
                    let fits = check_value(&both).is_ok();
                    steps.merge.extend(pair(if fits { &both } else { names }));
                }
                if both != *names {
                    steps.merge_last = pair(names);
                }
            }
            (None, None) => {}
        }
        steps
    }
}

/// How many of these names are new.
fn added<'a>(names: impl Iterator<Item = &'a String>, held: &Tags) -> usize {
    let is_new = |name: &&String| !held.keys().any(|held| same_name(held, name));
    names.filter(is_new).count()
}

fn room_for<'a>(names: impl Iterator<Item = &'a String>, held: &Tags) -> bool {
    let added = added(names, held);
    added == 0 || held.len() + added <= TAGS_MAX
}

/// The wanted tags that are not there with the same value.
fn changed(wanted: &Tags, held: &Tags) -> Tags {
    wanted
        .iter()
        .filter(|(name, value)| held.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
