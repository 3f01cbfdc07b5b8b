//! Performance routing: the closest region, and an even split among the endpoints in it.

use rand::RngCore;
use rand::seq::IndexedRandom;

use super::Candidate;
use crate::region::Region;

/// Distance stands in for latency, see [`Region::distance_km`]. Where it cannot be told, because the client or the
/// endpoints are nowhere known, all are equally far and the region of the first endpoint wins.
pub(super) fn pick<'p>(
    eligible: &[Candidate<'p>],
    client: Option<&Region>,
    rng: &mut dyn RngCore,
) -> Option<Candidate<'p>> {
    let distance = |candidate: &Candidate<'_>| match (client, &candidate.endpoint.region) {
        (Some(here), Some(there)) => here.distance_km(there),
        _ => f64::INFINITY,
    };
    // Two regions may share a place on the map; the client's own is still the closer one.
    let elsewhere = |candidate: &Candidate<'_>| candidate.endpoint.region.as_ref() != client;
    let closest = eligible.iter().min_by(|a, b| {
        distance(a)
            .total_cmp(&distance(b))
            .then_with(|| elsewhere(a).cmp(&elsewhere(b)))
    })?;
    let neighbours: Vec<_> = eligible
        .iter()
        .filter(|candidate| candidate.endpoint.region == closest.endpoint.region)
        .collect();
    neighbours.choose(rng).map(|candidate| **candidate)
}
