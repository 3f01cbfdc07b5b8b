//! The ledger: who made what in Azure. Every change is judged by it.
//!
//! Azure has no conditional writes, so between an owner's last look at a profile
//! and its write somebody else may come in. What an owner could not know at its
//! last look is a race, and counted; everything else is a broken law.

mod judge;

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::model::Profile;
use emulator::model::endpoint::Endpoint;
use jiff::{SignedDuration, Timestamp};
use members::claim::Claim;

use crate::history::OWNERS;
use crate::law::Law;
use crate::view;

/// Who made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    Owner(usize),
    Others,
}

/// What is known about one profile.
#[derive(Debug, Clone)]
struct Entry {
    /// Whether this system made it, or a person gave it this system's mark.
    ours: bool,
    endpoints: BTreeMap<String, Held>,
    /// Who retired it, and when by that owner's clock.
    retired: Option<(usize, Timestamp)>,
    /// When the tags were last changed by others, or replaced in a race.
    disturbed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    by: Maker,
    /// Others have taken the claim away, and it has not been made again.
    excused: bool,
}

/// What an owner saw at its last look at a profile.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) profile: Option<Profile>,
    /// The number of the effect before it.
    pub(crate) at: u64,
}

/// One change of one profile.
pub(crate) struct Change<'a> {
    pub(crate) by: Maker,
    pub(crate) name: &'a str,
    pub(crate) before: Option<&'a Profile>,
    pub(crate) after: Option<&'a Profile>,
    /// What the owner had seen.
    pub(crate) known: Option<&'a Known>,
    /// The owner's wall clock.
    pub(crate) now: Timestamp,
    /// The number of the effect.
    pub(crate) number: u64,
    /// Whether it is a PUT of the whole profile.
    pub(crate) whole: bool,
}

/// What the judge says.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) broken: Vec<(Law, String)>,
    /// Races that nobody could have avoided.
    pub(crate) races: Vec<&'static str>,
    /// Own endpoints that were deleted.
    pub(crate) deleted: Vec<Option<Claim>>,
    /// Existing endpoints that were claimed.
    pub(crate) adopted: Vec<(String, String)>,
}

/// The ledger.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<String, Entry>,
    /// When others last did something to a profile, or one creator replaced another.
    meddled: BTreeMap<String, u64>,
    grace: Duration,
}

/// What an effect on an endpoint did.
struct Touched<'a> {
    name: &'a str,
    old: &'a Endpoint,
}

// === impl Maker ===

impl Maker {
    fn name(self) -> &'static str {
        match self {
            Self::Owner(owner) => OWNERS.get(owner).copied().unwrap_or("nobody"),
            Self::Others => "others",
        }
    }
}

// === impl Ledger ===

impl Ledger {
    pub(crate) fn new(grace: Duration) -> Self {
        Self {
            entries: BTreeMap::new(),
            meddled: BTreeMap::new(),
            grace,
        }
    }

    /// Whether others have done something to the profile since.
    pub(crate) fn is_meddled_with(&self, profile: &str, since: u64) -> bool {
        self.meddled.get(profile).is_some_and(|at| *at > since)
    }

    /// Judges a change and takes it down.
    pub(crate) fn judge(&mut self, change: &Change<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        if change.by == Maker::Others {
            self.meddled.insert(change.name.to_owned(), change.number);
        }
        match (change.by, change.before, change.after) {
            (_, None, None) => {}
            (by, None, Some(after)) => self.created(change, by, after, &mut verdict),
            (by, Some(before), None) => {
                if let Maker::Owner(owner) = by {
                    self.deleted(change, owner, before, &mut verdict);
                }
                self.entries.remove(change.name);
            }
            (Maker::Others, Some(before), Some(after)) => {
                self.changed_by_others(change, before, after);
            }
            (Maker::Owner(owner), Some(before), Some(after)) => {
                self.changed(change, owner, before, after, &mut verdict);
            }
        }
        if let Some(after) = change.after {
            self.claimed(change, after, &mut verdict);
        }
        verdict
    }

    fn created(&mut self, change: &Change<'_>, by: Maker, after: &Profile, verdict: &mut Verdict) {
        let endpoints = after.endpoints.iter().map(|endpoint| {
            let held = Held { by, excused: false };
            (endpoint.name.to_ascii_lowercase(), held)
        });
        if by != Maker::Others && !view::is_marked(after) {
            verdict.say(
                Law::Unclaimed,
                format!("profile {} was made without its mark", change.name),
            );
        }
        let entry = Entry {
            ours: by != Maker::Others,
            endpoints: endpoints.collect(),
            retired: None,
            disturbed: change.number,
        };
        self.entries.insert(change.name.to_owned(), entry);
    }

