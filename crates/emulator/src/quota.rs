//! Counting requests: the headers that say how many are left, and the refusal of those that are too many.
//!
//! A refused request takes nothing from the counter that refuses it, so whoever waits as told gets through. Resource
//! Manager counts first; what Traffic Manager refuses has cost a request there.
//!
//! As long as nothing is refused, a counter that is half used up begins anew: a client that slows down when little is
//! left would wait for nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;

use crate::operation::{Operation, Resource};
use crate::refusal::error_response;
use crate::request::Response;
use crate::throttle::{Limits, Refill, Throttle};

const RESOURCE_REQUESTS: &str = "x-ms-ratelimit-remaining-subscription-resource-requests";

/// A request in units of a bucket's level: refills are then whole numbers for any clock of nanoseconds.
const REQUEST: u64 = 1_000_000_000;

/// Counters of requests.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    pub(crate) throttle: Throttle,
    buckets: BTreeMap<BucketKey, Bucket>,
    windows: BTreeMap<WindowKey, Window>,
}

/// What counting a request came to. One that is not let in is not counted.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// Headers of the answer.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The answer, when the request is one too many.
    pub(crate) refusal: Option<Response>,
}

/// What Resource Manager counts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Write,
    Delete,
}

/// A bucket of Resource Manager. An empty subscription is the tenant; no caller, all of them together.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct BucketKey {
    subscription: String,
    caller: Option<String>,
    kind: Kind,
}

#[derive(Debug)]
struct Bucket {
    /// In parts of a request.
    level: u64,
    at: Timestamp,
}

/// A counter of Traffic Manager. Endpoints are counted by type.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WindowKey {
    subscription: String,
    resource_type: &'static str,
    counter: Counter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counter {
    ProfileWrites,
    EndpointWrites,
    Reads,
    DnsReads,
}

#[derive(Debug)]
struct Window {
    start: Timestamp,
    used: u32,
}

// === impl Quota ===

impl Quota {
    /// Counts a request.
    pub(crate) fn admit(
        &mut self,
        now: Timestamp,
        operation: Operation,
        resource: Option<&Resource>,
        caller: Option<&str>,
    ) -> Admission {
        let kind = Kind::of(operation);
        let subscription = resource
            .and_then(Resource::subscription)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mut headers = Vec::new();
        let enforced = self.throttle.enforced;
        let own = Counter::of(operation);
        // Who is not throttled sees the headers that have been recorded, one for each answer.
        if enforced || own.is_none() {
            let waits = self.take(
                now,
                &subscription,
                caller.unwrap_or_default(),
                kind,
                &mut headers,
            );
            if let Some(wait) = waits.filter(|_| enforced) {
                let refusal = self.arm_refusal(&operation.action(resource), &subscription, wait);
                return Admission {
                    headers,
                    refusal: Some(refusal),
                };
            }
        }
        let Some(counter) = own else {
            return Admission {
                headers,
                refusal: None,
            };
        };
        let key = WindowKey {
            subscription,
            // Zones and record sets count together.
            resource_type: match counter {
                Counter::DnsReads => "dnszones",
                _ => resource.map_or("", Resource::type_name),
            },
            counter,
        };
        let limits = &self.throttle.limits;
        let limit = counter.limit(limits);
        let window = self.windows.entry(key).or_insert(Window {
            start: now,
            used: 0,
        });
        if !enforced && window.used >= limit / 2 {
            window.used = 0;
        }
        let left = window.take(now, limits.window, limit);
        headers.push((RESOURCE_REQUESTS, left.unwrap_or(0).to_string()));
        let refusal = match left {
            None if enforced => {
                let wait = window.ends_in(now, limits.window);
                Some(self.service_refusal(&operation.action(resource), limit, wait))
            }
            _ => None,
        };
        Admission { headers, refusal }
    }

    /// Takes a request from the buckets of the caller and of all callers. Returns how long to wait when one is empty.
    fn take(
        &mut self,
        now: Timestamp,
        subscription: &str,
        caller: &str,
        kind: Kind,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Option<Duration> {
        let enforced = self.throttle.enforced;
        let limit = kind.limit(&self.throttle.limits);
        let all = limit.times(self.throttle.limits.callers);
        let [own_header, all_header] = kind.headers(subscription.is_empty());
        let mut look = |caller: Option<&str>, limit: Refill| {
            let key = BucketKey {
                subscription: subscription.to_owned(),
                caller: caller.map(str::to_owned),
                kind,
            };
            let bucket = self.buckets.entry(key).or_insert(Bucket::full(now, limit));
            bucket.refill(now, limit, enforced);
            bucket.wait(limit)
        };
        let wait = look(Some(caller), limit).max(look(None, all));
        for (caller, header) in [(Some(caller.to_owned()), own_header), (None, all_header)] {
            let key = BucketKey {
                subscription: subscription.to_owned(),
                caller,
                kind,
            };
            if let Some(bucket) = self.buckets.get_mut(&key) {
                if wait.is_none() {
                    bucket.level = bucket.level.saturating_sub(REQUEST);
                }
                headers.push((header, (bucket.level / REQUEST).to_string()));
            }
        }
        wait
    }

    fn arm_refusal(&self, action: &str, subscription: &str, wait: Duration) -> Response {
        let seconds = whole_seconds(wait);
        let message = format!(
            "Number of requests for subscription '{subscription}' and operation '{action}' exceeded the backend storage limit. Please try again after '{seconds}' seconds."
        );
        self.refusal("SubscriptionRequestsThrottled", &message, seconds)
            .with("x-ms-failure-cause", "gateway")
    }

    fn service_refusal(&self, action: &str, limit: u32, wait: Duration) -> Response {
        let seconds = whole_seconds(wait);
        let window = self.throttle.limits.window.as_secs();
        let message = format!(
            "Number of requests for action '{action}' exceeded the limit of '{limit}' for time interval '{:02}:{:02}:{:02}'. Please try again after '{seconds}' seconds.",
            window / 3600,
            window / 60 % 60,
            window % 60,
        );
        self.refusal("ResourceRequestsThrottled", &message, seconds)
    }

    fn refusal(&self, code: &str, message: &str, seconds: u64) -> Response {
        let response = error_response(StatusCode::TOO_MANY_REQUESTS, code, message);
        if self.throttle.names_wait {
            response.with("retry-after", seconds.to_string())
        } else {
            response
        }
    }
}

// === impl Kind ===

impl Kind {
    fn of(operation: Operation) -> Self {
        match operation {
            Operation::ProfilesDelete
            | Operation::EndpointsDelete
            | Operation::TagsDelete
            | Operation::UserMetricsKeyDelete
            | Operation::ZonesDelete
            | Operation::RecordSetsDelete => Self::Delete,
            Operation::ProfilesPut
            | Operation::ProfilesPatch
            | Operation::EndpointsPut
            | Operation::EndpointsPatch
            | Operation::TagsPut
            | Operation::TagsPatch
            | Operation::UserMetricsKeyPut
            | Operation::ZonesPut
            | Operation::ZonesPatch
            | Operation::RecordSetsPut
            | Operation::RecordSetsPatch
            | Operation::NameCheck => Self::Write,
            _ => Self::Read,
        }
    }

