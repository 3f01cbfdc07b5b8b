//! Applying a batch: profiles in parallel, each one in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use members::batch::{Batch, ProfileChange};
use members::plan::{Plan, plan};
use members::{Finding, Member, MemberKey, Observed, ObservedProfile, Reason, Subject};
use traffic_manager::ProfileId;

use super::execute::{Execution, describe, execute};
use super::found::{may_be_founded, may_do_without_tags};
use super::{Inner, ProviderError};
use crate::provider_api::error_chain;
use external_dns::Changes;

/// Profiles that are written at the same time. Azure's write budget refills at
/// ten a second.
const PARALLEL_PROFILES: usize = 8;

/// What became of one profile's change.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    findings: Vec<Finding>,
    pub(super) failures: Vec<String>,
    /// Members that were to be written and are not in place.
    missing: BTreeSet<MemberKey>,
    /// Whether something was left because the process is about to end.
    abandoned: bool,
    /// Somebody else wrote to the profile in between, and Azure refused a write because of it.
    overtaken: bool,
}

// === impl Inner ===

impl Inner {
    /// Carries out the changes of a loop. What fails is reported and does not
    /// hold up the rest; ExternalDNS plans it again in its next loop.
    pub(super) async fn apply(self: &Arc<Self>, changes: &Changes) -> Result<(), ProviderError> {
        let mut batch = Batch::new(changes, &self.behaviour.scope);
        let deadline = self.behaviour.deadline;
        let known = if batch.deletions().is_empty() {
            Ok(BTreeSet::new())
        } else {
            self.known_members().await
        };
        // A batch that had to wait for another one this long is not begun: by
        // then ExternalDNS has been told to come again with a new plan.
        let work = self.stop.run_until_cancelled(self.work.lock());
        let _work = match tokio::time::timeout(deadline, work).await {
            Ok(Some(work)) if !self.stop.is_cancelled() => work,
            Ok(_) => {
                return Err(ProviderError::Stopped {
                    left: "nothing of this batch was begun".to_owned(),
                });
            }
            Err(_) => return Err(ProviderError::Deadline { after: deadline }),
        };
        let mut findings = std::mem::take(&mut batch.findings);
        let mut failures: Vec<String> = Vec::new();
        let mismatches = findings
            .iter()
            .filter(|finding| finding.reason == Reason::OwnerMismatch)
            .map(ToString::to_string);
        let mismatch = mismatches.into_iter().next();

        failures.extend(self.leave_refused_deletions(&mut batch));
        let held_back = self.hold_back(&mut batch, known);
        let listed = self.listings.current();
        let listed = listed.as_deref().map(|snapshot| &snapshot.observed);
        let mut missing = BTreeSet::new();
        let mut abandoned = false;
        while !batch.is_done() {
            if self.stop.is_cancelled() {
                abandoned = true;
                break;
            }
            let stage = batch.next_stage(&missing);
            let outcome = self.apply_to_profiles(stage, listed).await;
            findings.extend(outcome.findings);
            failures.extend(outcome.failures);
            missing.extend(outcome.missing);
            abandoned |= outcome.abandoned;
        }
        self.report.writes(findings);
        failures.sort_unstable();
        if let Some(mismatch) = mismatch {
            return Err(ProviderError::Refused { summary: mismatch });
        }
        if abandoned {
            let undone =
                "a part of this batch is left, and is done after the next start".to_owned();
            let left: Vec<_> = std::iter::once(undone).chain(failures).collect();
            return Err(ProviderError::Stopped {
                left: left.join("; "),
            });
        }
        if let Err(held) = held_back {
            let all: Vec<_> = std::iter::once(held.summary).chain(failures).collect();
            let summary = all.join("; ");
            self.report.write_failed(&summary);
            return Err(ProviderError::HeldBack { summary });
        }
        if failures.is_empty() {
            return Ok(());
        }
        let summary = failures.join("; ");
        self.report.write_failed(&summary);
        Err(ProviderError::Azure {
            action:
                "not everything could be written; the rest is done, and the next loop tries again"
                    .to_owned(),
            source: summary.into(),
        })
    }

    /// Takes the deletions out of a batch that Azure has refused lately and would
    /// refuse again. Returns what it said.
    fn leave_refused_deletions(&self, batch: &mut Batch) -> Vec<String> {
        let mut refused = self.refusals.deletions(self.clock.monotonic());
        let asked = batch.deletions();
        refused.retain(|key, _| asked.contains_key(key));
        batch.hold_back(refused.keys());
        let said = refused.into_values();
        said.map(|text| format!("{text} (not tried again yet)"))
            .collect()
    }

