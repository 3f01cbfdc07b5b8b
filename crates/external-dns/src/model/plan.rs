//! What has to change so that the current records become the desired ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::Changes;
use crate::dns_name;
use crate::domain_filter::DomainFilter;
use crate::endpoint::Endpoint;
use crate::labels;
use crate::record_type::RecordType;

use super::policy::Policy;
use super::{conflict, targets};

/// The settings of ExternalDNS's plan.
///
/// Records form rows by canonical name and set identifier, and within a row by
/// type. A row that nobody has is created, one that nobody wants is deleted, and
/// in between each type is compared by itself. A type that comes into a row in
/// which any current record is somebody else's is dropped without a word.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Which kinds of changes are allowed.
    pub policy: Policy,
    /// All of them must let a name pass, on both sides of the comparison.
    pub domain_filters: Vec<DomainFilter>,
    /// Which types are looked at, on both sides of the comparison.
    pub types: ManagedTypes,
    /// Who plans. `None`, with the noop registry, is everybody's owner.
    pub owner: Option<String>,
    /// `--migrate-from-txt-owner`: update every record that this one does not own.
    pub old_owner: Option<String>,
}

/// `--managed-record-types` and `--exclude-record-types`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedTypes {
    /// Types to look at.
    pub managed: Vec<RecordType>,
    /// Types to leave out again.
    pub excluded: Vec<RecordType>,
}

/// Canonical name and set identifier.
type RowKey = (String, String);

#[derive(Default)]
struct Row {
    /// Every current record of the row; more than one of a type is possible.
    current: Vec<Endpoint>,
    by_type: BTreeMap<RecordType, TypeInRow>,
}

#[derive(Default)]
struct TypeInRow {
    /// Index of the last current record of the type in the row.
    current: Option<usize>,
    candidates: Vec<Endpoint>,
}

// === impl Plan ===

impl Plan {
    /// The changes, in the order of names, set identifiers and types.
    ///
    /// The targets of records that were compared come out sorted, and the records
    /// of `update_new` carry the owner of the current record.
    pub fn changes(&self, current: Vec<Endpoint>, desired: Vec<Endpoint>) -> Changes {
        let mut changes = Changes::default();
        for (_, row) in self.rows(current, desired) {
            self.plan_row(row, &mut changes);
        }
        let mut changes = self.policy.apply(changes);
        if let Some(owner) = &self.owner {
            changes.delete.retain(|record| record.is_owned_by(owner));
            changes
                .update_old
                .retain(|record| record.is_owned_by(owner));
            changes
                .update_new
                .retain(|record| record.is_owned_by(owner));
            let mut seen = BTreeSet::new();
            changes.delete.retain(|record| seen.insert(record.key()));
        }
        changes
    }

    fn rows(&self, current: Vec<Endpoint>, desired: Vec<Endpoint>) -> BTreeMap<RowKey, Row> {
        let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
        for record in current.into_iter().filter(|record| self.covers(record)) {
            let row = rows.entry(row_key(&record)).or_default();
            let in_row = row.by_type.entry(record.record_type.clone()).or_default();
            in_row.current = Some(row.current.len());
            row.current.push(record);
        }
        for record in desired.into_iter().filter(|record| self.covers(record)) {
            let row = rows.entry(row_key(&record)).or_default();
            let in_row = row.by_type.entry(record.record_type.clone()).or_default();
            in_row.candidates.push(record);
        }
        rows
    }

    fn covers(&self, record: &Endpoint) -> bool {
        self.types.contains(&record.record_type)
            && self
                .domain_filters
                .iter()
                .all(|filter| filter.matches(&record.dns_name))
    }

    fn plan_row(&self, mut row: Row, changes: &mut Changes) {
        let released = row.by_type.values().all(|of| of.candidates.is_empty());
        if released {
            changes.delete.append(&mut row.current);
            return;
        }
        discard_conflicting_cnames(&mut row.by_type);
        let may_create = self
            .owner
            .as_ref()
            .is_none_or(|owner| row.current.iter().all(|record| record.is_owned_by(owner)));
        for (_, of_type) in row.by_type {
            let current = of_type.current.and_then(|at| row.current.get_mut(at));
            match (current, of_type.candidates) {
                (None, candidates) => {
                    let winner = conflict::for_creation(candidates);
                    changes.create.extend(winner.filter(|_| may_create));
                }
                (Some(current), candidates) if candidates.is_empty() => {
                    changes.delete.push(current.clone());
                }
                (Some(current), candidates) => {
                    let Some(mut update) = conflict::for_update(current, candidates) else {
                        continue;
                    };
                    if self.differs(&mut update, current) {
                        inherit_owner(current, &mut update);
                        changes.update_old.push(current.clone());
                        changes.update_new.push(update);
                    }
                }
            }
        }
    }

    fn differs(&self, desired: &mut Endpoint, current: &mut Endpoint) -> bool {
        let ttl =
            desired.record_ttl.seconds().is_some() && desired.record_ttl != current.record_ttl;
        ttl || !targets::same(&mut desired.targets, &mut current.targets)
            || properties_differ(desired, current)
            || self
                .old_owner
                .as_ref()
                .is_some_and(|old| current.owner().unwrap_or_default() != old)
    }
}

// === impl ManagedTypes ===

impl ManagedTypes {
    /// Whether records of that type are looked at.
    pub fn contains(&self, record_type: &RecordType) -> bool {
        self.managed.contains(record_type) && !self.excluded.contains(record_type)
    }
}

impl Default for ManagedTypes {
    /// A, AAAA and CNAME, as ExternalDNS has it.
    fn default() -> Self {
        Self {
            managed: vec![RecordType::A, RecordType::AAAA, RecordType::CNAME],
            excluded: Vec::new(),
        }
    }
}

fn row_key(record: &Endpoint) -> RowKey {
    (
        dns_name::ascii(&record.dns_name),
        record.set_identifier.clone(),
    )
}

/// A CNAME cannot stand beside other types: where both are wanted, the CNAME
/// candidates lose. A current CNAME stays in sight, so that it gets deleted.
fn discard_conflicting_cnames(by_type: &mut BTreeMap<RecordType, TypeInRow>) {
    let others = by_type
        .iter()
        .any(|(kind, of)| *kind != RecordType::CNAME && !of.candidates.is_empty());
    if others && let Some(cname) = by_type.get_mut(&RecordType::CNAME) {
        cname.candidates.clear();
    }
}

/// Whether the properties differ as maps from name to value. Of a name twice in
/// `desired` the last counts; a name twice in `current` is always a difference.
fn properties_differ(desired: &Endpoint, current: &Endpoint) -> bool {
    let mut wanted: BTreeMap<&str, &str> = desired
        .provider_specific
        .iter()
        .map(|property| (property.name.as_str(), property.value.as_str()))
        .collect();
    current
        .provider_specific
        .iter()
        .any(|property| wanted.remove(property.name.as_str()) != Some(property.value.as_str()))
        || !wanted.is_empty()
}

/// Gives the new record the owner of the current one. A record without an owner
/// passes on an empty one, which is what then goes over the wire.
fn inherit_owner(current: &Endpoint, update: &mut Endpoint) {
    let owner = current.owner().unwrap_or_default().to_owned();
    update.labels.insert(labels::OWNER.to_owned(), owner);
}
