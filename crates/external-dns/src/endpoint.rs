//! The record ExternalDNS exchanges with a provider.

use std::fmt;

use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize};

use crate::decode::{self, Dense, Nullable, Object};
use crate::labels::{self, Labels};
use crate::property::ProviderSpecificProperty;
use crate::record_type::RecordType;

/// One record: a name, a type, what it points to, and what is known about it.
///
/// Every field is omitted when empty. ExternalDNS cleans records only where it
/// builds them itself: what a provider sends is taken as it is, trailing dots and
/// capital letters included, and compared as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The name of the record.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dns_name: String,
    /// Addresses, names or texts, by record type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// The type of the record.
    #[serde(skip_serializing_if = "RecordType::is_empty")]
    pub record_type: RecordType,
    /// Tells apart several records of one name and type. Compared verbatim.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// Time to live.
    #[serde(rename = "recordTTL", skip_serializing_if = "Ttl::is_zero")]
    pub record_ttl: Ttl,
    /// What the registry and the source know about the record. Never compared by
    /// the plan, except that [`labels::OWNER`] decides who may change it.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Properties for the provider alone. The plan compares them exactly, as a
    /// map from name to value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider_specific: Vec<ProviderSpecificProperty>,
}

/// The body of `/adjustendpoints` and of the answer to `GET /records`.
///
/// Decode whole lists with it, not with `Vec<Endpoint>`: an empty list arrives as
/// `null` when ExternalDNS has nothing to send, and `null` elements are left out.
/// An empty list is written as `[]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Endpoints(pub Vec<Endpoint>);

/// What identifies a record among others: the plan's row and the type in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointKey {
    /// The name, as written in the record.
    pub dns_name: String,
    /// The type.
    pub record_type: RecordType,
    /// The set identifier; empty when there is none.
    pub set_identifier: String,
}

/// A time to live in whole seconds.
///
/// Zero and below mean "not configured". Kept as sent, because a negative number
/// is legal on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Ttl(pub i64);

// === impl Endpoint ===

impl Endpoint {
    /// A record of that name, type and targets, taken as they are.
    pub fn new<T: Into<String>>(
        dns_name: impl Into<String>,
        record_type: RecordType,
        targets: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            dns_name: dns_name.into(),
            record_type,
            targets: targets.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same record with a set identifier.
    #[must_use]
    pub fn with_set_identifier(mut self, set_identifier: impl Into<String>) -> Self {
        self.set_identifier = set_identifier.into();
        self
    }

    /// The same record with a time to live in seconds.
    #[must_use]
    pub fn with_ttl(mut self, seconds: i64) -> Self {
        self.record_ttl = Ttl(seconds);
        self
    }

    /// The same record with a label added or replaced.
    #[must_use]
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// The same record with a property added or replaced.
    #[must_use]
    pub fn with_property(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set_property(name, value);
        self
    }

    /// Sets the first property of that name, or adds one.
    pub fn set_property(&mut self, name: &str, value: impl Into<String>) {
        match self.provider_specific.iter_mut().find(|p| p.name == name) {
            Some(property) => property.value = value.into(),
            None => self
                .provider_specific
                .push(ProviderSpecificProperty::new(name, value)),
        }
    }

    /// The value of the first property of that name.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.provider_specific
            .iter()
            .find(|property| property.name == name)
            .map(|property| property.value.as_str())
    }

    /// Names and values of the properties whose names start with `prefix`, in the
    /// order of the record and with the prefix taken off. Nameless properties
    /// never show, not even with an empty prefix.
    pub fn properties_under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.provider_specific
            .iter()
            .filter(|property| property.is_named())
            .filter_map(move |property| {
                let rest = property.name.strip_prefix(prefix)?;
                Some((rest, property.value.as_str()))
            })
    }

    /// What identifies the record.
    pub fn key(&self) -> EndpointKey {
        EndpointKey {
            dns_name: self.dns_name.clone(),
            record_type: self.record_type.clone(),
            set_identifier: self.set_identifier.clone(),
        }
    }

    /// The label of that name.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// The owner of the record, if one is known. An empty label, which the noop
    /// registry puts on updates, is none.
    pub fn owner(&self) -> Option<&str> {
        self.label(labels::OWNER).filter(|owner| !owner.is_empty())
    }

    /// The Kubernetes object behind the record, as `kind/namespace/name`.
    pub fn resource(&self) -> Option<&str> {
        self.label(labels::RESOURCE)
    }

    /// Whether `owner` owns the record. A record without an owner is nobody's.
    pub fn is_owned_by(&self, owner: &str) -> bool {
        self.owner() == Some(owner)
    }

    /// Whether this is a TXT record by which the TXT registry remembers the owner
    /// of another record.
    ///
    /// The label [`labels::OWNED_RECORD`] says so even when the text is encrypted.
    /// Without the label, as in a list of records, the text has to be readable.
    pub fn is_txt_ownership(&self) -> bool {
        self.record_type == RecordType::TXT
            && (self.labels.contains_key(labels::OWNED_RECORD)
                || self
                    .targets
                    .first()
                    .is_some_and(|text| labels::from_text(text).is_some()))
    }
}

impl Object for Endpoint {
    const EXPECTED: &'static str = "an endpoint object";

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "dnsname" => self.dns_name = decode::nullable(map)?,
            "targets" => self.targets = decode::dense(map)?,
            "recordtype" => self.record_type = map.next_value()?,
            "setidentifier" => self.set_identifier = decode::nullable(map)?,
            "recordttl" => self.record_ttl = Ttl(decode::nullable(map)?),
            "labels" => {
                let read: Option<std::collections::BTreeMap<String, Nullable<String>>> =
                    map.next_value()?;
                self.labels = read
                    .into_iter()
                    .flatten()
                    .map(|(label, Nullable(value))| (label, value))
                    .collect();
            }
            "providerspecific" => self.provider_specific = decode::dense(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::object(deserializer)
    }
}

// === impl Endpoints ===

impl<'de> Deserialize<'de> for Endpoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Dense(records) = Dense::deserialize(deserializer)?;
        Ok(Self(records))
    }
}

// === impl EndpointKey ===

impl fmt::Display for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dns_name, self.record_type)?;
        if self.set_identifier.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.set_identifier)
        }
    }
}

// === impl Ttl ===

impl Ttl {
    /// The configured number of seconds, at least one.
    pub fn seconds(self) -> Option<i64> {
        (self.0 > 0).then_some(self.0)
    }

    // serde's `skip_serializing_if` hands out references.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}
