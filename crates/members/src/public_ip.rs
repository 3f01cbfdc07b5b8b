//! Load balancers' addresses as resources of Azure.
//!
//! An object with `endpoint-type: Azure` that names no resource means the public
//! IP address of its load balancer. Which one that is only Azure can say; the
//! answer comes from outside, and only when an object asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use traffic_manager::{EndpointKind, PublicIp, ResourceId, SubscriptionId, Target};

use crate::annotation::Name;
use crate::finding::Reason;
use crate::want::{Scope, Source};

/// What is known about the public IP addresses of subscriptions.
#[derive(Debug, Clone, Default)]
pub enum PublicIps {
    /// Nobody has looked, because nothing asks for it.
    #[default]
    Unknown,
    /// Where somebody has looked. In a subscription that is not here there are none.
    Known(BTreeMap<SubscriptionId, Listed>),
}

/// The addresses of one subscription, or why nobody could look.
pub type Listed = Result<BTreeMap<IpAddr, PublicIp>, String>;

/// Where an object's load balancer may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Where<'a> {
    /// The subscription that the object names.
    pub(crate) named: &'a SubscriptionId,
    /// The default one.
    pub(crate) default: &'a SubscriptionId,
}

/// The subscriptions whose addresses have to be known to read these objects:
/// those that they name, and the default one. Empty when nothing is looked up.
pub fn wanted(sources: &[Source], scope: &Scope) -> BTreeSet<SubscriptionId> {
    let azure = EndpointKind::Azure.word();
    let asking = sources.iter().filter(|source| {
        let says = |name, word: &str| {
            let text = source.annotations.get(name);
            text.is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        says(Name::Enabled, "true")
            && says(Name::EndpointType, azure)
            && source.annotations.get(Name::TargetResourceId).is_none()
    });
    let named = asking.flat_map(|source| {
        let named = source.annotations.get(Name::SubscriptionId);
        let named = named.and_then(|text| text.parse::<SubscriptionId>().ok());
        let allowed = named.filter(|named| scope.groups(named).is_some());
        allowed.into_iter().chain([scope.subscription.clone()])
    });
    named.collect()
}

// === impl PublicIps ===

impl PublicIps {
    /// What lists show.
    pub fn listed(ips: impl IntoIterator<Item = PublicIp>) -> Self {
        let mut by_subscription: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for ip in ips {
            let Some(address) = ip.address else {
                continue;
            };
            let known = by_subscription.entry(ip.id.subscription().clone());
            known.or_default().insert(address, ip);
        }
        let known = by_subscription.into_iter();
        Self::Known(known.map(|(id, ips)| (id, Ok(ips))).collect())
    }

    /// The resource behind a load balancer with these addresses: IPv4 before
    /// IPv6. Otherwise the reason and what to do.
    pub(crate) fn resource(
        &self,
        addresses: &[Target],
        place: Where<'_>,
    ) -> Result<ResourceId, (Reason, String)> {
        let name_it = format!("name the resource with {}", Name::TargetResourceId);
        let mistake = |message: String| Err((Reason::InvalidAnnotation, message));
        let known = match self {
            Self::Known(known) => known,
            Self::Unknown => {
                return mistake(format!(
                    "{} is required with {}: Azure",
                    Name::TargetResourceId,
                    Name::EndpointType
                ));
            }
        };
        let mut ipv4 = Vec::new();
        let mut ipv6 = Vec::new();
        for address in addresses {
            match address {
                Target::V4(address) => ipv4.push(IpAddr::V4(*address)),
                Target::V6(address) => ipv6.push(IpAddr::V6(*address)),
                Target::Name(_) => {}
            }
        }
        let candidates = if ipv4.is_empty() { ipv6 } else { ipv4 };
        let address = match candidates.as_slice() {
            [only] => only,
            [] => {
                return mistake(format!(
                    "the load balancer has no address to look for among the public IP addresses of the subscription; {name_it}"
                ));
            }
            several => {
                let texts: Vec<_> = several.iter().map(ToString::to_string).collect();
                return mistake(format!(
                    "the object has several addresses: {}; an endpoint has one target: {name_it}",
                    texts.join(", ")
                ));
            }
        };
        let looked: Vec<_> = place.subscriptions().collect();
        let lists = || looked.iter().filter_map(|id| known.get(*id));
        let found = lists().find_map(|list| list.as_ref().ok()?.get(address));
        match found {
            None => {
                // It may be where nobody could look.
                if let Some(why) = lists().find_map(|list| list.as_ref().err()) {
                    return Err((
                        Reason::LookupFailed,
                        format!(
                            "the public IP addresses of the subscription could not be listed, and the endpoint stays as it is: {why}; {name_it} to do without"
                        ),
                    ));
                }
                let several = if looked.len() > 1 { "s" } else { "" };
                let looked: Vec<_> = looked.iter().map(|id| id.as_str()).collect();
                mistake(format!(
                    "the address {address} is none of the public IP addresses of subscription{several} {}: it is private, or belongs to somebody else; {name_it}, or set {} to External",
                    looked.join(" and "),
                    Name::EndpointType
                ))
            }
            Some(ip) if ip.fqdn.is_none() => mistake(format!(
                "the public IP address {address} ({}) has no DNS label, and Azure endpoints need one: annotate the Service with service.beta.kubernetes.io/azure-dns-label-name",
                ip.id.name()
            )),
            Some(ip) => Ok(ip.id.clone()),
        }
    }
}

// === impl Where ===

impl<'a> Where<'a> {
    /// In the order in which it is looked.
    fn subscriptions(self) -> impl Iterator<Item = &'a SubscriptionId> {
        let default = Some(self.default).filter(|default| *default != self.named);
        std::iter::once(self.named).chain(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str = "00000000-0000-0000-0000-000000000000";
    const OTHER: &str = "22222222-2222-2222-2222-222222222222";

    fn ip(name: &str, address: &str, fqdn: Option<&str>) -> PublicIp {
        ip_in(DEFAULT, name, address, fqdn)
    }

    fn ip_in(subscription: &str, name: &str, address: &str, fqdn: Option<&str>) -> PublicIp {
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/{name}"
        );
        PublicIp {
            id: id.parse().unwrap(),
            address: address.parse().ok(),
            fqdn: fqdn.map(|name| name.parse().unwrap()),
        }
    }

    fn said(ips: &PublicIps, addresses: &[&str]) -> String {
        said_in(DEFAULT, ips, addresses)
    }

    fn said_in(named: &str, ips: &PublicIps, addresses: &[&str]) -> String {
        let addresses: Vec<Target> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let place = Where {
            named: &named.parse().unwrap(),
            default: &DEFAULT.parse().unwrap(),
        };
        match ips.resource(&addresses, place) {
            Ok(id) => id.name().to_owned(),
            Err((reason, message)) => format!("{reason}: {message}"),
        }
    }

    #[test]
    fn what_is_found_and_what_is_said() {
        let name = Some("app.westeurope.cloudapp.azure.com");
        let known = PublicIps::listed([
            ip("four", "20.1.2.3", name),
            ip("six", "2603:1030::1", name),
            ip("bare", "20.1.2.4", None),
            ip("unallocated", "", name),
        ]);
        assert_eq!(said(&known, &["20.1.2.3"]), "four");
        assert_eq!(said(&known, &["2603:1030::1", "20.1.2.3"]), "four");
        assert_eq!(said(&known, &["2603:1030::1", "lb.example.net"]), "six");
        insta::assert_snapshot!(said(&known, &["20.1.2.4"]), @"InvalidAnnotation: the public IP address 20.1.2.4 (bare) has no DNS label, and Azure endpoints need one: annotate the Service with service.beta.kubernetes.io/azure-dns-label-name");
        insta::assert_snapshot!(said(&known, &["10.0.0.1"]), @"InvalidAnnotation: the address 10.0.0.1 is none of the public IP addresses of subscription 00000000-0000-0000-0000-000000000000: it is private, or belongs to somebody else; name the resource with webhook-traffic-manager-target-resource-id, or set webhook-traffic-manager-endpoint-type to External");
        insta::assert_snapshot!(said(&known, &["lb.example.net"]), @"InvalidAnnotation: the load balancer has no address to look for among the public IP addresses of the subscription; name the resource with webhook-traffic-manager-target-resource-id");
        insta::assert_snapshot!(said(&known, &["20.1.2.3", "20.1.2.4"]), @"InvalidAnnotation: the object has several addresses: 20.1.2.3, 20.1.2.4; an endpoint has one target: name the resource with webhook-traffic-manager-target-resource-id");
        let why = "Azure answered 403 AuthorizationFailed";
        let failed = PublicIps::Known([(DEFAULT.parse().unwrap(), Err(why.to_owned()))].into());
        insta::assert_snapshot!(said(&failed, &["20.1.2.3"]), @"LookupFailed: the public IP addresses of the subscription could not be listed, and the endpoint stays as it is: Azure answered 403 AuthorizationFailed; name the resource with webhook-traffic-manager-target-resource-id to do without");
    }

    #[test]
    fn the_subscription_that_the_object_names_comes_first() {
        let name = Some("app.westeurope.cloudapp.azure.com");
        let mut ips = PublicIps::listed([
            ip("ours", "20.1.2.3", name),
            ip_in(OTHER, "theirs", "20.1.2.4", name),
        ]);
        assert_eq!(said_in(OTHER, &ips, &["20.1.2.4"]), "theirs");
        assert_eq!(said_in(OTHER, &ips, &["20.1.2.3"]), "ours");
        insta::assert_snapshot!(said_in(OTHER, &ips, &["10.0.0.1"]), @"InvalidAnnotation: the address 10.0.0.1 is none of the public IP addresses of subscriptions 22222222-2222-2222-2222-222222222222 and 00000000-0000-0000-0000-000000000000: it is private, or belongs to somebody else; name the resource with webhook-traffic-manager-target-resource-id, or set webhook-traffic-manager-endpoint-type to External");
        // Who does not name it is not given what is there.
        assert!(said(&ips, &["20.1.2.4"]).starts_with("InvalidAnnotation: "));
        let PublicIps::Known(known) = &mut ips else {
            panic!("{ips:?}");
        };
        known.insert(OTHER.parse().unwrap(), Err("no answer".to_owned()));
        assert!(said_in(OTHER, &ips, &["20.1.2.4"]).starts_with("LookupFailed: "));
        assert_eq!(said_in(OTHER, &ips, &["20.1.2.3"]), "ours");
    }
}
