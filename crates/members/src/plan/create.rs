//! A profile that does not exist yet: one PUT with its first members. Claims
//! go along in its tags, so nothing in it is ever unclaimed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use traffic_manager::Priority;
use traffic_manager::tag::TAGS_MAX;

use super::{Gate, Plan, Step, Write};
use crate::batch::ProfileChange;
use crate::body;
use crate::claim::{self, Claim};
use crate::finding::{Finding, Reason};
use crate::marks::{MANAGED_BY, MANAGED_BY_VALUE, SETTINGS_OWNER, USER_TAGS, VANITY_HOST};
use crate::member::{Management, Member};
use crate::owner::OwnerId;

pub(super) fn plan(change: &ProfileChange, owner: &OwnerId, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    // Who joins a profile of others does not create it.
    let (mut members, joining): (Vec<&Member>, Vec<_>) = change
        .upserts
        .iter()
        .partition(|member| member.management == Management::Manage);
    plan.refused.extend(joining.into_iter().map(|member| {
        let name = &member.key.profile.name;
        let message = format!("profile {name}, which it joins, does not exist");
        Finding::new(Reason::ProfileMissing, &member.subject, message)
    }));
    members.sort_by_key(|member| (&member.subject, &member.key));
    let Some(leader) = members.first() else {
        return plan;
    };
    let claims: Vec<Claim> = members
        .iter()
        .map(|member| Claim::new(member, owner, now))
        .collect();
    let mut tags = match claim::arrange(owner, &claims, &BTreeMap::new(), now) {
        Ok(tags) => tags,
        Err(too_long) => {
            plan.refused.extend(members.iter().map(|member| {
                Finding::new(Reason::AzureRefused, &member.subject, too_long.to_string())
            }));
            return plan;
        }
    };
    tags.insert(MANAGED_BY.to_owned(), MANAGED_BY_VALUE.to_owned());
    tags.insert(SETTINGS_OWNER.to_owned(), owner.to_string());
    if let Some(vanity) = &leader.settings.vanity {
        tags.insert(VANITY_HOST.to_owned(), vanity.to_string());
    }
    if let Some(wanted) = &leader.settings.tags {
        // Without room they wait, and the next loop says so.
        if tags.len() + wanted.iter().count() < TAGS_MAX {
            tags.insert(USER_TAGS.to_owned(), wanted.names());
            let wanted = wanted.iter();
            tags.extend(wanted.map(|tag| (tag.name().to_owned(), tag.value().to_owned())));
        }
    }
    let priorities = priorities(&members);
    let endpoints = members
        .iter()
        .map(|member| {
            let mut spec = member.endpoint.clone();
            spec.priority = priorities
                .get(&member.key.endpoint)
                .copied()
                .or(spec.priority);
            body::endpoint(&member.key.endpoint, &spec, None)
        })
        .collect();
    plan.steps.push(Step {
        write: Write::CreateProfile(Box::new(body::profile(&leader.settings, endpoints, tags))),
        member: None,
        gate: Gate::Vital,
    });
    plan
}

/// When some members spell out a priority and others do not, the others get
/// free numbers: how Azure numbers endpoints beside explicit ones in one
/// request is not documented, and a collision would refuse them all.
fn priorities<'a>(members: &[&'a Member]) -> BTreeMap<&'a traffic_manager::EndpointName, Priority> {
    let explicit: BTreeSet<u16> = members
        .iter()
        .filter_map(|member| Some(member.endpoint.priority?.get()))
        .collect();
    if explicit.is_empty() {
        return BTreeMap::new();
    }
    let free = (1..=1000)
        .filter(|number| !explicit.contains(number))
        .filter_map(Priority::new);
    members
        .iter()
        .filter(|member| member.endpoint.priority.is_none())
        .map(|member| &member.key.endpoint)
        .zip(free)
        .collect()
}
