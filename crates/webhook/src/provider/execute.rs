//! Executing a plan: the steps of one profile, in order.

use std::collections::{BTreeMap, BTreeSet};

use arm_client::{Error, PutOutcome, TrafficManagerApi};
use members::OwnerId;
use members::plan::{Gate, Plan, Step, Write, contested};
use tokio_util::sync::CancellationToken;
use traffic_manager::{EndpointName, ProfileId};

use super::rest;

/// A step that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// What was attempted.
    pub(super) step: Step,
    /// What Azure said.
    pub(super) error: Error,
}

/// What became of a plan.
#[derive(Debug, Default)]
pub(super) struct Execution {
    /// Steps that succeeded.
    pub(super) done: usize,
    /// Steps that were left out because of a failure.
    pub(super) skipped: usize,
    /// Steps that failed.
    pub(super) failures: Vec<Failure>,
    /// Steps that were left because the process is about to end, or because
    /// Azure takes no requests for now.
    pub(super) abandoned: Vec<Step>,
    /// A profile that somebody else created at the same moment was replaced.
    pub(super) replaced_a_racer: bool,
    /// The profile was to be created, and somebody else has created it.
    pub(super) preempted: bool,
    /// Endpoints that were to be claimed and that another owner has claimed first.
    pub(super) contested: BTreeSet<EndpointName>,
    /// What is other than it was.
    pub(super) effects: Effects,
}

/// What the writes of a plan have changed in Azure, but for tags.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Endpoints that were written, alone or with the new profile.
    pub(super) written: BTreeSet<EndpointName>,
    /// Endpoints that were deleted.
    pub(super) deleted: BTreeSet<EndpointName>,
    /// Whether the profile's settings were changed.
    pub(super) settings: bool,
}

// === impl Execution ===

impl Execution {
    /// Whether a member that was to be written may not be in place.
    pub(super) fn is_without(&self, member: &EndpointName) -> bool {
        let concerns =
            |step: &Step| step.gate == Gate::Vital || step.member.as_ref() == Some(member);
        self.failures.iter().any(|failure| concerns(&failure.step))
            || self.abandoned.iter().any(concerns)
    }
}

// === impl Effects ===

impl Effects {
    /// A step has been done. What undoes another step changes nothing.
    fn add(&mut self, step: &Step) {
        if step.gate == Gate::Undo {
            return;
        }
        match &step.write {
            Write::CreateProfile(body) => {
                let names = body.endpoints().iter();
                let names = names.filter_map(|endpoint| endpoint.name.as_deref()?.parse().ok());
                self.written.extend(names);
            }
            Write::PutEndpoint(endpoint) => {
                let name = endpoint.name.as_deref().and_then(|name| name.parse().ok());
                self.written.extend(name);
            }
            Write::DeleteEndpoint(_, name) => {
                self.deleted.insert(name.clone());
            }
            Write::PatchProfile(_) => self.settings = true,
            Write::MergeTags(_) | Write::DeleteTags(_) | Write::DeleteProfile => {}
        }
    }
}

