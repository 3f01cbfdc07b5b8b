//! Explaining: what the last loop has learned about one object, put together.
//!
//! Nothing is asked of Azure for it. DNS is, and only about names of profiles
//! and vanity hosts that are known here, so that nobody can use it to ask DNS
//! for something else.

mod decided;
mod question;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use external_dns::{DomainFilter, Endpoint};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use members::annotation::Name;
use members::observe::OwnMember;
use members::want::{Source, Want};
use members::{Finding, Observed, ObservedProfile, PublicIps};
use traffic_manager::{EndpointName, MonitorStatus, ProfileId};

use decided::{decided, place_of, record_of, setting};
use question::{asks_for, hints, is_meant};
use verdict::{hear, judge, left_over};

use super::Inner;
use super::execute::{Execution, describe};
use super::remedy::remedy;
use crate::explain::{
    Answer, Explained, Explanation, Held, HeldClaim, HeldEndpoint, Question, Told, Trouble,
    Verdict, Written,
};
use crate::provider_api::error_chain;
use crate::resolver::Resolver;

/// How long a write is remembered whose profile is not written to any more.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// How many names DNS is asked about for one question.
const NAMES: usize = 32;

/// With what explanations are made.
#[derive(Clone, Default)]
pub struct ExplainTools {
    /// Who is asked what DNS answers; without it nobody is.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// The hosts that `ExternalDNS` is told to plan.
    pub filter: DomainFilter,
}

/// What the last loop and the last writes were.
#[derive(Debug, Default)]
pub(super) struct Memory {
    asked: Mutex<Option<Arc<Asked>>>,
    writes: Mutex<BTreeMap<ProfileId, Written>>,
}

/// The last `/adjustendpoints`.
#[derive(Debug)]
struct Asked {
    at: Timestamp,
    sources: Vec<Source>,
    public_ips: PublicIps,
    records: Vec<Endpoint>,
}

impl fmt::Debug for ExplainTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplainTools")
            .field("resolver", &self.resolver)
            .finish_non_exhaustive()
    }
}

// === impl Memory ===

impl Memory {
    fn asked(&self) -> MutexGuard<'_, Option<Arc<Asked>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writes(&self) -> MutexGuard<'_, BTreeMap<ProfileId, Written>> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    /// What was asked and decided in a loop.
    pub(super) fn remember_loop(
        &self,
        sources: Vec<Source>,
        public_ips: PublicIps,
        records: Vec<Endpoint>,
    ) {
        *self.memory.asked() = Some(Arc::new(Asked {
            at: self.clock.now(),
            sources,
            public_ips,
            records,
        }));
    }

    /// What became of a plan for a profile.
    pub(super) fn remember_write(&self, id: &ProfileId, execution: &Execution) {
        let failures = execution.failures.iter().map(|failure| Trouble {
            message: format!(
                "{}: {}",
                describe(&failure.step.write),
                error_chain(&failure.error)
            ),
            remedy: remedy(&failure.error, &self.behaviour.arm),
            correlation_id: failure.error.correlation_id().map(str::to_owned),
        });
        self.remember_written(id, execution.done, failures.collect());
    }

    /// A profile could not even be read before a write.
    pub(super) fn remember_unread(&self, id: &ProfileId, error: &arm_client::Error) {
        let failure = Trouble {
            message: format!("reading the profile first: {}", error_chain(error)),
            remedy: remedy(error, &self.behaviour.arm),
            correlation_id: error.correlation_id().map(str::to_owned),
        };
        self.remember_written(id, 0, vec![failure]);
    }

    fn remember_written(&self, id: &ProfileId, done: usize, failures: Vec<Trouble>) {
        let at = self.clock.now();
        let mut writes = self.memory.writes();
        writes.retain(|_, written| at.duration_since(written.at) < REMEMBERED);
        writes.insert(id.clone(), Written { at, done, failures });
    }

