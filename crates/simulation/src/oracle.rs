//! What must be the case when everything has come to rest: each object has what
//! it asks for, or there is a reason in Azure or in the other objects why not.

mod names;

use std::net::IpAddr;

use emulator::model::endpoint::{Endpoint, EndpointKind, Family};
use emulator::model::location::Location;
use emulator::model::{Profile, RoutingMethod, Toggle};
use members::claim::Claim;

use crate::cluster::{Cluster, Object};
use crate::others;
use crate::view;
use crate::wish::{Wanted, Wish};
use crate::world::World;

/// Everything that is not as it should be.
pub(crate) fn problems(world: &World) -> Vec<String> {
    let mut problems = Vec::new();
    for cluster in &world.clusters {
        let mut unmet = 0;
        for object in cluster.objects.values() {
            match object.wish(cluster.name()) {
                Wish::Nothing => {}
                Wish::Invalid => unmet += 1,
                Wish::Endpoint(wanted) => {
                    let Some(lack) = lack(world, cluster, object, &wanted) else {
                        continue;
                    };
                    unmet += 1;
                    if cause(world, cluster, object, &wanted, true).is_none() {
                        problems.push(format!("{} of {}: {lack}", object.host, cluster.name()));
                    }
                }
            }
        }
        let reported = cluster.process.reported();
        if reported < unmet {
            problems.push(format!(
                "{} of the objects of {} do not have what they ask for, and {reported} are reported: {}",
                unmet,
                cluster.name(),
                cluster.process.complaints()
            ));
        }
    }
    for profile in world.state.profiles() {
        problems.extend(leftovers(world, profile));
        problems.extend(settings(world, profile));
    }
    problems.extend(names::problems(world));
    problems
}

/// What Azure lacks of what the object asks for.
pub(crate) fn lack(
    world: &World,
    cluster: &Cluster,
    object: &Object,
    wanted: &Wanted,
) -> Option<String> {
    let Some(profile) = others::find(&world.state, &wanted.profile) else {
        return Some(format!("there is no profile {}", wanted.profile));
    };
    let Some(held) = view::endpoint(profile, &wanted.endpoint) else {
        return Some(format!(
            "there is no endpoint {} in profile {}",
            wanted.endpoint, wanted.profile
        ));
    };
    let claims = view::claims(profile);
    let claim = view::counting(&claims, &wanted.endpoint);
    let Some(claim) = claim.filter(|claim| claim.owner.as_str() == cluster.name()) else {
        return Some(format!("endpoint {} is not claimed by it", wanted.endpoint));
    };
    if !is_about(claim, object) {
        return Some(format!(
            "endpoint {} is claimed for {}",
            wanted.endpoint, claim.subject
        ));
    }
    difference(profile, &claims, held, cluster, wanted)
        .map(|what| format!("endpoint {} has another {what}", wanted.endpoint))
}

fn is_about(claim: &Claim, object: &Object) -> bool {
    claim.subject.resource == object.resource && claim.subject.host == object.host
}

fn difference(
    profile: &Profile,
    claims: &[Claim],
    held: &Endpoint,
    cluster: &Cluster,
    wanted: &Wanted,
) -> Option<&'static str> {
    let location = |text: &String| Location::parse(text).map(Location::short_name);
    let subnets = held.subnets.iter().map(emulator::model::Subnet::bounds);
    let priority = wanted.priority.is_none_or(|number| {
        held.priority == number
            || profile.endpoints.iter().any(|other| {
                // One that gives no number makes way for one that does.
                let makes_way = wish_of(cluster, claims, other).is_some_and(|wish| {
                    // One that is kept, because it cannot have what it wants, does not.
                    wish.priority.is_none()
                        && difference(profile, claims, other, cluster, &wish).is_none()
                });
                other.priority == number && other != held && !makes_way
            })
    });
    let checks = [
        (held.kind() == EndpointKind::External, "type"),
        (same_host(held.target.host(), &wanted.target), "target"),
        (held.weight == wanted.weight, "weight"),
        ((held.status == Toggle::Enabled) == wanted.enabled, "status"),
        (
            (held.always_serve == Toggle::Enabled) == wanted.always_serve,
            "always-serve",
        ),
        (
            held.location.map(Location::short_name) == wanted.location.as_ref().and_then(location),
            "location",
        ),
        (
            held.geo_mapping
                .iter()
                .cloned()
                .collect::<std::collections::BTreeSet<_>>()
                == wanted.geo,
            "geographic mapping",
        ),
        (
            subnets.collect::<std::collections::BTreeSet<_>>() == wanted.subnets,
            "subnets",
        ),
        (priority, "priority"),
    ];
    checks
        .into_iter()
        .find(|(same, _)| !same)
        .map(|(_, what)| what)
}

