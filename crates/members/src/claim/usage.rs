//! Who uses the tags of a profile: what people need to know when there is no
//! room for another claim.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use traffic_manager::tag::TAGS_MAX;

use super::{Tags, owner_of};
use crate::marks;
use crate::owner::OwnerId;

/// How many other owners are named.
const NAMED: usize = 5;

/// How many tags of a profile hold what, seen by one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usage {
    owner: OwnerId,
    /// Claims of the owner.
    pub(crate) own: usize,
    /// Claims of others, those with the most tags first.
    owners: Vec<(OwnerId, usize)>,
    /// This system's marks.
    pub(crate) marks: usize,
    /// What is not this system's.
    foreign: usize,
}

// === impl Usage ===

impl Usage {
    pub(crate) fn of(owner: &OwnerId, tags: &Tags) -> Self {
        let mut owners: BTreeMap<OwnerId, usize> = BTreeMap::new();
        let (mut marks, mut foreign) = (0, 0);
        for name in tags.keys() {
            match owner_of(name) {
                Some(owner) => *owners.entry(owner).or_default() += 1,
                None if marks::ALL.contains(&name.as_str()) => marks += 1,
                None => foreign += 1,
            }
        }
        let own = owners.remove(owner).unwrap_or_default();
        let mut owners: Vec<_> = owners.into_iter().collect();
        owners.sort_by_key(|(_, tags)| Reverse(*tags));
        Self {
            owner: owner.clone(),
            own,
            owners,
            marks,
            foreign,
        }
    }

    /// Tags that are neither the owner's nor marks.
    pub(crate) fn others(&self) -> usize {
        self.foreign + self.owners.iter().map(|(_, tags)| tags).sum::<usize>()
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            owner,
            own,
            owners,
            marks,
            foreign,
        } = self;
        write!(
            f,
            "Azure allows {TAGS_MAX} tags; {own} hold claims of {owner}"
        )?;
        let (named, more) = owners.split_at(owners.len().min(NAMED));
        for (owner, tags) in named {
            write!(f, ", {tags} of {owner}")?;
        }
        if !more.is_empty() {
            let tags: usize = more.iter().map(|(_, tags)| tags).sum();
            write!(f, ", {tags} of {} other clusters", more.len())?;
        }
        write!(
            f,
            ", {marks} are marks and {foreign} are not this system's. Use another profile for some members, \
             or make room: take away foreign tags, or with remove-owner what a cluster that is gone has left"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_has_them() {
        let claims = ["east", "west", "c", "d", "e", "f", "g", "h"]
            .into_iter()
            .flat_map(|owner| [(owner, 0), (owner, 1)])
            .filter(|(owner, index)| *index == 0 || *owner != "g")
            .map(|(owner, index)| format!("externaldns-claims-{index}-{owner}"));
        let others = ["team", "cost-centre", marks::MANAGED_BY].map(str::to_owned);
        let tags = claims.chain(others).map(|name| (name, String::new()));
        let usage = Usage::of(&"east".parse().unwrap(), &tags.collect());
        assert_eq!(usage.others(), 15);
        insta::assert_snapshot!(usage, @"Azure allows 50 tags; 2 hold claims of east, 2 of c, 2 of d, 2 of e, 2 of f, 2 of h, 3 of 2 other clusters, 1 are marks and 2 are not this system's. Use another profile for some members, or make room: take away foreign tags, or with remove-owner what a cluster that is gone has left");
    }
}
