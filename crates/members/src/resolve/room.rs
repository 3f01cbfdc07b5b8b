//! Room for claims: a member whose claim cannot be kept cannot be managed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use traffic_manager::tag::TAGS_MAX;

use crate::claim::{self, Claim};
use crate::finding::{Finding, Reason};
use crate::marks;
use crate::member::{Member, MemberKey};
use crate::observe::ObservedProfile;
use crate::want::Scope;

/// The placed members whose claims do not fit the tags of the profile: each
/// claim has to fit one tag, and all tags have to fit the profile. Members that
/// are there already keep their place; of the new ones the last give way.
pub(super) fn without(
    profile: Option<&ObservedProfile>,
    placed: &[Member],
    scope: &Scope,
) -> Vec<(MemberKey, Finding)> {
    let refuse = |member: &Member, message: String| {
        (
            member.key.clone(),
            Finding::new(Reason::InvalidAnnotation, &member.subject, message),
        )
    };
    // The latest time takes the most characters.
    let claim = |member: &Member| Claim::new(member, &scope.owner, Timestamp::MAX);
    let too_long: Vec<_> = placed
        .iter()
        .filter_map(|member| Some(refuse(member, claim(member).check().err()?.to_string())))
        .collect();
    if !too_long.is_empty() {
        return too_long;
    }
    let is_new = |member: &&Member| {
        profile.is_none_or(|profile| {
            profile
                .claims_of(&scope.owner)
                .all(|claim| claim.endpoint != member.key.endpoint)
        })
    };
    let others = profile.map_or(0, |profile| {
        let tags = profile.wire.tags.iter().flatten();
        let other = |name: &str| {
            claim::owner_of(name).as_ref() != Some(&scope.owner) && !marks::ALL.contains(&name)
        };
        tags.filter(|(name, _)| other(name)).count()
    });
    let room = TAGS_MAX.saturating_sub(others + marks::ALL.len());
    let mut claims: Vec<Claim> = placed.iter().map(claim).collect();
    let placed_names: BTreeSet<_> = placed.iter().map(|member| &member.key.endpoint).collect();
    let standing = profile
        .into_iter()
        .flat_map(|profile| profile.claims_of(&scope.owner));
    claims.extend(
        standing
            .filter(|claim| !placed_names.contains(&claim.endpoint))
            .cloned(),
    );
    let mut refused = Vec::new();
    for member in placed.iter().rev().filter(is_new) {
        let needed = claim::write(&scope.owner, &claims).map_or(0, |tags| tags.len());
        if needed <= room {
            break;
        }
        claims.retain(|claim| claim.endpoint != member.key.endpoint);
        refused.push(refuse(
            member,
            format!(
                "the tags of profile {} have no room for another claim: Azure allows {TAGS_MAX} tags, and {others} are in use by others; use another profile",
                member.key.profile.name
            ),
        ));
    }
    refused
}
