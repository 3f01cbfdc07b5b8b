//! Public IP addresses: what Azure endpoints of load balancers point at.

use std::net::IpAddr;

use serde::Deserialize;

use crate::{Hostname, ResourceId};

/// A public IP address of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIp {
    /// The resource.
    pub id: ResourceId,
    /// The address; `None` while none is allocated.
    pub address: Option<IpAddr>,
    /// The name that its DNS label gives it. Without one it cannot be an endpoint.
    pub fqdn: Option<Hostname>,
}

/// The JSON of `Microsoft.Network/publicIPAddresses`, as far as it is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicIpDocument {
    /// ARM id.
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    ip_address: Option<String>,
    #[serde(default)]
    dns_settings: Option<DnsSettings>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct DnsSettings {
    #[serde(default)]
    fqdn: Option<String>,
}

// === impl PublicIp ===

impl PublicIp {
    /// What a document says; `None` when its id is not one of a resource.
    pub fn of(document: &PublicIpDocument) -> Option<Self> {
        let held = &document.properties;
        let fqdn = held.dns_settings.as_ref().and_then(|dns| dns.fqdn.as_ref());
        Some(Self {
            id: document.id.as_deref()?.parse().ok()?,
            address: held
                .ip_address
                .as_deref()
                .and_then(|text| text.parse().ok()),
            fqdn: fqdn.and_then(|name| name.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/ip";

    #[rstest]
    #[case(r#"{"ipAddress":"20.1.2.3","dnsSettings":{"domainNameLabel":"a","fqdn":"A.westeurope.cloudapp.azure.com"}}"#, Some("20.1.2.3"), Some("a.westeurope.cloudapp.azure.com"))]
    #[case(
        r#"{"ipAddress":"2603:1030::1","dnsSettings":null}"#,
        Some("2603:1030::1"),
        None
    )]
    #[case(r#"{"provisioningState":"Succeeded"}"#, None, None)]
    fn documents(
        #[case] properties: &str,
        #[case] address: Option<&str>,
        #[case] fqdn: Option<&str>,
    ) {
        let text = format!(r#"{{"id":"{ID}","etag":"x","properties":{properties}}}"#);
        let document: PublicIpDocument = serde_json::from_str(&text).unwrap();
        let ip = PublicIp::of(&document).unwrap();
        assert_eq!(ip.id.name(), "ip");
        assert_eq!(
            ip.address.map(|address| address.to_string()).as_deref(),
            address
        );
        assert_eq!(ip.fqdn.map(|name| name.to_string()).as_deref(), fqdn);
    }
}
