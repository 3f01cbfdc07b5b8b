//! Upkeep: what nobody asks for in a loop, because no record shows it. After a
//! listing that shows something left over, it is cleared up in the background.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use members::plan::{Upkeep, upkeep, upkeep_of};
use members::{Observed, ObservedProfile};
use traffic_manager::ProfileId;

use super::Inner;
use super::listing::Snapshot;
use super::vanity::Ending;
use crate::provider_api::error_chain;

/// How long upkeep of a profile rests after it has failed, or was only logged.
const PAUSE: Duration = Duration::from_mins(10);

/// How soon it is looked again whether users are still led to a profile.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// A profile whose upkeep is due.
struct Due {
    id: ProfileId,
    /// Whether it is to be deleted.
    ends: bool,
    /// Whether something may lead to it.
    asks: bool,
}

// === impl Inner ===

impl Inner {
    /// Starts the upkeep that a listing shows to be due, if any.
    pub(super) fn start_upkeep(self: &Arc<Self>, snapshot: &Arc<Snapshot>) {
        let nested = Arc::new(snapshot.observed.nested());
        let due = self.due(&snapshot.observed);
        // Looking whether a profile may end can take long, and nothing else waits for it.
        let (ends, others): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.ends);
        for (due, is_end) in [(others, false), (ends, true)] {
            if due.is_empty() {
                continue;
            }
            let (inner, nested) = (Arc::clone(self), Arc::clone(&nested));
            tokio::spawn(async move {
                // One pass at a time: what this one does not come to is due in the next loop.
                let pass = if is_end {
                    &inner.end_pass
                } else {
                    &inner.upkeep_pass
                };
                let Ok(_pass) = pass.try_lock() else {
                    return;
                };
                for due in due {
                    if inner.stop.is_cancelled() {
                        return;
                    }
                    inner.go_through(&due, nested.contains(&due.id)).await;
                }
            });
        }
    }

    async fn go_through(&self, Due { id, ends, asks }: &Due, is_nested: bool) {
        // Before the lock that writes hold.
        let may_end = *ends && (!asks || self.ends(id, is_nested).await);
        if may_end || !ends {
            self.keep_up(id, is_nested, may_end).await;
        }
    }

    fn due(&self, observed: &Observed) -> Vec<Due> {
        let now = self.clock.monotonic();
        let mut paused = self
            .upkeep_paused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        paused.retain(|_, until| *until > now);
        let owner = &self.behaviour.scope.owner;
        let plans = upkeep(observed, owner, self.rule(), self.clock.now());
        plans
            .into_iter()
            .filter(|(id, _)| !paused.contains_key(id))
            .map(|(id, plan)| {
                let held = observed.profile(&id);
                Due {
                    ends: plan.ends_the_profile(),
                    asks: held.is_some_and(|held| self.may_be_led_to(held)),
                    id,
                }
            })
            .collect()
    }

    fn rule(&self) -> Upkeep {
        Upkeep {
            grace: self.behaviour.profile_grace,
            delete_grace: self.behaviour.scope.brakes.delete_grace,
        }
    }

    /// Reads the profile once more and decides again: somebody may have come
    /// back since the listing. Only the listing shows whether the profile is
    /// nested in another.
    async fn keep_up(&self, id: &ProfileId, is_nested: bool, may_end: bool) {
        let _work = self.work.lock().await;
        if self.stop.is_cancelled() {
            return;
        }
        let profile = match self.api.get_profile(id).await {
            Ok(Some(profile)) => profile,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(profile = %id.name, correlation_id = error.correlation_id(), error = %error_chain(&error), "upkeep: reading the profile failed");
                return;
            }
        };
        let fresh = ObservedProfile::new(profile).map(|profile| profile.wire);
        let observed = Observed::new(fresh, &self.behaviour.scope);
        let (owner, now) = (&self.behaviour.scope.owner, self.clock.now());
        for profile in observed.profiles() {
            self.saw(profile);
            let Some(plan) = upkeep_of(profile, is_nested, owner, self.rule(), now) else {
                continue;
            };
            let id = profile.id.clone();
            if plan.ends_the_profile() && !may_end {
                continue;
            }
            let execution = self.carry_out(&id, plan).await;
            self.tell_deeds(&id, Some(profile), None, &execution);
            if let Some(failure) = execution.failures.first() {
                let said = error_chain(&failure.error);
                self.report
                    .write_failed(&format!("upkeep of profile {}: {said}", id.name));
                // A lock or a missing permission stays until a person acts.
                self.pause(id);
            } else if self.behaviour.dry_run {
                // Nothing was done, so it stays due: it is not said in every loop.
                self.pause(id);
            }
        }
    }

    /// Whether a profile whose grace is over may be deleted. One to which users are
    /// led stays, and that is said.
    async fn ends(&self, id: &ProfileId, is_nested: bool) -> bool {
        let Ok(Some(profile)) = self.api.get_profile(id).await else {
            return false;
        };
        let Some(profile) = ObservedProfile::new(profile) else {
            return false;
        };
        let (owner, now) = (&self.behaviour.scope.owner, self.clock.now());
        let plan = upkeep_of(&profile, is_nested, owner, self.rule(), now);
        if !plan.is_some_and(|plan| plan.ends_the_profile()) {
            return false;
        }
        match self.may_end(&profile).await {
            Ending::Now => {
                self.report.kept(&profile.id, None);
                true
            }
            Ending::Soon(left) => {
                self.report.kept(&profile.id, None);
                self.pause_for(profile.id.clone(), left.min(LOOK_AGAIN));
                false
            }
            Ending::Kept(why) => {
                self.report.kept(&profile.id, Some(why));
                self.pause_for(profile.id.clone(), LOOK_AGAIN);
                false
            }
        }
    }

    fn pause(&self, id: ProfileId) {
        self.pause_for(id, PAUSE);
    }

    fn pause_for(&self, id: ProfileId, pause: Duration) {
        let until = self.clock.monotonic() + pause;
        let mut paused = self
            .upkeep_paused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        paused.insert(id, until);
    }
}
