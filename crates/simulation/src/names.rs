//! What DNS says: the zone of the histories with vanity records, and the law
//! that no name in it leads to what anybody may take.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arm_client::exchange::Method;
use async_trait::async_trait;
use emulator::{Request, State};
use serde_json::{Value, json};
use tokio::time::Instant;
use webhook::resolver::{ResolveError, Resolver};

use crate::cluster::SUBSCRIPTION;
use crate::history::Hand;
use crate::line::lock;

/// The zone.
pub(crate) const ZONE: &str = "example.com";
const GROUP: &str = "dns-rg";
const VERSION: &str = "2018-05-01";
/// TTL of vanity records, as the clusters are told.
pub(crate) const TTL: Duration = Duration::from_mins(5);

/// The record sets of the zone, by name and type.
pub(crate) type Held = BTreeMap<(String, String), Entry>;

/// A record set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The whole name.
    pub(crate) host: String,
    /// The name of the profile in the metadata of a record set of ours.
    pub(crate) profile: Option<String>,
    /// The name it leads to, when it is a CNAME.
    pub(crate) target: Option<String>,
    pub(crate) ttl: u64,
    document: Value,
}

/// The zone as it was after the last effect, and what it led to.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) held: Held,
    /// When a name was last led to.
    led: BTreeMap<String, Instant>,
    pub(crate) answers: Answers,
}

/// What DNS answers, without any cache.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<BTreeMap<String, String>>>);

// === impl Entry ===

impl Entry {
    fn read(document: &Value) -> Option<((String, String), Self)> {
        let text = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
        let properties = &document["properties"];
        let name = text(&document["name"])?;
        let kind = text(&document["type"])?;
        if kind.ends_with("/soa") || kind.ends_with("/ns") {
            return None;
        }
        let ours = properties["metadata"]["externaldns-managed-by"]
            == json!("external-dns-traffic-manager");
        let profile = text(&properties["metadata"]["externaldns-profile"]).filter(|_| ours);
        let profile = profile.and_then(|id| id.rsplit('/').next().map(str::to_owned));
        let entry = Self {
            host: format!("{name}.{ZONE}"),
            profile,
            target: text(&properties["CNAMERecord"]["cname"]),
            ttl: properties["TTL"].as_u64()?,
            document: properties.clone(),
        };
        Some(((name, kind), entry))
    }
}

// === impl Names ===

impl Names {
    /// Looks at the zone again, and says what was there before.
    pub(crate) fn look(&mut self, state: &mut State) -> Held {
        let now = Instant::now();
        // It has led there until now.
        for target in self.held.values().filter_map(|entry| entry.target.as_ref()) {
            self.led.insert(target.clone(), now);
        }
        let before = std::mem::replace(&mut self.held, read(state));
        let aliases = self.held.values().filter_map(|entry| {
            let target = entry.target.clone()?;
            Some((entry.host.clone(), target))
        });
        *lock(&self.answers.0) = aliases.collect();
        before
    }

    /// For how long nothing has led to a name; `None` while something does.
    pub(crate) fn unled(&self, fqdn: &str) -> Option<Duration> {
        let leads = |entry: &Entry| entry.target.as_deref() == Some(fqdn);
        if self.held.values().any(leads) {
            return None;
        }
        let since = self.led.get(fqdn).map(Instant::elapsed);
        Some(since.unwrap_or(Duration::MAX))
    }
}

/// Whether a path is in the zone.
pub(crate) fn is_about(path: &str) -> bool {
    path.to_ascii_lowercase().contains("/dnszones")
}

/// The name that the emulator takes the zone by.
pub(crate) fn seed() -> String {
    format!("{SUBSCRIPTION}/{GROUP}/{ZONE}")
}

/// The zone by its ARM id.
pub(crate) fn zone_id() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/dnsZones/{ZONE}"
    )
}

fn read(state: &mut State) -> Held {
    let path = format!("{}/recordsets", zone_id());
    let request = Request::new(Method::GET, &path, VERSION, &Value::Null);
    let response = state.answer(&request);
    let body: Value =
        serde_json::from_str(response.body.as_deref().unwrap_or_default()).unwrap_or(Value::Null);
    let documents = body["value"].as_array().into_iter().flatten();
    documents.filter_map(Entry::read).collect()
}

/// Somebody else does something to a name of the zone. Nothing happens where
/// there is nothing to do it to.
pub(crate) fn act(state: &mut State, host: &str, hand: Hand) {
    let Some(name) = host.strip_suffix(&format!(".{ZONE}")) else {
        return;
    };
    let held = read(state)
        .into_values()
        .find(|entry| entry.host == host && entry.target.is_some());
    let elsewhere = |metadata: &Value| {
        let cname = json!({ "cname": "elsewhere.example.net" });
        json!({ "TTL": 60, "metadata": metadata, "CNAMERecord": cname })
    };
    let (method, properties) = match (hand, held) {
        (Hand::Make, None) => (Method::PUT, elsewhere(&json!({}))),
        (Hand::Move, Some(held)) => (Method::PUT, elsewhere(&held.document["metadata"])),
        (Hand::Drop, Some(_)) => (Method::DELETE, Value::Null),
        (Hand::Disown, Some(held)) => {
            let mut document = held.document;
            document["metadata"] = json!({});
            let kept = ["TTL", "metadata", "CNAMERecord"].map(|key| (key, document[key].take()));
            (Method::PUT, kept.into_iter().collect())
        }
        (Hand::Make, Some(_)) | (Hand::Move | Hand::Drop | Hand::Disown, None) => return,
    };
    let path = format!("{}/CNAME/{name}", zone_id());
    let body = json!({ "properties": properties });
    state.answer(&Request::new(method, &path, VERSION, &body));
}

// === impl Answers ===

#[async_trait]
impl Resolver for Answers {
    async fn cname(&self, host: &str) -> Result<Option<String>, ResolveError> {
        Ok(lock(&self.0).get(host).cloned())
    }

    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(Vec::new())
    }
}
