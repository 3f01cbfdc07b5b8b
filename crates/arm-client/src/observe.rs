//! What the caller may learn about each call, for metrics and logs.

use std::time::Duration;

use crate::Operation;

/// Is told about every call once it is over. Called on the task that made the
/// call, so it must not block. A call whose future is dropped is not reported.
pub trait CallObserver: Send + Sync {
    /// A call is over.
    fn observe(&self, call: &CallRecord);
}

/// One call, with all its tries, pages and polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// What was called.
    pub operation: Operation,
    /// How it ended: [`Error::outcome`](crate::Error::outcome), `ok`, or
    /// `not_found` when that is an answer and not an error.
    pub outcome: &'static str,
    /// How long it took, waits included.
    pub duration: Duration,
    /// How many requests were sent.
    pub attempts: u32,
    /// How much of the duration it waited to stay below Azure's limits.
    pub held: Duration,
    /// What is left of the scarcest allowance that Azure reported.
    pub allowance: Option<Allowance>,
}

/// How many requests Azure still allows, from its
/// `x-ms-ratelimit-remaining-…` headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The rest of the header's name, for example `subscription-reads`.
    pub bucket: String,
    /// Requests left.
    pub remaining: u64,
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl CallObserver for Unobserved {
    fn observe(&self, _: &CallRecord) {}
}

const ALLOWANCE_PREFIX: &str = "x-ms-ratelimit-remaining-";

/// Every allowance in the headers of an answer: bucket, and what is left.
pub(crate) fn allowances(headers: &reqwest::header::HeaderMap) -> Vec<(String, u64)> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let bucket = name.as_str().strip_prefix(ALLOWANCE_PREFIX)?;
            let remaining = value.to_str().ok()?.trim().parse().ok()?;
            Some((bucket.to_owned(), remaining))
        })
        .collect()
}

/// The scarcest of them.
pub(crate) fn scarcest(allowances: &[(String, u64)]) -> Option<Allowance> {
    allowances
        .iter()
        .min_by_key(|(bucket, remaining)| (*remaining, bucket))
        .map(|(bucket, remaining)| Allowance {
            bucket: bucket.clone(),
            remaining: *remaining,
        })
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn the_scarcest_allowance_counts() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-ms-ratelimit-remaining-subscription-reads", "249"),
            ("x-ms-ratelimit-remaining-subscription-global-reads", "3749"),
            ("x-ms-ratelimit-remaining-resource", "Microsoft.X/Put;1"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let expected = Allowance {
            bucket: "subscription-reads".to_owned(),
            remaining: 249,
        };
        assert_eq!(scarcest(&allowances(&headers)), Some(expected));
        assert_eq!(scarcest(&allowances(&HeaderMap::new())), None);
    }
}
