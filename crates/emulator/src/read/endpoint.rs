//! Reading an endpoint: what a PUT may say under its `properties`.

use std::net::{AddrParseError, IpAddr};

use serde_json::Value;

use super::{Fields, Problems, quoted, ranged};
use crate::geography;
use crate::model::endpoint::{EndpointKind, Host, MinChildren};
use crate::model::location::Location;
use crate::model::{Header, Subnet, SubnetEnd, Toggle};

/// Longest name of an endpoint.
const NAME_LIMIT: usize = 260;
/// Characters that the service refuses in the name of an endpoint.
const FORBIDDEN_IN_NAMES: &str = "<>*%$:\\?+/";

/// An endpoint as a request describes it, before its target is looked up and its priority is chosen.
#[derive(Debug, Clone)]
pub(crate) struct EndpointDraft {
    pub(crate) name: String,
    pub(crate) kind: EndpointKind,
    pub(crate) target: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) status: Toggle,
    pub(crate) weight: u16,
    pub(crate) priority: Option<u16>,
    pub(crate) location: Option<Location>,
    pub(crate) geo_mapping: Vec<String>,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) headers: Vec<Header>,
    pub(crate) always_serve: Toggle,
    pub(crate) min_children: MinChildren,
}

/// Checks name and type of an endpoint in a profile's list, where both come from the body.
pub(crate) fn identity(
    endpoint: &Value,
    problems: &mut Problems,
) -> (Option<String>, Option<EndpointKind>) {
    let fields = Fields::of(Some(endpoint), "endpoint", problems);
    let name = fields.text("name", problems);
    check_name(name.unwrap_or_default(), problems);
    let given = fields.text("type", problems);
    let kind = given.and_then(EndpointKind::parse_full_name);
    if kind.is_none() {
        problems.say(format!(
            "The type '{}' specified for endpoint '{}' is invalid. Valid endpoint types are: {}.",
            given.unwrap_or("<null>"),
            name.unwrap_or("<null>"),
            quoted(&EndpointKind::ALL.map(EndpointKind::full_name)),
        ));
    }
    (name.map(str::to_owned), kind)
}

/// Says that a name is invalid if it is.
pub(crate) fn check_name(name: &str, problems: &mut Problems) {
    let is_good = !name.trim().is_empty()
        && name.chars().count() <= NAME_LIMIT
        && !name
            .chars()
            .any(|c| c.is_control() || FORBIDDEN_IN_NAMES.contains(c));
    if !is_good {
        problems.say(format!(
            "Endpoint name '{name}' is invalid. Endpoint names cannot be empty or all whitespace, and must be up to {NAME_LIMIT} alphanumeric characters long."
        ));
    }
}

/// Reads the properties of the endpoint with this name and type.
pub(crate) fn draft(
    name: &str,
    kind: EndpointKind,
    properties: Option<&Value>,
    problems: &mut Problems,
) -> EndpointDraft {
    let fields = Fields::of(properties, "properties", problems);
    let weight = ranged(
        Some(fields.integer("weight", problems).unwrap_or(1)),
        (1, 1000),
        || format!("The weight of endpoint '{name}' must be between 1 and 1000."),
        problems,
    );
    let priority = ranged(
        fields.integer("priority", problems),
        (1, 1000),
        || format!("The priority of endpoint '{name}' must be between 1 and 1000."),
        problems,
    );
    let always_serve = fields.toggle("alwaysServe", Toggle::Disabled, problems);
    if kind == EndpointKind::Nested && always_serve == Toggle::Enabled {
        problems.say(format!(
            "The 'alwaysServe' property cannot be enabled for the nested endpoint '{name}'."
        ));
    }
    EndpointDraft {
        name: name.to_owned(),
        kind,
        target: fields.text("target", problems).map(str::to_owned),
        resource_id: fields.text("targetResourceId", problems).map(str::to_owned),
        status: fields.toggle("endpointStatus", Toggle::Enabled, problems),
        weight: weight.unwrap_or(1),
        priority,
        location: location(name, &fields, problems),
        geo_mapping: geo_mapping(name, &fields, problems),
        subnets: subnets(name, &fields, problems),
        headers: fields.headers(problems),
        always_serve,
        min_children: min_children(name, kind, &fields, problems),
    }
}

