//! The last enabled endpoint of a profile, where it is to be kept.
//!
//! Resolving keeps it already. Here the profile has just been read: another
//! owner's last member may have gone since the listing.

use traffic_manager::{EndpointName, Switch};

use super::leaving::Departures;
use crate::finding::{Finding, Reason};
use crate::member::Member;
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;

/// Takes the departure, or the disabling, of the last enabled endpoint back, and
/// says so.
pub(super) fn keep(
    profile: &ObservedProfile,
    upserts: &mut Vec<&Member>,
    departures: &mut Departures,
    owner: &OwnerId,
) -> Option<Finding> {
    let goes =
        |name: &EndpointName| departures.now.contains(name) || departures.later.contains(name);
    let stays_enabled = profile.endpoints().iter().any(|(name, endpoint)| {
        let rewritten = upserts.iter().any(|member| member.key.endpoint == *name);
        endpoint.is_enabled() && !goes(name) && !rewritten
    });
    let becomes_enabled = upserts
        .iter()
        .any(|member| member.endpoint.status == Switch::Enabled);
    if stays_enabled || becomes_enabled {
        return None;
    }
    let last = profile
        .members(owner)
        .filter(|member| member.endpoint.is_enabled())
        .min_by_key(|member| (member.claim.since, member.key.clone()))?;
    let name = &last.key.endpoint;
    upserts.retain(|member| member.key != last.key);
    departures.now.remove(name);
    departures.later.remove(name);
    departures.yielding.remove(name);
    let message = format!(
        "endpoint {name} is the last enabled one of profile {} and is kept: without it users get no answer",
        profile.id.name
    );
    Some(Finding::new(Reason::LastMember, last.subject(), message))
}
