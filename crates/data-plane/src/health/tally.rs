//! From single probe results to the health of an endpoint.

use crate::profile::ProbedHealth;

/// Counts the probes of one endpoint.
///
/// More failures in a row than tolerated make it unhealthy; a single success makes it healthy again. Failures within
/// the tolerance change nothing, except that the very first result ends the state in which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeTally {
    tolerated: u8,
    failures_in_a_row: u32,
    health: ProbedHealth,
}

impl ProbeTally {
    /// An endpoint that was not probed yet. `tolerated_failures` is Azure's `toleratedNumberOfFailures`, 0 to 9.
    pub const fn new(tolerated_failures: u8) -> Self {
        Self {
            tolerated: tolerated_failures,
            failures_in_a_row: 0,
            health: ProbedHealth::Unknown,
        }
    }

    /// Takes one result and returns the health after it.
    pub fn record(&mut self, success: bool) -> ProbedHealth {
        self.failures_in_a_row = if success {
            0
        } else {
            self.failures_in_a_row.saturating_add(1)
        };
        self.health = if self.failures_in_a_row > u32::from(self.tolerated) {
            ProbedHealth::Unhealthy
        } else {
            ProbedHealth::Healthy
        };
        self.health
    }

    /// The health after the last result.
    pub const fn health(&self) -> ProbedHealth {
        self.health
    }

    /// How many of the latest results were failures, without a success in between.
    pub const fn failures_in_a_row(&self) -> u32 {
        self.failures_in_a_row
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn azure_defaults_give_up_at_the_fourth_failure_and_forgive_at_the_first_success() {
        use ProbedHealth::{Healthy, Unhealthy};
        let mut tally = ProbeTally::new(3);
        assert_eq!(tally.health(), ProbedHealth::Unknown);
        let results = [true, false, false, false, false, false, true];
        let healths: Vec<_> = results.iter().map(|ok| tally.record(*ok)).collect();
        assert_eq!(
            healths,
            [
                Healthy, Healthy, Healthy, Healthy, Unhealthy, Unhealthy, Healthy
            ]
        );
    }

    proptest! {
        /// The health depends on the trailing failures alone, whatever came before them.
        #[test]
        fn health_is_a_function_of_the_trailing_failures(
            tolerated in 0u8..=9,
            results in prop::collection::vec(any::<bool>(), 1..60),
        ) {
            let mut tally = ProbeTally::new(tolerated);
            for (index, ok) in results.iter().enumerate() {
                let health = tally.record(*ok);
                let trailing = results[..=index].iter().rev().take_while(|ok| !**ok).count();
                let want = if trailing > usize::from(tolerated) {
                    ProbedHealth::Unhealthy
                } else {
                    ProbedHealth::Healthy
                };
                prop_assert_eq!(health, want);
                prop_assert_eq!(health, tally.health());
                prop_assert_eq!(tally.failures_in_a_row() as usize, trailing);
            }
        }

        /// Tolerating more never makes an endpoint less healthy.
        #[test]
        fn tolerance_is_monotonic(
            tolerated in 0u8..9,
            results in prop::collection::vec(any::<bool>(), 1..60),
        ) {
            let (mut strict, mut lenient) = (ProbeTally::new(tolerated), ProbeTally::new(tolerated + 1));
            for ok in results {
                let (strict, lenient) = (strict.record(ok), lenient.record(ok));
                prop_assert!(strict == ProbedHealth::Healthy || !ok);
                prop_assert!(lenient == ProbedHealth::Healthy || strict == ProbedHealth::Unhealthy);
            }
        }
    }
}
