//! Placing this owner's members into one profile beside everybody else's.

use std::collections::BTreeSet;

use jiff::Timestamp;
use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointName, MonitorProtocol, ProfileId, RecordType};

use super::reachable::type_stays;
use super::taken::Taken;
use super::{Blocked, Kept, Refusal, Round, priorities, room, settings};
use crate::annotation::Name;
use crate::claim::Claim;
use crate::destination::Destination;
use crate::finding::{Finding, Reason};
use crate::marks::MANAGED_BY;
use crate::member::{Management, Member, MemberKey};
use crate::observe::{Observed, ObservedProfile};
use crate::properties::Properties;
use crate::requirement;
use crate::want::Scope;

/// Places the members of one profile.
pub(super) fn place(
    id: &ProfileId,
    mut members: Vec<&Member>,
    kept: &Kept,
    observed: &Observed,
    scope: &Scope,
    blocked: &Blocked,
    round: &mut Round,
) {
    let profile = observed.profile(id);
    members.sort_by_key(|member| {
        (
            standing(profile, member, scope),
            &member.subject,
            &member.key,
        )
    });

    let refused: Vec<_> = members
        .iter()
        .filter_map(|member| {
            Some(Refusal::new(
                member,
                refusal(member, observed, kept, scope)?,
            ))
        })
        .collect();
    if !refused.is_empty() {
        round.refused.extend(refused);
        return;
    }

    let staying = staying(profile, &members, kept, scope);
    let leader_is_kept = kept_leads(profile, &members, kept, scope);
    let Some(decision) = settings::decide(
        profile,
        &members,
        leader_is_kept,
        &staying,
        &scope.owner,
        blocked,
    ) else {
        return;
    };
    let mut taken = Taken::of(&staying);
    for member in &members {
        if let Some(held) = held_by(profile, member, scope) {
            taken.reserve(member, held);
        }
    }
    // Settings that are only about to be are their leader's wish.
    let leader = members.first().map(|leader| &leader.key.endpoint);
    let changes = profile.is_none_or(|profile| profile.settings() != decision.properties);
    let leader = leader.filter(|_| changes);
    let mut placed: Vec<Member> = Vec::new();
    for member in &members {
        let finding = blocked
            .finding(member, &decision.properties, profile.is_some())
            .or_else(|| circle(member, profile, &decision.properties))
            .or_else(|| unsuited(member, &decision.properties))
            .or_else(|| without_a_request(member, &decision.properties));
        if let Some(finding) = finding {
            round.refused.push(Refusal {
                in_the_way: leader.cloned(),
                ..Refusal::new(member, finding)
            });
        } else if let Some(conflict) = taken.conflict(member, decision.method) {
            let in_the_way = conflict.holder.or_else(|| leader.cloned());
            round.refused.push(Refusal {
                in_the_way,
                ..Refusal::new(member, conflict.finding)
            });
        } else {
            taken.take(member);
            placed.push((*member).clone());
        }
    }
    priorities::assign(&mut placed, profile, &mut taken, decision.method, round);
    round.refused.extend(room::without(profile, &placed, scope));
    round.findings.extend(decision.findings);
    round
        .settings
        .insert(id.clone(), decision.properties.clone());
    let is_joined = profile.is_some_and(|profile| !profile.marks.managed);
    for member in placed {
        let properties = Properties::identity(&member.key)
            .and(Properties::joined(is_joined))
            .and(Properties::endpoint(&member.endpoint))
            .and(decision.properties.clone());
        round.accepted.push((member, properties));
    }
}

/// Whether the member would send users back to where they come from: to the
/// vanity host, whoever decided it, or to the profile itself.
fn circle(
    member: &Member,
    profile: Option<&ObservedProfile>,
    settings: &Properties,
) -> Option<Finding> {
    let target = member.endpoint.destination.to_string();
    let vanity_host = settings.get(Name::Hostname) == Some(target.as_str());
    let itself = profile.is_some_and(|profile| profile.fqdn() == target);
    (vanity_host || itself).then(|| {
        Finding::new(
            Reason::InvalidAnnotation,
            &member.subject,
            format!(
                "target {target} is {} of profile {}: users would go round in circles; name another with {}",
                if itself { "the DNS name" } else { "the vanity host" },
                member.key.profile.name,
                Name::Target
            ),
        )
    })
}

