//! Geographic codes, which Geographic routing maps to endpoints.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// One code of Azure's geographic hierarchy, in upper case: `WORLD`, a group
/// (`GEO-EU`), a country (`DE`) or a state (`US-CA`). A profile may hold each
/// code once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GeoCode(String);

/// The codes of one endpoint: at least one, each once, sorted. Azure keeps the
/// order it is given, but the order has no meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeoMapping(BTreeSet<GeoCode>);

// === impl GeoCode ===

impl GeoCode {
    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GeoCode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let code = text.trim().to_ascii_uppercase();
        let letters = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let valid = match code.split_once('-') {
            None => code == "WORLD" || letters(&code, 2..=2),
            Some(("GEO", group)) => letters(group, 2..=4),
            Some((country, state)) => letters(country, 2..=2) && letters(state, 1..=3),
        };
        if valid {
            Ok(Self(code))
        } else {
            Err(Invalid::new(
                "must be geographic codes such as WORLD, GEO-EU, DE or US-CA, separated by commas",
            ))
        }
    }
}

impl fmt::Display for GeoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl GeoMapping ===

impl GeoMapping {
    /// The codes, sorted.
    pub fn codes(&self) -> impl Iterator<Item = &GeoCode> {
        self.0.iter()
    }

    /// The mapping of the given codes; `None` when there are none.
    pub fn from_codes(codes: impl IntoIterator<Item = GeoCode>) -> Option<Self> {
        let codes: BTreeSet<_> = codes.into_iter().collect();
        (!codes.is_empty()).then_some(Self(codes))
    }
}

impl FromStr for GeoMapping {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let codes: Result<BTreeSet<GeoCode>, _> = text.split(',').map(str::parse).collect();
        Ok(Self(codes?))
    }
}

impl fmt::Display for GeoMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, code) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            code.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("de, US-ca,GEO-EU", Some("DE,GEO-EU,US-CA"))]
    #[case("WORLD", Some("WORLD"))]
    #[case("DE,DE", Some("DE"))]
    #[case("Germany", None)]
    #[case("DE,", None)]
    #[case("", None)]
    fn mappings(#[case] text: &str, #[case] canonical: Option<&str>) {
        let parsed = text.parse::<GeoMapping>().ok().map(|m| m.to_string());
        assert_eq!(parsed.as_deref(), canonical);
    }
}
