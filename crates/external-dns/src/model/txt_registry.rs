//! The TXT registry: ownership kept in TXT records beside the records.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::Changes;
use crate::endpoint::{Endpoint, EndpointKey};
use crate::labels::{self, Labels};
use crate::record_type::RecordType;

use super::plan::ManagedTypes;
use super::txt_names::TxtNames;

/// The property that marks a record as incomplete so that it gets updated.
///
/// As soon as the registry sees one TXT record of its own, every owned record
/// whose TXT record is missing gets this property on the current side. The plan
/// then finds a difference in every round until the TXT record shows up. A
/// provider returns all TXT records or none.
pub const FORCE_UPDATE: &str = "txt/force-update";

/// The longest label of a name in DNS, in bytes.
const MAX_LABEL: usize = 63;

/// The default registry of ExternalDNS, without encryption and without cache.
///
/// With encryption the texts of TXT records are opaque to everybody but the
/// registry; what a provider has to do about them is the same.
#[derive(Debug, Clone)]
pub struct TxtRegistry {
    owner: String,
    old_owner: Option<String>,
    names: TxtNames,
    formats: TxtFormats,
    types: ManagedTypes,
}

/// Which TXT records the registry writes for a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TxtFormats {
    /// One, with the type in its name: releases from v0.18 on.
    #[default]
    Typed,
    /// Two, the first without the type (not for AAAA): releases up to v0.17, which
    /// also write TXT records anew that exist already.
    LegacyAndTyped,
}

/// The registry cannot be set up so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxtRegistryError {
    /// `--txt-owner-id` is empty.
    #[error("the owner id cannot be empty")]
    EmptyOwner,
}

/// What the registry makes of the provider's records.
pub(super) struct Read {
    /// The records without the registry's own, labels filled in.
    pub(super) current: Vec<Endpoint>,
    /// Names and set identifiers of the registry's own.
    pub(super) texts: BTreeSet<(String, String)>,
}

// === impl TxtRegistry ===

impl TxtRegistry {
    /// A registry of that owner with default names, formats and types.
    pub fn new(owner: impl Into<String>) -> Result<Self, TxtRegistryError> {
        let owner = owner.into();
        if owner.is_empty() {
            return Err(TxtRegistryError::EmptyOwner);
        }
        Ok(Self {
            owner,
            old_owner: None,
            names: TxtNames::default(),
            formats: TxtFormats::default(),
            types: ManagedTypes::default(),
        })
    }

    /// The same registry with other names.
    #[must_use]
    pub fn with_names(mut self, names: TxtNames) -> Self {
        self.names = names;
        self
    }

    /// The same registry with other formats.
    #[must_use]
    pub fn with_formats(mut self, formats: TxtFormats) -> Self {
        self.formats = formats;
        self
    }

    /// The same registry for other record types.
    #[must_use]
    pub fn with_types(mut self, types: ManagedTypes) -> Self {
        self.types = types;
        self
    }

    /// The same registry taking over the records of another owner.
    #[must_use]
    pub fn with_old_owner(mut self, old_owner: impl Into<String>) -> Self {
        self.old_owner = Some(old_owner.into()).filter(|owner| !owner.is_empty());
        self
    }

    /// The owner.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The owner whose records are taken over.
    pub fn old_owner(&self) -> Option<&str> {
        self.old_owner.as_deref()
    }

    /// The record types that the registry looks after.
    pub fn types(&self) -> &ManagedTypes {
        &self.types
    }

    /// Takes the registry's TXT records out of the list and puts what they say
    /// into the labels of the records they speak for, over labels that came with
    /// the record.
    pub(super) fn read(&self, records: Vec<Endpoint>) -> Read {
        let mut current = Vec::with_capacity(records.len());
        let mut texts = BTreeSet::new();
        let mut said: BTreeMap<EndpointKey, Labels> = BTreeMap::new();
        for record in records {
            if record.record_type != RecordType::TXT {
                current.push(record);
                continue;
            }
            let Some(text) = record.targets.first() else {
                continue;
            };
            let Some(found) = labels::from_text(text) else {
                current.push(record);
                continue;
            };
            if let Some((dns_name, kind)) = self.names.record_name(&record.dns_name) {
                let key = EndpointKey {
                    dns_name,
                    record_type: kind.unwrap_or_default(),
                    set_identifier: record.set_identifier.clone(),
                };
                said.insert(key, found);
            }
            texts.insert((record.dns_name, record.set_identifier));
        }
        let text_names: BTreeSet<&str> = texts.iter().map(|(name, _)| name.as_str()).collect();
        for record in &mut current {
            if let Some(found) = self.labels_of(record, &said) {
                record.labels.extend(found.clone());
            }
            self.take_over(record);
            self.mark_incomplete(record, &text_names);
        }
        Read { current, texts }
    }

