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
//!
//! One kind of request may go ahead: an endpoint that changes its name, its type
//! or its target with another one is deleted before it is written anew, and must
//! not be gone until there is room again. So the delete of an endpoint leaves
//! credit for two writes of endpoints in its profile within a minute: the write
//! that it made way for, and one that makes it good. Such a write passes at once,
//! up to a tenth beyond the share but never beyond what Azure allows. It is
//! counted like any other, and waits where Azure itself has refused. A delete does
//! not begin when half of that tenth is spent, nor while Azure has closed a lane
//! that the write needs: then both wait. With the default share of 90 percent
//! there is room for it in what Azure allows; with 100 percent there is none to
//! spare, and the delete waits as long as a write would.

mod credit;
mod gate;
mod lane;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use credit::Credits;
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

/// A request that asks when it may be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asks<'a> {
    /// Empty for what belongs to none.
    pub(crate) subscription: &'a str,
    /// Where it counts.
    pub(crate) lanes: &'a [Lane],
    /// For an endpoint, the path of its profile.
    pub(crate) profile: &'a str,
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
    counted: Mutex<Counted>,
}

/// What was let through.
#[derive(Debug, Default)]
struct Counted {
    gates: BTreeMap<(String, Lane), Gate>,
    credits: Credits,
}

/// No documented limit of Azure's counts over more than five minutes, but its
/// refusals ask for more than that, 307 and 372 seconds as reported; trying
/// earlier starts the wait again. A longer wait is not remembered: it would hold
/// up an hour's changes for one odd answer.
const LONGEST_CLOSURE: Duration = Duration::from_mins(8);

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
            counted: Mutex::default(),
        }
    }

    /// The moment at which a request may be sent, which it thereby has. `most` is
    /// what is left of its call's time.
    pub(crate) fn reserve(
        &self,
        now: Duration,
        asks: Asks<'_>,
        most: Duration,
    ) -> Result<Duration, Held> {
        let Asks { lanes, profile, .. } = asks;
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Counted { gates, credits } = &mut *counted;
        let mut latest = |lanes: &[Lane], opens: fn(&Gate, Duration) -> Duration| {
            let mut latest = (now, None);
            for lane in lanes {
                let opens = opens(self.gate(gates, asks.subscription, *lane), now);
                if opens > latest.0 {
                    latest = (opens, Some(*lane));
                }
            }
            latest
        };
        let ordinary = latest(lanes, Gate::opens);
        let on_credit = lanes.contains(&Lane::EndpointWrites) && credits.has(now, profile);
        let (moment, lane) = if on_credit {
            latest(lanes, Gate::opens_on_credit)
        } else {
            let following = latest(Lane::following(lanes), Gate::has_credit);
            if following.0 > ordinary.0 {
                following
            } else {
                ordinary
            }
        };
        let wait = moment.saturating_sub(now);
        if let Some(lane) = lane.filter(|_| wait > self.pace.patience.min(most)) {
            return Err(Held { lane, wait });
        }
        if on_credit {
            credits.take(now, profile);
        }
        if lanes.contains(&Lane::EndpointDeletes) {
            credits.grant(now, profile, moment);
        }
        for lane in lanes {
            self.gate(gates, asks.subscription, *lane).pass(moment);
        }
        Ok(moment)
    }

    /// Whether a request that was given this moment has to wait once more,
    /// because Azure has closed one of its lanes meanwhile, or one of the write
    /// that may follow it.
    pub(crate) fn closed_until(&self, now: Duration, asks: Asks<'_>) -> Option<(Lane, Duration)> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        asks.lanes
            .iter()
            .chain(Lane::following(asks.lanes))
            .map(|lane| {
                let gate = self.gate(&mut counted.gates, asks.subscription, *lane);
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
    pub(crate) fn heard(&self, now: Duration, asks: Asks<'_>, heard: &Heard) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let gates = &mut counted.gates;
        for (name, left) in &heard.left {
            if let Some(lane) = asks.lanes.iter().find(|lane| lane.counts_in(name)) {
                self.gate(gates, asks.subscription, *lane)
                    .has_left(name, *left);
            }
        }
        match heard.throttled {
            Some((lane, Some(wait))) if wait <= LONGEST_CLOSURE => {
                self.gate(gates, asks.subscription, lane).close(now + wait);
            }
            Some((lane, None)) => self.gate(gates, asks.subscription, lane).is_scarce(now),
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
