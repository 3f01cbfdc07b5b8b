//! Staying below Azure's limits: when a request may be sent. Pure: time comes in
//! as a parameter, and nothing sleeps here.
//!
//! ```text
//!  request ─▶ lanes it counts in ─▶ reserve: the moment at which all have room
//!  answer  ─▶ heard: little left? keep a distance; 429? closed until then
//! ```
//!
//! A request has its turn when it asks: moments are given out in order, so of
//! several profiles that wait none overtakes another. Who would have to wait too
//! long is told so at once and gets no turn; that holds up nobody else.

mod gate;
mod lane;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gate::Gate;
pub use lane::Lane;

/// How much of what Azure allows a client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// In percent, from 1 to 100.
    share: u8,
    /// How long a request is held back at most, in place of failing.
    patience: Duration,
}

/// A share that is not between 1 and 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1% to 100%")]
pub struct InvalidShare;

/// A request that would have to wait too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Where there is no room.
    pub lane: Lane,
    /// How long it would have to wait.
    pub wait: Duration,
}

/// What an answer says about the limits.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What is left, by the name of the header after its common beginning.
    pub(crate) left: Vec<(String, u64)>,
    /// Azure has refused the request as one too many, in this lane.
    pub(crate) throttled: Option<(Lane, Option<Duration>)>,
}

/// Who is allowed what, by subscription.
#[derive(Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    gates: Mutex<BTreeMap<(String, Lane), Gate>>,
}

/// No documented limit of Azure's counts over a longer time. A longer wait is
/// not remembered: it would hold up an hour's changes for one odd answer.
const LONGEST_CLOSURE: Duration = Duration::from_mins(5);

// === impl Pace ===

impl Pace {
    /// Uses so many percent of what Azure allows.
    pub fn of_share(percent: u8) -> Result<Self, InvalidShare> {
        if (1..=100).contains(&percent) {
            Ok(Self {
                share: percent,
                ..Self::default()
            })
        } else {
            Err(InvalidShare)
        }
    }

    /// Holds a request back for so long at most.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The share, in percent.
    pub fn share(&self) -> u8 {
        self.share
    }
}

impl Default for Pace {
    /// 90 percent: other tools of the same identity have room for a request now
    /// and then, and clocks need not agree.
    fn default() -> Self {
        Self {
            share: 90,
            patience: Duration::from_mins(1),
        }
    }
}

// === impl Pacer ===

impl Pacer {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            gates: Mutex::default(),
        }
    }

    /// The moment at which a request may be sent, which it thereby has. `most` is
    /// what is left of its call's time.
    pub(crate) fn reserve(
        &self,
        now: Duration,
        subscription: &str,
        lanes: &[Lane],
        most: Duration,
    ) -> Result<Duration, Held> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut latest = (now, None);
        for lane in lanes {
            let gate = self.gate(&mut gates, subscription, *lane);
            let opens = gate.opens(now);
            if opens > latest.0 {
                latest = (opens, Some(*lane));
            }
        }
        let (moment, lane) = latest;
        let wait = moment.saturating_sub(now);
        if let Some(lane) = lane.filter(|_| wait > self.pace.patience.min(most)) {
            return Err(Held { lane, wait });
        }
        for lane in lanes {
            self.gate(&mut gates, subscription, *lane).pass(moment);
        }
        Ok(moment)
    }

    /// Whether a request that was given this moment has to wait once more,
    /// because Azure has closed one of its lanes meanwhile.
    pub(crate) fn closed_until(
        &self,
        now: Duration,
        subscription: &str,
        lanes: &[Lane],
    ) -> Option<(Lane, Duration)> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        lanes
            .iter()
            .map(|lane| {
                let gate = self.gate(&mut gates, subscription, *lane);
                (*lane, gate.closed_until())
            })
            .filter(|(_, until)| *until > now)
            .max_by_key(|(_, until)| *until)
    }

    /// How long a request is held back at most.
    pub(crate) fn patience(&self) -> Duration {
        self.pace.patience
    }

    /// Learns from an answer.
    pub(crate) fn heard(&self, now: Duration, subscription: &str, lanes: &[Lane], heard: &Heard) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, left) in &heard.left {
            if let Some(lane) = lanes.iter().find(|lane| lane.counts_in(name)) {
                self.gate(&mut gates, subscription, *lane)
                    .has_left(name, *left);
            }
        }
        match heard.throttled {
            Some((lane, Some(wait))) if wait <= LONGEST_CLOSURE => {
                self.gate(&mut gates, subscription, lane).close(now + wait);
            }
            Some((lane, None)) => self.gate(&mut gates, subscription, lane).is_scarce(),
            _ => {}
        }
    }

    fn gate<'a>(
        &self,
        gates: &'a mut BTreeMap<(String, Lane), Gate>,
        subscription: &str,
        lane: Lane,
    ) -> &'a mut Gate {
        gates
            .entry((subscription.to_owned(), lane))
            .or_insert_with(|| Gate::new(lane.limit(self.pace.share)))
    }
}

#[cfg(test)]
mod tests;
