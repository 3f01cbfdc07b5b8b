//! What a routing method needs of each of its endpoints.

use traffic_manager::profile::Endpoint;
use traffic_manager::{RoutingMethod, Target};

use crate::member::EndpointSpec;

/// What the method needs of an endpoint and this one lacks, in words.
pub fn missing(method: RoutingMethod, spec: &EndpointSpec) -> Option<&'static str> {
    let is_name = matches!(spec.target, Target::Name(_));
    lacking(
        method,
        spec.geo_mapping.is_some(),
        spec.location.is_some(),
        is_name,
    )
}

/// The same for an endpoint that Azure holds.
pub fn missing_on_wire(method: RoutingMethod, endpoint: &Endpoint) -> Option<&'static str> {
    let held = &endpoint.properties;
    let target: Option<Target> = held.target.as_deref().and_then(|text| text.parse().ok());
    let is_name = !matches!(target, Some(Target::V4(_) | Target::V6(_)));
    let mapped = held
        .geo_mapping
        .as_ref()
        .is_some_and(|codes| !codes.is_empty());
    let located = held
        .endpoint_location
        .as_ref()
        .is_some_and(|text| !text.is_empty());
    lacking(method, mapped, located, is_name)
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
