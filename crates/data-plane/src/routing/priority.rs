//! Priority routing: the smallest number wins.

use super::Candidate;

pub(super) fn pick<'p>(eligible: &[Candidate<'p>]) -> Option<Candidate<'p>> {
    eligible
        .iter()
        .min_by_key(|candidate| candidate.endpoint.priority)
        .copied()
}