    /// The answer to a question.
    pub(super) async fn explain(self: &Arc<Self>, question: &Question) -> Explanation {
        let (inner, asked) = (Arc::clone(self), question.clone());
        // Thousands of objects take a while to look through: not on a thread that answers ExternalDNS.
        let looked = tokio::task::spawn_blocking(move || inner.look_up(&asked)).await;
        let owner = &self.behaviour.scope.owner;
        let mut explanation =
            looked.unwrap_or_else(|_| Explanation::unknown(question, owner.as_str(), Vec::new()));
        if let Some(resolver) = &self.behaviour.explain.resolver {
            let names: BTreeSet<_> = explanation
                .objects
                .iter()
                .flat_map(Explained::names)
                .collect();
            let answers = names
                .iter()
                .take(NAMES)
                .map(|name| ask(resolver.as_ref(), name));
            let answers = join_all(answers).await;
            for object in &mut explanation.objects {
                let names = object.names();
                let of_object = answers.iter().filter(|answer| names.contains(&answer.name));
                object.dns = of_object.cloned().collect();
                hear(object);
            }
        }
        if explanation.listing_fails.is_none() {
            let verdicts = explanation.objects.iter().map(|object| object.verdict);
            explanation.verdict = verdicts.max().unwrap_or(explanation.verdict);
        }
        explanation
    }

    fn look_up(&self, question: &Question) -> Explanation {
        let owner = &self.behaviour.scope.owner;
        let listing = self.listings.latest();
        let nothing = Observed::default();
        let observed = listing
            .as_ref()
            .map_or(&nothing, |listing| &listing.observed);
        let asked = self.memory.asked().clone();
        let mut explanation = Explanation::unknown(question, owner.as_str(), Vec::new());
        explanation.listed_at = self.report.health().last_listing;
        explanation.listing_fails = self.report.listing_trouble();
        explanation.asked_at = asked.as_ref().map(|asked| asked.at);

        let sources = asked.as_ref().map_or(&[][..], |asked| &asked.sources);
        let records = asked.as_ref().map_or(&[][..], |asked| &asked.records);
        let meant = |source: &&Source| is_meant(question, source, records);
        let objects = sources.iter().filter(meant);
        explanation.objects = objects
            .map(|source| self.explain_source(source, asked.as_deref(), observed))
            .collect();
        let present: BTreeSet<_> = sources.iter().map(|source| &source.subject).collect();
        let left_over = observed
            .members(owner)
            .filter(|member| !present.contains(member.subject()))
            .filter(|member| asks_for(question, member.subject()));
        explanation
            .objects
            .extend(left_over.map(|member| self.explain_left_over(&member)));
        explanation.verdict = match &explanation.listing_fails {
            Some(_) => Verdict::Trouble,
            None => explanation
                .objects
                .iter()
                .map(|object| object.verdict)
                .max()
                .unwrap_or(Verdict::Unknown),
        };
        if explanation.objects.is_empty() {
            explanation.hints = hints(
                question,
                sources,
                asked.is_some(),
                &self.behaviour.explain.filter,
            );
        }
        explanation
    }

    fn explain_source(
        &self,
        source: &Source,
        asked: Option<&Asked>,
        observed: &Observed,
    ) -> Explained {
        let scope = &self.behaviour.scope;
        let unknown = PublicIps::Unknown;
        let public_ips = asked.map_or(&unknown, |asked| &asked.public_ips);
        let reading = source.judge(scope, public_ips);
        let record = asked.and_then(|asked| record_of(source, &reading.want, &asked.records));
        let held = observed
            .members(&scope.owner)
            .find(|member| member.subject() == &source.subject);
        let wish = match &reading.want {
            Want::Member(member) => Some(&member.key),
            Want::Nothing | Want::Invalid => None,
        };
        let place = record
            .and_then(|record| place_of(record, observed, scope))
            .or_else(|| {
                held.as_ref()
                    .map(|held| (held.key.profile.clone(), held.key.endpoint.clone()))
            })
            .or_else(|| wish.map(|key| (key.profile.clone(), key.endpoint.clone())));
        let mut object = Explained {
            object: source.subject.resource.clone(),
            host: source.subject.host.clone(),
            verdict: Verdict::Pending,
            summary: String::new(),
            annotations: source
                .annotations
                .names()
                .filter_map(|name| Some(setting(name, source.annotations.get(name)?)))
                .collect(),
            addresses: source.addresses.iter().map(ToString::to_string).collect(),
            decided: None,
            findings: self.findings(source, &reading.mistakes),
            azure: None,
            last_write: None,
            dns: Vec::new(),
        };
        if let Some((profile, endpoint)) = &place {
            object.azure = observed
                .profile(profile)
                .map(|held| self.shown_as_held(held, endpoint));
            object.last_write = self.memory.writes().get(profile).cloned();
        }
        let now = place.as_ref().and_then(|(profile, endpoint)| {
            let profile = observed.profile(profile)?;
            profile
                .members(&scope.owner)
                .find(|member| member.key.endpoint == *endpoint)
                .map(|member| member.record(&scope.owner))
        });
        object.decided = record.map(|record| decided(source, &reading.want, record, now.as_ref()));
        let filtered = !self.behaviour.explain.filter.matches(&source.subject.host);
        let listed = self.report.health().last_listing;
        (object.verdict, object.summary) = judge(&object, &reading.want, filtered, listed);
        // It takes part no more, and what it had is still there.
        if let (Want::Nothing, Some(held)) = (&reading.want, &held) {
            (object.verdict, object.summary) = left_over(held);
        }
        object
    }

