//! Vanity records as `DNSEndpoint` objects.
//!
//! Each cluster that has a member in a profile has an object of its own, for the
//! ExternalDNS that reads it there. The object goes with the cluster's last
//! member.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use kubernetes::{DnsEndpoint, DnsEndpointKey, MANAGED_BY, MANAGED_BY_VALUE, OWNER, label_value};
use members::{Finding, Observed, ObservedProfile, OwnerId, VanityMode};
use sha2::{Digest as _, Sha256};
use traffic_manager::{Hostname, ProfileId, RelativeName};

use crate::hosts::{Subjects, claimants, winner};

/// The longest name of an object (an RFC 1123 subdomain).
const LONGEST: usize = 253;
/// Characters of the hash in a name.
const HASH: usize = 10;

/// What is to be written, and what is wrong. What is to be there is made before
/// what is to go is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Objects to make or to put right, with the profiles that they lead to.
    pub apply: Vec<(ProfileId, DnsEndpoint)>,
    /// Objects to remove.
    pub remove: Vec<Removal>,
    /// What this owner's objects are to hear.
    pub findings: Vec<Finding>,
}

/// An object to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Which.
    pub object: DnsEndpoint,
    /// On which condition.
    pub when: When,
}

/// When an object is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// This profile, read once more, does not want it.
    Unwanted(ProfileId),
    /// Nobody has this DNS name: whoever registers it would get the users. The
    /// profile may be one that this webhook does not list.
    Free(RelativeName),
    /// This profile, read once more, has no endpoints.
    Empty(ProfileId),
    /// Another object, which leads to this profile, says the same and is there.
    Replaced(ProfileId),
    /// At once: it leads to no profile.
    Now,
}

/// What there is, and for whom it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The cluster.
    pub owner: &'a OwnerId,
    /// Where objects are made.
    pub namespace: &'a str,
    /// TTL of the records, in seconds.
    pub ttl: u32,
    /// What follows the relative name of a profile.
    pub dns_suffix: &'a str,
}

/// Objects of the cluster.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Those with this system's label, whoever's.
    pub ours: &'a [DnsEndpoint],
    /// Those that the proof of concept left.
    pub old: &'a [DnsEndpoint],
}

/// Whether this owner wants an object for a profile: it has a member there.
pub fn wants(profile: &ObservedProfile, owner: &OwnerId) -> bool {
    let vanity = profile.marks.vanity.as_ref();
    let mode = vanity.is_some_and(|vanity| vanity.mode == VanityMode::DnsEndpoint);
    let mut members = profile.members(owner);
    mode && profile.marks.managed && members.any(|member| !member.is_leaving())
}

/// Plans the writes of this owner's objects.
pub fn plan(observed: &Observed, held: Held<'_>, setting: Setting<'_>) -> Plan {
    let owner = setting.owner;
    let subjects = Subjects::of(owner);
    let label = label_value(owner.as_str());
    let own = |object: &&DnsEndpoint| object.labels.get(OWNER).is_some_and(|held| *held == label);
    let own: Vec<&DnsEndpoint> = held.ours.iter().filter(own).collect();
    let profiles: BTreeMap<String, &ObservedProfile> = observed
        .profiles()
        .map(|profile| (profile.fqdn().to_ascii_lowercase(), profile))
        .collect();
    let leads_to = |object: &DnsEndpoint| profiles.get(&object.target.to_ascii_lowercase());

    let mut plan = Plan::default();
    let mut wanted = BTreeSet::new();
    let mut served = BTreeSet::new();
    for (host, claimants) in claimants(observed, |profile, _| wants(profile, owner)) {
        let present = own.iter().find(|object| object.host == host.as_str());
        let incumbent = present
            .and_then(|object| leads_to(object))
            .map(|profile| &profile.id);
        let winner = winner(host, &claimants, incumbent, subjects, &mut plan.findings);
        let Some(profile) = winner else { continue };
        let object = object(host, profile, setting);
        let is_there = own.iter().any(|held| is_as(held, &object));
        wanted.insert((object.key.namespace.clone(), object.key.name.clone()));
        served.insert(profile.id.clone());
        let says_the_same = |old: &&DnsEndpoint| {
            old.host == object.host && old.target.eq_ignore_ascii_case(&object.target)
        };
        let old = held.old.iter().filter(says_the_same);
        // In another namespace, or under a name of another version.
        let other = own.iter().copied().filter(|held| !is_at(held, &object));
        let other = other.filter(says_the_same);
        plan.remove
            .extend(old.chain(other).cloned().map(|object| Removal {
                object,
                when: When::Replaced(profile.id.clone()),
            }));
        if !is_there {
            plan.apply.push((profile.id.clone(), object));
        }
    }
    for object in own {
        let place = (object.key.namespace.clone(), object.key.name.clone());
        let is_planned = plan.remove.iter().any(|removal| removal.object == *object);
        if is_planned || wanted.contains(&place) {
            continue;
        }
        let when = match leads_to(object) {
            // A profile that has lost its marks, to a tool that wipes tags, has lost nothing else.
            Some(profile) if !profile.marks.managed => continue,
            // Its wish has not come true: what works stays.
            Some(profile) if wants(profile, owner) && !served.contains(&profile.id) => continue,
            Some(profile) => When::Unwanted(profile.id.clone()),
            None => match relative_name(&object.target, setting.dns_suffix) {
                Some(name) => When::Free(name),
                None => When::Now,
            },
        };
        plan.remove.push(Removal {
            object: object.clone(),
            when,
        });
    }
    // What the proof of concept left goes with the profile that it leads to.
    for object in held.old {
        let ends = leads_to(object).filter(|profile| profile.marks.managed && profile.is_empty());
        let is_planned = plan.remove.iter().any(|removal| removal.object == *object);
        if let Some(profile) = ends.filter(|_| !is_planned) {
            plan.remove.push(Removal {
                object: object.clone(),
                when: When::Empty(profile.id.clone()),
            });
        }
    }
    plan
}

