//! Geographic codes, which Geographic routing maps to endpoints.

mod table;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::Invalid;
use table::REGIONS;

const REQUIREMENT: &str = "must be geographic codes such as WORLD, GEO-EU, DE or US-CA, or names such as Germany, separated by commas";

/// What people write, and the code that they mean.
const USUAL_MISTAKES: &[(&str, &str)] = &[
    ("EU", "GEO-EU"),
    ("GLOBAL", "WORLD"),
    ("UK", "GB"),
    ("USA", "US"),
];

/// One code of Azure's geographic hierarchy, in upper case: `WORLD`, a group
/// (`GEO-EU`), a country (`DE`) or a state (`US-CA`). A profile may hold each
/// code once. Read from the code, or from the region's name in any letter case.
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
        let text = text.trim();
        let is_code = |(code, _): &&(&str, &str)| code.eq_ignore_ascii_case(text);
        if let Some((code, _)) = REGIONS.iter().find(is_code) {
            return Ok(Self((*code).to_owned()));
        }
        let wanted = folded(text);
        let mut named = REGIONS.iter().filter(|(_, name)| folded(name) == wanted);
        match (named.next(), named.next()) {
            (Some((code, _)), None) => Ok(Self((*code).to_owned())),
            (Some((one, name)), Some((other, _))) => Err(Invalid::new(format!(
                "must say which {name} is meant: {one} or {other}"
            ))),
            _ if text.is_empty() => Err(Invalid::new(REQUIREMENT)),
            _ => Err(Invalid::new(match nearest(text) {
                Some((code, name)) => {
                    format!("{REQUIREMENT}; {text} is none of them: did you mean {code} ({name})?")
                }
                None => format!("{REQUIREMENT}; {text} is none of them"),
            })),
        }
    }
}

/// Every region with its code and its name, from the root of the hierarchy down.
pub fn regions() -> impl Iterator<Item = (&'static str, &'static str)> {
    REGIONS.iter().copied()
}

/// A name as people type it: without letter case, accents and punctuation.
pub fn folded(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'å' | 'ã' => 'a',
            'ç' => 'c',
            'é' => 'e',
            'í' => 'i',
            'ô' => 'o',
            other => other,
        })
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// The region that was probably meant. Two letters are near to too many codes.
fn nearest(text: &str) -> Option<(&'static str, &'static str)> {
    let usual = USUAL_MISTAKES
        .iter()
        .find(|(mistake, _)| mistake.eq_ignore_ascii_case(text));
    if let Some((_, meant)) = usual {
        return REGIONS.iter().copied().find(|(code, _)| code == meant);
    }
    let wanted = folded(text);
    REGIONS
        .iter()
        .map(|region| {
            (
                strsim::normalized_damerau_levenshtein(&folded(region.1), &wanted),
                *region,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.7)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, region)| region)
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
    #[case("germany, Cote d'Ivoire,São Tomé and Príncipe", Some("CI,DE,ST"))]
    #[case("United States,US", Some("US"))]
    #[case("XX", None)]
    #[case("DE,", None)]
    #[case("", None)]
    fn mappings(#[case] text: &str, #[case] canonical: Option<&str>) {
        let parsed = text.parse::<GeoMapping>().ok().map(|m| m.to_string());
        assert_eq!(parsed.as_deref(), canonical);
    }

    #[rstest]
    #[case("Germny", "Germny is none of them: did you mean DE (Germany)?")]
    #[case("UK", "UK is none of them: did you mean GB (United Kingdom)?")]
    #[case("QQ", "QQ is none of them")]
    #[case("Georgia", "must say which Georgia is meant: US-GA or GE")]
    fn unknown_names(#[case] text: &str, #[case] end: &str) {
        let error = text.parse::<GeoMapping>().unwrap_err().to_string();
        assert!(error.ends_with(end), "{error}");
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(REGIONS.len(), 334);
        let codes: BTreeSet<_> = REGIONS.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), REGIONS.len());
    }

    /// Every code is its own text, and every name that is one region's alone
    /// and has no comma is read as its code.
    #[test]
    fn every_region_is_found_by_code_and_name() {
        for (code, name) in REGIONS {
            let canonical = |text: &str| text.parse::<GeoMapping>().map(|m| m.to_string());
            assert_eq!(canonical(&code.to_lowercase()).as_deref(), Ok(*code));
            let twice = REGIONS.iter().filter(|(_, other)| other == name).count() > 1;
            if !twice && !name.contains(',') {
                assert_eq!(canonical(name).as_deref(), Ok(*code));
            }
        }
    }
}
