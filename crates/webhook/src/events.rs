//! Kubernetes Events: what becomes of an object, where its owner looks.
//!
//! ```text
//!  provider ── happened() ──▶ bounded queue ──▶ one task ──▶ uid looked up ──▶ Event written
//! ```
//!
//! Nobody waits for an Event, and none is worth an error: what the queue has no room for, or what the API server does not
//! take, is counted and left. `docs/EVENTS.md` lists the reasons for people, and a test holds the list to the code.

mod happening;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use kubernetes::{Event, ObjectRef};
use tokio::sync::{mpsc, oneshot};

pub use happening::{EventReason, Happening};
use writer::Writer;

use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::metrics::Metrics;
use crate::metrics::events::Outcome;

/// So many Events wait at most. A first start over a large cluster says something about every object.
const QUEUE: usize = 4096;

/// How long the end of the process waits for what is queued.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where the provider says what has happened.
#[derive(Clone)]
pub(crate) struct Events {
    queue: Option<mpsc::Sender<Item>>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// What waits to be done.
enum Item {
    Write(Box<Event>),
    /// Everything before it is done.
    Mark(oneshot::Sender<()>),
}

// === impl Events ===

impl Events {
    /// Writes to this cluster, in a task of its own. Without one, what happens is said nowhere.
    pub(crate) fn new(cluster: &Cluster, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        let queue = match cluster {
            Cluster::Api { api, .. } => {
                let (queue, items) = mpsc::channel(QUEUE);
                let writer = Writer::new(Arc::clone(api), Arc::clone(&clock), Arc::clone(&metrics));
                tokio::spawn(writer.run(items));
                Some(queue)
            }
            Cluster::Absent { .. } => None,
        };
        Self {
            queue,
            clock,
            metrics,
        }
    }

    /// Something has happened to the object behind a record. Never waits.
    pub(crate) fn happened(&self, happening: Happening) {
        let Some(queue) = &self.queue else { return };
        // Some sources name no object, and some name a kind that is not known here.
        let Some(regarding) = ObjectRef::from_resource(&happening.resource) else {
            self.metrics.events.count(Outcome::NoObject);
            return;
        };
        let event = Box::new(Event {
            regarding,
            meta: None,
            severity: happening.reason.severity(),
            reason: happening.reason.as_str().into(),
            action: happening.reason.action().into(),
            note: happening.note,
            at: self.clock.now(),
        });
        if queue.try_send(Item::Write(event)).is_err() {
            self.metrics.events.count(Outcome::QueueFull);
        }
    }

    /// Waits until what is queued now has been dealt with, and not for long. What is left then is nobody's any more.
    pub(crate) async fn settle(&self) {
        let Some(queue) = &self.queue else { return };
        let dealt_with = async {
            let (mark, done) = oneshot::channel();
            if queue.send(Item::Mark(mark)).await.is_ok() {
                // It is dropped unanswered when the task has ended.
                let _ = done.await;
            }
        };
        if tokio::time::timeout(FAREWELL, dealt_with).await.is_err() {
            // The one that is being written, and those behind it: as many as there are with the mark.
            let left = queue.max_capacity() - queue.capacity();
            tracing::warn!(
                left,
                "the API server takes too long: Kubernetes Events are left unwritten"
            );
        }
    }
}