    const fn limit(self, limits: &Limits) -> Refill {
        match self {
            Self::Read => limits.reads,
            Self::Write => limits.writes,
            Self::Delete => limits.deletes,
        }
    }

    /// The headers of one caller and of all callers.
    const fn headers(self, of_tenant: bool) -> [&'static str; 2] {
        match (self, of_tenant) {
            (Self::Read, false) => [
                "x-ms-ratelimit-remaining-subscription-reads",
                "x-ms-ratelimit-remaining-subscription-global-reads",
            ],
            (Self::Write, false) => [
                "x-ms-ratelimit-remaining-subscription-writes",
                "x-ms-ratelimit-remaining-subscription-global-writes",
            ],
            (Self::Delete, false) => [
                "x-ms-ratelimit-remaining-subscription-deletes",
                "x-ms-ratelimit-remaining-subscription-global-deletes",
            ],
            (Self::Read, true) => [
                "x-ms-ratelimit-remaining-tenant-reads",
                "x-ms-ratelimit-remaining-tenant-global-reads",
            ],
            (Self::Write | Self::Delete, true) => [
                "x-ms-ratelimit-remaining-tenant-writes",
                "x-ms-ratelimit-remaining-tenant-global-writes",
            ],
        }
    }
}

// === impl Counter ===

impl Counter {
    /// The counter of Traffic Manager, for what it counts itself.
    fn of(operation: Operation) -> Option<Self> {
        match operation {
            Operation::ProfilesPut | Operation::ProfilesPatch => Some(Self::ProfileWrites),
            Operation::EndpointsPut | Operation::EndpointsPatch => Some(Self::EndpointWrites),
            Operation::ProfilesList
            | Operation::ProfilesListAll
            | Operation::ProfilesGet
            | Operation::EndpointsGet => Some(Self::Reads),
            Operation::ZonesList
            | Operation::ZonesListAll
            | Operation::ZonesGet
            | Operation::RecordSetsList
            | Operation::RecordSetsListByType
            | Operation::RecordSetsGet => Some(Self::DnsReads),
            _ => None,
        }
    }

    const fn limit(self, limits: &Limits) -> u32 {
        match self {
            Self::ProfileWrites => limits.profile_writes,
            Self::EndpointWrites => limits.endpoint_writes,
            Self::Reads => limits.profile_reads,
            Self::DnsReads => limits.dns_reads,
        }
    }
}

// === impl Bucket ===

impl Bucket {
    fn full(now: Timestamp, limit: Refill) -> Self {
        Self {
            level: u64::from(limit.size).saturating_mul(REQUEST),
            at: now,
        }
    }

    fn refill(&mut self, now: Timestamp, limit: Refill, enforced: bool) {
        // A clock that was set back refills nothing.
        let passed = elapsed(self.at, now);
        let back = u64::try_from(passed.as_nanos())
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(limit.per_second));
        let size = u64::from(limit.size).saturating_mul(REQUEST);
        self.level = self.level.saturating_add(back).min(size);
        if !enforced && self.level < size / 2 {
            self.level = size;
        }
        self.at = now;
    }

    /// How long until it holds a request; `None` when it does.
    fn wait(&self, limit: Refill) -> Option<Duration> {
        let missing = REQUEST
            .checked_sub(self.level)
            .filter(|missing| *missing > 0)?;
        let rate = u64::from(limit.per_second).max(1);
        Some(Duration::from_nanos(missing.div_ceil(rate)))
    }
}

// === impl Window ===

impl Window {
    /// Counts a request. Returns how many are left, or `None` when it is one too many.
    fn take(&mut self, now: Timestamp, length: Duration, limit: u32) -> Option<u32> {
        if elapsed(self.start, now) >= length {
            *self = Self {
                start: now,
                used: 0,
            };
        }
        let left = limit.checked_sub(self.used)?.checked_sub(1)?;
        self.used += 1;
        Some(left)
    }

    fn ends_in(&self, now: Timestamp, length: Duration) -> Duration {
        length.saturating_sub(elapsed(self.start, now))
    }
}

fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// What `Retry-After` can say: nobody is told to come back too early.
fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_secs();
    let rounded = if wait.subsec_nanos() > 0 {
        seconds + 1
    } else {
        seconds
    };
    rounded.max(1)
}
