//! How the profile's endpoints are probed.

use traffic_manager::{
    Headers, Hostname, MonitorProtocol, Port, ProbeHost, ProbeInterval, ProbeTimeout, StatusCodes,
    ToleratedFailures,
};

use super::given_or;
use super::wish::HostWish;
use crate::annotation::{Name, Reader};
use crate::member::{Monitor, ProbePath};
use crate::properties::{DEFAULT_TOLERATED_FAILURES, joined, split};

pub(super) fn monitor(reader: &mut Reader<'_>, vanity_host: Option<&Hostname>) -> Option<Monitor> {
    let protocol = given_or(reader, Name::MonitorProtocol, || {
        Some(MonitorProtocol::Https)
    });
    let port: Option<Port> = reader.value(Name::MonitorPort);
    let path: Option<ProbePath> = reader.value(Name::MonitorPath);
    let (interval, timeout) = timings(reader);
    let tolerated_failures = given_or(reader, Name::MonitorToleratedFailures, || {
        ToleratedFailures::new(DEFAULT_TOLERATED_FAILURES)
    });
    let codes: Option<StatusCodes> = reader.value(Name::MonitorExpectedStatusCodes);
    let asked = asked(reader);
    let protocol = protocol?;
    let monitor = if protocol == MonitorProtocol::Tcp {
        refuse_http(reader);
        Monitor {
            protocol,
            port: self::port(reader, protocol, port)?,
            path: None,
            interval: interval?,
            timeout: timeout?,
            tolerated_failures: tolerated_failures?,
            host: None,
            headers: None,
            expected_status_codes: None,
        }
    } else {
        let port = self::port(reader, protocol, port);
        let is_default = reader.text(Name::MonitorPath).is_none();
        let path = path.or(is_default.then(ProbePath::root));
        let (host, headers) = asked?;
        let host = match host {
            Some(HostWish::Host(host)) => Some(host),
            Some(HostWish::None) => None,
            // An ingress answers 404 to any other host than those of its rules.
            None => vanity_host.and_then(ProbeHost::of),
        };
        check_count(reader, host.as_ref(), headers.as_ref());
        Monitor {
            protocol,
            port: port?,
            path: Some(path?),
            interval: interval?,
            timeout: timeout?,
            tolerated_failures: tolerated_failures?,
            host,
            headers,
            expected_status_codes: codes,
        }
    };
    Some(monitor)
}

fn port(reader: &mut Reader<'_>, protocol: MonitorProtocol, given: Option<Port>) -> Option<Port> {
    if given.is_some() || reader.text(Name::MonitorPort).is_some() {
        return given;
    }
    let port = protocol.default_port().and_then(Port::new);
    if port.is_none() {
        reader.problem(format!("{} is required with TCP", Name::MonitorPort));
    }
    port
}

/// Interval and time-out. A probe has to be over before the next one begins.
fn timings(reader: &mut Reader<'_>) -> (Option<ProbeInterval>, Option<ProbeTimeout>) {
    let interval = given_or(reader, Name::MonitorInterval, || {
        Some(ProbeInterval::Normal)
    });
    let longest = interval.and_then(|interval| ProbeTimeout::new(interval.longest_timeout()));
    let timeout = given_or(reader, Name::MonitorTimeout, || longest);
    if let (Some(timeout), Some(longest)) = (timeout, longest)
        && timeout > longest
    {
        reader.invalid(
            Name::MonitorTimeout,
            &format!(
                "must be 5 to {longest} seconds when {} is {}: a probe ends before the next one begins",
                Name::MonitorInterval,
                ProbeInterval::Fast
            ),
        );
        return (interval, None);
    }
    (interval, timeout)
}

/// The Host header that is spelled out, in either annotation, and the other
/// headers; `None` when something is wrong with them.
fn asked(reader: &mut Reader<'_>) -> Option<(Option<HostWish>, Option<Headers>)> {
    let host: Option<HostWish> = reader.value(Name::MonitorHost);
    let headers: Option<Headers> = reader.value(Name::MonitorHeaders);
    let is_given = |name| reader.text(name).is_some();
    if (host.is_none() && is_given(Name::MonitorHost))
        || (headers.is_none() && is_given(Name::MonitorHeaders))
    {
        return None;
    }
    let Some(headers) = headers else {
        return Some((host, None));
    };
    let (among, others) = split(&headers);
    let Some(among) = among else {
        return Some((host, others));
    };
    let among: ProbeHost = match among.parse() {
        Ok(among) => among,
        Err(invalid) => {
            reader.invalid(Name::MonitorHeaders, &format!("the Host header {invalid}"));
            return None;
        }
    };
    match host {
        Some(HostWish::Host(host)) if host != among => contradiction(reader, &among, host.as_str()),
        Some(HostWish::None) => contradiction(reader, &among, ProbeHost::NONE),
        _ => Some((Some(HostWish::Host(among)), others)),
    }
}

fn contradiction<T>(reader: &mut Reader<'_>, among: &ProbeHost, host: &str) -> Option<T> {
    reader.invalid(
        Name::MonitorHeaders,
        &format!(
            "it has the Host header {among}, and {} is {host}; give one of them",
            Name::MonitorHost
        ),
    );
    None
}

fn check_count(reader: &mut Reader<'_>, host: Option<&ProbeHost>, headers: Option<&Headers>) {
    if let Err(invalid) = joined(host, headers)
        && let Some(host) = host
    {
        reader.invalid(
            Name::MonitorHeaders,
            &format!(
                "{invalid}, with the Host header {host}; take one away, or send none with {} `none`",
                Name::MonitorHost
            ),
        );
    }
}

/// What only a probe over HTTP can have.
fn refuse_http(reader: &mut Reader<'_>) {
    let no_host = reader
        .text(Name::MonitorHost)
        .is_none_or(|text| text.eq_ignore_ascii_case(ProbeHost::NONE));
    for (name, thing) in [
        (Name::MonitorPath, "path"),
        (Name::MonitorHeaders, "headers"),
        (Name::MonitorHost, "Host header"),
        (Name::MonitorExpectedStatusCodes, "status codes"),
    ] {
        let allowed = name == Name::MonitorHost && no_host;
        if reader.text(name).is_some() && !allowed {
            reader.invalid(name, &format!("a TCP probe has no {thing}; remove it"));
        }
    }
}
