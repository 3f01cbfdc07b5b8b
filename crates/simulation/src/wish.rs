//! What an object asks for, read from its annotations as the documentation has
//! it. Written apart from the code under test, so that a mistake there shows.

use std::collections::BTreeSet;
use std::net::IpAddr;

use emulator::model::{Protocol, RoutingMethod};

use crate::history::Annotations;

/// What an object is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It takes no part.
    Nothing,
    /// Something is wrong with it.
    Invalid,
    /// It wants this endpoint.
    Endpoint(Box<Wanted>),
}

/// An endpoint as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) profile: String,
    pub(crate) endpoint: String,
    pub(crate) target: String,
    pub(crate) weight: u16,
    pub(crate) enabled: bool,
    pub(crate) always_serve: bool,
    pub(crate) priority: Option<u16>,
    pub(crate) location: Option<String>,
    pub(crate) geo: BTreeSet<String>,
    /// First and last addresses, as numbers.
    pub(crate) subnets: BTreeSet<(u128, u128)>,
    pub(crate) settings: WantedSettings,
}

/// The settings of the profile as they are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedSettings {
    pub(crate) dns_name: String,
    /// The vanity host, and who makes its record, as the tag has it.
    pub(crate) vanity: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) method: RoutingMethod,
    pub(crate) ttl: u32,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
    pub(crate) path: Option<String>,
    pub(crate) interval: u8,
    pub(crate) timeout: u8,
    pub(crate) tolerated_failures: u8,
    /// First and last of each range.
    pub(crate) status_codes: Vec<(u16, u16)>,
    /// Names and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) traffic_view: bool,
    pub(crate) max_return: Option<u8>,
}

/// Reads an object of the given owner and host whose load balancer has `address`.
pub(crate) fn read(owner: &str, host: &str, address: &str, annotations: &Annotations) -> Wish {
    match text(annotations, "enabled") {
        None => return Wish::Nothing,
        Some(text) if text.eq_ignore_ascii_case("false") => return Wish::Nothing,
        Some(_) => {}
    }
    match wanted(owner, host, address, annotations) {
        Some(wanted) => Wish::Endpoint(Box::new(wanted)),
        None => Wish::Invalid,
    }
}

fn text<'a>(annotations: &'a Annotations, name: &str) -> Option<&'a str> {
    annotations
        .get(name)
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
}

fn number<T: std::str::FromStr + PartialOrd + Copy>(text: &str, least: T, most: T) -> Option<T> {
    let plain = text.chars().all(|c| c.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| plain && *number >= least && *number <= most)
}

fn word(text: Option<&str>, yes: &str, no: &str, default: bool) -> Option<bool> {
    match text {
        None => Some(default),
        Some(text) if text.eq_ignore_ascii_case(yes) => Some(true),
        Some(text) if text.eq_ignore_ascii_case(no) => Some(false),
        Some(_) => None,
    }
}

fn wanted(owner: &str, host: &str, address: &str, given: &Annotations) -> Option<Wanted> {
    let text = |name| text(given, name);
    word(text("enabled"), "true", "false", false)?;
    let vanity = text("hostname").map(str::to_ascii_lowercase);
    let circle = |target: &str| vanity.as_deref() == Some(target);
    let target = match text("target") {
        None if circle(host) => address.to_owned(),
        Some("address") => address.to_owned(),
        Some("hostname") if circle(host) => return None,
        None | Some("hostname") => host.to_owned(),
        Some(target) if circle(target) => return None,
        Some(target) if is_target(target) => target.to_ascii_lowercase(),
        Some(_) => return None,
    };
    let weight = match text("weight") {
        None => 100,
        Some("0") => 0,
        Some(text) => number(text, 1, 1000)?,
    };
    let status = word(text("endpoint-status"), "Enabled", "Disabled", true)?;
    let checked = word(text("health-checks-enabled"), "true", "false", true)?;
    let priority = match text("priority") {
        None => None,
        Some(text) => Some(number(text, 1, 1000)?),
    };
    let geo: BTreeSet<String> = list(text("geo-mapping"))
        .map(str::to_ascii_uppercase)
        .collect();
    let mut subnets = BTreeSet::new();
    for range in list(text("subnets")) {
        subnets.insert(subnet(range)?);
    }
    let settings = settings(given)?;
    let location = text("endpoint-location").map(str::to_owned);
    let complete = match settings.method {
        RoutingMethod::Performance => location.is_some(),
        RoutingMethod::Geographic => !geo.is_empty(),
        RoutingMethod::MultiValue => target.parse::<IpAddr>().is_ok(),
        _ => true,
    };
    if !complete {
        return None;
    }
    let endpoint = match text("endpoint-name") {
        Some(name) => name.to_owned(),
        // How names are derived is documented by example and tested there.
        None => members::derive::endpoint_name(&owner.parse().ok()?, "", &host.parse().ok()?)
            .ok()?
            .to_string(),
    };
    Some(Wanted {
        profile: text("profile-name")?.to_owned(),
        endpoint,
        target,
        weight: weight.max(1),
        enabled: status && weight > 0,
        always_serve: !checked,
        priority,
        location,
        geo,
        subnets,
        settings,
    })
}

