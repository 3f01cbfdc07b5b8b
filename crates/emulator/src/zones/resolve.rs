//! Zones as DNS sees them: the closest zone, the name in it, or the wildcard that stands for it (RFC 4592).

use data_plane::{Fqdn, Hosted, HostedData, HostedSet, Ttl, ZoneAuthority};

use super::model::{Alias, Data, RecordSet, Zone};
use super::path::Kind;
use super::store::Zones;

/// What an alias stands for at this moment.
pub(crate) struct AliasView {
    /// The name of the profile.
    pub(crate) fqdn: Fqdn,
    /// Its TTL.
    pub(crate) ttl: u32,
}

impl Zones {
    /// What the closest zone says about a name. Of several zones with one name the first by id has the say; in Azure each
    /// has servers of its own, and the delegation decides.
    pub(crate) fn resolve(
        &self,
        name: &Fqdn,
        alias: impl Fn(&Alias) -> Option<AliasView>,
    ) -> Option<Hosted> {
        let named = |zone: &&Zone| {
            let zone = zone.path().name.to_ascii_lowercase();
            let rest = name.as_str().strip_suffix(&zone);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        // `max_by_key` takes the last of several.
        let zones: Vec<_> = self.all().filter(named).collect();
        let zone = zones
            .into_iter()
            .rev()
            .max_by_key(|zone| zone.path().name.len())?;
        Some(Hosted {
            authority: authority(zone)?,
            sets: sets_of(zone, name).map(|sets| {
                let seen = |(kind, set)| seen(kind, set, &alias);
                sets.into_iter().filter_map(seen).collect()
            }),
        })
    }
}

fn authority(zone: &Zone) -> Option<ZoneAuthority> {
    let soa = zone.sets().find_map(|(_, set)| match &set.data {
        Data::Soa(record) => Some(record),
        _ => None,
    })?;
    let text = |field: &str| soa.get(field)?.as_str();
    let minimum = soa.get("minimumTTL").and_then(serde_json::Value::as_u64);
    Some(ZoneAuthority {
        zone: Fqdn::new(&zone.path().name).ok()?,
        primary: Fqdn::new(text("host")?).ok()?,
        mailbox: Fqdn::new(text("email")?).ok()?,
        negative_ttl: minimum
            .and_then(|ttl| u32::try_from(ttl).ok())
            .unwrap_or(300),
    })
}

/// The record sets of a name, `None` when it does not exist.
fn sets_of<'a>(zone: &'a Zone, name: &Fqdn) -> Option<Vec<(Kind, &'a RecordSet)>> {
    let mut relative = name
        .as_str()
        .get(..name.as_str().len().saturating_sub(zone.path().name.len()))
        .unwrap_or_default()
        .trim_end_matches('.');
    if relative.is_empty() {
        relative = "@";
    }
    if let Some(found) = at(zone, relative) {
        return Some(found);
    }
    // The closest name above that exists decides which wildcard may stand for it; the zone itself always exists.
    let mut above = relative;
    loop {
        above = above.split_once('.').map_or("", |(_, rest)| rest);
        if above.is_empty() {
            return at(zone, "*");
        }
        if at(zone, above).is_some() {
            return at(zone, &format!("*.{above}"));
        }
    }
}

/// The record sets at a name; without any where only names below it exist.
fn at<'a>(zone: &'a Zone, relative: &str) -> Option<Vec<(Kind, &'a RecordSet)>> {
    let mut here = Vec::new();
    let mut exists = false;
    for ((name, kind), set) in &zone.sets {
        if set.alias.is_none() && set.data.len() == 0 {
            continue;
        }
        if let Some(rest) = name.strip_suffix(relative) {
            exists |= rest.is_empty() || rest.ends_with('.');
            if rest.is_empty() {
                here.push((*kind, set));
            }
        }
    }
    exists.then_some(here)
}

/// A record set as the data plane has it. Types that no test or tool asks for are not answered.
fn seen(
    kind: Kind,
    set: &RecordSet,
    alias: impl Fn(&Alias) -> Option<AliasView>,
) -> Option<HostedSet> {
    let (ttl, data) = if let Some(target) = &set.alias {
        let AliasView { fqdn, ttl } = alias(target)?;
        let data = match kind {
            Kind::A => HostedData::AliasA(fqdn),
            Kind::Aaaa => HostedData::AliasAaaa(fqdn),
            _ => HostedData::Cname(fqdn),
        };
        (ttl, data)
    } else {
        let data = match &set.data {
            Data::A(list) => HostedData::A(list.clone()),
            Data::Aaaa(list) => HostedData::Aaaa(list.clone()),
            Data::Cname(name) => HostedData::Cname(Fqdn::new(name.as_deref()?).ok()?),
            Data::Txt(list) => HostedData::Txt(list.clone()),
            Data::Ns(list) => {
                HostedData::Ns(list.iter().filter_map(|one| Fqdn::new(one).ok()).collect())
            }
            Data::Soa(_) | Data::Other(..) => return None,
        };
        (set.ttl, data)
    };
    Some(HostedSet {
        ttl: Ttl::new(ttl).ok()?,
        data,
    })
}
