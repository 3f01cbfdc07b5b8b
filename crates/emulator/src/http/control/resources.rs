//! `PUT /_emulator/resources`: makes an Azure resource known, so that an endpoint of type Azure can point at it.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::Edge;
use super::BadInput;
use crate::model::location::Location;
use crate::state::AzureResource;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: String,
    /// Absent for a public IP address without a DNS label.
    host: Option<String>,
    location: String,
    /// Of a public IP address.
    address: Option<IpAddr>,
    /// Of a public IP address: makes its host.
    #[serde(rename = "dnsLabel")]
    dns_label: Option<String>,
}

pub(super) async fn put(State(edge): State<Edge>, body: Bytes) -> Result<StatusCode, BadInput> {
    let body: Body = serde_json::from_slice(&body).map_err(|error| BadInput::because(&error))?;
    if !body.id.starts_with("/subscriptions/") {
        return Err(BadInput::new(format!(
            "{:?} is not a resource id: it does not start with /subscriptions/",
            body.id
        )));
    }
    let location = Location::parse(&body.location)
        .ok_or_else(|| BadInput::new(format!("{:?} is not an Azure region", body.location)))?;
    let is_public_ip = body
        .id
        .to_ascii_lowercase()
        .contains("/providers/microsoft.network/publicipaddresses/");
    if !is_public_ip && (body.address.is_some() || body.dns_label.is_some()) {
        return Err(BadInput::new(format!(
            "{:?} is not the id of a public IP address, which alone has an address and a dnsLabel",
            body.id
        )));
    }
    let labelled = |label: String| format!("{label}.{}.cloudapp.azure.com", location.short_name());
    let host = body.host.or_else(|| body.dns_label.map(labelled));
    if let Some(host) = &host {
        data_plane::Fqdn::new(host).map_err(|error| BadInput::new(format!("host: {error}")))?;
    }
    edge.shared.with(|service| {
        let resource = AzureResource { host, location };
        if is_public_ip {
            service
                .state
                .add_public_ip(&body.id, body.address, resource);
        } else {
            service.state.add_resource(&body.id, resource);
        }
    });
    Ok(StatusCode::NO_CONTENT)
}
