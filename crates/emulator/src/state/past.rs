//! What was true a while ago: what lists and the tags API show while they lag behind.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Profile, ProfileKey};

/// The profiles as they were, as far back as reads lag behind.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The versions of each profile since when they were true, the oldest first; `None` once it was deleted.
    versions: BTreeMap<ProfileKey, Vec<(Timestamp, Option<Profile>)>>,
}

// === impl Past ===

impl Past {
    /// Notes that a profile is so from now on, or is gone.
    pub(super) fn note(&mut self, now: Timestamp, key: ProfileKey, profile: Option<Profile>) {
        self.versions.entry(key).or_default().push((now, profile));
    }

    /// Forgets what nobody can see any more.
    pub(super) fn forget(&mut self, now: Timestamp, lag: Duration) {
        let seen = seen_at(now, lag);
        self.versions.retain(|_, versions| {
            if let Some(shown) = shown(versions, seen) {
                versions.drain(..shown);
            }
            !matches!(versions.as_slice(), [(since, None)] if *since <= seen)
        });
    }

    /// The profiles that a read shows.
    pub(super) fn profiles(&self, now: Timestamp, lag: Duration) -> impl Iterator<Item = &Profile> {
        let seen = seen_at(now, lag);
        self.versions.values().filter_map(move |versions| {
            let (_, profile) = versions.get(shown(versions, seen)?)?;
            profile.as_ref()
        })
    }

    /// The profile that a read shows under this key.
    pub(super) fn profile(
        &self,
        now: Timestamp,
        lag: Duration,
        key: &ProfileKey,
    ) -> Option<&Profile> {
        let versions = self.versions.get(key)?;
        let (_, profile) = versions.get(shown(versions, seen_at(now, lag))?)?;
        profile.as_ref()
    }
}

/// The moment that a read looks at.
fn seen_at(now: Timestamp, lag: Duration) -> Timestamp {
    let lag = SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX);
    now.checked_sub(lag).unwrap_or(Timestamp::MIN)
}

/// The place of the version that was true at this moment.
fn shown(versions: &[(Timestamp, Option<Profile>)], at: Timestamp) -> Option<usize> {
    versions.iter().rposition(|(since, _)| *since <= at)
}
