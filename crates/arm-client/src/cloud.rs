//! The clouds of Azure: where each one's Resource Manager and login are, for
//! whom tokens are made out, and what the names of its profiles end in.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::ArmUrl;

/// A cloud whose addresses this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownCloud {
    /// Azure's public cloud.
    Public,
    /// Azure for the government of the United States.
    UsGovernment,
    /// Azure in China, run by 21Vianet.
    China,
}

/// The login service of a cloud: an https URL of a host, without a path.
///
/// The identity crate accepts no other scheme: what is sent there is a secret.
/// Held as text, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityUrl(String);

/// For whom tokens are made out: the URL under which Resource Manager is
/// registered, held without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(String);

/// Not the URL of a login service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be https:// and a host, such as https://login.microsoftonline.com")]
pub struct InvalidAuthority;

/// Not an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a URL such as https://management.azure.com")]
pub struct InvalidAudience;

/// Not the name of a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be AzurePublicCloud, AzureUSGovernmentCloud or AzureChinaCloud")]
pub struct UnknownCloud;

// === impl KnownCloud ===

impl KnownCloud {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Public, Self::UsGovernment, Self::China];

    /// The name as ExternalDNS and the tools of Kubernetes spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "AzurePublicCloud",
            Self::UsGovernment => "AzureUSGovernmentCloud",
            Self::China => "AzureChinaCloud",
        }
    }

    /// Every name that is understood: that of ExternalDNS, that of Azure CLI,
    /// and a short one.
    const fn names(self) -> [&'static str; 3] {
        match self {
            Self::Public => [self.as_str(), "AzureCloud", "public"],
            Self::UsGovernment => [self.as_str(), "AzureUSGovernment", "usgovernment"],
            Self::China => [self.as_str(), "AzureChina", "china"],
        }
    }

    /// The host of Azure Resource Manager.
    const fn management(self) -> &'static str {
        match self {
            Self::Public => "management.azure.com",
            Self::UsGovernment => "management.usgovcloudapi.net",
            Self::China => "management.chinacloudapi.cn",
        }
    }

    /// The hosts of the login service, the current one first.
    const fn logins(self) -> &'static [&'static str] {
        match self {
            Self::Public => &[
                "login.microsoftonline.com",
                "login.microsoft.com",
                "login.windows.net",
            ],
            Self::UsGovernment => &["login.microsoftonline.us"],
            Self::China => &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
        }
    }

    /// Where Azure Resource Manager is, as text.
    pub const fn arm(self) -> &'static str {
        match self {
            Self::Public => ArmUrl::PUBLIC,
            Self::UsGovernment => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }

    /// The login service.
    pub fn authority(self) -> AuthorityUrl {
        AuthorityUrl(match self {
            Self::Public => "https://login.microsoftonline.com".to_owned(),
            Self::UsGovernment => "https://login.microsoftonline.us".to_owned(),
            Self::China => "https://login.chinacloudapi.cn".to_owned(),
        })
    }

    /// For whom tokens are made out.
    pub fn audience(self) -> Audience {
        Audience(format!("https://{}", self.management()))
    }

    /// What follows the relative name of a profile.
    pub const fn dns_suffix(self) -> &'static str {
        match self {
            Self::Public => "trafficmanager.net",
            Self::UsGovernment => "usgovtrafficmanager.net",
            Self::China => "trafficmanager.cn",
        }
    }

    /// The cloud whose Resource Manager, or a regional one of it, has this host.
    pub(crate) fn serving(host: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| {
            host.strip_suffix(cloud.management())
                .is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('.'))
        })
    }

    /// The cloud whose profiles have names with this ending.
    pub fn of_dns_suffix(suffix: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|cloud| cloud.dns_suffix() == suffix)
    }
}

impl FromStr for KnownCloud {
    type Err = UnknownCloud;

    fn from_str(text: &str) -> Result<Self, UnknownCloud> {
        let named = |name: &&str| name.eq_ignore_ascii_case(text.trim());
        Self::ALL
            .into_iter()
            .find(|cloud| cloud.names().iter().any(named))
            .ok_or(UnknownCloud)
    }
}

impl fmt::Display for KnownCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl AuthorityUrl ===

impl AuthorityUrl {
    /// The cloud whose login service this is, when it is one of Azure's own.
    pub fn cloud(&self) -> Option<KnownCloud> {
        let host = self.0.strip_prefix("https://")?;
        KnownCloud::ALL
            .into_iter()
            .find(|cloud| cloud.logins().contains(&host))
    }

    /// Where a tenant's tokens come from.
    pub(crate) fn token_endpoint(&self, tenant: &str) -> String {
        format!("{self}/{tenant}/oauth2/v2.0/token")
    }
}

impl FromStr for AuthorityUrl {
    type Err = InvalidAuthority;

    fn from_str(text: &str) -> Result<Self, InvalidAuthority> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidAuthority)?;
        let plain = url.scheme() == "https"
            && url.has_host()
            && url.path() == "/"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if plain {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(InvalidAuthority)
        }
    }
}

