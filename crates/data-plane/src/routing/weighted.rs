//! Weighted routing: at random in proportion to the weights, anew for every query.

use rand::{Rng, RngCore};

use super::Candidate;

pub(super) fn pick<'p>(eligible: &[Candidate<'p>], rng: &mut dyn RngCore) -> Option<Candidate<'p>> {
    let weight = |candidate: &Candidate<'_>| u64::from(candidate.endpoint.weight.get());
    let total: u64 = eligible.iter().map(weight).sum();
    if total == 0 {
        return None;
    }
    let mut ticket = rng.random_range(0..total);
    for candidate in eligible {
        let weight = weight(candidate);
        if ticket < weight {
            return Some(*candidate);
        }
        ticket -= weight;
    }
    None
}
