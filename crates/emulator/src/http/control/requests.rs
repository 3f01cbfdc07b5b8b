//! `GET` and `DELETE /_emulator/requests`: what was asked of the ARM API.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::super::Edge;
use super::BadInput;
use crate::journal::{Counts, LogEntry};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    #[serde(default)]
    log: bool,
}

/// The counts, and with `?log=true` the last requests.
#[derive(Serialize)]
pub(super) struct Requests {
    total: u64,
    reads: u64,
    writes: u64,
    methods: std::collections::BTreeMap<String, u64>,
    operations: std::collections::BTreeMap<&'static str, crate::journal::OperationCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<Vec<LogEntry>>,
}

pub(super) async fn get(
    State(edge): State<Edge>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Requests>, BadInput> {
    let Query(parameters) = parameters.map_err(|error| BadInput::because(&error))?;
    let (counts, log) = edge.shared.with(|service| {
        let log: Option<Vec<_>> = parameters
            .log
            .then(|| service.journal.log().cloned().collect());
        (service.journal.counts(), log)
    });
    let Counts {
        total,
        reads,
        writes,
        methods,
        operations,
    } = counts;
    Ok(Json(Requests {
        total,
        reads,
        writes,
        methods,
        operations,
        log,
    }))
}

pub(super) async fn reset(State(edge): State<Edge>) -> StatusCode {
    edge.shared.with(|service| service.journal.reset());
    StatusCode::NO_CONTENT
}
