//! The order of endpoint writes.
//!
//! Azure refuses a write that would leave two endpoints of a profile with the
//! same target or priority, the same geographic code or overlapping ranges, or
//! with different kinds of target. The writes are therefore played through on a
//! model of the profile: deletes first, then whatever is admissible, and where
//! writes wait for each other in a circle, one endpoint is moved aside.

use std::collections::{BTreeMap, BTreeSet};

use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointKind, EndpointName, RoutingMethod, SubnetRange, Target};

use super::leaving::Departures;
use super::{Gate, Step, Write};
use crate::annotation::Name;
use crate::body;
use crate::finding::{Finding, Reason};
use crate::member::{Member, MemberKey};
use crate::observe::ObservedProfile;
use crate::properties::Properties;

/// What an endpoint occupies.
#[derive(Debug, Clone, Default)]
struct Slot {
    target: Option<Target>,
    priority: Option<i64>,
    codes: BTreeSet<String>,
    ranges: Vec<SubnetRange>,
}

/// Why a write has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clash {
    Priority,
    Other(&'static str),
}

/// Orders the endpoint writes of a plan.
pub(super) fn order(
    profile: &ObservedProfile,
    upserts: &[&Member],
    departures: &Departures,
    aside: &[EndpointName],
    method: Option<RoutingMethod>,
) -> (Vec<Step>, Vec<(MemberKey, Finding)>) {
    let removals = &departures.now;
    let mut model: BTreeMap<EndpointName, Slot> = profile
        .endpoints()
        .iter()
        .map(|(name, endpoint)| (name.clone(), Slot::of(endpoint)))
        .collect();
    let mut steps: Vec<Step> = Vec::new();
    let mut refused = Vec::new();
    // What is put back when the write that it made way for fails.
    let mut undo: BTreeMap<EndpointName, Vec<Endpoint>> = BTreeMap::new();
    let held = |name: &EndpointName| profile.endpoints().get(name).map(Endpoint::to_request);
    for name in aside {
        model.remove(name);
        undo.entry(name.clone()).or_default().extend(held(name));
    }
    let mut renamed = renames(profile, upserts, removals);
    for name in removals.iter().filter(|name| !renamed.contains_key(*name)) {
        steps.push(delete(name));
        model.remove(name);
    }
    let mut pending: Vec<(&Member, Endpoint)> = upserts
        .iter()
        .filter(|member| {
            let name = &member.key.endpoint;
            aside.contains(name) || differs(member, profile.endpoints().get(name))
        })
        .map(|member| {
            let name = &member.key.endpoint;
            (
                *member,
                body::endpoint(name, &member.endpoint, profile.endpoints().get(name)),
            )
        })
        .collect();
    let reserved: BTreeSet<i64> = pending
        .iter()
        .filter_map(|(_, body)| body.properties.priority)
        .collect();

    while !pending.is_empty() {
        // New endpoints that leave the number to Azure come last: it could
        // choose one that another write is about to ask for.
        let numbered = pending
            .iter()
            .any(|(_, body)| body.properties.priority.is_some());
        let admissible = pending.iter().position(|(member, body)| {
            (body.properties.priority.is_some() || !numbered)
                && clash(&model, &member.key.endpoint, &Slot::of(body), method).is_none()
        });
        if let Some(index) = admissible {
            let (member, body) = pending.remove(index);
            let mut slot = Slot::of(&body);
            slot.priority = slot
                .priority
                .or_else(|| model.get(&member.key.endpoint)?.priority);
            let name = &member.key.endpoint;
            model.insert(name.clone(), slot);
            steps.push(put(name, body));
            let put_back = undo.remove(name).unwrap_or_default();
            steps.extend(put_back.into_iter().map(|old| put_back_for(name, old)));
            continue;
        }
        let Some((member, holder, why)) = pending.iter().find_map(|(member, body)| {
            let (holder, why) = clash(&model, &member.key.endpoint, &Slot::of(body), method)?;
            Some((*member, holder, why))
        }) else {
            break;
        };
        if let Some(new) = renamed.remove(&holder) {
            // The new name needs what the old one has.
            steps.push(delete_for(&holder, &new));
            model.remove(&holder);
            // Once the new endpoint is written, the old one is not missed.
            if pending.iter().any(|(member, _)| member.key.endpoint == new) {
                undo.entry(new).or_default().extend(held(&holder));
            }
            continue;
        }
        if departures.yielding.contains(&holder) {
            steps.push(delete(&holder));
            model.remove(&holder);
            continue;
        }
        let waits = pending
            .iter()
            .any(|(other, _)| other.key.endpoint == holder);
        match (waits, why) {
            (true, Clash::Priority) => {
                // Its own write comes later; until then it keeps everything but
                // the number that somebody waits for.
                let taken: BTreeSet<i64> =
                    model.values().filter_map(|slot| slot.priority).collect();
                let free = (1..=1000)
                    .rev()
                    .find(|number| !taken.contains(number) && !reserved.contains(number));
                let existing = profile.endpoints().get(&holder);
                if let (Some(free), Some(existing), Some(slot)) =
                    (free, existing, model.get_mut(&holder))
                {
                    let mut body = existing.to_request();
                    body.properties.priority = Some(free);
                    slot.priority = Some(free);
                    steps.push(put(&holder, body));
                } else {
                    refused.push(refusal(member, &holder, "priority"));
                    pending.retain(|(other, _)| other.key != member.key);
                }
            }
            (true, Clash::Other(_)) => {
                // No neutral value exists for a target, a code or a range: the
                // endpoint is taken away and created again by its own write.
                steps.push(delete(&holder));
                model.remove(&holder);
                undo.entry(holder.clone())
                    .or_default()
                    .extend(held(&holder));
            }
            (false, Clash::Priority) if !is_ranked(member, method) => {
                // The number means nothing to this method, and somebody has
                // taken it since: Azure assigns another one.
                let key = member.key.clone();
                if let Some((_, body)) = pending.iter_mut().find(|(other, _)| other.key == key) {
                    body.properties.priority = None;
                }
            }
            (false, why) => {
                let what = match why {
                    Clash::Priority => "priority",
                    Clash::Other(what) => what,
                };
                refused.push(refusal(member, &holder, what));
                pending.retain(|(other, _)| other.key != member.key);
            }
        }
    }
    // Old names go when the new ones are there. Where a new one was refused,
    // what had made way for it comes back.
    for (old, new) in renamed {
        if model.contains_key(&new) {
            steps.push(delete_for(&old, &new));
        }
    }
    for old in undo.into_values().flatten() {
        if let Some(name) = old.endpoint_name() {
            steps.push(put(&name, old));
        }
    }
    (steps, refused)
}

