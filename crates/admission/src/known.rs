//! What is known about the webhook that will read the objects.

use std::collections::{BTreeMap, BTreeSet};

use external_dns::model::{ALPHA_PREFIX, PREFIX};
use members::VanityMode;
use members::want::Brakes;
use members::{OwnerId, Scope};
use traffic_manager::{ApiVersion, Invalid, ResourceGroup, SubscriptionId};

/// Stands for an owner that nobody has named.
const SOME_OWNER: &str = "this-cluster";
/// Stands for a subscription that nobody has named.
pub(crate) const SOME_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The settings of `serve` that decide what is valid. What is `None` is not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// `--owner-id`
    pub owner: Option<OwnerId>,
    /// Where profiles may be.
    pub places: Places,
    /// `--api-version`
    pub api_version: Option<ApiVersion>,
    /// ExternalDNS's `--annotation-prefix`, with its slash. With several, objects
    /// are judged as they look through each.
    pub prefixes: Vec<String>,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// Whether targets may be private addresses, as with an emulator.
    pub private_targets: bool,
}

/// Where profiles may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// `--subscription-id`, and the groups of it in `--resource-groups`.
    pub default: Option<SubscriptionId>,
    /// The groups that may be named in it; `None` when nobody has said.
    pub resource_groups: Option<Vec<ResourceGroup>>,
    /// `--subscription-ids`, each with its groups.
    pub others: BTreeMap<SubscriptionId, Vec<ResourceGroup>>,
}

// === impl Known ===

impl Default for Known {
    /// Nothing is known; both prefixes of ExternalDNS are read.
    fn default() -> Self {
        Self {
            owner: None,
            places: Places::default(),
            api_version: None,
            prefixes: vec![PREFIX.to_owned(), ALPHA_PREFIX.to_owned()],
            namespace: "default".to_owned(),
            private_targets: false,
        }
    }
}

impl Known {
    /// The scope of `serve` with these settings. Without a subscription, `named`
    /// are all of those that may be named.
    pub(crate) fn scope(&self, named: BTreeSet<SubscriptionId>) -> Result<Scope, Invalid> {
        let places = &self.places;
        let mut other_subscriptions = places.others.clone();
        if places.default.is_none() {
            other_subscriptions.extend(named.into_iter().map(|named| (named, Vec::new())));
        }
        Ok(Scope {
            owner: match &self.owner {
                Some(owner) => owner.clone(),
                None => SOME_OWNER.parse()?,
            },
            subscription: match &places.default {
                Some(subscription) => subscription.clone(),
                None => SOME_SUBSCRIPTION.parse()?,
            },
            resource_groups: places.resource_groups.clone().unwrap_or_default(),
            other_subscriptions,
            dns_suffix: "trafficmanager.net".to_owned(),
            brakes: Brakes::default(),
            api_version: self.api_version.unwrap_or(ApiVersion::V2026_09_01),
            // Whatever the default is, an object may have a vanity host.
            vanity: VanityMode::None,
            private_targets: self.private_targets,
        })
    }
}
