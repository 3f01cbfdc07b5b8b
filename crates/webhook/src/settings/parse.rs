//! From the text of one setting to its value.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use jiff::SignedDuration;
use url::Url;

/// Why a text is not the value of a setting: completes "the value ...".
pub type Reason = String;

/// A duration of zero or more, as `10s`, `1h30m` or `500ms`.
pub fn duration(text: &str) -> Result<Duration, Reason> {
    let signed: SignedDuration = text.parse().map_err(|_| {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            "has no unit"
        } else {
            "is not a duration"
        }
        .to_owned()
    })?;
    Duration::try_from(signed).map_err(|_| "is negative".to_owned())
}

/// A duration of more than zero.
pub fn positive_duration(text: &str) -> Result<Duration, Reason> {
    let duration = duration(text)?;
    if duration.is_zero() {
        Err("is zero".to_owned())
    } else {
        Ok(duration)
    }
}

/// `true` or `false`, in the spellings that people use in manifests.
pub fn boolean(text: &str) -> Result<bool, Reason> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

/// An address to listen on. No name is looked up, so that the start depends on no resolver.
pub fn host(text: &str) -> Result<IpAddr, Reason> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse().map_err(|_| "is not an IP address".to_owned())
}

/// A port to listen on.
pub fn port(text: &str) -> Result<u16, Reason> {
    text.parse().map_err(|_| "is not a port".to_owned())
}

/// The base URL of Azure Resource Manager: `http` or `https`, nothing behind the path.
pub fn arm_endpoint(text: &str) -> Result<Url, Reason> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "has the scheme {}, which is neither https nor http",
            url.scheme()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains credentials".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment, and is to be a base URL".to_owned());
    }
    Ok(url)
}

/// The elements of a comma list: trimmed, without empty ones.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty())
}
