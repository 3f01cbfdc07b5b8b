//! Vanity records as record sets in Azure DNS.
//!
//! A record set is shared by all clusters and says in its metadata that it is
//! this system's and which profile it leads to. Every cluster comes to the same
//! plan, and every write names the version that it may replace.

use std::collections::{BTreeMap, BTreeSet};

use azure_dns::{
    ETag, RecordContent, RecordSet, RecordSetBody, RecordSetKind, RelativeRecordName, ResourceId,
    Zone, ZoneId,
};
use members::marks::{MANAGED_BY, MANAGED_BY_VALUE};
use members::want::Scope;
use members::{Finding, Observed, ObservedProfile, Reason, Vanity, VanityMode};
use traffic_manager::{Hostname, ProfileId};

use crate::alias;
use crate::hosts::{Subjects, claimants, winner};

/// Metadata with the profile that a record set leads to, by ARM id.
pub const PROFILE: &str = "externaldns-profile";

/// What is to be written, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The writes. What is to be there comes before what is to go.
    pub steps: Vec<Step>,
    /// What this owner's objects are to hear.
    pub findings: Vec<Finding>,
}

/// One write of a record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The zone.
    pub zone: ZoneId,
    /// The name in it.
    pub name: RelativeRecordName,
    /// The type.
    pub kind: RecordSetKind,
    /// The profile whose record it is or was.
    pub profile: ProfileId,
    /// What is written.
    pub write: Write,
}

/// What is done with a record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// It is made: there is none of its name and type.
    Create(RecordSetBody),
    /// It is changed, if it is still of this version.
    Change(RecordSetBody, ETag),
    /// It is made in the place of these of other types, which go first because
    /// Azure does not let both be there. Should it not be had, they are put back.
    Replace(RecordSetBody, Vec<RecordSet>),
    /// It is deleted, if it is still of this version.
    Delete(ETag),
}

/// What there is, and for whom it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Where this cluster may work, and as whom.
    pub scope: &'a Scope,
    /// The zones in which records may be made.
    pub zones: &'a [Zone],
    /// TTL of new records, in seconds.
    pub ttl: u32,
}

/// The record sets of zones.
pub type Held = BTreeMap<ZoneId, Vec<RecordSet>>;

/// What is as it shall be, or is when the steps so far are done.
#[derive(Default)]
struct Placed {
    names: BTreeSet<(ZoneId, RelativeRecordName)>,
    profiles: BTreeSet<ProfileId>,
}

/// A record set as it is to be.
struct Wanted {
    kind: RecordSetKind,
    content: RecordContent,
}

/// Whether a profile has a record of this mode. An empty one has none: it is
/// about to go, and the record goes first.
fn wants(profile: &ObservedProfile, mode: VanityMode) -> bool {
    mode.is_shared() && !profile.is_empty()
}

/// The zones that have to be looked into: those of wanted hosts, those of the
/// hosts of empty profiles, and those in `known`, where records were made before.
pub fn zones_to_read<'a>(
    observed: &Observed,
    zones: &'a [Zone],
    known: &BTreeSet<ZoneId>,
) -> Vec<&'a Zone> {
    let shared = observed.profiles().filter_map(|profile| {
        let vanity = profile.marks.vanity.as_ref();
        vanity.filter(|vanity| vanity.mode.is_shared() && profile.marks.managed)
    });
    let wanted: BTreeSet<_> = shared
        .filter_map(|vanity| Zone::holding(&vanity.host, zones))
        .map(|zone| &zone.id)
        .collect();
    zones
        .iter()
        .filter(|zone| wanted.contains(&zone.id) || known.contains(&zone.id))
        .collect()
}

/// The profile that a record set of ours leads to; `None` for what is not ours.
pub fn profile_of(record: &RecordSet) -> Option<ProfileId> {
    let marked = record.metadata.get(MANAGED_BY).map(String::as_str) == Some(MANAGED_BY_VALUE);
    let profile = record.metadata.get(PROFILE).filter(|_| marked)?;
    profile.parse().ok()
}

