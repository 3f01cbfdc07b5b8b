//! Ways that deletes have made for writes. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

/// Writes of endpoints that may go beyond the client's own share, because a
/// delete in the same profile has made way for them.
///
/// Azure lets no two endpoints of a profile have one target, so an endpoint that
/// changes its name or type, or swaps its target, is deleted first. If its write
/// then had no room it would be gone for as long as there is none.
#[derive(Debug, Default)]
pub(super) struct Credits {
    /// By the path of the profile, in small letters: until when each write may
    /// be made.
    expiries: BTreeMap<String, Vec<Duration>>,
}

/// The endpoint that is written in place of the deleted one, and another write
/// that makes it good: the second of a swap, another try, or what undoes it.
const WRITES_FOR_A_DELETE: usize = 2;

/// How long after the delete. Most of them are not followed by any write.
const LASTS: Duration = Duration::from_mins(1);

// === impl Credits ===

impl Credits {
    /// An endpoint of the profile is deleted at this moment.
    pub(super) fn grant(&mut self, now: Duration, profile: &str, moment: Duration) {
        self.forget_expired(now);
        let expiries = self
            .expiries
            .entry(profile.to_ascii_lowercase())
            .or_default();
        expiries.extend([moment + LASTS; WRITES_FOR_A_DELETE]);
    }

    /// Whether a write in the profile could use one now.
    pub(super) fn has(&self, now: Duration, profile: &str) -> bool {
        self.expiries
            .get(&profile.to_ascii_lowercase())
            .is_some_and(|expiries| expiries.iter().any(|expiry| *expiry > now))
    }

    /// A write in the profile uses the one that expires first.
    pub(super) fn take(&mut self, now: Duration, profile: &str) {
        self.forget_expired(now);
        if let Some(expiries) = self.expiries.get_mut(&profile.to_ascii_lowercase()) {
            let first = (0..expiries.len()).min_by_key(|index| expiries[*index]);
            if let Some(first) = first {
                expiries.swap_remove(first);
            }
        }
    }

    fn forget_expired(&mut self, now: Duration) {
        self.expiries.retain(|_, expiries| {
            expiries.retain(|expiry| *expiry > now);
            !expiries.is_empty()
        });
    }
}
