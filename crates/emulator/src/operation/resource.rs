//! The resources of the ARM API: what a path addresses.

use crate::api_version::{ApiVersion, Feature};
use crate::model::ProfilePath;
use crate::model::endpoint::EndpointKind;
use crate::zones::{Kind, SetPath, ZonePath};

/// What a path addresses. Segments that are fixed are compared without letter case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The profiles of a subscription, or of one of its resource groups.
    Profiles {
        subscription: String,
        resource_group: Option<String>,
    },
    /// A profile.
    Profile(ProfilePath),
    /// An endpoint of a profile.
    Endpoint {
        profile: ProfilePath,
        kind: EndpointKind,
        name: String,
    },
    /// The tags of a profile.
    ProfileTags(ProfilePath),
    /// The check whether a relative name is free; the second form belongs to a subscription.
    NameCheck { subscription: Option<String> },
    /// The geographic hierarchy.
    Geography,
    /// Where the queries to a profile came from.
    HeatMap(ProfilePath),
    /// The key by which browsers report their latencies, one in a subscription.
    UserMetricsKey { subscription: String },
    /// The public IP addresses of a subscription, or of one of its resource groups.
    PublicIps {
        subscription: String,
        resource_group: Option<String>,
    },
    /// A public IP address.
    PublicIp {
        subscription: String,
        resource_group: String,
        name: String,
    },
    /// The DNS zones of a subscription, or of one of its resource groups.
    Zones {
        subscription: String,
        resource_group: Option<String>,
    },
    /// A DNS zone.
    Zone(ZonePath),
    /// The record sets of a zone, of one type or all.
    RecordSets { zone: ZonePath, kind: Option<Kind> },
    /// A record set.
    RecordSet(SetPath),
}

// === impl Resource ===

