//! Azure regions.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// An Azure region by its short name (`westus2`). Azure accepts the short name
/// and answers the display name (`West US 2`): both read as the same region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

/// The regions that this version knows, by display name; Azure adds new ones.
/// The short name is the display name in lower case without spaces.
const KNOWN: &[&str] = &[
    "Australia Central",
    "Australia Central 2",
    "Australia East",
    "Australia Southeast",
    "Austria East",
    "Belgium Central",
    "Brazil South",
    "Brazil Southeast",
    "Canada Central",
    "Canada East",
    "Central India",
    "Central US",
    "Central US EUAP",
    "Chile Central",
    "China East",
    "China East 2",
    "China East 3",
    "China North",
    "China North 2",
    "China North 3",
    "Denmark East",
    "East Asia",
    "East US",
    "East US 2",
    "East US 2 EUAP",
    "France Central",
    "France South",
    "Germany Central",
    "Germany North",
    "Germany Northeast",
    "Germany West Central",
    "Indonesia Central",
    "Israel Central",
    "Italy North",
    "Japan East",
    "Japan West",
    "Jio India Central",
    "Jio India West",
    "Korea Central",
    "Korea South",
    "Malaysia West",
    "Mexico Central",
    "New Zealand North",
    "North Central US",
    "North Europe",
    "Norway East",
    "Norway West",
    "Poland Central",
    "Qatar Central",
    "South Africa North",
    "South Africa West",
    "South Central US",
    "South India",
    "Southeast Asia",
    "Spain Central",
    "Sweden Central",
    "Sweden South",
    "Switzerland North",
    "Switzerland West",
    "UAE Central",
    "UAE North",
    "UK South",
    "UK West",
    "US DoD Central",
    "US DoD East",
    "US Gov Arizona",
    "US Gov Iowa",
    "US Gov Texas",
    "US Gov Virginia",
    "West Central US",
    "West Europe",
    "West India",
    "West US",
    "West US 2",
    "West US 3",
];

impl Region {
    /// Those that this version knows.
    pub fn known() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|name| Self(short(name)))
    }

    /// Whether this version knows the region. One that it does not know may be
    /// newer.
    pub fn is_known(&self) -> bool {
        KNOWN.iter().any(|name| short(name) == self.0)
    }

    /// The known region that was probably meant, when one is near enough.
    pub fn nearest(&self) -> Option<Self> {
        KNOWN
            .iter()
            .map(|name| short(name))
            .map(|name| (strsim::normalized_damerau_levenshtein(&name, &self.0), name))
            .filter(|(likeness, _)| *likeness >= 0.7)
            .max_by(|(left, _), (right, _)| left.total_cmp(right))
            .map(|(_, name)| Self(name))
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = short(text);
        let valid = (2..=64).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        if valid {
            Ok(Self(name))
        } else {
            Err(Invalid::new("must be an Azure region such as westeurope"))
        }
    }
}

fn short(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_short_names_are_one_region() {
        assert_eq!("West US 2".parse::<Region>(), "westus2".parse::<Region>());
        assert!("west-us".parse::<Region>().is_err());
    }

    #[test]
    fn unknown_regions_have_a_suggestion_when_they_look_like_a_typo() {
        let nearest = |text: &str| {
            let region: Region = text.parse().unwrap();
            assert!(!region.is_known());
            region.nearest().map(|region| region.to_string())
        };
        assert!("West US 2".parse::<Region>().unwrap().is_known());
        assert_eq!(nearest("westeurop").as_deref(), Some("westeurope"));
        assert_eq!(nearest("moonbase"), None);
    }
}