    /// A member whose object is not there any more.
    fn explain_left_over(&self, member: &OwnMember<'_>) -> Explained {
        let (verdict, summary) = left_over(member);
        Explained {
            object: member.subject().resource.clone(),
            host: member.subject().host.clone(),
            verdict,
            summary,
            annotations: Vec::new(),
            addresses: Vec::new(),
            decided: None,
            findings: Vec::new(),
            azure: Some(self.shown_as_held(member.profile, &member.key.endpoint)),
            last_write: self.memory.writes().get(&member.key.profile).cloned(),
            dns: Vec::new(),
        }
    }

    fn findings(&self, source: &Source, mistakes: &[Finding]) -> Vec<Told> {
        let reported = self.report.findings(&source.subject);
        let all: BTreeSet<_> = mistakes.iter().cloned().chain(reported).collect();
        let told = all.into_iter().map(|finding| Told {
            reason: finding.reason.to_string(),
            message: finding.message,
        });
        told.collect()
    }

    fn shown_as_held(&self, profile: &ObservedProfile, name: &EndpointName) -> Held {
        let (whole, member) = self.health_of(&profile.id, name);
        let word = |status: MonitorStatus| status.to_string();
        let endpoint = profile.endpoints().get(name).map(|endpoint| {
            let held = &endpoint.properties;
            let target = held.target.as_ref().or(held.target_resource_id.as_ref());
            HeldEndpoint {
                name: name.to_string(),
                target: target.cloned().unwrap_or_default(),
                status: held.endpoint_status.clone().unwrap_or_default(),
                health: member.map(word),
            }
        });
        let others = profile.endpoints().keys().filter(|other| *other != name);
        Held {
            profile: profile.id.to_string(),
            profile_status: profile
                .wire
                .properties
                .profile_status
                .clone()
                .unwrap_or_default(),
            profile_health: whole.map(word),
            managed: profile.marks.managed,
            settings_owner: profile.settings_owner().map(ToString::to_string),
            claim: profile.claim(name).map(|claim| HeldClaim {
                owner: claim.owner.to_string(),
                object: claim.subject.to_string(),
                since: claim.since,
            }),
            endpoint,
            others: others.map(ToString::to_string).collect(),
        }
    }
}

// === impl Explained ===

impl Explained {
    /// The names that users may be led by: the profile's, and the vanity host.
    fn names(&self) -> BTreeSet<String> {
        let decided = self.decided.iter();
        let profiles = decided.clone().map(|decided| decided.profile_host.clone());
        let vanity = decided
            .flat_map(|decided| &decided.settings)
            .filter(|decision| decision.name == Name::Hostname.as_str())
            .map(|decision| decision.value.clone());
        profiles.chain(vanity).collect()
    }
}

async fn ask(resolver: &dyn Resolver, name: &str) -> Answer {
    let (alias, addresses) =
        futures::future::join(resolver.cname(name), resolver.addresses(name)).await;
    let mut answer = Answer {
        name: name.to_owned(),
        alias: None,
        addresses: Vec::new(),
        error: None,
    };
    match alias {
        Ok(alias) => answer.alias = alias,
        Err(error) => answer.error = Some(error_chain(&error)),
    }
    match addresses {
        Ok(found) => answer.addresses = found.iter().map(ToString::to_string).collect(),
        // Where the alias leads may be nobody's business here.
        Err(error) if answer.alias.is_none() => answer.error = Some(error_chain(&error)),
        Err(_) => {}
    }
    answer
}
