//! Names: profiles, their DNS labels, and endpoints.
//!
//! ARM compares all of them without regard to case, and answers sometimes in
//! another case than it was asked in. They are therefore folded to lower case
//! once, here, and compare as plain text everywhere else.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// Longest ARM name of a profile, in characters.
pub const PROFILE_NAME_MAX: usize = 63;
/// Longest name of an endpoint, in characters.
pub const ENDPOINT_NAME_MAX: usize = 260;
/// Characters that ARM refuses in an endpoint name.
const ENDPOINT_NAME_FORBIDDEN: &[char] = &['<', '>', '*', '%', '$', ':', '\\', '?', '+', '/'];

/// The ARM name of a profile: 1 to 63 letters, digits, hyphens and periods,
/// starting and ending with a letter or digit. Unique in its resource group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(String);

/// The relative DNS name of a profile: what stands before `.trafficmanager.net`.
/// Globally unique in a cloud and immutable. May hold several labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativeName(String);

/// The name of an endpoint: 1 to 260 characters, unique in its profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointName(String);

// === impl ProfileName ===

impl FromStr for ProfileName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.trim().to_ascii_lowercase();
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let fits = (1..=PROFILE_NAME_MAX).contains(&name.len());
        if fits && name.chars().all(inner) && edge(name.chars().next()) && edge(name.chars().last())
        {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "must be 1 to 63 letters, digits, hyphens or periods, and start and end with a letter or digit",
            ))
        }
    }
}

// === impl RelativeName ===

impl FromStr for RelativeName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.trim().to_ascii_lowercase();
        // The longest suffix of any cloud is `.usgovtrafficmanager.net`; a DNS
        // name has at most 253 characters in all.
        let longest = 253 - ".usgovtrafficmanager.net".len();
        if (1..=longest).contains(&name.len()) && name.split('.').all(is_label) {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "must be a DNS label of 1 to 63 letters, digits or hyphens (or several, separated by periods), neither starting nor ending with a hyphen",
            ))
        }
    }
}

impl From<&ProfileName> for Option<RelativeName> {
    fn from(name: &ProfileName) -> Self {
        name.0.parse().ok()
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

// === impl EndpointName ===

impl FromStr for EndpointName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.trim().to_lowercase();
        let fits = (1..=ENDPOINT_NAME_MAX).contains(&name.chars().count());
        let allowed = |c: char| !c.is_control() && !ENDPOINT_NAME_FORBIDDEN.contains(&c);
        // `.` and `..` would change the meaning of the URL that carries them.
        if fits && name.chars().all(allowed) && name != "." && name != ".." {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "must be 1 to 260 characters without < > * % $ : \\ ? + /",
            ))
        }
    }
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text, in lower case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text!(ProfileName, RelativeName, EndpointName);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("my-app-global", true)]
    #[case("A.b-9", true)]
    #[case("", false)]
    #[case("-a", false)]
    #[case("a.", false)]
    #[case("a_b", false)]
    #[case(&"a".repeat(63), true)]
    #[case(&"a".repeat(64), false)]
    fn profile_names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(text.parse::<ProfileName>().is_ok(), valid);
    }

    #[rstest]
    #[case("my-app", true)]
    #[case("my-api.example.com", true)]
    #[case("a..b", false)]
    #[case("a-.b", false)]
    #[case(&"a".repeat(64), false)]
    fn relative_names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(text.parse::<RelativeName>().is_ok(), valid);
    }

    #[rstest]
    #[case("East US #1", true)]
    #[case("fleet-1#svc#cluster", true)]
    #[case("a/b", false)]
    #[case("..", false)]
    #[case(" ", false)]
    fn endpoint_names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(text.parse::<EndpointName>().is_ok(), valid);
    }

    #[test]
    fn names_are_folded_to_lower_case() {
        assert_eq!(
            "East-US".parse::<EndpointName>().unwrap().as_str(),
            "east-us"
        );
    }
}
