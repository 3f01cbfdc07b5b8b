//! Vanity records: who makes them, where, and how carefully their profiles end.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments are the text of --help, where backticks would be noise"
)]

use std::str::FromStr;
use std::time::Duration;

use azure_dns::{ZoneId, ZoneName};
use clap::Args;
use members::VanityMode;
use traffic_manager::{Invalid, ResourceGroup, SubscriptionId};

use super::field;
use super::parse;
use super::reader::{Read, Reader, joined};

/// TTL of a vanity record: what DNS zones usually have.
const TTL: Duration = Duration::from_mins(5);
/// How often nothing but drift could have changed a record.
const INTERVAL: Duration = Duration::from_mins(5);

// Not a doc comment: it would become the description of the command that takes these flags.
// The flags about vanity records, as text.
#[expect(missing_docs, reason = "see above")]
#[derive(Debug, Clone, Default, Args)]
pub struct VanityArgs {
    /// Who makes the record that leads from a vanity host to its profile, unless an object says: dnsendpoint,
    /// azure-dns, azure-dns-alias or none [env: VANITY] [default: dnsendpoint in a cluster, else none]
    #[arg(long, value_name = "MODE", help_heading = "Vanity records")]
    pub vanity: Option<String>,

    /// Where DNSEndpoint objects are made [env: VANITY_NAMESPACE] [default: the pod's own]
    #[arg(long, value_name = "NAMESPACE", help_heading = "Vanity records")]
    pub vanity_namespace: Option<String>,

    /// How long resolvers may keep a vanity record [env: VANITY_TTL] [default: 5m]
    #[arg(long, value_name = "DURATION", help_heading = "Vanity records")]
    pub vanity_ttl: Option<String>,

    /// How often vanity records are looked at when nothing has changed that they depend on
    /// [env: VANITY_INTERVAL] [default: 5m]
    #[arg(long, value_name = "DURATION", help_heading = "Vanity records")]
    pub vanity_interval: Option<String>,

    /// Look the vanity host up before its profile is deleted, and keep the profile while users are still led to
    /// it [env: VANITY_CHECK] [default: true]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = "Vanity records"
    )]
    pub vanity_check: Option<String>,

    /// The Azure DNS zones in which records may be made, separated by commas, each as GROUP/ZONE,
    /// SUBSCRIPTION/GROUP/ZONE or ARM id [env: DNS_ZONES] [default: every zone of the default subscription]
    #[arg(long, value_name = "ZONES", help_heading = "Vanity records")]
    pub dns_zones: Vec<String>,
}

/// What is set about vanity records, valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VanitySettings {
    /// Who makes a record when the object does not say.
    pub mode: VanityMode,
    /// Where `DNSEndpoint` objects are made; `None` is the pod's own namespace.
    pub namespace: Option<String>,
    /// TTL of the records, whole seconds, at least one.
    pub ttl: Duration,
    /// How often records are looked at when nothing has changed.
    pub interval: Duration,
    /// Whether DNS is asked before a profile with a vanity host is deleted.
    pub check: bool,
    /// The zones of Azure DNS in which records may be made. Empty: every zone of the default subscription.
    pub zones: Vec<ZoneId>,
}

/// A zone as it is given: of the default subscription, or of one that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ZonePath {
    subscription: Option<SubscriptionId>,
    resource_group: ResourceGroup,
    name: ZoneName,
}

// === impl ZonePath ===

impl ZonePath {
    fn within(&self, default: &SubscriptionId) -> ZoneId {
        ZoneId {
            subscription: self.subscription.as_ref().unwrap_or(default).clone(),
            resource_group: self.resource_group.clone(),
            name: self.name.clone(),
        }
    }
}

impl FromStr for ZonePath {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts: Vec<_> = text.split('/').collect();
        let read = |subscription: Option<&str>, group: &str, zone: &str| {
            Ok(Self {
                subscription: subscription.map(str::parse).transpose()?,
                resource_group: group.parse()?,
                name: zone.parse()?,
            })
        };
        match parts.as_slice() {
            [group, zone] if !group.is_empty() => read(None, group, zone),
            [subscription, group, zone] if !subscription.is_empty() => {
                read(Some(subscription), group, zone)
            }
            _ => {
                let id: Result<ZoneId, _> = text.parse();
                let id = id.map_err(|_| {
                    Invalid::new(
                        "must be GROUP/ZONE, SUBSCRIPTION/GROUP/ZONE, or the ARM id of a DNS zone",
                    )
                })?;
                Ok(Self {
                    subscription: Some(id.subscription),
                    resource_group: id.resource_group,
                    name: id.name,
                })
            }
        }
    }
}

impl Reader<'_> {
    /// Every field is read before the first problem is reported: no early return in here.
    pub(super) fn vanity(
        &mut self,
        args: &VanityArgs,
        default: Option<&SubscriptionId>,
        has_kubeconfig: bool,
    ) -> Option<VanitySettings> {
        let in_cluster = has_kubeconfig || self.environment.is_in_cluster();
        let default_mode = if in_cluster {
            VanityMode::DnsEndpoint
        } else {
            VanityMode::None
        };
        let mode = self
            .value(field::VANITY, args.vanity.as_deref())
            .or_default(|| Some(default_mode));
        let namespace = self.with(
            field::VANITY_NAMESPACE,
            args.vanity_namespace.as_deref(),
            parse::namespace,
        );
        let namespace = match namespace {
            Read::Value(namespace) => Some(Some(namespace)),
            Read::NotGiven => Some(None),
            Read::Wrong => None,
        };
        let ttl = self
            .with(field::VANITY_TTL, args.vanity_ttl.as_deref(), parse::ttl)
            .or_default(|| Some(TTL));
        let interval = self
            .with(
                field::VANITY_INTERVAL,
                args.vanity_interval.as_deref(),
                parse::positive_duration,
            )
            .or_default(|| Some(INTERVAL));
        let check = self
            .with(
                field::VANITY_CHECK,
                args.vanity_check.as_deref(),
                parse::boolean,
            )
            .or_default(|| Some(true));
        let zones = joined(&args.dns_zones);
        let zones: Vec<ZonePath> = self.list(field::DNS_ZONES, zones.as_deref());
        let within = |default| {
            let mut zones: Vec<_> = zones.iter().map(|zone| zone.within(default)).collect();
            zones.sort();
            zones.dedup();
            zones
        };
        let zones = default.map(within);
        Some(VanitySettings {
            mode: mode?,
            namespace: namespace?,
            ttl: ttl?,
            interval: interval?,
            check: check?,
            zones: zones?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("dns/example.com", "default", "dns")]
    #[case(
        "11111111-1111-1111-1111-111111111111/dns/Example.com.",
        "11111111",
        "dns"
    )]
    #[case(
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/dns/providers/Microsoft.Network/dnszones/example.com",
        "11111111",
        "dns"
    )]
    fn zones(#[case] text: &str, #[case] subscription: &str, #[case] group: &str) {
        let default: SubscriptionId = "00000000-0000-0000-0000-000000000000".parse().unwrap();
        let zone = text.parse::<ZonePath>().unwrap().within(&default);
        assert_eq!(zone.name.as_str(), "example.com");
        assert_eq!(zone.resource_group.as_str(), group);
        let is_default = zone.subscription == default;
        assert_eq!(is_default, subscription == "default");
    }

    #[rstest]
    #[case("example.com")]
    #[case("/example.com")]
    #[case("dns/")]
    #[case("a/b/c/d")]
    #[case("no-uuid/dns/example.com")]
    fn what_is_no_zone(#[case] text: &str) {
        assert!(text.parse::<ZonePath>().is_err());
    }
}
