//! The task that writes Events.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use kubernetes::{ClusterApi, Error, Event, ObjectKind, ObjectMeta, ObjectRef, Verb};
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
    /// The namespaces in which no Event may be written, each with the monotonic time at which it is tried again.
    resting: BTreeMap<String, Duration>,
    /// What is wrong and has been said, with the namespace if it may be right in others.
    said: BTreeMap<Matter, Option<String>>,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Matter {
    /// Events are not created.
    Writing,
    /// Those that are there already are not counted.
    Counting,
    /// Objects of a kind are not looked up.
    Looking(ObjectKind),
}

/// What the API server said about an object, if it was asked with success.
struct Known {
    meta: Option<ObjectMeta>,
    /// Monotonic time.
    until: Duration,
}

// === impl Matter ===

impl Matter {
    /// What comes of it.
    const fn consequence(self) -> &'static str {
        match self {
            Self::Writing => "Kubernetes Events are not written",
            Self::Counting => "Kubernetes Events that are there already are not counted",
            Self::Looking(_) => {
                "Kubernetes Events are written without the uid of their object, and kubectl describe does not show them"
            }
        }
    }
}

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
            resting: BTreeMap::new(),
            said: BTreeMap::new(),
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
        self.resting.retain(|_, until| now < *until);
        if self.resting.contains_key(event.namespace()) {
            return Outcome::Forbidden;
        }
        event.meta = self.meta(&event, now).await;
        let namespace = event.namespace();
        match self.api.publish(&event).await {
            Ok(()) => {
                if self.is_right(Matter::Writing, namespace) {
                    tracing::info!("Kubernetes Events are written again");
                }
                Outcome::Written
            }
            Err(error) => {
                // Whoever may only create them can go on with new ones.
                let creating = error.operation().verb == Verb::Create;
                let matter = if creating {
                    Matter::Writing
                } else {
                    Matter::Counting
                };
                self.complain(matter, namespace, &error);
                if !error.is_forbidden() {
                    return Outcome::Failed;
                }
                if creating {
                    // Other namespaces may allow it, or have room for it.
                    let namespace = namespace.to_owned();
                    self.resting.insert(namespace, now + REMEMBERED);
                }
                Outcome::Forbidden
            }
        }
    }

    /// What the object is, from memory where that is fresh. An object that has gone is what it was.
    async fn meta(&mut self, event: &Event, now: Duration) -> Option<ObjectMeta> {
        let object = &event.regarding;
        let matter = Matter::Looking(object.kind);
        // A new member may be that of an object that was made again, with another uid.
        let is_new = event.reason == EventReason::MemberCreated.as_str();
        let known = self.objects.get(object);
        if let Some(known) = known.filter(|known| now < known.until && !is_new) {
            return known.meta.clone();
        }
        let before = known.and_then(|known| known.meta.clone());
        let (meta, remember) = match self.api.object(object).await {
            Ok(Some(meta)) => {
                if self.is_right(matter, &object.namespace) {
                    tracing::info!(resource = %object.kind.resource(), "objects can be looked up again");
                }
                (Some(meta), true)
            }
            Ok(None) => (before, false),
            Err(error) => {
                self.complain(matter, &object.namespace, &error);
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
    fn complain(&mut self, matter: Matter, namespace: &str, error: &Error) {
        let consequence = matter.consequence();
        if self.said.contains_key(&matter) {
            tracing::debug!(error = %error_chain(error), "{consequence}");
            return;
        }
        tracing::warn!(
            error = %error_chain(error),
            missing = %error.operation(),
            "{consequence}; docs/KUBERNETES.md has the permissions that are needed"
        );
        let only_there = error.is_forbidden().then(|| namespace.to_owned());
        self.said.insert(matter, only_there);
    }

    /// Whether this ends what was said. That it works in one namespace says nothing about another that does not
    /// allow it.
    fn is_right(&mut self, matter: Matter, namespace: &str) -> bool {
        let said = self.said.get(&matter);
        let ends = said.is_some_and(|only| only.as_deref().is_none_or(|only| only == namespace));
        if ends {
            self.said.remove(&matter);
        }
        ends
    }
}
