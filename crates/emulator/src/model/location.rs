//! Azure regions. The service takes the short name or the display name and always shows the display name.

/// An Azure region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location(&'static str);

/// Display names. The short name is the display name in lower case without spaces.
const DISPLAY_NAMES: &[&str] = &[
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

// === impl Location ===

impl Location {
    /// Reads a short name (`westus2`) or a display name (`West US 2`); letter case and spaces do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let wanted = short_name(text);
        DISPLAY_NAMES
            .iter()
            .find(|name| short_name(name) == wanted)
            .map(|name| Self(name))
    }

    /// The display name, `West US 2`.
    pub const fn display_name(self) -> &'static str {
        self.0
    }

    /// The short name, `westus2`.
    pub fn short_name(self) -> String {
        short_name(self.0)
    }
}

fn short_name(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_region() {
        for name in DISPLAY_NAMES {
            let location = Location::parse(name).unwrap();
            assert_eq!(location.display_name(), *name);
            assert_eq!(Location::parse(&location.short_name()), Some(location));
        }
        assert_eq!(
            Location::parse("WestUS2").unwrap().display_name(),
            "West US 2"
        );
        assert_eq!(Location::parse("atlantis"), None);
        assert_eq!(Location::parse(""), None);
    }
}
