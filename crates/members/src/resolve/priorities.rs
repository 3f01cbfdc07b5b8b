//! Priorities: unique in a profile under every routing method.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use traffic_manager::{Priority, RoutingMethod};

use super::taken::Taken;
use super::{Refusal, Round};
use crate::annotation::Name;
use crate::finding::{Finding, Reason};
use crate::member::Member;
use crate::observe::ObservedProfile;

/// Gives every member a priority that nobody else has. One that is spelled out
/// is kept, or refused when it is taken; one that is not stays what Azure has
/// assigned, and makes way for one that is spelled out.
pub(super) fn assign(
    placed: &mut Vec<Member>,
    profile: Option<&ObservedProfile>,
    taken: &mut Taken,
    method: Option<RoutingMethod>,
    round: &mut Round,
) {
    let inherited = |member: &Member| {
        let endpoint = profile?.endpoints().get(&member.key.endpoint)?;
        let number = u16::try_from(endpoint.properties.priority?).ok()?;
        Priority::new(number)
    };
    let mut refused = BTreeSet::new();
    // Whoever has the number that it wants keeps it, whoever else comes to want it.
    let (has, wants): (Vec<_>, Vec<_>) = placed.iter_mut().partition(|member| {
        member.endpoint.priority.is_some() && inherited(member) == member.endpoint.priority
    });
    for member in has.into_iter().chain(wants) {
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
            round.refused.push(Refusal {
                in_the_way: Some(holder.clone()),
                ..Refusal::new(member, finding("choose another"))
            });
            refused.insert(member.key.clone());
        } else {
            round.findings.push(finding(
                "Azure assigns another one, which makes no difference to this routing method",
            ));
            member.endpoint.priority = None;
        }
    }
    placed.retain(|member| !refused.contains(&member.key));

    let mut homeless = Vec::new();
    for member in placed
        .iter_mut()
        .filter(|member| member.endpoint.priority.is_none())
    {
        let Some(priority) = inherited(member) else {
            continue;
        };
        match taken.priorities.entry(priority.get()) {
            Entry::Occupied(_) => homeless.push(member),
            Entry::Vacant(free) => {
                free.insert(member.key.endpoint.clone());
                member.endpoint.priority = Some(priority);
            }
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
