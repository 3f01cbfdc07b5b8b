//! Names: of zones, and of record sets in them.

use std::fmt;
use std::str::FromStr;

use traffic_manager::{Hostname, Invalid};

/// The DNS name of a zone, in lower case without a trailing period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName(Hostname);

/// The name of a record set, relative to its zone and in lower case: `@` for the
/// zone's own name, `www`, `a.b`, `*.apps`. Azure allows more in a name than host
/// names have, for example `_sip._tcp`, so whatever is one path segment is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativeRecordName(String);

// === impl ZoneName ===

impl ZoneName {
    /// The name in lower case, without a trailing period.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether a host belongs in this zone or, as far as this zone can tell, in
    /// one below it.
    pub fn holds(&self, host: &Hostname) -> bool {
        RelativeRecordName::of(host, self).is_some()
    }

    /// The number of labels. Of two zones that hold a host, the one with more of
    /// them is the closer one.
    pub fn labels(&self) -> usize {
        self.as_str().split('.').count()
    }
}

impl FromStr for ZoneName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be the DNS name of a zone such as example.com");
        let name: Hostname = text.parse().map_err(|_| invalid())?;
        if name.is_wildcard() {
            return Err(invalid());
        }
        Ok(Self(name))
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl RelativeRecordName ===

impl RelativeRecordName {
    /// The zone's own name.
    const APEX: &str = "@";

    /// The name of a host in a zone; `None` when the host is not in it. A
    /// wildcard stands for names below the zone, never for the zone itself.
    pub fn of(host: &Hostname, zone: &ZoneName) -> Option<Self> {
        let (host, zone) = (host.as_str(), zone.as_str());
        if host == zone {
            return Some(Self(Self::APEX.to_owned()));
        }
        let relative = host.strip_suffix(zone)?.strip_suffix('.')?;
        Some(Self(relative.to_owned()))
    }

    /// The name, for example `@` or `www`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the zone's own name, where no CNAME may be.
    pub fn is_apex(&self) -> bool {
        self.0 == Self::APEX
    }

    /// The whole name, without a trailing period.
    pub fn fqdn(&self, zone: &ZoneName) -> String {
        if self.is_apex() {
            zone.as_str().to_owned()
        } else {
            format!("{}.{zone}", self.0)
        }
    }
}

impl FromStr for RelativeRecordName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.to_lowercase();
        let forbidden = |c: char| c == '/' || c.is_control() || c.is_whitespace();
        // Two periods would be taken for the path above.
        let labels = name.split('.').all(|label| !label.is_empty());
        if name.len() <= 253 && labels && !name.contains(forbidden) {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "must be @ or a name relative to its zone, such as www or *.apps",
            ))
        }
    }
}

impl fmt::Display for RelativeRecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("example.com", "example.com", Some("@"))]
    #[case("My-App.Example.com.", "example.COM", Some("my-app"))]
    #[case("a.b.example.com", "example.com", Some("a.b"))]
    #[case("*.example.com", "example.com", Some("*"))]
    #[case("*.apps.example.com", "example.com", Some("*.apps"))]
    #[case("*.apps.example.com", "apps.example.com", Some("*"))]
    #[case("notexample.com", "example.com", None)]
    #[case("example.org", "example.com", None)]
    #[case("com", "example.com", None)]
    fn hosts_in_zones(#[case] host: &str, #[case] zone: &str, #[case] expected: Option<&str>) {
        let host: Hostname = host.parse().unwrap();
        let zone: ZoneName = zone.parse().unwrap();
        let name = RelativeRecordName::of(&host, &zone);
        assert_eq!(name.as_ref().map(RelativeRecordName::as_str), expected);
        assert_eq!(zone.holds(&host), expected.is_some());
        if let Some(name) = name {
            assert_eq!(name.fqdn(&zone), host.as_str());
            assert_eq!(name.as_str().parse::<RelativeRecordName>().unwrap(), name);
        }
    }

    #[rstest]
    #[case("@")]
    #[case("_sip._tcp")]
    #[case("*.A")]
    fn names(#[case] text: &str) {
        let name: RelativeRecordName = text.parse().unwrap();
        assert_eq!(name.as_str(), text.to_lowercase());
    }

    #[rstest]
    #[case("")]
    #[case("..")]
    #[case(".")]
    #[case("a/b")]
    #[case("a b")]
    #[case("a.")]
    fn what_is_no_name(#[case] text: &str) {
        assert!(text.parse::<RelativeRecordName>().is_err());
    }

    #[test]
    fn a_wildcard_is_no_zone() {
        assert!("*.example.com".parse::<ZoneName>().is_err());
    }
}
