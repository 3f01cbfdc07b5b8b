//! Founding a profile.
//!
//! A profile is created by one PUT with all its first members, and Azure
//! refuses the whole for one bad member. The others must not wait for it: they
//! found the profile one by one until one succeeds, and the rest join it.

use arm_client::Refusal;
use members::batch::ProfileChange;
use members::plan::{Gate, Write, plan};
use members::{Member, MemberKey};
use traffic_manager::{ProfileId, RelativeName};

use super::Inner;
use super::apply::Outcome;
use super::execute::{Execution, Failure, describe};
use super::refusals::Refused;
use crate::provider_api::error_chain;

/// How many members try to found a profile alone. When the settings are at
/// fault, each of them fails, and each costs a write.
const FOUNDERS: usize = 5;

// === impl Inner ===

impl Inner {
    /// After a creation that Azure has refused: creates the profile with one
    /// member alone. Returns whether one could; those that could not are
    /// remembered as refused.
    pub(super) async fn found(&self, id: &ProfileId, change: &ProfileChange) -> bool {
        let mut members: Vec<&Member> = change.upserts.iter().collect();
        members.sort_by_key(|member| (&member.subject, &member.key));
        for founder in members.into_iter().take(FOUNDERS) {
            if self.stop.is_cancelled() {
                return false;
            }
            // Somebody else may have founded it meanwhile.
            match self.api.get_profile(id).await {
                Ok(None) => {}
                Ok(Some(_)) => return true,
                Err(_) => return false,
            }
            let alone = ProfileChange {
                upserts: vec![founder.clone()],
                ..ProfileChange::default()
            };
            let plan = plan(None, &alone, &self.behaviour.scope, self.clock.now());
            let execution = self.carry_out(id, plan).await;
            self.tell_deeds(id, None, Some(&alone), &execution);
            let Some(failure) = execution.failures.first() else {
                return true;
            };
            self.remember_refusal(id, &alone, failure).await;
            if !is_invalid(&failure.error) {
                return false;
            }
        }
        false
    }

    /// After a creation that Azure has refused: creates the profile without the
    /// tags that its objects ask for. If it can be had so, the tags are what is
    /// refused, and nobody's endpoint waits for them.
    pub(super) async fn create_without_tags(
        &self,
        id: &ProfileId,
        change: &ProfileChange,
        refused: &Failure,
    ) -> Option<Outcome> {
        let mut plain = change.clone();
        for member in &mut plain.upserts {
            member.settings.tags = None;
        }
        let (mut outcome, execution) = self.try_profile(id, &plain, None).await;
        if execution.done == 0 || !execution.failures.is_empty() {
            return None;
        }
        let said = error_chain(&refused.error);
        let message = format!(
            "profile {}: creating it with the tags that are asked for: {said}",
            id.name
        );
        if let Some(leader) = change.upserts.first() {
            let settings = Box::new(leader.settings.clone());
            self.remember(Refused::Settings(id.clone(), settings), message.clone());
        }
        if execution.replaced_a_racer {
            outcome = self.try_profile(id, &plain, None).await.0;
        }
        outcome.failures.push(message);
        Some(outcome)
    }