/// Carries out a plan. A failure stops what depends on it and nothing else.
/// When `stop` is cancelled, or Azure still throttles after the tries of a step,
/// the rest is abandoned at the next point at which no member is in a passing
/// state.
pub(super) async fn execute(
    api: &dyn TrafficManagerApi,
    id: &ProfileId,
    plan: Plan,
    owner: &OwnerId,
    stop: &CancellationToken,
) -> Execution {
    let mut execution = Execution::default();
    let mut failed_members: BTreeSet<EndpointName> = BTreeSet::new();
    let mut halted = false;
    let mut throttled = false;
    let rests = rest::points(&plan.steps);
    let mut steps = plan.steps.into_iter();
    for may_rest in rests {
        let is_undone = |step: &Step| {
            let member = step.member.as_ref();
            step.gate == Gate::Undo && member.is_some_and(|member| failed_members.contains(member))
        };
        let leave = throttled || stop.is_cancelled();
        if leave && may_rest && !steps.as_slice().iter().any(is_undone) {
            // What would only undo a failure has nothing to undo.
            let left = steps.filter(|step| step.gate != Gate::Undo);
            execution.abandoned.extend(left);
            break;
        }
        let Some(step) = steps.next() else {
            break;
        };
        let member_failed = step
            .member
            .as_ref()
            .is_some_and(|member| failed_members.contains(member));
        let left_out = match step.gate {
            Gate::Undo => !member_failed,
            Gate::AfterSuccess => member_failed || !execution.failures.is_empty(),
            Gate::Vital | Gate::Alone => member_failed,
        };
        if halted || left_out {
            execution.skipped += 1;
            continue;
        }
        tracing::info!(profile = %id.name, resource_group = %id.resource_group, "{}", describe(&step.write));
        match write(api, id, &step.write).await {
            Ok(Written::Preempted) => {
                execution.preempted = true;
                halted = true;
            }
            Ok(Written::Tagged(tags)) => {
                execution.done += 1;
                if step.gate == Gate::Vital {
                    execution.contested = contested(&plan.claimed_anew, &tags, owner);
                    halted |= !execution.contested.is_empty();
                }
            }
            Ok(written) => {
                execution.done += 1;
                execution.effects.add(&step);
                execution.replaced_a_racer |= written == Written::Replaced;
            }
            Err(error) => {
                failed_members.extend(step.member.clone());
                halted |= step.gate == Gate::Vital;
                throttled |= error.is_throttled();
                execution.failures.push(Failure { step, error });
            }
        }
    }
    execution
}

/// What became of a write that did not fail.
#[derive(Debug, PartialEq, Eq)]
enum Written {
    Done,
    /// These are all tags now.
    Tagged(BTreeMap<String, String>),
    /// It has replaced a profile that somebody else had just created.
    Replaced,
    /// It was not made, because somebody else had just created the profile.
    Preempted,
}

async fn write(
    api: &dyn TrafficManagerApi,
    id: &ProfileId,
    write: &Write,
) -> Result<Written, Error> {
    match write {
        Write::CreateProfile(body) => {
            return Ok(match api.put_profile(id, body).await? {
                PutOutcome::Created(_) | PutOutcome::Repeated(_) => Written::Done,
                PutOutcome::Replaced(_) => Written::Replaced,
                PutOutcome::Preempted(_) => Written::Preempted,
            });
        }
        Write::PatchProfile(patch) => drop(api.patch_profile(id, patch).await?),
        Write::PutEndpoint(endpoint) => drop(api.put_endpoint(id, endpoint).await?),
        Write::DeleteEndpoint(kind, name) => {
            api.delete_endpoint(id, *kind, name).await?;
        }
        Write::MergeTags(tags) => {
            return Ok(Written::Tagged(api.merge_tags(id, tags).await?));
        }
        Write::DeleteTags(tags) => drop(api.delete_tags(id, tags).await?),
        Write::DeleteProfile => {
            api.delete_profile(id).await?;
        }
    }
    Ok(Written::Done)
}

/// A write in words.
pub(super) fn describe(write: &Write) -> String {
    match write {
        Write::CreateProfile(body) => {
            let names: Vec<_> = body
                .endpoints()
                .iter()
                .filter_map(|endpoint| endpoint.name.as_deref())
                .collect();
            format!("creating the profile with endpoints {}", names.join(", "))
        }
        Write::PatchProfile(_) => "changing the profile's settings".to_owned(),
        Write::PutEndpoint(endpoint) => {
            format!(
                "writing endpoint {}",
                endpoint.name.as_deref().unwrap_or_default()
            )
        }
        Write::DeleteEndpoint(_, name) => format!("deleting endpoint {name}"),
        Write::MergeTags(tags) => format!("writing tags {}", names(tags)),
        Write::DeleteTags(tags) => format!("removing tags {}", names(tags)),
        Write::DeleteProfile => {
            "deleting the profile, which has been empty for the whole grace".to_owned()
        }
    }
}

fn names(tags: &BTreeMap<String, String>) -> String {
    tags.keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
