//! What the client takes from its surroundings besides the network: time and
//! randomness. Both are injected, so that tests and simulations decide them.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Wall clock, stopwatch and alarm.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall-clock time, for the expiry of tokens and for `Retry-After`
    /// headers that hold a date.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start. Never goes back, unlike the wall clock;
    /// deadlines are measured with it.
    fn monotonic(&self) -> Duration;

    /// Returns when the duration is over.
    async fn sleep(&self, duration: Duration);
}

/// Randomness for jitter and request ids. Nothing here is secret, so it need
/// not be of cryptographic quality.
pub trait Entropy: Send + Sync {
    /// 64 random bits.
    fn bits(&self) -> u64;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: tokio::time::Instant,
}

/// The machine's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

// === impl SystemClock ===

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of this crate that asks the machine for the time"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

// === impl SystemEntropy ===

impl Entropy for SystemEntropy {
    fn bits(&self) -> u64 {
        rand::random()
    }
}

/// A number from 0 (included) to 1 (excluded).
pub(crate) fn unit(entropy: &dyn Entropy) -> f64 {
    let high = u32::try_from(entropy.bits() >> 32).unwrap_or_default();
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

/// A random GUID (version 4), the form that ARM asks for in request ids.
pub(crate) fn guid(entropy: &dyn Entropy) -> String {
    let (high, low) = (entropy.bits(), entropy.bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        8 + ((low >> 62) & 0x3),
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);

    impl Entropy for Fixed {
        fn bits(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn units_stay_below_one() {
        assert!(unit(&Fixed(u64::MAX)) < 1.0);
        assert!(unit(&Fixed(0)).abs() < f64::EPSILON);
    }

    #[test]
    fn guids_have_the_form_of_version_4() {
        insta::assert_snapshot!(guid(&Fixed(u64::MAX)), @"ffffffff-ffff-4fff-bfff-ffffffffffff");
        insta::assert_snapshot!(guid(&Fixed(0)), @"00000000-0000-4000-8000-000000000000");
        insta::assert_snapshot!(guid(&Fixed(0x0123_4567_89ab_cdef)), @"01234567-89ab-4def-8123-456789abcdef");
    }
}
