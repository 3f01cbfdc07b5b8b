//! Reporting: what is wrong is logged once when it begins and once when it is
//! over, and stands in metrics and readiness details meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use members::health::{ChangedMember, StatusChange};
use members::{Finding, MemberKey, Observed, ObservedProfile, OwnerId, Reason, Subject};
use traffic_manager::{MonitorStatus, ProfileId};

use super::deletions::HeldBack;
use super::health::Sights;
use super::remedy::remedy;
use crate::clock::Clock;
use crate::events::{Events, Happening};
use crate::explain::Trouble;
use crate::metrics::Metrics;
use crate::metrics::health::{EndpointLabels, ProfileLabels};
use crate::provider_api::{Health, LastError, MemberStatus, Probes, error_chain};

pub(super) struct Report {
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    events: Events,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    health: Health,
    listing_fails: Option<Trouble>,
    /// Findings of the last `/adjustendpoints`.
    wishes: BTreeSet<Finding>,
    /// Findings of the last `POST /records`.
    writes: BTreeSet<Finding>,
    /// Findings of the last look at the vanity records.
    vanity: BTreeSet<Finding>,
    /// Profiles that are not deleted although their grace is over, and why.
    kept: BTreeMap<ProfileId, String>,
    /// Whether there has been one since the last `/adjustendpoints`.
    written: bool,
    /// All findings that stand, as Events have said them.
    standing: BTreeSet<Finding>,
    /// Deletions that the last batch did not get.
    held: BTreeSet<MemberKey>,
}

// === impl Report ===

impl Report {
    pub(super) fn new(clock: Arc<dyn Clock>, metrics: Arc<Metrics>, events: Events) -> Self {
        Self {
            clock,
            metrics,
            events,
            state: Mutex::default(),
        }
    }

    /// What the last call learned.
    pub(super) fn health(&self) -> Health {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .health
            .clone()
    }

    /// A listing has succeeded.
    pub(super) fn listed(&self, observed: &Observed, owner: &OwnerId) {
        let members: Vec<_> = observed
            .members(owner)
            .map(|member| member.key.profile)
            .collect();
        let profiles: BTreeSet<_> = members.iter().collect();
        self.update(|state, now| {
            state.kept.retain(|id, _| {
                let held = observed.profile(id);
                held.is_some_and(ObservedProfile::is_empty)
            });
            state.health.last_listing = Some(now);
            state.listing_fails = None;
            state.health.consecutive_listing_failures = 0;
            state.health.members = count(members.len());
            state.health.profiles = count(profiles.len());
        });
    }

