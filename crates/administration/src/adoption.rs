//! Taking a profile into this system's care.

use std::collections::BTreeMap;

use members::marks::{MANAGED_BY, MANAGED_BY_VALUE, SETTINGS_OWNER};
use members::{ObservedProfile, OwnerId};
use serde::Serialize;
use traffic_manager::profile::Endpoint;
use traffic_manager::tag::TAGS_MAX;

use crate::place::Place;
use crate::step::{Step, Write};

/// A profile as it is, and what adopting it writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Adoption {
    /// The profile.
    pub profile: Place,
    /// Its DNS name.
    pub fqdn: String,
    /// `Enabled` or `Disabled`.
    pub status: Option<String>,
    /// The routing method.
    pub routing_method: Option<String>,
    /// Seconds that resolvers keep an answer.
    pub ttl: Option<i64>,
    /// How its endpoints are probed, in short.
    pub monitor: String,
    /// Its endpoints.
    pub endpoints: Vec<Held>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Who decides the settings from then on; `None`: the first owner whose
    /// object names the profile.
    pub settings_owner: Option<String>,
    /// What is written.
    pub writes: Vec<Step>,
}

/// An endpoint of such a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Its name.
    pub endpoint: Option<String>,
    /// Where it points.
    pub target: Option<String>,
    /// `Enabled` or `Disabled`.
    pub status: Option<String>,
    /// Its share under weighted routing.
    pub weight: Option<i64>,
    /// Who claims it.
    pub owner: Option<String>,
}

/// Why a profile is not adopted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unadoptable {
    /// It has been already.
    #[error("profile {0} is managed already; there is nothing to do")]
    Managed(Place),
    /// Azure allows no more tags on it.
    #[error(
        "profile {profile} has {held} tags and Azure allows {TAGS_MAX}; remove {missing} first"
    )]
    NoRoom {
        /// The profile.
        profile: Place,
        /// Tags that it has.
        held: usize,
        /// Tags that are in the way.
        missing: usize,
    },
}

// === impl Adoption ===

impl Adoption {
    /// What adopting the profile means. With `settings_owner`, that owner decides
    /// its settings as long as it has a member there.
    pub fn plan(
        profile: &ObservedProfile,
        settings_owner: Option<&OwnerId>,
    ) -> Result<Self, Unadoptable> {
        let place = Place::from(&profile.id);
        if profile.marks.managed {
            return Err(Unadoptable::Managed(place));
        }
        let mut wanted = BTreeMap::from([(MANAGED_BY.to_owned(), MANAGED_BY_VALUE.to_owned())]);
        if let Some(owner) = settings_owner {
            wanted.insert(SETTINGS_OWNER.to_owned(), owner.to_string());
        }
        let tags = profile.wire.tags.clone().unwrap_or_default();
        let new = wanted
            .keys()
            .filter(|name| profile.wire.tag(name).is_none())
            .count();
        let needed = tags.len() + new;
        if needed > TAGS_MAX {
            return Err(Unadoptable::NoRoom {
                profile: place,
                held: tags.len(),
                missing: needed - TAGS_MAX,
            });
        }
        wanted.retain(|name, value| profile.wire.tag(name) != Some(value));
        let properties = &profile.wire.properties;
        let named = settings_owner.or(profile.marks.settings_owner.as_ref());
        Ok(Self {
            profile: place,
            fqdn: profile.fqdn(),
            status: properties.profile_status.clone(),
            routing_method: properties.traffic_routing_method.clone(),
            ttl: properties.dns_config.as_ref().and_then(|dns| dns.ttl),
            monitor: monitor(profile),
            endpoints: profile
                .wire
                .endpoints()
                .iter()
                .map(|endpoint| held(profile, endpoint))
                .collect(),
            tags,
            settings_owner: named.map(ToString::to_string),
            writes: vec![Step {
                profile: profile.id.clone(),
                write: Write::MergeTags(wanted),
            }],
        })
    }
}

fn monitor(profile: &ObservedProfile) -> String {
    let Some(monitor) = &profile.wire.properties.monitor_config else {
        return "none".to_owned();
    };
    let port = monitor.port.map(|port| format!(":{port}"));
    [
        monitor.protocol.clone(),
        port,
        monitor.path.as_ref().map(|path| format!(" {path}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn held(profile: &ObservedProfile, endpoint: &Endpoint) -> Held {
    let claim = endpoint
        .endpoint_name()
        .and_then(|name| profile.claim(&name));
    Held {
        endpoint: endpoint.name.clone(),
        target: endpoint.properties.target.clone(),
        status: endpoint.properties.endpoint_status.clone(),
        weight: endpoint.properties.weight,
        owner: claim.map(|claim| claim.owner.to_string()),
    }
}
