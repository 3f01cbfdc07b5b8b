//! The canonical texts of a member: what ExternalDNS compares.
//!
//! One function builds them from what an object wants, another from what Azure
//! holds. ExternalDNS plans nothing exactly when the two agree, so every value
//! has one text, whichever side it comes from.

mod settings;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::Value;
use traffic_manager::profile::{Endpoint, EndpointProperties};
use traffic_manager::{
    EndpointKind, GeoCode, GeoMapping, Headers, ProfileId, Region, ResourceId, SubnetRange,
    Subnets, Switch, Target,
};

use crate::annotation::Name;
use crate::destination::Destination;
use crate::member::{EndpointSpec, Management, MemberKey};
pub(crate) use settings::{DEFAULT_TOLERATED_FAILURES, joined, split};

/// Annotation names with their canonical texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<Name, String>);

// === impl Properties ===

impl Properties {
    /// The texts that every member has: that it is one, and which.
    pub fn identity(key: &MemberKey) -> Self {
        let mut properties = Self::default();
        properties.set(Name::Enabled, "true");
        properties.set(Name::SubscriptionId, &key.profile.subscription);
        properties.set(Name::ResourceGroup, &key.profile.resource_group);
        properties.set(Name::ProfileName, &key.profile.name);
        properties.set(Name::EndpointName, &key.endpoint);
        properties
    }

    /// The text that a member in somebody else's profile has besides.
    pub fn joined(is_joined: bool) -> Self {
        let mut properties = Self::default();
        let text = is_joined.then_some(Management::JOIN);
        properties.set_some(Name::ProfileManagement, text);
        properties
    }

    /// What an object wants of its endpoint.
    pub fn endpoint(spec: &EndpointSpec) -> Self {
        let mut properties = Self::default();
        properties.set(Name::EndpointType, spec.destination.kind().word());
        let points_at = match &spec.destination {
            Destination::External(_) => Name::Target,
            Destination::Azure(_) => Name::TargetResourceId,
            Destination::Nested(_) => Name::TargetProfile,
        };
        properties.set(points_at, &spec.destination);
        if let Some(thresholds) = spec.thresholds {
            properties.set(Name::MinChildEndpoints, thresholds.any);
            properties.set(Name::MinChildEndpointsIpv4, thresholds.ipv4);
            properties.set(Name::MinChildEndpointsIpv6, thresholds.ipv6);
        }
        properties.set(Name::EndpointStatus, spec.status);
        properties.set(Name::HealthChecksEnabled, !spec.always_serve.is_enabled());
        properties.set(Name::Weight, spec.weight);
        properties.set_some(Name::Priority, spec.priority.as_ref());
        properties.set_some(Name::EndpointLocation, spec.location.as_ref());
        properties.set_some(Name::GeoMapping, spec.geo_mapping.as_ref());
        properties.set_some(Name::Subnets, spec.subnets.as_ref());
        properties.set_some(Name::EndpointHeaders, spec.headers.as_ref());
        properties
    }

