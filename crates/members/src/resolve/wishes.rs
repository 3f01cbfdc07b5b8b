//! The wishes of one loop: which of them still stand, and which were refused.

use std::collections::BTreeSet;

use super::Refusal;
use super::current::Current;
use crate::finding::Finding;
use crate::member::{Member, MemberKey};

/// What the objects want, while it is found out what they can have.
#[derive(Debug)]
pub(super) struct Wishes {
    /// The members that have not been refused.
    pub(super) standing: Vec<Member>,
    refused: Vec<Refused>,
    /// Those that have been given a second chance.
    returned: BTreeSet<MemberKey>,
}

#[derive(Debug)]
struct Refused {
    member: Member,
    finding: Finding,
    /// The wish because of which, if it was one.
    in_the_way: Option<MemberKey>,
}

// === impl Wishes ===

impl Wishes {
    pub(super) fn new(standing: Vec<Member>) -> Self {
        Self {
            standing,
            refused: Vec::new(),
            returned: BTreeSet::new(),
        }
    }

    /// What those who were refused are now, and stay.
    pub(super) fn fallbacks(&self, current: &Current<'_>) -> Vec<MemberKey> {
        let refused = self.refused.iter();
        refused
            .flat_map(|refused| current.of_member(&refused.member, &self.standing))
            .collect()
    }

    /// Takes wishes away. Whoever gave way to one of them tries again, once: an
    /// object that gets nothing must not cost another one what it wants.
    pub(super) fn refuse(&mut self, refusals: Vec<Refusal>) {
        let is_wish = |key: &MemberKey| self.standing.iter().any(|member| member.key == *key);
        let refusals: Vec<_> = refusals
            .into_iter()
            .map(|refusal| {
                let in_the_way = refusal.in_the_way.map(|endpoint| MemberKey {
                    profile: refusal.key.profile.clone(),
                    endpoint,
                });
                let other = |key: &MemberKey| *key != refusal.key && is_wish(key);
                (
                    refusal.key.clone(),
                    refusal.finding,
                    in_the_way.filter(other),
                )
            })
            .collect();
        let mut gone = BTreeSet::new();
        for (key, finding, in_the_way) in refusals {
            let index = self.standing.iter().position(|member| member.key == key);
            let Some(index) = index else { continue };
            let member = self.standing.swap_remove(index);
            self.refused.push(Refused {
                member,
                finding,
                in_the_way,
            });
            gone.insert(key);
        }
        let (returning, refused) = self.refused.drain(..).partition(|refused: &Refused| {
            let is_free = refused.in_the_way.as_ref();
            is_free.is_some_and(|key| gone.contains(key))
                && !self.returned.contains(&refused.member.key)
        });
        self.refused = refused;
        let returning: Vec<Refused> = returning;
        for refused in returning {
            self.returned.insert(refused.member.key.clone());
            self.standing.push(refused.member);
        }
    }

    /// What to tell those who were refused.
    pub(super) fn findings(self) -> impl Iterator<Item = Finding> {
        self.refused.into_iter().map(|refused| refused.finding)
    }
}
