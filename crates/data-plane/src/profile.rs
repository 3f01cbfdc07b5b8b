//! Profiles and endpoints as the data plane sees them.
//!
//! These are the *inputs* of routing: what the service has stored and what the probes have found. They hold no
//! resource ids, tags or monitor settings, and no derived status; [`crate::health`] derives that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::name::Fqdn;
use crate::region::Region;
use crate::values::{AddressRange, GeoCode, MaxReturn, Priority, Ttl, Weight};

/// A Traffic Manager profile: one global DNS name that is answered with one of its endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The global name, for example `my-app-global.trafficmanager.net`.
    pub fqdn: Fqdn,
    /// The time to live of every answer for this name.
    pub ttl: Ttl,
    /// `false` is Azure's `profileStatus: Disabled`: the name does not exist.
    pub enabled: bool,
    /// How one endpoint is picked among several.
    pub method: RoutingMethod,
    /// The most addresses of one answer; only [`RoutingMethod::MultiValue`] reads it. `None` is
    /// [`MaxReturn::DEFAULT`].
    pub max_return: Option<MaxReturn>,
    /// The endpoints in the order in which the service lists them.
    pub endpoints: Vec<Endpoint>,
}

/// Azure's six traffic-routing methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoutingMethod {
    /// At random, in proportion to the weights.
    Weighted,
    /// The first healthy endpoint by priority.
    Priority,
    /// The endpoint in the region that is closest to the client.
    Performance,
    /// The endpoint that the client's geography is mapped to.
    Geographic,
    /// The endpoint that the client's address is mapped to.
    Subnet,
    /// Several addresses in one answer.
    MultiValue,
}

/// One endpoint of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The name, unique in the profile; reported with each answer and in logs.
    pub name: Arc<str>,
    /// What an answer points at.
    pub target: Target,
    /// `false` is Azure's `endpointStatus: Disabled`: never probed and never returned.
    pub enabled: bool,
    /// Azure's `alwaysServe`: not probed, and treated as healthy.
    pub always_serve: bool,
    /// The Azure resource behind the endpoint (for example a web app) is stopped. Always `false` for external
    /// endpoints.
    pub stopped: bool,
    /// What the probes say. Ignored for nested endpoints, whose health is that of the child profile.
    pub probed: ProbedHealth,
    /// Read by [`RoutingMethod::Weighted`].
    pub weight: Weight,
    /// Read by [`RoutingMethod::Priority`].
    pub priority: Priority,
    /// Read by [`RoutingMethod::Performance`]. An endpoint without a region is taken as the farthest one.
    pub region: Option<Region>,
    /// Read by [`RoutingMethod::Geographic`].
    pub geo_codes: Vec<GeoCode>,
    /// Read by [`RoutingMethod::Subnet`]; an endpoint without any is the fallback.
    pub subnets: Vec<AddressRange>,
}

impl Endpoint {
    /// An enabled endpoint with Azure's defaults that was not probed yet.
    pub fn new(name: impl Into<Arc<str>>, target: Target, priority: Priority) -> Self {
        Self {
            name: name.into(),
            target,
            enabled: true,
            always_serve: false,
            stopped: false,
            probed: ProbedHealth::Unknown,
            weight: Weight::DEFAULT,
            priority,
            region: None,
            geo_codes: Vec::new(),
            subnets: Vec::new(),
        }
    }
}

/// What an endpoint's answer points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A name, answered as CNAME. The target of an Azure endpoint is the name that Azure derived from the resource.
    Fqdn(Fqdn),
    /// An IPv4 address, answered as A.
    V4(Ipv4Addr),
    /// An IPv6 address, answered as AAAA.
    V6(Ipv6Addr),
    /// Another profile. It is walked internally: the answer is that of one of its endpoints, never its name.
    Nested(Nested),
}

impl From<IpAddr> for Target {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4(v4),
            IpAddr::V6(v6) => Self::V6(v6),
        }
    }
}

impl From<Fqdn> for Target {
    fn from(name: Fqdn) -> Self {
        Self::Fqdn(name)
    }
}

/// A child profile and how much of it must be healthy for the parent to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nested {
    /// The child's global name, looked up in the [`crate::Directory`].
    pub child: Fqdn,
    /// Azure's `minChildEndpoints` (default 1): endpoints of any kind.
    pub min_endpoints: u32,
    /// Azure's `minChildEndpointsIPv4` (default 0): endpoints whose target is an IPv4 address.
    pub min_ipv4: u32,
    /// Azure's `minChildEndpointsIPv6` (default 0): endpoints whose target is an IPv6 address.
    pub min_ipv6: u32,
}

impl Nested {
    /// A child profile with Azure's default thresholds.
    pub fn new(child: Fqdn) -> Self {
        Self {
            child,
            min_endpoints: 1,
            min_ipv4: 0,
            min_ipv6: 0,
        }
    }
}

/// What the probes of one endpoint amount to, before anything else is considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProbedHealth {
    /// No probe has finished since the endpoint was enabled or its monitor changed.
    #[default]
    Unknown,
    /// Fewer failures in a row than it takes to give the endpoint up.
    Healthy,
    /// More failures in a row than tolerated.
    Unhealthy,
}
