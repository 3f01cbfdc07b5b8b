//! What Azure's documents leave open or contradict themselves about.

use crate::routing::Absence;

/// How a name without an answer is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Negative {
    /// `NOERROR` without records: the name exists, but there is nothing of this type.
    NoData,
    /// `NXDOMAIN`: the name does not exist.
    NxDomain,
}

/// Whose time to live an answer out of a nested profile carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NestedTtl {
    /// That of the profile that was asked for.
    Asked,
    /// That of the profile that the chosen endpoint belongs to.
    Innermost,
}

/// What a query for another type than A, AAAA, CNAME and ANY gets from an endpoint that is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OtherTypes {
    /// No data, as for every mismatch of types.
    NoData,
    /// The CNAME, as RFC 1034 §3.6.2 has it.
    Cname,
}

/// One switch for each behaviour that is not documented, or documented twice and differently.
///
/// The defaults are what the documentation of the service suggests most strongly; where a recorded answer of the real
/// service shows otherwise, it is enough to change the default here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// A profile without any endpoint. Not documented. `NXDOMAIN` like the documented case of a profile whose endpoints
    /// are all disabled.
    pub no_endpoints: Negative,
    /// Enabled endpoints, of which none may be answered with: all are Stopped (or Disabled). Not documented. No data
    /// like the documented case of a geographic match that is stopped.
    pub nothing_eligible: Negative,
    /// Subnet routing: the client's address is mapped to no endpoint, and there is none without a mapping. The page on
    /// routing methods says no data, the FAQ says `NXDOMAIN`.
    pub subnet_no_match: Negative,
    /// Subnet routing: the endpoint that the client's address is mapped to is not healthy. The same contradiction.
    pub subnet_unhealthy: Negative,
    /// The time to live of answers out of nested profiles. Not documented.
    pub nested_ttl: NestedTtl,
    /// Queries for types that no document mentions, such as HTTPS, which browsers send.
    pub other_types: OtherTypes,
}

impl Quirks {
    /// How a profile is answered that has nothing to answer with.
    pub const fn negative(self, absence: Absence) -> Negative {
        match absence {
            Absence::ProfileDisabled | Absence::AllDisabled => Negative::NxDomain,
            Absence::NoEndpoints => self.no_endpoints,
            Absence::NothingEligible => self.nothing_eligible,
            Absence::NoSubnetMatch => self.subnet_no_match,
            Absence::SubnetMatchUnhealthy => self.subnet_unhealthy,
            Absence::NoGeographicMatch | Absence::GeographicMatchStopped | Absence::WrongType => {
                Negative::NoData
            }
        }
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            no_endpoints: Negative::NxDomain,
            nothing_eligible: Negative::NoData,
            subnet_no_match: Negative::NoData,
            subnet_unhealthy: Negative::NoData,
            nested_ttl: NestedTtl::Asked,
            other_types: OtherTypes::NoData,
        }
    }
}
