//! What an owner may do with an endpoint of its own, given its objects.
//!
//! An endpoint that an object wants may be away for a moment, because another
//! write has to come first. It is owed until the batch ends.

use emulator::State;
use members::claim::Claim;

use crate::cluster::{Cluster, Object, Objects};
use crate::history::OWNERS;
use crate::ledger::Ledger;
use crate::line::lock;
use crate::others;
use crate::view;
use crate::wish::Wish;

/// What an object thinks of the deletion of an endpoint.
enum Opinion {
    /// It may go.
    Free,
    /// It has to stay.
    Keep(String),
    /// It has to stay until its object has arrived in that profile.
    Moves(String, String),
    /// This endpoint of the profile has to be there afterwards.
    Owed(String),
}

/// An endpoint that was taken away and has to come back, under its old name or
/// under the one that its object wants now.
#[derive(Debug)]
pub(crate) struct Debt {
    pub(crate) profile: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// Whether an object of the cluster, now or at the time of the plan, asks for
/// exactly this endpoint.
pub(crate) fn asks_for(cluster: &Cluster, profile: &str, endpoint: &str, target: &str) -> bool {
    let planned = lock(&cluster.process.shared).planned.clone();
    let asks = |objects: &Objects| {
        objects
            .values()
            .any(|object| match object.wish(cluster.name()) {
                Wish::Endpoint(wanted) => {
                    wanted.profile.eq_ignore_ascii_case(profile)
                        && wanted.endpoint.eq_ignore_ascii_case(endpoint)
                        && wanted.target.eq_ignore_ascii_case(target)
                }
                _ => false,
            })
    };
    asks(&planned) || asks(&cluster.objects)
}

/// What the deletion of an own endpoint leaves owed; an error when it must not
/// have happened.
pub(crate) fn of_deletion(
    cluster: &Cluster,
    state: &State,
    ledger: &Ledger,
    profile: &str,
    claim: &Claim,
) -> Result<Option<Debt>, String> {
    let planned = lock(&cluster.process.shared).planned.clone();
    let then = opinion(cluster.name(), &planned, state, profile, claim);
    let now = opinion(cluster.name(), &cluster.objects, state, profile, claim);
    let wrong = |why: String| {
        Err(format!(
            "{} deleted endpoint {} of profile {profile}: {why}",
            cluster.name(),
            claim.endpoint
        ))
    };
    match (then, now) {
        (Opinion::Free, _) | (_, Opinion::Free) => Ok(None),
        (Opinion::Keep(why), _) => wrong(why),
        (Opinion::Moves(to, why), _) => {
            // It may have arrived, and been deleted again by others.
            let known = cluster.process.known.get(&to);
            if known.is_some_and(|known| ledger.is_meddled_with(&to, known.at)) {
                Ok(None)
            } else {
                wrong(why)
            }
        }
        (Opinion::Owed(new), _) => Ok(Some(Debt {
            profile: profile.to_owned(),
            old: claim.endpoint.to_string(),
            new,
        })),
    }
}

// === impl Debt ===

impl Debt {
    pub(crate) fn is_paid(&self, owner: usize, state: &State) -> bool {
        has(owner, state, &self.profile, &self.new) || has(owner, state, &self.profile, &self.old)
    }

    /// Whose the new name is.
    pub(crate) fn rival(&self, state: &State) -> Option<String> {
        let profile = others::find(state, &self.profile)?;
        let claims = view::claims(profile);
        view::counting(&claims, &self.new).map(|claim| claim.owner.to_string())
    }
}

/// Whether an owner has the endpoint.
pub(crate) fn has(owner: usize, state: &State, profile: &str, endpoint: &str) -> bool {
    let name = OWNERS.get(owner).copied().unwrap_or_default();
    others::find(state, profile).is_some_and(|profile| {
        view::endpoint(profile, endpoint).is_some()
            && view::counting(&view::claims(profile), endpoint)
                .is_some_and(|claim| claim.owner.as_str() == name)
    })
}

fn opinion(owner: &str, objects: &Objects, state: &State, profile: &str, claim: &Claim) -> Opinion {
    let endpoint = claim.endpoint.as_str();
    let is_it = |wanted: &crate::wish::Wanted| {
        wanted.profile.eq_ignore_ascii_case(profile)
            && wanted.endpoint.eq_ignore_ascii_case(endpoint)
    };
    let object = objects.values().find(|object| {
        object.resource == claim.subject.resource && object.host == claim.subject.host
    });
    let Some(object) = object else {
        return Opinion::Free;
    };
    let wanted_by_another = |object: &Object| {
        let mut others = objects.values().filter(|other| other.host != object.host);
        let wants =
            |other: &Object| matches!(other.wish(owner), Wish::Endpoint(wanted) if is_it(&wanted));
        others.any(wants)
    };
    match object.wish(owner) {
        Wish::Nothing => Opinion::Free,
        Wish::Endpoint(wanted) if is_it(&wanted) => Opinion::Owed(endpoint.to_owned()),
        // Another object that wants the endpoint may have it: that is no loss of
        // something that it had.
        _ if wanted_by_another(object) => Opinion::Free,
        Wish::Invalid => Opinion::Keep(format!(
            "the annotations of {} are invalid, and it has to keep what it has",
            claim.subject
        )),
        Wish::Endpoint(wanted) => {
            let number = OWNERS.iter().position(|name| *name == owner).unwrap_or(0);
            let is_there = has(number, state, &wanted.profile, &wanted.endpoint);
            let elsewhere = !wanted.profile.eq_ignore_ascii_case(profile);
            if is_there {
                Opinion::Free
            } else if elsewhere {
                let why = format!(
                    "{} moves to endpoint {} of profile {} and has not arrived",
                    claim.subject, wanted.endpoint, wanted.profile
                );
                Opinion::Moves(wanted.profile, why)
            } else {
                Opinion::Owed(wanted.endpoint)
            }
        }
    }
}
