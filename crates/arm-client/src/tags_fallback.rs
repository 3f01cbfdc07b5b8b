//! Tags for identities that may not use the tags API.
//!
//! `Microsoft.Resources/tags` merges single tags, and needs a permission of its
//! own. Who may only write profiles can still change tags with a PATCH of the
//! profile, but that replaces all of them, and Azure has no conditional write:
//! two writers who read the same tags undo each other. So every change is read,
//! written and read back, and repeated when somebody has overwritten it.
//!
//! What remains: a writer that read before this change and writes after it was
//! read back undoes it unseen. That is why the tags are read back a moment later
//! and not at once. Whoever relies on a tag has to look at it again in the long
//! run; with the permission the question does not arise.

mod change;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use traffic_manager::profile::{Endpoint, Profile, ProfilePatch};
use traffic_manager::{
    EndpointKind, EndpointName, ProfileId, PublicIp, RelativeName, ResourceGroup, SubscriptionId,
};

use self::change::{Change, Tags};
use crate::ambient::unit;
use crate::retry::{Decision, Failure};
use crate::{
    CallBudget, Clock, Deleted, Entropy, Error, GeographicRegion, ListScope, NameAvailability,
    PutOutcome, StatusError, TrafficManagerApi,
};

/// How long a refusal is believed before the tags API is asked again. A role
/// that was just given takes minutes to have an effect anyway.
const BELIEVED: Duration = Duration::from_mins(10);

/// How long after a write it is read back, 20 percent more or less: longer than
/// it usually takes another writer from its read to its write.
const SETTLED: Duration = Duration::from_secs(1);

/// How often a change is written, and how the writes are spaced.
const BUDGET: CallBudget = CallBudget {
    attempts: 6,
    total: Duration::from_mins(1),
    attempt: Duration::from_mins(1),
    backoff_base: Duration::from_millis(200),
    backoff_cap: Duration::from_secs(3),
};

/// Uses the tags API where the identity may, and else the profile.
pub struct TagsFallback {
    api: Arc<dyn TrafficManagerApi>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    prefix: &'static str,
    stop: CancellationToken,
    /// What the tags API last said in a group, and when (monotonic).
    refused: Mutex<BTreeMap<Place, (Duration, StatusError)>>,
}

/// Where a role is usually given.
type Place = (SubscriptionId, ResourceGroup);

// === impl TagsFallback ===

impl TagsFallback {
    /// Works through `api`. Tags whose names begin with `prefix` belong to
    /// those who share the profiles: when one of them is lost together with a
    /// change of our own, it is put back once. Nobody else's is.
    pub fn new(
        api: Arc<dyn TrafficManagerApi>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        prefix: &'static str,
    ) -> Self {
        Self {
            api,
            clock,
            entropy,
            prefix,
            stop: CancellationToken::new(),
            refused: Mutex::default(),
        }
    }

