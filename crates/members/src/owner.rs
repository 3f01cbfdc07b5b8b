//! The owner: who a cluster is.

use std::fmt;
use std::str::FromStr;

use traffic_manager::Invalid;

/// A cluster's identity, equal to its ExternalDNS's `--txt-owner-id`. Compared
/// verbatim: ExternalDNS does so too. 1 to 100 printable ASCII characters, so
/// that it fits tag names and values in every encoding that is used here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(String);

impl OwnerId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OwnerId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // ExternalDNS writes the owner into a comma-separated TXT record and
        // reads it back, so commas and quotes would come back as another owner.
        let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, ',' | '"' | '=');
        if (1..=100).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(
                "must be 1 to 100 printable ASCII characters without spaces, commas, quotes or equal signs",
            ))
        }
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
