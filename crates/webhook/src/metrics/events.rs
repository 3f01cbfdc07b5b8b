//! What becomes of Kubernetes Events.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counts Events by what became of them.
#[derive(Debug)]
pub struct EventMetrics {
    events: Family<Labels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: &'static str,
}

/// What became of an Event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The API server has it.
    Written,
    /// It was not sent, because too many were waiting.
    QueueFull,
    /// The service account may not write it.
    Forbidden,
    /// The API server could not be asked, or refused it.
    Failed,
    /// The record names no object, or one of a kind that is not known.
    NoObject,
}

// === impl Outcome ===

impl Outcome {
    /// Every outcome.
    pub const ALL: &[Self] = &[
        Self::Written,
        Self::QueueFull,
        Self::Forbidden,
        Self::Failed,
        Self::NoObject,
    ];

    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::QueueFull => "queue_full",
            Self::Forbidden => "forbidden",
            Self::Failed => "failed",
            Self::NoObject => "no_object",
        }
    }
}

// === impl EventMetrics ===

impl EventMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let events = Family::default();
        registry.register(
            "kubernetes_events",
            "Kubernetes Events about objects, by what became of them",
            events.clone(),
        );
        Self { events }
    }

    /// One more.
    pub fn count(&self, outcome: Outcome) {
        let outcome = outcome.as_str();
        self.events.get_or_create(&Labels { outcome }).inc();
    }
}
