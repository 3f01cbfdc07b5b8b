//! Profiles, zones and record sets, briefly.

use std::collections::BTreeMap;

use azure_dns::document::{RecordSetDocument, ZoneDocument};
use azure_dns::{RecordContent, RecordSet, RecordSetBody, RecordSetKind, Zone};
use members::want::{Brakes, Scope};
use members::{Observed, VanityMode};
use serde_json::{Value, json};
use traffic_manager::profile::Profile;
use traffic_manager::{ApiVersion, ProfileId};
use vanity::record_set::{Held, Plan, Step, Write};

pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// A profile with what matters here.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) name: &'static str,
    /// The tag with host and mode.
    pub(crate) host: String,
    /// Targets of its endpoints, the first of which is east's.
    pub(crate) targets: Vec<&'static str>,
    pub(crate) managed: bool,
}

pub(crate) fn app(name: &'static str, host: &str, targets: &[&'static str]) -> App {
    App {
        name,
        host: host.to_owned(),
        targets: targets.to_vec(),
        managed: true,
    }
}

impl App {
    pub(crate) fn unmarked(mut self) -> Self {
        self.managed = false;
        self
    }

    fn profile(&self) -> Profile {
        let endpoints: Vec<Value> = self
            .targets
            .iter()
            .enumerate()
            .map(|(n, target)| {
                json!({
                    "name": format!("e{n}"),
                    "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                    "properties": {"target": target, "endpointStatus": "Enabled"}
                })
            })
            .collect();
        let mut tags = BTreeMap::from([("externaldns-hostname", self.host.clone())]);
        if self.managed {
            tags.insert(
                "externaldns-managed-by",
                "external-dns-traffic-manager".to_owned(),
            );
            tags.insert("externaldns-settings-owner", "east".to_owned());
        }
        if self.managed && !endpoints.is_empty() {
            let claim = format!(
                "@htao0;e0,mwpn5s00,s/default/{},{}-east.example.com",
                self.name, self.name
            );
            tags.insert("externaldns-claims-0-east", claim);
        }
        serde_json::from_value(json!({
            "id": profile_id(self.name).arm_id(),
            "name": self.name,
            "tags": tags,
            "properties": {
                "dnsConfig": {"relativeName": self.name, "fqdn": fqdn(self.name), "ttl": 30},
                "endpoints": endpoints
            }
        }))
        .unwrap()
    }
}

pub(crate) fn fqdn(name: &str) -> String {
    format!("{name}.trafficmanager.net")
}

pub(crate) fn profile_id(name: &str) -> ProfileId {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/{name}")
        .parse()
        .unwrap()
}

pub(crate) fn observed(apps: &[App]) -> Observed {
    apps.iter().map(App::profile).collect()
}

pub(crate) fn scope() -> Scope {
    Scope {
        owner: "east".parse().unwrap(),
        subscription: SUBSCRIPTION.parse().unwrap(),
        resource_groups: vec!["my-tm-rg".parse().unwrap()],
        other_subscriptions: BTreeMap::new(),
        dns_suffix: "trafficmanager.net".to_owned(),
        brakes: Brakes::default(),
        api_version: ApiVersion::default(),
        vanity: VanityMode::AzureDns,
        private_targets: false,
    }
}

pub(crate) fn zone(name: &str) -> Zone {
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/my-dns-rg/providers/Microsoft.Network/dnszones/{name}"
    );
    let document: ZoneDocument = serde_json::from_value(json!({"id": id})).unwrap();
    Zone::of(&document).unwrap()
}

/// A record set as Azure shows it.
pub(crate) fn shown(kind: &str, name: &str, properties: &Value) -> RecordSet {
    let document: RecordSetDocument = serde_json::from_value(json!({
        "name": name,
        "type": format!("Microsoft.Network/dnszones/{kind}"),
        "etag": format!("etag-of-{kind}-{name}"),
        "properties": properties
    }))
    .unwrap();
    RecordSet::of(&document).unwrap()
}

/// One of ours, for this profile and with this content.
pub(crate) fn ours(name: &str, profile: &str) -> RecordSet {
    shown(
        "CNAME",
        name,
        &json!({
            "TTL": 300,
            "metadata": {
                "externaldns-managed-by": "external-dns-traffic-manager",
                "externaldns-profile": profile_id(profile).arm_id()
            },
            "CNAMERecord": {"cname": fqdn(profile)}
        }),
    )
}

/// Somebody else's.
pub(crate) fn theirs(kind: &str, name: &str) -> RecordSet {
    let content = match kind {
        "CNAME" => json!({"TTL": 60, "CNAMERecord": {"cname": "elsewhere.example.net"}}),
        "A" => json!({"TTL": 60, "ARecords": [{"ipv4Address": "192.0.2.1"}]}),
        _ => json!({"TTL": 60}),
    };
    shown(kind, name, &content)
}

/// What Azure holds after a plan. What a real one would refuse, this refuses too.
pub(crate) fn carry_out(held: &mut Held, plan: &Plan) {
    for Step {
        zone,
        name,
        kind,
        write,
        ..
    } in &plan.steps
    {
        let records = held.entry(zone.clone()).or_default();
        let create = |records: &mut Vec<RecordSet>, body| {
            let is_there = records
                .iter()
                .any(|record| record.name == *name && record.kind.known() == Some(*kind));
            assert!(!is_there, "it is there already");
            let alone =
                *kind != RecordSetKind::Cname || !records.iter().any(|record| record.name == *name);
            assert!(alone, "a CNAME tolerates nothing beside it");
            records.push(made(*kind, name.as_str(), body));
        };
        let at = records
            .iter()
            .position(|record| record.name == *name && record.kind.known() == Some(*kind));
        match write {
            Write::Create(body) => create(records, body),
            Write::Replace(body, others) => {
                for other in others {
                    let at = records.iter().position(|record| record == other);
                    records.remove(at.unwrap());
                }
                create(records, body);
            }
            Write::Change(body, version) => {
                let at = at.unwrap();
                assert_eq!(records[at].etag, *version);
                records[at] = made(*kind, name.as_str(), body);
            }
            Write::Delete(version) => {
                let at = at.unwrap();
                assert_eq!(records[at].etag, *version);
                records.remove(at);
            }
        }
    }
}

fn made(kind: RecordSetKind, name: &str, body: &RecordSetBody) -> RecordSet {
    let mut properties = json!({"TTL": body.ttl, "metadata": body.metadata});
    match &body.content {
        RecordContent::Cname(target) => {
            properties["CNAMERecord"] = json!({"cname": target.as_str()});
        }
        RecordContent::Alias(resource) => {
            properties["targetResource"] = json!({"id": resource.as_str()});
        }
        RecordContent::Addresses(_) => panic!("nobody writes addresses"),
    }
    shown(kind.as_str(), name, &properties)
}
