//! What the annotations of an object say to ExternalDNS.

use std::collections::BTreeMap;

use crate::endpoint::Ttl;
use crate::property::ProviderSpecificProperty;

/// The prefix of annotations that releases from v0.22 on read by default.
pub const PREFIX: &str = "external-dns.kubernetes.io/";

/// The prefix that releases up to v0.21 read.
pub const ALPHA_PREFIX: &str = "external-dns.alpha.kubernetes.io/";

/// The only value of the annotation `controller` that does not turn an object away.
const CONTROLLER: &str = "dns-controller";

/// Names in front of an annotation that become the part before the slash of a
/// property: `webhook-x` is the property `webhook/x`.
const PROVIDERS: [&str; 4] = ["aws", "scw", "webhook", "coredns"];

/// Annotations of Cloudflare keep their whole key as name of the property. Any key
/// that contains one of these counts as that one.
const CLOUDFLARE: [&str; 5] = [
    "cloudflare-custom-hostname",
    "cloudflare-proxied",
    "cloudflare-region-key",
    "cloudflare-record-comment",
    "cloudflare-tags",
];

/// The annotations of one object under one prefix.
#[derive(Clone, Copy)]
pub(super) struct Annotations<'a> {
    pub(super) prefix: &'a str,
    pub(super) all: &'a BTreeMap<String, String>,
}

// === impl Annotations ===

impl<'a> Annotations<'a> {
    /// Whether the object is meant for another controller.
    pub(super) fn is_foreign(self) -> bool {
        self.get("controller")
            .is_some_and(|value| value != CONTROLLER)
    }

    /// The names in a comma-separated annotation. An annotation without a value is
    /// one empty name, as ExternalDNS has it.
    pub(super) fn names(self, name: &str) -> Vec<String> {
        self.get(name).map(split_names).unwrap_or_default()
    }

    /// The targets that replace the object's own, without their trailing dots.
    pub(super) fn targets(self) -> Vec<String> {
        let Some(list) = self.get("target").filter(|list| !list.is_empty()) else {
            return Vec::new();
        };
        split_names(list)
            .into_iter()
            .map(|target| target.strip_suffix('.').unwrap_or(&target).to_owned())
            .collect()
    }

    /// The set identifier, or empty.
    pub(super) fn set_identifier(self) -> String {
        self.get("set-identifier").unwrap_or_default().to_owned()
    }

    /// The time to live: whole seconds or a duration as Go writes it. Anything
    /// else, and anything outside 1 to 2³¹-1 seconds, is unset.
    pub(super) fn ttl(self) -> Ttl {
        let seconds = self
            .get("ttl")
            .and_then(|text| duration_seconds(text).or_else(|| text.parse::<i64>().ok()))
            .filter(|seconds| (1..=i64::from(i32::MAX)).contains(seconds));
        Ttl(seconds.unwrap_or_default())
    }

    /// The properties, those of every provider, before any filtering. ExternalDNS
    /// has those that come from annotations in random order; here they are sorted
    /// by annotation.
    pub(super) fn properties(self) -> Vec<ProviderSpecificProperty> {
        let mut properties = Vec::new();
        if self.get("alias") == Some("true") {
            properties.push(ProviderSpecificProperty::new("alias", "true"));
        }
        if let Some(record_type) = self.get("record-type") {
            properties.push(ProviderSpecificProperty::new("record-type", record_type));
        }
        for (key, value) in self.all {
            let name = key
                .strip_prefix(self.prefix)
                .filter(|rest| *rest != "set-identifier")
                .and_then(|rest| property_name(self.prefix, rest));
            properties.extend(name.map(|name| ProviderSpecificProperty::new(name, value)));
        }
        properties
    }

    fn get(self, name: &str) -> Option<&'a str> {
        self.all
            .get(&format!("{}{name}", self.prefix))
            .map(String::as_str)
    }
}

fn property_name(prefix: &str, annotation: &str) -> Option<String> {
    for provider in PROVIDERS {
        let rest = annotation
            .strip_prefix(provider)
            .and_then(|rest| rest.strip_prefix('-'));
        if let Some(rest) = rest {
            return Some(format!("{provider}/{rest}"));
        }
    }
    if annotation == "azure-tags" {
        return Some("azure/tags".to_owned());
    }
    if !annotation.starts_with("cloudflare-") {
        return None;
    }
    CLOUDFLARE
        .into_iter()
        .find(|known| annotation.contains(known))
        .map(|known| format!("{prefix}{known}"))
}

fn split_names(list: &str) -> Vec<String> {
    list.replace(' ', "")
        .trim()
        .split(',')
        .map(str::to_owned)
        .collect()
}

/// The whole seconds of a duration in Go's notation, such as `10m` or `1h30m`.
fn duration_seconds(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut nanoseconds: u128 = 0;
    loop {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (whole, after) = rest.split_at(digits);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => {
                let digits = after
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(after.len());
                after.split_at(digits)
            }
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let scale: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60 * 1_000_000_000,
            "h" => 3_600 * 1_000_000_000,
            _ => return None,
        };
        let whole: u128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        nanoseconds = nanoseconds
            .checked_add(whole.checked_mul(scale)?)?
            .checked_add(fraction_of(fraction, scale)?)?;
        if nanoseconds > u128::from(i64::MAX.unsigned_abs()) {
            return None;
        }
        if next.is_empty() {
            break;
        }
        rest = next;
    }
    let seconds = i64::try_from(nanoseconds / 1_000_000_000).ok()?;
    Some(if negative { -seconds } else { seconds })
}

/// Decimal digits behind the point, in units of which `scale` make one. Digits
/// beyond the eighteenth cannot matter.
fn fraction_of(digits: &str, scale: u128) -> Option<u128> {
    let digits = digits.get(..digits.len().min(18))?;
    if digits.is_empty() {
        return Some(0);
    }
    let value: u128 = digits.parse().ok()?;
    let power = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    Some(value * scale / power)
}