/// Reads the target of an external endpoint: a DNS name or an address, without port.
pub(crate) fn host(text: &str) -> Option<Host> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Host::Address {
            address,
            text: text.to_owned(),
        });
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits only is a mistyped address.
    let is_name = text.len() <= 253
        && text.split('.').all(is_label)
        && text
            .rsplit('.')
            .next()
            .is_some_and(|last| !last.chars().all(|c| c.is_ascii_digit()));
    is_name.then(|| Host::Name(text.to_owned()))
}

fn location(name: &str, fields: &Fields<'_>, problems: &mut Problems) -> Option<Location> {
    let text = fields.text("endpointLocation", problems)?;
    if text.is_empty() {
        return None;
    }
    let location = Location::parse(text);
    if location.is_none() {
        problems.say(format!(
            "The location '{text}' specified for endpoint '{name}' is invalid."
        ));
    }
    location
}

fn geo_mapping(name: &str, fields: &Fields<'_>, problems: &mut Problems) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for value in fields.list("geoMapping", problems) {
        match value.as_str().and_then(geography::canonical_code) {
            Some(code) if codes.iter().any(|known| known == code) => problems.say(format!(
                "The geographic region '{code}' is specified more than once for endpoint '{name}'."
            )),
            Some(code) => codes.push(code.to_owned()),
            None => problems.say(format!(
                "The geographic region '{}' specified for endpoint '{name}' is invalid.",
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            )),
        }
    }
    codes
}

fn subnets(name: &str, fields: &Fields<'_>, problems: &mut Problems) -> Vec<Subnet> {
    let mut subnets = Vec::new();
    for value in fields.list("subnets", problems) {
        let item = Fields::of(Some(value), "subnets", problems);
        let first = item.text("first", problems).map(str::parse::<IpAddr>);
        let last = item.text("last", problems).map(str::parse::<IpAddr>);
        let scope = item.integer("scope", problems);
        match subnet(first.as_ref(), last.as_ref(), scope) {
            Ok(subnet) => subnets.push(subnet),
            Err(why) => problems.say(format!(
                "A subnet specified for endpoint '{name}' is invalid: {why}."
            )),
        }
    }
    subnets
}

/// An address that was given, if it was.
type ReadAddress<'a> = Option<&'a Result<IpAddr, AddrParseError>>;

fn subnet(
    first: ReadAddress<'_>,
    last: ReadAddress<'_>,
    scope: Option<i64>,
) -> Result<Subnet, String> {
    let Some(Ok(first)) = first else {
        return Err("'first' must be an IP address".to_owned());
    };
    let end = match (last, scope) {
        (Some(Ok(last)), None) => SubnetEnd::Last(*last),
        (Some(Err(_)), _) => return Err("'last' must be an IP address".to_owned()),
        (None, Some(scope)) => {
            let width = if first.is_ipv4() { 32 } else { 128 };
            match u8::try_from(scope).ok().filter(|scope| *scope <= width) {
                Some(scope) => SubnetEnd::Scope(scope),
                None => return Err(format!("'scope' must be between 0 and {width}")),
            }
        }
        (Some(Ok(_)), Some(_)) => {
            return Err("either 'last' or 'scope' can be specified, not both".to_owned());
        }
        (None, None) => return Err("either 'last' or 'scope' must be specified".to_owned()),
    };
    let subnet = Subnet { first: *first, end };
    let (start, finish) = subnet.bounds();
    match subnet.end {
        SubnetEnd::Last(last) if last.is_ipv4() != first.is_ipv4() => {
            Err("'first' and 'last' must be of one address family".to_owned())
        }
        SubnetEnd::Last(_) if start > finish => {
            Err("'first' cannot be greater than 'last'".to_owned())
        }
        SubnetEnd::Scope(_) if start & (finish - start) != 0 => {
            Err("'first' must be the first address of the network".to_owned())
        }
        _ => Ok(subnet),
    }
}

fn min_children(
    name: &str,
    kind: EndpointKind,
    fields: &Fields<'_>,
    problems: &mut Problems,
) -> MinChildren {
    if kind != EndpointKind::Nested {
        return MinChildren::default();
    }
    let mut read = |key: &str, lowest: i64, default: u32| {
        ranged(
            fields.integer(key, problems),
            (lowest, 200),
            || {
                format!(
                    "The property '{key}' of endpoint '{name}' must be between {lowest} and 200."
                )
            },
            problems,
        )
        .unwrap_or(default)
    };
    MinChildren {
        any: read("minChildEndpoints", 1, 1),
        ipv4: read("minChildEndpointsIPv4", 0, 0),
        ipv6: read("minChildEndpointsIPv6", 0, 0),
    }
}
