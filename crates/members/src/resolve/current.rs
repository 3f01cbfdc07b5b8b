//! What an object has now: an object that does not get what it wants keeps it.

use std::collections::BTreeSet;

use crate::finding::Subject;
use crate::member::{Member, MemberKey};
use crate::observe::{Observed, OwnMember};
use crate::want::{Scope, Source};

/// This owner's members, by the objects that they stand for.
pub(super) struct Current<'a> {
    members: Vec<OwnMember<'a>>,
    /// The objects of this loop.
    present: BTreeSet<&'a Subject>,
}

// === impl Current ===

impl<'a> Current<'a> {
    pub(super) fn new(sources: &'a [Source], observed: &'a Observed, scope: &'a Scope) -> Self {
        let members = observed.members(&scope.owner);
        Self {
            members: members.filter(|member| !member.is_leaving()).collect(),
            present: sources.iter().map(|source| &source.subject).collect(),
        }
    }

    /// The members of an object of which nobody knows what it wants.
    pub(super) fn of_source(&self, subject: &Subject) -> Vec<MemberKey> {
        let own = self.own(subject);
        if own.is_empty() {
            self.left_over(subject)
        } else {
            own
        }
    }

    /// The members of an object that does not get `member`, without those that
    /// are to be in `wanted`. When it has an endpoint of the same name, only that
    /// one counts, in whichever profile it is.
    pub(super) fn of_member(&self, member: &Member, wanted: &[Member]) -> Vec<MemberKey> {
        let subject = &member.subject;
        let wanted_by = |key: &MemberKey| wanted.iter().find(|other| other.key == *key);
        let own = self.own(subject);
        if own.is_empty() {
            let mut left_over = self.left_over(subject);
            left_over.retain(|key| wanted_by(key).is_none());
            return left_over;
        }
        let same_name = |key: &&MemberKey| key.endpoint == member.key.endpoint;
        let exact: Vec<_> = own.iter().filter(same_name).cloned().collect();
        let mut keys = if exact.is_empty() { own } else { exact };
        // Another object that is after one of them does not get it.
        keys.retain(|key| wanted_by(key).is_none_or(|other| other.subject != *subject));
        keys
    }

    fn own(&self, subject: &Subject) -> Vec<MemberKey> {
        let own = self.members.iter().filter(|held| held.subject() == subject);
        own.map(|held| held.key.clone()).collect()
    }

    /// What an object has that was made again under another name or has got
    /// another host: members that stand for an object which is not there any more,
    /// and that is the same one but for the name or the host.
    fn left_over(&self, subject: &Subject) -> Vec<MemberKey> {
        let left_over = self.members.iter().filter(|held| {
            !self.present.contains(held.subject()) && held.subject().resembles(subject)
        });
        left_over.map(|held| held.key.clone()).collect()
    }
}