/// The profile that a record set of ours leads to, if it is for this webhook to
/// look after: not when the profile is in a place where it may not work, and not
/// when it has lost its marks.
fn in_our_care(record: &RecordSet, observed: &Observed, scope: &Scope) -> Option<ProfileId> {
    let profile = profile_of(record)?;
    let cares = match observed.profile(&profile) {
        Some(held) => held.marks.managed,
        // Not listed although it would be: it is gone, and its name is free.
        None => scope.contains(&profile),
    };
    cares.then_some(profile)
}

/// What makes one of ours again as it was; `None` for an alias of nothing. An alias
/// has the TTL of its profile, whatever is written.
pub fn as_it_was(record: &RecordSet) -> Option<RecordSetBody> {
    let content = match (&record.target_resource, &record.cname) {
        (Some(resource), _) => RecordContent::Alias(resource.clone()),
        (None, Some(name)) => RecordContent::Cname(name.parse().ok()?),
        (None, None) => return None,
    };
    Some(RecordSetBody {
        ttl: record.ttl.unwrap_or(1),
        metadata: record.metadata.clone(),
        content,
    })
}

/// Plans the writes. `held` has every record set of the zones that
/// [`zones_to_read`] names.
pub fn plan(observed: &Observed, held: &Held, setting: Setting<'_>) -> Plan {
    let owner = &setting.scope.owner;
    let subjects = Subjects::of(owner);
    let mut plan = Plan::default();
    let mut placed = Placed::default();
    let by_name: BTreeMap<_, _> = held
        .iter()
        .map(|(zone, records)| (zone, by_name(records)))
        .collect();
    for (host, claimants) in claimants(observed, wants) {
        let Some(zone) = Zone::holding(host, setting.zones) else {
            plan.findings.extend(claimants.iter().filter_map(|profile| {
                subjects.finding(profile, Reason::VanityFailed, || {
                    no_zone(host, setting.zones)
                })
            }));
            continue;
        };
        let (Some(name), Some(records)) = (
            RelativeRecordName::of(host, &zone.name),
            by_name.get(&zone.id),
        ) else {
            continue;
        };
        let there: Vec<_> = records
            .get(&name)
            .into_iter()
            .flatten()
            .map(|record| (*record, in_our_care(record, observed, setting.scope)))
            .collect();
        let incumbent = there.iter().find_map(|(_, profile)| profile.clone());
        let winner = winner(
            host,
            &claimants,
            incumbent.as_ref(),
            subjects,
            &mut plan.findings,
        );
        let Some(profile) = winner else { continue };
        let place = Place {
            zone,
            name,
            there: &there,
        };
        match wanted(profile, &place) {
            Ok(wanted) => {
                placed.names.insert((zone.id.clone(), place.name.clone()));
                if place.write(profile, wanted, setting, subjects, &mut plan) {
                    placed.profiles.insert(profile.id.clone());
                }
            }
            Err(reason) => {
                let finding = subjects.finding(profile, Reason::VanityFailed, || reason);
                plan.findings.extend(finding);
            }
        }
    }
    plan.steps
        .extend(outlived(observed, held, setting.scope, &placed));
    plan
}

/// The records of ours that lead somewhere where nothing is to be found: to
/// profiles that are empty, that have another host now or none, or are gone.
fn outlived(observed: &Observed, held: &Held, scope: &Scope, placed: &Placed) -> Vec<Step> {
    let mut steps = Vec::new();
    for (zone, records) in held {
        for record in records {
            let ours = in_our_care(record, observed, scope).zip(record.kind.known());
            let Some((profile, kind)) = ours else {
                continue;
            };
            let is_placed = placed.names.contains(&(zone.clone(), record.name.clone()));
            let name = record.name.fqdn(&zone.name);
            let stays = observed.profile(&profile).is_some_and(|profile| {
                is_host_of(profile, &name)
                    || waits(profile) && !placed.profiles.contains(&profile.id)
            });
            if !stays && !is_placed {
                steps.push(Step {
                    zone: zone.clone(),
                    name: record.name.clone(),
                    kind,
                    profile,
                    write: Write::Delete(record.etag.clone()),
                });
            }
        }
    }
    steps
}

