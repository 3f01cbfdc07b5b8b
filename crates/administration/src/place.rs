//! How people name a profile, and how reports do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use members::{Observed, ObservedProfile};
use serde::Serialize;
use traffic_manager::{Invalid, ProfileId, ProfileName, ResourceGroup};

/// A profile in a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The resource group.
    pub resource_group: String,
    /// The ARM name.
    pub name: String,
    /// The ARM id.
    pub id: String,
}

/// A profile as people name it: `my-app-global`, `my-tm-rg/my-app-global`, or
/// the whole ARM id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// By its name alone.
    Name(ProfileName),
    /// With its resource group.
    InGroup(ResourceGroup, ProfileName),
    /// By its ARM id.
    Id(ProfileId),
}

/// No profile, or not only one, is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// There is none.
    #[error("there is no profile {0} in the subscriptions and resource groups that are configured")]
    Nowhere(Reference),
    /// There are several.
    #[error("there are several profiles {name}; say which one: {}", places.join(", "))]
    Ambiguous {
        /// The name.
        name: ProfileName,
        /// The ways to name one of them.
        places: Vec<String>,
    },
}

// === impl Place ===

impl From<&ProfileId> for Place {
    fn from(id: &ProfileId) -> Self {
        Self {
            resource_group: id.resource_group.to_string(),
            name: id.name.to_string(),
            id: id.to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_group, self.name)
    }
}

// === impl Reference ===

impl Reference {
    /// The profile that is meant.
    pub fn find<'a>(&self, observed: &'a Observed) -> Result<&'a ObservedProfile, NotFound> {
        let meant: Vec<_> = observed
            .profiles()
            .filter(|profile| self.means(&profile.id))
            .collect();
        match meant.as_slice() {
            [profile] => Ok(profile),
            [] => Err(NotFound::Nowhere(self.clone())),
            [first, ..] => Err(NotFound::Ambiguous {
                name: first.id.name.clone(),
                places: ways_to_name(&meant),
            }),
        }
    }

    fn means(&self, id: &ProfileId) -> bool {
        match self {
            Self::Name(name) => id.name == *name,
            Self::InGroup(group, name) => id.resource_group == *group && id.name == *name,
            Self::Id(wanted) => id == wanted,
        }
    }
}

/// By group and name, or by id where two subscriptions have the same of both.
fn ways_to_name(profiles: &[&ObservedProfile]) -> Vec<String> {
    let short = |profile: &&ObservedProfile| Place::from(&profile.id).to_string();
    let distinct: BTreeSet<_> = profiles.iter().map(short).collect();
    if distinct.len() == profiles.len() {
        profiles.iter().map(short).collect()
    } else {
        profiles
            .iter()
            .map(|profile| profile.id.to_string())
            .collect()
    }
}

impl FromStr for Reference {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.trim().starts_with('/') {
            return text.trim().parse().map(Self::Id);
        }
        match text.split_once('/') {
            None => text.parse().map(Self::Name),
            Some((group, name)) => Ok(Self::InGroup(group.parse()?, name.parse()?)),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::InGroup(group, name) => write!(f, "{group}/{name}"),
            Self::Id(id) => id.fmt(f),
        }
    }
}
