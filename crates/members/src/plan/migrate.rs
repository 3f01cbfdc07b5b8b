//! A changed routing method: in which order settings and endpoints are written.
//!
//! Azure checks every endpoint against the method at every write: Performance
//! needs locations, Geographic needs mappings, MultiValue needs addresses. So
//! either the method changes first, or the endpoints do, or, when neither order
//! is allowed, the profile is Weighted for the moment in between, which asks
//! nothing of its endpoints.

use traffic_manager::profile::{ProfilePatch, ProfilePatchProperties};
use traffic_manager::{EndpointName, RoutingMethod};

use super::{Draft, Gate, Step, Write};
use crate::body;
use crate::destination::Destination;
use crate::member::{Member, Settings};
use crate::observe::ObservedProfile;
use crate::requirement;

/// The writes of settings around those of endpoints.
#[derive(Debug, Default)]
pub(super) struct Migration {
    /// Before the endpoints.
    pub(super) before: Vec<Step>,
    /// After the endpoints.
    pub(super) after: Vec<Step>,
    /// Endpoints that are taken away before everything else, to be created
    /// again: their kind of target does not suit the method in between.
    pub(super) aside: Vec<EndpointName>,
    /// The method under which the endpoints are written.
    pub(super) method: Option<RoutingMethod>,
}

pub(super) fn plan(
    profile: &ObservedProfile,
    upserts: &[&Member],
    settings: Option<&Settings>,
) -> Migration {
    let mut migration = of_method(profile, upserts, settings);
    // Azure checks every target against the type, so the targets come first.
    let typed = settings.and_then(|settings| body::record_type_patch(settings, profile));
    migration.after.extend(typed.map(step));
    migration
}

fn of_method(
    profile: &ObservedProfile,
    upserts: &[&Member],
    settings: Option<&Settings>,
) -> Migration {
    let held: Option<RoutingMethod> = profile.wire.method();
    let patch = settings
        .and_then(|settings| body::settings_patch(settings, profile))
        .map(step);
    let (Some(settings), Some(patch)) = (settings, patch) else {
        return Migration {
            method: held,
            ..Migration::default()
        };
    };
    let wanted = settings.method;
    if held == Some(wanted) || everything_suits(profile, wanted) {
        return Migration {
            before: vec![patch],
            method: Some(wanted),
            ..Migration::default()
        };
    }
    let wishes_suit = |method| {
        upserts
            .iter()
            .all(|member| requirement::missing(method, &member.endpoint).is_none())
    };
    // Under Subnet one endpoint at most has no ranges.
    let fallbacks = || {
        let others = profile.endpoints().iter().filter(|(name, endpoint)| {
            let is_written = upserts.iter().any(|member| member.key.endpoint == **name);
            let ranges = endpoint.properties.subnets.iter().flatten();
            !is_written && ranges.count() == 0
        });
        let written = upserts
            .iter()
            .filter(|member| member.endpoint.subnets.is_none());
        others.count() + written.count()
    };
    let is_apart = held != Some(RoutingMethod::Subnet) || fallbacks() <= 1;
    if is_apart && held.is_some_and(wishes_suit) {
        return Migration {
            after: vec![patch],
            method: held,
            ..Migration::default()
        };
    }
    let through = ProfilePatchProperties {
        traffic_routing_method: Some(RoutingMethod::Weighted.to_string()),
        ..ProfilePatchProperties::default()
    };
    let mut before = Vec::new();
    if held != Some(RoutingMethod::Weighted) {
        before.push(step(ProfilePatch {
            properties: through,
        }));
    }
    Migration {
        before,
        after: vec![patch],
        aside: other_families(profile, upserts),
        method: Some(RoutingMethod::Weighted),
    }
}

/// Whether the method cannot change, because an endpoint that stays cannot be
/// under it. Resolving has looked at this and reports it; another owner's endpoint
/// may have come since, or an own one moves away only when others have come.
pub(super) fn is_blocked(
    profile: &ObservedProfile,
    method: RoutingMethod,
    draft: &Draft<'_>,
) -> bool {
    let stays = |name: &EndpointName| {
        let mut written = draft.written.iter();
        !draft.departures.has(name) && written.all(|member| member.key.endpoint != *name)
    };
    let lacks = |endpoint| requirement::missing_on_wire(method, endpoint).is_some();
    let mut endpoints = profile.endpoints().iter();
    profile.wire.method() != Some(method)
        && endpoints.any(|(name, endpoint)| stays(name) && lacks(endpoint))
}

fn step(patch: ProfilePatch) -> Step {
    Step {
        write: Write::PatchProfile(Box::new(patch)),
        member: None,
        gate: Gate::Alone,
    }
}

/// Whether what is there can stay under the method.
fn everything_suits(profile: &ObservedProfile, method: RoutingMethod) -> bool {
    let endpoints = || profile.endpoints().values();
    endpoints().all(|endpoint| requirement::missing_on_wire(method, endpoint).is_none())
        && (method == RoutingMethod::MultiValue || {
            let mut families: Vec<_> = endpoints()
                .filter_map(Destination::of)
                .map(|destination| destination.family())
                .collect();
            families.sort_unstable();
            families.dedup();
            families.len() <= 1
        })
}

/// Own endpoints whose kind of target differs from the first one's: a profile
/// that comes from MultiValue may mix IPv4 and IPv6, and no other may.
fn other_families(profile: &ObservedProfile, upserts: &[&Member]) -> Vec<EndpointName> {
    let family =
        |endpoint: &traffic_manager::profile::Endpoint| Some(Destination::of(endpoint)?.family());
    let first = profile.endpoints().values().find_map(family);
    profile
        .endpoints()
        .iter()
        .filter(|(_, endpoint)| family(endpoint).is_some() && family(endpoint) != first)
        .map(|(name, _)| name.clone())
        .filter(|name| upserts.iter().any(|member| member.key.endpoint == *name))
        .collect()
}
