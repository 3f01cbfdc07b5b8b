//! Our calls to Azure Resource Manager.

use std::sync::atomic::AtomicU64;

use arm_client::{CallObserver, CallRecord};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Counts calls to Azure Resource Manager.
#[derive(Debug)]
pub struct ArmMetrics {
    calls: Family<OutcomeLabels, Counter>,
    attempts: Family<OperationLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    held: Family<OperationLabels, Counter<f64, AtomicU64>>,
    allowance: Family<BucketLabels, Gauge>,
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BucketLabels {
    bucket: String,
}

/// In seconds. A write to Traffic Manager takes one or two; with retries a call may take a minute.
const BUCKETS: [f64; 10] = [0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

impl ArmMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            calls: Family::default(),
            attempts: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            held: Family::default(),
            allowance: Family::default(),
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
        registry.register_with_unit(
            "arm_held",
            "Time that calls to Azure Resource Manager waited, to stay below its limits",
            Unit::Seconds,
            metrics.held.clone(),
        );
        registry.register(
            "arm_allowance",
            "Requests that Azure Resource Manager still allows, as it last said, in its scarcest bucket",
            metrics.allowance.clone(),
        );
        metrics
    }
}

impl CallObserver for ArmMetrics {
    fn observe(&self, call: &CallRecord) {
        let (operation, outcome) = (call.operation.as_str(), call.outcome);
        self.calls
            .get_or_create(&OutcomeLabels { operation, outcome })
            .inc();
        let labels = OperationLabels { operation };
        self.attempts
            .get_or_create(&labels)
            .inc_by(u64::from(call.attempts));
        self.durations
            .get_or_create(&labels)
            .observe(call.duration.as_secs_f64());
        self.held
            .get_or_create(&labels)
            .inc_by(call.held.as_secs_f64());
        if let Some(allowance) = &call.allowance {
            let labels = BucketLabels {
                bucket: allowance.bucket.clone(),
            };
            let remaining = i64::try_from(allowance.remaining).unwrap_or(i64::MAX);
            self.allowance.get_or_create(&labels).set(remaining);
        }
    }
}
