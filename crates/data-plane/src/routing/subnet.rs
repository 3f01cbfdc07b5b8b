//! Subnet routing: the endpoint that the client's address is mapped to.

use std::net::IpAddr;

use super::eligibility::eligible;
use super::{Absence, Candidate};
use crate::health::EndpointStatus;
use crate::values::AddressRange;

/// The mapping is looked up first, then the health: a client whose endpoint is down is not sent to the fallback, which
/// serves the addresses that nobody is mapped to. Ranges of two endpoints must not overlap; should they, the smallest
/// range wins. A Disabled endpoint is as if absent.
pub(super) fn pick<'p>(
    candidates: &[Candidate<'p>],
    client: IpAddr,
) -> Result<Candidate<'p>, Absence> {
    let client = client.to_canonical();
    let enabled = || {
        candidates
            .iter()
            .filter(|candidate| candidate.status != EndpointStatus::Disabled)
    };
    let smallest_match = |candidate: &Candidate<'_>| {
        let ranges = candidate.endpoint.subnets.iter();
        ranges
            .filter(|range| range.contains(client))
            .map(AddressRange::span)
            .min()
    };
    let mapped = enabled()
        .filter_map(|candidate| Some((smallest_match(candidate)?, candidate)))
        .min_by_key(|(span, _)| *span)
        .map(|(_, candidate)| candidate);
    let chosen = mapped
        .or_else(|| enabled().find(|candidate| candidate.endpoint.subnets.is_empty()))
        .ok_or(Absence::NoSubnetMatch)?;
    eligible(candidates)
        .into_iter()
        .find(|candidate| std::ptr::eq(candidate.endpoint, chosen.endpoint))
        .ok_or(Absence::SubnetMatchUnhealthy)
}