    /// Adds the TXT records to the changes of the plan.
    pub(super) fn write(&self, texts: &BTreeSet<(String, String)>, changes: Changes) -> Changes {
        let Changes {
            mut create,
            mut update_old,
            mut update_new,
            mut delete,
        } = changes;
        for record in &mut create {
            record
                .labels
                .insert(labels::OWNER.to_owned(), self.owner.clone());
        }
        let mut new_texts = self.texts_of(&create);
        if self.formats == TxtFormats::Typed {
            // A text that is there already is left alone, whoever it names: this is
            // how an orphan keeps its old owner's claim on a record made anew.
            new_texts.retain(|text| {
                !texts.contains(&(text.dns_name.clone(), text.set_identifier.clone()))
            });
        }
        create.extend(new_texts);
        for list in [&mut update_old, &mut update_new, &mut delete] {
            list.retain(|record| record.is_owned_by(&self.owner));
            let more = self.texts_of(list);
            list.extend(more);
        }
        Changes {
            create,
            update_old,
            update_new,
            delete,
        }
    }

    fn labels_of<'a>(
        &self,
        record: &Endpoint,
        said: &'a BTreeMap<EndpointKey, Labels>,
    ) -> Option<&'a Labels> {
        let mut key = record.key();
        key.dns_name = self.names.lookup_name(&record.dns_name);
        if let Some(found) = said.get(&key) {
            return Some(found);
        }
        if is_alias_of_address(record) {
            key.record_type = RecordType::CNAME;
            if let Some(found) = said.get(&key) {
                return Some(found);
            }
        }
        if record.record_type == RecordType::AAAA {
            return None;
        }
        key.record_type = RecordType::default();
        said.get(&key)
    }

    fn take_over(&self, record: &mut Endpoint) {
        if self.old_owner.is_some() && record.owner() == self.old_owner.as_deref() {
            record
                .labels
                .insert(labels::OWNER.to_owned(), self.owner.clone());
        }
    }

    fn mark_incomplete(&self, record: &mut Endpoint, text_names: &BTreeSet<&str>) {
        if text_names.is_empty()
            || !record.is_owned_by(&self.owner)
            || !self.types.contains(&record.record_type)
        {
            return;
        }
        let complete = self
            .texts_of(std::slice::from_ref(record))
            .iter()
            .all(|text| text_names.contains(text.dns_name.as_str()));
        if !complete {
            record.set_property(FORCE_UPDATE, "true");
        }
    }

    /// The TXT records that belong to the records, without those whose name would
    /// have a label too long for DNS: ExternalDNS skips them in silence.
    fn texts_of(&self, records: &[Endpoint]) -> Vec<Endpoint> {
        let mut texts = Vec::new();
        for record in records {
            let legacy = (self.formats == TxtFormats::LegacyAndTyped
                && record.record_type != RecordType::AAAA)
                .then(|| self.names.legacy_txt_name(&record.dns_name))
                .flatten();
            let typed = self.names.txt_name(&record.dns_name, &record.record_type);
            for name in legacy.into_iter().chain([typed]) {
                if name.split('.').any(|label| label.len() > MAX_LABEL) {
                    continue;
                }
                let name = name.strip_suffix('.').unwrap_or(&name);
                let text = labels::to_text(&record.labels);
                texts.push(Endpoint {
                    set_identifier: record.set_identifier.clone(),
                    provider_specific: record.provider_specific.clone(),
                    ..Endpoint::new(name, RecordType::TXT, [text])
                        .with_label(labels::OWNED_RECORD, record.dns_name.clone())
                });
            }
        }
        texts
    }
}

/// An A record that is an alias has had its TXT record under `cname-` once.
fn is_alias_of_address(record: &Endpoint) -> bool {
    record.record_type == RecordType::A && matches!(record.property("alias"), Some("true" | "A"))
}
