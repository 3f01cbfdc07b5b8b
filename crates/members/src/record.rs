//! One member is one record: the canonical record, from whichever side.

use external_dns::{Endpoint, ProviderSpecificProperty, RecordType, labels};
use traffic_manager::{EndpointName, Hostname};

use crate::annotation::{Name, PROPERTY_PREFIX};
use crate::finding::Subject;
use crate::owner::OwnerId;
use crate::properties::Properties;

/// Property that usually only the current side of a plan has. It makes
/// ExternalDNS plan an update, and so call us, when Azure holds something that a
/// record cannot show, such as the same member in two profiles. The desired side
/// has it too when that is to stay.
pub const REPAIR_PROPERTY: &str = "webhook/traffic-manager-repair";

/// The canonical record of a member: the object's own host as a CNAME to the
/// profile, the endpoint's name as set identifier, no TTL (the profile has one),
/// the owner and the object as labels, and the whole specification as
/// properties, sorted by name as ExternalDNS sorts them.
pub fn canonical(
    owner: &OwnerId,
    subject: &Subject,
    host: &Hostname,
    endpoint: &EndpointName,
    fqdn: &str,
    properties: &Properties,
) -> Endpoint {
    let mut record = Endpoint::new(host.as_str(), RecordType::CNAME, [fqdn])
        .with_set_identifier(endpoint.as_str())
        .with_label(labels::OWNER, owner.as_str());
    if !subject.resource.is_empty() {
        record = record.with_label(labels::RESOURCE, subject.resource.as_str());
    }
    record.provider_specific = properties
        .iter()
        .map(|(name, text)| ProviderSpecificProperty::new(name.property(), text))
        .collect();
    record
}

/// The properties of ours that a record carries, verbatim.
pub fn properties(record: &Endpoint) -> Vec<(Name, &str)> {
    record
        .properties_under(PROPERTY_PREFIX)
        .filter_map(|(name, value)| Some((Name::parse(name)?, value)))
        .collect()
}
