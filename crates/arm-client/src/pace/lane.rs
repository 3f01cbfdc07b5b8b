//! What Azure counts apart, and how much of each it allows.

use std::fmt;
use std::time::Duration;

use reqwest::Method;

use crate::Operation;

/// A kind of requests that Azure counts apart, for each subscription.
///
/// Azure Resource Manager counts by method; behind it each service counts for
/// itself. How much a service allows is known of three lanes of Traffic Manager;
/// the others let everything through until Azure refuses a request in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Reads, at Resource Manager.
    Reads,
    /// Writes and name checks, at Resource Manager.
    Writes,
    /// Deletes, at Resource Manager.
    Deletes,
    /// Reads of profiles, at Traffic Manager.
    ProfileReads,
    /// Creations and changes of profiles, at Traffic Manager.
    ProfileWrites,
    /// Creations and changes of single endpoints, at Traffic Manager.
    EndpointWrites,
    /// Deletes of profiles, at Traffic Manager.
    ProfileDeletes,
    /// Deletes of single endpoints, at Traffic Manager.
    EndpointDeletes,
    /// Questions whether a DNS name is free, at Traffic Manager.
    NameChecks,
    /// Reads of the geographic hierarchy, at Traffic Manager.
    Geography,
    /// Reads and changes of tags, at the service that keeps them.
    Tags,
    /// Reads of public IP addresses, at the service that has them.
    PublicIps,
    /// Reads of zones and record sets, at Azure DNS.
    DnsReads,
    /// Writes and deletes of record sets, at Azure DNS.
    DnsWrites,
}

/// How much a lane lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// So many at once, and another one whenever the interval has passed.
    Bucket { size: u32, interval: Duration },
    /// So many in any stretch of time of this length, and so many more on credit.
    Window {
        most: u32,
        spare: u32,
        length: Duration,
    },
    /// Nothing is known.
    Unknown,
}

/// The length of Traffic Manager's windows. It is not documented; this is what
/// Microsoft.Network documents for its other limits.
const WINDOW: Duration = Duration::from_mins(5);

// === impl Lane ===

impl Lane {
    /// The lanes in which a request counts: at Resource Manager, and at the
    /// service behind it.
    pub(crate) fn of(operation: Operation, method: &Method) -> [Self; 2] {
        let (arm, reads) = match method.as_str() {
            "GET" | "HEAD" => (Self::Reads, true),
            "DELETE" => (Self::Deletes, false),
            _ => (Self::Writes, false),
        };
        let own = match operation {
            Operation::ProfilesList | Operation::ProfilesGet => Self::ProfileReads,
            Operation::ProfilesPut | Operation::ProfilesPatch if reads => Self::ProfileReads,
            Operation::ProfilesPut | Operation::ProfilesPatch => Self::ProfileWrites,
            Operation::ProfilesDelete => Self::ProfileDeletes,
            Operation::EndpointsPut => Self::EndpointWrites,
            Operation::EndpointsDelete => Self::EndpointDeletes,
            Operation::TagsMerge | Operation::TagsDelete => Self::Tags,
            Operation::NameCheck => Self::NameChecks,
            Operation::GeographyGet => Self::Geography,
            Operation::PublicIpsList => Self::PublicIps,
            Operation::ZonesList | Operation::RecordSetsList | Operation::RecordSetsGet => {
                Self::DnsReads
            }
            // What is refused is read again, in the same call.
            Operation::RecordSetsPut | Operation::RecordSetsDelete if reads => Self::DnsReads,
            Operation::RecordSetsPut | Operation::RecordSetsDelete => Self::DnsWrites,
        };
        [arm, own]
    }

    /// The lanes of the write that may follow a request and must not be late:
    /// an endpoint may be deleted to make way for another one.
    pub(super) fn following(lanes: &[Self]) -> &'static [Self] {
        if lanes.contains(&Self::EndpointDeletes) {
            &[Self::Writes, Self::EndpointWrites]
        } else {
            &[]
        }
    }

    /// The share of what Azure allows: the token buckets of Resource Manager as
    /// Microsoft has announced them for 2024, what Traffic Manager's headers were
    /// recorded to begin with since 2023, and what is documented of Azure DNS.
    pub(super) fn limit(self, share: u8) -> Limit {
        let part = |whole: u32| (whole.saturating_mul(u32::from(share)) / 100).max(1);
        let bucket = |size, per_second: u32| Limit::Bucket {
            size: part(size),
            interval: Duration::from_secs(100) / (per_second * u32::from(share)).max(1),
        };
        // A tenth of the share and not of the whole: several clients that divide
        // nine tenths stay within Azure's limit even with what each has to spare.
        let window = |whole: u32| Limit::Window {
            most: part(whole),
            spare: (part(whole) / 10).min(whole.saturating_sub(part(whole))),
            length: WINDOW,
        };
        match self {
            Self::Reads => bucket(250, 25),
            Self::Writes | Self::Deletes => bucket(200, 10),
            Self::ProfileReads => window(2000),
            Self::ProfileWrites => window(4500),
            Self::EndpointWrites => window(250),
            Self::DnsReads => window(500),
            Self::ProfileDeletes
            | Self::EndpointDeletes
            | Self::NameChecks
            | Self::Geography
            | Self::Tags
            | Self::PublicIps
            | Self::DnsWrites => Limit::Unknown,
        }
    }

    /// The lane in which a request was one too many, by Azure's word for it.
    pub(crate) fn throttled(lanes: &[Self], code: Option<&str>) -> Option<Self> {
        let own = lanes.get(1).copied();
        match code.unwrap_or_default() {
            // Not a limit: somebody writes to the same resource.
            "RetryableErrorDueToAnotherOperation" => None,
            // The service's own word. Nothing else at Resource Manager has to wait.
            "ResourceRequestsThrottled" => own,
            "SubscriptionRequestsThrottled" => lanes.first().copied(),
            // Azure DNS is reported to refuse as `Throttled`, and without a word.
            // Profiles do not wait for that.
            _ if matches!(own, Some(Self::DnsReads | Self::DnsWrites)) => own,
            _ => lanes.first().copied(),
        }
    }

    /// Whether a header `x-ms-ratelimit-remaining-…` of this name says what is
    /// left in the lane.
    pub(super) fn counts_in(self, name: &str) -> bool {
        match self {
            Self::Reads => name.ends_with("-reads"),
            Self::Writes => name.ends_with("-writes"),
            // Some deletes are reported as writes.
            Self::Deletes => name.ends_with("-deletes") || name.ends_with("-writes"),
            Self::ProfileReads | Self::ProfileWrites | Self::EndpointWrites => {
                name.ends_with("-resource-requests")
            }
            Self::ProfileDeletes
            | Self::EndpointDeletes
            | Self::NameChecks
            | Self::Geography
            | Self::Tags
            | Self::PublicIps
            | Self::DnsReads
            | Self::DnsWrites => false,
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Deletes => "deletes",
            Self::ProfileReads => "reads of profiles",
            Self::ProfileWrites => "writes of profiles",
            Self::EndpointWrites => "writes of endpoints",
            Self::ProfileDeletes => "deletes of profiles",
            Self::EndpointDeletes => "deletes of endpoints",
            Self::NameChecks => "name checks",
            Self::Geography => "reads of the geographic hierarchy",
            Self::Tags => "requests for tags",
            Self::PublicIps => "reads of public IP addresses",
            Self::DnsReads => "reads of DNS zones and record sets",
            Self::DnsWrites => "writes of DNS record sets",
        })
    }
}
