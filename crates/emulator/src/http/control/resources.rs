//! `PUT /_emulator/resources`: makes an Azure resource known, so that an endpoint of type Azure can point at it.

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
    if let Some(host) = &body.host {
        data_plane::Fqdn::new(host).map_err(|error| BadInput::new(format!("host: {error}")))?;
    }
    edge.shared.with(|service| {
        let resource = AzureResource {
            host: body.host,
            location,
        };
        service.state.add_resource(&body.id, resource);
    });
    Ok(StatusCode::NO_CONTENT)
}
