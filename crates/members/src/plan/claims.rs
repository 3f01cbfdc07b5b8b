//! Upkeep of this owner's claims: those under which no endpoint stands, because
//! there is none or another owner has claimed it before, are given up, what
//! is claimed twice is claimed once, and the heartbeat goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use traffic_manager::EndpointName;

use super::{Gate, Plan, Step, Write};
use crate::claim::{self, Claim};
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;

/// How long a stale claim, one under which no endpoint stands, is left alone: its
/// create may be under way.
const STALE_CLAIM: Duration = Duration::from_mins(10);
/// How old a heartbeat may be at least.
const HEARTBEAT_AGE: Duration = Duration::from_hours(1);
/// Over how many minutes more the heartbeats of all profiles are spread.
const HEARTBEAT_SPREAD: u8 = 31;

/// The tag writes that this owner's claims need.
pub(super) fn upkeep(profile: &ObservedProfile, owner: &OwnerId, now: Timestamp) -> Vec<Step> {
    let is_stale = |claim: &Claim| !profile.stands(claim) && !is_fresh(claim, now);
    let mut names = BTreeSet::new();
    let superfluous = profile
        .claims_of(owner)
        .filter(|claim| is_stale(claim) || !names.insert(&claim.endpoint))
        .count();
    if superfluous == 0 {
        return Vec::from_iter(heartbeat(profile, owner, now));
    }
    only(profile, owner, now, |claim| !is_stale(claim))
}

/// Those of the endpoints that another owner claims too, by the tags as they are
/// after this owner has merged its own.
///
/// Merges are atomic: of two owners that claim one endpoint at the same moment,
/// the second sees the claim of the first, whatever their clocks say, and is to
/// [`retract`] its own.
pub fn contested(
    endpoints: &BTreeSet<EndpointName>,
    tags: &BTreeMap<String, String>,
    owner: &OwnerId,
) -> BTreeSet<EndpointName> {
    let claims = claim::read(tags).into_iter();
    claims
        .filter(|claim| claim.owner != *owner)
        .map(|claim| claim.endpoint)
        .filter(|endpoint| endpoints.contains(endpoint))
        .collect()
}

/// Gives up this owner's claims to endpoints that another owner has claimed first.
pub fn retract(
    profile: &ObservedProfile,
    owner: &OwnerId,
    endpoints: &BTreeSet<EndpointName>,
    now: Timestamp,
) -> Plan {
    Plan {
        steps: only(profile, owner, now, |claim| {
            !endpoints.contains(&claim.endpoint)
        }),
        ..Plan::default()
    }
}

/// Leaves this owner those of its claims, and takes the others away.
fn only(
    profile: &ObservedProfile,
    owner: &OwnerId,
    now: Timestamp,
    stays: impl Fn(&Claim) -> bool,
) -> Vec<Step> {
    let nothing = BTreeMap::new();
    let held = profile.wire.tags.as_ref().unwrap_or(&nothing);
    let standing: Vec<_> = profile
        .claims_of(owner)
        .filter(|claim| stays(claim))
        .cloned()
        .collect();
    let Ok(wanted) = claim::arrange(owner, &standing, held, now) else {
        return Vec::new();
    };
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
    let merge = (!changed.is_empty()).then(|| step(Write::MergeTags(changed)));
    let delete = (!gone.is_empty()).then(|| step(Write::DeleteTags(gone)));
    merge.into_iter().chain(delete).collect()
}

/// Whether a claim may be that of a create that is under way. One from the
/// future is that of a clock that is ahead.
pub(super) fn is_fresh(claim: &Claim, now: Timestamp) -> bool {
    now < claim.since || now.duration_since(claim.since).unsigned_abs() < STALE_CLAIM
}

fn heartbeat(profile: &ObservedProfile, owner: &OwnerId, now: Timestamp) -> Option<Step> {
    let tags = profile.wire.tags.as_ref()?;
    let (name, value) = claim::refresh(owner, tags, now, heartbeat_age(profile, owner))?;
    Some(step(Write::MergeTags(BTreeMap::from([(name, value)]))))
}

/// How old this owner's heartbeat in this profile becomes: an hour to an hour
/// and a half, so that those of many profiles do not come all at once.
fn heartbeat_age(profile: &ObservedProfile, owner: &OwnerId) -> Duration {
    let digest = Sha256::digest(format!("{}\n{owner}", profile.id));
    let minutes = digest[0] % HEARTBEAT_SPREAD;
    HEARTBEAT_AGE + Duration::from_mins(minutes.into())
}

fn step(write: Write) -> Step {
    Step {
        write,
        member: None,
        gate: Gate::AfterSuccess,
    }
}
