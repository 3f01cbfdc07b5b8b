//! Versions of record sets.

use std::fmt;
use std::str::FromStr;

use traffic_manager::Invalid;

/// The version of a record set, which Azure changes with every write: a text
/// without meaning that can be sent as a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ETag(String);

// === impl ETag ===

impl ETag {
    /// The text, as Azure gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ETag {
    type Err = Invalid;

    /// Visible ASCII, and not the `*` that would match any version.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && text != "*" {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("must be visible ASCII characters, and not *"))
        }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