/// Whether priorities decide who answers, now or when the plan is done.
fn is_ranked(member: &Member, method: Option<RoutingMethod>) -> bool {
    [method, Some(member.settings.method)].contains(&Some(RoutingMethod::Priority))
}

/// Old names and the new names of the same objects: a removal and a new
/// endpoint of one object is a rename, and the member must not be lost when the
/// new endpoint is refused.
fn renames(
    profile: &ObservedProfile,
    upserts: &[&Member],
    removals: &BTreeSet<EndpointName>,
) -> BTreeMap<EndpointName, EndpointName> {
    let mut new: Vec<&Member> = upserts
        .iter()
        .copied()
        .filter(|member| !profile.endpoints().contains_key(&member.key.endpoint))
        .collect();
    let mut renames = BTreeMap::new();
    for old in removals {
        let subject = profile.claim(old).map(|claim| &claim.subject);
        let heir = new
            .iter()
            .position(|member| Some(&member.subject) == subject);
        if let Some(heir) = heir {
            renames.insert(old.clone(), new.remove(heir).key.endpoint.clone());
        }
    }
    renames
}

/// Whether Azure holds something else than the member wants.
fn differs(member: &Member, existing: Option<&Endpoint>) -> bool {
    let Some(existing) = existing else {
        return true;
    };
    let held = Properties::of_endpoint(existing);
    let wanted = Properties::endpoint(&member.endpoint);
    wanted
        .differences(&held)
        .any(|(name, _, _)| name != Name::Priority || member.endpoint.priority.is_some())
}

