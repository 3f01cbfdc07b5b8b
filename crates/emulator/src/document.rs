//! The JSON documents of profiles and endpoints, with their keys in the order in which the service writes them.

use data_plane::health::{EndpointStatus, ProfileStatus};
use serde::{Serialize, Serializer};

use crate::api_version::{ApiVersion, Feature};
use crate::health::Statuses;
use crate::model::endpoint::{Endpoint, EndpointKind, MinChildren, Target};
use crate::model::location::Location;
use crate::model::tags::Tags;
use crate::model::{
    Header, Monitor, Profile, RecordType, Settings, StatusRange, Subnet, SubnetEnd,
};

/// A property that an answer leaves out, shows as null, or shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown<T> {
    Hidden,
    Null,
    Value(T),
}

/// How a document is written.
#[derive(Clone, Copy)]
pub(crate) struct Style<'a> {
    pub(crate) version: ApiVersion,
    /// The cloud's DNS suffix.
    pub(crate) suffix: &'a str,
    /// The answer to a PUT shows no tags when the request named none.
    pub(crate) answers_put: bool,
    /// Monitor statuses; lists show none.
    pub(crate) statuses: Option<&'a Statuses>,
}

#[derive(Serialize)]
pub(crate) struct ProfileDocument<'a> {
    id: String,
    name: &'a str,
    r#type: &'static str,
    location: &'static str,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Tags>,
    pub(crate) properties: ProfileProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileProperties<'a> {
    profile_status: &'static str,
    traffic_routing_method: &'static str,
    dns_config: DnsConfig<'a>,
    pub(crate) monitor_config: MonitorConfig<'a>,
    endpoints: Vec<EndpointDocument<'a>>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    traffic_view_enrollment_status: Shown<&'static str>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    max_return: Shown<u8>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    allowed_endpoint_record_types: Shown<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    record_type: Shown<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DnsConfig<'a> {
    relative_name: &'a str,
    fqdn: String,
    ttl: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MonitorConfig<'a> {
    profile_monitor_status: Option<&'static str>,
    pub(crate) protocol: &'a str,
    port: u16,
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    interval_in_seconds: Shown<u8>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tolerated_number_of_failures: Shown<u8>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    timeout_in_seconds: Shown<u8>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    custom_headers: Shown<Vec<HeaderDocument<'a>>>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    expected_status_code_ranges: Shown<Vec<StatusRangeDocument>>,
}

#[derive(Serialize)]
struct HeaderDocument<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct StatusRangeDocument {
    min: u16,
    max: u16,
}

#[derive(Serialize)]
pub(crate) struct EndpointDocument<'a> {
    id: String,
    name: &'a str,
    r#type: String,
    pub(crate) properties: EndpointProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointProperties<'a> {
    endpoint_status: &'static str,
    endpoint_monitor_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    target_resource_id: Shown<&'a str>,
    target: &'a str,
    weight: u16,
    priority: u16,
    endpoint_location: Option<&'static str>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    min_child_endpoints: Shown<u32>,
    #[serde(
        rename = "minChildEndpointsIPv4",
        skip_serializing_if = "Shown::is_hidden"
    )]
    min_child_endpoints_ipv4: Shown<u32>,
    #[serde(
        rename = "minChildEndpointsIPv6",
        skip_serializing_if = "Shown::is_hidden"
    )]
    min_child_endpoints_ipv6: Shown<u32>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    geo_mapping: Shown<&'a [String]>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    subnets: Shown<Vec<SubnetDocument>>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    custom_headers: Shown<Vec<HeaderDocument<'a>>>,
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    always_serve: Shown<&'static str>,
}

#[derive(Serialize)]
struct SubnetDocument {
    first: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<u8>,
}

// === impl Shown ===

impl<T> Shown<T> {
    fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden)
    }

    /// Shown from the version on that has `feature`, as null without a value.
    fn since(version: ApiVersion, feature: Feature, value: Option<T>) -> Self {
        match value {
            _ if !version.has(feature) => Self::Hidden,
            Some(value) => Self::Value(value),
            None => Self::Null,
        }
    }

    /// The same without null: without a value, the property is left out.
    fn if_set(version: ApiVersion, feature: Feature, value: Option<T>) -> Self {
        match Self::since(version, feature, value) {
            Self::Null => Self::Hidden,
            shown => shown,
        }
    }
}

