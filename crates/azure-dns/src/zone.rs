//! Zones.

use std::fmt;
use std::str::FromStr;

use traffic_manager::{Hostname, Invalid, ResourceGroup, SubscriptionId};

use crate::ZoneName;
use crate::document::ZoneDocument;

/// The identity of a zone. Two groups may have zones of one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneId {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource group.
    pub resource_group: ResourceGroup,
    /// The DNS name, which is the ARM name too.
    pub name: ZoneName,
}

/// A public zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Where it is.
    pub id: ZoneId,
    /// Its DNS name.
    pub name: ZoneName,
    /// The servers that Azure has given it. The domain is served by Azure only
    /// when its registrar or parent zone delegates to them.
    pub name_servers: Vec<String>,
}

// === impl ZoneId ===

impl ZoneId {
    /// The ARM id.
    pub fn arm_id(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/dnszones/{}",
            self.subscription, self.resource_group, self.name
        )
    }
}

impl FromStr for ZoneId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be the ARM id of a DNS zone");
        let parts: Vec<_> = text.trim_matches('/').split('/').collect();
        let [s, subscription, g, group, p, provider, kind, name] = parts.as_slice() else {
            return Err(invalid());
        };
        let fixed = [
            (s, "subscriptions"),
            (g, "resourceGroups"),
            (p, "providers"),
            (provider, "Microsoft.Network"),
            (kind, "dnszones"),
        ];
        let is_fixed = |(is, want): (&&str, &str)| is.eq_ignore_ascii_case(want);
        if !fixed.into_iter().all(is_fixed) {
            return Err(invalid());
        }
        Ok(Self {
            subscription: subscription.parse()?,
            resource_group: group.parse()?,
            name: name.parse()?,
        })
    }
}

// === impl Zone ===

impl Zone {
    /// The public zone in a document; `None` for what is none. A private zone,
    /// which older versions of Azure DNS list beside the public ones, answers
    /// only inside its own networks.
    pub fn of(document: &ZoneDocument) -> Option<Self> {
        let id: ZoneId = document.id.as_deref()?.parse().ok()?;
        let kind = document.properties.zone_type.as_deref();
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("Public")) {
            return None;
        }
        Some(Self {
            name: id.name.clone(),
            id,
            name_servers: document.properties.name_servers.clone().unwrap_or_default(),
        })
    }

    /// The zone that a host belongs in: of those that hold it, the closest one,
    /// and of several with that name, the first by id.
    pub fn holding<'a>(
        host: &Hostname,
        zones: impl IntoIterator<Item = &'a Self>,
    ) -> Option<&'a Self> {
        zones
            .into_iter()
            .filter(|zone| zone.name.holds(host))
            .max_by(|one, other| {
                let closer = one.name.labels().cmp(&other.name.labels());
                closer.then_with(|| other.id.cmp(&one.id))
            })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn zone(group: &str, name: &str) -> Zone {
        let id = format!(
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/{group}/providers/Microsoft.Network/dnsZones/{name}"
        );
        let text = format!(r#"{{"id":"{id}","properties":{{"zoneType":"Public"}}}}"#);
        Zone::of(&serde_json::from_str(&text).unwrap()).unwrap()
    }

    #[rstest]
    #[case("my-app.example.com", Some("a/example.com"))]
    #[case("my-app.apps.example.com", Some("a/apps.example.com"))]
    #[case("apps.example.com", Some("a/apps.example.com"))]
    #[case("*.example.com", Some("a/example.com"))]
    #[case("my-app.example.org", None)]
    fn the_closest_zone_holds_a_host(#[case] host: &str, #[case] expected: Option<&str>) {
        let zones = [
            zone("b", "example.com"),
            zone("a", "Example.com"),
            zone("a", "apps.example.com"),
        ];
        let found = Zone::holding(&host.parse().unwrap(), &zones)
            .map(|zone| format!("{}/{}", zone.id.resource_group, zone.name));
        assert_eq!(found.as_deref(), expected);
    }

    #[rstest]
    #[case(r#"{"properties":{}}"#)]
    #[case(r#"{"id":"/subscriptions/x"}"#)]
    #[case(r#"{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/dnszones/a.com","properties":{"zoneType":"Private"}}"#)]
    fn what_is_no_public_zone(#[case] text: &str) {
        assert_eq!(Zone::of(&serde_json::from_str(text).unwrap()), None);
    }

    #[test]
    fn ids_round_trip() {
        let id = zone("rg", "example.com").id;
        assert_eq!(id.arm_id().parse::<ZoneId>().unwrap(), id);
    }
}