    /// Everything that was found wrong with an object.
    pub(super) fn findings(&self, subject: &Subject) -> Vec<Finding> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let all = state
            .wishes
            .iter()
            .chain(&state.writes)
            .chain(&state.vanity);
        let own = all.filter(|finding| finding.subject == *subject);
        own.cloned().collect()
    }

    /// Why the last listing failed, if it did.
    pub(super) fn listing_trouble(&self) -> Option<Trouble> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.listing_fails.clone()
    }

    /// A listing has failed.
    pub(super) fn listing_failed(&self, error: &arm_client::Error, arm: &str) {
        let text = error_chain(error);
        let trouble = Trouble {
            message: text.clone(),
            remedy: remedy(error, arm),
            correlation_id: error.correlation_id().map(str::to_owned),
        };
        tracing::warn!(correlation_id = error.correlation_id(), error = %text, "listing Traffic Manager profiles failed; nothing is changed until it succeeds");
        self.update(|state, now| {
            state.listing_fails = Some(trouble);
            state.health.consecutive_listing_failures += 1;
            state.health.last_error = Some(LastError { at: now, text });
        });
    }

    /// A write has failed.
    pub(super) fn write_failed(&self, text: &str) {
        self.update(|state, now| {
            state.health.last_error = Some(LastError {
                at: now,
                text: text.to_owned(),
            });
        });
    }

    /// A profile that somebody else had just created was replaced.
    pub(super) fn overwrote(&self) {
        self.metrics.state.overwrote();
    }

    /// What was done for objects.
    pub(super) fn happened(&self, happenings: Vec<Happening>) {
        for happening in happenings {
            self.events.happened(happening);
        }
    }

    /// Waits, not for long, until what has happened is said.
    pub(super) async fn settle(&self) {
        self.events.settle().await;
    }

    /// What is wrong with the objects of this loop.
    pub(super) fn wishes(&self, findings: Vec<Finding>) {
        self.update(|state, _| {
            state.wishes = transition(&state.wishes, findings);
            // A loop without a write: ExternalDNS has nothing left to change.
            if !std::mem::take(&mut state.written) {
                state.writes = transition(&state.writes, Vec::new());
            }
        });
    }

    /// What was refused in the last batch.
    pub(super) fn writes(&self, findings: Vec<Finding>) {
        self.update(|state, _| {
            state.writes = transition(&state.writes, findings);
            state.written = true;
        });
    }

    /// What is wrong with the vanity records.
    pub(super) fn vanity(&self, findings: Vec<Finding>) {
        self.update(|state, _| {
            state.vanity = transition(&state.vanity, findings);
        });
    }

    /// Why a profile is not deleted although its grace is over; `None` when it is,
    /// or is about to be.
    pub(super) fn kept(&self, id: &ProfileId, why: Option<String>) {
        self.update(|state, _| {
            let before = state.kept.remove(id);
            let Some(why) = why else { return };
            let is_known = before.is_some_and(|before| gist(&before) == gist(&why));
            if !is_known {
                tracing::warn!(profile = %id.name, resource_group = %id.resource_group, "the empty profile is kept, because its name would be free for anybody: {why}");
            }
            state.kept.insert(id.clone(), why);
        });
    }

    /// Whether the last batch had too many deletions.
    pub(super) fn held_back(&self, held: Option<HeldBack>) {
        self.update(|state, _| {
            let before = state.held.len();
            let members = match held {
                Some(HeldBack { members, summary }) => {
                    if members != state.held {
                        tracing::warn!(deletions = members.len(), "{summary}");
                    }
                    members
                }
                None => BTreeSet::new(),
            };
            if members.is_empty() && before > 0 {
                tracing::info!(deletions = before, "deletions are no longer held back");
            }
            state.health.held_deletions = count(members.len());
            state.held = members;
        });
    }

    /// What is known of the members' health, and what has changed since the last time.
    pub(super) fn health_seen(&self, seen: &Sights, changes: &[StatusChange]) {
        changes.iter().for_each(tell);
        self.happened(changes.iter().filter_map(happening).collect());
        let (mut endpoints, mut profiles) = (BTreeSet::new(), BTreeSet::new());
        for (id, health) in seen.profiles() {
            let profile = id.name.to_string();
            profiles.extend(health.profile().map(|status| ProfileLabels {
                profile: profile.clone(),
                status: status.as_str(),
            }));
            endpoints.extend(health.members().map(|(endpoint, status)| EndpointLabels {
                profile: profile.clone(),
                endpoint: endpoint.to_string(),
                status: status.as_str(),
            }));
        }
        let probes = probes(seen);
        self.update(|state, _| state.health.probes = probes);
        self.metrics.health.set(endpoints, profiles);
    }

    fn update(&self, change: impl FnOnce(&mut State, jiff::Timestamp)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state, self.clock.now());
        let all = [&state.wishes, &state.writes, &state.vanity];
        let all: BTreeSet<Finding> = all.into_iter().flatten().cloned().collect();
        for finding in begun(&state.standing, &all) {
            self.events.happened(Happening::finding(finding));
        }
        state.standing.clone_from(&all);
        let objects = |wanted: &dyn Fn(&Finding) -> bool| {
            let subjects: BTreeSet<_> = all
                .iter()
                .filter(|finding| wanted(finding))
                .map(|finding| &finding.subject)
                .collect();
            count(subjects.len())
        };
        state.health.conflicts = objects(&|finding| finding.reason.is_conflict());
        state.health.invalid_objects = Reason::ALL
            .iter()
            .map(|reason| {
                (
                    reason.to_string(),
                    objects(&|finding| finding.reason == *reason),
                )
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        let refused: BTreeSet<_> = all
            .iter()
            .filter(|finding| {
                matches!(
                    finding.reason,
                    Reason::AzureRefused | Reason::NameUnavailable
                )
            })
            .map(|finding| finding.message.as_str())
            .collect();
        state.health.kept_profiles = state
            .kept
            .iter()
            .map(|(id, why)| format!("profile {}: {why}", id.name))
            .take(Health::REFUSED_SHOWN)
            .collect();
        state.health.refused = refused
            .into_iter()
            .take(Health::REFUSED_SHOWN)
            .map(str::to_owned)
            .collect();
        self.metrics.state.set(&state.health);
    }
}

/// The findings that were not there before. What Azure answers may be worded otherwise each time, with an id or a time in
/// it: of these, one that follows another of its kind is the same one.
fn begun<'a>(
    before: &'a BTreeSet<Finding>,
    now: &'a BTreeSet<Finding>,
) -> impl Iterator<Item = &'a Finding> {
    now.difference(before).filter(|finding| {
        let same =
            |other: &Finding| other.reason == finding.reason && other.subject == finding.subject;
        !(is_azures(finding) && before.iter().any(same))
    })
}

