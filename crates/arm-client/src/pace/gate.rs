//! One lane of one subscription. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::lane::Limit;

/// Lets requests through at the rate of its limit, and slower when Azure says
/// that little is left. All times are monotonic.
#[derive(Debug)]
pub(super) struct Gate {
    limit: Limit,
    /// For a bucket, the moment at which it is full again.
    full_at: Duration,
    /// For a window, when the last requests have their moments.
    passed: VecDeque<Duration>,
    /// When the last request has its moment.
    last: Option<Duration>,
    /// Azure has refused a request and asked for this.
    closed_until: Duration,
    /// By header: the most that was ever left, and what was left last.
    left: BTreeMap<String, (u64, u64)>,
    /// Azure has refused a request without saying for how long.
    scarce: bool,
}

// === impl Gate ===

impl Gate {
    pub(super) fn new(limit: Limit) -> Self {
        Self {
            limit,
            full_at: Duration::ZERO,
            passed: VecDeque::new(),
            last: None,
            closed_until: Duration::ZERO,
            left: BTreeMap::new(),
            scarce: false,
        }
    }

    /// The first moment at which another request may pass.
    pub(super) fn opens(&self, now: Duration) -> Duration {
        let room = match self.limit {
            Limit::Bucket { size, interval } => {
                let rest = interval.saturating_mul(size.saturating_sub(1));
                self.full_at.saturating_sub(rest)
            }
            Limit::Window { most, length } => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let oldest = self.passed.len().checked_sub(most);
                oldest
                    .and_then(|index| self.passed.get(index))
                    .map_or(Duration::ZERO, |oldest| *oldest + length)
            }
        };
        let distance = if self.is_low() {
            self.last
                .map_or(Duration::ZERO, |last| last + self.distance())
        } else {
            Duration::ZERO
        };
        now.max(room).max(distance).max(self.closed_until)
    }

    /// Gives a request its moment.
    pub(super) fn pass(&mut self, moment: Duration) {
        match self.limit {
            Limit::Bucket { interval, .. } => self.full_at = self.full_at.max(moment) + interval,
            Limit::Window { most, .. } => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                if self.passed.len() >= most {
                    self.passed.pop_front();
                }
                self.passed.push_back(moment);
            }
        }
        self.last = self.last.max(Some(moment));
    }

    /// Azure has said what is left.
    pub(super) fn has_left(&mut self, name: &str, left: u64) {
        self.scarce = false;
        if let Some((most, last)) = self.left.get_mut(name) {
            *most = left.max(*most);
            *last = left;
        } else {
            self.left.insert(name.to_owned(), (left, left));
        }
    }

    /// Azure has refused a request and asked to be left alone until then.
    pub(super) fn close(&mut self, until: Duration) {
        self.closed_until = self.closed_until.max(until);
    }

    pub(super) fn closed_until(&self) -> Duration {
        self.closed_until
    }

    /// Azure has refused a request and not said for how long.
    pub(super) fn is_scarce(&mut self) {
        self.scarce = true;
    }

    /// Whether less than a tenth is left of the most that was ever left.
    fn is_low(&self) -> bool {
        self.scarce
            || self
                .left
                .values()
                .any(|(most, left)| left.saturating_mul(10) < *most)
    }

    /// The distance of two requests when little is left: half the rate at which
    /// more comes back, so that it does become more.
    fn distance(&self) -> Duration {
        2 * match self.limit {
            Limit::Bucket { interval, .. } => interval,
            Limit::Window { most, length } => length / most.max(1),
        }
    }
}
