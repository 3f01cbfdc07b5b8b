//! Provider-specific properties of a record.

use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize};

use crate::decode::{self, Object};

/// One name and value that only the provider understands.
///
/// An annotation `…/webhook-traffic-manager-weight: "70"` arrives as the name
/// `webhook/traffic-manager-weight` and the value `70`.
///
/// Both fields are omitted when empty. A property with an empty value is
/// therefore `{"name":"x"}`, and one that the source's in-place filtering has
/// zeroed is `{}`: it has no name, means nothing, and is to be ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ProviderSpecificProperty {
    /// The name. Empty for a zeroed property.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The value, verbatim. Empty and absent are the same on the wire.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

// === impl ProviderSpecificProperty ===

impl ProviderSpecificProperty {
    /// A property of that name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Whether the property has a name, and so a meaning.
    pub fn is_named(&self) -> bool {
        !self.name.is_empty()
    }
}

impl Object for ProviderSpecificProperty {
    const EXPECTED: &'static str = "a provider-specific property object";

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "name" => self.name = decode::nullable(map)?,
            "value" => self.value = decode::nullable(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl<'de> Deserialize<'de> for ProviderSpecificProperty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::object(deserializer)
    }
}
