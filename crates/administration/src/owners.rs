//! Who has what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use members::claim::{self, Claim};
use members::{Observed, ObservedProfile, OwnerId};
use serde::Serialize;
use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointName, Switch};

use crate::life;
use crate::place::Place;

/// An owner with everything that it has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Its name.
    pub owner: String,
    /// Its latest heartbeat, at any profile.
    pub last_seen: Option<Timestamp>,
    /// The profiles in which it has a claim.
    pub profiles: Vec<Share>,
}

/// What an owner has in one profile.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The profile.
    pub profile: Place,
    /// Whether this system looks after the profile, or has only joined it.
    pub managed: bool,
    /// Whether this owner decides the profile's settings.
    pub decides_settings: bool,
    /// Its latest heartbeat at this profile.
    pub last_seen: Option<Timestamp>,
    /// Its members.
    pub members: Vec<Member>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The endpoint's name.
    pub endpoint: String,
    /// Where it points.
    pub target: Option<String>,
    /// `Enabled` or `Disabled`.
    pub status: Option<String>,
    /// Its share under weighted routing.
    pub weight: Option<i64>,
    /// The object that it stands for, as ExternalDNS names it.
    pub object: String,
    /// The host of the object's record.
    pub host: String,
    /// When it was claimed.
    pub since: Timestamp,
    /// Since when the object is gone and the endpoint is only kept for a while.
    pub leaving_since: Option<Timestamp>,
}

// === impl Member ===

impl Member {
    fn new(claim: &Claim, endpoint: &Endpoint) -> Self {
        let properties = &endpoint.properties;
        Self {
            endpoint: claim.endpoint.to_string(),
            target: properties.target.clone(),
            status: properties.endpoint_status.clone(),
            weight: properties.weight,
            object: claim.subject.resource.clone(),
            host: claim.subject.host.clone(),
            since: claim.since,
            leaving_since: claim.leaving,
        }
    }

    /// Whether it takes part, as far as its own status goes.
    pub fn is_enabled(&self) -> bool {
        self.status.as_deref().map(str::parse) == Some(Ok(Switch::Enabled))
    }
}

/// Everybody who has a claim or has left a heartbeat, by name.
pub fn report(observed: &Observed) -> Vec<Owner> {
    let mut owners: BTreeMap<OwnerId, Vec<Share>> = BTreeMap::new();
    for profile in observed.profiles() {
        for owner in present(profile) {
            let share = share(profile, &owner);
            owners.entry(owner).or_default().push(share);
        }
    }
    owners
        .into_iter()
        .map(|(owner, profiles)| Owner {
            owner: owner.to_string(),
            last_seen: profiles.iter().filter_map(|share| share.last_seen).max(),
            profiles,
        })
        .collect()
}

/// The owners who have a tag at a profile.
pub(crate) fn present(profile: &ObservedProfile) -> BTreeSet<OwnerId> {
    let names = profile.wire.tags.iter().flatten().map(|(name, _)| name);
    names.filter_map(|name| claim::owner_of(name)).collect()
}

/// An owner's endpoints: those that exist, are of a known type, and are claimed
/// by nobody before it.
pub(crate) fn endpoints<'a>(
    profile: &'a ObservedProfile,
    owner: &'a OwnerId,
) -> impl Iterator<Item = (&'a EndpointName, &'a Endpoint, &'a Claim)> {
    profile.endpoints().iter().filter_map(|(name, endpoint)| {
        let claim = profile.claim(name).filter(|claim| claim.owner == *owner)?;
        endpoint.kind().map(|_| (name, endpoint, claim))
    })
}

fn share(profile: &ObservedProfile, owner: &OwnerId) -> Share {
    Share {
        profile: Place::from(&profile.id),
        managed: profile.marks.managed,
        decides_settings: profile.marks.managed && profile.settings_owner() == Some(owner),
        last_seen: life::heartbeat(profile, owner),
        members: endpoints(profile, owner)
            .map(|(_, endpoint, claim)| Member::new(claim, endpoint))
            .collect(),
    }
}
