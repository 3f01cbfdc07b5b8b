//! Which subscriptions, and which resource groups in each.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use traffic_manager::Invalid;
use traffic_manager::id::{ResourceGroup, SubscriptionId};

use super::error::Problem;
use super::field;
use super::reader::Reader;

/// Where profiles may be.
pub(super) struct Places {
    /// The groups of the default subscription.
    pub(super) resource_groups: Vec<ResourceGroup>,
    /// The other subscriptions with theirs.
    pub(super) other_subscriptions: BTreeMap<SubscriptionId, Vec<ResourceGroup>>,
}

/// A resource group as it is given: in every subscription, or in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    subscription: Option<SubscriptionId>,
    name: ResourceGroup,
}

impl FromStr for Group {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // What stands before a slash and is no subscription makes no valid name.
        let qualified = text
            .split_once('/')
            .and_then(|(subscription, name)| Some((subscription.parse().ok()?, name)));
        let (subscription, name) = match qualified {
            Some((subscription, name)) => (Some(subscription), name),
            None => (None, text),
        };
        let name = name.parse()?;
        Ok(Self { subscription, name })
    }
}

impl Reader<'_> {
    /// A subscription that has groups of its own has these; every other has those that name no subscription.
    pub(super) fn places(
        &mut self,
        default: &SubscriptionId,
        others: Vec<SubscriptionId>,
        groups: Vec<Group>,
    ) -> Places {
        let others: BTreeSet<_> = others
            .into_iter()
            .filter(|other| other != default)
            .collect();
        let mut own: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut everywhere = Vec::new();
        for Group { subscription, name } in groups {
            match subscription {
                None => everywhere.push(name),
                Some(known) if known == *default || others.contains(&known) => {
                    own.entry(known).or_default().push(name);
                }
                Some(unknown) => self.problems.push(Problem::Conflict {
                    first: field::RESOURCE_GROUPS,
                    second: field::SUBSCRIPTION_IDS,
                    reason: format!(
                        "the group {name} is given for the subscription {unknown}, which is not among the subscriptions; add it there"
                    ),
                }),
            }
        }
        let mut groups_of = |subscription: &SubscriptionId| {
            let own = own.remove(subscription);
            let groups: BTreeSet<_> = own
                .unwrap_or_else(|| everywhere.clone())
                .into_iter()
                .collect();
            groups.into_iter().collect()
        };
        Places {
            resource_groups: groups_of(default),
            other_subscriptions: others
                .into_iter()
                .map(|other| (other.clone(), groups_of(&other)))
                .collect(),
        }
    }
}