    /// The same, which reads back at once and writes no second time when `stop`
    /// is cancelled.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    async fn change(&self, id: &ProfileId, change: Change<'_>) -> Result<Tags, Error> {
        let refusal = if let Some(refusal) = self.remembered(id) {
            refusal
        } else {
            let done = match change {
                Change::Merge(tags) => self.api.merge_tags(id, tags).await,
                Change::Delete(tags) => self.api.delete_tags(id, tags).await,
            };
            match done {
                Err(Error::Status(refusal)) if lacks_permission(&refusal) => {
                    tracing::warn!(
                        subscription = %id.subscription,
                        resource_group = %id.resource_group,
                        error = %refusal,
                        "this identity may not use the tags API; tags are written with the profile instead, which is slower and not safe against every race"
                    );
                    self.remember(id, &refusal);
                    *refusal
                }
                done => return done,
            }
        };
        match self.through_profile(id, change).await {
            Err(error) if error.is_forbidden() => {
                // Neither works, and a person may allow either.
                self.forget(id);
                Err(refusal.into())
            }
            done => done,
        }
    }

    /// Reads, writes and reads back until the change has stood.
    async fn through_profile(&self, id: &ProfileId, change: Change<'_>) -> Result<Tags, Error> {
        let started = self.clock.monotonic();
        let mut lost = Tags::new();
        let mut put_back: BTreeSet<String> = BTreeSet::new();
        let mut made = 0;
        loop {
            let held = self.read(id, change).await?;
            if change.is_done(&held) {
                return Ok(held);
            }
            let restored = change::missing(&lost, &held);
            put_back.extend(restored.keys().cloned());
            let mut wanted = change.applied(&held);
            wanted.extend(restored);
            let written = self.api.replace_tags(id, &wanted).await;
            made += 1;
            match &written {
                Ok(_) => {
                    let spread = 0.8 + 0.4 * unit(&*self.entropy);
                    self.wait(SETTLED.mul_f64(spread)).await;
                }
                Err(error) if error.is_transient() => {}
                Err(_) => return written.map(|_| wanted),
            }

            let held = self.read(id, change).await?;
            if change.is_done(&held) {
                return Ok(held);
            }
            lost = change.others_lost(&wanted, &held);
            lost.retain(|name, _| name.starts_with(self.prefix) && !put_back.contains(name));
            let failure = Failure {
                transient: true,
                retry_after: written.as_ref().err().and_then(Error::retry_after),
            };
            let elapsed = self.clock.monotonic().saturating_sub(started);
            match BUDGET.decide(failure, made, elapsed, unit(&*self.entropy)) {
                Decision::Retry { wait } if self.wait(wait).await => {}
                Decision::Retry { .. } | Decision::GiveUp => {
                    return written.and(Err(Error::Overwritten {
                        operation: change.operation(),
                        resource: id.to_string(),
                        writes: made,
                    }));
                }
            }
        }
    }

    /// Returns whether the time has passed; `false` when it is time to stop.
    async fn wait(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = self.clock.sleep(time) => true,
        }
    }

    async fn read(&self, id: &ProfileId, change: Change<'_>) -> Result<Tags, Error> {
        let profile = self.api.get_profile(id).await?;
        let profile = profile.ok_or_else(|| {
            StatusError::new(change.operation(), id.to_string(), 404)
                .saying("ResourceNotFound", "the profile does not exist")
        })?;
        Ok(profile.tags.unwrap_or_default())
    }

    fn remembered(&self, id: &ProfileId) -> Option<StatusError> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, refusal) = refused.get(&place(id))?;
        let age = self.clock.monotonic().saturating_sub(*since);
        (age < BELIEVED).then(|| refusal.clone())
    }

    fn remember(&self, id: &ProfileId, refusal: &StatusError) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(place(id), (self.clock.monotonic(), refusal.clone()));
    }

    fn forget(&self, id: &ProfileId) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.remove(&place(id));
    }
}

fn place(id: &ProfileId) -> Place {
    (id.subscription.clone(), id.resource_group.clone())
}

/// Whether a role is missing, as opposed to a policy that forbids the change
/// itself, however it is made.
fn lacks_permission(error: &StatusError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    error.status == 403 && code.to_ascii_lowercase().ends_with("authorizationfailed")
}

#[async_trait]
impl TrafficManagerApi for TagsFallback {
    async fn merge_tags(&self, id: &ProfileId, tags: &Tags) -> Result<Tags, Error> {
        self.change(id, Change::Merge(tags)).await
    }

    async fn delete_tags(&self, id: &ProfileId, tags: &Tags) -> Result<Tags, Error> {
        self.change(id, Change::Delete(tags)).await
    }

    async fn replace_tags(&self, id: &ProfileId, tags: &Tags) -> Result<Profile, Error> {
        self.api.replace_tags(id, tags).await
    }

    async fn list_profiles(&self, scope: &ListScope) -> Result<Vec<Profile>, Error> {
        self.api.list_profiles(scope).await
    }

    async fn get_profile(&self, id: &ProfileId) -> Result<Option<Profile>, Error> {
        self.api.get_profile(id).await
    }

    async fn put_profile(
        &self,
        id: &ProfileId,
        body: &Profile,
    ) -> Result<PutOutcome<Profile>, Error> {
        self.api.put_profile(id, body).await
    }

    async fn patch_profile(&self, id: &ProfileId, body: &ProfilePatch) -> Result<Profile, Error> {
        self.api.patch_profile(id, body).await
    }

    async fn delete_profile(&self, id: &ProfileId) -> Result<Deleted, Error> {
        self.api.delete_profile(id).await
    }

    async fn put_endpoint(&self, id: &ProfileId, endpoint: &Endpoint) -> Result<Endpoint, Error> {
        self.api.put_endpoint(id, endpoint).await
    }

    async fn delete_endpoint(
        &self,
        id: &ProfileId,
        kind: EndpointKind,
        name: &EndpointName,
    ) -> Result<Deleted, Error> {
        self.api.delete_endpoint(id, kind, name).await
    }

    async fn check_name(
        &self,
        subscription: &SubscriptionId,
        name: &RelativeName,
    ) -> Result<NameAvailability, Error> {
        self.api.check_name(subscription, name).await
    }

    async fn list_public_ips(&self, subscription: &SubscriptionId) -> Result<Vec<PublicIp>, Error> {
        self.api.list_public_ips(subscription).await
    }

    async fn geographic_hierarchy(&self) -> Result<GeographicRegion, Error> {
        self.api.geographic_hierarchy().await
    }
}

#[cfg(test)]
mod tests;
