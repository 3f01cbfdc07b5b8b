//! The order of endpoint writes.
//!
//! Azure refuses a write that would leave two endpoints of a profile with the
//! same target or priority, the same geographic code or overlapping ranges, or
//! with different kinds of target. The writes are therefore played through on a
//! model of the profile: deletes first, then whatever is admissible, and where
//! writes wait for each other in a circle, one endpoint is moved aside.

mod slot;

use std::collections::{BTreeMap, BTreeSet};

use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointKind, EndpointName, RoutingMethod};

use super::leaving::Departures;
use super::{Gate, Step, Write};
use crate::annotation::Name;
use crate::body;
use crate::finding::{Finding, Reason, Subject};
use crate::member::{Member, MemberKey};
use crate::observe::ObservedProfile;
use crate::properties::Properties;
use crate::requirement;
use slot::{Clash, Slot, clash};

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
        steps.push(delete(profile, name));
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
    // The method may have been changed by another owner since the listing.
    pending.retain(|(member, _)| {
        let finding = method.and_then(|method| unsuitable(member, method));
        let suits = finding.is_none();
        if let Some(finding) = finding {
            renamed.retain(|_, new| *new != member.key.endpoint);
            refused.push((member.key.clone(), finding));
        }
        suits
    });
    let reserved: BTreeSet<i64> = pending
        .iter()
        .filter_map(|(_, body)| body.properties.priority)
        .collect();

    while !pending.is_empty() {
        // Nothing makes way for a write that cannot come true.
        let stays = |name: &EndpointName| {
            let mut waiting = pending.iter().map(|(other, _)| &other.key.endpoint);
            !departures.yielding.contains(name)
                && !renamed.contains_key(name)
                && waiting.all(|other| other != name)
        };
        let hopeless = pending
            .iter()
            .enumerate()
            .find_map(|(index, (member, body))| {
                let name = &member.key.endpoint;
                let (holder, why) = clash(&model, name, &Slot::of(body), method, &stays)?;
                Some((index, holder, why))
            });
        if let Some((index, holder, why)) = hopeless {
            if why == Clash::Priority && !is_ranked(pending[index].0, method) {
                // The number means nothing to this method, and somebody has
                // taken it since: Azure assigns another one.
                pending[index].1.properties.priority = None;
                continue;
            }
            let (member, _) = pending.remove(index);
            refused.push(refusal(member, &holder, why.what()));
            renamed.retain(|_, new| *new != member.key.endpoint);
            continue;
        }
        // New endpoints that leave the number to Azure come last: it could
        // choose one that another write is about to ask for.
        let numbered = pending
            .iter()
            .any(|(_, body)| body.properties.priority.is_some());
        let fits = |(member, body): &(&Member, Endpoint)| {
            let name = &member.key.endpoint;
            clash(&model, name, &Slot::of(body), method, &|_| true).is_none()
        };
        let in_turn =
            |(_, body): &(&Member, Endpoint)| body.properties.priority.is_some() || !numbered;
        // Who is away at the moment comes first, and does not wait for a number.
        let is_away = |(member, _): &(&Member, _)| undo.contains_key(&member.key.endpoint);
        let admissible = pending
            .iter()
            .position(|write| is_away(write) && fits(write))
            .or_else(|| {
                pending
                    .iter()
                    .position(|write| in_turn(write) && fits(write))
            });
        if let Some(index) = admissible {
            let waits_for_a_number = !in_turn(&pending[index]);
            let (member, mut body) = pending.remove(index);
            if waits_for_a_number {
                let taken = model.values().filter_map(|slot| slot.priority);
                let last = taken.chain(reserved.iter().copied()).max();
                body.properties.priority = last.map(|last| last + 1).filter(|next| *next <= 1000);
            }
            let mut slot = Slot::of(&body);
            slot.priority = slot
                .priority
                .or_else(|| model.get(&member.key.endpoint)?.priority);
            let name = &member.key.endpoint;
            // The type is part of the path, and a name is one of a profile: what
            // has another type goes just before.
            if model.contains_key(name) && body.kind() != Some(kind_of(profile, name)) {
                steps.push(delete(profile, name));
                undo.entry(name.clone()).or_default().extend(held(name));
            }
            let put_back = undo.remove(name).unwrap_or_default();
            // Who takes the place of one that is away gives it back with it.
            for olds in undo.values_mut() {
                if olds.iter().any(|old| slot.meets(&Slot::of(old))) {
                    olds.splice(..0, held(name));
                }
            }
            model.insert(name.clone(), slot);
            steps.push(put(name, body));
            for old in with_priorities_of_their_own(put_back, name, &model, &reserved) {
                steps.push(put_back_for(name, old));
            }
            continue;
        }
        let Some((member, holder, why)) = pending.iter().find_map(|(member, body)| {
            let name = &member.key.endpoint;
            let (holder, why) = clash(&model, name, &Slot::of(body), method, &|_| true)?;
            Some((*member, holder, why))
        }) else {
            break;
        };
        if departures.yielding.contains(&holder) {
            steps.push(delete(profile, &holder));
            model.remove(&holder);
            continue;
        }
        if why != Clash::Priority
            && let Some(new) = renamed.remove(&holder)
        {
            // The new name needs what the old one has.
            steps.push(delete_for(profile, &holder, &new));
            model.remove(&holder);
            // Once the new endpoint is written, the old one is not missed.
            if pending.iter().any(|(member, _)| member.key.endpoint == new) {
                undo.entry(new).or_default().extend(held(&holder));
            }
            continue;
        }
        let waits = renamed.contains_key(&holder)
            || pending
                .iter()
                .any(|(other, _)| other.key.endpoint == holder);
        match (waits, why) {
            (true, Clash::Priority) => {
                // Its own write, or that of its new name, comes later; until
                // then it keeps everything but the number that somebody waits for.
                let free = free_priority(&model, &reserved);
                let existing = held(&holder);
                if let (Some(free), Some(mut body), Some(slot)) =
                    (free, existing, model.get_mut(&holder))
                {
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
                steps.push(delete(profile, &holder));
                model.remove(&holder);
                undo.entry(holder.clone())
                    .or_default()
                    .extend(held(&holder));
            }
            (false, why) => {
                refused.push(refusal(member, &holder, why.what()));
                pending.retain(|(other, _)| other.key != member.key);
            }
        }
    }
    // Old names go when the new ones are there. Where a new one was refused,
    // what had made way for it comes back.
    for (old, new) in renamed {
        steps.push(delete_for(profile, &old, &new));
    }
    for (member, olds) in undo {
        for old in with_priorities_of_their_own(olds, &member, &model, &reserved) {
            if let Some(name) = old.endpoint_name() {
                steps.push(put(&name, old));
            }
        }
    }
    (steps, refused)
}