    /// Profiles in parallel; one that fails does not hold up the others.
    async fn apply_to_profiles(
        &self,
        changes: BTreeMap<ProfileId, ProfileChange>,
        listed: Option<&Observed>,
    ) -> Outcome {
        let changes: Vec<_> = changes.into_iter().collect();
        let outcomes: Vec<Outcome> = stream::iter(changes)
            .map(|(id, change)| async move { self.apply_to_profile(&id, &change, listed).await })
            .buffer_unordered(PARALLEL_PROFILES)
            .collect()
            .await;
        let mut all = Outcome::default();
        for outcome in outcomes {
            all.findings.extend(outcome.findings);
            all.failures.extend(outcome.failures);
            all.missing.extend(outcome.missing);
            all.abandoned |= outcome.abandoned;
        }
        all
    }

    async fn apply_to_profile(
        &self,
        id: &ProfileId,
        change: &ProfileChange,
        listed: Option<&Observed>,
    ) -> Outcome {
        let (outcome, execution) = self.try_profile(id, change, listed).await;
        if let Some(refused) = may_do_without_tags(&execution, change)
            && !outcome.overtaken
        {
            if let Some(outcome) = self.create_without_tags(id, change, refused).await {
                return outcome;
            }
            self.remember_refusal(id, change, refused).await;
        }
        let founded = may_be_founded(&execution, change) && self.found(id, change).await;
        let raced = execution.preempted || execution.replaced_a_racer || outcome.overtaken;
        // After a race it is looked once more at what is there now: whoever came
        // first is joined, and what a racer has written since is seen.
        if founded || raced {
            return self.try_profile(id, change, None).await.0;
        }
        outcome
    }

    /// Reads the profile, plans, and writes. `listed` is what this loop has
    /// listed, if nothing was written since.
    pub(super) async fn try_profile(
        &self,
        id: &ProfileId,
        change: &ProfileChange,
        listed: Option<&Observed>,
    ) -> (Outcome, Execution) {
        let mut outcome = Outcome::default();
        let taken = self.name_may_be_taken(id, change, listed).await;
        // Reading changes nothing, so it is left at once.
        let read = self.stop.run_until_cancelled(self.api.get_profile(id));
        let read = read.await.filter(|_| !self.stop.is_cancelled());
        let Some(read) = read else {
            outcome.abandoned = true;
            return (outcome, Execution::default());
        };
        let observed = match read {
            // To create it would be to replace it, should the list be right.
            Ok(None) if listed.is_some_and(|listed| listed.profile(id).is_some()) => {
                return (Outcome::vanished(id, change), Execution::default());
            }
            Ok(None) => {
                if let Some(name) = taken {
                    outcome.findings = self.name_is_refused(id, change, &name).await;
                    let said = outcome.findings.first();
                    let said = said.map_or("the DNS name is taken", |finding| &finding.message);
                    outcome
                        .failures
                        .push(format!("profile {}: {said}", id.name));
                    let all = change.upserts.iter().map(|member| member.key.clone());
                    outcome.missing.extend(all);
                    return (outcome, Execution::default());
                }
                None
            }
            Ok(Some(profile)) => {
                match ObservedProfile::new(profile).filter(|held| held.id == *id) {
                    Some(observed) => {
                        self.saw(&observed);
                        Some(observed)
                    }
                    // To take it for absent would be to overwrite it.
                    None => return (Outcome::unreadable(id, change), Execution::default()),
                }
            }
            Err(error) => {
                self.remember_unread(id, &error);
                let text = format!("reading profile {}: {}", id.name, error_chain(&error));
                tracing::warn!(profile = %id.name, correlation_id = error.correlation_id(), error = %error_chain(&error), "reading the profile failed; nothing is written to it");
                outcome.failures.push(text);
                outcome
                    .missing
                    .extend(change.upserts.iter().map(|member| member.key.clone()));
                return (outcome, Execution::default());
            }
        };
        let now = self.clock.now();
        let plan = plan(observed.as_ref(), change, &self.behaviour.scope, now);
        outcome.findings.extend(plan.refused.iter().cloned());
        let refused: BTreeSet<Subject> = plan
            .refused
            .iter()
            .map(|finding| finding.subject.clone())
            .collect();
        let execution = self.carry_out(id, plan).await;
        self.tell_deeds(id, observed.as_ref(), Some(change), &execution);
        let left = execution.abandoned.len();
        if self.stop.is_cancelled() {
            outcome.abandoned = left > 0;
        } else if left > 0 {
            outcome.failures.push(format!(
                "profile {}: {left} more writes are left, because Azure takes no more requests for now",
                id.name
            ));
        }
        let absent = |member: &&Member| {
            refused.contains(&member.subject) || execution.is_without(&member.key.endpoint)
        };
        let missing = change
            .upserts
            .iter()
            .filter(absent)
            .map(|member| member.key.clone());
        outcome.missing.extend(missing);
        if execution.replaced_a_racer {
            tracing::warn!(
                profile = %id.name,
                resource_group = %id.resource_group,
                "somebody else created the profile at the same moment and was overwritten; another cluster adds its members again in its next loop"
            );
            self.report.overwrote();
        }
        if execution.preempted {
            tracing::info!(
                profile = %id.name,
                resource_group = %id.resource_group,
                "somebody else created the profile at the same moment; it is joined"
            );
            outcome.failures.push(format!(
                "profile {}: somebody else created it at the same moment",
                id.name
            ));
            let all = change.upserts.iter().map(|member| member.key.clone());
            outcome.missing.extend(all);
        }
        if !execution.contested.is_empty() {
            self.retract(id, &execution.contested).await;
            outcome.overtaken = true;
            outcome.failures.push(format!(
                "profile {}: another owner has claimed an endpoint of the same name first",
                id.name
            ));
            let all = change.upserts.iter().map(|member| member.key.clone());
            outcome.missing.extend(all);
        }
        // What fails after a failure may fail because of it: only the first
        // says something about the wish.
        if let Some(first) = execution.failures.first() {
            let overtaken = self.was_overtaken(id, observed.as_ref(), first).await;
            outcome.overtaken |= overtaken;
            // That it was for the tags is found out first.
            if !overtaken && may_do_without_tags(&execution, change).is_none() {
                self.remember_refusal(id, change, first).await;
            }
        }
        for failure in &execution.failures {
            outcome.failures.push(format!(
                "profile {}: {}: {}",
                id.name,
                describe(&failure.step.write),
                error_chain(&failure.error)
            ));
        }
        (outcome, execution)
    }

