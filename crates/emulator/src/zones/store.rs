//! The zones of all subscriptions, and writing to them under conditions.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::model::{Alias, Data, RecordSet, Zone};
use super::name::{is_relative, is_zone};
use super::path::{Kind, SetPath, ZonePath};
use super::read::Draft;
use super::refusal::Refused;
use crate::model::ProfileKey;
use crate::request::Conditions;

/// Alias record sets of one profile.
const ALIASES_MAX: usize = 50;
/// Record sets of one zone.
const SETS_MAX: usize = 10_000;

/// Everything that Azure DNS holds.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    /// By resource id in lower case.
    zones: BTreeMap<String, Zone>,
    /// How many versions were given out.
    versions: u64,
}

/// Whether a PUT created something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Updated,
}

// === impl Zones ===

impl Zones {
    /// The zone with this path.
    pub(crate) fn zone(&self, path: &ZonePath) -> Result<&Zone, Refused> {
        self.zones
            .get(&path.key())
            .ok_or_else(|| Refused::NoZone(path.clone()))
    }

    /// The zones of a subscription, or of one of its resource groups.
    pub(crate) fn list<'a>(
        &'a self,
        subscription: &'a str,
        group: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Zone> {
        let all = self.zones.values();
        all.filter(move |zone| zone.path.is_in(subscription, group))
    }

    /// Every zone.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    /// Creates a zone with the records that Azure gives it, or replaces its tags.
    pub(crate) fn put_zone(
        &mut self,
        path: &ZonePath,
        tags: BTreeMap<String, String>,
        conditions: &Conditions,
    ) -> Result<(Change, &Zone), Refused> {
        if !is_zone(&path.name) {
            return Err(Refused::Invalid(format!(
                "The zone name '{}' is invalid.",
                path.name
            )));
        }
        let key = path.key();
        let held = self.zones.get(&key).map(|zone| zone.etag.as_str());
        check(held, conditions)?;
        let change = if held.is_some() {
            Change::Updated
        } else {
            Change::Created
        };
        let etag = self.next_version();
        let pool = u32::try_from(self.zones.len() % 99 + 1).unwrap_or(1);
        let soa_version = self.next_version();
        let ns_version = self.next_version();
        let zone = self.zones.entry(key).or_insert_with(|| {
            let mut zone = Zone {
                path: path.clone(),
                etag: String::new(),
                tags: BTreeMap::new(),
                pool,
                sets: BTreeMap::new(),
            };
            own_records(&mut zone, ns_version, soa_version);
            zone
        });
        zone.etag = etag;
        zone.tags = tags;
        Ok((change, zone))
    }

    /// Deletes a zone with its record sets. Returns whether there was one.
    pub(crate) fn delete_zone(
        &mut self,
        path: &ZonePath,
        conditions: &Conditions,
    ) -> Result<bool, Refused> {
        let held = self.zones.get(&path.key());
        check(held.map(|zone| zone.etag.as_str()), conditions)?;
        Ok(self.zones.remove(&path.key()).is_some())
    }

    /// A record set.
    pub(crate) fn set(&self, path: &SetPath) -> Result<&RecordSet, Refused> {
        self.parent(&path.zone)?
            .sets
            .get(&set_key(path))
            .ok_or_else(|| Refused::NoRecordSet(path.clone()))
    }

