//! The URLs of ARM. Every name becomes exactly one path segment, whatever
//! characters it has: endpoint names may hold spaces and `#`.

use azure_dns::{RecordSetKind, RelativeRecordName, ZoneId};
use traffic_manager::{ApiVersion, EndpointKind, ProfileId, ResourceGroup, SubscriptionId};
use url::Url;

use crate::{ArmUrl, ClientConfig, ListScope};

/// Makes URLs.
#[derive(Debug)]
pub(crate) struct Routes {
    arm: ArmUrl,
    api_version: ApiVersion,
    tags_api_version: String,
}

/// Of `Microsoft.Network/publicIPAddresses`, which has other versions than Traffic
/// Manager. Any of the last ten years answers id, address and name alike; this
/// one is in every cloud.
const PUBLIC_IPS_API_VERSION: &str = "2024-05-01";
/// Of Azure DNS: the last stable one for years, with aliases, in every cloud.
const DNS_API_VERSION: &str = "2018-05-01";
const PROVIDERS: &str = "providers";
const NETWORK: &str = "Microsoft.Network";
const PROFILES: &str = "trafficManagerProfiles";
const ZONES: &str = "dnsZones";

// === impl Routes ===

impl Routes {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        Self {
            arm: config.arm.clone(),
            api_version: config.api_version,
            tags_api_version: config.tags_api_version.clone(),
        }
    }

    pub(crate) fn profiles(&self, scope: &ListScope) -> Url {
        self.url(&scope_path(scope, PROFILES), self.api_version.as_str())
    }

    pub(crate) fn zones(&self, scope: &ListScope) -> Url {
        self.url(&scope_path(scope, ZONES), DNS_API_VERSION)
    }

    pub(crate) fn record_sets(&self, zone: &ZoneId) -> Url {
        let mut path = zone_path(zone);
        path.push("recordsets");
        self.url(&path, DNS_API_VERSION)
    }

    pub(crate) fn record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
    ) -> Url {
        let mut path = zone_path(zone);
        path.extend([kind.as_str(), name.as_str()]);
        self.url(&path, DNS_API_VERSION)
    }

    pub(crate) fn profile(&self, id: &ProfileId) -> Url {
        self.url(&profile_path(id), self.api_version.as_str())
    }

    pub(crate) fn endpoint(&self, id: &ProfileId, kind: EndpointKind, name: &str) -> Url {
        let mut path = profile_path(id);
        path.extend([kind.as_str(), name]);
        self.url(&path, self.api_version.as_str())
    }

    pub(crate) fn tags(&self, id: &ProfileId) -> Url {
        let mut path = profile_path(id);
        path.extend([PROVIDERS, "Microsoft.Resources", "tags", "default"]);
        self.url(&path, &self.tags_api_version)
    }

    pub(crate) fn check_name(&self, subscription: &SubscriptionId) -> Url {
        let path = [
            "subscriptions",
            subscription.as_str(),
            PROVIDERS,
            NETWORK,
            "checkTrafficManagerNameAvailabilityV2",
        ];
        self.url(&path, self.api_version.as_str())
    }

    pub(crate) fn public_ips(&self, subscription: &SubscriptionId) -> Url {
        let path = [
            "subscriptions",
            subscription.as_str(),
            PROVIDERS,
            NETWORK,
            "publicIPAddresses",
        ];
        self.url(&path, PUBLIC_IPS_API_VERSION)
    }

    pub(crate) fn geography(&self) -> Url {
        let path = [
            PROVIDERS,
            NETWORK,
            "trafficManagerGeographicHierarchies",
            "default",
        ];
        self.url(&path, self.api_version.as_str())
    }

    /// A link in an answer, when it may be followed.
    pub(crate) fn follow(&self, link: &str) -> Option<Url> {
        self.arm.follow(link)
    }

    fn url(&self, path: &[&str], api_version: &str) -> Url {
        let mut url = self.arm.as_url().clone();
        // Only URLs that cannot be a base have no segments, and those are not
        // valid ARM endpoints.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut()
            .append_pair("api-version", api_version);
        url
    }
}

fn scope_path<'a>(scope: &'a ListScope, kind: &'a str) -> Vec<&'a str> {
    let mut path = vec!["subscriptions", scope.subscription().as_str()];
    if let ListScope::ResourceGroup(_, group) = scope {
        path.extend(["resourceGroups", group.as_str()]);
    }
    path.extend([PROVIDERS, NETWORK, kind]);
    path
}

fn zone_path(id: &ZoneId) -> Vec<&str> {
    group_path(
        &id.subscription,
        &id.resource_group,
        ZONES,
        id.name.as_str(),
    )
}

fn profile_path(id: &ProfileId) -> Vec<&str> {
    group_path(
        &id.subscription,
        &id.resource_group,
        PROFILES,
        id.name.as_str(),
    )
}

/// The path of a resource of `Microsoft.Network` in a resource group.
fn group_path<'a>(
    subscription: &'a SubscriptionId,
    group: &'a ResourceGroup,
    kind: &'a str,
    name: &'a str,
) -> Vec<&'a str> {
    vec![
        "subscriptions",
        subscription.as_str(),
        "resourceGroups",
        group.as_str(),
        PROVIDERS,
        NETWORK,
        kind,
        name,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(arm: &str) -> Routes {
        Routes::new(&ClientConfig::new(arm.parse().unwrap()))
    }

    fn id(group: &str) -> ProfileId {
        ProfileId {
            subscription: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            resource_group: group.parse().unwrap(),
            name: "my-app".parse().unwrap(),
        }
    }

    #[test]
    fn names_are_one_segment_each() {
        let routes = routes("https://management.azure.com");
        let url = routes.endpoint(&id("rg(1)"), EndpointKind::External, "fleet #1 100%/é?");
        insta::assert_snapshot!(url, @"https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg(1)/providers/Microsoft.Network/trafficManagerProfiles/my-app/ExternalEndpoints/fleet%20%231%20100%25%2F%C3%A9%3F?api-version=2022-04-01");
    }

    #[test]
    fn a_base_path_is_kept() {
        let routes = routes("http://127.0.0.1:8080/arm/");
        let scope = ListScope::Subscription(id("rg").subscription);
        insta::assert_snapshot!(routes.profiles(&scope), @"http://127.0.0.1:8080/arm/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Network/trafficManagerProfiles?api-version=2022-04-01");
    }

    #[test]
    fn tags_have_their_own_version() {
        let url = routes("http://127.0.0.1:8080").tags(&id("rg"));
        assert!(
            url.path()
                .ends_with("/my-app/providers/Microsoft.Resources/tags/default")
        );
        assert_eq!(url.query(), Some("api-version=2021-04-01"));
    }
}
