//! Two objects of one cluster that describe one endpoint.

use std::collections::BTreeMap;

use crate::annotation::Name;
use crate::finding::{Finding, Reason};
use crate::member::{Member, MemberKey};
use crate::observe::Observed;

/// Leaves one member per endpoint. The object that has the endpoint already
/// keeps it; among new ones the first by resource and host wins.
pub(super) fn separate(wanted: Vec<Member>, observed: &Observed) -> (Vec<Member>, Vec<Finding>) {
    let mut by_key: BTreeMap<MemberKey, Vec<Member>> = BTreeMap::new();
    for member in wanted {
        by_key.entry(member.key.clone()).or_default().push(member);
    }
    let mut winners = Vec::new();
    let mut findings = Vec::new();
    for (key, mut rivals) in by_key {
        let holder = observed
            .profile(&key.profile)
            .and_then(|profile| profile.claim(&key.endpoint))
            .map(|claim| &claim.subject);
        rivals.sort_by_key(|member| (Some(&member.subject) != holder, member.subject.clone()));
        let mut rivals = rivals.into_iter();
        let Some(winner) = rivals.next() else {
            continue;
        };
        findings.extend(rivals.map(|loser| {
            let message = format!(
                "endpoint {} of profile {} is already described by {}; give this object another {}",
                key.endpoint,
                key.profile.name,
                winner.subject,
                Name::EndpointName,
            );
            Finding::new(Reason::DuplicateMember, &loser.subject, message)
        }));
        winners.push(winner);
    }
    (winners, findings)
}