/// What the cluster's object behind an endpoint wants, when it wants exactly
/// that endpoint.
fn wish_of(cluster: &Cluster, claims: &[Claim], endpoint: &Endpoint) -> Option<Wanted> {
    let claim = view::counting(claims, &endpoint.name)
        .filter(|claim| claim.owner.as_str() == cluster.name())?;
    let object = cluster
        .objects
        .values()
        .find(|object| is_about(claim, object))?;
    match object.wish(cluster.name()) {
        Wish::Endpoint(wanted) if wanted.endpoint.eq_ignore_ascii_case(&endpoint.name) => {
            Some(*wanted)
        }
        _ => None,
    }
}

fn same_host(left: &str, right: &str) -> bool {
    match (left.parse::<IpAddr>(), right.parse::<IpAddr>()) {
        (Ok(left), Ok(right)) => left == right,
        _ => left.eq_ignore_ascii_case(right),
    }
}

fn family(target: &str) -> Family {
    match target.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Family::Ipv4,
        Ok(IpAddr::V6(_)) => Family::Ipv6,
        Err(_) => Family::Name,
    }
}

/// Why the object cannot have what it asks for, if it cannot.
pub(crate) fn cause(
    world: &World,
    cluster: &Cluster,
    object: &Object,
    wanted: &Wanted,
    with_twins: bool,
) -> Option<&'static str> {
    if with_twins && has_twin(world, cluster, object, wanted) {
        return Some("another object of the cluster describes the endpoint");
    }
    let Some(profile) = others::find(&world.state, &wanted.profile) else {
        return name_is_taken(world, cluster, wanted).then_some("the DNS name is taken");
    };
    if !view::is_marked(profile) {
        return Some("the profile is not ours");
    }
    let claims = view::claims(profile);
    let held = view::endpoint(profile, &wanted.endpoint);
    let claim = view::counting(&claims, &wanted.endpoint);
    if let Some(held) = held {
        let is_mine = claim.is_some_and(|claim| claim.owner.as_str() == cluster.name());
        if claim.is_some() && !is_mine {
            return Some("the endpoint belongs to another owner");
        }
        if held.kind() != EndpointKind::External {
            return Some("the endpoint is of another type");
        }
        let kept = |claim: &Claim| is_kept_for_another(world, cluster, claim, object);
        if with_twins && is_mine && claim.is_some_and(kept) {
            return Some("another object keeps the endpoint, because it cannot have what it wants");
        }
        if claim.is_none() && !same_host(held.target.host(), &wanted.target) {
            return Some("the endpoint is nobody's and points elsewhere");
        }
    }
    let decides = view::decider(profile, &claims).is_none_or(|owner| owner == cluster.name());
    beside(profile, profile.settings.routing, wanted).or_else(|| {
        // Its own method would not have it either.
        let method = wanted.settings.method;
        beside(profile, method, wanted).filter(|_| decides)
    })
}

/// Whether the claim is about another object of the cluster that wants to be
/// elsewhere and cannot.
fn is_kept_for_another(world: &World, cluster: &Cluster, claim: &Claim, object: &Object) -> bool {
    let holder = cluster
        .objects
        .values()
        .find(|other| is_about(claim, other));
    holder
        .filter(|holder| holder.host != object.host)
        .is_some_and(|holder| match holder.wish(cluster.name()) {
            Wish::Endpoint(rival) => cause(world, cluster, holder, &rival, false).is_some(),
            Wish::Nothing | Wish::Invalid => false,
        })
}

