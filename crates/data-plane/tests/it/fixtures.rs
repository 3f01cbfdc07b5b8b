//! Profiles in a notation that fits on one line.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use data_plane::{
    Endpoint, Fqdn, GeoCode, Locator, MaxReturn, Nested, Priority, ProbedHealth, Profile, Region,
    RoutingMethod, Target, Ttl, Weight,
};
use ipnet::IpNet;

/// Knows the clients of the built-in table.
pub(crate) static LOCATOR: LazyLock<Locator> = LazyLock::new(Locator::default);

/// When a test that waits in vain gives up. No test measures time by it.
pub(crate) const WATCHDOG: Duration = Duration::from_mins(1);

/// The suffix of all profiles here.
pub(crate) const SUFFIX: &str = "trafficmanager.net";

pub(crate) fn fqdn(name: &str) -> Fqdn {
    Fqdn::new(name).unwrap()
}

/// The profile `{name}.trafficmanager.net` with a TTL of 30 seconds and the endpoints of [`endpoints`].
pub(crate) fn profile(name: &str, method: RoutingMethod, spec: &str) -> Profile {
    Profile {
        fqdn: fqdn(&format!("{name}.{SUFFIX}")),
        ttl: Ttl::new(30).unwrap(),
        enabled: true,
        method,
        max_return: None,
        endpoints: endpoints(spec),
    }
}

/// Several profiles as a directory.
pub(crate) fn directory<const N: usize>(profiles: [Profile; N]) -> HashMap<Fqdn, Arc<Profile>> {
    profiles
        .into_iter()
        .map(|profile| (profile.fqdn.clone(), Arc::new(profile)))
        .collect()
}

/// Endpoints, separated by spaces, in the form `name:Status,key=value,...`.
///
/// The status is the one that the endpoint is to have in an enabled profile. Without `t` the target is
/// `{name}.example.com`; priorities count up from 1. Keys: `t` target (name, address, or `@child` for a nested profile,
/// with `n`, `n4`, `n6` as its thresholds), `w` weight, `p` priority, `r` region, `g` geographic codes and `s` subnets,
/// both joined by `+`, and `always` for an endpoint that is always served whatever its status.
pub(crate) fn endpoints(spec: &str) -> Vec<Endpoint> {
    spec.split_whitespace()
        .zip(1..)
        .map(|(text, position)| endpoint(text, position))
        .collect()
}

fn endpoint(text: &str, position: u16) -> Endpoint {
    let mut parts = text.split(',');
    let (name, status) = parts.next().unwrap().split_once(':').unwrap();
    let target = Target::Fqdn(fqdn(&format!("{name}.example.com")));
    let mut endpoint = Endpoint::new(name, target, Priority::new(position).unwrap());
    match status {
        "Online" => endpoint.probed = ProbedHealth::Healthy,
        "Degraded" => endpoint.probed = ProbedHealth::Unhealthy,
        "Checking" => endpoint.probed = ProbedHealth::Unknown,
        "Disabled" => endpoint.enabled = false,
        "Stopped" => endpoint.stopped = true,
        "Unmonitored" => endpoint.always_serve = true,
        "Nested" => {}
        other => panic!("no such status: {other}"),
    }
    for part in parts {
        let (key, value) = part.split_once('=').unwrap();
        match key {
            "t" => endpoint.target = target_of(value),
            "w" => endpoint.weight = Weight::new(value.parse().unwrap()).unwrap(),
            "p" => endpoint.priority = Priority::new(value.parse().unwrap()).unwrap(),
            "r" => endpoint.region = Some(Region::new(value).unwrap()),
            "g" => {
                endpoint.geo_codes = value
                    .split('+')
                    .map(|code| GeoCode::new(code).unwrap())
                    .collect();
            }
            "s" => {
                endpoint.subnets = value
                    .split('+')
                    .map(|net| net.parse::<IpNet>().unwrap().into())
                    .collect();
            }
            "always" => endpoint.always_serve = value == "yes",
            "n" => nested(&mut endpoint).min_endpoints = value.parse().unwrap(),
            "n4" => nested(&mut endpoint).min_ipv4 = value.parse().unwrap(),
            "n6" => nested(&mut endpoint).min_ipv6 = value.parse().unwrap(),
            other => panic!("no such key: {other}"),
        }
    }
    endpoint
}

fn target_of(text: &str) -> Target {
    if let Some(child) = text.strip_prefix('@') {
        return Target::Nested(Nested::new(fqdn(&format!("{child}.{SUFFIX}"))));
    }
    text.parse::<IpAddr>()
        .map_or_else(|_| Target::Fqdn(fqdn(text)), Target::from)
}

fn nested(endpoint: &mut Endpoint) -> &mut Nested {
    match &mut endpoint.target {
        Target::Nested(nested) => nested,
        other => panic!("not nested: {other:?}"),
    }
}

/// A profile with another maximum of answers.
pub(crate) fn returning(max: u8, mut profile: Profile) -> Profile {
    profile.max_return = Some(MaxReturn::new(max).unwrap());
    profile
}

/// A profile that is switched off.
pub(crate) fn disabled(mut profile: Profile) -> Profile {
    profile.enabled = false;
    profile
}

/// A profile with another TTL.
pub(crate) fn with_ttl(seconds: u32, mut profile: Profile) -> Profile {
    profile.ttl = Ttl::new(seconds).unwrap();
    profile
}
