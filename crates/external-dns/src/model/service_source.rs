//! From Services to records, as ExternalDNS's service source does it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::endpoint::{Endpoint, EndpointKey, Ttl};
use crate::labels;
use crate::property::ProviderSpecificProperty;
use crate::record_type::RecordType;

use super::annotations::{Annotations, PREFIX};
use super::service::Service;
use super::shared_properties::{retain_own, retain_own_shared};

/// The longest label of a name in DNS, in bytes.
const MAX_LABEL: usize = 63;

/// `--source=service` with `--provider=webhook`.
///
/// Services of type `LoadBalancer`, `ClusterIP` (by `internal-hostname`) and
/// `ExternalName` are modelled, and every type with the annotation `target`.
/// Headless and `NodePort` Services without it, whose records depend on pods and
/// nodes, give none.
#[derive(Debug, Clone)]
pub struct ServiceSource {
    /// `--annotation-prefix`, with its slash. Only this one is read.
    pub annotation_prefix: String,
    /// `--min-ttl` in seconds, for records without a time to live; 0 for none.
    pub min_ttl: i64,
    /// How records of one object hold their properties.
    pub shared_properties: SharedProperties,
}

/// How records of one object hold their properties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SharedProperties {
    /// Each has its own: what people expect.
    #[default]
    Copied,
    /// All share one array, as in the releases from v0.21 on. An object that has
    /// annotations for another provider and more than one record then loses some
    /// properties on one record and gains nameless ones. Which record it is
    /// changes from round to round; here it is the first.
    Aliased,
}

/// A record on its way through the source.
struct Sourced {
    record: Endpoint,
    /// Which Service made it; its properties are that Service's.
    origin: usize,
}

// === impl ServiceSource ===

impl Default for ServiceSource {
    fn default() -> Self {
        Self {
            annotation_prefix: PREFIX.to_owned(),
            min_ttl: 0,
            shared_properties: SharedProperties::Copied,
        }
    }
}

impl ServiceSource {
    /// A source that reads annotations of that prefix.
    pub fn new(annotation_prefix: impl Into<String>) -> Self {
        Self {
            annotation_prefix: annotation_prefix.into(),
            ..Self::default()
        }
    }

    /// The records that the Services ask for: the body of `POST /adjustendpoints`,
    /// sorted by name, type and set identifier.
    ///
    /// Records of one name, type and set identifier become one, with the targets of
    /// all Services and everything else from the Service that comes first in the
    /// alphabet. CNAME records stay apart.
    pub fn endpoints(&self, services: &[Service]) -> Vec<Endpoint> {
        let mut sourced: Vec<Sourced> = Vec::new();
        for (origin, service) in services.iter().enumerate() {
            let records = self.service_endpoints(service);
            sourced.extend(records.into_iter().map(|record| Sourced { record, origin }));
        }
        let mut sourced = merge(sourced);
        self.post_process(services, &mut sourced);
        sourced.into_iter().map(|sourced| sourced.record).collect()
    }

    fn annotations<'a>(&'a self, service: &'a Service) -> Annotations<'a> {
        Annotations {
            prefix: &self.annotation_prefix,
            all: &service.annotations,
        }
    }

    fn service_endpoints(&self, service: &Service) -> Vec<Endpoint> {
        let annotations = self.annotations(service);
        if annotations.is_foreign() {
            return Vec::new();
        }
        let mut records = Vec::new();
        for (annotation, internal) in [("hostname", false), ("internal-hostname", true)] {
            for host in annotations.names(annotation) {
                let mut targets = annotations.targets();
                if targets.is_empty() {
                    targets = own_targets(service, internal);
                }
                records.extend(host_endpoints(&host, targets, service, annotations));
            }
        }
        records
    }

    fn post_process(&self, services: &[Service], sourced: &mut [Sourced]) {
        if self.min_ttl > 0 {
            for one in sourced.iter_mut() {
                if one.record.record_ttl.seconds().is_none() {
                    one.record.record_ttl = Ttl(self.min_ttl);
                }
            }
        }
        match self.shared_properties {
            SharedProperties::Copied => {
                for one in sourced {
                    retain_own(&mut one.record.provider_specific);
                }
            }
            SharedProperties::Aliased => {
                for (origin, service) in services.iter().enumerate() {
                    let mut shared = self.annotations(service).properties();
                    let mut records: Vec<&mut Endpoint> = sourced
                        .iter_mut()
                        .filter(|one| one.origin == origin)
                        .map(|one| &mut one.record)
                        .collect();
                    retain_own_shared(&mut shared, &mut records);
                }
            }
        }
    }
}

