//! What Azure holds, seen with this system's eyes: profiles with their marks
//! and claims, and the records of one owner's members.

use std::collections::{BTreeMap, BTreeSet};

use external_dns::Endpoint as Record;
use traffic_manager::profile::{Endpoint, Profile};
use traffic_manager::{EndpointName, Hostname, ProfileId};

use crate::claim::{self, Claim};
use crate::destination::Destination;
use crate::finding::Subject;
use crate::marks::{Marks, TAG_PREFIX};
use crate::member::MemberKey;
use crate::owner::OwnerId;
use crate::properties::Properties;
use crate::record::{self, REPAIR_PROPERTY};
use crate::want::Scope;

/// The profiles of a listing, by identity.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    profiles: BTreeMap<ProfileId, ObservedProfile>,
}

/// One profile as Azure holds it.
#[derive(Debug, Clone)]
pub struct ObservedProfile {
    /// Its identity.
    pub id: ProfileId,
    /// The wire form.
    pub wire: Profile,
    /// What its tags say about it.
    pub marks: Marks,
    claims: Vec<Claim>,
    endpoints: BTreeMap<EndpointName, Endpoint>,
}

/// An endpoint that exists and that an owner's claim stands for.
#[derive(Debug, Clone)]
pub struct OwnMember<'a> {
    /// Which endpoint of which profile.
    pub key: MemberKey,
    /// The claim.
    pub claim: &'a Claim,
    /// The host in the claim.
    pub host: Hostname,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The profile.
    pub profile: &'a ObservedProfile,
}

// === impl Observed ===

impl Observed {
    /// Takes in a listing. Profiles outside the scope are left out: no
    /// annotation may name them.
    pub fn new(profiles: impl IntoIterator<Item = Profile>, scope: &Scope) -> Self {
        let profiles = profiles
            .into_iter()
            .filter_map(ObservedProfile::new)
            .filter(|profile| scope.contains(&profile.id))
            .map(|profile| (profile.id.clone(), profile))
            .collect();
        Self { profiles }
    }

    /// One profile.
    pub fn profile(&self, id: &ProfileId) -> Option<&ObservedProfile> {
        self.profiles.get(id)
    }

    /// The same, with one profile as it is now; `None` when it is gone.
    #[must_use]
    pub fn with(&self, id: &ProfileId, now: Option<&ObservedProfile>) -> Self {
        let mut profiles = self.profiles.clone();
        match now {
            Some(profile) => profiles.insert(id.clone(), profile.clone()),
            None => profiles.remove(id),
        };
        Self { profiles }
    }

    /// All profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &ObservedProfile> {
        self.profiles.values()
    }

    /// The profiles that are endpoints of others.
    pub fn nested(&self) -> BTreeSet<ProfileId> {
        let endpoints = self.profiles().flat_map(|held| held.endpoints.values());
        let destinations = endpoints.filter_map(Destination::of);
        destinations
            .filter_map(|destination| destination.profile().cloned())
            .collect()
    }

    /// Every member of an owner.
    pub fn members<'a>(&'a self, owner: &'a OwnerId) -> impl Iterator<Item = OwnMember<'a>> {
        self.profiles
            .values()
            .flat_map(move |profile| profile.members(owner))
    }

    /// The owner's records, as `/records` answers them: its members and nothing
    /// else, so that no registry can plan a change to somebody else's endpoint.
    pub fn records(&self, owner: &OwnerId) -> Vec<Record> {
        let present = self.members(owner).filter(|member| !member.is_leaving());
        one_per_row(present.map(|member| {
            let record = member.record(owner);
            (member.key.profile, record)
        }))
    }
}

impl FromIterator<Profile> for Observed {
    /// Takes in a listing as it is.
    fn from_iter<I: IntoIterator<Item = Profile>>(profiles: I) -> Self {
        let profiles = profiles
            .into_iter()
            .filter_map(ObservedProfile::new)
            .map(|profile| (profile.id.clone(), profile))
            .collect();
        Self { profiles }
    }
}

/// Two profiles hold one member only while it moves between them and the move
/// was cut short, or while it is kept in both. ExternalDNS sees one record per
/// row: the repair property makes it call us until the other one is gone.
pub(crate) fn one_per_row(records: impl Iterator<Item = (ProfileId, Record)>) -> Vec<Record> {
    let mut rows: BTreeMap<(String, String), Record> = BTreeMap::new();
    for (profile, record) in records {
        let row = (record.dns_name.clone(), record.set_identifier.clone());
        match rows.get_mut(&row) {
            Some(first) => first.set_property(REPAIR_PROPERTY, profile.to_string()),
            None => drop(rows.insert(row, record)),
        }
    }
    rows.into_values().collect()
}

// === impl ObservedProfile ===

