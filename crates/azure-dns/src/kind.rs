//! Types of record sets.

use std::fmt;
use std::str::FromStr;

use traffic_manager::Invalid;

/// The types of record sets that this system writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordSetKind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Another name.
    Cname,
}

/// The type of a record set that exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordSetType {
    /// One that this system could write.
    Known(RecordSetKind),
    /// Any other, in upper case: `TXT`, `MX`, `NS`, `SOA` and so on.
    Other(String),
}

// === impl RecordSetKind ===

impl RecordSetKind {
    /// The word in URLs and DNS.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
        }
    }
}

impl fmt::Display for RecordSetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecordSetKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        [Self::A, Self::Aaaa, Self::Cname]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| Invalid::new("must be A, AAAA or CNAME"))
    }
}

// === impl RecordSetType ===

impl RecordSetType {
    /// The type in a word of Azure's, with or without `Microsoft.Network/dnszones/`.
    pub fn of(text: &str) -> Self {
        let word = text.rsplit('/').next().unwrap_or(text);
        word.parse()
            .map_or_else(|_| Self::Other(word.to_ascii_uppercase()), Self::Known)
    }

    /// The one that this system could write.
    pub const fn known(&self) -> Option<RecordSetKind> {
        match self {
            Self::Known(kind) => Some(*kind),
            Self::Other(_) => None,
        }
    }

    /// The word in DNS.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for RecordSetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