    /// The record sets of a zone, in the order of lists.
    pub(crate) fn sets<'a>(
        &'a self,
        path: &ZonePath,
        kind: Option<Kind>,
    ) -> Result<impl Iterator<Item = (Kind, &'a RecordSet)> + use<'a>, Refused> {
        let sets = self.parent(path)?.sets.iter();
        Ok(sets
            .map(|((_, kind), set)| (*kind, set))
            .filter(move |(of, _)| kind.is_none_or(|kind| kind == *of)))
    }

    /// Creates or replaces a record set. `alias` is what the draft's target has turned out to be.
    pub(crate) fn put_set(
        &mut self,
        path: &SetPath,
        draft: Draft,
        alias: Option<Alias>,
        conditions: &Conditions,
    ) -> Result<(Change, &RecordSet), Refused> {
        let zone = self.parent(&path.zone)?;
        let held = zone.sets.get(&set_key(path));
        check(held.map(|set| set.etag.as_str()), conditions)?;
        self.admit(path, &draft, alias.as_ref())?;
        let change = if held.is_some() {
            Change::Updated
        } else {
            Change::Created
        };
        let name = held.map_or_else(|| path.name.clone(), |set| set.name.clone());
        let data = match (&alias, draft.data) {
            (None, data) if path.kind == Kind::Soa => start_of_authority(held, data),
            (None, Some(data)) => data,
            _ => Data::none(path.kind),
        };
        let set = RecordSet {
            name,
            etag: self.next_version(),
            ttl: draft.ttl.unwrap_or_default(),
            metadata: draft.metadata,
            data,
            alias,
        };
        let zone = self
            .zones
            .get_mut(&path.zone.key())
            .ok_or_else(|| Refused::NoParent(path.zone.clone()))?;
        let slot = zone.sets.entry(set_key(path));
        Ok((change, slot.insert_entry(set).into_mut()))
    }

    /// Deletes a record set. Returns whether there was one.
    pub(crate) fn delete_set(
        &mut self,
        path: &SetPath,
        conditions: &Conditions,
    ) -> Result<bool, Refused> {
        let Some(zone) = self.zones.get_mut(&path.zone.key()) else {
            return Err(Refused::NoParent(path.zone.clone()));
        };
        let held = zone.sets.get(&set_key(path));
        // Assumed: what is not there has no version that could be another one.
        if let Some(held) = held {
            check(Some(&held.etag), conditions)?;
        }
        if is_azures_own(path) {
            return Err(Refused::Invalid(format!(
                "The {} record set at the apex of a zone cannot be deleted.",
                path.kind
            )));
        }
        Ok(zone.sets.remove(&set_key(path)).is_some())
    }

    /// The types of the alias record sets that point at a profile.
    pub(crate) fn aliases_of(&self, profile: &ProfileKey) -> Vec<Kind> {
        let sets = self.zones.values().flat_map(|zone| &zone.sets);
        sets.filter(|(_, set)| {
            set.alias
                .as_ref()
                .is_some_and(|alias| alias.profile == *profile)
        })
        .map(|((_, kind), _)| *kind)
        .collect()
    }

    /// Empties the aliases of a profile that is gone.
    pub(crate) fn unlink(&mut self, profile: &ProfileKey, ttl: u32) {
        let sets = self.zones.values_mut().flat_map(|zone| &mut zone.sets);
        for (_, set) in sets {
            if set
                .alias
                .as_ref()
                .is_some_and(|alias| alias.profile == *profile)
            {
                set.alias = None;
                set.ttl = ttl.max(1);
                self.versions += 1;
                set.etag = version(self.versions);
            }
        }
    }

    fn parent(&self, path: &ZonePath) -> Result<&Zone, Refused> {
        self.zones
            .get(&path.key())
            .ok_or_else(|| Refused::NoParent(path.clone()))
    }

    /// Checks a record set beside its neighbours.
    fn admit(&self, path: &SetPath, draft: &Draft, alias: Option<&Alias>) -> Result<(), Refused> {
        let zone = self.parent(&path.zone)?;
        let SetPath { kind, name, .. } = path;
        if !is_relative(name, &path.zone.name) {
            return Err(Refused::Invalid(format!(
                "The record set name '{name}' is invalid."
            )));
        }
        if *kind == Kind::Cname && name == "@" {
            return Err(Refused::Invalid(
                "A CNAME record set cannot be created at the apex of a zone.".to_owned(),
            ));
        }
        if *kind == Kind::Soa && name != "@" {
            return Err(Refused::Invalid(
                "A SOA record set can only be at the apex of a zone.".to_owned(),
            ));
        }
        let has_records = draft.data.as_ref().is_some_and(|data| data.len() > 0);
        if alias.is_some() && has_records {
            return Err(Refused::Invalid(
                "A record set cannot have both records and a target resource.".to_owned(),
            ));
        }
        if *kind == Kind::Cname && alias.is_none() && !has_records {
            return Err(Refused::Invalid(
                "A CNAME record set must have a record or a target resource.".to_owned(),
            ));
        }
        if draft.ttl.is_none() && alias.is_none() {
            return Err(Refused::Invalid(
                "The TTL of a record set is required.".to_owned(),
            ));
        }
        let lower = name.to_ascii_lowercase();
        let has = |other: &Kind| zone.sets.contains_key(&(lower.clone(), *other));
        if *kind == Kind::Cname {
            if Kind::ALL.iter().any(|other| other != kind && has(other)) {
                return Err(Refused::NotAlone);
            }
        } else if has(&Kind::Cname) {
            return Err(Refused::BesideCname(*kind));
        }
        let held = zone.sets.get(&set_key(path));
        if held.is_none() && zone.sets.len() >= SETS_MAX {
            return Err(Refused::Invalid(format!(
                "The number of record sets in a zone cannot exceed {SETS_MAX}."
            )));
        }
        if let Some(alias) = alias {
            let leads = |held: &Alias| held.profile == alias.profile;
            let is_new = !held.is_some_and(|held| held.alias.as_ref().is_some_and(leads));
            if is_new && self.aliases_of(&alias.profile).len() >= ALIASES_MAX {
                return Err(Refused::Invalid(format!(
                    "The number of alias record sets of the resource '{}' cannot exceed {ALIASES_MAX}.",
                    alias.id
                )));
            }
        }
        Ok(())
    }

    fn next_version(&mut self) -> String {
        self.versions += 1;
        version(self.versions)
    }
}