/// Whether another object of the cluster wants or has the endpoint.
fn has_twin(world: &World, cluster: &Cluster, object: &Object, wanted: &Wanted) -> bool {
    let mut others_of_it = cluster
        .objects
        .values()
        .filter(|other| other.host != object.host);
    others_of_it.any(|other| match other.wish(cluster.name()) {
        Wish::Nothing => false,
        Wish::Invalid => others::find(&world.state, &wanted.profile).is_some_and(|profile| {
            view::counting(&view::claims(profile), &wanted.endpoint)
                .is_some_and(|claim| is_about(claim, other))
        }),
        Wish::Endpoint(rival) => {
            rival.profile.eq_ignore_ascii_case(&wanted.profile)
                && rival.endpoint.eq_ignore_ascii_case(&wanted.endpoint)
                && (lack(world, cluster, other, &rival).is_none()
                    || cause(world, cluster, other, &rival, false).is_some())
        }
    })
}

/// Whether the profile cannot be created because its DNS name is somebody's.
fn name_is_taken(world: &World, cluster: &Cluster, wanted: &Wanted) -> bool {
    let names = cluster
        .objects
        .values()
        .filter_map(|object| match object.wish(cluster.name()) {
            Wish::Endpoint(other) if other.profile.eq_ignore_ascii_case(&wanted.profile) => {
                Some(other.settings.dns_name)
            }
            _ => None,
        });
    names.into_iter().any(|name| {
        world
            .state
            .profiles()
            .any(|profile| profile.settings.relative_name.eq_ignore_ascii_case(&name))
    })
}

/// Why the endpoint cannot stand beside the others of the profile.
fn beside(profile: &Profile, method: RoutingMethod, wanted: &Wanted) -> Option<&'static str> {
    let vanity = view::vanity(profile).map(|(host, _)| host);
    let own_name = format!("{}.trafficmanager.net", profile.settings.relative_name);
    if vanity == Some(wanted.target.as_str()) || own_name.eq_ignore_ascii_case(&wanted.target) {
        return Some("it would point at the profile");
    }
    let lacking = match method {
        RoutingMethod::Performance => wanted.location.is_none(),
        RoutingMethod::Geographic => wanted.geo.is_empty(),
        RoutingMethod::MultiValue => family(&wanted.target) == Family::Name,
        _ => false,
    };
    if lacking {
        return Some("it lacks what the routing method needs");
    }
    let others = profile
        .endpoints
        .iter()
        .filter(|other| !other.name.eq_ignore_ascii_case(&wanted.endpoint));
    for other in others {
        if same_host(other.target.host(), &wanted.target) {
            return Some("the target is another endpoint's");
        }
        if method != RoutingMethod::MultiValue && other.target.family() != family(&wanted.target) {
            return Some("the target is of another kind");
        }
        if other
            .geo_mapping
            .iter()
            .any(|code| wanted.geo.contains(code))
        {
            return Some("a code is another endpoint's");
        }
        let ranges = other.subnets.iter().map(emulator::model::Subnet::bounds);
        let overlaps = |(first, last): (u128, u128)| {
            wanted
                .subnets
                .iter()
                .any(|(from, to)| first <= *to && *from <= last)
        };
        if ranges.into_iter().any(overlaps) {
            return Some("a range is another endpoint's");
        }
        if method == RoutingMethod::Priority && wanted.priority == Some(other.priority) {
            return Some("the priority is another endpoint's");
        }
        if method == RoutingMethod::Subnet && wanted.subnets.is_empty() && other.subnets.is_empty()
        {
            return Some("Azure allows one endpoint without ranges");
        }
    }
    None
}

/// Members without an object.
fn leftovers(world: &World, profile: &Profile) -> Vec<String> {
    let claims = view::claims(profile);
    let name = &profile.path.name;
    let mut problems = Vec::new();
    if !view::is_marked(profile) {
        return problems;
    }
    for endpoint in &profile.endpoints {
        let Some(claim) = view::counting(&claims, &endpoint.name) else {
            continue;
        };
        let Some(cluster) = world
            .clusters
            .iter()
            .find(|cluster| cluster.name() == claim.owner.as_str())
        else {
            continue;
        };
        let object = cluster
            .objects
            .values()
            .find(|object| is_about(claim, object));
        let what = match object.map(|object| (object, object.wish(cluster.name()))) {
            None => "has no object",
            Some((_, Wish::Nothing)) => "has an object that takes no part",
            Some((_, Wish::Invalid)) => continue,
            Some((object, Wish::Endpoint(wanted))) => {
                let is_it = wanted.profile.eq_ignore_ascii_case(name)
                    && wanted.endpoint.eq_ignore_ascii_case(&endpoint.name);
                // What an object cannot have does not cost it what it has.
                if is_it || lack(world, cluster, object, &wanted).is_some() {
                    continue;
                }
                "has an object that has another endpoint"
            }
        };
        problems.push(format!(
            "endpoint {} of profile {name}, claimed by {} for {}, {what}",
            endpoint.name,
            cluster.name(),
            claim.subject
        ));
    }
    problems
}

