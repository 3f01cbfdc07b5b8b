//! Load balancers' addresses as resources of Azure.
//!
//! An object with `endpoint-type: Azure` that names no resource means the public
//! IP address of its load balancer. Which one that is only Azure can say; the
//! answer comes from outside, and only when an object asks for it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use traffic_manager::{EndpointKind, PublicIp, ResourceId, SubscriptionId, Target};

use crate::annotation::Name;
use crate::finding::Reason;
use crate::want::Source;

/// What is known about the public IP addresses of the subscription.
#[derive(Debug, Clone, Default)]
pub enum PublicIps {
    /// Nobody has looked, because nothing asks for it.
    #[default]
    Unknown,
    /// Nobody could look, and why.
    Failed(String),
    /// By address.
    Known(BTreeMap<IpAddr, PublicIp>),
}

/// Whether any of these objects can only be read with the addresses known.
pub fn are_wanted(sources: &[Source]) -> bool {
    let azure = EndpointKind::Azure.word();
    sources.iter().any(|source| {
        let says = |name, word: &str| {
            let text = source.annotations.get(name);
            text.is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        says(Name::Enabled, "true")
            && says(Name::EndpointType, azure)
            && source.annotations.get(Name::TargetResourceId).is_none()
    })
}

// === impl PublicIps ===

impl PublicIps {
    /// What a list shows.
    pub fn listed(ips: impl IntoIterator<Item = PublicIp>) -> Self {
        let by_address = ips.into_iter().filter_map(|ip| Some((ip.address?, ip)));
        Self::Known(by_address.collect())
    }

    /// The resource behind a load balancer with these addresses: IPv4 before
    /// IPv6. Otherwise the reason and what to do.
    pub(crate) fn resource(
        &self,
        addresses: &[Target],
        subscription: &SubscriptionId,
    ) -> Result<ResourceId, (Reason, String)> {
        let name_it = format!("name the resource with {}", Name::TargetResourceId);
        let mistake = |message: String| Err((Reason::InvalidAnnotation, message));
        let known = match self {
            Self::Known(known) => known,
            Self::Failed(why) => {
                return Err((
                    Reason::LookupFailed,
                    format!(
                        "the public IP addresses of the subscription could not be listed, and the endpoint stays as it is: {why}; {name_it} to do without"
                    ),
                ));
            }
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
        match known.get(address) {
            None => mistake(format!(
                "the address {address} is none of the public IP addresses of subscription {subscription}: it is private, or belongs to somebody else; {name_it}, or set {} to External",
                Name::EndpointType
            )),
            Some(ip) if ip.fqdn.is_none() => mistake(format!(
                "the public IP address {address} ({}) has no DNS label, and Azure endpoints need one: annotate the Service with service.beta.kubernetes.io/azure-dns-label-name",
                ip.id.name()
            )),
            Some(ip) => Ok(ip.id.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(name: &str, address: &str, fqdn: Option<&str>) -> PublicIp {
        let id = format!(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/{name}"
        );
        PublicIp {
            id: id.parse().unwrap(),
            address: address.parse().ok(),
            fqdn: fqdn.map(|name| name.parse().unwrap()),
        }
    }

    fn said(ips: &PublicIps, addresses: &[&str]) -> String {
        let addresses: Vec<Target> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let subscription = "00000000-0000-0000-0000-000000000000".parse().unwrap();
        match ips.resource(&addresses, &subscription) {
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
        let failed = PublicIps::Failed("Azure answered 403 AuthorizationFailed".to_owned());
        insta::assert_snapshot!(said(&failed, &["20.1.2.3"]), @"LookupFailed: the public IP addresses of the subscription could not be listed, and the endpoint stays as it is: Azure answered 403 AuthorizationFailed; name the resource with webhook-traffic-manager-target-resource-id to do without");
    }
}
