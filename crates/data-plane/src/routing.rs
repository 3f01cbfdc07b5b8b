//! Which endpoint a client gets.
//!
//! Each of Azure's six methods has its own file and sees nothing but candidates: endpoints with their monitor status.
//! [`route`] picks by the profile's method and walks into nested profiles until it meets a name or an address.

mod eligibility;
mod geographic;
mod locator;
mod multivalue;
mod performance;
mod priority;
mod subnet;
mod walk;
mod weighted;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::health::EndpointStatus;
use crate::name::Fqdn;
use crate::profile::Endpoint;
use crate::values::Ttl;

pub use locator::{ClientLocation, InvalidClientLocation, Location, Locator};
pub use walk::route;

/// Who asks, as far as routing is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Client<'l> {
    /// The address out of the EDNS client subnet option, or else the address that the query came from.
    pub address: IpAddr,
    /// Tells where the address is.
    pub locator: &'l Locator,
}

/// Which addresses a multi-value answer may hold. No other method reads it: they choose first, and the type of the
/// query is compared afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Families {
    /// IPv4 addresses are wanted.
    pub v4: bool,
    /// IPv6 addresses are wanted.
    pub v6: bool,
}

/// Where a client is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// A name, answered as CNAME.
    Name(Fqdn),
    /// An address, answered as A.
    V4(Ipv4Addr),
    /// An address, answered as AAAA.
    V6(Ipv6Addr),
}

/// One destination and the endpoint that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The endpoint of the profile that was asked for. With nesting, the destination belongs to a profile below it.
    pub endpoint: Arc<str>,
    /// Where it leads.
    pub destination: Destination,
}

/// What routing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The destinations: exactly one, or up to the profile's maximum under multi-value routing.
    pub served: Result<Vec<Served>, Absence>,
    /// The time to live of the profile that the destinations belong to.
    pub innermost_ttl: Ttl,
    /// Whether another client could have got another answer because of its address.
    pub depends_on_client: bool,
}

/// Why no endpoint is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Absence {
    /// The profile is switched off.
    #[error("the profile is disabled")]
    ProfileDisabled,
    /// The profile has no endpoints.
    #[error("the profile has no endpoints")]
    NoEndpoints,
    /// All endpoints are switched off.
    #[error("all endpoints are disabled")]
    AllDisabled,
    /// The endpoints that are switched on are all stopped.
    #[error("no endpoint is eligible")]
    NothingEligible,
    /// Geographic routing: no endpoint is mapped to any of the client's codes.
    #[error("no endpoint is mapped to the client's geography")]
    NoGeographicMatch,
    /// Geographic routing: the endpoint for the client's most specific code is stopped. Less specific ones are not
    /// tried.
    #[error("the endpoint for the client's geography is stopped")]
    GeographicMatchStopped,
    /// Subnet routing: no endpoint is mapped to the client's address, and none is the fallback.
    #[error("no endpoint is mapped to the client's address")]
    NoSubnetMatch,
    /// Subnet routing: the endpoint for the client's address is not healthy.
    #[error("the endpoint for the client's address is not healthy")]
    SubnetMatchUnhealthy,
    /// An endpoint was chosen, but it cannot be expressed in the type of the query.
    #[error("the endpoint does not fit the type of the query")]
    WrongType,
}

/// An endpoint together with its monitor status.
#[derive(Debug, Clone, Copy)]
struct Candidate<'p> {
    endpoint: &'p Endpoint,
    status: EndpointStatus,
}
