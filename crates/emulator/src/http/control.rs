//! The control API: what tests and demonstrations do to the emulator itself. Its calls are never counted.

mod health;
mod requests;
mod resources;
mod state;
mod tokens;

use std::error::Error;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Edge;

/// A refused control call: 400 with the reason.
#[derive(Debug)]
pub(super) struct BadInput(String);

/// The routes below `/_emulator`.
pub(super) fn router() -> Router<Edge> {
    Router::new()
        .route("/requests", get(requests::get).delete(requests::reset))
        .route(
            "/faults",
            get(get_faults).put(put_faults).delete(delete_faults),
        )
        .route("/health/{profile}/{endpoint}", put(health::put))
        .route("/resources", put(resources::put))
        .route("/state", get(state::get))
        .route("/tokens", get(tokens::get).delete(tokens::revoke))
        .fallback(unknown)
}

async fn get_faults(State(edge): State<Edge>) -> Json<Value> {
    Json(json!({ "rules": edge.shared.with(|service| service.faults.view()) }))
}

async fn put_faults(State(edge): State<Edge>, body: Bytes) -> Result<Json<Value>, BadInput> {
    edge.shared
        .with(|service| {
            let seed = service.seed();
            service.faults.replace(&body, seed)
        })
        .map_err(|error| BadInput::because(&error))?;
    Ok(get_faults(State(edge)).await)
}

async fn delete_faults(State(edge): State<Edge>) -> StatusCode {
    edge.shared.with(|service| service.faults.clear());
    StatusCode::NO_CONTENT
}

async fn unknown() -> BadInput {
    BadInput::new(
        "no such control call; there are GET and DELETE requests, GET, PUT and DELETE faults, PUT health/{profile}/{endpoint}, PUT resources, GET state, GET and DELETE tokens",
    )
}

// === impl BadInput ===

impl BadInput {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The error with its causes.
    pub(super) fn because(error: &dyn Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Some errors repeat their cause.
            let cause_text = cause.to_string();
            if !reason.contains(&cause_text) {
                reason.push_str(": ");
                reason.push_str(&cause_text);
            }
            source = cause.source();
        }
        Self(reason)
    }
}

impl IntoResponse for BadInput {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}
