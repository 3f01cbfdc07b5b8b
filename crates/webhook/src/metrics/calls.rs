//! ExternalDNS's calls: how many, how they ended, how long they took.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::clock::Clock;
use crate::http::answer::Answer;
use crate::http::call::Call;

/// Counts ExternalDNS's calls.
pub struct CallMetrics {
    requests: Family<AnsweredLabels, Counter>,
    durations: Family<CallLabels, Histogram, fn() -> Histogram>,
    in_flight: Family<CallLabels, Gauge>,
    late: Family<LateLabels, Counter>,
    last_success: Family<CallLabels, Gauge<f64, AtomicU64>>,
    clock: Arc<dyn Clock>,
}

/// Counts a call as running until it is dropped.
#[derive(Debug)]
pub struct Running(Gauge);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    call: Call,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnsweredLabels {
    call: Call,
    status: u16,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LateLabels {
    call: Call,
    outcome: &'static str,
}

/// In seconds. ExternalDNS gives up after 15 s, so nothing above it needs telling apart.
const BUCKETS: [f64; 11] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0];

// === impl CallMetrics ===

impl CallMetrics {
    pub(super) fn register(registry: &mut Registry, clock: Arc<dyn Clock>) -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Family::default(),
            late: Family::default(),
            last_success: Family::default(),
            clock,
        };
        registry.register(
            "requests",
            "Calls of ExternalDNS that were answered",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time from the arrival of a call of ExternalDNS to its answer",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Calls of ExternalDNS whose work has not ended, answered or not",
            metrics.in_flight.clone(),
        );
        registry.register(
            "late_completions",
            "Calls of ExternalDNS whose work ended after they had been answered at the deadline",
            metrics.late.clone(),
        );
        registry.register_with_unit(
            "last_success_timestamp",
            "When a call of ExternalDNS was last carried out, in Unix time; 0 for never",
            Unit::Seconds,
            metrics.last_success.clone(),
        );
        metrics.start_at_zero();
        metrics
    }

    /// A series that exists from the start shows its first increase, and an alert on "never" works.
    fn start_at_zero(&self) {
        for &call in Call::ALL {
            let status = if call == Call::Apply { 204 } else { 200 };
            drop(self.requests.get_or_create(&AnsweredLabels {
                call,
                status,
                outcome: "ok",
            }));
            drop(self.durations.get_or_create(&CallLabels { call }));
            drop(self.in_flight.get_or_create(&CallLabels { call }));
            drop(self.last_success.get_or_create(&CallLabels { call }));
        }
    }

    /// A call has arrived. Its work runs until the returned value is dropped.
    #[must_use]
    pub fn started(&self, call: Call) -> Running {
        let gauge = self.in_flight.get_or_create_owned(&CallLabels { call });
        gauge.inc();
        Running(gauge)
    }

    /// A call has been answered, after `duration`.
    pub fn answered(&self, call: Call, answer: &Answer, duration: Duration) {
        let labels = AnsweredLabels {
            call,
            status: answer.status().as_u16(),
            outcome: answer.outcome(),
        };
        self.requests.get_or_create(&labels).inc();
        self.durations
            .get_or_create(&CallLabels { call })
            .observe(duration.as_secs_f64());
        self.succeeded(call, answer);
    }

    /// The work of a call that had been answered at its deadline has ended like this.
    pub fn ended_late(&self, call: Call, answer: &Answer) {
        self.late
            .get_or_create(&LateLabels {
                call,
                outcome: answer.outcome(),
            })
            .inc();
        self.succeeded(call, answer);
    }

    fn succeeded(&self, call: Call, answer: &Answer) {
        if !matches!(answer, Answer::Failed(_)) {
            let now = self.clock.now().as_duration().as_secs_f64();
            self.last_success
                .get_or_create(&CallLabels { call })
                .set(now);
        }
    }
}

impl fmt::Debug for CallMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMetrics").finish_non_exhaustive()
    }
}

// === impl Running ===

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

// === impl Call ===

impl EncodeLabelValue for Call {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
        self.as_str().encode(encoder)
    }
}
