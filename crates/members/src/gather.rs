//! From the records of a loop to one source per host of each object.

use std::collections::BTreeMap;

use external_dns::{Endpoint as Record, RecordType};
use traffic_manager::Hostname;

use crate::annotation::Annotations;
use crate::finding::Subject;
use crate::want::Source;

/// Resource label of records that were written by hand as `DNSEndpoint`s.
/// Each has its own properties; records of other objects share annotations.
const CUSTOM_RESOURCE: &str = "crd/";

/// Takes together the A, AAAA and CNAME records of one host of one object: a
/// dual-stack Service is one member. Other record types (SRV, TXT, …) never
/// take part.
///
/// ExternalDNS can lose an annotation on one of several records of an object
/// when the object also carries another provider's annotations; it leaves a
/// property without a name behind. Where that trace is seen, annotations are
/// completed from the object's other records.
pub fn gather(records: &[Record]) -> Vec<Source> {
    let mut sources: BTreeMap<(Subject, &str), Source> = BTreeMap::new();
    let mut damaged: BTreeMap<&str, Annotations> = BTreeMap::new();
    let address_types = [RecordType::A, RecordType::AAAA, RecordType::CNAME];
    for record in records
        .iter()
        .filter(|record| address_types.contains(&record.record_type))
    {
        let annotations = Annotations::from_properties(
            record
                .provider_specific
                .iter()
                .map(|property| (property.name.as_str(), property.value.as_str())),
        );
        let resource = record.resource().unwrap_or_default();
        let lossy = record
            .provider_specific
            .iter()
            .any(|property| !property.is_named());
        if lossy && !resource.is_empty() && !resource.starts_with(CUSTOM_RESOURCE) {
            damaged.entry(resource).or_default();
        }
        let subject = Subject {
            resource: resource.to_owned(),
            host: canonical_host(&record.dns_name),
        };
        let source = sources
            .entry((subject.clone(), record.set_identifier.as_str()))
            .or_insert_with(|| Source {
                subject,
                set_identifier: record.set_identifier.clone(),
                ttl: None,
                addresses: Vec::new(),
                annotations: Annotations::default(),
            });
        source.annotations.fill_from(&annotations);
        source.ttl = source.ttl.max(record.record_ttl.seconds());
        source.addresses.extend(
            record
                .targets
                .iter()
                .filter_map(|target| target.parse().ok()),
        );
    }
    for source in sources.values() {
        if let Some(whole) = damaged.get_mut(source.subject.resource.as_str()) {
            whole.fill_from(&source.annotations);
        }
    }
    let mut sources: Vec<_> = sources.into_values().collect();
    for source in &mut sources {
        if let Some(whole) = damaged.get(source.subject.resource.as_str()) {
            source.annotations.fill_from(whole);
        }
        source.addresses.sort_unstable();
        source.addresses.dedup();
    }
    sources
}

/// The host in the form in which it is compared; as it is when it is no host.
fn canonical_host(dns_name: &str) -> String {
    match dns_name.parse::<Hostname>() {
        Ok(host) => host.to_string(),
        Err(_) => dns_name.trim().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::Name;

    fn record(host: &str, record_type: RecordType, target: &str) -> Record {
        Record::new(host, record_type, [target])
            .with_label("resource", "service/default/app")
            .with_property("webhook/traffic-manager-enabled", "true")
    }

    #[test]
    fn dual_stack_is_one_source() {
        let sources = gather(&[
            record("app.example.com", RecordType::A, "20.1.2.3"),
            record("App.example.com.", RecordType::AAAA, "2001:db8::1"),
            record(
                "_http._tcp.app.example.com",
                RecordType::SRV,
                "0 50 80 app.example.com",
            ),
        ]);
        assert_eq!(sources.len(), 1);
        assert_eq!(sources[0].addresses.len(), 2);
    }

    #[test]
    fn a_lost_annotation_is_completed_where_its_trace_is_seen() {
        let whole = record("a.example.com", RecordType::A, "20.1.2.3")
            .with_property("webhook/traffic-manager-weight", "70");
        let mut damaged = record("b.example.com", RecordType::A, "20.1.2.3");
        damaged
            .provider_specific
            .push(external_dns::ProviderSpecificProperty::default());
        let sources = gather(&[whole, damaged]);
        assert_eq!(sources[1].annotations.get(Name::Weight), Some("70"));
    }

    #[test]
    fn without_the_trace_hosts_keep_their_own() {
        let whole = record("a.example.com", RecordType::A, "20.1.2.3")
            .with_property("webhook/traffic-manager-weight", "70");
        let other = record("b.example.com", RecordType::A, "20.1.2.3");
        assert_eq!(
            gather(&[whole, other])[1].annotations.get(Name::Weight),
            None
        );
    }
}