/// Whether priorities decide who answers, now or when the plan is done.
fn is_ranked(member: &Member, method: Option<RoutingMethod>) -> bool {
    [method, Some(member.settings.method)].contains(&Some(RoutingMethod::Priority))
}

fn unsuitable(member: &Member, method: RoutingMethod) -> Option<Finding> {
    let missing = requirement::missing(method, &member.endpoint)?;
    let profile = &member.key.profile.name;
    Some(Finding::new(
        Reason::InvalidAnnotation,
        &member.subject,
        format!("profile {profile} has {method} routing, and this object has no {missing}"),
    ))
}

/// What is put back when the write of `member` fails. Somebody may have been
/// given a priority of theirs meanwhile.
fn with_priorities_of_their_own(
    mut olds: Vec<Endpoint>,
    member: &EndpointName,
    model: &BTreeMap<EndpointName, Slot>,
    reserved: &BTreeSet<i64>,
) -> Vec<Endpoint> {
    let names: Vec<_> = olds.iter().filter_map(Endpoint::endpoint_name).collect();
    for old in &mut olds {
        let mut others = model
            .iter()
            .filter(|(name, _)| *name != member && !names.contains(name));
        let priority = old.properties.priority;
        if priority.is_some() && others.any(|(_, slot)| slot.priority == priority) {
            old.properties.priority = free_priority(model, reserved);
        }
    }
    olds
}

/// A number that no endpoint has and no write asks for.
fn free_priority(model: &BTreeMap<EndpointName, Slot>, reserved: &BTreeSet<i64>) -> Option<i64> {
    let taken: BTreeSet<i64> = model.values().filter_map(|slot| slot.priority).collect();
    (1..=1000)
        .rev()
        .find(|number| !taken.contains(number) && !reserved.contains(number))
}

/// Old names and the new names of the same objects: a removal and a new
/// endpoint of one object is a rename, and the member must not be lost when the
/// new endpoint is refused. So it is when the host changes with it, or when the
/// object was made again under another name.
fn renames(
    profile: &ObservedProfile,
    upserts: &[&Member],
    removals: &BTreeSet<EndpointName>,
) -> BTreeMap<EndpointName, EndpointName> {
    let mut new: Vec<&Member> = upserts
        .iter()
        .copied()
        .filter(|member| {
            let held = profile.claim(&member.key.endpoint);
            held.is_none_or(|claim| !profile.stands(claim) || claim.subject != member.subject)
        })
        .collect();
    let mut renames = BTreeMap::new();
    for is_heir in [Subject::eq, Subject::resembles] {
        for old in removals {
            let Some(claim) = profile.claim(old).filter(|_| !renames.contains_key(old)) else {
                continue;
            };
            let heir = new
                .iter()
                .position(|member| is_heir(&member.subject, &claim.subject));
            if let Some(heir) = heir {
                renames.insert(old.clone(), new.remove(heir).key.endpoint.clone());
            }
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

pub(super) fn delete(profile: &ObservedProfile, name: &EndpointName) -> Step {
    delete_for(profile, name, name)
}

/// A delete that is part of the writing of another endpoint.
fn delete_for(profile: &ObservedProfile, name: &EndpointName, member: &EndpointName) -> Step {
    Step {
        write: Write::DeleteEndpoint(kind_of(profile, name), name.clone()),
        member: Some(member.clone()),
        gate: Gate::Alone,
    }
}

/// The type under which an endpoint is found.
fn kind_of(profile: &ObservedProfile, name: &EndpointName) -> EndpointKind {
    let kind = profile.endpoints().get(name).and_then(Endpoint::kind);
    kind.unwrap_or(EndpointKind::External)
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