/// Settings that are not as the object says that decides them.
fn settings(world: &World, profile: &Profile) -> Option<String> {
    let claims = view::claims(profile);
    if !view::is_marked(profile) {
        return None;
    }
    let decider = view::decider(profile, &claims)?;
    let cluster = world
        .clusters
        .iter()
        .find(|cluster| cluster.name() == decider)?;
    let leader = profile
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.kind() == EndpointKind::External)
        .filter_map(|endpoint| view::counting(&claims, &endpoint.name))
        .filter(|claim| claim.owner.as_str() == decider)
        .min_by_key(|claim| (claim.since, &claim.subject.resource, &claim.subject.host))?;
    let object = cluster
        .objects
        .values()
        .find(|object| is_about(leader, object))?;
    let Wish::Endpoint(wanted) = object.wish(cluster.name()) else {
        return None;
    };
    // An object that cannot have all it wants is kept as it is, with its profile.
    let is_it = wanted.profile.eq_ignore_ascii_case(&profile.path.name)
        && lack(world, cluster, object, &wanted).is_none()
        && beside(profile, profile.settings.routing, &wanted).is_none();
    if !is_it {
        return None;
    }
    let wish = &wanted.settings;
    let held = &profile.settings;
    let stuck = obstacle(profile, wish.method) || beside(profile, wish.method, &wanted).is_some();
    if wish.method != held.routing && stuck {
        return None;
    }
    let multi_value = wish.method == RoutingMethod::MultiValue;
    let checks = [
        (held.routing == wish.method, "routing method"),
        (held.ttl == wish.ttl, "TTL"),
        ((held.status == Toggle::Enabled) == wish.enabled, "status"),
        (held.monitor.protocol == wish.protocol, "protocol"),
        (held.monitor.port == wish.port, "port"),
        (held.monitor.path == wish.path, "path"),
        (held.monitor.interval == wish.interval, "interval"),
        (held.monitor.timeout == wish.timeout, "time-out"),
        (
            held.monitor.tolerated_failures == wish.tolerated_failures,
            "number of failures",
        ),
        (
            held.monitor
                .expected_status_codes
                .iter()
                .map(|range| (range.min, range.max))
                .eq(wish.status_codes.iter().copied()),
            "status codes",
        ),
        (
            held.monitor
                .headers
                .iter()
                .map(|header| (&header.name, &header.value))
                .eq(wish.headers.iter().map(|(name, value)| (name, value))),
            "headers",
        ),
        (
            (held.traffic_view == Toggle::Enabled) == wish.traffic_view,
            "traffic view",
        ),
        (!multi_value || held.max_return == wish.max_return, "count"),
        (
            view::tag(profile, view::VANITY) == wish.vanity.as_deref(),
            "vanity host",
        ),
    ];
    let (_, what) = checks.into_iter().find(|(same, _)| !same)?;
    Some(format!(
        "profile {} has another {what} than {} of {decider} says, which decides",
        profile.path.name, object.host
    ))
}

/// Whether an endpoint cannot be there under the method.
fn obstacle(profile: &Profile, method: RoutingMethod) -> bool {
    let endpoints = &profile.endpoints;
    let lacks = |endpoint: &Endpoint| match method {
        RoutingMethod::Performance => endpoint.lacks_location_for(method),
        RoutingMethod::Geographic => endpoint.geo_mapping.is_empty(),
        RoutingMethod::MultiValue => endpoint.target.family() == Family::Name,
        _ => false,
    };
    let fallbacks = endpoints.iter().filter(|e| e.subnets.is_empty()).count();
    let mixed = endpoints.windows(2).any(|two| {
        two.iter()
            .any(|e| e.target.family() != two[0].target.family())
    });
    endpoints.iter().any(lacks)
        || (method == RoutingMethod::Subnet && fallbacks > 1)
        || (method != RoutingMethod::MultiValue && mixed)
}
