//! The task that writes Events.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use kubernetes::{ClusterApi, Error, Event, ObjectMeta, ObjectRef};
use tokio::sync::mpsc;

use super::{EventReason, Item};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::metrics::events::Outcome;
use crate::provider_api::error_chain;

/// How long it is taken for granted what an object is, and what is not allowed.
const REMEMBERED: Duration = Duration::from_mins(10);

/// So many objects are remembered at most.
const OBJECTS: usize = 10_000;

/// What the writer knows.
pub(super) struct Writer {
    api: Arc<dyn ClusterApi>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    objects: HashMap<ObjectRef, Known>,
    /// Events may not be written; it is tried again at this monotonic time.
    rest_until: Option<Duration>,
    /// What is wrong and has been said.
    said: BTreeSet<&'static str>,
}

/// What the API server said about an object, if it was asked with success.
struct Known {
    meta: Option<ObjectMeta>,
    /// Monotonic time.
    until: Duration,
}

const WRITING: &str = "writing Events";
const LOOKING: &str = "looking objects up";

// === impl Writer ===

impl Writer {
    pub(super) fn new(
        api: Arc<dyn ClusterApi>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            api,
            clock,
            metrics,
            objects: HashMap::new(),
            rest_until: None,
            said: BTreeSet::new(),
        }
    }

    /// Ends with the queue.
    pub(super) async fn run(mut self, mut items: mpsc::Receiver<Item>) {
        while let Some(item) = items.recv().await {
            match item {
                Item::Write(event) => {
                    let outcome = self.write(*event).await;
                    self.metrics.events.count(outcome);
                }
                // Whoever waited may have gone.
                Item::Mark(mark) => drop(mark.send(())),
            }
        }
    }

    async fn write(&mut self, mut event: Event) -> Outcome {
        let now = self.clock.monotonic();
        if self.rest_until.is_some_and(|until| now < until) {
            return Outcome::Forbidden;
        }
        event.meta = self.meta(&event, now).await;
        match self.api.publish(&event).await {
            Ok(()) => {
                self.rest_until = None;
                if self.said.remove(WRITING) {
                    tracing::info!("Kubernetes Events are written again");
                }
                Outcome::Written
            }
            Err(error) => {
                self.complain(WRITING, &error, "Kubernetes Events are not written");
                if error.is_forbidden() {
                    self.rest_until = Some(now + REMEMBERED);
                    return Outcome::Forbidden;
                }
                Outcome::Failed
            }
        }
    }

    /// What the object is, from memory where that is fresh. An object that has gone is what it was.
    async fn meta(&mut self, event: &Event, now: Duration) -> Option<ObjectMeta> {
        let object = &event.regarding;
        // A new member may be that of an object that was made again, with another uid.
        let is_new = event.reason == EventReason::MemberCreated.as_str();
        let known = self.objects.get(object);
        if let Some(known) = known.filter(|known| now < known.until && !is_new) {
            return known.meta.clone();
        }
        let before = known.and_then(|known| known.meta.clone());
        let (meta, remember) = match self.api.object(object).await {
            Ok(Some(meta)) => {
                if self.said.remove(LOOKING) {
                    tracing::info!("objects can be looked up again");
                }
                (Some(meta), true)
            }
            Ok(None) => (before, false),
            Err(error) => {
                self.complain(
                    LOOKING,
                    &error,
                    "Kubernetes Events are written without the uid of their object, and kubectl describe does not show them",
                );
                (before, error.is_forbidden() || error.is_missing_kind())
            }
        };
        if remember {
            if self.objects.len() >= OBJECTS {
                self.objects.retain(|_, known| now < known.until);
            }
            if self.objects.len() < OBJECTS {
                let until = now + REMEMBERED;
                let known = Known {
                    meta: meta.clone(),
                    until,
                };
                self.objects.insert(object.clone(), known);
            }
        }
        meta
    }

    /// Says what is wrong, once until it is right again.
    fn complain(&mut self, what: &'static str, error: &Error, consequence: &'static str) {
        if self.said.insert(what) {
            tracing::warn!(
                error = %error_chain(error),
                missing = %error.operation(),
                "{consequence}; docs/KUBERNETES.md has the permissions that are needed"
            );
        } else {
            tracing::debug!(error = %error_chain(error), "{consequence}");
        }
    }
}
