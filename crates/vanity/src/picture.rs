//! What vanity records depend on.

use std::collections::BTreeMap;

use members::{Observed, OwnerId, Vanity};
use traffic_manager::ProfileId;

use crate::{alias, dns_endpoint};

/// Everything in a listing that vanity records depend on: as long as it stays the
/// same, only others can have changed a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture(BTreeMap<ProfileId, Row>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    vanity: Vanity,
    fqdn: String,
    is_empty: bool,
    has_object: bool,
    decides: bool,
    alias: Option<azure_dns::RecordSetKind>,
}

// === impl Picture ===

impl Picture {
    /// What a listing shows, for this owner.
    pub fn of(observed: &Observed, owner: &OwnerId) -> Self {
        let rows = observed.profiles().filter_map(|profile| {
            let vanity = profile.marks.vanity.clone();
            let row = Row {
                vanity: vanity.filter(|_| profile.marks.managed)?,
                fqdn: profile.fqdn(),
                is_empty: profile.is_empty(),
                has_object: dns_endpoint::wants(profile, owner),
                decides: profile.settings_owner() == Some(owner),
                alias: alias::of_addresses(profile).ok(),
            };
            Some((profile.id.clone(), row))
        });
        Self(rows.collect())
    }

    /// Whether a profile asks for a record in Azure DNS, or has asked while it had
    /// endpoints.
    pub fn has_shared(&self) -> bool {
        self.0.values().any(|row| row.vanity.mode.is_shared())
    }

    /// Whether this owner wants an object.
    pub fn has_objects(&self) -> bool {
        self.0.values().any(|row| row.has_object)
    }
}
