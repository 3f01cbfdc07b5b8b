//! Deletions that are held back: the brake at its place before a batch.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use members::batch::Batch;
use members::{MemberKey, Subject};

use super::Inner;
use super::brake::{LAST_TIME, Verdict};
use crate::provider_api::ProviderError;

/// Hosts that a message names; the others are counted.
const NAMED: usize = 5;

/// Deletions that are not done, and why.
#[derive(Debug, Clone)]
pub(super) struct HeldBack {
    pub(super) members: BTreeSet<MemberKey>,
    pub(super) summary: String,
}

// === impl Inner ===

impl Inner {
    /// This owner's members in the last listing, without those that leave. A batch may come before the
    /// first one, after a restart in the middle of ExternalDNS's loop.
    pub(super) async fn known_members(
        self: &Arc<Self>,
    ) -> Result<BTreeSet<MemberKey>, ProviderError> {
        let snapshot = match self.listings.latest() {
            Some(snapshot) => snapshot,
            None => self.listing().await?,
        };
        let members = snapshot.observed.members(&self.behaviour.scope.owner);
        // Those that are only kept for the delete grace are as good as gone.
        let staying = members.filter(|member| !member.is_leaving());
        Ok(staying.map(|member| member.key).collect())
    }

    /// Takes the deletions out of a batch that has too many of them. `known`
    /// are this owner's members before the batch.
    pub(super) fn hold_back(
        &self,
        batch: &mut Batch,
        known: Result<BTreeSet<MemberKey>, ProviderError>,
    ) -> Result<(), HeldBack> {
        let deletions = batch.deletions();
        let held = match known {
            Ok(known) => {
                let counted: BTreeSet<_> = deletions
                    .keys()
                    .filter(|key| known.contains(key))
                    .cloned()
                    .collect();
                let mut brake = self.brake.lock().unwrap_or_else(PoisonError::into_inner);
                match brake.judge(&counted, known.len()) {
                    Verdict::Pass => None,
                    Verdict::Hold { time } => Some(self.too_many(
                        deletions.iter().filter(|(key, _)| counted.contains(key)),
                        known.len(),
                        time,
                    )),
                }
            }
            Err(error) => Some(format!(
                "{} deletions wait until Azure has been listed, because nobody knows of how many members they are: {error}",
                deletions.len(),
            )),
        };
        let held = held.map(|summary| HeldBack {
            members: deletions.into_keys().collect(),
            summary,
        });
        self.report.held_back(held.clone());
        match held {
            None => Ok(()),
            Some(held) => {
                batch.hold_back(&held.members);
                Err(held)
            }
        }
    }

    /// ExternalDNS has begun a loop. If the last one asked for no change, it
    /// asked for no deletion.
    pub(super) fn begin_loop(&self) {
        let mut brake = self.brake.lock().unwrap_or_else(PoisonError::into_inner);
        brake.begin_loop();
        if !brake.is_holding() {
            self.report.held_back(None);
        }
    }

    fn too_many<'a>(
        &self,
        deletions: impl Iterator<Item = (&'a MemberKey, &'a Subject)>,
        members: usize,
        time: u32,
    ) -> String {
        let owner = &self.behaviour.scope.owner;
        let limit = self.behaviour.max_deletions;
        let hosts: Vec<&str> = deletions
            .map(|(_, subject)| subject.host.as_str())
            .collect();
        let count = hosts.len();
        let more = match count.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = hosts[..count.min(NAMED)].join(", ");
        format!(
            "deleting {count} of the {members} members of owner {owner} at once is more than --max-deletions={limit} allows; none was deleted, and the other changes of the batch were not held up. ExternalDNS no longer wants {named}{more}. If that is a mistake, mend the source; if it is meant, wait, because the same deletions are done when they come for the {LAST_TIME}rd time in a row (this was time {time}), or raise --max-deletions"
        )
    }
}
