//! What a routing method, or a record type, needs of each endpoint.

use traffic_manager::profile::Endpoint;
use traffic_manager::target::TargetFamily;
use traffic_manager::{EndpointKind, RecordType, RoutingMethod};

use crate::destination::Destination;
use crate::member::EndpointSpec;

/// What the method needs of an endpoint and this one lacks, in words.
pub fn missing(method: RoutingMethod, spec: &EndpointSpec) -> Option<&'static str> {
    let is_located = spec.location.is_some() || knows_its_region(spec.destination.kind());
    lacking(
        method,
        spec.geo_mapping.is_some(),
        is_located,
        spec.destination.family() == TargetFamily::Name,
    )
}

/// The same for an endpoint that Azure holds.
pub fn missing_on_wire(method: RoutingMethod, endpoint: &Endpoint) -> Option<&'static str> {
    let held = &endpoint.properties;
    let family = Destination::of(endpoint).map(|destination| destination.family());
    let is_name = family.is_none_or(|family| family == TargetFamily::Name);
    let mapped = held
        .geo_mapping
        .as_ref()
        .is_some_and(|codes| !codes.is_empty());
    let located = held
        .endpoint_location
        .as_ref()
        .is_some_and(|text| !text.is_empty())
        || endpoint.kind().is_some_and(knows_its_region);
    lacking(method, mapped, located, is_name)
}

/// Whether Azure finds the region of an endpoint of this type by itself.
const fn knows_its_region(kind: EndpointKind) -> bool {
    matches!(kind, EndpointKind::Azure)
}

fn lacking(
    method: RoutingMethod,
    mapped: bool,
    located: bool,
    is_name: bool,
) -> Option<&'static str> {
    match method {
        RoutingMethod::Geographic if !mapped => Some("geo-mapping"),
        RoutingMethod::Performance if !located => Some("endpoint-location"),
        RoutingMethod::MultiValue if is_name => Some("IP address as target"),
        _ => None,
    }
}

/// Why an endpoint cannot be in a profile of this record type, in words. What a
/// nested profile answers is its own affair.
pub fn unsuited(wanted: RecordType, destination: &Destination) -> Option<String> {
    let suits =
        destination.family() == wanted.family() || matches!(destination, Destination::Nested(_));
    (!suits).then(|| {
        format!(
            "a profile of record type {wanted} answers with {} only, and the target {destination} is none",
            wanted.targets_in_words()
        )
    })
}

/// The same for an endpoint that Azure holds.
pub fn unsuited_on_wire(wanted: RecordType, endpoint: &Endpoint) -> Option<String> {
    unsuited(wanted, &Destination::of(endpoint)?)
}
