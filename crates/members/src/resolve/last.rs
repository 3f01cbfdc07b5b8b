//! The last enabled endpoint of a profile, where it is to be kept: without it
//! the profile has no answer for users.

use traffic_manager::Switch;

use super::circle::waits_for_a_mover;
use super::{Kept, Round};
use crate::finding::{Finding, Reason};
use crate::member::{Member, MemberKey};
use crate::observe::{Observed, ObservedProfile, OwnMember};
use crate::want::Scope;

/// How the last enabled endpoint is kept.
#[derive(Debug)]
pub(super) enum Remedy {
    /// Its object is gone: the member stays as it is.
    Keep(MemberKey),
    /// Its object goes to another profile: it does not.
    Stay(MemberKey, MemberKey),
    /// Its object disables it: it stays enabled.
    Enable(MemberKey),
}

/// A profile that would lose its last enabled endpoint through this owner, and
/// what is done against it.
pub(super) fn endangered(
    round: &Round,
    kept: &Kept,
    observed: &Observed,
    scope: &Scope,
) -> Option<(Finding, Remedy)> {
    if !scope.brakes.keep_last_member {
        return None;
    }
    observed.profiles().find_map(|profile| {
        let last = last_of(profile, round, kept, scope)?;
        let wanted = || round.accepted.iter().map(|(member, _)| member);
        let elsewhere = wanted().find(|member| member.subject == *last.subject());
        let (what, remedy) = if wanted().any(|member| member.key == last.key) {
            ("stays enabled", Remedy::Enable(last.key.clone()))
        } else if let Some(member) = elsewhere {
            let stay = Remedy::Stay(member.key.clone(), last.key.clone());
            ("stays in this profile", stay)
        } else {
            ("is kept", Remedy::Keep(last.key.clone()))
        };
        let message = format!(
            "endpoint {} is the last enabled one of profile {} and {what}: without it users get no answer",
            last.key.endpoint, profile.id.name
        );
        let finding = Finding::new(Reason::LastMember, last.subject(), message);
        Some((finding, remedy))
    })
}

/// This owner's earliest enabled member, when no enabled endpoint would be left.
fn last_of<'a>(
    profile: &'a ObservedProfile,
    round: &Round,
    kept: &Kept,
    scope: &'a Scope,
) -> Option<OwnMember<'a>> {
    let own = || profile.members(&scope.owner);
    let of_others = profile.endpoints().iter().any(|(name, endpoint)| {
        endpoint.is_enabled() && own().all(|member| member.key.endpoint != *name)
    });
    let in_service =
        |wish: &Member| own().any(|member| member.key == wish.key && member.endpoint.is_enabled());
    let placed = round.accepted.iter().any(|(member, _)| {
        member.key.profile == profile.id
            && member.endpoint.status == Switch::Enabled
            && (in_service(member) || !waits_for_a_mover(member, profile, round, scope))
    });
    let standing = own().any(|member| kept.contains(&member.key) && member.endpoint.is_enabled());
    if of_others || placed || standing {
        return None;
    }
    own()
        .filter(|member| member.endpoint.is_enabled() && !member.is_leaving())
        .min_by_key(|member| (member.claim.since, member.key.clone()))
}

// === impl Remedy ===

impl Remedy {
    pub(super) fn apply(self, wanted: &mut Vec<Member>, kept: &mut Kept) {
        match self {
            Self::Keep(key) => drop(kept.insert(key)),
            Self::Stay(going, key) => {
                wanted.retain(|member| member.key != going);
                kept.insert(key);
            }
            Self::Enable(key) => {
                for member in wanted.iter_mut().filter(|member| member.key == key) {
                    member.endpoint.status = Switch::Enabled;
                }
            }
        }
    }
}
