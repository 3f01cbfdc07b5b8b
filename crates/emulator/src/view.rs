//! What the data plane sees of a profile: the input of DNS answers, of monitor statuses and of probes.

use std::num::NonZeroU16;
use std::time::Duration;

use data_plane::probe::{HttpCheck, HttpScheme, StatusRange};
use data_plane::{
    AddressRange, Fqdn, GeoCode, MaxReturn, Nested, Priority, ProbeCheck, ProbeJob, ProbeKey,
    ProbeTarget, ProbedHealth, Region, Ttl, Weight,
};

use crate::model::endpoint::{Endpoint, Host, Target};
use crate::model::{Monitor, Profile, Protocol, RoutingMethod, Subnet, Toggle};

/// The global name of a relative name.
pub(crate) fn fqdn(relative_name: &str, suffix: &str) -> Option<Fqdn> {
    Fqdn::new(&format!("{relative_name}.{suffix}")).ok()
}

/// The start of the keys of all of a profile's endpoints.
pub(crate) fn probe_key_prefix(profile: &Profile) -> String {
    format!("{}|", profile.path.key().as_str())
}

/// The key under which an endpoint is probed.
pub(crate) fn probe_key(profile: &Profile, endpoint: &str) -> ProbeKey {
    ProbeKey::new(format!(
        "{}{}",
        probe_key_prefix(profile),
        endpoint.to_ascii_lowercase()
    ))
}

/// A profile for the data plane. Stored profiles were validated, so that `None` means a mistake of the emulator.
pub(crate) fn profile(
    profile: &Profile,
    suffix: &str,
    health: impl Fn(&ProbeKey) -> ProbedHealth,
) -> Option<data_plane::Profile> {
    let settings = &profile.settings;
    let endpoints = profile.by_priority();
    Some(data_plane::Profile {
        fqdn: fqdn(&settings.relative_name, suffix)?,
        ttl: Ttl::new(settings.ttl).ok()?,
        enabled: settings.status == Toggle::Enabled,
        method: match settings.routing {
            RoutingMethod::Performance => data_plane::RoutingMethod::Performance,
            RoutingMethod::Priority => data_plane::RoutingMethod::Priority,
            RoutingMethod::Weighted => data_plane::RoutingMethod::Weighted,
            RoutingMethod::Geographic => data_plane::RoutingMethod::Geographic,
            RoutingMethod::MultiValue => data_plane::RoutingMethod::MultiValue,
            RoutingMethod::Subnet => data_plane::RoutingMethod::Subnet,
        },
        max_return: settings
            .max_return
            .and_then(|count| MaxReturn::new(count).ok()),
        endpoints: endpoints
            .into_iter()
            .filter_map(|one| endpoint(one, health(&probe_key(profile, &one.name))))
            .collect(),
    })
}

fn endpoint(endpoint: &Endpoint, probed: ProbedHealth) -> Option<data_plane::Endpoint> {
    let target = match &endpoint.target {
        Target::External(Host::Name(name)) | Target::Azure { host: name, .. } => {
            data_plane::Target::Fqdn(Fqdn::new(name).ok()?)
        }
        Target::External(Host::Address { address, .. }) => (*address).into(),
        Target::Nested {
            fqdn, min_children, ..
        } => data_plane::Target::Nested(Nested {
            child: Fqdn::new(fqdn).ok()?,
            min_endpoints: min_children.any,
            min_ipv4: min_children.ipv4,
            min_ipv6: min_children.ipv6,
        }),
    };
    let mut view = data_plane::Endpoint::new(
        endpoint.name.as_str(),
        target,
        Priority::new(endpoint.priority).ok()?,
    );
    view.enabled = endpoint.status == Toggle::Enabled;
    view.always_serve = endpoint.always_serve == Toggle::Enabled;
    view.probed = probed;
    view.weight = Weight::new(endpoint.weight).ok()?;
    view.region = endpoint
        .location
        .and_then(|location| Region::new(location.display_name()).ok());
    view.geo_codes = endpoint
        .geo_mapping
        .iter()
        .filter_map(|code| GeoCode::new(code).ok())
        .collect();
    view.subnets = endpoint.subnets.iter().filter_map(range).collect();
    Some(view)
}

fn range(subnet: &Subnet) -> Option<AddressRange> {
    AddressRange::new(subnet.first, subnet.last()).ok()
}

/// How an endpoint is to be probed, or `None` if it is not: Disabled, in a Disabled profile, always served, or nested.
pub(crate) fn probe_job(
    profile: &Profile,
    endpoint: &Endpoint,
    generation: u64,
) -> Option<ProbeJob> {
    let monitor = &profile.settings.monitor;
    let is_probed = profile.settings.status == Toggle::Enabled
        && endpoint.status == Toggle::Enabled
        && endpoint.always_serve == Toggle::Disabled;
    if !is_probed {
        return None;
    }
    let target = match &endpoint.target {
        Target::External(Host::Name(name)) | Target::Azure { host: name, .. } => {
            ProbeTarget::Fqdn(Fqdn::new(name).ok()?)
        }
        Target::External(Host::Address { address, .. }) => ProbeTarget::Ip(*address),
        Target::Nested { .. } => return None,
    };
    Some(ProbeJob {
        key: probe_key(profile, &endpoint.name),
        generation,
        target,
        port: NonZeroU16::new(monitor.port)?,
        check: check(monitor, endpoint)?,
        interval: Duration::from_secs(monitor.interval.into()),
        timeout: Duration::from_secs(monitor.timeout.into()),
        tolerated_failures: monitor.tolerated_failures,
    })
}

fn check(monitor: &Monitor, endpoint: &Endpoint) -> Option<ProbeCheck> {
    let scheme = match monitor.protocol {
        Protocol::Tcp => return Some(ProbeCheck::Tcp),
        Protocol::Http => HttpScheme::Http,
        Protocol::Https => HttpScheme::Https,
    };
    // A later header replaces an earlier one of the same name, so the endpoint's come last.
    let headers = monitor
        .headers
        .iter()
        .chain(&endpoint.headers)
        .map(|header| (header.name.as_str(), header.value.as_str()));
    let expected = monitor
        .expected_status_codes
        .iter()
        .filter_map(|range| StatusRange::new(range.min, range.max).ok())
        .collect();
    let path = monitor.path.as_deref().unwrap_or("/");
    HttpCheck::new(scheme, path, headers, expected)
        .map(ProbeCheck::Http)
        .inspect_err(|error| {
            tracing::warn!(endpoint = endpoint.name, %error, "cannot be probed");
        })
        .ok()
}
