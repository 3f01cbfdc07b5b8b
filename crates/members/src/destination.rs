//! What an endpoint points at: the three types of endpoint.

use std::fmt;

use traffic_manager::profile::Endpoint;
use traffic_manager::target::TargetFamily;
use traffic_manager::{
    EndpointKind, MinChildren, MinChildrenOfFamily, ProfileId, ResourceId, Target,
};

/// What an endpoint points at. No two endpoints of a profile point at the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// A name or an address anywhere.
    External(Target),
    /// A resource of Azure, which knows its name and its region.
    Azure(ResourceId),
    /// Another profile.
    Nested(ProfileId),
}

/// How many endpoints of a nested profile have to be healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Of all.
    pub any: MinChildren,
    /// Of those with IPv4 addresses.
    pub ipv4: MinChildrenOfFamily,
    /// Of those with IPv6 addresses.
    pub ipv6: MinChildrenOfFamily,
}

// === impl Destination ===

impl Destination {
    /// What an endpoint points at that Azure holds; `None` when it is nothing
    /// that this system could point at.
    pub fn of(endpoint: &Endpoint) -> Option<Self> {
        let held = &endpoint.properties;
        let resource = held.target_resource_id.as_deref();
        match endpoint.kind()? {
            EndpointKind::External => Some(Self::External(held.target.as_deref()?.parse().ok()?)),
            EndpointKind::Azure => Some(Self::Azure(resource?.parse().ok()?)),
            EndpointKind::Nested => Some(Self::Nested(resource?.parse().ok()?)),
        }
    }

    /// The type of endpoint that points there.
    pub const fn kind(&self) -> EndpointKind {
        match self {
            Self::External(_) => EndpointKind::External,
            Self::Azure(_) => EndpointKind::Azure,
            Self::Nested(_) => EndpointKind::Nested,
        }
    }

    /// What kind of answer users get: a resource and a profile have names.
    pub const fn family(&self) -> TargetFamily {
        match self {
            Self::External(target) => target.family(),
            Self::Azure(_) | Self::Nested(_) => TargetFamily::Name,
        }
    }

    /// The profile, when it is one.
    pub const fn profile(&self) -> Option<&ProfileId> {
        match self {
            Self::Nested(profile) => Some(profile),
            Self::External(_) | Self::Azure(_) => None,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::External(target) => target.fmt(f),
            Self::Azure(resource) => resource.fmt(f),
            Self::Nested(profile) => profile.fmt(f),
        }
    }
}

// === impl Thresholds ===

impl Default for Thresholds {
    /// Azure's: one of any.
    fn default() -> Self {
        Self {
            any: MinChildren::MIN,
            ipv4: MinChildrenOfFamily::MIN,
            ipv6: MinChildrenOfFamily::MIN,
        }
    }
}
