//! What Azure counts apart, and how much of each it allows.

use std::fmt;
use std::time::Duration;

use reqwest::Method;

use crate::Operation;

/// A kind of requests that Azure counts apart, for each subscription.
///
/// Azure Resource Manager counts by method; behind it Traffic Manager counts
/// for itself.
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
}

/// How much a lane lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// So many at once, and another one whenever the interval has passed.
    Bucket { size: u32, interval: Duration },
    /// So many in any stretch of time of this length.
    Window { most: u32, length: Duration },
}

/// The length of Traffic Manager's windows. It is not documented; this is what
/// Microsoft.Network documents for its other limits.
const WINDOW: Duration = Duration::from_mins(5);

// === impl Lane ===

impl Lane {
    /// The lanes in which a request counts.
    pub(crate) fn of(operation: Operation, method: &Method) -> Vec<Self> {
        let own = match (operation, method.as_str()) {
            (Operation::EndpointsPut, "PUT") => Some(Self::EndpointWrites),
            (Operation::ProfilesPut | Operation::ProfilesPatch, "PUT" | "PATCH") => {
                Some(Self::ProfileWrites)
            }
            (Operation::ProfilesList | Operation::ProfilesGet | Operation::ProfilesPut, "GET") => {
                Some(Self::ProfileReads)
            }
            _ => None,
        };
        let arm = match method.as_str() {
            "GET" | "HEAD" => Self::Reads,
            "DELETE" => Self::Deletes,
            _ => Self::Writes,
        };
        std::iter::once(arm).chain(own).collect()
    }

    /// The share of what Azure allows: the token buckets of Resource Manager as
    /// Microsoft has announced them for 2024, and what Traffic Manager's headers
    /// were recorded to begin with since 2023.
    pub(super) fn limit(self, share: u8) -> Limit {
        let part = |whole: u32| (whole.saturating_mul(u32::from(share)) / 100).max(1);
        let bucket = |size, per_second: u32| Limit::Bucket {
            size: part(size),
            interval: Duration::from_secs(100) / (per_second * u32::from(share)).max(1),
        };
        let window = |most| Limit::Window {
            most: part(most),
            length: WINDOW,
        };
        match self {
            Self::Reads => bucket(250, 25),
            Self::Writes | Self::Deletes => bucket(200, 10),
            Self::ProfileReads => window(2000),
            Self::ProfileWrites => window(4500),
            Self::EndpointWrites => window(250),
        }
    }

    /// The lane in which a request was one too many, by Azure's word for it.
    pub(crate) fn throttled(lanes: &[Self], code: Option<&str>) -> Option<Self> {
        match code.unwrap_or_default() {
            // Not a limit: somebody writes to the same resource.
            "RetryableErrorDueToAnotherOperation" => None,
            "ResourceRequestsThrottled" => lanes.last().copied(),
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
        })
    }
}
