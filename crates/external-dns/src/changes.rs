//! The body of `POST /records`.

use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize};

use crate::decode::{self, Object};
use crate::endpoint::Endpoint;

/// What ExternalDNS wants changed.
///
/// The four lists carry no order between each other: a change of a record's type
/// is one deletion and one creation of the same name. `update_old` and
/// `update_new` are parallel as ExternalDNS builds them; a provider must not
/// count on it.
///
/// Releases up to v0.16.1 send `Create`, `UpdateOld`, `UpdateNew` and `Delete`
/// with `null` for an empty list, later ones the same names with a small first
/// letter and leave empty lists out. Both decode; the later form is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Records to create.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub create: Vec<Endpoint>,
    /// Records to update, as they are now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub update_old: Vec<Endpoint>,
    /// Records to update, as they should be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub update_new: Vec<Endpoint>,
    /// Records to delete.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delete: Vec<Endpoint>,
}

// === impl Changes ===

impl Changes {
    /// Whether all four lists are empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of records in all four lists; an update counts twice.
    pub fn len(&self) -> usize {
        self.create.len() + self.update_old.len() + self.update_new.len() + self.delete.len()
    }

    /// Whether ExternalDNS would send them at all: it does not when nothing is
    /// created or deleted and every update leaves its record as it is.
    pub fn has_effect(&self) -> bool {
        !self.create.is_empty() || !self.delete.is_empty() || self.update_new != self.update_old
    }
}

impl Object for Changes {
    const EXPECTED: &'static str = "a changes object";

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "create" => self.create = decode::dense(map)?,
            "updateold" => self.update_old = decode::dense(map)?,
            "updatenew" => self.update_new = decode::dense(map)?,
            "delete" => self.delete = decode::dense(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::object(deserializer)
    }
}
