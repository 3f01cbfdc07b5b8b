//! What is taken in a profile: targets, kinds of target, geographic codes,
//! address ranges and priorities, each by one endpoint.

use std::collections::BTreeMap;

use traffic_manager::profile::Endpoint;
use traffic_manager::target::TargetFamily;
use traffic_manager::{EndpointName, GeoCode, GeoMapping, RoutingMethod, SubnetRange, Subnets};

use crate::annotation::Name;
use crate::destination::Destination;
use crate::finding::{Finding, Reason};
use crate::member::Member;
use crate::requirement;

/// What is taken in a profile, and by which endpoint.
#[derive(Debug, Default)]
pub(super) struct Taken {
    destinations: BTreeMap<Destination, EndpointName>,
    families: BTreeMap<TargetFamily, EndpointName>,
    codes: BTreeMap<GeoCode, EndpointName>,
    ranges: Vec<(SubnetRange, EndpointName)>,
    /// The endpoint without ranges, which takes every other client.
    fallback: Option<EndpointName>,
    pub(super) priorities: BTreeMap<u16, EndpointName>,
}

/// Why a member cannot stand beside what is there.
#[derive(Debug)]
pub(super) struct Conflict {
    /// What to tell about it.
    pub(super) finding: Finding,
    /// The endpoint that has what the member wants; `None` when it is the routing
    /// method that the member does not suit.
    pub(super) holder: Option<EndpointName>,
}

// === impl Taken ===

impl Taken {
    /// What these endpoints take.
    pub(super) fn of(staying: &[(&EndpointName, &Endpoint)]) -> Self {
        let mut taken = Self::default();
        for (name, endpoint) in staying {
            let held = &endpoint.properties;
            if let Some(destination) = Destination::of(endpoint) {
                taken.families.insert(destination.family(), (*name).clone());
                taken.destinations.insert(destination, (*name).clone());
            }
            for code in held
                .geo_mapping
                .iter()
                .flatten()
                .filter_map(|code| code.parse().ok())
            {
                taken.codes.insert(code, (*name).clone());
            }
            if held.subnets.iter().flatten().next().is_none() {
                taken.fallback = Some((*name).clone());
            }
            for range in held
                .subnets
                .iter()
                .flatten()
                .filter_map(SubnetRange::from_wire)
            {
                taken.ranges.push((range, (*name).clone()));
            }
            if let Some(priority) = held.priority.and_then(|number| u16::try_from(number).ok()) {
                taken.priorities.insert(priority, (*name).clone());
            }
        }
        taken
    }

    /// Leaves a member what it has and goes on wanting: another one that comes
    /// to want it gives way, or both would be refused for it.
    pub(super) fn reserve(&mut self, member: &Member, held: &Endpoint) {
        let name = &member.key.endpoint;
        let spec = &member.endpoint;
        let destination = &spec.destination;
        if Destination::of(held).as_ref() == Some(destination) {
            self.destinations.insert(destination.clone(), name.clone());
            self.families.insert(destination.family(), name.clone());
        }
        let held = &held.properties;
        let codes: Vec<GeoCode> = held
            .geo_mapping
            .iter()
            .flatten()
            .filter_map(|code| code.parse().ok())
            .collect();
        for code in spec.geo_mapping.iter().flat_map(GeoMapping::codes) {
            // Outside Geographic routing two endpoints can have one code. Azure
            // takes no further write of either then.
            if codes.contains(code) {
                let holder = self.codes.entry(code.clone());
                holder.or_insert_with(|| name.clone());
            }
        }
        let ranges: Vec<SubnetRange> = held
            .subnets
            .iter()
            .flatten()
            .filter_map(SubnetRange::from_wire)
            .collect();
        for range in spec.subnets.iter().flat_map(Subnets::ranges) {
            if ranges.contains(range) {
                self.ranges.push((*range, name.clone()));
            }
        }
        if ranges.is_empty() && spec.subnets.is_none() {
            self.fallback = Some(name.clone());
        }
    }

    /// Takes what a member wants, except its priority.
    pub(super) fn take(&mut self, member: &Member) {
        let name = &member.key.endpoint;
        let spec = &member.endpoint;
        let destination = &spec.destination;
        self.destinations.insert(destination.clone(), name.clone());
        self.families.insert(destination.family(), name.clone());
        for code in spec.geo_mapping.iter().flat_map(GeoMapping::codes) {
            self.codes.insert(code.clone(), name.clone());
        }
        if spec.subnets.is_none() {
            self.fallback = Some(name.clone());
        }
        for range in spec.subnets.iter().flat_map(Subnets::ranges) {
            self.ranges.push((*range, name.clone()));
        }
    }

    /// Why the member cannot stand beside what is there.
    pub(super) fn conflict(
        &self,
        member: &Member,
        method: Option<RoutingMethod>,
    ) -> Option<Conflict> {
        let spec = &member.endpoint;
        let profile = &member.key.profile.name;
        let refuse = |holder: &EndpointName, message: String| {
            Some(Conflict {
                finding: Finding::new(Reason::EndpointConflict, &member.subject, message),
                holder: Some(holder.clone()),
            })
        };
        if let Some(missing) = method.and_then(|method| requirement::missing(method, spec)) {
            let method = method?;
            return Some(Conflict {
                finding: Finding::new(
                    Reason::InvalidAnnotation,
                    &member.subject,
                    format!(
                        "profile {profile} has {method} routing, and this object has no {missing}"
                    ),
                ),
                holder: None,
            });
        }
        let other = |holder: &&EndpointName| **holder != member.key.endpoint;
        if let Some(holder) = self.destinations.get(&spec.destination).filter(other) {
            return refuse(
                holder,
                format!(
                    "target {} is already that of endpoint {holder} of profile {profile}; targets are unique in a profile",
                    spec.destination
                ),
            );
        }
        let family = spec.destination.family();
        if method != Some(RoutingMethod::MultiValue)
            && let Some((theirs, holder)) = self
                .families
                .iter()
                .find(|(theirs, holder)| **theirs != family && other(holder))
        {
            return refuse(
                holder,
                format!(
                    "target {} does not go with endpoint {holder} of profile {profile}: outside MultiValue a profile has {theirs} or {family}, not both",
                    spec.destination
                ),
            );
        }
        for code in spec.geo_mapping.iter().flat_map(GeoMapping::codes) {
            if let Some(holder) = self.codes.get(code).filter(other) {
                return refuse(
                    holder,
                    format!(
                        "geographic code {code} is already mapped to endpoint {holder} of profile {profile}"
                    ),
                );
            }
        }
        if method == Some(RoutingMethod::Subnet)
            && spec.subnets.is_none()
            && let Some(holder) = self.fallback.as_ref().filter(other)
        {
            return refuse(
                holder,
                format!(
                    "endpoint {holder} of profile {profile} has no address ranges already, and one endpoint at most takes every other client; give this object ranges with {}",
                    Name::Subnets
                ),
            );
        }
        for range in spec.subnets.iter().flat_map(Subnets::ranges) {
            if let Some((theirs, holder)) = self
                .ranges
                .iter()
                .find(|(theirs, holder)| theirs.overlaps(range) && other(&holder))
            {
                return refuse(
                    holder,
                    format!(
                        "range {range} overlaps {theirs} of endpoint {holder} of profile {profile}"
                    ),
                );
            }
        }
        None
    }
}
