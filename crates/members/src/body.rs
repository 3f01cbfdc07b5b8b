//! Request bodies: what is sent to Azure to make a member true.

mod monitor;

use std::collections::BTreeMap;

use traffic_manager::profile::{
    DnsConfig, Endpoint, MonitorConfig, PROFILE_LOCATION, Profile, ProfilePatch,
    ProfilePatchProperties, ProfileProperties, Subnet,
};
use traffic_manager::{EndpointKind, EndpointName, Headers, SubnetRange};

use crate::annotation::Name;
use crate::destination::Destination;
use crate::member::{EndpointSpec, Settings};
use crate::observe::ObservedProfile;
use crate::properties::Properties;
use monitor::monitor;

/// What stands in a profile's `monitorConfig`.
const MONITOR: &[Name] = &[
    Name::MonitorProtocol,
    Name::MonitorPort,
    Name::MonitorPath,
    Name::MonitorInterval,
    Name::MonitorTimeout,
    Name::MonitorToleratedFailures,
    Name::MonitorExpectedStatusCodes,
    Name::MonitorHeaders,
    Name::MonitorHost,
];

/// The body of an endpoint PUT. A PUT replaces the endpoint, so what exists is
/// the base: properties that this system does not manage are sent back as they
/// are. Without a wish the priority stays what it is, and a new endpoint gets
/// one from Azure.
pub fn endpoint(name: &EndpointName, spec: &EndpointSpec, existing: Option<&Endpoint>) -> Endpoint {
    let kind = spec.destination.kind();
    let mut body = match existing {
        Some(existing) if existing.kind() == Some(kind) => existing.to_request(),
        // One of another type is deleted first; only its number is taken over.
        other => {
            let mut body = Endpoint::default();
            body.properties.priority = other.and_then(|other| other.properties.priority);
            body
        }
    };
    body.name = Some(name.to_string());
    body.arm_type = Some(kind.arm_type().to_owned());
    let properties = &mut body.properties;
    properties.target = None;
    properties.target_resource_id = None;
    match &spec.destination {
        Destination::External(target) => properties.target = Some(target.to_string()),
        Destination::Azure(resource) => properties.target_resource_id = Some(resource.to_string()),
        Destination::Nested(profile) => properties.target_resource_id = Some(profile.arm_id()),
    }
    let thresholds = spec.thresholds.as_ref();
    properties.min_child_endpoints = thresholds.map(|least| i64::from(least.any.get()));
    properties.min_child_endpoints_ipv4 = thresholds.map(|least| i64::from(least.ipv4.get()));
    properties.min_child_endpoints_ipv6 = thresholds.map(|least| i64::from(least.ipv6.get()));
    properties.endpoint_status = Some(spec.status.to_string());
    // Not a property that a nested endpoint may have.
    properties.always_serve = (kind != EndpointKind::Nested).then(|| spec.always_serve.to_string());
    properties.weight = Some(i64::from(spec.weight.get()));
    if let Some(priority) = spec.priority {
        properties.priority = Some(i64::from(priority.get()));
    }
    properties.endpoint_location = spec.location.as_ref().map(ToString::to_string);
    properties.geo_mapping = spec
        .geo_mapping
        .as_ref()
        .map(|mapping| mapping.codes().map(ToString::to_string).collect());
    properties.subnets = spec.subnets.as_ref().map(|subnets| {
        subnets
            .ranges()
            .iter()
            .map(SubnetRange::to_wire)
            .collect::<Vec<Subnet>>()
    });
    properties.custom_headers = spec.headers.as_ref().map(Headers::to_wire);
    body
}

/// The body of the PUT that creates a profile together with its first members.
pub fn profile(
    settings: &Settings,
    endpoints: Vec<Endpoint>,
    tags: BTreeMap<String, String>,
) -> Profile {
    Profile {
        location: Some(PROFILE_LOCATION.to_owned()),
        tags: Some(tags),
        properties: ProfileProperties {
            profile_status: Some(settings.status.to_string()),
            traffic_routing_method: Some(settings.method.to_string()),
            dns_config: Some(DnsConfig {
                relative_name: Some(settings.relative_name.to_string()),
                fqdn: None,
                ttl: Some(i64::from(settings.ttl.get())),
            }),
            monitor_config: Some(monitor(&settings.monitor, MonitorConfig::default())),
            endpoints: Some(endpoints),
            max_return: settings.max_return.map(|count| i64::from(count.get())),
            traffic_view_enrollment_status: Some(settings.traffic_view.to_string()),
            record_type: settings.record_type.map(|kind| kind.to_string()),
            ..ProfileProperties::default()
        },
        ..Profile::default()
    }
}

/// The PATCH that gives the profile its record type, when it has none.
pub fn record_type_patch(settings: &Settings, observed: &ObservedProfile) -> Option<ProfilePatch> {
    let is_unset = observed.wire.properties.record_type.is_none();
    let wanted = settings.record_type.filter(|_| is_unset)?;
    let properties = ProfilePatchProperties {
        record_type: Some(wanted.to_string()),
        ..ProfilePatchProperties::default()
    };
    Some(ProfilePatch { properties })
}

/// The PATCH that brings an existing profile to these settings; `None` when
/// there is nothing to change. The record type is not in it. Only what differs is sent, sub-objects whole,
/// with what others have set in them.
pub fn settings_patch(settings: &Settings, observed: &ObservedProfile) -> Option<ProfilePatch> {
    let wanted = Properties::settings(settings);
    let held = observed.settings();
    let differs = |names: &[Name]| {
        names
            .iter()
            .any(|name| wanted.get(*name) != held.get(*name))
    };
    let current = &observed.wire.properties;
    let mut patch = ProfilePatchProperties::default();
    if differs(&[Name::ProfileStatus]) {
        patch.profile_status = Some(settings.status.to_string());
    }
    if differs(&[Name::RoutingMethod]) {
        patch.traffic_routing_method = Some(settings.method.to_string());
    }
    if differs(&[Name::MaxReturn]) {
        patch.max_return = settings.max_return.map(|count| i64::from(count.get()));
    }
    if differs(&[Name::DnsTtl]) {
        patch.dns_config = Some(DnsConfig {
            relative_name: current
                .dns_config
                .as_ref()
                .and_then(|dns| dns.relative_name.clone()),
            fqdn: None,
            ttl: Some(i64::from(settings.ttl.get())),
        });
    }
    if differs(&[Name::TrafficView]) {
        patch.traffic_view_enrollment_status = Some(settings.traffic_view.to_string());
    }
    if differs(MONITOR) {
        let current = current
            .monitor_config
            .as_ref()
            .map(MonitorConfig::to_request);
        patch.monitor_config = Some(monitor(&settings.monitor, current.unwrap_or_default()));
    }
    (patch != ProfilePatchProperties::default()).then_some(ProfilePatch { properties: patch })
}
