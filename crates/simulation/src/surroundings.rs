//! Time and randomness of a simulated process: the runtime's paused time, with
//! a wall clock that can be off, and numbers from a seed.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use arm_client::{Clock, Entropy};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The true time at the beginning of every history.
const BEGINNING: i64 = 1_800_000_000;

/// The clock of one cluster.
#[derive(Debug)]
pub(crate) struct SkewedClock {
    start: Instant,
    ahead_seconds: AtomicI64,
}

/// Random numbers from a seed.
#[derive(Debug)]
pub(crate) struct Seeded(AtomicU64);

// === impl SkewedClock ===

impl SkewedClock {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            ahead_seconds: AtomicI64::new(0),
        }
    }

    /// Sets the wall clock this far ahead of the true time.
    pub(crate) fn skew(&self, seconds: i32) {
        self.ahead_seconds
            .store(i64::from(seconds), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH);
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::SeqCst));
        start
            .checked_add(self.start.elapsed())
            .and_then(|now| now.checked_add(ahead))
            .unwrap_or(start)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

// === impl Seeded ===

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for Seeded {
    fn bits(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let state = self.0.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
        mix(state)
    }
}

/// Spreads the bits of a number (the finalizer of the generator `SplitMix64`).
pub(crate) fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
