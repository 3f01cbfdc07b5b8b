//! Retirement: an empty profile is kept, disabled and marked with the time,
//! because deleting it frees its global name while a CNAME may still point
//! there, and anyone could register it. After a grace it is deleted.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use traffic_manager::profile::{ProfilePatch, ProfilePatchProperties};
use traffic_manager::{ProfileId, Switch};

use super::{Gate, Plan, Step, Write, claims, leaving};
use crate::claim::Claim;
use crate::marks::{RETIRED, Retirement};
use crate::observe::{Observed, ObservedProfile};
use crate::owner::OwnerId;

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
    let retirement = Retirement::new(now, Some(owner.clone()));
    let marks = BTreeMap::from([(RETIRED.to_owned(), retirement.to_string())]);
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
/// exist. And, about once an hour, its heartbeat. In profiles that are not this
/// system's, only what is about its own members and claims.
pub fn upkeep(
    observed: &Observed,
    owner: &OwnerId,
    upkeep: Upkeep,
    now: Timestamp,
) -> Vec<(ProfileId, Plan)> {
    let nested = observed.nested();
    let plans = observed.profiles().filter_map(|profile| {
        let is_nested = nested.contains(&profile.id);
        let plan = upkeep_of(profile, is_nested, owner, upkeep, now)?;
        Some((profile.id.clone(), plan))
    });
    plans.collect()
}

/// What is due in one profile, if anything. `is_nested` says whether the profile
/// is an endpoint of another one: Azure does not delete such a profile.
pub fn upkeep_of(
    profile: &ObservedProfile,
    is_nested: bool,
    owner: &OwnerId,
    upkeep: Upkeep,
    now: Timestamp,
) -> Option<Plan> {
    let mut steps = leaving::upkeep(profile, owner, upkeep.delete_grace, now);
    if steps.is_empty() && profile.marks.managed && profile.is_empty() {
        steps = empty(profile, owner, upkeep, now);
        steps.retain(|step| step.write != Write::DeleteProfile || !is_nested);
    }
    if steps.is_empty() {
        steps.extend(outlived(profile, owner));
        steps.extend(claims::upkeep(profile, owner, now));
    }
    let plan = Plan {
        steps,
        ..Plan::default()
    };
    (!plan.steps.is_empty()).then_some(plan)
}

fn empty(profile: &ObservedProfile, owner: &OwnerId, upkeep: Upkeep, now: Timestamp) -> Vec<Step> {
    // Only the owner that retired the profile ends it: how long the name has to
    // be kept, or whether for ever, is that cluster's setting.
    if profile.marks.ended_by() != Some(owner) {
        return Vec::new();
    }
    if is_awaited(profile, now, |_| true) {
        return Vec::new();
    }
    match (&profile.marks.retired, upkeep.grace) {
        (None, _) => steps(profile, owner, now),
        (Some(Retirement { since, .. }), Some(grace))
            if now >= *since && now.duration_since(*since).unsigned_abs() >= grace =>
        {
            vec![Step {
                write: Write::DeleteProfile,
                member: None,
                gate: Gate::Vital,
            }]
        }
        _ => Vec::new(),
    }
}

/// Whether somebody may be about to create an endpoint under its claim, of the
/// claims that count.
pub(super) fn is_awaited(
    profile: &ObservedProfile,
    now: Timestamp,
    counts: impl Fn(&Claim) -> bool,
) -> bool {
    profile.claims().iter().any(|claim| {
        let is_missing = !profile.endpoints().contains_key(&claim.endpoint);
        is_missing && claims::is_fresh(claim, now) && counts(claim)
    })
}

/// A profile in use is not retired: the mark that says so outlived the revival.
fn outlived(profile: &ObservedProfile, owner: &OwnerId) -> Option<Step> {
    let mut tags = profile.wire.tags.iter().flatten();
    let (name, value) = tags.find(|(name, _)| *name == RETIRED)?;
    let decides = profile.settings_owner() == Some(owner);
    (decides && profile.marks.managed && !profile.is_empty()).then(|| Step {
        write: Write::DeleteTags(BTreeMap::from([(name.clone(), value.clone())])),
        member: None,
        gate: Gate::Alone,
    })
}
