//! Refusals of Azure that only a person can mend, remembered for a while.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use members::Member;
use members::member::Settings;
use members::resolve::Blocked;
use traffic_manager::{ProfileId, RelativeName};

/// How long a refused wish is left alone before it is tried again.
const RETRY_AFTER: Duration = Duration::from_mins(10);

/// A wish that Azure has refused.
#[derive(Debug, Clone)]
pub(super) enum Refused {
    /// The DNS name belongs to somebody else.
    Name(ProfileId, RelativeName),
    /// The endpoint cannot be written like this.
    Endpoint(Box<Member>),
    /// The profile cannot be created like this.
    Founder(Box<Member>),
    /// The profile cannot be changed to this.
    Settings(ProfileId, Box<Settings>),
}

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Vec<(Duration, Refused, String)>>);

// === impl Refusals ===

impl Refusals {
    /// Remembers a refusal and what Azure said. `now` is monotonic.
    pub(super) fn remember(&self, now: Duration, refused: Refused, message: String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.push((now, refused, message));
    }

    /// The refusals that still hold, the latest of each wish.
    pub(super) fn current(&self, now: Duration) -> Blocked {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(since, _, _)| now.saturating_sub(*since) < RETRY_AFTER);
        let mut blocked = Blocked::default();
        for (_, refused, message) in known.iter().cloned() {
            match refused {
                Refused::Name(id, name) => blocked.block_name(id, name, message),
                Refused::Endpoint(member) => blocked.block_endpoint(*member, message),
                Refused::Founder(member) => blocked.block_founder(*member, message),
                Refused::Settings(id, settings) => blocked.block_settings(id, *settings, message),
            }
        }
        blocked
    }
}
