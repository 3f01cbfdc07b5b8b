//! Geographic routing: the endpoint that the most specific of the client's codes is mapped to.

use super::{Absence, Candidate};
use crate::health::EndpointStatus;
use crate::values::GeoCode;

/// Health plays no part: the mapping may be a legal boundary, so a client is rather sent to a broken endpoint than
/// abroad. Only a Disabled endpoint is as if absent, and a Stopped one leaves its clients without an answer.
pub(super) fn pick<'p>(
    candidates: &[Candidate<'p>],
    client: &[GeoCode],
) -> Result<Candidate<'p>, Absence> {
    let mapped_to = |code: &GeoCode| {
        candidates
            .iter()
            .filter(|candidate| candidate.status != EndpointStatus::Disabled)
            .find(|candidate| candidate.endpoint.geo_codes.contains(code))
    };
    let candidate = client
        .iter()
        .find_map(mapped_to)
        .ok_or(Absence::NoGeographicMatch)?;
    match candidate.status {
        EndpointStatus::Stopped | EndpointStatus::Inactive => Err(Absence::GeographicMatchStopped),
        _ => Ok(*candidate),
    }
}