/// Whether the member gives headers to probes that have none, whoever decided
/// the protocol.
fn without_a_request(member: &Member, settings: &Properties) -> Option<Finding> {
    let headers = member.endpoint.headers.as_ref()?;
    let tcp = MonitorProtocol::Tcp.as_str();
    (settings.get(Name::MonitorProtocol) == Some(tcp)).then(|| {
        Finding::annotation(
            Reason::InvalidAnnotation,
            &member.subject,
            Name::EndpointHeaders,
            &headers.to_string(),
            &format!(
                "profile {} probes over TCP, and a TCP probe has no headers; remove them",
                member.key.profile.name
            ),
        )
    })
}

/// Whether a profile of this record type, whoever decided it, has no place for
/// the member.
fn unsuited(member: &Member, settings: &Properties) -> Option<Finding> {
    let held: RecordType = settings.get(Name::RecordType)?.parse().ok()?;
    let unsuited = requirement::unsuited(held, &member.endpoint.destination)?;
    let message = match member.settings.record_type {
        Some(asked) if asked != held => type_stays(held.as_str(), &member.key.profile.name),
        _ => format!("{unsuited}; name another with {}", Name::Target),
    };
    Some(Finding::new(
        Reason::InvalidAnnotation,
        &member.subject,
        message,
    ))
}

/// The endpoint of the member as it is now, when it is this owner's, or nobody's
/// and about to be claimed.
fn held_by<'a>(
    profile: Option<&'a ObservedProfile>,
    member: &Member,
    scope: &Scope,
) -> Option<&'a Endpoint> {
    let name = &member.key.endpoint;
    let is_own = |claim: &Claim| claim.owner == scope.owner;
    let profile = profile.filter(|profile| profile.claim(name).is_none_or(is_own))?;
    profile.endpoints().get(name)
}

/// Who comes first in a profile: members by the time of their claims, then those
/// that have a claim and no endpoint, then new ones.
///
/// A member that is renamed keeps the place of its object: the settings of the
/// profile would change hands for the length of one loop. A claim without an
/// endpoint may be what an interrupted rename has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// It has an endpoint, claimed since then.
    Member(Timestamp),
    /// It has a claim, made then.
    Claimed(Timestamp),
    /// It has neither.
    New,
}

fn standing(profile: Option<&ObservedProfile>, member: &Member, scope: &Scope) -> Standing {
    let Some(profile) = profile else {
        return Standing::New;
    };
    let name = &member.key.endpoint;
    let by_object = || {
        let held = profile.members(&scope.owner);
        let own = held.filter(|held| *held.subject() == member.subject && !held.is_leaving());
        own.map(|held| held.claim.since).min()
    };
    let claim = profile.claim(name);
    let by_name = claim.filter(|_| profile.endpoints().contains_key(name));
    let since = by_name.map(|claim| claim.since).or_else(by_object);
    let is_its_own = |claim: &&Claim| claim.owner == scope.owner && claim.subject == member.subject;
    match (since, claim.filter(is_its_own)) {
        (Some(since), _) => Standing::Member(since),
        (None, Some(claim)) => Standing::Claimed(claim.since),
        (None, None) => Standing::New,
    }
}

