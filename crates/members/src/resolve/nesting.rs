//! Profiles within profiles: a child that exists, no circles, ten levels at most.
//!
//! What is not listed is Azure's to judge. What is listed counts as it is: an
//! endpoint that is about to go may still be there when another is written.

use std::collections::{BTreeMap, BTreeSet};

use traffic_manager::ProfileId;

use super::{Refusal, Round};
use crate::annotation::Name;
use crate::destination::Destination;
use crate::finding::{Finding, Reason};
use crate::member::Member;
use crate::observe::Observed;
use crate::want::Scope;

/// Most profiles in a chain, the outermost one included.
const LEVELS_MAX: usize = 10;

/// Which profiles are in which.
type Children = BTreeMap<ProfileId, BTreeSet<ProfileId>>;

/// The members of a round whose nested endpoints cannot be.
pub(super) fn impossible(round: &Round, observed: &Observed, scope: &Scope) -> Vec<Refusal> {
    let nested = |member: &&Member| member.endpoint.destination.profile().is_some();
    let members = round.accepted.iter().map(|(member, _)| member);
    let mut wishes: Vec<&Member> = members.filter(nested).collect();
    if wishes.is_empty() {
        return Vec::new();
    }
    // Who has it already keeps it.
    wishes.sort_by_key(|member| (!has(observed, member), &member.subject, &member.key));
    let mut children = listed(observed, &wishes);
    let mut refused = Vec::new();
    for member in wishes {
        let Some(child) = member.endpoint.destination.profile() else {
            continue;
        };
        let parent = &member.key.profile;
        match objection(child, parent, &children, round, observed, scope) {
            None => drop(
                children
                    .entry(parent.clone())
                    .or_default()
                    .insert(child.clone()),
            ),
            Some((reason, message)) => {
                let text = child.to_string();
                let finding = Finding::annotation(
                    reason,
                    &member.subject,
                    Name::TargetProfile,
                    &text,
                    &message,
                );
                refused.push(Refusal::new(member, finding));
            }
        }
    }
    refused
}

fn objection(
    child: &ProfileId,
    parent: &ProfileId,
    children: &Children,
    round: &Round,
    observed: &Observed,
    scope: &Scope,
) -> Option<(Reason, String)> {
    let is_listed = scope.contains(child);
    let is_made = round.settings.contains_key(child);
    if is_listed && !is_made && observed.profile(child).is_none() {
        return Some((
            Reason::ProfileMissing,
            format!(
                "there is no such profile yet; as soon as somebody makes it, it becomes an endpoint of {}",
                parent.name
            ),
        ));
    }
    let mut below = BTreeSet::new();
    let depth = levels(child, children, &mut below);
    if below.contains(parent) {
        return Some((
            Reason::InvalidAnnotation,
            format!(
                "profile {} is in it already, itself or by way of others, and users would go round in circles",
                parent.name
            ),
        ));
    }
    let parents = inverted(children);
    let all = levels(parent, &parents, &mut BTreeSet::new()) + depth;
    (all > LEVELS_MAX).then(|| {
        (
            Reason::InvalidAnnotation,
            format!("profiles would be nested {all} levels deep, and Azure allows {LEVELS_MAX}"),
        )
    })
}

/// Whether the member's endpoint is as it wants it.
fn has(observed: &Observed, member: &Member) -> bool {
    let held = observed
        .profile(&member.key.profile)
        .and_then(|profile| profile.endpoints().get(&member.key.endpoint));
    held.and_then(Destination::of).as_ref() == Some(&member.endpoint.destination)
}

/// What is listed, without the endpoints that these members are about to write.
fn listed(observed: &Observed, wishes: &[&Member]) -> Children {
    let mut children = Children::new();
    for profile in observed.profiles() {
        for (name, endpoint) in profile.endpoints() {
            let rewritten = wishes
                .iter()
                .any(|member| member.key.profile == profile.id && member.key.endpoint == *name);
            if let Some(Destination::Nested(child)) = Destination::of(endpoint)
                && !rewritten
            {
                children
                    .entry(profile.id.clone())
                    .or_default()
                    .insert(child);
            }
        }
    }
    children
}

fn inverted(children: &Children) -> Children {
    let mut parents = Children::new();
    for (parent, below) in children {
        for child in below {
            parents
                .entry(child.clone())
                .or_default()
                .insert(parent.clone());
        }
    }
    parents
}

/// The levels from a profile on, itself included, and every profile on them.
fn levels(from: &ProfileId, children: &Children, seen: &mut BTreeSet<ProfileId>) -> usize {
    let mut level = BTreeSet::from([from.clone()]);
    let mut count = 0;
    // One more than is allowed is enough to know.
    while !level.is_empty() && count <= LEVELS_MAX {
        count += 1;
        let below = level.iter().filter_map(|profile| children.get(profile));
        let next = below.flatten().cloned().collect();
        seen.append(&mut level);
        level = next;
    }
    count
}
