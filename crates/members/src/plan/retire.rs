//! Retirement: an empty profile is kept, disabled and marked with the time,
//! because deleting it frees its global name while a CNAME may still point
//! there, and anyone could register it. After a grace it is deleted.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use traffic_manager::profile::{ProfilePatch, ProfilePatchProperties};
use traffic_manager::{ProfileId, Switch};

use super::{Gate, Plan, Step, Write, leaving};
use crate::claim;
use crate::marks::{RETIRED, SETTINGS_OWNER};
use crate::observe::{Observed, ObservedProfile};
use crate::owner::OwnerId;

/// How long a stale claim, one without an endpoint, is left alone: its create
/// may be under way.
const STALE_CLAIM: Duration = Duration::from_mins(10);

/// What to do about profiles without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upkeep {
    /// How long an empty profile stays; `None` keeps it for ever.
    pub grace: Option<Duration>,
    /// How long a member whose object is gone stays, disabled.
    pub delete_grace: Duration,
}

/// The steps that retire a profile.
pub(super) fn steps(profile: &ObservedProfile, owner: &OwnerId, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    let held = profile
        .wire
        .properties
        .profile_status
        .as_deref()
        .map(str::parse);
    if held != Some(Ok(Switch::Disabled)) {
        let properties = ProfilePatchProperties {
            profile_status: Some(Switch::Disabled.to_string()),
            ..ProfilePatchProperties::default()
        };
        steps.push(Step {
            write: Write::PatchProfile(Box::new(ProfilePatch { properties })),
            member: None,
            gate: Gate::AfterSuccess,
        });
    }
    // The time is always written: a mark that is left over from an earlier
    // retirement would end the grace at once. Who retires sees to the end.
    let since = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let marks = BTreeMap::from([
        (RETIRED.to_owned(), since.to_string()),
        (SETTINGS_OWNER.to_owned(), owner.to_string()),
    ]);
    steps.push(Step {
        write: Write::MergeTags(marks),
        member: None,
        gate: Gate::AfterSuccess,
    });
    steps
}

/// What a listing shows to be left over, for this owner to clear up: profiles
/// whose grace is over, empty profiles whose retirement was cut short, marks of
/// retirement on profiles in use, and its own claims to endpoints that do not
/// exist.
pub fn upkeep(
    observed: &Observed,
    owner: &OwnerId,
    upkeep: Upkeep,
    now: Timestamp,
) -> Vec<(ProfileId, Plan)> {
    let plans = observed.profiles().filter_map(|profile| {
        let leaving = leaving::upkeep(profile, owner, upkeep.delete_grace, now);
        let steps = if !leaving.is_empty() {
            leaving
        } else if !profile.marks.managed {
            Vec::new()
        } else if profile.is_empty() {
            empty(profile, owner, upkeep, now)
        } else {
            stale(profile, owner, now)
        };
        let plan = Plan {
            steps,
            refused: Vec::new(),
        };
        (!plan.steps.is_empty()).then(|| (profile.id.clone(), plan))
    });
    plans.collect()
}

fn empty(profile: &ObservedProfile, owner: &OwnerId, upkeep: Upkeep, now: Timestamp) -> Vec<Step> {
    // Only the owner that retired the profile ends it: how long the name has to
    // be kept, or whether for ever, is that cluster's setting.
    if profile.marks.settings_owner.as_ref() != Some(owner) {
        return Vec::new();
    }
    // Somebody may be about to create an endpoint under its claim. A claim from
    // the future is that of a clock that is ahead.
    let fresh = |claim: &claim::Claim| now < claim.since || age(claim.since, now) < STALE_CLAIM;
    if profile.claims().iter().any(fresh) {
        return Vec::new();
    }
    match (profile.marks.retired, upkeep.grace) {
        (None, _) => steps(profile, owner, now),
        (Some(since), Some(grace)) if now >= since && age(since, now) >= grace => vec![Step {
            write: Write::DeleteProfile,
            member: None,
            gate: Gate::Vital,
        }],
        _ => Vec::new(),
    }
}

fn age(since: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(since).unsigned_abs()
}

fn stale(profile: &ObservedProfile, owner: &OwnerId, now: Timestamp) -> Vec<Step> {
    let is_stale = |claim: &claim::Claim| {
        !profile.endpoints().contains_key(&claim.endpoint)
            && now >= claim.since
            && age(claim.since, now) >= STALE_CLAIM
    };
    let decides = profile.settings_owner() == Some(owner);
    let retired = profile
        .wire
        .tags
        .iter()
        .flatten()
        .find(|(name, _)| *name == RETIRED);
    let mut steps = Vec::new();
    // A profile in use is not retired; the mark outlived the revival.
    if let Some((name, value)) = retired.filter(|_| decides) {
        let mark = BTreeMap::from([(name.clone(), value.clone())]);
        steps.push(Step {
            write: Write::DeleteTags(mark),
            member: None,
            gate: Gate::Alone,
        });
    }
    if !profile.claims_of(owner).any(is_stale) {
        return steps;
    }
    let standing: Vec<_> = profile
        .claims_of(owner)
        .filter(|claim| !is_stale(claim))
        .cloned()
        .collect();
    let Ok(wanted) = claim::write(owner, &standing) else {
        return steps;
    };
    let held = profile.wire.tags.clone().unwrap_or_default();
    let own = held
        .iter()
        .filter(|(name, _)| claim::owner_of(name).as_ref() == Some(owner));
    let gone: BTreeMap<_, _> = own
        .filter(|(name, _)| !wanted.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let changed: BTreeMap<_, _> = wanted
        .into_iter()
        .filter(|(name, value)| held.get(name) != Some(value))
        .collect();
    let step = |write| Step {
        write,
        member: None,
        gate: Gate::AfterSuccess,
    };
    let merge = (!changed.is_empty()).then(|| step(Write::MergeTags(changed)));
    let delete = (!gone.is_empty()).then(|| step(Write::DeleteTags(gone)));
    steps.extend(merge.into_iter().chain(delete));
    steps
}