/// Whether a profile has a wish for a record, which may not have come true: a
/// mistyped host must not cost it the record that works.
fn waits(profile: &ObservedProfile) -> bool {
    let vanity = profile.marks.vanity.as_ref();
    vanity.is_some_and(|vanity| wants(profile, vanity.mode))
}

fn by_name(records: &[RecordSet]) -> BTreeMap<&RelativeRecordName, Vec<&RecordSet>> {
    let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in records {
        by_name.entry(&record.name).or_default().push(record);
    }
    by_name
}

/// Whether a profile wants a record under this name. One that wants it and
/// cannot have it as it is wished keeps what is there.
fn is_host_of(profile: &ObservedProfile, name: &str) -> bool {
    let vanity = profile.marks.vanity.as_ref();
    vanity.is_some_and(|vanity| wants(profile, vanity.mode) && vanity.host.as_str() == name)
}

/// What a profile's record is to be in this place, or why it cannot be.
fn wanted(profile: &ObservedProfile, place: &Place<'_>) -> Result<Wanted, String> {
    let Some(Vanity { host, mode }) = &profile.marks.vanity else {
        return Err("it has no vanity host".to_owned());
    };
    let resource = || RecordContent::Alias(ResourceId::from(&profile.id));
    let is_apex = place.name.is_apex();
    if is_apex || *mode == VanityMode::AzureDnsAlias {
        return match alias::of_addresses(profile) {
            Ok(kind) => Ok(Wanted {
                kind,
                content: resource(),
            }),
            Err(_) if !is_apex => Ok(Wanted {
                kind: RecordSetKind::Cname,
                content: resource(),
            }),
            Err(obstacle) => Err(format!(
                "the vanity host {host} is the zone's own name, where DNS allows no CNAME, and Azure DNS makes an alias of a profile only if all its endpoints are of type External and point at IPv4 addresses, or all at IPv6 addresses: in profile {} {obstacle}; set {} to `address`, or use a name below {}",
                profile.id.name,
                members::annotation::Name::Target,
                place.zone.name,
            )),
        };
    }
    let fqdn = profile.fqdn();
    match fqdn.parse::<Hostname>() {
        Ok(name) => Ok(Wanted {
            kind: RecordSetKind::Cname,
            content: RecordContent::Cname(name),
        }),
        Err(_) => Err(format!("the profile's own name {fqdn:?} is no host name")),
    }
}

fn no_zone(host: &Hostname, zones: &[Zone]) -> String {
    let names: BTreeSet<_> = zones.iter().map(|zone| zone.name.as_str()).collect();
    let names: Vec<_> = names.into_iter().collect();
    let there = if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("they are {}", names.join(", "))
    };
    format!(
        "none of the Azure DNS zones in which records may be made holds the vanity host {host}; {there}; add its zone with --dns-zones, or choose who makes the record with {}",
        members::annotation::Name::Vanity
    )
}

/// One name in one zone, and what is there.
struct Place<'a> {
    zone: &'a Zone,
    name: RelativeRecordName,
    /// The record sets, and the profiles that those lead to which are in our care.
    there: &'a [(&'a RecordSet, Option<ProfileId>)],
}

