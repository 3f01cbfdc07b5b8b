//! Profiles as Azure would list them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use members::OwnerId;
use members::marks::{MANAGED_BY, MANAGED_BY_VALUE};
use traffic_manager::profile::Profile;

pub(crate) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn owner(name: &str) -> OwnerId {
    name.parse().unwrap()
}

/// A profile under construction.
pub(crate) struct Made {
    group: String,
    name: String,
    status: &'static str,
    tags: BTreeMap<String, String>,
    endpoints: Vec<serde_json::Value>,
}

impl Made {
    /// A profile of this system.
    pub(crate) fn managed(name: &str) -> Self {
        Self::foreign(name).tag(MANAGED_BY, MANAGED_BY_VALUE)
    }

    /// A profile of somebody else.
    pub(crate) fn foreign(name: &str) -> Self {
        Self {
            group: "my-tm-rg".to_owned(),
            name: name.to_owned(),
            status: "Enabled",
            tags: BTreeMap::new(),
            endpoints: Vec::new(),
        }
    }

    pub(crate) fn group(mut self, group: &str) -> Self {
        group.clone_into(&mut self.group);
        self
    }

    pub(crate) fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn tag(mut self, name: &str, value: &str) -> Self {
        self.tags.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The claims of an owner: endpoints, and how many hours ago each was claimed.
    pub(crate) fn claims(self, owner: &str, seen: Option<i64>, claims: &[(&str, i64)]) -> Self {
        let claims: Vec<_> = claims
            .iter()
            .map(|(endpoint, hours)| {
                let since = base36((noon().as_second() - hours * 3600) * 1000);
                format!("{endpoint},{since},s/default/{endpoint},{endpoint}.example.com")
            })
            .collect();
        let seen = seen.map(|hours| format!("@{};", base36(noon().as_second() / 60 - hours * 60)));
        let value = format!("{}{}", seen.unwrap_or_default(), claims.join(";"));
        self.tag(&format!("externaldns-claims-0-{owner}"), &value)
    }

    pub(crate) fn endpoint(self, name: &str, status: &str) -> Self {
        self.endpoint_of("external", name, status)
    }

    pub(crate) fn endpoint_of(mut self, kind: &str, name: &str, status: &str) -> Self {
        let kind = format!("Microsoft.Network/trafficManagerProfiles/{kind}Endpoints");
        self.endpoints.push(serde_json::json!({
            "name": name,
            "type": kind,
            "properties": {
                "target": format!("{name}.example.com"),
                "endpointStatus": status,
                "weight": 70,
                "priority": self.endpoints.len() + 1,
                "customHeaders": [{"name": "host", "value": "x"}],
            },
        }));
        self
    }

    pub(crate) fn build(self) -> Profile {
        let Self {
            group, name, tags, ..
        } = &self;
        serde_json::from_value(serde_json::json!({
            "id": format!("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/{group}/providers/Microsoft.Network/trafficManagerProfiles/{name}"),
            "name": name,
            "location": "global",
            "tags": tags,
            "properties": {
                "profileStatus": self.status,
                "trafficRoutingMethod": "Weighted",
                "dnsConfig": {"relativeName": name, "fqdn": format!("{name}.trafficmanager.net"), "ttl": 30},
                "monitorConfig": {"protocol": "HTTPS", "port": 443, "path": "/health"},
                "endpoints": self.endpoints,
            },
        }))
        .unwrap()
    }
}

fn base36(number: i64) -> String {
    let mut rest = u64::try_from(number).unwrap();
    let mut digits = Vec::new();
    while rest > 0 {
        let digit = u32::try_from(rest % 36).unwrap();
        digits.push(char::from_digit(digit, 36).unwrap());
        rest /= 36;
    }
    digits.iter().rev().collect()
}
