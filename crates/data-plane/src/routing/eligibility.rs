//! Which endpoints may be answered with at all.

use super::Candidate;
use crate::health::EndpointStatus;

/// The endpoints that are Online, being checked or Unmonitored. If there are none, all Degraded ones: rather than no
/// answer, a possibly broken one. Disabled, Stopped and Inactive endpoints never.
pub(super) fn eligible<'p>(candidates: &[Candidate<'p>]) -> Vec<Candidate<'p>> {
    let with = |wanted: fn(EndpointStatus) -> bool| -> Vec<Candidate<'p>> {
        candidates
            .iter()
            .filter(|candidate| wanted(candidate.status))
            .copied()
            .collect()
    };
    let served = with(EndpointStatus::is_served);
    if served.is_empty() {
        with(|status| status == EndpointStatus::Degraded)
    } else {
        served
    }
}
