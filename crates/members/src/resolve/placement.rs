//! Placing this owner's members into one profile beside everybody else's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use traffic_manager::profile::Endpoint;
use traffic_manager::target::TargetFamily;
use traffic_manager::{
    EndpointKind, EndpointName, GeoCode, Priority, ProfileId, RoutingMethod, SubnetRange, Target,
};

use super::{Blocked, Kept, Round, settings};
use crate::annotation::Name;
use crate::finding::{Finding, Reason};
use crate::member::Member;
use crate::observe::{Observed, ObservedProfile};
use crate::properties::Properties;
use crate::requirement;
use crate::want::Scope;

/// What is taken in a profile, and by which endpoint.
#[derive(Debug, Default)]
struct Taken {
    targets: BTreeMap<Target, EndpointName>,
    families: BTreeMap<TargetFamily, EndpointName>,
    codes: BTreeMap<GeoCode, EndpointName>,
    ranges: Vec<(SubnetRange, EndpointName)>,
    priorities: BTreeMap<u16, EndpointName>,
}

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
    members.sort_by_key(|member| (claimed_since(profile, member), &member.subject, &member.key));

    let refused: Vec<_> = members
        .iter()
        .filter_map(|member| {
            Some((
                member.key.clone(),
                refusal(member, profile, kept, scope, blocked)?,
            ))
        })
        .collect();
    if !refused.is_empty() {
        round.refused.extend(refused);
        return;
    }

    let staying = staying(profile, &members, kept, scope);
    let leader_is_kept = kept_leads(profile, &members, kept, scope);
    let Some(decision) =
        settings::decide(profile, &members, leader_is_kept, &staying, &scope.owner)
    else {
        return;
    };
    let mut taken = Taken::of(&staying);
    let mut placed: Vec<Member> = Vec::new();
    for member in &members {
        match taken.conflict(member, decision.method) {
            Some(finding) => round.refused.push((member.key.clone(), finding)),
            None => {
                taken.take(member);
                placed.push((*member).clone());
            }
        }
    }
    assign_priorities(&mut placed, profile, &mut taken, decision.method, round);
    round.findings.extend(decision.findings);
    round
        .settings
        .insert(id.clone(), decision.properties.clone());
    for member in placed {
        let properties = Properties::identity(&member.key)
            .and(Properties::endpoint(&member.endpoint))
            .and(decision.properties.clone());
        round.accepted.push((member, properties));
    }
}

/// Since when the member has been claimed; new ones come last.
fn claimed_since(profile: Option<&ObservedProfile>, member: &Member) -> Timestamp {
    profile
        .and_then(|profile| profile.claim(&member.key.endpoint))
        .map_or(Timestamp::MAX, |claim| claim.since)
}

/// Why a member cannot be in the profile at all, if it cannot.
fn refusal(
    member: &Member,
    profile: Option<&ObservedProfile>,
    kept: &Kept,
    scope: &Scope,
    blocked: &Blocked,
) -> Option<Finding> {
    if let Some(finding) = blocked.finding(member) {
        return Some(finding);
    }
    let refuse = |reason, message| Some(Finding::new(reason, &member.subject, message));
    let name = &member.key.endpoint;
    if kept.contains(&member.key) {
        return refuse(
            Reason::DuplicateMember,
            format!(
                "endpoint {name} belongs to another object, whose annotations are invalid at the moment"
            ),
        );
    }
    let profile = profile?;
    if !profile.marks.managed {
        return refuse(
            Reason::ForeignProfile,
            format!(
                "profile {} in resource group {} exists and was not made by this system; choose another {}",
                profile.id.name,
                profile.id.resource_group,
                Name::ProfileName
            ),
        );
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
        (_, Some(endpoint)) if endpoint.kind() != Some(EndpointKind::External) => refuse(
            Reason::EndpointConflict,
            format!(
                "endpoint {name} of profile {} is not an external endpoint; choose another {}",
                profile.id.name,
                Name::EndpointName
            ),
        ),
        (None, Some(endpoint)) if target_of(endpoint).as_ref() != Some(&member.endpoint.target) => {
            refuse(
                Reason::EndpointConflict,
                format!(
                    "endpoint {name} of profile {} exists, points at {} and belongs to nobody that this system knows; choose another {}",
                    profile.id.name,
                    endpoint.properties.target.as_deref().unwrap_or("nothing"),
                    Name::EndpointName
                ),
            )
        }
        _ => None,
    }
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
        .map(|leader| (claimed_since(Some(profile), leader), &leader.subject));
    profile
        .members(&scope.owner)
        .filter(|member| kept.contains(&member.key))
        .any(|member| leader.is_none_or(|leader| (member.claim.since, member.subject()) < leader))
}

fn target_of(endpoint: &Endpoint) -> Option<Target> {
    endpoint.properties.target.as_deref()?.parse().ok()
}

