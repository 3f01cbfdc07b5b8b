//! Public IP addresses, which the control API makes known: read-only, as far as clients of Traffic Manager read them.

use std::net::IpAddr;

use axum::http::StatusCode;
use serde::Serialize;

use super::{AzureResource, State, done};
use crate::refusal::Refusal;
use crate::request::Response;

/// An address, and the id in the spelling in which it was made known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicIp {
    id: String,
    address: Option<IpAddr>,
}

#[derive(Serialize)]
struct Page<'a> {
    value: Vec<Document<'a>>,
}

#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    id: &'a str,
    #[serde(rename = "type")]
    arm_type: &'static str,
    location: String,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    provisioning_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<IpAddr>,
    #[serde(rename = "publicIPAddressVersion")]
    version: &'static str,
    #[serde(rename = "publicIPAllocationMethod")]
    allocation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_settings: Option<DnsSettings<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DnsSettings<'a> {
    domain_name_label: &'a str,
    fqdn: &'a str,
}

// === impl State ===

impl State {
    /// Makes a public IP address known, so that it is found in lists and endpoints of type Azure can point at it.
    pub fn add_public_ip(&mut self, id: &str, address: Option<IpAddr>, resource: AzureResource) {
        let ip = PublicIp {
            id: id.to_owned(),
            address,
        };
        self.public_ips.insert(id.to_ascii_lowercase(), ip);
        self.add_resource(id, resource);
    }

    /// Those of a subscription, or of one of its resource groups.
    pub(super) fn list_public_ips(&self, subscription: &str, group: Option<&str>) -> Response {
        let prefix = match group {
            Some(group) => format!("/subscriptions/{subscription}/resourceGroups/{group}/"),
            None => format!("/subscriptions/{subscription}/"),
        };
        let prefix = prefix.to_ascii_lowercase();
        let within = self.public_ips.range(prefix.clone()..);
        let value = within
            .take_while(|(id, _)| id.starts_with(&prefix))
            .filter_map(|(id, ip)| Some(document(ip, self.resources.get(id)?)))
            .collect();
        done(StatusCode::OK, &Page { value })
    }

    pub(super) fn get_public_ip(
        &self,
        subscription: &str,
        group: &str,
        name: &str,
    ) -> Result<Response, Refusal> {
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/publicIPAddresses/{name}"
        );
        let key = id.to_ascii_lowercase();
        let found = self.public_ips.get(&key).zip(self.resources.get(&key));
        let (ip, resource) = found.ok_or_else(|| Refusal::PublicIpNotFound {
            group: group.to_owned(),
            name: name.to_owned(),
        })?;
        Ok(done(StatusCode::OK, &document(ip, resource)))
    }
}

fn document<'a>(ip: &'a PublicIp, resource: &'a AzureResource) -> Document<'a> {
    let fqdn = resource.host.as_deref();
    let is_v6 = ip.address.is_some_and(|address| address.is_ipv6());
    Document {
        name: ip.id.rsplit('/').next().unwrap_or_default(),
        id: &ip.id,
        arm_type: "Microsoft.Network/publicIPAddresses",
        location: resource.location.short_name(),
        properties: Properties {
            provisioning_state: "Succeeded",
            ip_address: ip.address,
            version: if is_v6 { "IPv6" } else { "IPv4" },
            allocation: "Static",
            dns_settings: fqdn.map(|fqdn| DnsSettings {
                domain_name_label: fqdn.split('.').next().unwrap_or_default(),
                fqdn,
            }),
        },
    }
}
