//! Room for claims: a member whose claim cannot be kept cannot be managed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use traffic_manager::EndpointName;
use traffic_manager::tag::TAGS_MAX;

use super::Refusal;
use crate::claim::{self, Claim, Usage};
use crate::finding::{Finding, Reason};
use crate::marks;
use crate::member::Member;
use crate::observe::ObservedProfile;
use crate::want::Scope;

/// The time of claims that are still to be made, in milliseconds: so far from
/// the others that no real time takes more characters beside them.
const LATER: i64 = 4_123_456_789_012;

/// The placed members whose claims do not fit the tags of the profile: each
/// claim has to fit one tag, and all tags have to fit the profile. Members that
/// are there already keep their place; of the new ones the last give way.
pub(super) fn without(
    profile: Option<&ObservedProfile>,
    placed: &[Member],
    scope: &Scope,
) -> Vec<Refusal> {
    let refuse = |member: &Member, message: String| {
        let finding = Finding::new(Reason::InvalidAnnotation, &member.subject, message);
        Refusal::new(member, finding)
    };
    // As the plan will see them: what has an endpoint stays, whatever it wants.
    let standing: BTreeMap<EndpointName, Claim> = profile
        .into_iter()
        .flat_map(|profile| profile.members(&scope.owner))
        .map(|member| (member.key.endpoint, member.claim.clone()))
        .collect();
    let later = Timestamp::from_millisecond(LATER).unwrap_or(Timestamp::MAX);
    let claim = |member: &Member| match standing.get(&member.key.endpoint) {
        Some(held) => Claim {
            subject: member.subject.clone(),
            ..held.clone()
        },
        None => Claim::new(member, &scope.owner, later),
    };
    let too_long: Vec<_> = placed
        .iter()
        .filter_map(|member| Some(refuse(member, claim(member).check().err()?.to_string())))
        .collect();
    if !too_long.is_empty() {
        return too_long;
    }
    let (there, new): (Vec<_>, Vec<_>) = placed
        .iter()
        .partition(|member| standing.contains_key(&member.key.endpoint));
    if new.is_empty() {
        return Vec::new();
    }
    let names: BTreeSet<_> = there.iter().map(|member| &member.key.endpoint).collect();
    let unplaced = standing.iter().filter(|(name, _)| !names.contains(name));
    let mut old: Vec<Claim> = unplaced.map(|(_, claim)| claim.clone()).collect();
    old.extend(there.into_iter().map(claim));

    let nothing = BTreeMap::new();
    let tags = profile
        .and_then(|profile| profile.wire.tags.as_ref())
        .unwrap_or(&nothing);
    let usage = Usage::of(&scope.owner, tags);
    // A profile of others gets no marks.
    let ours = profile.is_none_or(|profile| profile.marks.managed);
    let marks = if ours {
        usage.marks.max(marks::USUAL)
    } else {
        usage.marks
    };
    let room = TAGS_MAX.saturating_sub(usage.others() + marks);
    let fits = |count: usize| {
        let claims: Vec<_> = old
            .iter()
            .cloned()
            .chain(new[..count].iter().map(|member| claim(member)))
            .collect();
        claim::needed(&scope.owner, &claims, tags).is_ok_and(|needed| needed <= room.max(usage.own))
    };
    // The first that fit, by halving: a packing takes its time.
    let (mut fitting, mut over) = (0, new.len() + 1);
    while over - fitting > 1 {
        // All of them first: they nearly always fit.
        let count = if over > new.len() {
            new.len()
        } else {
            usize::midpoint(fitting, over)
        };
        if fits(count) {
            fitting = count;
        } else {
            over = count;
        }
    }
    let message = |member: &Member| {
        let profile = &member.key.profile.name;
        format!("the tags of profile {profile} have no room for another claim: {usage}")
    };
    new[fitting..]
        .iter()
        .map(|member| refuse(member, message(member)))
        .collect()
}
