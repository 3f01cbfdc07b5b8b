//! From the text of one setting to its value.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::SignedDuration;
use traffic_manager::{Hostname, Invalid};

/// A duration of zero or more, as `10s`, `1h30m` or `500ms`.
pub fn duration(text: &str) -> Result<Duration, Invalid> {
    let signed: Option<SignedDuration> = text.parse().ok();
    signed
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| Invalid::new("must be a duration with its unit, such as 1h, 90s or 500ms"))
}

/// A duration of more than zero.
pub fn positive_duration(text: &str) -> Result<Duration, Invalid> {
    let duration = duration(text)?;
    if duration.is_zero() {
        Err(Invalid::new("must be longer than zero, such as 10s"))
    } else {
        Ok(duration)
    }
}

/// A TTL: whole seconds from one second on, as a duration.
pub fn ttl(text: &str) -> Result<Duration, Invalid> {
    let wrong = || Invalid::new("must be whole seconds from 1s to 2147483647s, such as 5m or 300s");
    let ttl = duration(text).map_err(|_| wrong())?;
    let most = Duration::from_secs(i32::MAX.unsigned_abs().into());
    let is_whole = ttl.subsec_nanos() == 0 && !ttl.is_zero() && ttl <= most;
    is_whole.then_some(ttl).ok_or_else(wrong)
}

/// The name of a Kubernetes namespace (an RFC 1123 label).
pub fn namespace(text: &str) -> Result<String, Invalid> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-');
    is_label.then(|| text.to_owned()).ok_or_else(|| {
        Invalid::new(
            "must be the name of a namespace: at most 63 lower-case letters, digits and dashes",
        )
    })
}

/// `true` or `false`, in the spellings that people use in manifests.
pub fn boolean(text: &str) -> Result<bool, Invalid> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Invalid::new("must be true or false")),
    }
}

/// An address to listen on. No name is looked up, so that the start depends on no resolver.
pub fn host(text: &str) -> Result<IpAddr, Invalid> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .map_err(|_| Invalid::new("must be an IP address of this machine, or localhost"))
}

/// A port to listen on.
pub fn port(text: &str) -> Result<u16, Invalid> {
    text.parse()
        .map_err(|_| Invalid::new("must be a port from 1 to 65535, or 0 for a free one"))
}

/// What follows the relative name of a profile, such as `trafficmanager.net`.
pub fn dns_suffix(text: &str) -> Result<Hostname, Invalid> {
    let name: Option<Hostname> = text.trim_start_matches('.').parse().ok();
    name.filter(|name| !name.is_wildcard())
        .ok_or_else(|| Invalid::new("must be a domain such as trafficmanager.net"))
}

/// The elements of a comma list: trimmed, without empty ones.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty())
}
