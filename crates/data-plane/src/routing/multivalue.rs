//! Multi-value routing: several healthy addresses in one answer.

use rand::RngCore;
use rand::seq::SliceRandom;

use super::{Candidate, Families};
use crate::profile::Target;
use crate::values::MaxReturn;

/// Up to `max` of the eligible addresses of the wanted families, in random order. Azure promises neither an order nor a
/// particular subset; a random one keeps clients that take the first address evenly spread.
///
/// Eligibility is judged over the whole profile before the family is looked at, as with the other methods. Names and
/// nested profiles cannot be endpoints of a multi-value profile and are passed over.
pub(super) fn pick<'p>(
    eligible: &[Candidate<'p>],
    families: Families,
    max: MaxReturn,
    rng: &mut dyn RngCore,
) -> Vec<Candidate<'p>> {
    let mut wanted: Vec<Candidate<'p>> = eligible
        .iter()
        .filter(|candidate| match candidate.endpoint.target {
            Target::V4(_) => families.v4,
            Target::V6(_) => families.v6,
            Target::Fqdn(_) | Target::Nested(_) => false,
        })
        .copied()
        .collect();
    let (picked, _) = wanted.partial_shuffle(rng, max.get());
    picked.to_vec()
}
