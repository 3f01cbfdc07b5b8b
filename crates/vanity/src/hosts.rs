//! Which profile a vanity host is to lead to.

use std::collections::{BTreeMap, BTreeSet};

use members::{Finding, Observed, ObservedProfile, OwnerId, Reason, Subject, VanityMode};
use traffic_manager::{Hostname, ProfileId};

/// Profiles by the vanity host that they ask for.
pub(crate) type Claimants<'a> = BTreeMap<&'a Hostname, Vec<&'a ObservedProfile>>;

/// The object of this owner that hears about a profile's vanity record.
#[derive(Debug, Clone, Copy)]
pub struct Subjects<'a> {
    owner: &'a OwnerId,
}

/// The profiles that want a record of such a mode, by host.
pub(crate) fn claimants(
    observed: &Observed,
    wants: impl Fn(&ObservedProfile, VanityMode) -> bool,
) -> Claimants<'_> {
    let mut claimants = Claimants::new();
    for profile in observed.profiles() {
        // What others made is not led to: they say under which name users reach it.
        let vanity = profile.marks.vanity.as_ref();
        let vanity = vanity.filter(|vanity| profile.marks.managed && wants(profile, vanity.mode));
        if let Some(vanity) = vanity {
            claimants.entry(&vanity.host).or_default().push(profile);
        }
    }
    claimants
}

/// Who of those that want a host has it: the one that it leads to already, else
/// the first by id, which every cluster finds the same. The others are told.
pub(crate) fn winner<'a>(
    host: &Hostname,
    claimants: &[&'a ObservedProfile],
    incumbent: Option<&ProfileId>,
    subjects: Subjects<'_>,
    findings: &mut Vec<Finding>,
) -> Option<&'a ObservedProfile> {
    let holds = |profile: &&&ObservedProfile| Some(&profile.id) == incumbent;
    let first = || claimants.iter().min_by_key(|profile| &profile.id);
    let winner = *claimants.iter().find(holds).or_else(first)?;
    for loser in claimants.iter().filter(|loser| loser.id != winner.id) {
        findings.extend(subjects.finding(loser, Reason::VanityConflict, || {
            format!(
                "the vanity host {host} is asked for by the profiles {} and {} and leads to {}; give one of them another name with {}",
                winner.id.name,
                loser.id.name,
                winner.id.name,
                members::annotation::Name::Hostname
            )
        }));
    }
    Some(winner)
}

/// The hosts that profiles ask for in ways that never meet in one plan: in Azure
/// DNS and as objects, or as objects of different clusters.
pub fn disputes(observed: &Observed, owner: &OwnerId) -> Vec<Finding> {
    let subjects = Subjects::of(owner);
    let all = claimants(observed, |profile, mode| {
        mode != VanityMode::None && !profile.is_empty()
    });
    let maker = |profile: &ObservedProfile| {
        let mode = profile.marks.vanity.as_ref().map(|vanity| vanity.mode);
        let is_shared = mode.is_some_and(VanityMode::is_shared);
        (
            is_shared,
            is_shared || crate::dns_endpoint::wants(profile, owner),
        )
    };
    let mut findings = Vec::new();
    for (host, profiles) in all {
        let makers: BTreeSet<_> = profiles.iter().map(|profile| maker(profile)).collect();
        if makers.len() < 2 {
            continue;
        }
        let names: Vec<_> = profiles
            .iter()
            .map(|profile| profile.id.name.to_string())
            .collect();
        findings.extend(profiles.iter().filter_map(|profile| {
            subjects.finding(profile, Reason::VanityConflict, || {
                format!(
                    "the vanity host {host} is asked for by the profiles {}, and their records are not made in one place: users get to whichever was made first; give each its own name with {}",
                    names.join(" and "),
                    members::annotation::Name::Hostname
                )
            })
        }));
    }
    findings
}

// === impl Subjects ===

impl<'a> Subjects<'a> {
    /// Objects of this owner.
    pub const fn of(owner: &'a OwnerId) -> Self {
        Self { owner }
    }

    /// The first object of this owner that has a member in the profile and is
    /// there; the others need not hear the same.
    pub fn first(self, profile: &ObservedProfile) -> Option<Subject> {
        let mut members = profile.members(self.owner);
        members
            .find(|member| !member.is_leaving())
            .map(|member| member.subject().clone())
    }

    /// A finding about a profile's vanity record, if anybody is there to hear it.
    pub fn finding(
        self,
        profile: &ObservedProfile,
        reason: Reason,
        message: impl FnOnce() -> String,
    ) -> Option<Finding> {
        let subject = self.first(profile)?;
        Some(Finding::new(reason, &subject, message()))
    }
}
