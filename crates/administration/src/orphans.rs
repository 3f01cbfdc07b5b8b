//! What is left over, and what to do about it.

use std::time::Duration;

use jiff::Timestamp;
use members::marks::{MANAGED_BY, RETIRED, SETTINGS_OWNER, VANITY_HOST};
use members::{Observed, ObservedProfile, OwnerId};
use serde::Serialize;
use traffic_manager::EndpointKind;

use crate::life;
use crate::owners::present;
use crate::place::Place;

/// How long a claim without an endpoint is nothing special: its endpoint may
/// be about to be created, and its owner looks after it itself.
const UNDER_WAY: Duration = Duration::from_mins(10);

/// One thing that is left over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    /// What sort of thing.
    pub kind: Kind,
    /// Where.
    pub profile: Place,
    /// Which endpoint, when it is about one.
    pub endpoint: Option<String>,
    /// Whose it is or was, when that is known.
    pub owner: Option<String>,
    /// Since when, as far as that is known.
    pub since: Option<Timestamp>,
    /// What is so.
    pub finding: String,
    /// What a person can do. Absent where it goes away by itself.
    pub remedy: Option<String>,
}

/// The sorts of things that are left over. The words are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Kind {
    /// An owner has claims here and has not been seen for a while.
    SilentOwner,
    /// A claim to an endpoint that does not exist.
    ClaimWithoutEndpoint,
    /// An endpoint in a profile of ours that nobody claims.
    UnclaimedEndpoint,
    /// A profile of ours without endpoints.
    EmptyProfile,
    /// A profile that has tags of ours and not the one that says it is ours.
    LostMark,
    /// A profile of the proof of concept that nobody has taken over yet.
    ProofOfConcept,
}

// === impl Kind ===

impl Kind {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SilentOwner => "SilentOwner",
            Self::ClaimWithoutEndpoint => "ClaimWithoutEndpoint",
            Self::UnclaimedEndpoint => "UnclaimedEndpoint",
            Self::EmptyProfile => "EmptyProfile",
            Self::LostMark => "LostMark",
            Self::ProofOfConcept => "ProofOfConcept",
        }
    }
}

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// An owner that has not been seen for longer is silent.
    pub older_than: Duration,
}

/// Everything that is left over, by profile.
pub fn report(observed: &Observed, rule: Rule, now: Timestamp) -> Vec<Orphan> {
    let view = View {
        observed,
        rule,
        now,
    };
    observed
        .profiles()
        .flat_map(|profile| view.profile(profile))
        .collect()
}

/// A listing at a time.
#[derive(Clone, Copy)]
struct View<'a> {
    observed: &'a Observed,
    rule: Rule,
    now: Timestamp,
}

// === impl View ===

impl View<'_> {
    fn profile(self, profile: &ObservedProfile) -> Vec<Orphan> {
        let mut orphans = Vec::new();
        orphans.extend(proof_of_concept(profile));
        orphans.extend(lost_mark(profile));
        orphans.extend(self.silent_owners(profile));
        orphans.extend(self.claims_without_endpoint(profile));
        // Those of the proof of concept wait for the objects that describe them.
        if profile.marks.managed && !profile.marks.adoptable {
            orphans.extend(unclaimed_endpoints(profile));
        }
        if profile.marks.managed && profile.is_empty() {
            orphans.push(self.empty(profile));
        }
        orphans
    }

    fn is_silent(self, last_sign: Option<Timestamp>) -> bool {
        last_sign.is_none_or(|at| self.is_older(at, self.rule.older_than))
    }

    /// A time in the future is that of a clock that is ahead.
    fn is_older(self, at: Timestamp, than: Duration) -> bool {
        let age = self.now.duration_since(at);
        age.is_positive() && age.unsigned_abs() > than
    }

    fn silent_owners(self, profile: &ObservedProfile) -> Vec<Orphan> {
        let silent = |owner: OwnerId| {
            let since = life::last_sign(profile, &owner);
            let claims = profile.claims_of(&owner).count();
            (claims > 0 && self.is_silent(since)).then(|| Orphan {
                since,
                finding: format!(
                    "owner {owner} claims {} here {}",
                    count(claims, "endpoint"),
                    if since.is_some() {
                        "and has been silent since then"
                    } else {
                        "and has left no sign of life"
                    }
                ),
                remedy: Some(format!(
                    "when the cluster is gone: remove-owner {owner} --preview"
                )),
                owner: Some(owner.to_string()),
                ..Orphan::new(Kind::SilentOwner, profile)
            })
        };
        present(profile).into_iter().filter_map(silent).collect()
    }

    fn claims_without_endpoint(self, profile: &ObservedProfile) -> Vec<Orphan> {
        let claims = profile.claims().iter().filter(|claim| {
            !profile.endpoints().contains_key(&claim.endpoint)
                && self.is_older(claim.since, UNDER_WAY)
        });
        let orphan = |claim: &members::claim::Claim| {
            let owner = &claim.owner;
            // Whose claims it is to look after them is there, and does.
            let is_silent = self.is_silent(life::last_sign(profile, owner));
            Orphan {
                endpoint: Some(claim.endpoint.to_string()),
                owner: Some(owner.to_string()),
                since: Some(claim.since),
                finding: format!("owner {owner} claims an endpoint that does not exist"),
                remedy: is_silent
                    .then(|| format!("when the cluster is gone: remove-owner {owner} --preview")),
                ..Orphan::new(Kind::ClaimWithoutEndpoint, profile)
            }
        };
        claims.map(orphan).collect()
    }

    fn empty(self, profile: &ObservedProfile) -> Orphan {
        let heir = profile.marks.ended_by();
        let retired_since = profile.marks.retired.as_ref().map(|held| held.since);
        // With its last member an owner's heartbeat is gone; who has retired a
        // profile was there then.
        let last_sign = |owner: &OwnerId| {
            let elsewhere = life::last_sign_anywhere(self.observed, owner);
            elsewhere.max(retired_since)
        };
        let alive = |owner: &&OwnerId| !self.is_silent(last_sign(owner));
        let state = if retired_since.is_some() {
            "kept disabled"
        } else {
            "not marked as retired yet"
        };
        let (finding, remedy) = match (heir, heir.filter(alive)) {
            (_, Some(owner)) => (
                format!(
                    "no endpoints, {state}; owner {owner} deletes it after its --profile-grace"
                ),
                None,
            ),
            (Some(owner), None) => (
                format!("no endpoints, {state}; owner {owner}, who would delete it, is silent"),
                Some(format!(
                    "name a cluster that deletes it: remove-owner {owner} --successor OWNER --preview"
                )),
            ),
            (None, None) => (
                format!("no endpoints, {state}; nobody is to delete it"),
                Some(
                    "delete it when no CNAME points at its name any more: the name is free then"
                        .to_owned(),
                ),
            ),
        };
        Orphan {
            owner: heir.map(ToString::to_string),
            since: retired_since,
            finding,
            remedy,
            ..Orphan::new(Kind::EmptyProfile, profile)
        }
    }
}

