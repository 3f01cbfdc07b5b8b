//! A change of single tags, and what it makes of a whole set. Pure.
//!
//! Names of tags are compared without regard to letter case, as Azure does.

use std::collections::BTreeMap;

use crate::Operation;

pub(super) type Tags = BTreeMap<String, String>;

/// What the tags API would do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// These tags have these values.
    Merge(&'a Tags),
    /// None of these tags has this value.
    Delete(&'a Tags),
}

// === impl Change ===

impl Change<'_> {
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Merge(_) => Operation::TagsMerge,
            Self::Delete(_) => Operation::TagsDelete,
        }
    }

    /// Whether the tags are as this change leaves them.
    pub(super) fn is_done(self, held: &Tags) -> bool {
        match self {
            Self::Merge(tags) => tags
                .iter()
                .all(|(name, value)| get(held, name) == Some(value)),
            Self::Delete(tags) => tags
                .iter()
                .all(|(name, value)| get(held, name) != Some(value)),
        }
    }

    /// The whole set with this change made. A name that is there keeps its case.
    pub(super) fn applied(self, held: &Tags) -> Tags {
        let mut changed = held.clone();
        match self {
            Self::Merge(tags) => {
                for (name, value) in tags {
                    match changed.iter_mut().find(|(held, _)| same(held, name)) {
                        Some((_, held)) => held.clone_from(value),
                        None => drop(changed.insert(name.clone(), value.clone())),
                    }
                }
            }
            Self::Delete(tags) => {
                changed.retain(|name, value| get(tags, name) != Some(value));
            }
        }
        changed
    }

    /// What was written, is none of this change's, and is not there any more.
    pub(super) fn others_lost(self, written: &Tags, held: &Tags) -> Tags {
        let (Self::Merge(own) | Self::Delete(own)) = self;
        let mut lost = missing(written, held);
        lost.retain(|name, _| get(own, name).is_none());
        lost
    }
}

/// The tags of one set whose names are not in another.
pub(super) fn missing(of: &Tags, held: &Tags) -> Tags {
    of.iter()
        .filter(|(name, _)| get(held, name).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn get<'a>(tags: &'a Tags, name: &str) -> Option<&'a String> {
    let found = tags.iter().find(|(held, _)| same(held, name));
    found.map(|(_, value)| value)
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags() -> impl Strategy<Value = Tags> {
        prop::collection::btree_map("[aAbBc]", "[12]", 0..4).prop_filter(
            "one case of each",
            |tags| {
                let lower: std::collections::BTreeSet<_> =
                    tags.keys().map(|name| name.to_ascii_lowercase()).collect();
                lower.len() == tags.len()
            },
        )
    }

    proptest! {
        #[test]
        fn a_change_that_was_made_is_done_and_touches_nothing_else(held in tags(), given in tags(), merges: bool) {
            let change = if merges { Change::Merge(&given) } else { Change::Delete(&given) };
            let changed = change.applied(&held);
            prop_assert!(change.is_done(&changed));
            prop_assert_eq!(change.applied(&changed), changed.clone());
            for (name, value) in &held {
                if get(&given, name).is_none() {
                    prop_assert_eq!(changed.get(name), Some(value));
                }
            }
            for name in changed.keys() {
                prop_assert!(get(&held, name).is_some() || get(&given, name).is_some());
            }
        }
    }
}
