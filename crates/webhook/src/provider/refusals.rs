//! Refusals of Azure that only a person can mend, remembered for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use members::member::Settings;
use members::resolve::Blocked;
use members::{Member, MemberKey};
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
    /// The endpoint cannot be deleted.
    Deletion(MemberKey),
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
        drop_old(&mut known, now);
        let mut blocked = Blocked::default();
        for (_, refused, message) in known.iter().cloned() {
            match refused {
                Refused::Name(id, name) => blocked.block_name(id, name, message),
                Refused::Endpoint(member) => blocked.block_endpoint(*member, message),
                Refused::Founder(member) => blocked.block_founder(*member, message),
                Refused::Settings(id, settings) => blocked.block_settings(id, *settings, message),
                // ExternalDNS plans deletions whatever is answered; they are left out of its batch.
                Refused::Deletion(_) => {}
            }
        }
        blocked
    }

    /// The deletions that are still refused, and what Azure said.
    pub(super) fn deletions(&self, now: Duration) -> BTreeMap<MemberKey, String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop_old(&mut known, now);
        let deletion = |(_, refused, message): &(Duration, Refused, String)| match refused {
            Refused::Deletion(key) => Some((key.clone(), message.clone())),
            _ => None,
        };
        known.iter().filter_map(deletion).collect()
    }
}

fn drop_old(known: &mut Vec<(Duration, Refused, String)>, now: Duration) {
    known.retain(|(since, _, _)| now.saturating_sub(*since) < RETRY_AFTER);
}
