//! The vanity host of a profile, and who makes the record that leads from it
//! to the profile.

use std::fmt;
use std::str::FromStr;

use traffic_manager::{Hostname, Invalid};

/// The vanity host of a profile and the way its record is made. One tag holds
/// both: `my-app.example.com`, or `my-app.example.com azure-dns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vanity {
    /// The name that users type.
    pub host: Hostname,
    /// Who makes its record.
    pub mode: VanityMode,
}

/// Who makes the record of a vanity host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VanityMode {
    /// Somebody else.
    #[default]
    None,
    /// An `ExternalDNS` with `--source=crd`, from a `DNSEndpoint` object in each
    /// cluster that has a member.
    DnsEndpoint,
    /// This system, in the Azure DNS zone: a CNAME, or an alias at the apex,
    /// where no CNAME may be.
    AzureDns,
    /// The same, with an alias wherever it is.
    AzureDnsAlias,
}

// === impl VanityMode ===

impl VanityMode {
    /// The word in annotations, settings and tags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::DnsEndpoint => "dnsendpoint",
            Self::AzureDns => "azure-dns",
            Self::AzureDnsAlias => "azure-dns-alias",
        }
    }

    /// Whether the record is one that all clusters share.
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::AzureDns | Self::AzureDnsAlias)
    }
}

impl fmt::Display for VanityMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for VanityMode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [
            Self::None,
            Self::DnsEndpoint,
            Self::AzureDns,
            Self::AzureDnsAlias,
        ];
        all.into_iter()
            .find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| {
                Invalid::new(
                    "must be `dnsendpoint` (an object for the ExternalDNS that runs --source=crd), `azure-dns` (a record set in the Azure DNS zone), `azure-dns-alias` (the same as an alias), or `none`",
                )
            })
    }
}

// === impl Vanity ===

impl fmt::Display for Vanity {
    /// As it stands in the tag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            VanityMode::None => write!(f, "{}", self.host),
            mode => write!(f, "{} {mode}", self.host),
        }
    }
}

impl FromStr for Vanity {
    type Err = Invalid;

    /// Reads the tag. A mode that a later version knows counts as none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, mode) = text.trim().split_once(' ').unwrap_or((text, ""));
        Ok(Self {
            host: host.parse()?,
            mode: mode.parse().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("my-app.example.com", VanityMode::None)]
    #[case("my-app.example.com dnsendpoint", VanityMode::DnsEndpoint)]
    #[case("my-app.example.com azure-dns", VanityMode::AzureDns)]
    #[case("my-app.example.com azure-dns-alias", VanityMode::AzureDnsAlias)]
    fn tags_round_trip(#[case] text: &str, #[case] mode: VanityMode) {
        let vanity: Vanity = text.parse().unwrap();
        assert_eq!(vanity.mode, mode);
        assert_eq!(vanity.host.to_string(), "my-app.example.com");
        assert_eq!(vanity.to_string(), text);
    }

    #[test]
    fn a_mode_of_a_later_version_is_none() {
        let vanity: Vanity = "a.example.com carrier-pigeon".parse().unwrap();
        assert_eq!(vanity.mode, VanityMode::None);
        assert!(
            "not a host"
                .parse::<Vanity>()
                .is_ok_and(|vanity| vanity.host.to_string() == "not")
        );
        assert!("".parse::<Vanity>().is_err());
    }

    #[test]
    fn words_in_any_case_and_nothing_else() {
        assert_eq!("Azure-DNS".parse(), Ok(VanityMode::AzureDns));
        insta::assert_snapshot!("cname".parse::<VanityMode>().unwrap_err(), @"must be `dnsendpoint` (an object for the ExternalDNS that runs --source=crd), `azure-dns` (a record set in the Azure DNS zone), `azure-dns-alias` (the same as an alias), or `none`");
    }
}