impl Resource {
    /// Reads a percent-encoded path.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<String> = path
            .strip_prefix('/')?
            .split('/')
            .map(decode)
            .collect::<Option<_>>()?;
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        match parts.as_slice() {
            [first, rest @ ..] if is_providers(first) => Self::of_tenant(rest),
            [first, subscription, rest @ ..] if first.eq_ignore_ascii_case("subscriptions") => {
                Self::of_subscription(subscription, rest)
            }
            _ => None,
        }
    }

    /// The profile that the resource is or belongs to.
    pub(crate) fn profile(&self) -> Option<&ProfilePath> {
        match self {
            Self::Profile(profile)
            | Self::ProfileTags(profile)
            | Self::HeatMap(profile)
            | Self::Endpoint { profile, .. } => Some(profile),
            _ => None,
        }
    }

    /// The DNS zone that the resource is or belongs to.
    pub(crate) fn zone(&self) -> Option<&ZonePath> {
        match self {
            Self::Zone(zone)
            | Self::RecordSets { zone, .. }
            | Self::RecordSet(SetPath { zone, .. }) => Some(zone),
            _ => None,
        }
    }

    /// Whether the resource belongs to Azure DNS.
    pub(crate) fn is_dns(&self) -> bool {
        matches!(self, Self::Zones { .. }) || self.zone().is_some()
    }

    /// The subscription that the resource is in.
    pub(crate) fn subscription(&self) -> Option<&str> {
        match self {
            Self::Profiles { subscription, .. }
            | Self::UserMetricsKey { subscription }
            | Self::PublicIps { subscription, .. }
            | Self::PublicIp { subscription, .. }
            | Self::Zones { subscription, .. } => Some(subscription),
            Self::NameCheck { subscription } => subscription.as_deref(),
            Self::Geography => None,
            Self::Zone(_) | Self::RecordSets { .. } | Self::RecordSet(_) => {
                self.zone().map(|zone| zone.subscription.as_str())
            }
            _ => self.profile().map(|profile| profile.subscription.as_str()),
        }
    }

    /// The resource group that the resource is in.
    pub(crate) fn resource_group(&self) -> Option<&str> {
        match self {
            Self::Profiles { resource_group, .. }
            | Self::PublicIps { resource_group, .. }
            | Self::Zones { resource_group, .. } => resource_group.as_deref(),
            Self::Zone(_) | Self::RecordSets { .. } | Self::RecordSet(_) => {
                self.zone().map(|zone| zone.resource_group.as_str())
            }
            Self::PublicIp { resource_group, .. } => Some(resource_group),
            _ => self
                .profile()
                .map(|profile| profile.resource_group.as_str()),
        }
    }

    /// The resource type, as errors about api-versions name it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Profiles { .. } | Self::Profile(_) => "trafficmanagerprofiles",
            Self::Endpoint { kind, .. } => match kind {
                EndpointKind::Azure => "trafficmanagerprofiles/azureendpoints",
                EndpointKind::External => "trafficmanagerprofiles/externalendpoints",
                EndpointKind::Nested => "trafficmanagerprofiles/nestedendpoints",
            },
            Self::ProfileTags(_) => "tags",
            Self::NameCheck { subscription: None } => "checkTrafficManagerNameAvailability",
            Self::NameCheck { .. } => "checkTrafficManagerNameAvailabilityV2",
            Self::HeatMap(_) => "trafficmanagerprofiles/heatMaps",
            Self::UserMetricsKey { .. } => "trafficManagerUserMetricsKeys",
            Self::Geography => "trafficManagerGeographicHierarchies",
            Self::PublicIps { .. } | Self::PublicIp { .. } => "publicIPAddresses",
            Self::Zones { .. } | Self::Zone(_) => "dnszones",
            Self::RecordSets { .. } | Self::RecordSet(_) => "dnszones/recordsets",
        }
    }

    /// Whether an api-version has the resource at all.
    pub(crate) fn is_known_to(&self, version: ApiVersion) -> bool {
        match self {
            Self::Geography => version.has(Feature::Geographic),
            Self::NameCheck {
                subscription: Some(_),
            } => version.has(Feature::AlwaysServe),
            Self::HeatMap(_) => version.has(Feature::HeatMaps),
            Self::UserMetricsKey { .. } => version.has(Feature::UserMetrics),
            _ => true,
        }
    }

    fn of_tenant(rest: &[&str]) -> Option<Self> {
        match rest {
            [network, action] if is_network(network) => action
                .eq_ignore_ascii_case("checkTrafficManagerNameAvailability")
                .then_some(Self::NameCheck { subscription: None }),
            [network, kind, name]
                if is_network(network)
                    && kind.eq_ignore_ascii_case("trafficManagerGeographicHierarchies")
                    && name.eq_ignore_ascii_case("default") =>
            {
                Some(Self::Geography)
            }
            _ => None,
        }
    }

    fn of_subscription(subscription: &str, rest: &[&str]) -> Option<Self> {
        match rest {
            [providers, network, last] if is_providers(providers) && is_network(network) => {
                if is_public_ips(last) {
                    Some(Self::PublicIps {
                        subscription: subscription.to_owned(),
                        resource_group: None,
                    })
                } else if is_zones(last) {
                    Some(Self::Zones {
                        subscription: subscription.to_owned(),
                        resource_group: None,
                    })
                } else if is_profiles(last) {
                    Some(Self::Profiles {
                        subscription: subscription.to_owned(),
                        resource_group: None,
                    })
                } else {
                    last.eq_ignore_ascii_case("checkTrafficManagerNameAvailabilityV2")
                        .then(|| Self::NameCheck {
                            subscription: Some(subscription.to_owned()),
                        })
                }
            }
            [providers, network, keys, name]
                if is_providers(providers)
                    && is_network(network)
                    && keys.eq_ignore_ascii_case("trafficManagerUserMetricsKeys")
                    && name.eq_ignore_ascii_case("default") =>
            {
                Some(Self::UserMetricsKey {
                    subscription: subscription.to_owned(),
                })
            }
            [groups, group, providers, network, ips, rest @ ..]
                if groups.eq_ignore_ascii_case("resourceGroups")
                    && is_providers(providers)
                    && is_network(network)
                    && is_public_ips(ips) =>
            {
                let (subscription, resource_group) = (subscription.to_owned(), (*group).to_owned());
                match rest {
                    [] => Some(Self::PublicIps {
                        subscription,
                        resource_group: Some(resource_group),
                    }),
                    [name] => Some(Self::PublicIp {
                        subscription,
                        resource_group,
                        name: (*name).to_owned(),
                    }),
                    _ => None,
                }
            }
            [groups, group, providers, network, zones, rest @ ..]
                if groups.eq_ignore_ascii_case("resourceGroups")
                    && is_providers(providers)
                    && is_network(network)
                    && is_zones(zones) =>
            {
                Self::of_zones(subscription, group, rest)
            }
            [groups, group, providers, network, profiles, rest @ ..]
                if groups.eq_ignore_ascii_case("resourceGroups")
                    && is_providers(providers)
                    && is_network(network)
                    && is_profiles(profiles) =>
            {
                Self::of_group(subscription, group, rest)
            }
            _ => None,
        }
    }

    fn of_zones(subscription: &str, group: &str, rest: &[&str]) -> Option<Self> {
        let zone = |name: &str| ZonePath {
            subscription: subscription.to_owned(),
            resource_group: group.to_owned(),
            name: name.to_owned(),
        };
        match rest {
            [] => Some(Self::Zones {
                subscription: subscription.to_owned(),
                resource_group: Some(group.to_owned()),
            }),
            [name] => Some(Self::Zone(zone(name))),
            [name, all]
                if all.eq_ignore_ascii_case("recordsets") || all.eq_ignore_ascii_case("all") =>
            {
                Some(Self::RecordSets {
                    zone: zone(name),
                    kind: None,
                })
            }
            [name, kind] => Some(Self::RecordSets {
                zone: zone(name),
                kind: Some(Kind::parse(kind)?),
            }),
            [name, kind, set] => Some(Self::RecordSet(SetPath {
                zone: zone(name),
                kind: Kind::parse(kind)?,
                name: (*set).to_owned(),
            })),
            _ => None,
        }
    }

    fn of_group(subscription: &str, group: &str, rest: &[&str]) -> Option<Self> {
        let profile = |name: &str| ProfilePath {
            subscription: subscription.to_owned(),
            resource_group: group.to_owned(),
            name: name.to_owned(),
        };
        match rest {
            [] => Some(Self::Profiles {
                subscription: subscription.to_owned(),
                resource_group: Some(group.to_owned()),
            }),
            [name] => Some(Self::Profile(profile(name))),
            [name, maps, default]
                if maps.eq_ignore_ascii_case("heatMaps")
                    && default.eq_ignore_ascii_case("default") =>
            {
                Some(Self::HeatMap(profile(name)))
            }
            [name, kind, endpoint] => Some(Self::Endpoint {
                profile: profile(name),
                kind: EndpointKind::parse_segment(kind)?,
                name: (*endpoint).to_owned(),
            }),
            [name, providers, resources, tags, default]
                if is_providers(providers)
                    && resources.eq_ignore_ascii_case("Microsoft.Resources")
                    && tags.eq_ignore_ascii_case("tags")
                    && default.eq_ignore_ascii_case("default") =>
            {
                Some(Self::ProfileTags(profile(name)))
            }
            _ => None,
        }
    }
}

fn is_providers(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("providers")
}

fn is_network(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("Microsoft.Network")
}

fn is_profiles(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("trafficManagerProfiles")
}

fn is_zones(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("dnsZones")
}

fn is_public_ips(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("publicIPAddresses")
}

/// Decodes a segment; `None` if it is not UTF-8 or ends inside an escape.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
