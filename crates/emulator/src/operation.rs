//! The operations of the ARM API and the paths that name them.

use axum::http::Method;

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

macro_rules! operations {
    ($($(#[$meta:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// An operation, under the name by which counters and fault rules know it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$meta])* $variant),+
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, such as `profiles.list`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

operations! {
    /// List the profiles of a resource group.
    ProfilesList = "profiles.list",
    /// List the profiles of a subscription.
    ProfilesListAll = "profiles.listAll",
    /// Read a profile.
    ProfilesGet = "profiles.get",
    /// Create or replace a profile with its endpoints.
    ProfilesPut = "profiles.put",
    /// Change settings of a profile.
    ProfilesPatch = "profiles.patch",
    /// Delete a profile with its endpoints.
    ProfilesDelete = "profiles.delete",
    /// Read an endpoint.
    EndpointsGet = "endpoints.get",
    /// Create or replace an endpoint.
    EndpointsPut = "endpoints.put",
    /// Change an endpoint.
    EndpointsPatch = "endpoints.patch",
    /// Delete an endpoint.
    EndpointsDelete = "endpoints.delete",
    /// Read a profile's tags.
    TagsGet = "tags.get",
    /// Replace a profile's tags.
    TagsPut = "tags.put",
    /// Merge, replace or delete tags of a profile.
    TagsPatch = "tags.patch",
    /// Remove every tag of a profile.
    TagsDelete = "tags.delete",
    /// Ask whether a relative name is free.
    NameCheck = "name.check",
    /// Read the geographic hierarchy.
    GeographyGet = "geography.get",
    /// Read where the queries to a profile came from.
    HeatMapGet = "heatMap.get",
    /// Read the key of real user measurements.
    UserMetricsKeyGet = "userMetricsKey.get",
    /// Make a key of real user measurements.
    UserMetricsKeyPut = "userMetricsKey.put",
    /// Delete the key of real user measurements.
    UserMetricsKeyDelete = "userMetricsKey.delete",
    /// List the public IP addresses of a resource group.
    PublicIpsList = "publicIps.list",
    /// List the public IP addresses of a subscription.
    PublicIpsListAll = "publicIps.listAll",
    /// Read a public IP address.
    PublicIpsGet = "publicIps.get",
    /// List the DNS zones of a resource group.
    ZonesList = "zones.list",
    /// List the DNS zones of a subscription.
    ZonesListAll = "zones.listAll",
    /// Read a DNS zone.
    ZonesGet = "zones.get",
    /// Create a DNS zone, or replace its tags.
    ZonesPut = "zones.put",
    /// Replace the tags of a DNS zone.
    ZonesPatch = "zones.patch",
    /// Delete a DNS zone with its record sets.
    ZonesDelete = "zones.delete",
    /// List the record sets of a zone.
    RecordSetsList = "recordSets.list",
    /// List the record sets of a zone that are of one type.
    RecordSetsListByType = "recordSets.listByType",
    /// Read a record set.
    RecordSetsGet = "recordSets.get",
    /// Create or replace a record set.
    RecordSetsPut = "recordSets.put",
    /// Change a record set.
    RecordSetsPatch = "recordSets.patch",
    /// Delete a record set.
    RecordSetsDelete = "recordSets.delete",
    /// Anything that is not an operation of Traffic Manager: an unknown path or a method that a path does not take.
    Unknown = "unknown",
}

// === impl Operation ===

impl Operation {
    /// The operation of a request.
    pub(crate) fn of(method: &Method, resource: Option<&Resource>) -> Self {
        match (resource, method.as_str()) {
            (
                Some(Resource::Profiles {
                    resource_group: Some(_),
                    ..
                }),
                "GET",
            ) => Self::ProfilesList,
            (Some(Resource::Profiles { .. }), "GET") => Self::ProfilesListAll,
            (Some(Resource::Profile(_)), "GET") => Self::ProfilesGet,
            (Some(Resource::Profile(_)), "PUT") => Self::ProfilesPut,
            (Some(Resource::Profile(_)), "PATCH") => Self::ProfilesPatch,
            (Some(Resource::Profile(_)), "DELETE") => Self::ProfilesDelete,
            (Some(Resource::Endpoint { .. }), "GET") => Self::EndpointsGet,
            (Some(Resource::Endpoint { .. }), "PUT") => Self::EndpointsPut,
            (Some(Resource::Endpoint { .. }), "PATCH") => Self::EndpointsPatch,
            (Some(Resource::Endpoint { .. }), "DELETE") => Self::EndpointsDelete,
            (Some(Resource::ProfileTags(_)), "GET") => Self::TagsGet,
            (Some(Resource::ProfileTags(_)), "PUT") => Self::TagsPut,
            (Some(Resource::ProfileTags(_)), "PATCH") => Self::TagsPatch,
            (Some(Resource::ProfileTags(_)), "DELETE") => Self::TagsDelete,
            (Some(Resource::NameCheck { .. }), "POST") => Self::NameCheck,
            (Some(Resource::Geography), "GET") => Self::GeographyGet,
            (Some(Resource::HeatMap(_)), "GET") => Self::HeatMapGet,
            (Some(Resource::UserMetricsKey { .. }), "GET") => Self::UserMetricsKeyGet,
            (Some(Resource::UserMetricsKey { .. }), "PUT") => Self::UserMetricsKeyPut,
            (Some(Resource::UserMetricsKey { .. }), "DELETE") => Self::UserMetricsKeyDelete,
            (
                Some(Resource::PublicIps {
                    resource_group: Some(_),
                    ..
                }),
                "GET",
            ) => Self::PublicIpsList,
            (Some(Resource::PublicIps { .. }), "GET") => Self::PublicIpsListAll,
            (Some(Resource::PublicIp { .. }), "GET") => Self::PublicIpsGet,
            (Some(resource), method) => Self::of_dns(method, resource),
            _ => Self::Unknown,
        }
    }

    fn of_dns(method: &str, resource: &Resource) -> Self {
        match (resource, method) {
            (
                Resource::Zones {
                    resource_group: Some(_),
                    ..
                },
                "GET",
            ) => Self::ZonesList,
            (Resource::Zones { .. }, "GET") => Self::ZonesListAll,
            (Resource::Zone(_), "GET") => Self::ZonesGet,
            (Resource::Zone(_), "PUT") => Self::ZonesPut,
            (Resource::Zone(_), "PATCH") => Self::ZonesPatch,
            (Resource::Zone(_), "DELETE") => Self::ZonesDelete,
            (Resource::RecordSets { kind: None, .. }, "GET") => Self::RecordSetsList,
            (Resource::RecordSets { .. }, "GET") => Self::RecordSetsListByType,
            (Resource::RecordSet(_), "GET") => Self::RecordSetsGet,
            (Resource::RecordSet(_), "PUT") => Self::RecordSetsPut,
            (Resource::RecordSet(_), "PATCH") => Self::RecordSetsPatch,
            (Resource::RecordSet(_), "DELETE") => Self::RecordSetsDelete,
            _ => Self::Unknown,
        }
    }

    /// The action of role-based access control that it needs.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::ProfilesList | Self::ProfilesListAll | Self::ProfilesGet | Self::Unknown => {
                "Microsoft.Network/trafficmanagerprofiles/read"
            }
            Self::ProfilesPut | Self::ProfilesPatch => {
                "Microsoft.Network/trafficmanagerprofiles/write"
            }
            Self::ProfilesDelete => "Microsoft.Network/trafficmanagerprofiles/delete",
            Self::EndpointsGet => "Microsoft.Network/trafficmanagerprofiles/externalendpoints/read",
            Self::EndpointsPut | Self::EndpointsPatch => {
                "Microsoft.Network/trafficmanagerprofiles/externalendpoints/write"
            }
            Self::EndpointsDelete => {
                "Microsoft.Network/trafficmanagerprofiles/externalendpoints/delete"
            }
            Self::TagsGet => "Microsoft.Resources/tags/read",
            Self::TagsPut | Self::TagsPatch => "Microsoft.Resources/tags/write",
            Self::TagsDelete => "Microsoft.Resources/tags/delete",
            Self::NameCheck => "Microsoft.Network/checkTrafficManagerNameAvailability/action",
            Self::GeographyGet => "Microsoft.Network/trafficManagerGeographicHierarchies/read",
            Self::HeatMapGet => "Microsoft.Network/trafficmanagerprofiles/heatMaps/read",
            Self::UserMetricsKeyGet => "Microsoft.Network/trafficManagerUserMetricsKeys/read",
            Self::UserMetricsKeyPut => "Microsoft.Network/trafficManagerUserMetricsKeys/write",
            Self::UserMetricsKeyDelete => "Microsoft.Network/trafficManagerUserMetricsKeys/delete",
            Self::PublicIpsList | Self::PublicIpsListAll | Self::PublicIpsGet => {
                "Microsoft.Network/publicIPAddresses/read"
            }
            Self::ZonesList | Self::ZonesListAll | Self::ZonesGet => {
                "Microsoft.Network/dnszones/read"
            }
            Self::ZonesPut | Self::ZonesPatch => "Microsoft.Network/dnszones/write",
            Self::ZonesDelete => "Microsoft.Network/dnszones/delete",
            Self::RecordSetsList | Self::RecordSetsListByType => {
                "Microsoft.Network/dnszones/recordsets/read"
            }
            Self::RecordSetsGet => "Microsoft.Network/dnszones/CNAME/read",
            Self::RecordSetsPut | Self::RecordSetsPatch => "Microsoft.Network/dnszones/CNAME/write",
            Self::RecordSetsDelete => "Microsoft.Network/dnszones/CNAME/delete",
        }
    }

    /// Whether it changes something.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::ProfilesPut
                | Self::ProfilesPatch
                | Self::ProfilesDelete
                | Self::EndpointsPut
                | Self::EndpointsPatch
                | Self::EndpointsDelete
                | Self::TagsPut
                | Self::TagsPatch
                | Self::TagsDelete
                | Self::UserMetricsKeyPut
                | Self::UserMetricsKeyDelete
                | Self::ZonesPut
                | Self::ZonesPatch
                | Self::ZonesDelete
                | Self::RecordSetsPut
                | Self::RecordSetsPatch
                | Self::RecordSetsDelete
        )
    }
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