    /// What Azure holds of an endpoint. Words that Azure may add some day are
    /// kept as they are: they differ from every wish, and are so repaired.
    pub fn of_endpoint(endpoint: &Endpoint) -> Self {
        let held: &EndpointProperties = &endpoint.properties;
        let mut properties = Self::default();
        let enabled = |text: Option<&str>, default: Switch| {
            text.map_or_else(|| default.to_string(), canonical::<Switch>)
        };
        let always_serve = enabled(held.always_serve.as_deref(), Switch::Disabled);
        let checked = match always_serve.parse() {
            Ok(Switch::Enabled) => "false".to_owned(),
            Ok(Switch::Disabled) => "true".to_owned(),
            Err(_) => always_serve,
        };
        properties.set(Name::HealthChecksEnabled, checked);
        properties.set(
            Name::EndpointStatus,
            enabled(held.endpoint_status.as_deref(), Switch::Enabled),
        );
        let kind = endpoint.kind();
        let resource = held.target_resource_id.as_deref();
        let kind_text = kind.map(EndpointKind::word);
        let unknown_kind = || endpoint.arm_type.as_deref().unwrap_or_default();
        properties.set(Name::EndpointType, kind_text.unwrap_or_else(unknown_kind));
        match kind {
            Some(EndpointKind::Azure) => {
                let resource = resource.map(canonical::<ResourceId>);
                properties.set_some(Name::TargetResourceId, resource);
            }
            Some(EndpointKind::Nested) => {
                properties.set_some(Name::TargetProfile, resource.map(canonical::<ProfileId>));
                // Azure's own defaults.
                let any = held.min_child_endpoints.unwrap_or(1);
                properties.set(Name::MinChildEndpoints, any);
                let ipv4 = held.min_child_endpoints_ipv4.unwrap_or(0);
                properties.set(Name::MinChildEndpointsIpv4, ipv4);
                let ipv6 = held.min_child_endpoints_ipv6.unwrap_or(0);
                properties.set(Name::MinChildEndpointsIpv6, ipv6);
            }
            Some(EndpointKind::External) | None => {
                let target = held.target.as_deref();
                properties.set_some(Name::Target, target.map(canonical::<Target>));
            }
        }
        properties.set_some(Name::Weight, held.weight);
        properties.set_some(Name::Priority, held.priority);
        let location = held
            .endpoint_location
            .as_deref()
            // That of an Azure endpoint is its resource's, and nobody's wish.
            .filter(|text| !text.is_empty() && kind != Some(EndpointKind::Azure));
        properties.set_some(Name::EndpointLocation, location.map(canonical::<Region>));
        properties.set_some(Name::GeoMapping, geo_text(held));
        properties.set_some(Name::Subnets, subnets_text(held));
        let headers = held.custom_headers.as_ref();
        properties.set_some(Name::EndpointHeaders, headers.and_then(headers_text));
        properties
    }

    /// These texts and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// One text.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.0.get(&name).map(String::as_str)
    }

    /// All texts, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &str)> {
        self.0.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// The names whose texts differ, with both texts.
    pub fn differences<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (Name, Option<&'a str>, Option<&'a str>)> {
        Name::ALL
            .iter()
            .map(|name| (*name, self.get(*name), other.get(*name)))
            .filter(|(_, mine, theirs)| mine != theirs)
    }

    /// Puts another text in the place of one.
    pub fn replace(&mut self, name: Name, text: &str) {
        self.set(name, text);
    }

    /// Takes one text away.
    pub fn remove(&mut self, name: Name) {
        self.0.remove(&name);
    }

    fn set(&mut self, name: Name, value: impl Display) {
        self.0.insert(name, value.to_string());
    }

    fn set_some(&mut self, name: Name, value: Option<impl Display>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }
}

/// The canonical text of a value, or the text as it is when it is none.
fn canonical<T: FromStr + Display>(text: &str) -> String {
    text.parse::<T>()
        .map_or_else(|_| text.to_owned(), |value| value.to_string())
}

fn geo_text(held: &EndpointProperties) -> Option<String> {
    let codes = held
        .geo_mapping
        .as_deref()
        .filter(|codes| !codes.is_empty())?;
    let parsed: Result<Vec<GeoCode>, _> = codes.iter().map(|code| code.parse()).collect();
    match parsed {
        Ok(codes) => GeoMapping::from_codes(codes).map(|mapping| mapping.to_string()),
        Err(_) => Some(codes.join(",")),
    }
}

/// A list that this system would not write is shown as it is: it differs from
/// every wish, and is so repaired.
fn headers_text(held: &Value) -> Option<String> {
    let given = held.as_array().is_none_or(|headers| !headers.is_empty());
    let headers = Headers::from_wire(held).map(|headers| headers.to_string());
    given.then(|| headers.unwrap_or_else(|| held.to_string()))
}

fn subnets_text(held: &EndpointProperties) -> Option<String> {
    let subnets = held
        .subnets
        .as_deref()
        .filter(|subnets| !subnets.is_empty())?;
    let ranges: Option<Vec<SubnetRange>> = subnets.iter().map(SubnetRange::from_wire).collect();
    match ranges {
        Some(ranges) => Subnets::from_ranges(ranges).map(|subnets| subnets.to_string()),
        None => Some(format!("{subnets:?}")),
    }
}
