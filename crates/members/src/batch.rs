//! A batch: the changes of one `POST /records`, sorted by profile.

use std::collections::{BTreeMap, BTreeSet};

use external_dns::{Changes, Endpoint as Record};
use traffic_manager::{EndpointName, ProfileId};

use crate::annotation::Name;
use crate::finding::{Finding, Reason, Subject};
use crate::gather::gather;
use crate::member::{Member, MemberKey};
use crate::record::{self, REPAIR_PROPERTY};
use crate::want::{Scope, Want};

/// What shall change, by profile.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The changes.
    pub profiles: BTreeMap<ProfileId, ProfileChange>,
    /// Records that cannot be acted on.
    pub findings: Vec<Finding>,
}

/// What shall change in one profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Members to create or bring to this state.
    pub upserts: Vec<Member>,
    /// Members to take away.
    pub removals: BTreeSet<EndpointName>,
}

// === impl Batch ===

impl Batch {
    /// Reads the changes of ExternalDNS. The two update lists are parallel in
    /// ExternalDNS, but nothing here depends on it: an old state only says
    /// which endpoint was there, and one that is not in the new state is taken
    /// away. So renames, moves, and a delete with a create of the same endpoint
    /// all come out right, in whatever order ExternalDNS lists them.
    pub fn new(changes: &Changes, scope: &Scope) -> Self {
        let mut batch = Self::default();
        let wanted = changes.create.iter().chain(&changes.update_new);
        for record in wanted.filter(|record| !record.is_txt_ownership()) {
            batch.want(record, scope);
        }
        let gone = changes.delete.iter().chain(&changes.update_old);
        for record in gone.filter(|record| !record.is_txt_ownership()) {
            batch.remove(record, scope);
        }
        for change in batch.profiles.values_mut() {
            let wanted: BTreeSet<_> = change
                .upserts
                .iter()
                .map(|member| &member.key.endpoint)
                .collect();
            change.removals.retain(|name| !wanted.contains(name));
        }
        batch
            .profiles
            .retain(|_, change| !change.upserts.is_empty() || !change.removals.is_empty());
        batch
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }

    fn want(&mut self, record: &Record, scope: &Scope) {
        if let Some(finding) = other_owner(record, scope) {
            self.findings.push(finding);
            return;
        }
        for source in gather(std::slice::from_ref(record)) {
            let (want, findings) = source.want(scope);
            match want {
                Want::Member(member) => {
                    let change = self.profiles.entry(member.key.profile.clone()).or_default();
                    change.upserts.retain(|other| other.key != member.key);
                    change.upserts.push(*member);
                }
                Want::Invalid => self.findings.extend(findings),
                Want::Nothing => {}
            }
        }
    }

    fn remove(&mut self, record: &Record, scope: &Scope) {
        if other_owner(record, scope).is_some() {
            return;
        }
        let Some(key) = identity(record, scope) else {
            return;
        };
        // While a member stands in two profiles, its record names the second.
        let elsewhere = record
            .property(REPAIR_PROPERTY)
            .and_then(|id| id.parse::<ProfileId>().ok())
            .map(|profile| MemberKey {
                profile,
                endpoint: key.endpoint.clone(),
            });
        for key in elsewhere.into_iter().chain([key]) {
            self.profiles
                .entry(key.profile)
                .or_default()
                .removals
                .insert(key.endpoint);
        }
    }
}

/// The endpoint that a canonical record stands for.
fn identity(record: &Record, scope: &Scope) -> Option<MemberKey> {
    let texts: BTreeMap<_, _> = record::properties(record).into_iter().collect();
    Some(MemberKey {
        profile: ProfileId {
            subscription: scope.subscription.clone(),
            resource_group: texts.get(&Name::ResourceGroup)?.parse().ok()?,
            name: texts.get(&Name::ProfileName)?.parse().ok()?,
        },
        endpoint: texts.get(&Name::EndpointName)?.parse().ok()?,
    })
}

/// A record that another owner is named in. ExternalDNS stamps its own owner on
/// what it creates, so this means that the two are configured differently, and
/// that updates and deletes would never arrive.
fn other_owner(record: &Record, scope: &Scope) -> Option<Finding> {
    let owner = record.owner().filter(|owner| !owner.is_empty())?;
    if owner == scope.owner.as_str() {
        return None;
    }
    let subject = Subject {
        resource: record.resource().unwrap_or_default().to_owned(),
        host: record.dns_name.clone(),
    };
    Some(Finding::new(
        Reason::OwnerMismatch,
        &subject,
        format!(
            "the record carries owner {owner:?}, and this webhook runs with --owner-id {:?}; make it equal to ExternalDNS's --txt-owner-id",
            scope.owner.as_str()
        ),
    ))
}