/// Why a member cannot be in the profile at all, if it cannot.
fn refusal(member: &Member, observed: &Observed, kept: &Kept, scope: &Scope) -> Option<Finding> {
    let refuse = |reason, message| Some(Finding::new(reason, &member.subject, message));
    let name = &member.key.endpoint;
    let same_row = |key: &&MemberKey| {
        let held = observed
            .profile(&key.profile)
            .and_then(|profile| profile.claim(name));
        key.endpoint == *name
            && held.is_some_and(|held| {
                held.subject != member.subject && held.host().as_ref() == Some(&member.host)
            })
    };
    if kept.contains(&member.key) || kept.iter().any(|key| same_row(&key)) {
        return refuse(
            Reason::DuplicateMember,
            format!(
                "endpoint {name} belongs to another object, whose annotations are invalid at the moment"
            ),
        );
    }
    let Some(profile) = observed.profile(&member.key.profile) else {
        let MemberKey { profile: id, .. } = &member.key;
        let nothing_to_join = || {
            refuse(
                Reason::ProfileMissing,
                format!(
                    "profile {} in resource group {} does not exist, and {} is `join`: it is made by others first, or by this system without that annotation",
                    id.name,
                    id.resource_group,
                    Name::ProfileManagement
                ),
            )
        };
        return match member.management {
            Management::Join => nothing_to_join(),
            Management::Manage => None,
        };
    };
    if !profile.marks.managed && member.management != Management::Join {
        return refuse(Reason::ForeignProfile, foreign(profile));
    }
    match (profile.claim(name), profile.endpoints().get(name)) {
        (Some(claim), _) if claim.owner != scope.owner => refuse(
            Reason::EndpointConflict,
            format!(
                "endpoint {name} of profile {} belongs to owner {} ({}); choose another {}",
                profile.id.name,
                claim.owner,
                claim.subject,
                Name::EndpointName
            ),
        ),
        (None, Some(endpoint))
            if Destination::of(endpoint).as_ref() != Some(&member.endpoint.destination) =>
        {
            refuse(
                Reason::EndpointConflict,
                format!(
                    "endpoint {name} of profile {} exists, points at {} and belongs to nobody that this system knows; choose another {}",
                    profile.id.name,
                    points_at(endpoint),
                    Name::EndpointName
                ),
            )
        }
        _ => None,
    }
}

/// Where an endpoint points, in words.
fn points_at(endpoint: &Endpoint) -> String {
    let target = endpoint.properties.target.as_deref();
    match Destination::of(endpoint) {
        Some(destination) => destination.to_string(),
        None => target.unwrap_or("nothing").to_owned(),
    }
}

/// What can be done about a profile that is not this system's.
fn foreign(profile: &ObservedProfile) -> String {
    let ObservedProfile { id, .. } = profile;
    if profile.has_tags_of_ours() {
        return format!(
            "profile {} in resource group {} has lost the tag {MANAGED_BY} and is left alone; `external-dns-traffic-manager adopt {} --preview` tells how to give it back",
            id.name, id.resource_group, id.name
        );
    }
    format!(
        "profile {} in resource group {} exists and was not made by this system; set {} to `join` to be a member and nothing more, hand the profile over with `external-dns-traffic-manager adopt {}`, or choose another {}",
        id.name,
        id.resource_group,
        Name::ProfileManagement,
        id.name,
        Name::ProfileName
    )
}

/// The endpoints that stay as they are whatever this owner does: everybody
/// else's, and its own that are kept.
fn staying<'a>(
    profile: Option<&'a ObservedProfile>,
    members: &[&Member],
    kept: &Kept,
    scope: &Scope,
) -> Vec<(&'a EndpointName, &'a Endpoint)> {
    let Some(profile) = profile else {
        return Vec::new();
    };
    let own: BTreeSet<_> = profile
        .members(&scope.owner)
        .filter(|member| !kept.contains(&member.key))
        .map(|member| member.key.endpoint)
        .collect();
    let wanted: BTreeSet<_> = members.iter().map(|member| &member.key.endpoint).collect();
    profile
        .endpoints()
        .iter()
        .filter(|(name, _)| !own.contains(*name) && !wanted.contains(name))
        .collect()
}

/// Whether a kept member has an earlier claim than every placed one.
fn kept_leads(
    profile: Option<&ObservedProfile>,
    members: &[&Member],
    kept: &Kept,
    scope: &Scope,
) -> bool {
    let Some(profile) = profile else { return false };
    let leader = members
        .first()
        .map(|leader| (standing(Some(profile), leader, scope), &leader.subject));
    profile
        .members(&scope.owner)
        .filter(|member| kept.contains(&member.key))
        .map(|member| {
            (
                Standing::Member(member.claim.since),
                member.subject().clone(),
            )
        })
        .any(|(since, subject)| leader.is_none_or(|leader| (since, &subject) < leader))
}