/// Whether a profile, as it is now, wants an object with this host and target.
pub fn is_wanted(object: &DnsEndpoint, profile: &ObservedProfile, owner: &OwnerId) -> bool {
    let vanity = profile.marks.vanity.as_ref();
    let host = vanity.is_some_and(|vanity| vanity.host.as_str() == object.host);
    host && wants(profile, owner) && profile.fqdn().eq_ignore_ascii_case(&object.target)
}

fn object(host: &Hostname, profile: &ObservedProfile, setting: Setting<'_>) -> DnsEndpoint {
    let labels = [
        (MANAGED_BY, MANAGED_BY_VALUE.to_owned()),
        (OWNER, label_value(setting.owner.as_str()).into_owned()),
    ];
    DnsEndpoint {
        key: DnsEndpointKey {
            namespace: setting.namespace.to_owned(),
            name: name(host, setting.owner),
            uid: None,
        },
        labels: labels.map(|(name, value)| (name.to_owned(), value)).into(),
        host: host.to_string(),
        target: profile.fqdn().to_ascii_lowercase(),
        ttl: Some(setting.ttl),
    }
}

/// Whether an object is as it is wanted. Labels of others do not count.
fn is_as(held: &DnsEndpoint, wanted: &DnsEndpoint) -> bool {
    let labels = wanted
        .labels
        .iter()
        .all(|(name, value)| held.labels.get(name) == Some(value));
    labels
        && is_at(held, wanted)
        && held.host == wanted.host
        && held.target == wanted.target
        && held.ttl == wanted.ttl
}

fn is_at(held: &DnsEndpoint, wanted: &DnsEndpoint) -> bool {
    let place = |object: &DnsEndpoint| (object.key.namespace.clone(), object.key.name.clone());
    place(held) == place(wanted)
}

/// The name of the object for a host: the host as far as it is a valid name, and
/// a hash of host and owner, because two ExternalDNS of one cluster may serve it.
pub fn name(host: &Hostname, owner: &OwnerId) -> String {
    let mut digest = Sha256::new();
    digest.update(owner.as_str());
    digest.update([0]);
    digest.update(host.as_str());
    let mut hash = String::new();
    for byte in digest.finalize().iter().take(HASH / 2) {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    let readable = host
        .as_str()
        .replace('*', "wildcard")
        .replace('_', "-")
        .to_ascii_lowercase();
    let room = LONGEST - 1 - HASH;
    let cut: String = readable.chars().take(room).collect();
    // Labels begin and end with a letter or digit.
    let labels: Vec<_> = cut
        .split('.')
        .map(|label| label.trim_matches('-'))
        .filter(|label| !label.is_empty())
        .collect();
    if labels.is_empty() {
        return format!("vanity-{hash}");
    }
    format!("{}-{hash}", labels.join("."))
}

/// The relative name of a profile in a name below the suffix.
fn relative_name(target: &str, suffix: &str) -> Option<RelativeName> {
    let name = target.to_ascii_lowercase();
    let name = name.strip_suffix(&suffix.to_ascii_lowercase())?;
    name.strip_suffix('.')?.parse().ok()
}
