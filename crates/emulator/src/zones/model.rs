//! What Azure DNS stores. Values have passed validation.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::path::{Kind, ZonePath};
use crate::model::ProfileKey;

/// A zone.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(super) path: ZonePath,
    pub(super) etag: String,
    pub(super) tags: BTreeMap<String, String>,
    /// A number that the names of its servers carry.
    pub(super) pool: u32,
    /// By name in lower case and type.
    pub(super) sets: BTreeMap<(String, Kind), RecordSet>,
}

/// The records of one name and type.
#[derive(Debug, Clone)]
pub(crate) struct RecordSet {
    /// In the spelling of its creator.
    pub(crate) name: String,
    pub(crate) etag: String,
    pub(crate) ttl: u32,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    pub(crate) data: Data,
    pub(crate) alias: Option<Alias>,
}

/// The profile that a record set takes its answers from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    /// In the spelling of the request.
    pub(crate) id: String,
    pub(crate) profile: ProfileKey,
}

/// What the records hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    A(Vec<Ipv4Addr>),
    Aaaa(Vec<Ipv6Addr>),
    Cname(Option<String>),
    Ns(Vec<String>),
    Soa(Map<String, Value>),
    Txt(Vec<Vec<String>>),
    /// Of types that nothing here needs to understand, as they were given.
    Other(Kind, Vec<Value>),
}

// === impl Zone ===

impl Zone {
    /// Where it is.
    pub(crate) fn path(&self) -> &ZonePath {
        &self.path
    }

    /// Its tags.
    pub(crate) fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// Its version.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// Its record sets.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (Kind, &RecordSet)> {
        self.sets.iter().map(|((_, kind), set)| (*kind, set))
    }

    /// The name servers that Azure has given it.
    pub(super) fn name_servers(&self) -> [String; 4] {
        [(1, "com"), (2, "net"), (3, "org"), (4, "info")]
            .map(|(number, end)| format!("ns{number}-{:02}.azure-dns.{end}.", self.pool))
    }
}

// === impl Data ===

impl Data {
    /// No records.
    pub(super) fn none(kind: Kind) -> Self {
        match kind {
            Kind::A => Self::A(Vec::new()),
            Kind::Aaaa => Self::Aaaa(Vec::new()),
            Kind::Cname => Self::Cname(None),
            Kind::Ns => Self::Ns(Vec::new()),
            Kind::Soa => Self::Soa(Map::new()),
            Kind::Txt => Self::Txt(Vec::new()),
            Kind::Caa | Kind::Mx | Kind::Ptr | Kind::Srv => Self::Other(kind, Vec::new()),
        }
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::A(list) => list.len(),
            Self::Aaaa(list) => list.len(),
            Self::Cname(name) => usize::from(name.is_some()),
            Self::Ns(list) => list.len(),
            Self::Soa(_) => 1,
            Self::Txt(list) => list.len(),
            Self::Other(_, list) => list.len(),
        }
    }
}
