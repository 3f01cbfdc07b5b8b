//! Our calls to Azure Resource Manager.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Counts calls to Azure Resource Manager.
#[derive(Debug)]
pub struct ArmMetrics {
    calls: Family<OutcomeLabels, Counter>,
    attempts: Family<OperationLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    operation: &'static str,
    outcome: &'static str,
}

/// In seconds. A write to Traffic Manager takes one or two; with retries a call may take a minute.
const BUCKETS: [f64; 10] = [0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

impl ArmMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            calls: Family::default(),
            attempts: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        };
        registry.register(
            "arm_calls",
            "Calls to Azure Resource Manager that have ended",
            metrics.calls.clone(),
        );
        registry.register(
            "arm_attempts",
            "Requests sent to Azure Resource Manager, each retry counted",
            metrics.attempts.clone(),
        );
        registry.register_with_unit(
            "arm_call_duration",
            "Time of a call to Azure Resource Manager, retries included",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        metrics
    }

    /// A call has ended after so many attempts.
    pub fn ended(
        &self,
        operation: &'static str,
        outcome: &'static str,
        attempts: u32,
        duration: Duration,
    ) {
        self.calls
            .get_or_create(&OutcomeLabels { operation, outcome })
            .inc();
        let labels = OperationLabels { operation };
        self.attempts
            .get_or_create(&labels)
            .inc_by(u64::from(attempts));
        self.durations
            .get_or_create(&labels)
            .observe(duration.as_secs_f64());
    }
}