fn settings(given: &Annotations) -> Option<WantedSettings> {
    let text = |name| text(given, name);
    let method = match text("routing-method") {
        None => RoutingMethod::Weighted,
        Some(text) => RoutingMethod::parse(text)?,
    };
    let protocol = match text("monitor-protocol") {
        None => Protocol::Https,
        Some(text) => Protocol::parse(text)?,
    };
    let port = match (text("monitor-port"), protocol) {
        (Some(text), _) => number(text, 1, 65535)?,
        (None, Protocol::Http) => 80,
        (None, Protocol::Https) => 443,
        (None, Protocol::Tcp) => return None,
    };
    let path = match (text("monitor-path"), protocol) {
        (Some(_), Protocol::Tcp) => return None,
        (None, Protocol::Tcp) => None,
        (Some(path), _) if !path.starts_with('/') => return None,
        (path, _) => Some(path.unwrap_or("/").to_owned()),
    };
    let max_return = match (text("max-return"), method) {
        (None, RoutingMethod::MultiValue) => Some(2),
        (None, _) => None,
        (Some(text), RoutingMethod::MultiValue) => Some(number(text, 1, 10)?),
        (Some(_), _) => return None,
    };
    let ttl = match text("dns-ttl") {
        None => 30,
        Some(text) => number(text, 0, 2_147_483_647)?,
    };
    let vanity = text("hostname").map(str::to_ascii_lowercase);
    let record = match text("vanity") {
        None | Some("none") => None,
        // Without a host there is nothing to make a record for.
        Some("azure-dns") => Some(vanity.as_ref()?),
        Some(_) => return None,
    };
    let tag = record.map(|host| format!("{host} azure-dns"));
    let interval = match text("monitor-interval") {
        None => 30,
        Some(text) => number(text, 10, 30).filter(|seconds| matches!(seconds, 10 | 30))?,
    };
    let most = if interval == 10 { 9 } else { 10 };
    let timeout = match text("monitor-timeout") {
        None => most,
        Some(text) => number(text, 5, most)?,
    };
    let tolerated_failures = match text("monitor-tolerated-failures") {
        None => 3,
        Some(text) => number(text, 0, 9)?,
    };
    let mut status_codes = Vec::new();
    for range in list(text("monitor-expected-status-codes")) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        status_codes.push((number(first, 100, 999)?, number(last, 100, 999)?));
    }
    // Ingresses answer 404 to any other host than the one that users type.
    let host = match text("monitor-host") {
        Some("none") => None,
        Some(host) => Some(host.to_ascii_lowercase()),
        None => vanity.clone().filter(|_| protocol != Protocol::Tcp),
    };
    let asks_for_http = !status_codes.is_empty() || text("monitor-host").is_some();
    if protocol == Protocol::Tcp && asks_for_http {
        return None;
    }
    Some(WantedSettings {
        dns_name: text("dns-name")
            .or(text("profile-name"))?
            .to_ascii_lowercase(),
        vanity: tag.or(vanity),
        interval,
        timeout,
        tolerated_failures,
        status_codes,
        headers: host
            .map(|host| ("Host".to_owned(), host))
            .into_iter()
            .collect(),
        traffic_view: word(text("traffic-view"), "true", "false", false)?,
        enabled: word(text("profile-status"), "Enabled", "Disabled", true)?,
        method,
        ttl,
        protocol,
        port,
        path,
        max_return,
    })
}

fn list(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
}

fn is_target(text: &str) -> bool {
    let name = text.contains('.')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    text.parse::<IpAddr>().is_ok() || name
}

/// An IPv4 block or range, in the mapped IPv6 range in which Azure compares.
fn subnet(text: &str) -> Option<(u128, u128)> {
    let mapped = |text: &str| {
        let address: std::net::Ipv4Addr = text.parse().ok()?;
        Some(u128::from(address.to_ipv6_mapped()))
    };
    if let Some((first, last)) = text.split_once('-') {
        return Some((mapped(first)?, mapped(last)?));
    }
    let (first, length) = text.split_once('/')?;
    let length: u32 = number(length, 0, 32)?;
    let first = mapped(first)?;
    Some((first, first + (1_u128 << (32 - length)) - 1))
}
