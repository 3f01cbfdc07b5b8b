//! The domain filter a provider tells ExternalDNS at negotiation.

mod compatibility;

use std::fmt;

use regex::Regex;
use serde::de::{Error as _, MapAccess};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decode::{self, Object};
use crate::dns_name;

pub use compatibility::RegexIncompatibility;

/// Which names a provider is responsible for.
///
/// Either two lists of domains or two regular expressions, never both: with both,
/// ExternalDNS refuses the negotiation and exits. Nothing at all matches every
/// name.
///
/// * An entry `example.com` stands for itself and everything below it,
///   `.example.com` only for what is below. There are no globs.
/// * A name is matched in lower case, in Unicode and without trailing dot.
/// * Exclusion wins over inclusion; with exclusions alone the rest matches.
#[derive(Debug, Clone, Default)]
pub struct DomainFilter(Rules);

/// Why a domain filter is refused.
#[derive(Debug, thiserror::Error)]
pub enum DomainFilterError {
    /// ExternalDNS accepts one kind only, and exits on both.
    #[error("a domain list and a regular expression cannot be used together")]
    ListsAndRegexes,
    /// The expression does not parse.
    #[error("{field} is not a valid regular expression: {pattern}")]
    InvalidRegex {
        /// Which of the two expressions.
        field: PatternField,
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
    /// The expression parses here, but ExternalDNS would refuse it and exit, or
    /// read it differently.
    #[error("{field} would not work in ExternalDNS, whose regular expressions are Go's: {pattern}")]
    Incompatible {
        /// Which of the two expressions.
        field: PatternField,
        /// The expression.
        pattern: String,
        /// The part that differs.
        #[source]
        source: RegexIncompatibility,
    },
}

/// One of the two regular expressions of a [`DomainFilter`], by its wire name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternField {
    /// `regexInclude`
    Include,
    /// `regexExclude`
    Exclude,
}

#[derive(Debug, Clone)]
enum Rules {
    /// Canonical, sorted, without empty entries.
    Lists {
        include: Vec<String>,
        exclude: Vec<String>,
    },
    /// At least one of the two.
    Regexes {
        include: Option<Regex>,
        exclude: Option<Regex>,
    },
}

/// The JSON object, before its parts are known to go together.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    regex_include: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    regex_exclude: String,
}

// === impl DomainFilter ===

impl DomainFilter {
    /// A filter that matches every name.
    pub fn everything() -> Self {
        Self::default()
    }

    /// A filter of domains to include and domains to exclude. Entries are trimmed
    /// and brought to canonical form; empty ones are dropped.
    pub fn lists<S: AsRef<str>>(
        include: impl IntoIterator<Item = S>,
        exclude: impl IntoIterator<Item = S>,
    ) -> Self {
        Self(Rules::Lists {
            include: entries(include),
            exclude: entries(exclude),
        })
    }

    /// A filter of all four settings as a user gives them; empty means not given.
    ///
    /// The expressions must be understood alike here and by ExternalDNS, whose
    /// syntax is RE2: constructs that only one side knows are refused. One
    /// difference is left: `\d`, `\w`, `\s` and `\b` know only ASCII there and all
    /// of Unicode here, which matters for internationalised names alone.
    pub fn new<S: AsRef<str>>(
        include: impl IntoIterator<Item = S>,
        exclude: impl IntoIterator<Item = S>,
        regex_include: &str,
        regex_exclude: &str,
    ) -> Result<Self, DomainFilterError> {
        let lists = Self::lists(include, exclude);
        if regex_include.is_empty() && regex_exclude.is_empty() {
            return Ok(lists);
        }
        if lists.is_configured() {
            return Err(DomainFilterError::ListsAndRegexes);
        }
        Ok(Self(Rules::Regexes {
            include: pattern(PatternField::Include, regex_include)?,
            exclude: pattern(PatternField::Exclude, regex_exclude)?,
        }))
    }

    /// Whether the filter restricts anything.
    pub fn is_configured(&self) -> bool {
        match &self.0 {
            Rules::Lists { include, exclude } => !include.is_empty() || !exclude.is_empty(),
            Rules::Regexes { .. } => true,
        }
    }

    /// Whether the filter lets `name` pass.
    pub fn matches(&self, name: &str) -> bool {
        let name = dns_name::unicode(name);
        match &self.0 {
            Rules::Lists { include, exclude } => {
                (include.is_empty() || include.iter().any(|entry| covers(entry, &name)))
                    && !exclude.iter().any(|entry| covers(entry, &name))
            }
            Rules::Regexes { include, exclude } => {
                !exclude.as_ref().is_some_and(|regex| regex.is_match(&name))
                    && include.as_ref().is_none_or(|regex| regex.is_match(&name))
            }
        }
    }
}

impl Serialize for DomainFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |regex: &Option<Regex>| {
            regex
                .as_ref()
                .map_or_else(String::new, |regex| regex.as_str().to_owned())
        };
        let wire = match &self.0 {
            Rules::Lists { include, exclude } => Wire {
                include: include.clone(),
                exclude: exclude.clone(),
                ..Wire::default()
            },
            Rules::Regexes { include, exclude } => Wire {
                regex_include: text(include),
                regex_exclude: text(exclude),
                ..Wire::default()
            },
        };
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DomainFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire: Wire = decode::object(deserializer)?;
        // Entries that come to nothing still count as a list when they meet a
        // regular expression: ExternalDNS looks before it cleans them.
        let regexes = !wire.regex_include.is_empty() || !wire.regex_exclude.is_empty();
        if regexes && !(wire.include.is_empty() && wire.exclude.is_empty()) {
            return Err(D::Error::custom(DomainFilterError::ListsAndRegexes));
        }
        Self::new(
            &wire.include,
            &wire.exclude,
            &wire.regex_include,
            &wire.regex_exclude,
        )
        .map_err(D::Error::custom)
    }
}

// === impl Rules ===

impl Default for Rules {
    fn default() -> Self {
        Self::Lists {
            include: Vec::new(),
            exclude: Vec::new(),
        }
    }
}

// === impl Wire ===

impl Object for Wire {
    const EXPECTED: &'static str = "a domain filter object";

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "include" => self.include = decode::dense(map)?,
            "exclude" => self.exclude = decode::dense(map)?,
            "regexinclude" => self.regex_include = decode::nullable(map)?,
            "regexexclude" => self.regex_exclude = decode::nullable(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

// === impl PatternField ===

impl fmt::Display for PatternField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Include => "the including expression",
            Self::Exclude => "the excluding expression",
        })
    }
}

fn entries<S: AsRef<str>>(domains: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut entries: Vec<String> = domains
        .into_iter()
        .map(|domain| dns_name::unicode(domain.as_ref().trim()))
        .filter(|domain| !domain.is_empty())
        .collect();
    entries.sort();
    entries
}

fn pattern(field: PatternField, pattern: &str) -> Result<Option<Regex>, DomainFilterError> {
    if pattern.is_empty() {
        return Ok(None);
    }
    let regex = Regex::new(pattern).map_err(|source| DomainFilterError::InvalidRegex {
        field,
        pattern: pattern.to_owned(),
        source: Box::new(source),
    })?;
    compatibility::check(pattern).map_err(|source| DomainFilterError::Incompatible {
        field,
        pattern: pattern.to_owned(),
        source,
    })?;
    Ok(Some(regex))
}

/// Whether one canonical entry covers a canonical name.
fn covers(entry: &str, name: &str) -> bool {
    match name.strip_suffix(entry) {
        None => false,
        Some(rest) => entry.starts_with('.') || rest.is_empty() || rest.ends_with('.'),
    }
}
