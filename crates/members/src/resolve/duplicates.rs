//! Two objects of one cluster that describe one endpoint.

use std::collections::BTreeMap;

use traffic_manager::{EndpointName, Hostname};

use crate::annotation::Name;
use crate::finding::{Finding, Reason};
use crate::member::{Member, MemberKey};
use crate::observe::Observed;
use crate::want::Scope;

/// Leaves one member per endpoint, and one per row of ExternalDNS's plan, which
/// is a host with an endpoint name, in whatever profile: ExternalDNS would take
/// two of them for one record. The object that has the member already keeps it;
/// among new ones the first by resource and host wins. The losers come back
/// with what to tell about them.
pub(super) fn separate(
    wanted: Vec<Member>,
    observed: &Observed,
    scope: &Scope,
) -> (Vec<Member>, Vec<(Member, Finding)>) {
    let mut losers = Vec::new();
    let by_key = |member: &Member| member.key.clone();
    let winners = contest(wanted, by_key, observed, scope, &mut losers);
    let by_row = |member: &Member| -> (Hostname, EndpointName) {
        (member.host.clone(), member.key.endpoint.clone())
    };
    let winners = contest(winners, by_row, observed, scope, &mut losers);
    (winners, losers)
}

fn contest<K: Ord>(
    wanted: Vec<Member>,
    key: impl Fn(&Member) -> K,
    observed: &Observed,
    scope: &Scope,
    losers: &mut Vec<(Member, Finding)>,
) -> Vec<Member> {
    let mut contests: BTreeMap<K, Vec<Member>> = BTreeMap::new();
    for member in wanted {
        contests.entry(key(&member)).or_default().push(member);
    }
    let mut winners = Vec::new();
    for mut rivals in contests.into_values() {
        rivals.sort_by_key(|member| (hold(member, observed, scope), member.subject.clone()));
        let mut rivals = rivals.into_iter();
        let Some(winner) = rivals.next() else {
            continue;
        };
        losers.extend(rivals.map(|loser| {
            let finding = already_described(&loser, &winner);
            (loser, finding)
        }));
        winners.push(winner);
    }
    winners
}

/// What an object has of the endpoint that it wants; the best comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// It has it.
    Here,
    /// It has one of this name in the profile that it moves from.
    Elsewhere,
    /// It has none of this name.
    Nowhere,
}

fn hold(member: &Member, observed: &Observed, scope: &Scope) -> Hold {
    let MemberKey { endpoint, .. } = &member.key;
    let held = || {
        observed
            .members(&scope.owner)
            .filter(|held| held.key.endpoint == *endpoint && *held.subject() == member.subject)
    };
    if held().any(|held| held.key == member.key) {
        Hold::Here
    } else if held().next().is_some() {
        Hold::Elsewhere
    } else {
        Hold::Nowhere
    }
}

fn already_described(loser: &Member, winner: &Member) -> Finding {
    Finding::new(
        Reason::DuplicateMember,
        &loser.subject,
        format!(
            "endpoint {} of profile {} is already described by {}; give this object another {}",
            winner.key.endpoint,
            winner.key.profile.name,
            winner.subject,
            Name::EndpointName,
        ),
    )
}
