//! Domain names as the data plane compares them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// The longest name in its text form without the root dot (RFC 1035 §2.3.4).
const MAX_NAME: usize = 253;
/// The longest single label (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;

/// A fully qualified domain name: lower case, without the trailing dot, cheap to clone.
///
/// DNS compares names without regard to letter case, so the case is dropped once, here, and every later comparison is
/// a plain `==`. Labels hold ASCII letters, digits, hyphens and underscores; anything else cannot be a Traffic Manager
/// name nor the target of an endpoint.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fqdn(Arc<str>);

/// Why a text is not a domain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// There is no label at all.
    #[error("the name is empty")]
    Empty,
    /// More than 253 characters.
    #[error("the name has {0} characters, more than 253")]
    TooLong(usize),
    /// Two dots in a row, or one at the start.
    #[error("the name {0:?} has an empty label")]
    EmptyLabel(String),
    /// A label of more than 63 characters.
    #[error("the label {0:?} has more than 63 characters")]
    LongLabel(String),
    /// A character that is neither a letter, a digit, a hyphen nor an underscore.
    #[error("the name {name:?} holds the character {character:?}")]
    Character {
        /// The name as given.
        name: String,
        /// The first offending character.
        character: char,
    },
}

impl Fqdn {
    /// Parses a name; one trailing dot is accepted and dropped.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(InvalidName::Empty);
        }
        if name.len() > MAX_NAME {
            return Err(InvalidName::TooLong(name.len()));
        }
        for label in name.split('.') {
            if label.is_empty() {
                return Err(InvalidName::EmptyLabel(text.to_owned()));
            }
            if label.len() > MAX_LABEL {
                return Err(InvalidName::LongLabel(label.to_owned()));
            }
            if let Some(character) = label
                .chars()
                .find(|c| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_')
            {
                return Err(InvalidName::Character {
                    name: text.to_owned(),
                    character,
                });
            }
        }
        Ok(Self(name.to_ascii_lowercase().into()))
    }

    /// The name without a trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels from the most specific to the top-level domain.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether this name equals `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        self == ancestor || self.is_below(ancestor)
    }

    /// Whether this name lies strictly below `ancestor`.
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.0
            .strip_suffix(&*ancestor.0)
            .is_some_and(|rest| rest.ends_with('.'))
    }

    /// The name `label` directly below this one.
    pub fn child(&self, label: &str) -> Result<Self, InvalidName> {
        Self::new(&format!("{label}.{self}"))
    }
}

impl fmt::Display for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for Fqdn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl Serialize for Fqdn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::case_and_root_dot("My-App.TrafficManager.NET.", "my-app.trafficmanager.net")]
    #[case::underscore("_acme.example.com", "_acme.example.com")]
    #[case::single_label("localhost", "localhost")]
    fn parses(#[case] text: &str, #[case] want: &str) {
        assert_eq!(Fqdn::new(text).unwrap().as_str(), want);
    }

    #[rstest]
    #[case("", InvalidName::Empty)]
    #[case(".", InvalidName::Empty)]
    #[case("a..b", InvalidName::EmptyLabel("a..b".to_owned()))]
    #[case(".a", InvalidName::EmptyLabel(".a".to_owned()))]
    #[case("a b", InvalidName::Character { name: "a b".to_owned(), character: ' ' })]
    #[case("*.a", InvalidName::Character { name: "*.a".to_owned(), character: '*' })]
    #[case("é.a", InvalidName::Character { name: "é.a".to_owned(), character: 'é' })]
    fn refuses(#[case] text: &str, #[case] want: InvalidName) {
        assert_eq!(Fqdn::new(text), Err(want));
    }

    #[test]
    fn length_limits_are_exact() {
        let label = "a".repeat(63);
        assert!(Fqdn::new(&label).is_ok());
        assert!(matches!(
            Fqdn::new(&"a".repeat(64)),
            Err(InvalidName::LongLabel(_))
        ));
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(longest.len(), 253);
        assert!(Fqdn::new(&longest).is_ok());
        assert_eq!(
            Fqdn::new(&format!("{longest}a")),
            Err(InvalidName::TooLong(254))
        );
    }

    #[rstest]
    #[case("a.b.c", "b.c", true)]
    #[case("b.c", "b.c", false)]
    #[case("ab.c", "b.c", false)]
    #[case("c", "b.c", false)]
    fn below(#[case] name: &str, #[case] ancestor: &str, #[case] want: bool) {
        let (name, ancestor) = (Fqdn::new(name).unwrap(), Fqdn::new(ancestor).unwrap());
        assert_eq!(name.is_below(&ancestor), want);
        assert_eq!(name.is_within(&ancestor), want || name == ancestor);
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent_and_total(text in "\\PC{0,80}") {
            if let Ok(name) = Fqdn::new(&text) {
                prop_assert_eq!(Fqdn::new(name.as_str()), Ok(name.clone()));
                prop_assert_eq!(Fqdn::new(&text.to_ascii_uppercase()), Ok(name));
            }
        }
    }
}
