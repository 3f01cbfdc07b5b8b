//! Signs of life of an owner: its heartbeats, and the claims that it makes.

use jiff::Timestamp;
use members::claim;
use members::{Observed, ObservedProfile, OwnerId};

/// When the owner was last heard of at this profile by its heartbeat. `None`
/// when it has left none.
pub fn heartbeat(profile: &ObservedProfile, owner: &OwnerId) -> Option<Timestamp> {
    let tags = profile.wire.tags.as_ref()?;
    claim::seen(tags).get(owner).copied()
}

/// The latest sign of life at this profile: the heartbeat, or a claim that is
/// younger. Whoever claims is there.
pub fn last_sign(profile: &ObservedProfile, owner: &OwnerId) -> Option<Timestamp> {
    let claims = profile.claims_of(owner).map(|claim| claim.since);
    claims.chain(heartbeat(profile, owner)).max()
}

/// The latest sign of life anywhere.
pub fn last_sign_anywhere(observed: &Observed, owner: &OwnerId) -> Option<Timestamp> {
    let profiles = observed.profiles();
    profiles
        .filter_map(|profile| last_sign(profile, owner))
        .max()
}