/// Gives every member a priority that nobody else has. One that is spelled out
/// is kept, or refused when it is taken; one that is not stays what Azure has
/// assigned, and makes way for one that is spelled out.
fn assign_priorities(
    placed: &mut Vec<Member>,
    profile: Option<&ObservedProfile>,
    taken: &mut Taken,
    method: Option<RoutingMethod>,
    round: &mut Round,
) {
    let mut refused = BTreeSet::new();
    for member in placed.iter_mut() {
        let Some(wanted) = member.endpoint.priority else {
            continue;
        };
        let Some(holder) = taken.priorities.get(&wanted.get()) else {
            taken
                .priorities
                .insert(wanted.get(), member.key.endpoint.clone());
            continue;
        };
        let requirement = format!(
            "endpoint {holder} of profile {} has this priority",
            member.key.profile.name
        );
        let finding = |hint: &str| {
            Finding::annotation(
                Reason::EndpointConflict,
                &member.subject,
                Name::Priority,
                &wanted.to_string(),
                &format!("{requirement}, and priorities are unique in a profile; {hint}"),
            )
        };
        if method == Some(RoutingMethod::Priority) {
            round
                .refused
                .push((member.key.clone(), finding("choose another")));
            refused.insert(member.key.clone());
        } else {
            round.findings.push(finding(
                "Azure assigns another one, which makes no difference to this routing method",
            ));
            member.endpoint.priority = None;
        }
    }
    placed.retain(|member| !refused.contains(&member.key));

    let inherited = |member: &Member| {
        let endpoint = profile?.endpoints().get(&member.key.endpoint)?;
        let number = u16::try_from(endpoint.properties.priority?).ok()?;
        Priority::new(number)
    };
    let mut homeless = Vec::new();
    for member in placed
        .iter_mut()
        .filter(|member| member.endpoint.priority.is_none())
    {
        let Some(priority) = inherited(member) else {
            continue;
        };
        if taken.priorities.contains_key(&priority.get()) {
            homeless.push(member);
        } else {
            taken
                .priorities
                .insert(priority.get(), member.key.endpoint.clone());
            member.endpoint.priority = Some(priority);
        }
    }
    for member in homeless {
        let free = (1..=1000).find(|number| !taken.priorities.contains_key(number));
        member.endpoint.priority = free.and_then(Priority::new);
        if let Some(number) = free {
            taken.priorities.insert(number, member.key.endpoint.clone());
        }
    }
}

// === impl Taken ===

impl Taken {
    fn of(staying: &[(&EndpointName, &Endpoint)]) -> Self {
        let mut taken = Self::default();
        for (name, endpoint) in staying {
            let held = &endpoint.properties;
            if endpoint.kind() == Some(EndpointKind::External)
                && let Some(target) = target_of(endpoint)
            {
                taken.families.insert(target.family(), (*name).clone());
                taken.targets.insert(target, (*name).clone());
            }
            for code in held
                .geo_mapping
                .iter()
                .flatten()
                .filter_map(|code| code.parse().ok())
            {
                taken.codes.insert(code, (*name).clone());
            }
            for range in held
                .subnets
                .iter()
                .flatten()
                .filter_map(SubnetRange::from_wire)
            {
                taken.ranges.push((range, (*name).clone()));
            }
            if let Some(priority) = held.priority.and_then(|number| u16::try_from(number).ok()) {
                taken.priorities.insert(priority, (*name).clone());
            }
        }
        taken
    }

    fn take(&mut self, member: &Member) {
        let name = &member.key.endpoint;
        let spec = &member.endpoint;
        self.targets.insert(spec.target.clone(), name.clone());
        self.families.insert(spec.target.family(), name.clone());
        for code in spec
            .geo_mapping
            .iter()
            .flat_map(traffic_manager::GeoMapping::codes)
        {
            self.codes.insert(code.clone(), name.clone());
        }
        for range in spec.subnets.iter().flat_map(|subnets| subnets.ranges()) {
            self.ranges.push((*range, name.clone()));
        }
    }

    /// Why the member cannot stand beside what is there.
    fn conflict(&self, member: &Member, method: Option<RoutingMethod>) -> Option<Finding> {
        let spec = &member.endpoint;
        let profile = &member.key.profile.name;
        let refuse = |message: String| {
            Some(Finding::new(
                Reason::EndpointConflict,
                &member.subject,
                message,
            ))
        };
        if let Some(missing) = method.and_then(|method| requirement::missing(method, spec)) {
            let method = method?;
            return Some(Finding::new(
                Reason::InvalidAnnotation,
                &member.subject,
                format!("profile {profile} has {method} routing, and this object has no {missing}"),
            ));
        }
        if let Some(holder) = self.targets.get(&spec.target) {
            return refuse(format!(
                "target {} is already that of endpoint {holder} of profile {profile}; targets are unique in a profile",
                spec.target
            ));
        }
        let family = spec.target.family();
        if method != Some(RoutingMethod::MultiValue)
            && let Some((other, holder)) = self.families.iter().find(|(other, _)| **other != family)
        {
            return refuse(format!(
                "target {} does not go with endpoint {holder} of profile {profile}: outside MultiValue a profile has {other} or {family}, not both",
                spec.target
            ));
        }
        for code in spec
            .geo_mapping
            .iter()
            .flat_map(traffic_manager::GeoMapping::codes)
        {
            if let Some(holder) = self.codes.get(code) {
                return refuse(format!(
                    "geographic code {code} is already mapped to endpoint {holder} of profile {profile}"
                ));
            }
        }
        for range in spec.subnets.iter().flat_map(|subnets| subnets.ranges()) {
            if let Some((other, holder)) =
                self.ranges.iter().find(|(other, _)| other.overlaps(range))
            {
                return refuse(format!(
                    "range {range} overlaps {other} of endpoint {holder} of profile {profile}"
                ));
            }
        }
        None
    }
}
