//! Settings that have a type of their own.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use super::field;

/// What becomes of a profile that has been without members for the grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileRetention {
    /// It is deleted, and its global name becomes free.
    Delete,
    /// It stays, disabled, for ever.
    Keep,
}

/// A word that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", known.join(" or "))]
pub struct UnknownWord {
    known: Vec<&'static str>,
}

/// The value that stands beside `text` in the table; letter case does not matter.
pub(crate) fn word<T: Copy>(text: &str, table: &[(&'static str, T)]) -> Result<T, UnknownWord> {
    let found = table
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(text));
    found.map(|&(_, value)| value).ok_or_else(|| UnknownWord {
        known: table.iter().map(|&(known, _)| known).collect(),
    })
}

impl FromStr for ProfileRetention {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        word(text, &[("delete", Self::Delete), ("keep", Self::Keep)])
    }
}

/// A setting that is allowed but probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// ExternalDNS gives up, and exits, before we answer.
    DeadlineTooLong(Duration),
    /// The unauthenticated API can be reached from outside the pod.
    ApiNotOnLoopback(SocketAddr),
}

/// The time after which ExternalDNS (v0.21 and later, with its default flags) gives up a call and exits.
pub const EXTERNAL_DNS_TIMEOUT: Duration = Duration::from_secs(15);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadlineTooLong(deadline) => write!(
                f,
                "{}: {}s is not below {}s, after which ExternalDNS gives up and exits, unless its \
                 --webhook-provider-read-timeout and --webhook-provider-write-timeout are raised too",
                field::DEADLINE,
                deadline.as_secs_f64(),
                EXTERNAL_DNS_TIMEOUT.as_secs(),
            ),
            Self::ApiNotOnLoopback(address) => write!(
                f,
                "{}: {} can be reached from other machines, and the API is not authenticated",
                field::SERVER_HOST,
                address.ip(),
            ),
        }
    }
}
