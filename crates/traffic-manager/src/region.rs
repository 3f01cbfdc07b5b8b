//! Azure regions.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// An Azure region by its short name (`westus2`). Azure accepts the short name
/// and answers the display name (`West US 2`): both read as the same region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect();
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
}
