//! DNS record types as ExternalDNS names them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decode::Nullable;

/// A record type: plain text, compared exactly.
///
/// ExternalDNS treats it as an open set of strings, and sources send types a
/// provider has never heard of. Unknown ones, and the empty one of a record
/// without a type, therefore round-trip unchanged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(Cow<'static, str>);

// === impl RecordType ===

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(Cow::Borrowed("A"));
    /// IPv6 address.
    pub const AAAA: Self = Self(Cow::Borrowed("AAAA"));
    /// Alias to another name.
    pub const CNAME: Self = Self(Cow::Borrowed("CNAME"));
    /// Text; the TXT registry keeps ownership in it.
    pub const TXT: Self = Self(Cow::Borrowed("TXT"));
    /// Service location; Services of type `NodePort` produce it.
    pub const SRV: Self = Self(Cow::Borrowed("SRV"));
    /// Name server.
    pub const NS: Self = Self(Cow::Borrowed("NS"));
    /// Reverse pointer.
    pub const PTR: Self = Self(Cow::Borrowed("PTR"));
    /// Mail exchange.
    pub const MX: Self = Self(Cow::Borrowed("MX"));
    /// Naming authority pointer.
    pub const NAPTR: Self = Self(Cow::Borrowed("NAPTR"));
    /// Alias of a whole subtree.
    pub const DNAME: Self = Self(Cow::Borrowed("DNAME"));

    /// Every type ExternalDNS knows by name, in the order in which the TXT
    /// registry tries them on a TXT name.
    pub const KNOWN: [Self; 10] = [
        Self::A,
        Self::AAAA,
        Self::CNAME,
        Self::NS,
        Self::MX,
        Self::PTR,
        Self::SRV,
        Self::NAPTR,
        Self::TXT,
        Self::DNAME,
    ];

    /// The type's text. Empty when the record carried none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the record carried no type at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for RecordType {
    fn default() -> Self {
        Self(Cow::Borrowed(""))
    }
}

impl From<&str> for RecordType {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for RecordType {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RecordType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RecordType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Nullable(text) = Nullable::<String>::deserialize(deserializer)?;
        Ok(Self::from(text))
    }
}
