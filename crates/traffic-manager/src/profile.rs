//! The JSON of profiles and endpoints, as ARM sends and takes it.
//!
//! Every field is optional and every word is text: what an api-version adds or
//! leaves out must never make a listing undecodable. Fields that this system
//! does not manage are kept in `rest`, so that writing back an endpoint keeps
//! what somebody else has set on it.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{EndpointKind, EndpointName, ProfileId, Switch};

/// ARM's `type` of a profile.
pub const PROFILE_TYPE: &str = "Microsoft.Network/trafficManagerProfiles";
/// The only location that a profile can have.
pub const PROFILE_LOCATION: &str = "global";

/// A profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// ARM id; absent in requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// ARM name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// ARM type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub arm_type: Option<String>,
    /// Always `global`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Tags. A PUT answer omits them, so read them only from GET and list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// Everything else.
    #[serde(default)]
    pub properties: ProfileProperties,
}

/// The properties of a [`Profile`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileProperties {
    /// `Enabled` or `Disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_status: Option<String>,
    /// The routing method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_routing_method: Option<String>,
    /// Name and TTL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_config: Option<DnsConfig>,
    /// Probing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor_config: Option<MonitorConfig>,
    /// The endpoints. In a PUT, leaving them out deletes them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<Endpoint>>,
    /// Addresses in one answer; `MultiValue` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_return: Option<i64>,
    /// `Enabled` when Azure measures the latencies of the profile's users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_view_enrollment_status: Option<String>,
    /// The kind of answers, from api-version 2024-04-01-preview on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_type: Option<String>,
    /// Properties that this system does not manage.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Name and TTL of a profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DnsConfig {
    /// The part before the suffix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_name: Option<String>,
    /// The whole name; read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// Seconds. Azure stores 0 when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// How a profile's endpoints are probed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitorConfig {
    /// Health of the profile as a whole; read-only, and null in listings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_monitor_status: Option<String>,
    /// `HTTP`, `HTTPS` or `TCP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// TCP port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<i64>,
    /// Path of the GET; absent for TCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Seconds from one probe to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_in_seconds: Option<i64>,
    /// Seconds within which a probe has to be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_in_seconds: Option<i64>,
    /// Failures in a row that do not count yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated_number_of_failures: Option<i64>,
    /// Headers of the probes, see [`Headers`](crate::Headers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_headers: Option<Value>,
    /// Answers that count as healthy, see [`StatusCodes`](crate::StatusCodes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_status_code_ranges: Option<Value>,
    /// Properties that this system does not manage.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An endpoint, alone or inside a profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// ARM id; absent in requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name, in the letter case in which it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// ARM type, which tells the [`EndpointKind`].
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub arm_type: Option<String>,
    /// Everything else.
    #[serde(default)]
    pub properties: EndpointProperties,
}

/// The properties of an [`Endpoint`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointProperties {
    /// `Enabled` or `Disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_status: Option<String>,
    /// Health; read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_monitor_status: Option<String>,
    /// The resource behind an Azure or nested endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_resource_id: Option<String>,
    /// Host name or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// 1 to 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// 1 to 1000, unique in the profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// How many endpoints of a nested profile have to be healthy; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_child_endpoints: Option<i64>,
    /// How many of them have to have IPv4 addresses; 0 when absent.
    #[serde(
        default,
        rename = "minChildEndpointsIPv4",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_child_endpoints_ipv4: Option<i64>,
    /// How many of them have to have IPv6 addresses; 0 when absent.
    #[serde(
        default,
        rename = "minChildEndpointsIPv6",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_child_endpoints_ipv6: Option<i64>,
    /// Region, as a display name in answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_location: Option<String>,
    /// Geographic codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_mapping: Option<Vec<String>>,
    /// Address ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnets: Option<Vec<Subnet>>,
    /// Headers of the probes, in Azure's form; see [`Headers::from_wire`](crate::Headers::from_wire).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_headers: Option<Value>,
    /// `Enabled` when the endpoint is served without being probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always_serve: Option<String>,
    /// Properties that this system does not manage.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One address range: `first` with either `last` or `scope` (prefix length).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    /// First address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Prefix length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<i64>,
}

/// The body of a PATCH of a profile. It has no endpoints (Azure refuses them)
/// and no tags (Azure would replace them all).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfilePatch {
    /// What changes; what is absent stays.
    pub properties: ProfilePatchProperties,
}

