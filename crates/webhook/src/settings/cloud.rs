//! Which cloud: Resource Manager, login, audience and the ending of names, and whether they belong together.

use std::str::FromStr;

use arm_client::{ArmUrl, Audience, AuthorityUrl, KnownCloud};
use traffic_manager::Hostname;

use super::AzureArgs;
use super::error::Problem;
use super::field::{self, Field};
use super::parse;
use super::reader::{Read, Reader};

/// What follows from the cloud, every part filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// Where Azure Resource Manager, or an emulator of it, answers.
    pub arm_endpoint: ArmUrl,
    /// The login service.
    pub authority: AuthorityUrl,
    /// For whom tokens are made out.
    pub audience: Audience,
    /// What follows the relative name of a profile that does not exist yet. Of the others Azure tells.
    pub dns_suffix: String,
}

/// The cloud as it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CloudName {
    /// One of Azure's own.
    Known(KnownCloud),
    /// Somebody else's: every address is given.
    Custom,
}

/// An address that was given: its setting, its text, and the cloud that is known to have it.
struct Address {
    field: Field,
    text: String,
    cloud: KnownCloud,
}

/// Not the name of a cloud.
#[derive(Debug, thiserror::Error)]
#[error("must be AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud or custom")]
struct UnknownName;

impl FromStr for CloudName {
    type Err = UnknownName;

    /// ExternalDNS's word for a cloud of one's own is that of Azure's product for it.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let custom = ["custom", "AzureStackCloud"];
        if custom.iter().any(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(Self::Custom);
        }
        text.parse().map(Self::Known).map_err(|_| UnknownName)
    }
}

impl Reader<'_> {
    /// Every field is read before the first problem is reported: no early return before the last one is read.
    pub(super) fn cloud(&mut self, args: &AzureArgs) -> Option<Cloud> {
        let name = self.value::<CloudName>(field::CLOUD, args.cloud.as_deref());
        let arm = self.value::<ArmUrl>(field::ARM_ENDPOINT, args.arm_endpoint.as_deref());
        let authority =
            self.value::<AuthorityUrl>(field::AUTHORITY_HOST, args.authority_host.as_deref());
        let audience =
            self.value::<Audience>(field::TOKEN_AUDIENCE, args.token_audience.as_deref());
        let suffix = self.with(
            field::DNS_SUFFIX,
            args.dns_suffix.as_deref(),
            parse::dns_suffix,
        );
        let name = given(name)?;
        let arm = given(arm)?;
        let authority = given(authority)?;
        let audience = given(audience)?;
        let suffix = given(suffix)?;

        if name == Some(CloudName::Custom) {
            let missing = [
                (
                    field::ARM_ENDPOINT,
                    arm.is_none(),
                    "the URL of the custom cloud's Resource Manager",
                ),
                (
                    field::AUTHORITY_HOST,
                    authority.is_none(),
                    "the URL of the custom cloud's login service",
                ),
            ];
            for (field, _, give) in missing.into_iter().filter(|(_, missing, _)| *missing) {
                self.problems.push(Problem::Missing { field, give });
            }
        } else {
            let address = |field, text: Option<String>, cloud: Option<KnownCloud>| {
                Some(Address {
                    field,
                    text: text?,
                    cloud: cloud?,
                })
            };
            let addresses = [
                address(
                    field::ARM_ENDPOINT,
                    arm.as_ref().map(ToString::to_string),
                    arm.as_ref().and_then(ArmUrl::cloud),
                ),
                address(
                    field::AUTHORITY_HOST,
                    authority.as_ref().map(ToString::to_string),
                    authority.as_ref().and_then(AuthorityUrl::cloud),
                ),
                address(
                    field::TOKEN_AUDIENCE,
                    audience.as_ref().map(ToString::to_string),
                    audience.as_ref().and_then(Audience::cloud),
                ),
                address(
                    field::DNS_SUFFIX,
                    suffix.as_ref().map(ToString::to_string),
                    suffix
                        .as_ref()
                        .and_then(|name| KnownCloud::of_dns_suffix(name.as_str())),
                ),
            ];
            self.check_cloud(name, arm.as_ref(), addresses.into_iter().flatten());
        }

        let known = match (name, &arm) {
            (Some(CloudName::Known(cloud)), _) => Some(cloud),
            (Some(CloudName::Custom), _) => None,
            (None, Some(arm)) => arm.cloud(),
            (None, None) => Some(KnownCloud::Public),
        };
        let like = known.unwrap_or(KnownCloud::Public);
        let arm_endpoint = match arm {
            Some(arm) => arm,
            None => like.arm().parse().ok()?,
        };
        Some(Cloud {
            authority: authority.unwrap_or_else(|| like.authority()),
            audience: audience.unwrap_or_else(|| match known {
                Some(cloud) => cloud.audience(),
                None => Audience::of(&arm_endpoint),
            }),
            arm_endpoint,
            dns_suffix: suffix
                .as_ref()
                .map_or(like.dns_suffix(), Hostname::as_str)
                .to_owned(),
        })
    }

    /// Reports every address that is known to be another cloud's.
    fn check_cloud(
        &mut self,
        name: Option<CloudName>,
        arm: Option<&ArmUrl>,
        addresses: impl Iterator<Item = Address>,
    ) {
        let (stated, by, how) = match (name, arm) {
            (Some(CloudName::Known(cloud)), _) => (cloud, field::CLOUD, "the cloud is"),
            (_, None) => (
                KnownCloud::Public,
                field::CLOUD,
                "when nothing is said the cloud is",
            ),
            (_, Some(arm)) => match arm.cloud() {
                Some(cloud) => (cloud, field::ARM_ENDPOINT, "the endpoint's cloud is"),
                None => return,
            },
        };
        for Address { field, text, cloud } in addresses.filter(|known| known.cloud != stated) {
            self.problems.push(Problem::Conflict {
                first: by,
                second: field,
                reason: format!(
                    "{how} {stated}, and {text} belongs to {cloud}; for that cloud, --cloud={cloud} is enough"
                ),
            });
        }
    }
}

/// What was given, if anything; `None` when it was wrong, which is on record.
#[expect(
    clippy::option_option,
    reason = "wrong and not given are two different things"
)]
fn given<T>(read: Read<T>) -> Option<Option<T>> {
    match read {
        Read::Value(value) => Some(Some(value)),
        Read::NotGiven => Some(None),
        Read::Wrong => None,
    }
}