    /// Executes a plan, or logs it under `--dry-run`.
    pub(super) async fn carry_out(&self, id: &ProfileId, plan: Plan) -> Execution {
        if plan.steps.is_empty() {
            return Execution::default();
        }
        if self.behaviour.dry_run {
            for step in &plan.steps {
                tracing::info!(
                    profile = %id.name,
                    resource_group = %id.resource_group,
                    "dry run, not done: {}",
                    describe(&step.write)
                );
            }
            return Execution::default();
        }
        let owner = &self.behaviour.scope.owner;
        // Before and after: a listing that overlaps the writes is worth nothing.
        self.listings.outdate();
        let execution = execute(self.api.as_ref(), id, plan, owner, &self.stop).await;
        self.listings.outdate();
        self.remember_write(id, &execution);
        if !execution.abandoned.is_empty() {
            tracing::info!(
                profile = %id.name,
                resource_group = %id.resource_group,
                done = execution.done,
                left = execution.abandoned.len(),
                shutting_down = self.stop.is_cancelled(),
                throttled = !self.stop.is_cancelled(),
                "left between two writes"
            );
        }
        for failure in &execution.failures {
            tracing::warn!(
                profile = %id.name,
                resource_group = %id.resource_group,
                member = failure.step.member.as_ref().map(tracing::field::display),
                correlation_id = failure.error.correlation_id(),
                error = %error_chain(&failure.error),
                skipped = execution.skipped,
                "failed: {}",
                describe(&failure.step.write)
            );
        }
        execution
    }
}

// === impl Outcome ===

impl Outcome {
    /// Azure has just listed the profile and now says that there is none.
    fn vanished(id: &ProfileId, change: &ProfileChange) -> Self {
        tracing::warn!(profile = %id.name, "Azure has listed the profile and does not find it; nothing is written to it");
        Self {
            failures: vec![format!(
                "profile {}: Azure has listed it and does not find it; if it stays away, the next loop creates it",
                id.name
            )],
            missing: change
                .upserts
                .iter()
                .map(|member| member.key.clone())
                .collect(),
            ..Self::default()
        }
    }

    /// The profile is there, and its id is not the one that was asked for.
    fn unreadable(id: &ProfileId, change: &ProfileChange) -> Self {
        tracing::warn!(profile = %id.name, "Azure answered a profile with another id; nothing is written to it");
        Self {
            failures: vec![format!("profile {}: Azure answered another id", id.name)],
            missing: change
                .upserts
                .iter()
                .map(|member| member.key.clone())
                .collect(),
            ..Self::default()
        }
    }
}
