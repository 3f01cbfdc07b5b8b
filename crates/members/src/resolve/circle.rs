//! Members that exchange profiles and stand in each other's way.
//!
//! Who moves joins the new profile before it leaves the old one. When each of
//! several members can only join after the next one has left, nobody can begin
//! without losing a member for a moment: they stay, and a person moves one.

use super::taken::Taken;
use super::{Refusal, Round};
use crate::annotation::Name;
use crate::finding::{Finding, Reason};
use crate::member::Member;
use crate::observe::{Observed, ObservedProfile, OwnMember};
use crate::requirement::missing_on_wire;
use crate::want::Scope;

/// A member that waits for another one to leave.
struct Waiting<'a> {
    member: &'a Member,
    holder: OwnMember<'a>,
}

/// The members of a round that wait for each other in a circle.
pub(super) fn stuck(round: &Round, observed: &Observed, scope: &Scope) -> Vec<Refusal> {
    let moving = |member: &&Member| {
        let held = || {
            observed
                .members(&scope.owner)
                .filter(|held| !held.is_leaving() && *held.subject() == member.subject)
        };
        held().next().is_some() && held().all(|held| held.key.profile != member.key.profile)
    };
    let movers: Vec<&Member> = round
        .accepted
        .iter()
        .map(|(member, _)| member)
        .filter(moving)
        .collect();
    let mut waiting: Vec<Waiting<'_>> = movers
        .iter()
        .filter_map(|member| {
            // What only waits for the end of its grace makes way by itself.
            let leaves = |held: &OwnMember<'_>| {
                !held.is_leaving() && movers.iter().any(|mover| mover.subject == *held.subject())
            };
            let profile = observed.profile(&member.key.profile)?;
            let mut holders = profile.members(&scope.owner).filter(leaves);
            let holder = holders.find(|held| in_the_way(member, held, round))?;
            Some(Waiting { member, holder })
        })
        .collect();
    // Who waits for somebody that can go is not stuck.
    loop {
        let before = waiting.len();
        let subjects: Vec<_> = waiting
            .iter()
            .map(|waiting| waiting.member.subject.clone())
            .collect();
        waiting.retain(|waiting| subjects.contains(waiting.holder.subject()));
        if waiting.len() == before {
            break;
        }
    }
    waiting
        .iter()
        .map(|waiting| Refusal::new(waiting.member, finding(waiting)))
        .collect()
}

/// The members of a round that are after an endpoint which another object has
/// and is about to leave. It has to be in place elsewhere first, or a failure
/// would leave it with neither.
pub(super) fn too_early(round: &Round, observed: &Observed, scope: &Scope) -> Vec<Refusal> {
    let members = round.accepted.iter().map(|(member, _)| member);
    let goes_on = |held: &OwnMember<'_>| {
        let mut others = round.accepted.iter().map(|(member, _)| member);
        others.any(|other| other.subject == *held.subject())
    };
    let refusals = members.filter_map(|member| {
        let holder = observed
            .profile(&member.key.profile)?
            .members(&scope.owner)
            .find(|held| held.key == member.key)?;
        let of_another = *holder.subject() != member.subject && !holder.is_leaving();
        (of_another && goes_on(&holder)).then(|| {
            let message = format!(
                "endpoint {} of profile {} is that of {} until that one has another",
                member.key.endpoint,
                member.key.profile.name,
                holder.subject()
            );
            let finding = Finding::new(Reason::EndpointConflict, &member.subject, message);
            Refusal::new(member, finding)
        })
    });
    refusals.collect()
}

/// Whether the member can only come to the profile when one that moves to
/// another profile has left.
pub(super) fn waits_for_a_mover(
    member: &Member,
    profile: &ObservedProfile,
    round: &Round,
    scope: &Scope,
) -> bool {
    let moves = |held: &OwnMember<'_>| {
        let wishes = || {
            let wanted = round.accepted.iter().map(|(member, _)| member);
            wanted.filter(|wish| wish.subject == *held.subject())
        };
        wishes().next().is_some() && wishes().all(|wish| wish.key.profile != profile.id)
    };
    profile
        .members(&scope.owner)
        .any(|held| !held.is_leaving() && moves(&held) && in_the_way(member, &held, round))
}

/// Whether the endpoint has to go before the member can come.
fn in_the_way(member: &Member, held: &OwnMember<'_>, round: &Round) -> bool {
    let method = round
        .settings
        .get(&member.key.profile)
        .and_then(|settings| settings.get(Name::RoutingMethod)?.parse().ok());
    let same_priority = member
        .endpoint
        .priority
        .is_some_and(|wanted| held.endpoint.properties.priority == Some(i64::from(wanted.get())));
    // Where it does not suit the method that is to be, the method that is stays
    // until it has left.
    let suits = method.is_none_or(|method| missing_on_wire(method, held.endpoint).is_none());
    let method = method
        .filter(|_| suits)
        .or_else(|| held.profile.wire.method());
    let taken = Taken::of(&[(&held.key.endpoint, held.endpoint)]);
    same_priority
        || held.key.endpoint == member.key.endpoint
        || taken.conflict(member, method).is_some()
}

fn finding(waiting: &Waiting<'_>) -> Finding {
    let Waiting { member, holder } = waiting;
    Finding::new(
        Reason::EndpointConflict,
        &member.subject,
        format!(
            "endpoint {} cannot come to profile {} before endpoint {} of {} has left, and that one waits for this one: move one of them first",
            member.key.endpoint,
            member.key.profile.name,
            holder.key.endpoint,
            holder.subject(),
        ),
    )
}