fn proof_of_concept(profile: &ObservedProfile) -> Option<Orphan> {
    profile.marks.adoptable.then(|| Orphan {
        finding: format!(
            "made by the proof of concept, with {}; the first cluster whose object describes one takes the profile over",
            count(profile.wire.endpoints().len(), "endpoint")
        ),
        remedy: Some("see docs/MIGRATION.md".to_owned()),
        ..Orphan::new(Kind::ProofOfConcept, profile)
    })
}

/// Tags that only a profile of ours has. A profile that has been joined has
/// claims, and none of these.
fn lost_mark(profile: &ObservedProfile) -> Option<Orphan> {
    let names = [SETTINGS_OWNER, VANITY_HOST, RETIRED];
    let left: Vec<_> = names
        .into_iter()
        .filter(|name| profile.wire.tag(name).is_some())
        .collect();
    (!profile.marks.managed && !left.is_empty()).then(|| Orphan {
        owner: profile
            .marks
            .settings_owner
            .as_ref()
            .map(ToString::to_string),
        finding: format!(
            "has {}, and not {MANAGED_BY}: nothing in it is written any more",
            left.join(", ")
        ),
        remedy: Some(format!("adopt {} --preview", Place::from(&profile.id))),
        ..Orphan::new(Kind::LostMark, profile)
    })
}

fn unclaimed_endpoints(profile: &ObservedProfile) -> Vec<Orphan> {
    let unclaimed = profile.wire.endpoints().iter().filter(|endpoint| {
        let name = endpoint.endpoint_name();
        name.is_none_or(|name| profile.claim(&name).is_none())
    });
    let orphan = |endpoint: &traffic_manager::profile::Endpoint| {
        let target = endpoint.properties.target.as_deref();
        let (kind, remedy) = if endpoint.kind() == Some(EndpointKind::External) {
            (
                "the endpoint",
                "describe it by an object with this endpoint-name and target, or delete it",
            )
        } else {
            (
                "the endpoint, which is not an external one,",
                "describe it by an object with this endpoint-name, endpoint-type and target, or delete it",
            )
        };
        Orphan {
            endpoint: endpoint.name.clone(),
            finding: format!(
                "{kind} points at {}, and nobody claims it",
                target.unwrap_or("another resource")
            ),
            remedy: Some(remedy.to_owned()),
            ..Orphan::new(Kind::UnclaimedEndpoint, profile)
        }
    };
    unclaimed.map(orphan).collect()
}

// === impl Orphan ===

impl Orphan {
    fn new(kind: Kind, profile: &ObservedProfile) -> Self {
        Self {
            kind,
            profile: Place::from(&profile.id),
            endpoint: None,
            owner: None,
            since: None,
            finding: String::new(),
            remedy: None,
        }
    }
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
