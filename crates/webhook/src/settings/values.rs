//! Settings that have a type of their own.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use arm_client::Pace;

use super::field;

/// What becomes of a profile that has been without members for the grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileRetention {
    /// It is deleted, and its global name becomes free.
    Delete,
    /// It stays, disabled, for ever.
    Keep,
}

/// How many of its members an owner may lose in one batch before the batch has to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxDeletions {
    /// So many, however many there are.
    Number(usize),
    /// So many of a hundred, 0 to 100. Only counts for an owner with more than [`MaxDeletions::FEW`] members.
    Percent(u8),
}

/// A text that is no limit for deletions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number such as 10, or a percentage from 0% to 100%")]
pub struct NoLimit;

impl MaxDeletions {
    /// An owner with so few members may lose all of them under a percentage: of two members one is already half.
    pub const FEW: usize = 4;

    /// Whether so many deletions are too many for an owner with so many members.
    pub fn is_exceeded(self, deletions: usize, members: usize) -> bool {
        match self {
            Self::Number(most) => deletions > most,
            Self::Percent(_) if members <= Self::FEW => false,
            Self::Percent(percent) => {
                deletions.saturating_mul(100) > members.saturating_mul(usize::from(percent))
            }
        }
    }
}

impl Default for MaxDeletions {
    fn default() -> Self {
        Self::Percent(50)
    }
}

impl fmt::Display for MaxDeletions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(most) => write!(f, "{most}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for MaxDeletions {
    type Err = NoLimit;

    fn from_str(text: &str) -> Result<Self, NoLimit> {
        // `usize` and `u8` would also take a leading plus sign.
        let (digits, is_percentage) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), true),
            None => (text, false),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoLimit);
        }
        if is_percentage {
            let percent: Option<u8> = digits.parse().ok();
            let percent = percent.filter(|percent| *percent <= 100);
            percent.map(Self::Percent).ok_or(NoLimit)
        } else {
            digits.parse().map(Self::Number).map_err(|_| NoLimit)
        }
    }
}

/// How much of the requests that Azure allows a subscription is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestShare {
    /// So many of a hundred, 1 to 100.
    Percent(u8),
    /// As many as there are to send.
    Off,
}

/// A text that is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a percentage from 1% to 100%, or off")]
pub struct NoShare;

impl Default for RequestShare {
    /// As the client's own.
    fn default() -> Self {
        Self::Percent(Pace::default().share())
    }
}

impl FromStr for RequestShare {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<Self, NoShare> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        let number = text.strip_suffix('%').ok_or(NoShare)?.trim_end();
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let percent: Option<u8> = number.parse().ok().filter(|_| digits);
        let percent = percent.filter(|percent| Pace::of_share(*percent).is_ok());
        percent.map(Self::Percent).ok_or(NoShare)
    }
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

/// Whether Kubernetes Events say what becomes of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KubernetesEvents {
    /// Where there is a cluster.
    Auto,
    /// Nowhere.
    Off,
}

impl FromStr for KubernetesEvents {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        word(text, &[("auto", Self::Auto), ("off", Self::Off)])
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