/// The properties of a [`ProfilePatch`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfilePatchProperties {
    /// New status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_status: Option<String>,
    /// New routing method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_routing_method: Option<String>,
    /// Name (unchanged) and new TTL: sub-objects are sent whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_config: Option<DnsConfig>,
    /// New probing, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor_config: Option<MonitorConfig>,
    /// New number of addresses in one answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_return: Option<i64>,
    /// New enrolment in Traffic View.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_view_enrollment_status: Option<String>,
    /// The kind of answers of a profile that has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_type: Option<String>,
}

// === impl Profile ===

impl Profile {
    /// The identity in the ARM id, when it is there and valid.
    pub fn profile_id(&self) -> Option<ProfileId> {
        self.id.as_deref()?.parse().ok()
    }

    /// The endpoints; none when the field is absent.
    pub fn endpoints(&self) -> &[Endpoint] {
        self.properties.endpoints.as_deref().unwrap_or_default()
    }

    /// The value of a tag. Tag names are compared without regard to case.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags
            .as_ref()?
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The DNS name, in lower case.
    pub fn fqdn(&self) -> Option<String> {
        let fqdn = self.properties.dns_config.as_ref()?.fqdn.as_deref()?;
        Some(fqdn.trim_end_matches('.').to_ascii_lowercase())
    }

    /// A property read as one of Azure's words; `None` when absent or unknown.
    pub fn method<T: FromStr>(&self) -> Option<T> {
        self.properties
            .traffic_routing_method
            .as_deref()?
            .parse()
            .ok()
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// Whether it takes part in answers. Azure's default is Enabled; a status
    /// that is neither counts as disabled.
    pub fn is_enabled(&self) -> bool {
        let status = self.properties.endpoint_status.as_deref();
        status.is_none_or(|text| text.parse() == Ok(Switch::Enabled))
    }

    /// The name, folded to lower case.
    pub fn endpoint_name(&self) -> Option<EndpointName> {
        self.name.as_deref()?.parse().ok()
    }

    /// The kind, when the ARM type is a known one.
    pub fn kind(&self) -> Option<EndpointKind> {
        EndpointKind::of_type(self.arm_type.as_deref()?)
    }

    /// This endpoint as a request body: without the fields that only answers
    /// carry, and without nulls, whose meaning in a PUT is not documented. The
    /// target of an Azure or nested endpoint is one of these fields: Azure has
    /// refused requests that echo it.
    #[must_use]
    pub fn to_request(&self) -> Self {
        let mut request = self.clone();
        request.id = None;
        request.properties.endpoint_monitor_status = None;
        let kind = self.kind();
        if matches!(kind, Some(EndpointKind::Azure | EndpointKind::Nested)) {
            request.properties.target = None;
        }
        if kind == Some(EndpointKind::Nested) {
            request.properties.always_serve = None;
        }
        request.properties.rest.retain(|_, value| !value.is_null());
        request
    }
}

// === impl MonitorConfig ===

impl MonitorConfig {
    /// This configuration as part of a request body.
    #[must_use]
    pub fn to_request(&self) -> Self {
        let mut request = self.clone();
        request.profile_monitor_status = None;
        request.rest.retain(|_, value| !value.is_null());
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unmanaged_properties_survive_a_round_trip() {
        let text = r#"{"name":"e","type":"Microsoft.Network/trafficManagerProfiles/externalEndpoints",
            "properties":{"target":"a.example.com","weight":3,"newList":[{"name":"Host"}],"newNumber":null}}"#;
        let endpoint: Endpoint = serde_json::from_str(text).unwrap();
        let request = serde_json::to_value(endpoint.to_request()).unwrap();
        assert_eq!(request["properties"]["newList"][0]["name"], "Host");
        assert!(request["properties"].get("newNumber").is_none());
    }

    #[test]
    fn nulls_and_missing_fields_are_accepted() {
        let profile: Profile = serde_json::from_str(
            r#"{"tags":null,"properties":{"endpoints":null,"maxReturn":null,"monitorConfig":{"profileMonitorStatus":null,"path":null}}}"#,
        )
        .unwrap();
        assert!(profile.endpoints().is_empty());
        assert_eq!(profile.tag("x"), None);
    }

    #[test]
    fn tag_names_ignore_case() {
        let profile: Profile =
            serde_json::from_str(r#"{"tags":{"ManagedBy":"us"},"properties":{}}"#).unwrap();
        assert_eq!(profile.tag("managedby"), Some("us"));
    }
}