impl ObservedProfile {
    /// A profile; `None` when its id is not one of a profile, which no
    /// annotation could name.
    pub fn new(mut wire: Profile) -> Option<Self> {
        let id = wire.profile_id()?;
        // Azure ignores the case of tag names, and who writes a tag again can
        // change it. Ours are all lower case.
        wire.tags = wire.tags.map(|tags| {
            let fold = |name: String| {
                let lower = name.to_ascii_lowercase();
                if lower.starts_with(TAG_PREFIX) {
                    lower
                } else {
                    name
                }
            };
            tags.into_iter()
                .map(|(name, value)| (fold(name), value))
                .collect()
        });
        let claims = wire.tags.as_ref().map(claim::read).unwrap_or_default();
        let endpoints = wire
            .endpoints()
            .iter()
            .filter_map(|endpoint| Some((endpoint.endpoint_name()?, endpoint.clone())))
            .collect();
        Some(Self {
            id,
            marks: Marks::of(&wire),
            claims,
            endpoints,
            wire,
        })
    }

    /// The DNS name of the profile.
    pub fn fqdn(&self) -> String {
        self.wire.fqdn().unwrap_or_else(|| self.id.name.to_string())
    }

    /// Whether there is no endpoint at all, not even one whose name this system
    /// could not give. An answer that does not say is not taken for empty.
    pub fn is_empty(&self) -> bool {
        matches!(self.wire.properties.endpoints.as_deref(), Some([]))
    }

    /// Whether any tag is one of ours, so that this system has been here.
    pub fn has_tags_of_ours(&self) -> bool {
        let mut names = self.wire.tags.iter().flatten().map(|(name, _)| name);
        names.any(|name| name.starts_with(TAG_PREFIX))
    }

    /// The endpoints, whoever's, by name.
    pub fn endpoints(&self) -> &BTreeMap<EndpointName, Endpoint> {
        &self.endpoints
    }

    /// The claims, of all owners.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The claim that counts for an endpoint name: the earliest, then the one
    /// of the smallest owner. Everybody who reads the tags agrees on it.
    pub fn claim(&self, endpoint: &EndpointName) -> Option<&Claim> {
        self.claims
            .iter()
            .filter(|claim| claim.endpoint == *endpoint)
            .min_by_key(|claim| claim.precedence())
    }

    /// An owner's claims, counting or not.
    pub fn claims_of<'a>(&'a self, owner: &'a OwnerId) -> impl Iterator<Item = &'a Claim> {
        self.claims
            .iter()
            .filter(move |claim| claim.owner == *owner)
    }

    /// Whether there is an endpoint under this claim. The later of two claims to
    /// one endpoint stands for nothing.
    pub fn stands(&self, claim: &Claim) -> bool {
        self.endpoints.contains_key(&claim.endpoint)
            && self
                .claim(&claim.endpoint)
                .is_some_and(|counting| counting.owner == claim.owner)
    }

    /// An owner's members: endpoints of the known types that exist under its claim.
    pub fn members<'a>(&'a self, owner: &'a OwnerId) -> impl Iterator<Item = OwnMember<'a>> {
        self.endpoints.iter().filter_map(move |(name, endpoint)| {
            let claim = self.claim(name).filter(|claim| claim.owner == *owner)?;
            endpoint.kind()?;
            Some(OwnMember {
                key: MemberKey {
                    profile: self.id.clone(),
                    endpoint: name.clone(),
                },
                claim,
                host: claim.host()?,
                endpoint,
                profile: self,
            })
        })
    }

    /// Who decides the settings: the owner in the tag while it has a member
    /// here, else the owner of the earliest member, else nobody. The rule needs
    /// no write when an owner leaves, so no crash can lose the handover. Claims
    /// to endpoints that do not exist, or that another owner has claimed before,
    /// do not count: their owner may be gone.
    pub fn settings_owner(&self) -> Option<&OwnerId> {
        let standing = || self.claims.iter().filter(|claim| self.stands(claim));
        let named = self.marks.settings_owner.as_ref();
        let present = named.filter(|owner| standing().any(|claim| claim.owner == **owner));
        present.or_else(|| {
            let earliest = standing().min_by_key(|claim| claim.precedence())?;
            Some(&earliest.owner)
        })
    }

    /// The settings as canonical texts.
    pub fn settings(&self) -> Properties {
        Properties::of_settings(&self.wire, self.marks.vanity.as_ref())
    }
}

// === impl OwnMember ===

impl OwnMember<'_> {
    /// The canonical record of what Azure holds.
    pub fn record(&self, owner: &OwnerId) -> Record {
        self.record_with(owner, self.profile.settings())
    }

    /// The canonical record of this endpoint in a profile with these settings.
    pub fn record_with(&self, owner: &OwnerId, settings: Properties) -> Record {
        let properties = Properties::identity(&self.key)
            .and(Properties::joined(!self.profile.marks.managed))
            .and(Properties::of_endpoint(self.endpoint))
            .and(settings);
        record::canonical(
            owner,
            &self.claim.subject,
            &self.host,
            &self.key.endpoint,
            &self.profile.fqdn(),
            &properties,
        )
    }

    /// Whether its object is gone and the endpoint only waits for the end of the
    /// grace. ExternalDNS has been told that the record is no more.
    pub fn is_leaving(&self) -> bool {
        self.claim.leaving.is_some()
    }

    /// The object that the member stands for.
    pub fn subject(&self) -> &Subject {
        &self.claim.subject
    }
}
