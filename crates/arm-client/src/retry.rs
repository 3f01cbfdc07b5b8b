//! Whether and when to try again. Pure: no clock, no randomness, no I/O.
//!
//! Every operation of this client can be repeated without harm: they are reads,
//! upserts, or deletes that succeed when there is nothing to delete. So any
//! failure that says nothing about the request itself is worth another try, and
//! no other is.

use std::time::Duration;

/// What one call may cost, and how its tries are spaced.
///
/// A call is one operation of [`TrafficManagerApi`](crate::TrafficManagerApi),
/// with all its pages and polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBudget {
    /// How often one request is sent at most; at least 1.
    pub attempts: u32,
    /// How long the whole call may take, waits included.
    pub total: Duration,
    /// How long one request may take from connecting to the last byte.
    pub attempt: Duration,
    /// The wait before the second try when Azure does not name one; it doubles
    /// with every further try.
    pub backoff_base: Duration,
    /// The longest wait that is chosen here. Azure may ask for a longer one.
    pub backoff_cap: Duration,
}

/// What the policy has to know about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Whether the same request may succeed later.
    pub transient: bool,
    /// The wait that Azure asked for.
    pub retry_after: Option<Duration>,
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Wait, then send the request again.
    Retry {
        /// How long to wait.
        wait: Duration,
    },
    /// Report the failure.
    GiveUp,
}

// === impl CallBudget ===

impl Default for CallBudget {
    /// Five tries of up to 30 seconds each within a minute, 0.8 seconds apart
    /// at first. A profile PUT takes 5 to 8 seconds in Azure.
    fn default() -> Self {
        Self {
            attempts: 5,
            total: Duration::from_mins(1),
            attempt: Duration::from_secs(30),
            backoff_base: Duration::from_millis(800),
            backoff_cap: Duration::from_mins(1),
        }
    }
}

impl CallBudget {
    /// Whether to try again after the `made`-th try of a request has failed,
    /// `elapsed` after the call began.
    ///
    /// `unit` is a random number from 0 to 1 that spreads the waits of callers
    /// that failed together. A wait that would outlast the budget is not begun:
    /// the caller learns of the failure, and of the wait, at once.
    pub fn decide(&self, failure: Failure, made: u32, elapsed: Duration, unit: f64) -> Decision {
        if !failure.transient || made >= self.attempts {
            return Decision::GiveUp;
        }
        // "Again at once" from a service that has just failed is not taken at
        // its word.
        let wait = failure
            .retry_after
            .filter(|wait| !wait.is_zero())
            .unwrap_or_else(|| self.backoff(made, unit));
        if elapsed.saturating_add(wait) < self.total {
            Decision::Retry { wait }
        } else {
            Decision::GiveUp
        }
    }

    /// The wait after the `made`-th try: the base, doubled for every try but
    /// the first, 20 percent more or less, and never above the cap.
    fn backoff(&self, made: u32, unit: f64) -> Duration {
        let doublings = made.saturating_sub(1).min(31);
        let wait = self
            .backoff_base
            .saturating_mul(1 << doublings)
            .min(self.backoff_cap);
        let spread = 0.8 + 0.4 * unit.clamp(0.0, 1.0);
        Duration::try_from_secs_f64(wait.as_secs_f64() * spread)
            .unwrap_or(self.backoff_cap)
            .min(self.backoff_cap)
    }
}

/// Whether an HTTP status says that the service, not the request, is at fault.
pub(crate) fn is_transient_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const TRANSIENT: Failure = Failure {
        transient: true,
        retry_after: None,
    };

    fn asking(seconds: u64) -> Failure {
        Failure {
            retry_after: Some(Duration::from_secs(seconds)),
            ..TRANSIENT
        }
    }

    fn retry(milliseconds: u64) -> Decision {
        Decision::Retry {
            wait: Duration::from_millis(milliseconds),
        }
    }

    #[rstest]
    #[case::first(TRANSIENT, 1, 0, retry(800))]
    #[case::second(TRANSIENT, 2, 0, retry(1_600))]
    #[case::third(TRANSIENT, 3, 0, retry(3_200))]
    #[case::attempts_used_up(TRANSIENT, 5, 0, Decision::GiveUp)]
    #[case::asked_for(asking(17), 1, 0, retry(17_000))]
    #[case::asked_for_nothing(asking(0), 1, 0, retry(800))]
    #[case::asked_for_too_much(asking(60), 1, 0, Decision::GiveUp)]
    #[case::asked_for_what_is_left(asking(20), 1, 39, retry(20_000))]
    #[case::asked_for_more_than_is_left(asking(20), 1, 40, Decision::GiveUp)]
    #[case::no_time_left(TRANSIENT, 1, 60, Decision::GiveUp)]
    #[case::permanent(Failure { transient: false, retry_after: Some(Duration::from_secs(1)) }, 1, 0, Decision::GiveUp)]
    fn decisions(
        #[case] failure: Failure,
        #[case] made: u32,
        #[case] elapsed: u64,
        #[case] expected: Decision,
    ) {
        let elapsed = Duration::from_secs(elapsed);
        let decision = CallBudget::default().decide(failure, made, elapsed, 0.5);
        assert_eq!(decision, expected);
    }

    #[rstest]
    #[case(408, true)]
    #[case(429, true)]
    #[case(500, true)]
    #[case(501, false)]
    #[case(502, true)]
    #[case(503, true)]
    #[case(504, true)]
    #[case(400, false)]
    #[case(401, false)]
    #[case(403, false)]
    #[case(404, false)]
    #[case(409, false)]
    fn transient_statuses(#[case] status: u16, #[case] transient: bool) {
        assert_eq!(is_transient_status(status), transient);
    }

    proptest! {
        /// A retry never begins that the budget would cut off, a wait asked for
        /// is kept exactly, and a wait chosen here stays within its bounds.
        #[test]
        fn waits_respect_the_budget(
            attempts in 1_u32..20,
            total in 0_u64..200_000,
            base in 0_u64..100_000,
            cap in 0_u64..100_000,
            made in 0_u32..40,
            elapsed in 0_u64..300_000,
            asked in proptest::option::of(0_u64..300_000),
            unit in 0.0_f64..1.0,
        ) {
            let budget = CallBudget {
                attempts,
                total: Duration::from_millis(total),
                backoff_base: Duration::from_millis(base),
                backoff_cap: Duration::from_millis(cap),
                ..CallBudget::default()
            };
            let elapsed = Duration::from_millis(elapsed);
            let retry_after = asked.map(Duration::from_millis);
            let failure = Failure { transient: true, retry_after };
            if let Decision::Retry { wait } = budget.decide(failure, made, elapsed, unit) {
                prop_assert!(made < attempts);
                prop_assert!(elapsed + wait < budget.total);
                match retry_after.filter(|asked| !asked.is_zero()) {
                    Some(asked) => prop_assert_eq!(wait, asked),
                    None => prop_assert!(wait <= budget.backoff_cap),
                }
            }
        }
    }
}
