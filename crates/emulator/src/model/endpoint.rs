//! Endpoints of a profile, of the three types that Traffic Manager knows.

use std::net::IpAddr;

use super::location::Location;
use super::{Header, RoutingMethod, Subnet, Toggle};

/// An endpoint as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name, unique in the profile in any letter case.
    pub name: String,
    /// What it points at.
    pub target: Target,
    /// `endpointStatus`.
    pub status: Toggle,
    /// `weight`, 1 to 1000.
    pub weight: u16,
    /// `priority`, 1 to 1000, unique in the profile.
    pub priority: u16,
    /// `endpointLocation`.
    pub location: Option<Location>,
    /// `geoMapping`: codes of the geographic hierarchy in the order given.
    pub geo_mapping: Vec<String>,
    /// `subnets` in the order given.
    pub subnets: Vec<Subnet>,
    /// `customHeaders`, at most 8.
    pub headers: Vec<Header>,
    /// `alwaysServe`.
    pub always_serve: Toggle,
}

/// What an endpoint points at; the variant is its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `externalEndpoints`: a host anywhere.
    External(Host),
    /// `azureEndpoints`: an Azure resource, whose name the service looks up.
    Azure {
        /// `targetResourceId`, as given.
        resource_id: String,
        /// The resource's DNS name.
        host: String,
    },
    /// `nestedEndpoints`: another profile.
    Nested {
        /// `targetResourceId`, as given.
        resource_id: String,
        /// The child's FQDN.
        fqdn: String,
        /// Thresholds below which the child counts as unhealthy.
        min_children: MinChildren,
    },
}

/// A host that an external endpoint points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A DNS name, in the spelling given.
    Name(String),
    /// An address, in the spelling given.
    Address {
        /// The address.
        address: IpAddr,
        /// As it was written.
        text: String,
    },
}

/// How many endpoints of a nested profile must be online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinChildren {
    /// `minChildEndpoints`, at least 1.
    pub any: u32,
    /// `minChildEndpointsIPv4`.
    pub ipv4: u32,
    /// `minChildEndpointsIPv6`.
    pub ipv6: u32,
}

/// Type of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointKind {
    /// `azureEndpoints`.
    Azure,
    /// `externalEndpoints`.
    External,
    /// `nestedEndpoints`.
    Nested,
}

/// What kind of answer an endpoint gives; a profile holds one kind only, unless it is MultiValue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A DNS name.
    Name,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
}

// === impl Endpoint ===

impl Endpoint {
    /// Its type.
    pub fn kind(&self) -> EndpointKind {
        match self.target {
            Target::External(_) => EndpointKind::External,
            Target::Azure { .. } => EndpointKind::Azure,
            Target::Nested { .. } => EndpointKind::Nested,
        }
    }

    /// Whether it has this type and this name in any letter case.
    pub fn is(&self, kind: EndpointKind, name: &str) -> bool {
        self.kind() == kind && self.name.eq_ignore_ascii_case(name)
    }

    /// Whether a profile with this routing method cannot place the endpoint without a location. The location of an
    /// Azure endpoint is that of its resource.
    pub fn lacks_location_for(&self, routing: RoutingMethod) -> bool {
        routing == RoutingMethod::Performance
            && self.location.is_none()
            && self.kind() != EndpointKind::Azure
    }
}

// === impl Target ===

impl Target {
    /// `target` of the document: the name or address that is answered.
    pub fn host(&self) -> &str {
        match self {
            Self::External(host) => host.as_str(),
            Self::Azure { host, .. } => host,
            Self::Nested { fqdn, .. } => fqdn,
        }
    }

    /// `targetResourceId` of the document.
    pub fn resource_id(&self) -> Option<&str> {
        match self {
            Self::External(_) => None,
            Self::Azure { resource_id, .. } | Self::Nested { resource_id, .. } => Some(resource_id),
        }
    }

    /// What must be unique in a profile, as an error names it: the resource id, or else the host.
    pub fn identity(&self) -> &str {
        self.resource_id().unwrap_or_else(|| self.host())
    }

    /// What kind of answer it gives.
    pub fn family(&self) -> Family {
        match self {
            Self::External(Host::Address { address, .. }) if address.is_ipv4() => Family::Ipv4,
            Self::External(Host::Address { .. }) => Family::Ipv6,
            _ => Family::Name,
        }
    }
}

// === impl Host ===

impl Host {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(text) | Self::Address { text, .. } => text,
        }
    }
}

// === impl EndpointKind ===

impl EndpointKind {
    /// Every type, in the order in which errors list them.
    pub const ALL: [Self; 3] = [Self::Azure, Self::External, Self::Nested];

    /// The last segment of the type: `externalEndpoints`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Azure => "azureEndpoints",
            Self::External => "externalEndpoints",
            Self::Nested => "nestedEndpoints",
        }
    }

    /// The full type: `Microsoft.Network/trafficManagerProfiles/externalEndpoints`.
    pub fn full_name(self) -> String {
        format!("Microsoft.Network/trafficManagerProfiles/{}", self.as_str())
    }

    /// Reads the segment of a path, in any letter case.
    pub fn parse_segment(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }

    /// Reads the full type, in any letter case.
    pub fn parse_full_name(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.full_name().eq_ignore_ascii_case(text))
    }
}

// === impl MinChildren ===

impl Default for MinChildren {
    fn default() -> Self {
        Self {
            any: 1,
            ipv4: 0,
            ipv6: 0,
        }
    }
}