/// What a changed health means for the object behind the member.
fn happening(change: &StatusChange) -> Option<Happening> {
    let ChangedMember { endpoint, subject } = change.member.as_ref()?;
    let key = MemberKey {
        profile: change.profile.clone(),
        endpoint: endpoint.clone(),
    };
    Happening::health(subject, &key, change.from, change.to)
}

/// Logs what is new and what is over.
fn transition(before: &BTreeSet<Finding>, now: Vec<Finding>) -> BTreeSet<Finding> {
    let now: BTreeSet<_> = now.into_iter().collect();
    for finding in unlike(&now, before) {
        tracing::warn!(
            reason = %finding.reason,
            object = %finding.subject.resource,
            host = %finding.subject.host,
            annotation = finding.annotation.map(tracing::field::display),
            "{finding}"
        );
    }
    for finding in unlike(before, &now) {
        tracing::info!(
            reason = %finding.reason,
            object = %finding.subject.resource,
            host = %finding.subject.host,
            "no longer so: {finding}"
        );
    }
    now
}

/// Those that are not among the others. What Azure answers counts as the same if only a time or an id in it is another.
fn unlike<'a>(
    these: &'a BTreeSet<Finding>,
    others: &'a BTreeSet<Finding>,
) -> impl Iterator<Item = &'a Finding> {
    these.difference(others).filter(|finding| {
        let same = |other: &Finding| {
            other.reason == finding.reason
                && other.subject == finding.subject
                && gist(&other.message) == gist(&finding.message)
        };
        !(is_azures(finding) && others.iter().any(same))
    })
}

fn is_azures(finding: &Finding) -> bool {
    matches!(
        finding.reason,
        Reason::AzureRefused | Reason::LookupFailed | Reason::VanityFailed
    )
}

/// A text without its words that have a digit: times, ids, counts.
fn gist(text: &str) -> String {
    let words = text.split_whitespace();
    let words = words.filter(|word| !word.contains(|letter: char| letter.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

/// Says that the health of a member or a profile is not what it was.
fn tell(change: &StatusChange) {
    let profile = &change.profile.name;
    let from = change.from.map(MonitorStatus::as_str);
    let to = change.to.as_str();
    let Some(ChangedMember { endpoint, subject }) = &change.member else {
        // Its cause may be anybody's endpoint.
        if change.from.is_some() {
            tracing::info!(%profile, from, to, "the health of the profile has changed");
        }
        return;
    };
    if change.to.is_trouble() {
        tracing::warn!(%profile, %endpoint, from, to, object = %subject.resource, host = %subject.host, "Azure's probes find the endpoint {to}; see whether it answers them as the profile's monitor settings say");
    } else if change.from.is_some() {
        tracing::info!(%profile, %endpoint, from, to, object = %subject.resource, host = %subject.host, "the health of the endpoint has changed");
    } else {
        tracing::debug!(%profile, %endpoint, to, object = %subject.resource, host = %subject.host, "the health of the endpoint is known");
    }
}

/// The summary for people.
fn probes(seen: &Sights) -> Probes {
    let mut probes = Probes::default();
    let mut others = Vec::new();
    for (id, health) in seen.profiles() {
        if let Some(status) = health.profile() {
            *probes.profiles.entry(status.as_str()).or_default() += 1;
        }
        for (endpoint, status) in health.members() {
            *probes.members.entry(status.as_str()).or_default() += 1;
            if status != MonitorStatus::Online {
                others.push((!status.is_trouble(), id, endpoint, status));
            }
        }
    }
    others.sort();
    let shown = others.into_iter().take(Health::NOT_ONLINE_SHOWN);
    let shown = shown.map(|(_, id, endpoint, status)| MemberStatus {
        profile: id.name.to_string(),
        endpoint: endpoint.to_string(),
        status: status.as_str(),
    });
    probes.not_online = shown.collect();
    probes
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_azure_words_with_another_number_is_nothing_new() {
        let finding = |reason, message: &str| {
            let subject = Subject {
                resource: "service/default/a".to_owned(),
                host: "a.example.com".to_owned(),
            };
            BTreeSet::from([Finding::new(reason, &subject, message)])
        };
        let said = |reason, before: &str, now: &str| {
            let (before, now) = (finding(reason, before), finding(reason, now));
            unlike(&now, &before).count() == 1
        };
        for reason in [Reason::VanityFailed, Reason::AzureRefused] {
            assert!(!said(
                reason,
                "there is room in 17 s",
                "there is room in 9 s"
            ));
            assert!(said(
                reason,
                "there is room in 17 s",
                "no answer within 9 s"
            ));
        }
        let reason = Reason::InvalidAnnotation;
        assert!(said(reason, "\"17\" is not valid", "\"9\" is not valid"));
    }
}
