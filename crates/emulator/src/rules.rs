//! Rules that a profile must keep as a whole: what its endpoints may not have in common, and what its routing method
//! demands of each of them.

mod reserved;

use std::collections::BTreeMap;

use crate::api_version::{ApiVersion, Feature};
use crate::model::endpoint::{Endpoint, EndpointKind, Family, Host, Target};
use crate::model::{Profile, RecordType, RoutingMethod};
use crate::quirks::Quirks;
use crate::read::Problems;

/// Endpoints per profile.
pub(crate) const ENDPOINT_LIMIT: usize = 200;
/// Profiles per subscription.
pub(crate) const PROFILE_LIMIT: usize = 200;

/// Checks the profile as it would be stored.
pub(crate) fn check(
    profile: &Profile,
    version: ApiVersion,
    quirks: &Quirks,
    allow_private_targets: bool,
    problems: &mut Problems,
) {
    let endpoints = &profile.endpoints;
    if endpoints.len() > ENDPOINT_LIMIT {
        problems.say(format!(
            "The number of endpoints in the profile cannot exceed {ENDPOINT_LIMIT}."
        ));
    }
    unique_targets(endpoints, problems);
    unique_priorities(endpoints, problems);
    web_apps_apart(endpoints, problems);
    one_family(profile, problems);
    if !allow_private_targets {
        public_targets(endpoints, problems);
    }
    match profile.settings.routing {
        RoutingMethod::Performance if version.has(Feature::RequiredLocations) => {
            located(endpoints, problems);
        }
        RoutingMethod::Geographic => mapped(endpoints, problems),
        RoutingMethod::Subnet => apart(endpoints, quirks, problems),
        RoutingMethod::MultiValue => addresses_only(endpoints, problems),
        RoutingMethod::Performance | RoutingMethod::Priority | RoutingMethod::Weighted => {}
    }
}

fn unique_targets(endpoints: &[Endpoint], problems: &mut Problems) {
    for (index, endpoint) in endpoints.iter().enumerate() {
        let identity = endpoint.target.identity();
        let is_taken = endpoints
            .iter()
            .take(index)
            .any(|earlier| same_target(&earlier.target, &endpoint.target));
        if is_taken {
            problems.say(format!(
                "Endpoint target must be unique in the profile. The following endpoint target already exists: {identity}."
            ));
        }
    }
}

fn same_target(left: &Target, right: &Target) -> bool {
    match (left, right) {
        (
            Target::External(Host::Address { address: left, .. }),
            Target::External(Host::Address { address: right, .. }),
        ) => left == right,
        _ => left.identity().eq_ignore_ascii_case(right.identity()),
    }
}

/// A profile takes one web app of each region. The sentence is reported, its end is ours.
fn web_apps_apart(endpoints: &[Endpoint], problems: &mut Problems) {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for endpoint in endpoints {
        if let Target::Azure { resource_id, host } = &endpoint.target
            && resource_id
                .to_ascii_lowercase()
                .contains("/providers/microsoft.web/sites/")
            && let Some(location) = endpoint.location
        {
            regions
                .entry(location.display_name())
                .or_default()
                .push(host);
        }
    }
    for (region, hosts) in regions.iter().filter(|(_, hosts)| hosts.len() > 1) {
        problems.say(format!(
            "Some of the provided Azure Website endpoints are not valid: One or more conflicts detected in traffic manager configuration. Multiple domains point to region \"{region}\": {}.",
            hosts.join(", ")
        ));
    }
}

fn unique_priorities(endpoints: &[Endpoint], problems: &mut Problems) {
    for (index, endpoint) in endpoints.iter().enumerate() {
        let is_taken = endpoints
            .iter()
            .take(index)
            .any(|earlier| earlier.priority == endpoint.priority);
        if is_taken {
            problems.say(format!(
                "Endpoint priority must be unique in the profile. The following endpoint priority already exists: {}.",
                endpoint.priority
            ));
        }
    }
}

