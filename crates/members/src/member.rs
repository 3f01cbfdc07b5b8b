//! A member: an endpoint that this system manages for one object of one
//! cluster, with everything that the object asks for.

use std::collections::BTreeSet;

use traffic_manager::{
    EndpointName, GeoMapping, Headers, Hostname, MaxReturn, MonitorProtocol, Port, Priority,
    ProbeHost, ProbeInterval, ProbeTimeout, ProfileId, RecordType, Region, RelativeName,
    RoutingMethod, StatusCodes, Subnets, Switch, ToleratedFailures, Ttl, Weight,
};

use crate::annotation::Name;
use crate::destination::{Destination, Thresholds};
use crate::finding::Subject;
use crate::user_tags::UserTags;
use crate::vanity::Vanity;

/// Which endpoint of which profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey {
    /// The profile.
    pub profile: ProfileId,
    /// The endpoint.
    pub endpoint: EndpointName,
}

/// A member as an object wants it, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which endpoint of which profile.
    pub key: MemberKey,
    /// The object that it stands for.
    pub subject: Subject,
    /// The host of the object's record.
    pub host: Hostname,
    /// What belongs to the endpoint.
    pub endpoint: EndpointSpec,
    /// What belongs to the profile.
    pub settings: Settings,
    /// Whether the profile is this system's or somebody else's.
    pub management: Management,
    /// The annotations that the object spells out. A default that differs from
    /// what another object decided is no dispute.
    pub given: BTreeSet<Name>,
}

/// Whose profile a member is to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// This system's: it is created, its settings follow the annotations, and it
    /// goes with its last member.
    Manage,
    /// Somebody else's, made by Terraform or by hand: members come and go in it,
    /// and nothing else of it is ever written.
    Join,
}

/// What belongs to the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSpec {
    /// Where it points.
    pub destination: Destination,
    /// From when on a nested endpoint counts as healthy; with
    /// [`Destination::Nested`] and only then.
    pub thresholds: Option<Thresholds>,
    /// Whether it takes part.
    pub status: Switch,
    /// Whether it is served without being probed.
    pub always_serve: Switch,
    /// Share under weighted routing. Always written: Azure's own default (1)
    /// differs from ours.
    pub weight: Weight,
    /// Rank; `None` leaves the choice to Azure, which assigns one under every
    /// routing method.
    pub priority: Option<Priority>,
    /// Region.
    pub location: Option<Region>,
    /// Geographic codes.
    pub geo_mapping: Option<GeoMapping>,
    /// Client ranges.
    pub subnets: Option<Subnets>,
    /// Headers of the probes, besides those of the profile.
    pub headers: Option<Headers>,
}

/// What belongs to the profile and not to one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The DNS name before the suffix. Immutable in Azure.
    pub relative_name: RelativeName,
    /// The name that users type and who makes its record, kept in a tag.
    pub vanity: Option<Vanity>,
    /// Whether the profile answers.
    pub status: Switch,
    /// How it chooses.
    pub method: RoutingMethod,
    /// How long resolvers keep an answer.
    pub ttl: Ttl,
    /// How endpoints are probed.
    pub monitor: Monitor,
    /// Addresses in one answer; with `MultiValue` and only then.
    pub max_return: Option<MaxReturn>,
    /// Whether Azure measures the latencies of the profile's users.
    pub traffic_view: Switch,
    /// The kind of its answers. Immutable in Azure once it is set.
    pub record_type: Option<RecordType>,
    /// The user's own tags.
    pub tags: Option<UserTags>,
}

/// How endpoints are probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// The protocol.
    pub protocol: MonitorProtocol,
    /// The port.
    pub port: Port,
    /// The path; with HTTP and HTTPS and only then.
    pub path: Option<ProbePath>,
    /// Time from one probe to the next.
    pub interval: ProbeInterval,
    /// Time within which a probe has to be answered, less than the interval.
    pub timeout: ProbeTimeout,
    /// Failures in a row that do not count yet.
    pub tolerated_failures: ToleratedFailures,
    /// The Host header; with HTTP and HTTPS only, as what follows.
    pub host: Option<ProbeHost>,
    /// The other headers. With the Host header at most eight.
    pub headers: Option<Headers>,
    /// The answers that count as healthy; Azure's default is 200 alone.
    pub expected_status_codes: Option<StatusCodes>,
}

/// The path of a probe: starts with `/`, printable ASCII without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePath(String);

/// Weight of an endpoint that `weight: "0"` has disabled. Azure has no zero;
/// should somebody enable it by hand, it gets the least there is.
pub const DRAINED_WEIGHT: u16 = 1;

// === impl Management ===

impl Management {
    /// Join, in the letters of the annotation.
    pub const JOIN: &str = "join";
}

impl std::str::FromStr for Management {
    type Err = traffic_manager::Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "manage" => Ok(Self::Manage),
            Self::JOIN => Ok(Self::Join),
            _ => Err(traffic_manager::Invalid::new(
                "must be `manage`, or `join` for members in a profile that others made",
            )),
        }
    }
}

// === impl ProbePath ===

impl ProbePath {
    /// The path `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ProbePath {
    type Err = traffic_manager::Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let printable = text.chars().all(|c| c.is_ascii_graphic());
        if text.starts_with('/') && printable && text.len() <= 2000 {
            Ok(Self(text.to_owned()))
        } else {
            Err(traffic_manager::Invalid::new(
                "must be a path that starts with / and has no spaces",
            ))
        }
    }
}