    fn deleted(&self, change: &Change<'_>, owner: usize, before: &Profile, verdict: &mut Verdict) {
        let who = Maker::Owner(owner).name();
        let name = change.name;
        let entry = self.entries.get(name);
        let seen = change.known.and_then(|known| known.profile.as_ref());
        if !entry.is_some_and(|entry| entry.ours) || !seen.is_some_and(view::is_marked) {
            verdict.say(
                Law::Foreign,
                format!("{who} deleted profile {name}, which is not ours"),
            );
        }
        for endpoint in &before.endpoints {
            let new = seen.is_some_and(|seen| view::endpoint(seen, &endpoint.name).is_none());
            if new {
                verdict
                    .races
                    .push("a profile was deleted while somebody came back");
            } else {
                verdict.say(
                    Law::Deletion,
                    format!(
                        "{who} deleted profile {name} with endpoint {}",
                        endpoint.name
                    ),
                );
            }
        }
        // Marks are written to the second.
        let slack = SignedDuration::from_secs(1);
        let patient = entry
            .and_then(|entry| entry.retired)
            .is_some_and(|(by, since)| {
                let waited = change.now.duration_since(since) + slack;
                by == owner && waited.unsigned_abs() >= self.grace && waited.is_positive()
            });
        let revived = seen.is_some_and(|seen| view::tag(seen, view::RETIRED).is_some())
            && view::tag(before, view::RETIRED).is_none();
        if revived {
            verdict
                .races
                .push("a profile was deleted while somebody came back");
        } else if !patient {
            verdict.say(
                Law::Deletion,
                format!(
                    "{who} deleted profile {name}, which it had not retired for the whole grace"
                ),
            );
        }
    }

    fn changed_by_others(&mut self, change: &Change<'_>, before: &Profile, after: &Profile) {
        let Some(entry) = self.entries.get_mut(change.name) else {
            return;
        };
        let old = view::tags(before);
        let new = view::tags(after);
        if old != new {
            entry.disturbed = change.number;
        }
        entry.ours |= view::is_marked(after);
        let claims = view::claims(after);
        let lost = |name: &str, by: Maker| !is_claimed(&claims, name, by);
        entry
            .endpoints
            .retain(|name, _| view::endpoint(after, name).is_some());
        for (name, held) in &mut entry.endpoints {
            held.excused |= old != new && lost(name, held.by);
        }
        for endpoint in &after.endpoints {
            entry
                .endpoints
                .entry(endpoint.name.to_ascii_lowercase())
                .or_insert(Held {
                    by: Maker::Others,
                    excused: false,
                });
        }
    }

    fn changed(
        &mut self,
        change: &Change<'_>,
        owner: usize,
        before: &Profile,
        after: &Profile,
        verdict: &mut Verdict,
    ) {
        if before == after {
            return;
        }
        let name = change.name;
        let who = Maker::Owner(owner).name();
        let Some(known) = change.known else {
            verdict.say(
                Law::Foreign,
                format!("{who} wrote to profile {name} without having looked"),
            );
            return;
        };
        let Some(seen) = &known.profile else {
            if change.whole {
                verdict
                    .races
                    .push("a profile was created by two at the same time");
                self.meddled.insert(name.to_owned(), change.number);
                self.created(change, Maker::Owner(owner), after, verdict);
            } else {
                // It came into being since, and only tags or single endpoints are written.
                verdict
                    .races
                    .push("a profile came into being before a write");
            }
            return;
        };
        if change.whole {
            verdict.say(
                Law::OtherOwner,
                format!("{who} replaced profile {name} as a whole"),
            );
            return;
        }
        let own = members::claim::owner_of;
        let own_tag = |tag: &String| own(tag).is_some_and(|owner| owner.as_str() == who);
        let shared = |profile: &Profile| {
            let mut tags = view::tags(profile);
            tags.retain(|tag, _| !own_tag(tag));
            (profile.settings.clone(), tags)
        };
        // In a profile that is not ours, or not any more, an owner has its
        // endpoints and its claims to them and nothing else.
        if !view::is_marked(seen) && shared(before) != shared(after) {
            verdict.say(
                Law::Foreign,
                format!("{who} wrote to profile {name}, which is not ours"),
            );
        }
        let seen_claims = view::claims(seen);
        Self::judge_settings(
            change,
            owner,
            (before, after),
            (seen, &seen_claims),
            verdict,
        );
        self.judge_tags(
            change,
            owner,
            (before, after),
            (seen, &seen_claims),
            verdict,
        );
        self.judge_endpoints(
            change,
            owner,
            (before, after),
            (seen, &seen_claims),
            verdict,
        );
    }

    /// Every endpoint that an owner made is claimed by it.
    fn claimed(&mut self, change: &Change<'_>, after: &Profile, verdict: &mut Verdict) {
        let Some(entry) = self.entries.get_mut(change.name) else {
            return;
        };
        let claims = view::claims(after);
        for (name, held) in &mut entry.endpoints {
            if held.by == Maker::Others {
                continue;
            }
            let counting = view::counting(&claims, name).and_then(|claim| {
                OWNERS
                    .iter()
                    .position(|owner| *owner == claim.owner.as_str())
            });
            if is_claimed(&claims, name, held.by) {
                held.excused = false;
            } else if let Some(owner) = counting {
                // Two had claimed it, and this one's claim counts.
                held.by = Maker::Owner(owner);
                held.excused = false;
            } else if !held.excused {
                verdict.say(
                    Law::Unclaimed,
                    format!(
                        "endpoint {name} of profile {}, made by {}, is not claimed by it",
                        change.name,
                        held.by.name()
                    ),
                );
                // Once is enough.
                held.excused = true;
            }
        }
    }
}

// === impl Verdict ===

impl Verdict {
    fn say(&mut self, law: Law, what: String) {
        self.broken.push((law, what));
    }
}

fn is_claimed(claims: &[Claim], endpoint: &str, by: Maker) -> bool {
    claims.iter().any(|claim| {
        claim.owner.as_str() == by.name() && claim.endpoint.as_str().eq_ignore_ascii_case(endpoint)
    })
}