fn one_family(profile: &Profile, problems: &mut Problems) {
    let families = |wanted: Family| {
        profile
            .endpoints
            .iter()
            .any(|endpoint| endpoint.target.family() == wanted)
    };
    let used = [Family::Name, Family::Ipv4, Family::Ipv6]
        .into_iter()
        .filter(|family| families(*family))
        .count();
    if used > 1 && profile.settings.routing != RoutingMethod::MultiValue {
        problems.say("All endpoints in the profile must have targets of the same type. DNS names, IPv4 addresses and IPv6 addresses can only be combined as IPv4 and IPv6 addresses with traffic routing method 'MultiValue'.");
    }
    let Some(record_type) = profile.settings.record_type else {
        return;
    };
    let wanted = match record_type {
        RecordType::A => Family::Ipv4,
        RecordType::Aaaa => Family::Ipv6,
        RecordType::Cname => Family::Name,
    };
    for endpoint in &profile.endpoints {
        // A nested profile brings its own record type.
        if endpoint.kind() != EndpointKind::Nested && endpoint.target.family() != wanted {
            problems.say(format!(
                "The target '{}' of endpoint '{}' does not match the record type '{}' of the profile.",
                endpoint.target.host(),
                endpoint.name,
                record_type.as_str()
            ));
        }
    }
}

fn public_targets(endpoints: &[Endpoint], problems: &mut Problems) {
    for endpoint in endpoints {
        if let Target::External(Host::Address { address, text }) = &endpoint.target
            && reserved::is_reserved(*address)
        {
            problems.say(format!(
                "The target '{text}' of endpoint '{}' is a private or reserved IP address.",
                endpoint.name
            ));
        }
    }
}

fn located(endpoints: &[Endpoint], problems: &mut Problems) {
    for endpoint in endpoints {
        if endpoint.lacks_location_for(RoutingMethod::Performance) {
            problems.say(format!(
                "The location must be specified for endpoint '{}', because the traffic routing method of the profile is 'Performance'.",
                endpoint.name
            ));
        }
    }
}

fn mapped(endpoints: &[Endpoint], problems: &mut Problems) {
    for (index, endpoint) in endpoints.iter().enumerate() {
        if endpoint.geo_mapping.is_empty() {
            problems.say(format!(
                "At least one geographic region must be specified for endpoint '{}', because the traffic routing method of the profile is 'Geographic'.",
                endpoint.name
            ));
        }
        for earlier in endpoints.iter().take(index) {
            for code in &endpoint.geo_mapping {
                if earlier.geo_mapping.contains(code) {
                    problems.say(format!(
                        "The geographic region '{code}' is specified for more than one endpoint: '{}' and '{}'.",
                        earlier.name, endpoint.name
                    ));
                }
            }
        }
    }
}

fn apart(endpoints: &[Endpoint], quirks: &Quirks, problems: &mut Problems) {
    let without = endpoints.iter().filter(|e| e.subnets.is_empty()).count();
    if quirks.single_subnet_fallback && without > 1 {
        problems.say("Only one endpoint without subnets can be specified in a profile with traffic routing method 'Subnet'.");
    }
    for (index, endpoint) in endpoints.iter().enumerate() {
        for (position, subnet) in endpoint.subnets.iter().enumerate() {
            let (first, last) = subnet.bounds();
            let own = endpoint.subnets.iter().take(position);
            let others = endpoints.iter().take(index).flat_map(|e| &e.subnets);
            let overlaps = own.chain(others).any(|earlier| {
                let (earlier_first, earlier_last) = earlier.bounds();
                first <= earlier_last && earlier_first <= last
            });
            if overlaps {
                problems.say(format!(
                    "The subnet that starts at '{}' of endpoint '{}' overlaps another subnet of the profile.",
                    subnet.first, endpoint.name
                ));
            }
        }
    }
}

fn addresses_only(endpoints: &[Endpoint], problems: &mut Problems) {
    for endpoint in endpoints {
        if endpoint.target.family() == Family::Name {
            problems.say(format!(
                "Endpoint '{}' is invalid. A profile with traffic routing method 'MultiValue' can only have external endpoints with an IPv4 or IPv6 address as target.",
                endpoint.name
            ));
        }
    }
}
