//! The canonical texts of a profile's settings.

use serde_json::Value;
use traffic_manager::profile::{MonitorConfig, Profile};
use traffic_manager::{
    Header, Headers, MonitorProtocol, ProbeHost, ProbeInterval, RecordType, RoutingMethod,
    StatusCodes, Switch,
};

use super::{Properties, canonical};
use crate::annotation::Name;
use crate::member::{Monitor, ProbePath, Settings};
use crate::user_tags;
use crate::vanity::Vanity;

/// The header that says whom a probe asks for.
const HOST: &str = "Host";
/// Seconds between probes when nobody says otherwise: Azure's default.
const DEFAULT_INTERVAL: i64 = 30;
/// Failures that do not count when nobody says otherwise: Azure's default.
pub(crate) const DEFAULT_TOLERATED_FAILURES: u8 = 3;

// === impl Properties ===

impl Properties {
    /// What an object wants of its profile.
    pub fn settings(settings: &Settings) -> Self {
        let mut properties = Self::default();
        properties.set(Name::DnsName, &settings.relative_name);
        properties.vanity(settings.vanity.as_ref());
        properties.set(Name::ProfileStatus, settings.status);
        properties.set(Name::RoutingMethod, settings.method);
        properties.set(Name::DnsTtl, settings.ttl);
        properties.set_some(Name::MaxReturn, settings.max_return.as_ref());
        properties.set(Name::TrafficView, settings.traffic_view);
        properties.set_some(Name::RecordType, settings.record_type);
        properties.set_some(Name::Tags, settings.tags.as_ref());
        properties.monitor(&settings.monitor);
        properties
    }

    /// Who makes the record is always said: it depends on a setting otherwise.
    fn vanity(&mut self, vanity: Option<&Vanity>) {
        self.set_some(Name::Hostname, vanity.map(|vanity| &vanity.host));
        self.set_some(Name::Vanity, vanity.map(|vanity| vanity.mode));
    }

    fn monitor(&mut self, monitor: &Monitor) {
        self.set(Name::MonitorProtocol, monitor.protocol);
        self.set(Name::MonitorPort, monitor.port);
        let path = monitor.path.as_ref().map(ProbePath::as_str);
        self.set_some(Name::MonitorPath, path);
        self.set(Name::MonitorInterval, monitor.interval);
        self.set(Name::MonitorTimeout, monitor.timeout);
        self.set(Name::MonitorToleratedFailures, monitor.tolerated_failures);
        let codes = monitor.expected_status_codes.as_ref();
        self.set_some(Name::MonitorExpectedStatusCodes, codes);
        self.set_some(Name::MonitorHeaders, monitor.headers.as_ref());
        let host = monitor.host.as_ref().map(ProbeHost::as_str);
        self.set_some(
            Name::MonitorHost,
            host_text(host, monitor.protocol.as_str()),
        );
    }

    /// What Azure holds of a profile's settings; the vanity host stands in a tag.
    pub fn of_settings(profile: &Profile, vanity: Option<&Vanity>) -> Self {
        let held = &profile.properties;
        let dns = held.dns_config.clone().unwrap_or_default();
        let method = held
            .traffic_routing_method
            .as_deref()
            .map(canonical::<RoutingMethod>);
        let is_multi_value = method.as_deref() == Some(RoutingMethod::MultiValue.as_str());
        let mut properties = Self::default();
        let relative_name = dns.relative_name.map(|name| name.to_ascii_lowercase());
        properties.set_some(Name::DnsName, relative_name);
        properties.set(Name::DnsTtl, dns.ttl.unwrap_or(0));
        properties.vanity(vanity);
        let status = held.profile_status.as_deref();
        properties.set_some(Name::ProfileStatus, status.map(canonical::<Switch>));
        properties.set_some(Name::RoutingMethod, method);
        if is_multi_value {
            properties.set_some(Name::MaxReturn, held.max_return);
        }
        let view = held.traffic_view_enrollment_status.as_deref();
        let view = view.unwrap_or(Switch::Disabled.as_str());
        properties.set(Name::TrafficView, canonical::<Switch>(view));
        let record_type = held.record_type.as_deref();
        properties.set_some(Name::RecordType, record_type.map(canonical::<RecordType>));
        properties.set_some(Name::Tags, user_tags::held_text(profile));
        properties.of_monitor(&held.monitor_config.clone().unwrap_or_default());
        properties
    }

