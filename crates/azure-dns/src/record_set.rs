//! Record sets: as Azure holds them, and as they are written.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value, json};
use traffic_manager::{Hostname, Invalid};

use crate::document::RecordSetDocument;
use crate::{ETag, RecordSetKind, RecordSetType, RelativeRecordName, ResourceId};

/// A record set as Azure holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    /// Its version.
    pub etag: ETag,
    /// Its type.
    pub kind: RecordSetType,
    /// Its name.
    pub name: RelativeRecordName,
    /// Seconds. An alias of a profile shows those of the profile.
    pub ttl: Option<u32>,
    /// Metadata: texts by name, not visible in DNS.
    pub metadata: BTreeMap<String, String>,
    /// The name that a CNAME is for, in lower case without a trailing period.
    pub cname: Option<String>,
    /// The addresses of an A or AAAA record set. An alias shows none.
    pub addresses: Vec<IpAddr>,
    /// What an alias points at. None in an alias whose resource is gone, which
    /// is then an empty record set.
    pub target_resource: Option<ResourceId>,
}

/// A record set as it shall be, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSetBody {
    /// Seconds. For an alias of a profile, the profile's own count.
    pub ttl: u32,
    /// Metadata.
    pub metadata: BTreeMap<String, String>,
    /// What it answers.
    pub content: RecordContent,
}

/// What a record set answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordContent {
    /// Another name. For CNAME.
    Cname(Hostname),
    /// Addresses. For A and AAAA, all of their family.
    Addresses(Vec<IpAddr>),
    /// Whatever a resource answers.
    Alias(ResourceId),
}

// === impl RecordSet ===

impl RecordSet {
    /// The record set in a document; `None` for what is none: every record set
    /// has a name, a type and a version.
    pub fn of(document: &RecordSetDocument) -> Option<Self> {
        let held = &document.properties;
        let v4 = held.a_records.iter().flatten();
        let v4 = v4.filter_map(|record| record.ipv4_address.as_deref());
        let v6 = held.aaaa_records.iter().flatten();
        let v6 = v6.filter_map(|record| record.ipv6_address.as_deref());
        let metadata = held.metadata.iter().flatten();
        Some(Self {
            etag: document.etag.as_deref()?.parse().ok()?,
            kind: RecordSetType::of(document.arm_type.as_deref()?),
            name: document.name.as_deref()?.parse().ok()?,
            ttl: held.ttl,
            metadata: metadata
                .map(|(name, value)| (name.clone(), value.clone().unwrap_or_default()))
                .collect(),
            cname: held
                .cname_record
                .as_ref()
                .and_then(|record| record.cname.as_deref())
                .map(|name| name.trim_end_matches('.').to_lowercase())
                .filter(|name| !name.is_empty()),
            addresses: v4.chain(v6).filter_map(|text| text.parse().ok()).collect(),
            target_resource: held
                .target_resource
                .as_ref()
                .and_then(|resource| resource.id.as_deref())
                .filter(|id| !id.is_empty())
                .map(ResourceId::of),
        })
    }

    /// Whether it is what a body would make it.
    pub fn is_as(&self, kind: RecordSetKind, body: &RecordSetBody) -> bool {
        let same_content = match &body.content {
            RecordContent::Cname(name) => {
                self.target_resource.is_none() && self.cname.as_deref() == Some(name.as_str())
            }
            RecordContent::Addresses(addresses) => {
                let sorted = |addresses: &[IpAddr]| {
                    let mut addresses = addresses.to_vec();
                    addresses.sort();
                    addresses
                };
                self.target_resource.is_none() && sorted(&self.addresses) == sorted(addresses)
            }
            RecordContent::Alias(resource) => self.target_resource.as_ref() == Some(resource),
        };
        // An alias of a profile has the TTL of the profile, whatever was written.
        let same_ttl = match &body.content {
            RecordContent::Alias(_) => true,
            RecordContent::Cname(_) | RecordContent::Addresses(_) => self.ttl == Some(body.ttl),
        };
        self.kind.known() == Some(kind)
            && same_content
            && same_ttl
            && self.metadata == body.metadata
    }
}

// === impl RecordSetBody ===

impl RecordSetBody {
    /// The JSON of a PUT for a record set of this type. Fails for a content that
    /// the type cannot have.
    pub fn to_json(&self, kind: RecordSetKind) -> Result<Value, Invalid> {
        let mut properties = Map::new();
        properties.insert("TTL".to_owned(), self.ttl.into());
        properties.insert("metadata".to_owned(), json!(self.metadata));
        let (name, value) = match (&self.content, kind) {
            (RecordContent::Alias(resource), _) => {
                ("targetResource", json!({"id": resource.as_str()}))
            }
            (RecordContent::Cname(name), RecordSetKind::Cname) => {
                ("CNAMERecord", json!({"cname": name.as_str()}))
            }
            (RecordContent::Addresses(addresses), RecordSetKind::A) => (
                "ARecords",
                family(addresses, "ipv4Address", IpAddr::is_ipv4)?,
            ),
            (RecordContent::Addresses(addresses), RecordSetKind::Aaaa) => (
                "AAAARecords",
                family(addresses, "ipv6Address", IpAddr::is_ipv6)?,
            ),
            (RecordContent::Cname(_), _) => {
                return Err(Invalid::new("must have addresses, and not a name"));
            }
            (RecordContent::Addresses(_), RecordSetKind::Cname) => {
                return Err(Invalid::new("must have a name, and not addresses"));
            }
        };
        properties.insert(name.to_owned(), value);
        Ok(json!({"properties": properties}))
    }
}

/// The records of one address family.
fn family(
    addresses: &[IpAddr],
    field: &str,
    belongs: fn(&IpAddr) -> bool,
) -> Result<Value, Invalid> {
    if addresses.is_empty() || !addresses.iter().all(belongs) {
        return Err(Invalid::new(
            "must have at least one address, and only such of its family",
        ));
    }
    let records = addresses.iter().map(|address| json!({field: address}));
    Ok(records.collect())
}
