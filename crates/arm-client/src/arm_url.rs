//! Where Azure Resource Manager is, and whether a token may be sent there.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::KnownCloud;

/// The base URL of Azure Resource Manager, or of an emulator of it.
///
/// `http` or `https`, with a host, without user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmUrl(Url);

/// Why a text is not the URL of an ARM endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArmUrl {
    /// Not a URL at all.
    #[error("must be a URL such as https://management.azure.com")]
    Syntax(#[source] url::ParseError),
    /// Another scheme, or no host.
    #[error("must begin with https:// or http:// and a host")]
    Scheme,
    /// Something that a base URL has no use for, or that would end up in logs.
    #[error("must have no user, password, query or fragment")]
    Extra,
}

// === impl ArmUrl ===

impl ArmUrl {
    /// Azure's public cloud, as text for command lines and documentation.
    pub const PUBLIC: &str = "https://management.azure.com";

    /// The URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether requests stay on this machine: an address in 127.0.0.0/8, `::1`
    /// or `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }

    /// Whether requests are encrypted on their way.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The cloud that this endpoint belongs to, when it is one of Azure's own.
    pub fn cloud(&self) -> Option<KnownCloud> {
        KnownCloud::serving(self.0.host_str()?)
    }

    /// The absolute form of a link in an answer, when it leads to where the
    /// answer came from. Requests carry a token, so no link may lead elsewhere.
    pub(crate) fn follow(&self, link: &str) -> Option<Url> {
        let target = self.0.join(link).ok()?;
        (target.origin() == self.0.origin()).then_some(target)
    }
}

impl FromStr for ArmUrl {
    type Err = InvalidArmUrl;

    fn from_str(text: &str) -> Result<Self, InvalidArmUrl> {
        let mut url = Url::parse(text.trim()).map_err(InvalidArmUrl::Syntax)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(InvalidArmUrl::Scheme);
        }
        let extra = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extra {
            return Err(InvalidArmUrl::Extra);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for ArmUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://management.azure.com", Some("https://management.azure.com"))]
    #[case("http://127.0.0.1:8000/", Some("http://127.0.0.1:8000"))]
    #[case(
        "https://gateway.example.com/arm",
        Some("https://gateway.example.com/arm")
    )]
    #[case("ftp://management.azure.com", None)]
    #[case("management.azure.com", None)]
    #[case("https://user@management.azure.com", None)]
    #[case("https://management.azure.com/?a=b", None)]
    #[case("", None)]
    fn urls(#[case] text: &str, #[case] canonical: Option<&str>) {
        let parsed = text.parse::<ArmUrl>().ok().map(|url| url.to_string());
        assert_eq!(parsed.as_deref(), canonical);
    }

    #[rstest]
    #[case("http://127.0.0.1:1", true)]
    #[case("http://127.9.9.9", true)]
    #[case("http://[::1]:1", true)]
    #[case("http://localhost:1", true)]
    #[case("http://localhost.example.com", false)]
    #[case("http://10.0.0.1", false)]
    #[case("https://management.azure.com", false)]
    fn loopback(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(text.parse::<ArmUrl>().unwrap().is_loopback(), expected);
    }

    #[rstest]
    #[case("https://management.azure.com/subscriptions?$skiptoken=a", true)]
    #[case("https://management.azure.com:443/subscriptions", true)]
    #[case("/subscriptions", true)]
    #[case("http://management.azure.com/subscriptions", false)]
    #[case("https://management.azure.com.example.com/subscriptions", false)]
    #[case("//example.com/subscriptions", false)]
    fn links(#[case] link: &str, #[case] followed: bool) {
        let arm: ArmUrl = ArmUrl::PUBLIC.parse().unwrap();
        assert_eq!(arm.follow(link).is_some(), followed);
    }
}
