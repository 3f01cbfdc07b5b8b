//! The operations of the ARM API.

mod resource;

use axum::http::Method;

pub(crate) use resource::Resource;

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
    /// Anything that is no operation: an unknown path or a method that a path does not take.
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

    /// The action of role-based access control that it needs. Each type of endpoint and of record set has its own.
    pub(crate) fn action(self, resource: Option<&Resource>) -> String {
        let usual = self.usual_action();
        let verb = usual.rsplit('/').next().unwrap_or_default();
        match resource {
            Some(endpoint @ Resource::Endpoint { .. }) => {
                format!("Microsoft.Network/{}/{verb}", endpoint.type_name())
            }
            Some(Resource::RecordSet(set)) => {
                format!("Microsoft.Network/dnszones/{}/{verb}", set.kind)
            }
            _ => usual.to_owned(),
        }
    }

    const fn usual_action(self) -> &'static str {
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
