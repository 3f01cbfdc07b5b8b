//! Counts of queries by outcome.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Live counters of a DNS server; every received message is counted exactly once.
#[derive(Debug, Default)]
pub struct DnsCounters {
    pub(super) answered: AtomicU64,
    pub(super) no_data: AtomicU64,
    pub(super) nx_domain: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) malformed: AtomicU64,
    pub(super) unsupported: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) truncated: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DnsCounts {
    /// `NOERROR` with at least one answer record.
    pub answered: u64,
    /// `NOERROR` without an answer record.
    pub no_data: u64,
    /// `NXDOMAIN`.
    pub nx_domain: u64,
    /// `REFUSED`: a name or class that this server is not responsible for, or a zone transfer.
    pub refused: u64,
    /// `FORMERR`: not a DNS query that can be read.
    pub malformed: u64,
    /// `NOTIMP` or `BADVERS`: another operation than a query, or an EDNS version above 0.
    pub unsupported: u64,
    /// `SERVFAIL`: an answer that cannot be encoded.
    pub failed: u64,
    /// No answer at all: too short for a DNS header, or itself an answer.
    pub dropped: u64,
    /// How many of the answers above were cut to fit a UDP message. Not part of [`DnsCounts::total`].
    pub truncated: u64,
}

impl DnsCounts {
    /// The number of messages received.
    pub const fn total(&self) -> u64 {
        self.answered
            + self.no_data
            + self.nx_domain
            + self.refused
            + self.malformed
            + self.unsupported
            + self.failed
            + self.dropped
    }
}

impl DnsCounters {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads all counters.
    pub fn snapshot(&self) -> DnsCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        DnsCounts {
            answered: read(&self.answered),
            no_data: read(&self.no_data),
            nx_domain: read(&self.nx_domain),
            refused: read(&self.refused),
            malformed: read(&self.malformed),
            unsupported: read(&self.unsupported),
            failed: read(&self.failed),
            dropped: read(&self.dropped),
            truncated: read(&self.truncated),
        }
    }
}
