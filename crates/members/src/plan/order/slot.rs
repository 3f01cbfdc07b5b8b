//! What endpoints occupy, and which of them cannot be in one profile.

use std::collections::{BTreeMap, BTreeSet};

use traffic_manager::profile::Endpoint;
use traffic_manager::{EndpointName, RoutingMethod, SubnetRange};

use crate::destination::Destination;

/// What an endpoint occupies.
#[derive(Debug, Clone, Default)]
pub(super) struct Slot {
    destination: Option<Destination>,
    pub(super) priority: Option<i64>,
    codes: BTreeSet<String>,
    ranges: Vec<SubnetRange>,
}

/// Why a write has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clash {
    Priority,
    Other(&'static str),
}

// === impl Clash ===

impl Clash {
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Other(what) => what,
        }
    }
}

// === impl Slot ===

impl Slot {
    /// Whether the two cannot be in one profile, whatever their priorities.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let ranges = || self.ranges.iter();
        (self.destination.is_some() && self.destination == other.destination)
            || !self.codes.is_disjoint(&other.codes)
            || other
                .ranges
                .iter()
                .any(|range| ranges().any(|mine| mine.overlaps(range)))
    }

    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let held = &endpoint.properties;
        Self {
            destination: Destination::of(endpoint),
            priority: held.priority,
            codes: held.geo_mapping.iter().flatten().cloned().collect(),
            ranges: held
                .subnets
                .iter()
                .flatten()
                .filter_map(SubnetRange::from_wire)
                .collect(),
        }
    }
}

/// The first endpoint among these that a write of `slot` would clash with.
pub(super) fn clash(
    model: &BTreeMap<EndpointName, Slot>,
    name: &EndpointName,
    slot: &Slot,
    method: Option<RoutingMethod>,
    among: &dyn Fn(&EndpointName) -> bool,
) -> Option<(EndpointName, Clash)> {
    let family = slot.destination.as_ref().map(Destination::family);
    let others = || {
        model
            .iter()
            .filter(|(other, _)| *other != name && among(other))
    };
    let found = |clash| move |(other, _): (&EndpointName, &Slot)| (other.clone(), clash);
    let same_target = others()
        .find(|(_, other)| slot.destination.is_some() && other.destination == slot.destination);
    let same_code = || others().find(|(_, other)| !other.codes.is_disjoint(&slot.codes));
    let same_range = || {
        others().find(|(_, other)| {
            // Under Subnet one endpoint at most has no ranges.
            let both_without = method == Some(RoutingMethod::Subnet)
                && slot.ranges.is_empty()
                && other.ranges.is_empty();
            let overlap = |range| slot.ranges.iter().any(|mine| mine.overlaps(range));
            both_without || other.ranges.iter().any(overlap)
        })
    };
    let other_family = || {
        let mixes = |other: &Slot| {
            let theirs = other.destination.as_ref().map(Destination::family);
            theirs.is_some() && family.is_some() && theirs != family
        };
        others().find(|(_, other)| method != Some(RoutingMethod::MultiValue) && mixes(other))
    };
    let same_priority =
        || others().find(|(_, other)| slot.priority.is_some() && other.priority == slot.priority);
    same_target
        .map(found(Clash::Other("target")))
        .or_else(|| same_code().map(found(Clash::Other("geographic codes"))))
        .or_else(|| same_range().map(found(Clash::Other("address ranges"))))
        .or_else(|| other_family().map(found(Clash::Other("profile, but not its kind of target,"))))
        .or_else(|| same_priority().map(found(Clash::Priority)))
}
