//! One round of ExternalDNS's control loop.

use std::collections::BTreeSet;

use crate::changes::Changes;
use crate::domain_filter::DomainFilter;
use crate::endpoint::Endpoint;
use crate::record_type::RecordType;

use super::plan::{ManagedTypes, Plan};
use super::policy::Policy;
use super::txt_registry::TxtRegistry;

/// ExternalDNS as a webhook provider meets it.
///
/// ```
/// use external_dns::model::{Controller, Registry, TxtRegistry};
/// use external_dns::{Endpoint, RecordType};
///
/// let controller = Controller::new(Registry::Txt(TxtRegistry::new("east").unwrap()));
/// let desired = Endpoint::new("app.example.com", RecordType::A, ["192.0.2.1"]);
///
/// // The provider has nothing yet, and adjusts nothing.
/// let observation = controller.observe(Vec::new());
/// let changes = controller.plan(&observation, vec![desired]).unwrap();
///
/// let created: Vec<_> = changes.create.iter().map(|record| &*record.dns_name).collect();
/// assert_eq!(created, ["app.example.com", "a-app.example.com"]);
/// ```
#[derive(Debug, Clone)]
pub struct Controller {
    registry: Registry,
    policy: Policy,
    types: ManagedTypes,
    domain_filters: Vec<DomainFilter>,
    old_owner: Option<String>,
}

/// Where ExternalDNS keeps what it owns.
#[derive(Debug, Clone)]
pub enum Registry {
    /// In TXT records and in the labels that the provider returns.
    Txt(TxtRegistry),
    /// Nowhere: every record that the provider returns is its own.
    Noop,
}

/// What one `GET /records` told ExternalDNS.
#[derive(Debug, Clone)]
pub struct Observation {
    current: Vec<Endpoint>,
    texts: BTreeSet<(String, String)>,
}

// === impl Controller ===

impl Controller {
    /// A controller with policy sync, default record types and no domain filter.
    pub fn new(registry: Registry) -> Self {
        let types = match &registry {
            Registry::Txt(txt) => txt.types().clone(),
            Registry::Noop => ManagedTypes::default(),
        };
        let old_owner = match &registry {
            Registry::Txt(txt) => txt.old_owner().map(str::to_owned),
            Registry::Noop => None,
        };
        Self {
            old_owner,
            registry,
            policy: Policy::Sync,
            types,
            domain_filters: Vec::new(),
        }
    }

    /// The same controller with another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same controller with `--migrate-from-txt-owner`. ExternalDNS hands it
    /// to the plan whatever the registry is; a [`TxtRegistry`] brings its own.
    #[must_use]
    pub fn with_old_owner(mut self, old_owner: impl Into<String>) -> Self {
        self.old_owner = Some(old_owner.into()).filter(|owner| !owner.is_empty());
        self
    }

    /// The same controller for other record types. Its registry follows.
    #[must_use]
    pub fn with_types(mut self, types: ManagedTypes) -> Self {
        if let Registry::Txt(txt) = self.registry {
            self.registry = Registry::Txt(txt.with_types(types.clone()));
        }
        self.types = types;
        self
    }

    /// The same controller with one more domain filter: its own or the one that
    /// the provider has told it. All of them must let a name pass.
    #[must_use]
    pub fn with_domain_filter(mut self, filter: DomainFilter) -> Self {
        self.domain_filters.push(filter);
        self
    }

    /// Takes the answer to `GET /records` through the registry.
    pub fn observe(&self, records: Vec<Endpoint>) -> Observation {
        match &self.registry {
            Registry::Txt(txt) => {
                let read = txt.read(records);
                Observation {
                    current: read.current,
                    texts: read.texts,
                }
            }
            Registry::Noop => Observation {
                current: records,
                texts: BTreeSet::new(),
            },
        }
    }

    /// The body of `POST /records`, given the answer to `POST /adjustendpoints`.
    /// `None` when there is nothing to change: then there is no request.
    ///
    /// A body may be empty all the same. It is, when everything in it turns out to
    /// belong to somebody else at the last moment.
    pub fn plan(&self, observation: &Observation, adjusted: Vec<Endpoint>) -> Option<Changes> {
        let owner = match &self.registry {
            Registry::Txt(txt) => Some(txt.owner().to_owned()),
            Registry::Noop => None,
        };
        let plan = Plan {
            policy: self.policy,
            domain_filters: self.domain_filters.clone(),
            types: self.types.clone(),
            owner,
            old_owner: self.old_owner.clone(),
        };
        let desired = adjusted.into_iter().map(normalize_alias).collect();
        let changes = plan.changes(observation.current.clone(), desired);
        if !changes.has_effect() {
            return None;
        }
        Some(match &self.registry {
            Registry::Txt(txt) => txt.write(&observation.texts, changes),
            Registry::Noop => changes,
        })
    }
}

// === impl Observation ===

impl Observation {
    /// The current records as the plan sees them: without the registry's own, with
    /// labels filled in.
    pub fn current(&self) -> &[Endpoint] {
        &self.current
    }
}

/// An alias property that names the record's own type says no more than `true`,
/// and ExternalDNS writes it so after the provider has adjusted.
fn normalize_alias(mut record: Endpoint) -> Endpoint {
    let own_type = matches!(
        (&record.record_type, record.property("alias")),
        (kind, Some("A")) if *kind == RecordType::A
    ) || matches!(
        (&record.record_type, record.property("alias")),
        (kind, Some("AAAA")) if *kind == RecordType::AAAA
    );
    if own_type {
        record.set_property("alias", "true");
    }
    record
}
