//! What an endpoint points at.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::Invalid;

/// A DNS name in lower case without a trailing period: labels of 1 to 63
/// letters, digits, hyphens and underscores, 253 characters at most.
/// A leading `*` label is allowed, because ExternalDNS has wildcard records.
/// An international name is held in its ASCII form (`xn--…`), by which
/// ExternalDNS compares names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(String);

/// The target of an external endpoint. One profile holds one kind of target,
/// except under `MultiValue`, which may mix the two address families.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
    /// A DNS name, never a wildcard.
    Name(Hostname),
}

/// The three kinds of [`Target`] that Azure keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetFamily {
    /// IPv4 addresses.
    V4,
    /// IPv6 addresses.
    V6,
    /// DNS names.
    Name,
}

// === impl Hostname ===

impl Hostname {
    /// The name in lower case, without a trailing period.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }
}

impl FromStr for Hostname {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let text = text.strip_suffix('.').unwrap_or(text);
        let name = if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii(text).unwrap_or_default()
        };
        let plain = name.strip_prefix("*.").unwrap_or(&name);
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if name.len() <= 253 && plain.split('.').all(label) {
            Ok(Self(name))
        } else {
            Err(Invalid::new("must be a DNS name such as app.example.com"))
        }
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Target ===

impl Target {
    /// Whether it is an address that nobody has on the internet: private, local,
    /// or reserved for examples and tests (RFC 1918, 6890, 5737, 3068, 2544 and
    /// 5771, and the like of IPv6). Azure refuses those.
    pub fn is_reserved(&self) -> bool {
        match self {
            Self::V4(address) => is_reserved_v4(*address),
            Self::V6(address) => is_reserved_v6(*address),
            Self::Name(_) => false,
        }
    }

    /// Its kind.
    pub const fn family(&self) -> TargetFamily {
        match self {
            Self::V4(_) => TargetFamily::V4,
            Self::V6(_) => TargetFamily::V6,
            Self::Name(_) => TargetFamily::Name,
        }
    }
}

fn is_reserved_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || first == 0
        // Multicast and everything above.
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second))
}

fn is_reserved_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.to_ipv4_mapped().is_some()
        || matches!(
            segments,
            [0x2001, 0xdb8, ..] | [0x2001, 2, 0, ..] | [0x100, 0, 0, 0, ..]
        )
}

impl FromStr for Target {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let requirement = || {
            Invalid::new(
                "must be a DNS name with at least two labels, an IPv4 or an IPv6 address, without a port",
            )
        };
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let name: Hostname = text.parse().map_err(|_| requirement())?;
        // All digits and periods is a mistyped address, not a name.
        let numeric = name.0.chars().all(|c| c.is_ascii_digit() || c == '.');
        if name.is_wildcard() || numeric || !name.0.contains('.') {
            return Err(requirement());
        }
        Ok(Self::Name(name))
    }
}

impl From<IpAddr> for Target {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4(v4),
            IpAddr::V6(v6) => Self::V6(v6),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for TargetFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4 addresses",
            Self::V6 => "IPv6 addresses",
            Self::Name => "DNS names",
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("My-App.Example.com.", Some("my-app.example.com"))]
    #[case("Bücher.example.com", Some("xn--bcher-kva.example.com"))]
    #[case("20.1.2.3", Some("20.1.2.3"))]
    #[case("2001:DB8::0001", Some("2001:db8::1"))]
    #[case("20.1.2", None)]
    #[case("20.1.2.3:80", None)]
    #[case("https://app.example.com", None)]
    #[case("*.example.com", None)]
    #[case("localhost", None)]
    #[case("a..b", None)]
    #[case("", None)]
    fn targets(#[case] text: &str, #[case] canonical: Option<&str>) {
        let parsed = text.parse::<Target>().ok().map(|target| target.to_string());
        assert_eq!(parsed.as_deref(), canonical);
    }

    #[rstest]
    #[case("10.1.2.3", true)]
    #[case("100.64.0.1", true)]
    #[case("100.128.0.1", false)]
    #[case("192.88.99.1", true)]
    #[case("198.19.0.1", true)]
    #[case("203.0.113.4", true)]
    #[case("239.0.0.1", true)]
    #[case("20.1.2.3", false)]
    #[case("fd00::1", true)]
    #[case("fe80::1", true)]
    #[case("2001:db8::1", true)]
    #[case("2603:1030::1", false)]
    #[case("app.example.com", false)]
    fn reserved_addresses(#[case] text: &str, #[case] reserved: bool) {
        assert_eq!(text.parse::<Target>().unwrap().is_reserved(), reserved);
    }

    #[test]
    fn hosts_may_be_wildcards() {
        assert!("*.Example.com".parse::<Hostname>().unwrap().is_wildcard());
        assert!("a.*.example.com".parse::<Hostname>().is_err());
    }
}