/// A GUID for a number; different numbers have different ones.
fn version(number: u64) -> String {
    // An odd factor permutes the numbers of 64 bits.
    let bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-4{:03x}-8000-{:012x}",
        bits >> 32,
        (bits >> 16) & 0xffff,
        (bits >> 4) & 0xfff,
        number
    )
}

/// What Azure puts into every zone.
fn own_records(zone: &mut Zone, ns_version: String, soa_version: String) {
    let [primary, ..] = zone.name_servers();
    let soa = json!({
        "email": "azuredns-hostmaster.microsoft.com",
        "expireTime": 2_419_200,
        "host": primary,
        "minimumTTL": 300,
        "refreshTime": 3600,
        "retryTime": 300,
        "serialNumber": 1,
    });
    let servers = zone.name_servers().to_vec();
    let own = [
        (Kind::Ns, ns_version, 172_800, Data::Ns(servers)),
        (
            Kind::Soa,
            soa_version,
            3600,
            Data::Soa(soa.as_object().cloned().unwrap_or_default()),
        ),
    ];
    for (kind, etag, ttl, data) in own {
        let set = RecordSet {
            name: "@".to_owned(),
            etag,
            ttl,
            metadata: None,
            data,
            alias: None,
        };
        zone.sets.insert(("@".to_owned(), kind), set);
    }
}

/// What a PUT makes of the start of authority: what it does not say stays, and the first name server is Azure's.
fn start_of_authority(held: Option<&RecordSet>, given: Option<Data>) -> Data {
    let mut record = match held.map(|set| &set.data) {
        Some(Data::Soa(record)) => record.clone(),
        _ => Map::new(),
    };
    if let Some(Data::Soa(given)) = given {
        for (name, value) in given {
            let field = record
                .iter_mut()
                .find(|(known, _)| known.eq_ignore_ascii_case(&name));
            if let Some((known, held)) = field
                && known != "host"
                && !value.is_null()
            {
                *held = value;
            }
        }
    }
    Data::Soa(record)
}

fn set_key(path: &SetPath) -> (String, Kind) {
    (path.name.to_ascii_lowercase(), path.kind)
}

fn is_azures_own(path: &SetPath) -> bool {
    path.name == "@" && matches!(path.kind, Kind::Ns | Kind::Soa)
}

/// Whether a request may be carried out. `held` is the version of what is there.
fn check(held: Option<&str>, conditions: &Conditions) -> Result<(), Refused> {
    let failed = |header, condition: &str, current: &str| {
        Err(Refused::Condition {
            header,
            condition: condition.to_owned(),
            current: current.to_owned(),
        })
    };
    if let Some(condition) = &conditions.if_match
        && !held.is_some_and(|held| condition == "*" || unquoted(condition) == held)
    {
        return failed("If-Match", condition, held.unwrap_or("n/a"));
    }
    if let (Some(condition), Some(held)) = (&conditions.if_none_match, held)
        && (condition == "*" || unquoted(condition) == held)
    {
        return failed("If-None-Match", condition, "n/a");
    }
    Ok(())
}

fn unquoted(etag: &str) -> &str {
    etag.trim_matches('"')
}