    /// Remembers a refusal that trying again each loop would not change.
    pub(super) async fn remember_refusal(
        &self,
        id: &ProfileId,
        change: &ProfileChange,
        failure: &Failure,
    ) {
        let error = &failure.error;
        let said = error_chain(error);
        match &failure.step.write {
            Write::CreateProfile(_) if error.is_name_taken() => {
                let Some(leader) = change.upserts.first() else {
                    return;
                };
                let name = &leader.settings.relative_name;
                if self.name_is_taken(id, name).await {
                    self.name_is_refused(id, change, name).await;
                }
            }
            // The tags that are asked for: every claim is written before them.
            Write::MergeTags(_) | Write::DeleteTags(_)
                if failure.step.gate == Gate::Alone && is_lasting(error) =>
            {
                if let Some(leader) = change.upserts.first() {
                    let what = describe(&failure.step.write);
                    let message = format!("profile {}: {what}: {said}", id.name);
                    let settings = Box::new(leader.settings.clone());
                    self.remember(Refused::Settings(id.clone(), settings), message);
                }
            }
            // Whoever asks, and whatever for: it is not about the members. Tags
            // that come last hold nobody up: everything else is written.
            Write::CreateProfile(_) | Write::MergeTags(_)
                if failure.step.gate == Gate::Vital && error.refusal().is_some() =>
            {
                let creates = matches!(failure.step.write, Write::CreateProfile(_));
                let what = describe(&failure.step.write);
                for member in &change.upserts {
                    let member = Box::new(member.clone());
                    let refused = if creates {
                        Refused::Founder(member)
                    } else {
                        Refused::Endpoint(member)
                    };
                    let message = format!("profile {}: {what}: {said}", id.name);
                    self.remember(refused, message);
                }
            }
            Write::CreateProfile(_) if is_invalid(error) => {
                // With several members it is not known whose fault it is.
                if let [member] = change.upserts.as_slice() {
                    let message = format!(
                        "Azure refuses to create profile {} with endpoint {}: {said}",
                        id.name, member.key.endpoint
                    );
                    self.remember(Refused::Founder(Box::new(member.clone())), message);
                }
            }
            Write::PatchProfile(_) if is_lasting(error) => {
                if let Some(leader) = change.upserts.first() {
                    let message = format!(
                        "Azure refuses these settings of profile {}: {said}",
                        id.name
                    );
                    let settings = Box::new(leader.settings.clone());
                    self.remember(Refused::Settings(id.clone(), settings), message);
                }
            }
            Write::PutEndpoint(_) if is_lasting(error) => {
                let is_it =
                    |member: &&Member| Some(&member.key.endpoint) == failure.step.member.as_ref();
                if let Some(member) = change.upserts.iter().find(is_it) {
                    let message = format!(
                        "Azure refuses endpoint {} of profile {}: {said}",
                        member.key.endpoint, id.name
                    );
                    self.remember(Refused::Endpoint(Box::new(member.clone())), message);
                }
            }
            // In a rename the step is one of the new name's: what is refused is
            // the end of the old one.
            Write::DeleteEndpoint(_, endpoint) if is_lasting(error) => {
                let message = format!("profile {}: deleting endpoint {endpoint}: {said}", id.name);
                let key = MemberKey {
                    profile: id.clone(),
                    endpoint: endpoint.clone(),
                };
                self.remember(Refused::Deletion(key), message);
            }
            _ => {}
        }
    }

    pub(super) fn remember(&self, refused: Refused, message: String) {
        self.refusals
            .remember(self.clock.monotonic(), refused, message);
    }

    /// Azure says 409 for other things than a taken name: asks whether it is
    /// the name, and whether the profile is not simply there, because an answer
    /// was wrong. Who may not ask has to believe the 409.
    async fn name_is_taken(&self, id: &ProfileId, name: &RelativeName) -> bool {
        let taken = match self.api.check_name(&id.subscription, name).await {
            Ok(answer) => !answer.available,
            Err(error) => error.is_forbidden(),
        };
        taken && matches!(self.api.get_profile(id).await, Ok(None))
    }
}

/// The failure of a creation that may be for the user's own tags: a policy can
/// forbid them, or Azure itself.
pub(super) fn may_do_without_tags<'a>(
    execution: &'a Execution,
    change: &ProfileChange,
) -> Option<&'a Failure> {
    let mut members = change.upserts.iter();
    if !members.any(|member| member.settings.tags.is_some()) {
        return None;
    }
    execution.failures.first().filter(|failure| {
        let refusal = failure.error.refusal();
        let policy = matches!(refusal, Some(Refusal::Policy { .. }));
        matches!(failure.step.write, Write::CreateProfile(_))
            && (policy || (is_invalid(&failure.error) && refusal.is_none()))
    })
}

/// Whether a creation failed that other founders might manage.
pub(super) fn may_be_founded(execution: &Execution, change: &ProfileChange) -> bool {
    change.upserts.len() > 1
        && execution.failures.iter().any(|failure| {
            matches!(failure.step.write, Write::CreateProfile(_))
                && is_invalid(&failure.error)
                && failure.error.refusal().is_none()
        })
}

/// Whether Azure says that the request itself is wrong.
pub(super) fn is_invalid(error: &arm_client::Error) -> bool {
    error
        .status_error()
        .is_some_and(|status| status.status == 400)
}

/// Whether Azure will say the same again until a person has acted.
fn is_lasting(error: &arm_client::Error) -> bool {
    is_invalid(error) || error.refusal().is_some()
}
