//! How answers should split, and whether they do.
//!
//! Traffic Manager draws an endpoint for every query by weight. The number of answers with one endpoint is therefore
//! binomial, and an observed share may differ from the expected one by chance. The tolerance is six standard
//! deviations: a sound emulator leaves it once in five hundred million draws, and a wrong weight does not stay inside.

use std::collections::BTreeMap;

/// Standard deviations that chance may take.
const DEVIATIONS: f64 = 6.0;

/// Answers by endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How often each endpoint was answered.
    pub(super) answers: BTreeMap<String, u32>,
    /// How many queries were asked.
    pub(super) queries: u32,
}

/// The share of the answers that one endpoint should have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expected {
    /// The endpoint.
    pub(super) endpoint: String,
    /// From 0 to 1.
    pub(super) share: f64,
}

/// Expected and observed share of one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    /// The endpoint.
    pub(super) endpoint: String,
    /// What it got, from 0 to 1.
    pub(super) observed: f64,
    /// What it should get, from 0 to 1.
    pub(super) expected: f64,
    /// How far the two may be apart.
    pub(super) tolerance: f64,
}

// === impl Tally ===

impl Tally {
    /// Adds another one.
    pub(super) fn add(&mut self, other: Self) {
        self.queries += other.queries;
        for (endpoint, count) in other.answers {
            *self.answers.entry(endpoint).or_default() += count;
        }
    }

    /// Holds the answers to what is expected: one comparison per endpoint expected, and one with an expectation of
    /// zero per endpoint that was answered without being expected.
    pub(super) fn compare(&self, expected: &[Expected]) -> Vec<Comparison> {
        let surprises = self
            .answers
            .keys()
            .filter(|endpoint| expected.iter().all(|one| one.endpoint != **endpoint))
            .map(|endpoint| Expected {
                endpoint: endpoint.clone(),
                share: 0.0,
            });
        let all: Vec<_> = expected.iter().cloned().chain(surprises).collect();
        all.into_iter().map(|one| self.comparison(one)).collect()
    }

    fn comparison(&self, expected: Expected) -> Comparison {
        // Without a query there is no share and no chance either.
        let draws = if self.queries == 0 {
            f64::INFINITY
        } else {
            f64::from(self.queries)
        };
        let count = self.answers.get(&expected.endpoint).copied();
        let variance = expected.share * (1.0 - expected.share) / draws;
        Comparison {
            observed: f64::from(count.unwrap_or_default()) / draws,
            expected: expected.share,
            tolerance: DEVIATIONS * variance.max(0.0).sqrt(),
            endpoint: expected.endpoint,
        }
    }
}

// === impl Comparison ===

impl Comparison {
    /// Whether chance explains the difference. A share of nothing or of everything leaves nothing to chance.
    pub(super) fn holds(&self) -> bool {
        (self.observed - self.expected).abs() <= self.tolerance
    }
}

/// The shares of endpoints that are answered by weight.
pub(super) fn by_weight(weights: &[(&str, u32)]) -> Vec<Expected> {
    let sum: u32 = weights.iter().map(|(_, weight)| weight).sum();
    weights
        .iter()
        .map(|(endpoint, weight)| Expected {
            endpoint: (*endpoint).to_owned(),
            share: f64::from(*weight) / f64::from(sum.max(1)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn tally(east: u32, west: u32) -> Tally {
        let counts = [("east", east), ("west", west)];
        Tally {
            answers: counts
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
            queries: east + west,
        }
    }

    // 4000 draws at 70 % have a standard deviation of 29 answers.
    #[rstest]
    #[case::exact(2800, &[("east", 70), ("west", 30)], true)]
    #[case::within_six_deviations(2970, &[("east", 70), ("west", 30)], true)]
    #[case::beyond(2980, &[("east", 70), ("west", 30)], false)]
    #[case::below(2620, &[("east", 70), ("west", 30)], false)]
    #[case::half_is_not_seventy(2000, &[("east", 70), ("west", 30)], false)]
    #[case::everything(4000, &[("east", 1)], true)]
    #[case::everything_leaves_nothing_to_chance(3999, &[("east", 1)], false)]
    #[case::nothing_neither(3999, &[("east", 1), ("west", 0)], false)]
    fn chance(#[case] east: u32, #[case] weights: &[(&str, u32)], #[case] holds: bool) {
        let compared = tally(east, 4000 - east).compare(&by_weight(weights));
        assert_eq!(compared.iter().all(Comparison::holds), holds);
    }

    #[test]
    fn an_endpoint_that_nobody_expects_shows() {
        let compared = tally(3, 1).compare(&by_weight(&[("east", 1)]));
        let west = compared.last().expect("two endpoints were answered");
        assert_eq!((west.endpoint.as_str(), west.observed), ("west", 0.25));
        assert!(!west.holds());
    }

    #[test]
    fn tallies_add_up() {
        let mut sum = tally(1, 0);
        sum.add(tally(2, 5));
        assert_eq!(sum, tally(3, 5));
    }

    #[test]
    fn no_query_has_no_share() {
        let compared = Tally::default().compare(&by_weight(&[("east", 70), ("west", 30)]));
        assert!(
            compared
                .iter()
                .all(|one| one.observed == 0.0 && !one.holds())
        );
    }
}