    fn of_monitor(&mut self, held: &MonitorConfig) {
        let protocol = held.protocol.as_deref().map(canonical::<MonitorProtocol>);
        self.set_some(Name::MonitorProtocol, protocol.as_ref());
        self.set_some(Name::MonitorPort, held.port);
        let path = held.path.as_ref().filter(|path| !path.is_empty());
        self.set_some(Name::MonitorPath, path);
        // What an answer leaves out is what Azure does by default.
        let interval = held.interval_in_seconds.unwrap_or(DEFAULT_INTERVAL);
        let longest = ProbeInterval::from_seconds(interval).unwrap_or(ProbeInterval::Normal);
        let timeout = held.timeout_in_seconds;
        let timeout = timeout.unwrap_or_else(|| longest.longest_timeout().into());
        let tolerated = held.tolerated_number_of_failures;
        self.set(Name::MonitorInterval, interval);
        self.set(Name::MonitorTimeout, timeout);
        self.set(
            Name::MonitorToleratedFailures,
            tolerated.unwrap_or_else(|| DEFAULT_TOLERATED_FAILURES.into()),
        );
        let codes = held.expected_status_code_ranges.as_ref();
        let read = |held: &Value| StatusCodes::from_wire(held).map(|codes| codes.to_string());
        self.set_some(
            Name::MonitorExpectedStatusCodes,
            codes.and_then(|held| list_text(held, read)),
        );
        let (host, headers) = of_headers(held.custom_headers.as_ref());
        self.set_some(Name::MonitorHeaders, headers);
        self.set_some(
            Name::MonitorHost,
            host_text(host.as_deref(), protocol.as_deref().unwrap_or_default()),
        );
    }
}

/// The text of the Host header. No header is a wish too, except under TCP, which
/// has none: without a text for it, reading the record again would give the default.
fn host_text<'a>(host: Option<&'a str>, protocol: &str) -> Option<&'a str> {
    let is_tcp = protocol == MonitorProtocol::Tcp.as_str();
    host.or((!is_tcp).then_some(ProbeHost::NONE))
}

/// A list as text; `None` when it is empty. One that this system would not write
/// is shown as it is: it differs from every wish, and is so repaired.
fn list_text(held: &Value, read: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let is_empty = held.is_null() || held.as_array().is_some_and(Vec::is_empty);
    (!is_empty).then(|| read(held).unwrap_or_else(|| held.to_string()))
}

/// The Host header among the others, and the others.
fn of_headers(held: Option<&Value>) -> (Option<String>, Option<String>) {
    let Some(held) = held else {
        return (None, None);
    };
    let Some(headers) = Headers::from_wire(held) else {
        return (None, list_text(held, |_| None));
    };
    let (host, others) = split(&headers);
    let host = host.map(|host| match host.parse::<ProbeHost>() {
        Ok(host) => host.to_string(),
        Err(_) => format!("{host:?}"),
    });
    (host, others.map(|headers| headers.to_string()))
}

/// The value of the Host header, and the other headers.
pub(crate) fn split(headers: &Headers) -> (Option<&str>, Option<Headers>) {
    let is_other = |header: &&Header| !header.name().eq_ignore_ascii_case(HOST);
    let others = headers.iter().filter(is_other).cloned();
    (headers.get(HOST), Headers::new(others).ok())
}

/// The headers with the Host header among them; an error when they are too many.
pub(crate) fn joined(
    host: Option<&ProbeHost>,
    others: Option<&Headers>,
) -> Result<Option<Headers>, traffic_manager::Invalid> {
    let host = host.map(|host| Header::new(HOST, host.as_str()));
    let others = others.into_iter().flat_map(Headers::iter).cloned();
    let all: Vec<Header> = host.transpose()?.into_iter().chain(others).collect();
    (!all.is_empty()).then(|| Headers::new(all)).transpose()
}
