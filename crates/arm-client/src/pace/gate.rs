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
    /// Azure has refused a request without saying for how long; little is left
    /// until then, or until Azure says what is left.
    scarce_until: Duration,
}

/// How long requests wait in a lane of which nothing is known, when Azure has
/// refused one and not said for how long.
const UNSAID: Duration = Duration::from_secs(5);

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
            scarce_until: Duration::ZERO,
        }
    }

    /// The first moment at which another request may pass.
    pub(super) fn opens(&self, now: Duration) -> Duration {
        let room = match self.limit {
            Limit::Bucket { size, interval } => {
                let rest = interval.saturating_mul(size.saturating_sub(1));
                self.full_at.saturating_sub(rest)
            }
            Limit::Window { most, length, .. } => self.has_fewer_than(most, length),
            Limit::Unknown => Duration::ZERO,
        };
        let distance = if self.is_low(now) {
            self.last
                .map_or(Duration::ZERO, |last| last + self.distance())
        } else {
            Duration::ZERO
        };
        now.max(room).max(distance).max(self.closed_until)
    }

    /// The first moment at which another request may pass on credit: with all
    /// that there is to spare, but not while Azure has closed the lane.
    pub(super) fn opens_on_credit(&self, now: Duration) -> Duration {
        self.opens_beyond(now, |spare| spare)
    }

    /// The first moment at which credit may be given. The other half of what
    /// there is to spare is left to those who have it already.
    pub(super) fn has_credit(&self, now: Duration) -> Duration {
        self.opens_beyond(now, |spare| spare / 2)
    }

    fn opens_beyond(&self, now: Duration, part: fn(u32) -> u32) -> Duration {
        let room = match self.limit {
            Limit::Window {
                most,
                spare,
                length,
            } => self.has_fewer_than(most.saturating_add(part(spare)), length),
            Limit::Bucket { .. } | Limit::Unknown => Duration::ZERO,
        };
        now.max(room).max(self.closed_until)
    }

    /// The moment from which on fewer than so many requests have passed in the
    /// length of the window before it.
    fn has_fewer_than(&self, most: u32, length: Duration) -> Duration {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let oldest = self.passed.len().checked_sub(most);
        oldest
            .and_then(|index| self.passed.get(index))
            .map_or(Duration::ZERO, |oldest| *oldest + length)
    }

    /// Gives a request its moment.
    pub(super) fn pass(&mut self, moment: Duration) {
        match self.limit {
            Limit::Bucket { interval, .. } => self.full_at = self.full_at.max(moment) + interval,
            Limit::Window { most, spare, .. } => {
                let most = usize::try_from(most.saturating_add(spare)).unwrap_or(usize::MAX);
                if self.passed.len() >= most {
                    self.passed.pop_front();
                }
                // On credit, a request passes those that wait for their moment.
                let at = self.passed.partition_point(|passed| *passed <= moment);
                self.passed.insert(at, moment);
            }
            Limit::Unknown => {}
        }
        self.last = self.last.max(Some(moment));
    }

    /// Azure has said what is left.
    pub(super) fn has_left(&mut self, name: &str, left: u64) {
        self.scarce_until = Duration::ZERO;
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

    /// Azure has refused a request and not said for how long. After as long as
    /// all of the limit takes to come back, that is no news any more: not every
    /// service says what is left.
    pub(super) fn is_scarce(&mut self, now: Duration) {
        match self.limit {
            Limit::Bucket { size, interval } => {
                self.scarce_until = now + interval.saturating_mul(size);
            }
            Limit::Window { length, .. } => self.scarce_until = now + length,
            Limit::Unknown => self.close(now + UNSAID),
        }
    }

    /// Whether less than a tenth is left of the most that was ever left.
    fn is_low(&self, now: Duration) -> bool {
        now < self.scarce_until
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
            Limit::Window { most, length, .. } => length / most.max(1),
            Limit::Unknown => Duration::ZERO,
        }
    }
}