impl fmt::Display for AuthorityUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Audience ===

impl Audience {
    /// The audience of an endpoint. A regional host of a known cloud takes the
    /// tokens of that cloud; so does an endpoint without encryption, which can
    /// only stand in for Azure. Any other endpoint is its own audience.
    pub fn of(arm: &ArmUrl) -> Self {
        match arm.cloud() {
            Some(cloud) => cloud.audience(),
            None if arm.is_https() => Self(arm.as_url().origin().ascii_serialization()),
            None => KnownCloud::Public.audience(),
        }
    }

    /// The cloud whose Resource Manager this is, when it is one of Azure's own.
    /// Each also has an older audience: its service management API.
    pub fn cloud(&self) -> Option<KnownCloud> {
        let url = Url::parse(&self.0).ok()?;
        match url.host_str()? {
            "management.core.windows.net" => Some(KnownCloud::Public),
            "management.core.usgovcloudapi.net" => Some(KnownCloud::UsGovernment),
            "management.core.chinacloudapi.cn" => Some(KnownCloud::China),
            host => KnownCloud::serving(host),
        }
    }

    /// The OAuth scope of the tokens.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.0)
    }
}

impl FromStr for Audience {
    type Err = InvalidAudience;

    fn from_str(text: &str) -> Result<Self, InvalidAudience> {
        let text = text.trim();
        let text = text.strip_suffix("/.default").unwrap_or(text);
        let text = text.trim_end_matches('/');
        let url = Url::parse(text).map_err(|_| InvalidAudience)?;
        let plain = url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAudience)
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("AzurePublicCloud", Some(KnownCloud::Public))]
    #[case("AZURECLOUD", Some(KnownCloud::Public))]
    #[case("public", Some(KnownCloud::Public))]
    #[case("AzureUSGovernmentCloud", Some(KnownCloud::UsGovernment))]
    #[case("AzureUSGovernment", Some(KnownCloud::UsGovernment))]
    #[case(" usgovernment ", Some(KnownCloud::UsGovernment))]
    #[case("AzureChinaCloud", Some(KnownCloud::China))]
    #[case("china", Some(KnownCloud::China))]
    #[case("AzureGermanCloud", None)]
    #[case("", None)]
    fn names(#[case] text: &str, #[case] cloud: Option<KnownCloud>) {
        assert_eq!(text.parse().ok(), cloud);
    }

    #[test]
    fn every_cloud_knows_its_own_addresses() {
        for cloud in KnownCloud::ALL {
            assert_eq!(cloud.arm().parse::<ArmUrl>().unwrap().cloud(), Some(cloud));
            assert_eq!(cloud.authority().cloud(), Some(cloud));
            assert_eq!(cloud.audience().cloud(), Some(cloud));
            assert_eq!(
                Audience::of(&cloud.arm().parse().unwrap()),
                cloud.audience()
            );
            assert_eq!(KnownCloud::of_dns_suffix(cloud.dns_suffix()), Some(cloud));
        }
    }

    #[rstest]
    #[case(
        "https://login.microsoftonline.us/",
        Some("https://login.microsoftonline.us")
    )]
    #[case("https://127.0.0.1:9443", Some("https://127.0.0.1:9443"))]
    #[case("http://127.0.0.1:9443", None)]
    #[case("https://user:secret@login.test", None)]
    #[case("https://login.test/adfs", None)]
    #[case("login.microsoftonline.com", None)]
    fn authorities(#[case] text: &str, #[case] canonical: Option<&str>) {
        let parsed = text.parse::<AuthorityUrl>().ok().map(|url| url.to_string());
        assert_eq!(parsed.as_deref(), canonical);
    }

    #[rstest]
    #[case(
        "https://management.azure.com/",
        Some("https://management.azure.com/.default")
    )]
    #[case(
        "https://management.azure.com/.default",
        Some("https://management.azure.com/.default")
    )]
    #[case("management.azure.com", None)]
    #[case("https://management.azure.com?x", None)]
    fn audiences(#[case] text: &str, #[case] scope: Option<&str>) {
        let parsed = text
            .parse::<Audience>()
            .ok()
            .map(|audience| audience.scope());
        assert_eq!(parsed.as_deref(), scope);
    }

    #[rstest]
    #[case(
        "https://eastus.management.azure.com",
        "https://management.azure.com/.default"
    )]
    #[case(
        "https://evilmanagement.azure.com",
        "https://evilmanagement.azure.com/.default"
    )]
    #[case(
        "https://management.local.azurestack.external/x",
        "https://management.local.azurestack.external/.default"
    )]
    #[case("http://127.0.0.1:9", "https://management.azure.com/.default")]
    fn audiences_of_endpoints(#[case] arm: &str, #[case] scope: &str) {
        let arm: ArmUrl = arm.parse().unwrap();
        assert_eq!(Audience::of(&arm).scope(), scope);
    }
}
