//! The headers that say how many requests are left.
//!
//! Traffic Manager counts per kind of request; recorded since 2023 are 4 500 profile writes, 2 000 reads and 250
//! endpoint writes per window. Nothing is refused here: throttling is injected as a fault.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::operation::{Operation, Resource};

/// Length of a window. Not recorded; five minutes is what Microsoft.Network documents for its own limits.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

const RESOURCE_REQUESTS: &str = "x-ms-ratelimit-remaining-subscription-resource-requests";
const SUBSCRIPTION_READS: &str = "x-ms-ratelimit-remaining-subscription-reads";
const SUBSCRIPTION_WRITES: &str = "x-ms-ratelimit-remaining-subscription-writes";
const SUBSCRIPTION_DELETES: &str = "x-ms-ratelimit-remaining-subscription-deletes";
const TENANT_READS: &str = "x-ms-ratelimit-remaining-tenant-reads";
const TENANT_WRITES: &str = "x-ms-ratelimit-remaining-tenant-writes";

/// Counters of requests per subscription and bucket.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    windows: BTreeMap<Bucket, Window>,
}

/// Requests that are counted together. Endpoints are counted by type.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    subscription: String,
    resource_type: &'static str,
    header: &'static str,
    limit: u32,
}

#[derive(Debug)]
struct Window {
    start: Timestamp,
    used: u32,
}

impl Quota {
    /// Counts a request. Returns the header that says how many are left.
    pub(crate) fn count(
        &mut self,
        now: Timestamp,
        operation: Operation,
        resource: Option<&Resource>,
    ) -> (&'static str, u32) {
        let subscription = resource.and_then(Resource::subscription);
        let (header, limit) = counted_as(operation, subscription.is_some());
        let bucket = Bucket {
            subscription: subscription.unwrap_or_default().to_ascii_lowercase(),
            resource_type: resource.map_or("", Resource::type_name),
            header,
            limit,
        };
        let window = self.windows.entry(bucket).or_insert(Window {
            start: now,
            used: 0,
        });
        if now.duration_since(window.start) >= WINDOW {
            *window = Window {
                start: now,
                used: 0,
            };
        }
        window.used = window.used.saturating_add(1);
        (header, limit.saturating_sub(window.used))
    }
}

fn counted_as(operation: Operation, in_subscription: bool) -> (&'static str, u32) {
    match operation {
        Operation::ProfilesPut | Operation::ProfilesPatch => (RESOURCE_REQUESTS, 4500),
        Operation::EndpointsPut | Operation::EndpointsPatch => (RESOURCE_REQUESTS, 250),
        Operation::ProfilesList
        | Operation::ProfilesListAll
        | Operation::ProfilesGet
        | Operation::EndpointsGet => (RESOURCE_REQUESTS, 2000),
        Operation::ProfilesDelete | Operation::EndpointsDelete | Operation::TagsDelete => {
            (SUBSCRIPTION_DELETES, 15_000)
        }
        Operation::TagsPut | Operation::TagsPatch => (SUBSCRIPTION_WRITES, 1200),
        Operation::NameCheck if in_subscription => (SUBSCRIPTION_WRITES, 1200),
        Operation::NameCheck => (TENANT_WRITES, 1200),
        Operation::GeographyGet | Operation::Unknown if !in_subscription => (TENANT_READS, 15_000),
        Operation::TagsGet | Operation::GeographyGet | Operation::Unknown => {
            (SUBSCRIPTION_READS, 15_000)
        }
    }
}