impl Place<'_> {
    /// Plans what makes the profile's record, and says whether it is there then.
    fn write(
        &self,
        profile: &ObservedProfile,
        wanted: Wanted,
        setting: Setting<'_>,
        subjects: Subjects<'_>,
        plan: &mut Plan,
    ) -> bool {
        if let Some(foreign) = self.foreign(profile, &wanted) {
            // Somebody else has made what we would make.
            let is_there = leads_to(foreign, profile);
            if !is_there {
                plan.findings
                    .extend(subjects.finding(profile, Reason::VanityConflict, || {
                        self.occupied(foreign, profile)
                    }));
            }
            return is_there;
        }
        let ours = self
            .there
            .iter()
            .filter(|(record, profile)| profile.is_some() && record.kind.known().is_some());
        let (same, other): (Vec<&RecordSet>, Vec<&RecordSet>) = ours
            .map(|(record, _)| *record)
            .partition(|record| record.kind.known() == Some(wanted.kind));
        let step = |kind, write| Step {
            zone: self.zone.id.clone(),
            name: self.name.clone(),
            kind,
            profile: profile.id.clone(),
            write,
        };
        let held = same.first().copied();
        let body = RecordSetBody {
            ttl: ttl(held, profile, setting),
            metadata: metadata(held, &profile.id),
            content: wanted.content,
        };
        let write = match held {
            None if other.is_empty() => Some(Write::Create(body)),
            None => {
                let others = other.into_iter().cloned().collect();
                Some(Write::Replace(body, others))
            }
            Some(held) => {
                for record in other {
                    let delete = |kind| step(kind, Write::Delete(record.etag.clone()));
                    plan.steps.extend(record.kind.known().map(delete));
                }
                let is_as = held.is_as(wanted.kind, &body);
                (!is_as).then(|| Write::Change(body, held.etag.clone()))
            }
        };
        plan.steps
            .extend(write.map(|write| step(wanted.kind, write)));
        true
    }

    /// What stands in the way and is not ours. A CNAME tolerates nothing beside
    /// it; an alias of addresses, neither a CNAME nor addresses.
    fn foreign(&self, profile: &ObservedProfile, wanted: &Wanted) -> Option<&RecordSet> {
        let in_the_way = |record: &&RecordSet| {
            wanted.kind == RecordSetKind::Cname || record.kind.known().is_some()
        };
        let foreign = self.there.iter().filter(|(_, profile)| profile.is_none());
        let mut foreign = foreign.map(|(record, _)| *record).filter(in_the_way);
        let first = foreign.clone().next();
        foreign.find(|record| leads_to(record, profile)).or(first)
    }

    fn occupied(&self, foreign: &RecordSet, profile: &ObservedProfile) -> String {
        let points = match (&foreign.cname, &foreign.target_resource) {
            (Some(name), _) => format!(" for {name}"),
            (None, Some(resource)) => format!(" for {resource}"),
            (None, None) => String::new(),
        };
        let whose = match profile_of(foreign) {
            Some(other) => {
                format!("leads to profile {other}, which this webhook does not look after")
            }
            None => "this system has not made".to_owned(),
        };
        format!(
            "{} in the zone {} has a record set of type {}{points} that {whose}; it stays, and this name does not lead to profile {}; delete it, or choose another name with {}",
            self.name.fqdn(&self.zone.name),
            self.zone.name,
            foreign.kind,
            profile.id.name,
            members::annotation::Name::Hostname
        )
    }
}

fn leads_to(record: &RecordSet, profile: &ObservedProfile) -> bool {
    let by_name = record.cname.as_deref() == Some(profile.fqdn().to_ascii_lowercase().as_str());
    let by_alias = record.target_resource == Some(ResourceId::from(&profile.id));
    by_name || by_alias
}

/// The TTL is the settings owner's, so that two clusters that are set
/// differently do not take turns; whoever makes a record gives it one.
fn ttl(held: Option<&RecordSet>, profile: &ObservedProfile, setting: Setting<'_>) -> u32 {
    let decides = profile.settings_owner() == Some(&setting.scope.owner);
    let held = held.and_then(|record| record.ttl).filter(|_| !decides);
    held.unwrap_or(setting.ttl)
}

/// Ours, and whatever somebody has added.
fn metadata(held: Option<&RecordSet>, profile: &ProfileId) -> BTreeMap<String, String> {
    let mut metadata = held
        .map(|record| record.metadata.clone())
        .unwrap_or_default();
    metadata.insert(MANAGED_BY.to_owned(), MANAGED_BY_VALUE.to_owned());
    metadata.insert(PROFILE.to_owned(), profile.arm_id());
    metadata
}