/// The targets that a Service has by itself.
fn own_targets(service: &Service, internal: bool) -> Vec<String> {
    let cluster_ip = || {
        service
            .cluster_ip
            .iter()
            .filter(|ip| *ip != "None")
            .cloned()
            .collect()
    };
    match service.service_type.as_str() {
        "LoadBalancer" | "ClusterIP" if internal => cluster_ip(),
        "LoadBalancer" | "ExternalName" if !service.external_ips.is_empty() => {
            service.external_ips.clone()
        }
        "LoadBalancer" => service
            .load_balancer
            .iter()
            .flat_map(|ingress| [&ingress.ip, &ingress.hostname])
            .filter(|target| !target.is_empty())
            .cloned()
            .collect(),
        "ExternalName" => vec![service.external_name.clone()],
        _ => Vec::new(),
    }
}

/// One record per type of target: A, AAAA, CNAME.
fn host_endpoints(
    host: &str,
    targets: Vec<String>,
    service: &Service,
    annotations: Annotations<'_>,
) -> Vec<Endpoint> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.split('.').any(|label| label.len() > MAX_LABEL) {
        return Vec::new();
    }
    let properties: Vec<ProviderSpecificProperty> = annotations.properties();
    let mut by_type: BTreeMap<RecordType, Vec<String>> = BTreeMap::new();
    for target in targets {
        by_type.entry(type_of(&target)).or_default().push(target);
    }
    by_type
        .into_iter()
        .map(|(kind, targets)| Endpoint {
            set_identifier: annotations.set_identifier(),
            record_ttl: annotations.ttl(),
            provider_specific: properties.clone(),
            ..Endpoint::new(
                host,
                kind,
                targets
                    .iter()
                    .map(|target| target.strip_suffix('.').unwrap_or(target)),
            )
            .with_label(labels::RESOURCE, service.resource())
        })
        .collect()
}

fn type_of(target: &str) -> RecordType {
    match target.parse() {
        Ok(IpAddr::V4(_)) => RecordType::A,
        Ok(IpAddr::V6(_)) => RecordType::AAAA,
        Err(_) => RecordType::CNAME,
    }
}

/// Makes one record of those that are for the same name, type and set identifier.
fn merge(mut sourced: Vec<Sourced>) -> Vec<Sourced> {
    sourced.sort_by(|left, right| left.record.resource().cmp(&right.record.resource()));
    let mut merged: BTreeMap<(EndpointKey, Option<(String, Ttl)>), Sourced> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for mut one in sourced {
        // Targets are put in order on the first record of each name only. The
        // later ones keep their load balancer's order for the comparison below.
        if seen.insert(one.record.key()) {
            sort_targets(&mut one.record.targets);
        }
        // CNAME records with another first target or another time to live, and
        // only they, stay apart.
        let apart = (one.record.record_type == RecordType::CNAME).then(|| {
            let first = one.record.targets.first().cloned();
            (first.unwrap_or_default(), one.record.record_ttl)
        });
        match merged.entry((one.record.key(), apart)) {
            Entry::Occupied(mut held) => {
                let targets = &mut held.get_mut().record.targets;
                targets.append(&mut one.record.targets);
                sort_targets(targets);
            }
            Entry::Vacant(place) => {
                place.insert(one);
            }
        }
    }
    // What is the same but for its time to live or its Service is sent once.
    // ExternalDNS keeps one by chance; here it is the first.
    let mut sent = BTreeSet::new();
    merged
        .into_values()
        .filter_map(|mut one| {
            sort_targets(&mut one.record.targets);
            sent.insert((one.record.key(), one.record.targets.clone()))
                .then_some(one)
        })
        .collect()
}

fn sort_targets(targets: &mut Vec<String>) {
    targets.sort();
    targets.dedup();
}
