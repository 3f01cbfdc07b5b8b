//! Where an endpoint points.

use traffic_manager::{EndpointKind, Hostname, ProfileId, ProfileName, ResourceId, Target};

use super::Source;
use super::wish::TargetWish;
use crate::annotation::{Name, Reader};
use crate::destination::Destination;
use crate::public_ip::{PublicIps, Where};

/// What is known about the place of an endpoint; `None` for what is not valid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The host of the object.
    pub(super) host: Option<&'a Hostname>,
    /// The name that users type.
    pub(super) vanity_host: Option<&'a Hostname>,
    /// The profile that the endpoint is in.
    pub(super) profile: Option<&'a ProfileId>,
    /// Where load balancers' addresses are looked up.
    pub(super) load_balancer: Where<'a>,
    /// What was found there.
    pub(super) public_ips: &'a PublicIps,
}

// === impl Source ===

impl Source {
    /// Where an endpoint of this type points.
    pub(super) fn destination(
        &self,
        reader: &mut Reader<'_>,
        kind: Option<EndpointKind>,
        place: Place<'_>,
    ) -> Option<Destination> {
        match kind? {
            EndpointKind::External => {
                let target = self.target(reader, place.host, place.vanity_host);
                target.map(Destination::External)
            }
            EndpointKind::Azure => self.resource(reader, place).map(Destination::Azure),
            EndpointKind::Nested => child(reader, place.profile?).map(Destination::Nested),
        }
    }

    /// Where the endpoint points: the host itself, unless it cannot be that,
    /// because users would be sent back to the name they came from, or because
    /// a wildcard is not a name to go to.
    fn target(
        &self,
        reader: &mut Reader<'_>,
        host: Option<&Hostname>,
        vanity_host: Option<&Hostname>,
    ) -> Option<Target> {
        let given = reader.text(Name::Target).is_some();
        let wish = match reader.value(Name::Target) {
            Some(wish) => wish,
            None if given => return None,
            None => TargetWish::Hostname,
        };
        let host = host?;
        let points_back = |name: &Hostname| Some(name) == vanity_host;
        match wish {
            TargetWish::Explicit(Target::Name(name)) if points_back(&name) => {
                reader.invalid(
                    Name::Target,
                    "this is the vanity host, which points at the profile: users would go round in circles",
                );
                None
            }
            TargetWish::Explicit(target) => Some(target),
            TargetWish::Hostname if given && (host.is_wildcard() || points_back(host)) => {
                reader.invalid(
                    Name::Target,
                    "the host is a wildcard or the vanity host itself; use `address` or name a target",
                );
                None
            }
            TargetWish::Hostname if !host.is_wildcard() && !points_back(host) => {
                Some(Target::Name(host.clone()))
            }
            TargetWish::Hostname | TargetWish::Address => self.address(reader, vanity_host),
        }
    }

    /// The resource that an Azure endpoint points at: the one that is named, or
    /// the public IP address of the load balancer.
    fn resource(&self, reader: &mut Reader<'_>, place: Place<'_>) -> Option<ResourceId> {
        if reader.text(Name::TargetResourceId).is_some() {
            return reader.value(Name::TargetResourceId);
        }
        let found = place
            .public_ips
            .resource(&self.addresses, place.load_balancer);
        found
            .map_err(|(reason, message)| reader.trouble(reason, message))
            .ok()
    }

    /// The load balancer's address: IPv4 before IPv6 before a name. More than
    /// one of a kind is ambiguous, because an endpoint has one target.
    fn address(&self, reader: &mut Reader<'_>, vanity_host: Option<&Hostname>) -> Option<Target> {
        let mut addresses = self.addresses.clone();
        addresses.sort_unstable();
        addresses.dedup();
        let Some(first) = addresses.first().cloned() else {
            reader.problem(format!(
                "the record has no address or name to point at; name one with {}",
                Name::Target
            ));
            return None;
        };
        let same: Vec<_> = addresses
            .iter()
            .filter(|address| address.family() == first.family())
            .map(ToString::to_string)
            .collect();
        if same.len() > 1 {
            reader.problem(format!(
                "the object has several {}: {}; an endpoint has one target: name it with {}",
                first.family(),
                same.join(", "),
                Name::Target,
            ));
            return None;
        }
        if matches!(&first, Target::Name(name) if Some(name) == vanity_host) {
            reader.problem(format!(
                "the record's target is the vanity host {first}, which points at the profile: users would go round in circles; name another with {}",
                Name::Target
            ));
            return None;
        }
        Some(first)
    }
}

/// The profile that a nested endpoint points at: an ARM id, or a name beside the
/// parent.
fn child(reader: &mut Reader<'_>, parent: &ProfileId) -> Option<ProfileId> {
    let Some(text) = reader.text(Name::TargetProfile) else {
        reader.problem(format!(
            "{} is required with {}: Nested, for example the profile-name of another object",
            Name::TargetProfile,
            Name::EndpointType
        ));
        return None;
    };
    let beside = |name: ProfileName| ProfileId {
        name,
        ..parent.clone()
    };
    let child = if text.contains('/') {
        text.parse::<ProfileId>().ok()
    } else {
        text.parse().ok().map(beside)
    };
    match child {
        None => reader.invalid(
            Name::TargetProfile,
            "must be the name of a profile in the same resource group, or the ARM id of a profile",
        ),
        Some(child) if child == *parent => reader.invalid(
            Name::TargetProfile,
            "this is the profile that the endpoint is in: users would go round in circles",
        ),
        child => return child,
    }
    None
}
