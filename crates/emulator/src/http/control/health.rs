//! `PUT /_emulator/health/{profile}/{endpoint}`: forces the health of an endpoint, or hands it back to the probes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use data_plane::health::EndpointStatus;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Edge;
use super::BadInput;
use crate::health::ForcedHealth;
use crate::model::ProfilePath;
use crate::service::Service;

/// Tells profiles of one name apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Parameters {
    subscription: Option<String>,
    resource_group: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    status: Wanted,
}

#[derive(Deserialize)]
enum Wanted {
    Online,
    Degraded,
    Probe,
}

pub(super) async fn put(
    State(edge): State<Edge>,
    path: Result<Path<(String, String)>, PathRejection>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    body: Bytes,
) -> Result<Json<Value>, BadInput> {
    let Path((profile, endpoint)) = path.map_err(|error| BadInput::because(&error))?;
    let Query(parameters) = parameters.map_err(|error| BadInput::because(&error))?;
    let body: Body = serde_json::from_slice(&body).map_err(|error| BadInput::because(&error))?;
    let forced = match body.status {
        Wanted::Online => Some(ForcedHealth::Online),
        Wanted::Degraded => Some(ForcedHealth::Degraded),
        Wanted::Probe => None,
    };
    edge.shared.with(|service| {
        let path = find(service, &profile, &parameters)?;
        if !service.state.force_health(&path, &endpoint, forced) {
            return Err(BadInput::new(format!(
                "profile {profile:?} has no endpoint {endpoint:?}"
            )));
        }
        let statuses = service.state.statuses(&path);
        let shown = statuses
            .as_ref()
            .and_then(|statuses| statuses.endpoint(&endpoint))
            .map(EndpointStatus::as_str);
        Ok(Json(json!({
            "profile": path.id(),
            "endpoint": endpoint,
            "forced": forced.map(ForcedHealth::as_str),
            "endpointMonitorStatus": shown,
        })))
    })
}

fn find(service: &Service, name: &str, parameters: &Parameters) -> Result<ProfilePath, BadInput> {
    let is = |wanted: &Option<String>, actual: &str| {
        wanted
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(actual))
    };
    let mut matching = service
        .state
        .profiles()
        .map(|profile| &profile.path)
        .filter(|path| path.name.eq_ignore_ascii_case(name))
        .filter(|path| is(&parameters.subscription, &path.subscription))
        .filter(|path| is(&parameters.resource_group, &path.resource_group));
    match (matching.next(), matching.next()) {
        (Some(path), None) => Ok(path.clone()),
        (None, _) => Err(BadInput::new(format!("there is no profile {name:?}"))),
        (Some(_), Some(_)) => Err(BadInput::new(format!(
            "there are several profiles {name:?}; add ?subscription= and ?resourceGroup="
        ))),
    }
}