fn put(name: &EndpointName, body: Endpoint) -> Step {
    Step {
        write: Write::PutEndpoint(Box::new(body)),
        member: Some(name.clone()),
        gate: Gate::Alone,
    }
}

pub(super) fn delete(name: &EndpointName) -> Step {
    delete_for(name, name)
}

/// A delete that is part of the writing of another endpoint.
fn delete_for(name: &EndpointName, member: &EndpointName) -> Step {
    Step {
        write: Write::DeleteEndpoint(name.clone()),
        member: Some(member.clone()),
        gate: Gate::Alone,
    }
}

fn put_back_for(member: &EndpointName, old: Endpoint) -> Step {
    Step {
        write: Write::PutEndpoint(Box::new(old)),
        member: Some(member.clone()),
        gate: Gate::Undo,
    }
}

fn refusal(member: &Member, holder: &EndpointName, what: &str) -> (MemberKey, Finding) {
    let finding = Finding::new(
        Reason::EndpointConflict,
        &member.subject,
        format!(
            "endpoint {} of profile {} would share its {what} with endpoint {holder}",
            member.key.endpoint, member.key.profile.name
        ),
    );
    (member.key.clone(), finding)
}

/// The first endpoint that a write of `slot` would clash with.
fn clash(
    model: &BTreeMap<EndpointName, Slot>,
    name: &EndpointName,
    slot: &Slot,
    method: Option<RoutingMethod>,
) -> Option<(EndpointName, Clash)> {
    let family = slot.target.as_ref().map(Target::family);
    let others = || model.iter().filter(|(other, _)| *other != name);
    let found = |clash| move |(other, _): (&EndpointName, &Slot)| (other.clone(), clash);
    let same_target =
        others().find(|(_, other)| slot.target.is_some() && other.target == slot.target);
    let same_code = || others().find(|(_, other)| !other.codes.is_disjoint(&slot.codes));
    let same_range = || {
        others().find(|(_, other)| {
            other
                .ranges
                .iter()
                .any(|range| slot.ranges.iter().any(|mine| mine.overlaps(range)))
        })
    };
    let other_family = || {
        let mixes = |other: &Slot| {
            let theirs = other.target.as_ref().map(Target::family);
            theirs.is_some() && family.is_some() && theirs != family
        };
        others().find(|(_, other)| method != Some(RoutingMethod::MultiValue) && mixes(other))
    };
    let same_priority =
        || others().find(|(_, other)| slot.priority.is_some() && other.priority == slot.priority);
    same_target
        .map(found(Clash::Other("target")))
        .or_else(|| same_code().map(found(Clash::Other("geographic codes"))))
        .or_else(|| same_range().map(found(Clash::Other("address ranges"))))
        .or_else(|| other_family().map(found(Clash::Other("profile, but not its kind of target,"))))
        .or_else(|| same_priority().map(found(Clash::Priority)))
}

// === impl Slot ===

impl Slot {
    fn of(endpoint: &Endpoint) -> Self {
        let held = &endpoint.properties;
        let external = endpoint.kind() == Some(EndpointKind::External);
        Self {
            target: held
                .target
                .as_deref()
                .filter(|_| external)
                .and_then(|text| text.parse().ok()),
            priority: held.priority,
            codes: held.geo_mapping.iter().flatten().cloned().collect(),
            ranges: held
                .subnets
                .iter()
                .flatten()
                .filter_map(SubnetRange::from_wire)
                .collect(),
        }
    }
}