impl<T: Serialize> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Hidden | Self::Null => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

// === impl Style ===

impl Style<'_> {
    /// A profile with its endpoints.
    pub(crate) fn profile<'p>(&self, profile: &'p Profile) -> ProfileDocument<'p> {
        let tags = match &profile.tags {
            Some(tags) => Shown::Value(tags.clone()),
            None if self.answers_put || !self.version.has(Feature::EmptyTags) => Shown::Hidden,
            None => Shown::Value(Tags::default()),
        };
        ProfileDocument {
            id: self.id(profile),
            name: &profile.path.name,
            r#type: "Microsoft.Network/trafficManagerProfiles",
            location: "global",
            tags,
            properties: self.profile_properties(profile),
        }
    }

    /// An endpoint of a profile.
    pub(crate) fn endpoint<'p>(
        &self,
        profile: &Profile,
        endpoint: &'p Endpoint,
    ) -> EndpointDocument<'p> {
        let kind = endpoint.kind();
        EndpointDocument {
            id: format!("{}/{}/{}", self.id(profile), kind.as_str(), endpoint.name),
            name: &endpoint.name,
            r#type: kind.full_name(),
            properties: self.endpoint_properties(endpoint),
        }
    }

    /// The id. The oldest version shows the resource group in lower case.
    fn id(&self, profile: &Profile) -> String {
        if self.version.has(Feature::MonitorStatus) {
            return profile.path.id();
        }
        let mut path = profile.path.clone();
        path.resource_group.make_ascii_lowercase();
        path.id()
    }

    fn profile_properties<'p>(&self, profile: &'p Profile) -> ProfileProperties<'p> {
        let Settings {
            status,
            routing,
            relative_name,
            ttl,
            monitor,
            traffic_view,
            max_return,
            record_type,
            allowed_record_types,
        } = &profile.settings;
        let endpoints = profile.by_priority();
        let allowed: Vec<_> = allowed_record_types.iter().map(|t| t.as_str()).collect();
        ProfileProperties {
            profile_status: status.as_str(),
            traffic_routing_method: routing.as_str(),
            dns_config: DnsConfig {
                relative_name,
                fqdn: format!("{relative_name}.{}", self.suffix),
                ttl: *ttl,
            },
            monitor_config: self.monitor(monitor),
            endpoints: endpoints
                .into_iter()
                .map(|endpoint| self.endpoint(profile, endpoint))
                .collect(),
            traffic_view_enrollment_status: self
                .since(Feature::TrafficView, Some(traffic_view.as_str())),
            // 2018 showed the number only where it was set; since 2022 it is null elsewhere.
            max_return: if self.version.has(Feature::AlwaysServe) {
                self.since(Feature::SubnetsAndMultiValue, *max_return)
            } else {
                self.if_set(Feature::SubnetsAndMultiValue, *max_return)
            },
            allowed_endpoint_record_types: self.if_set(
                Feature::AllowedRecordTypes,
                Some(allowed).filter(|types| !types.is_empty()),
            ),
            record_type: self.since(Feature::RecordType, record_type.map(RecordType::as_str)),
        }
    }

    fn monitor<'p>(&self, monitor: &'p Monitor) -> MonitorConfig<'p> {
        let status = self
            .statuses
            .map(|statuses| ProfileStatus::as_str(statuses.profile));
        MonitorConfig {
            profile_monitor_status: status.filter(|_| self.version.has(Feature::MonitorStatus)),
            protocol: monitor.protocol.as_str(),
            port: monitor.port,
            path: monitor.path.as_deref(),
            interval_in_seconds: self.since(Feature::MonitorTimings, Some(monitor.interval)),
            tolerated_number_of_failures: self
                .since(Feature::MonitorTimings, Some(monitor.tolerated_failures)),
            timeout_in_seconds: self.since(Feature::MonitorTimings, Some(monitor.timeout)),
            custom_headers: self.headers(&monitor.headers),
            expected_status_code_ranges: self.if_set(
                Feature::CustomHeaders,
                Some(&monitor.expected_status_codes)
                    .filter(|ranges| !ranges.is_empty())
                    .map(|ranges| ranges.iter().copied().map(Into::into).collect()),
            ),
        }
    }

    fn endpoint_properties<'p>(&self, endpoint: &'p Endpoint) -> EndpointProperties<'p> {
        let status = self
            .statuses
            .and_then(|statuses| statuses.endpoint(&endpoint.name));
        let children = match &endpoint.target {
            Target::Nested { min_children, .. } => Some(*min_children),
            _ => None,
        };
        let is_nested = endpoint.kind() == EndpointKind::Nested;
        // Since 2022 the properties of other types are null instead of absent.
        let of_other_type = if self.version.has(Feature::AlwaysServe) {
            || Shown::Null
        } else {
            || Shown::Hidden
        };
        let family = |count: fn(MinChildren) -> u32| {
            self.if_set(Feature::RecordTypesOfChildren, children.map(count))
        };
        EndpointProperties {
            endpoint_status: endpoint.status.as_str(),
            endpoint_monitor_status: status
                .map(EndpointStatus::as_str)
                .filter(|_| self.version.has(Feature::MonitorStatus)),
            target_resource_id: match endpoint.target.resource_id() {
                Some(id) => Shown::Value(id),
                None if self.version.has(Feature::AlwaysServe) => Shown::Null,
                None => Shown::Hidden,
            },
            target: endpoint.target.host(),
            weight: endpoint.weight,
            priority: endpoint.priority,
            endpoint_location: endpoint.location.map(Location::display_name),
            min_child_endpoints: match children {
                Some(children) if is_nested => Shown::Value(children.any),
                _ => of_other_type(),
            },
            min_child_endpoints_ipv4: family(|children| children.ipv4),
            min_child_endpoints_ipv6: family(|children| children.ipv6),
            geo_mapping: self.if_set(
                Feature::Geographic,
                Some(endpoint.geo_mapping.as_slice()).filter(|codes| !codes.is_empty()),
            ),
            subnets: self.if_set(
                Feature::SubnetsAndMultiValue,
                Some(&endpoint.subnets)
                    .filter(|subnets| !subnets.is_empty())
                    .map(|subnets| subnets.iter().map(Into::into).collect()),
            ),
            custom_headers: self.headers(&endpoint.headers),
            always_serve: self.since(Feature::AlwaysServe, Some(endpoint.always_serve.as_str())),
        }
    }

    fn headers<'p>(&self, headers: &'p [Header]) -> Shown<Vec<HeaderDocument<'p>>> {
        self.if_set(
            Feature::CustomHeaders,
            Some(headers)
                .filter(|headers| !headers.is_empty())
                .map(|headers| headers.iter().map(Into::into).collect()),
        )
    }

    fn since<T>(&self, feature: Feature, value: Option<T>) -> Shown<T> {
        Shown::since(self.version, feature, value)
    }

    fn if_set<T>(&self, feature: Feature, value: Option<T>) -> Shown<T> {
        Shown::if_set(self.version, feature, value)
    }
}

// === conversions ===

impl<'a> From<&'a Header> for HeaderDocument<'a> {
    fn from(header: &'a Header) -> Self {
        Self {
            name: &header.name,
            value: &header.value,
        }
    }
}

impl From<StatusRange> for StatusRangeDocument {
    fn from(StatusRange { min, max }: StatusRange) -> Self {
        Self { min, max }
    }
}

impl From<&Subnet> for SubnetDocument {
    fn from(subnet: &Subnet) -> Self {
        let (last, scope) = match subnet.end {
            SubnetEnd::Last(last) => (Some(last.to_string()), None),
            SubnetEnd::Scope(scope) => (None, Some(scope)),
        };
        Self {
            first: subnet.first.to_string(),
            last,
            scope,
        }
    }
}
