//! How much the service lets through before it answers 429.
//!
//! Two counters stand one behind the other. Resource Manager has token buckets for each subscription and caller: 250
//! reads and 25 more every second, 200 writes and deletes and 10 more (announced for 2024), and fifteen times as much
//! for all callers of a subscription together. Behind it Traffic Manager counts on its own; its headers have been
//! recorded since 2023 to begin at 4 500 profile writes, 2 000 reads and 250 endpoint writes. The length of its window
//! is not recorded; five minutes is what Microsoft.Network documents for its other limits. Azure DNS counts reads apart:
//! 500 in five minutes, as documented.

use std::str::FromStr;
use std::time::Duration;

/// Whether and how requests are throttled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    /// Whether a request beyond the limits is refused. The headers that count down are sent either way.
    pub enforced: bool,
    /// Whether a refusal says in a header how long to wait. Not all of Azure's do; its text always says it.
    pub names_wait: bool,
    /// The limits.
    pub limits: Limits,
}

/// The limits of one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// GET requests of one caller.
    pub reads: Refill,
    /// PUT, PATCH and POST requests of one caller.
    pub writes: Refill,
    /// DELETE requests of one caller.
    pub deletes: Refill,
    /// How many times as much all callers have together.
    pub callers: u32,
    /// Profiles that are created, replaced or changed, in one window.
    pub profile_writes: u32,
    /// Reads of Traffic Manager, in one window; profiles and each type of endpoint count apart.
    pub profile_reads: u32,
    /// Endpoints that are created, replaced or changed, in one window; each type counts apart.
    pub endpoint_writes: u32,
    /// Reads of Azure DNS, in one window; zones and record sets together.
    pub dns_reads: u32,
    /// The length of the window.
    pub window: Duration,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refill {
    /// How many requests it holds.
    pub size: u32,
    /// How many come back in a second.
    pub per_second: u32,
}

/// One limit in place of the usual one, as the flag states it: `writes=20+5/s`, `endpoint-writes=25`, `window=10s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(Which);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Reads(Refill),
    Writes(Refill),
    Deletes(Refill),
    Callers(u32),
    ProfileWrites(u32),
    ProfileReads(u32),
    EndpointWrites(u32),
    DnsReads(u32),
    Window(Duration),
}

/// A text that is not a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a limit such as reads=250+25/s, writes=200+10/s, deletes=200+10/s, callers=15, profile-writes=4500, profile-reads=2000, endpoint-writes=250, dns-reads=500 or window=5m"
)]
pub struct InvalidLimit(String);

// === impl Throttle ===

impl Default for Throttle {
    /// The limits of the service, which are counted and not enforced.
    fn default() -> Self {
        Self {
            enforced: false,
            names_wait: true,
            limits: Limits::default(),
        }
    }
}

// === impl Limits ===

impl Default for Limits {
    /// Those of the service.
    fn default() -> Self {
        let refill = |size, per_second| Refill { size, per_second };
        Self {
            reads: refill(250, 25),
            writes: refill(200, 10),
            deletes: refill(200, 10),
            callers: 15,
            profile_writes: 4500,
            profile_reads: 2000,
            endpoint_writes: 250,
            dns_reads: 500,
            window: Duration::from_mins(5),
        }
    }
}

impl Limits {
    /// Puts one limit in place of the one before.
    pub fn set(&mut self, limit: Limit) {
        match limit.0 {
            Which::Reads(refill) => self.reads = refill,
            Which::Writes(refill) => self.writes = refill,
            Which::Deletes(refill) => self.deletes = refill,
            Which::Callers(callers) => self.callers = callers,
            Which::ProfileWrites(number) => self.profile_writes = number,
            Which::ProfileReads(number) => self.profile_reads = number,
            Which::EndpointWrites(number) => self.endpoint_writes = number,
            Which::DnsReads(number) => self.dns_reads = number,
            Which::Window(window) => self.window = window,
        }
    }
}

// === impl Refill ===

impl Refill {
    /// So many buckets in one.
    pub(crate) const fn times(self, factor: u32) -> Self {
        Self {
            size: self.size.saturating_mul(factor),
            per_second: self.per_second.saturating_mul(factor),
        }
    }

    /// Reads `200+10/s`.
    fn parse(text: &str) -> Option<Self> {
        let (size, rest) = text.split_once('+')?;
        Some(Self {
            size: positive(size)?,
            per_second: positive(rest.strip_suffix("/s")?)?,
        })
    }
}

// === impl Limit ===

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let parse = || {
            let (name, value) = text.split_once('=')?;
            Some(match name {
                "reads" => Which::Reads(Refill::parse(value)?),
                "writes" => Which::Writes(Refill::parse(value)?),
                "deletes" => Which::Deletes(Refill::parse(value)?),
                "callers" => Which::Callers(positive(value)?),
                "profile-writes" => Which::ProfileWrites(positive(value)?),
                "profile-reads" => Which::ProfileReads(positive(value)?),
                "endpoint-writes" => Which::EndpointWrites(positive(value)?),
                "dns-reads" => Which::DnsReads(positive(value)?),
                "window" => {
                    let window = crate::duration::parse(value).ok()?;
                    Which::Window((!window.is_zero()).then_some(window)?)
                }
                _ => return None,
            })
        };
        parse()
            .map(Self)
            .ok_or_else(|| InvalidLimit(text.to_owned()))
    }
}

/// A limit of nothing would be a service that is off, which a fault rule plays.
fn positive(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("reads=2+1/s")]
    #[case("writes=2+1/s")]
    #[case("deletes=2+1/s")]
    #[case("callers=1")]
    #[case("profile-writes=1")]
    #[case("profile-reads=1")]
    #[case("endpoint-writes=1")]
    #[case("dns-reads=1")]
    #[case("window=10s")]
    fn a_limit_takes_the_place_of_the_usual_one(#[case] text: &str) {
        let mut limits = Limits::default();
        limits.set(text.parse().expect("a limit"));
        assert_ne!(limits, Limits::default());
    }

    #[rstest]
    #[case("reads")]
    #[case("reads=2")]
    #[case("reads=2+1")]
    #[case("reads=0+1/s")]
    #[case("reads=-2+1/s")]
    #[case("lists=2+1/s")]
    #[case("endpoint-writes=0")]
    #[case("window=0")]
    #[case("window=5")]
    fn what_is_no_limit_is_refused(#[case] text: &str) {
        let error = text.parse::<Limit>().expect_err("no limit");
        assert!(error.to_string().contains(text), "{error}");
    }
}
