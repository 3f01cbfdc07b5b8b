//! `GET` and `DELETE /_emulator/tokens`: what the authority has issued.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::super::Edge;

/// The tokens of the last day, without their text.
pub(super) async fn get(State(edge): State<Edge>) -> Json<Value> {
    let now = edge.clock.now();
    let tokens = edge.shared.with(|service| service.authority.issued(now));
    Json(json!({ "tokens": tokens }))
}

/// Revokes every token.
pub(super) async fn revoke(State(edge): State<Edge>) -> Json<Value> {
    let now = edge.clock.now();
    let revoked = edge
        .shared
        .with(|service| service.authority.revoke_all(now));
    Json(json!({ "revoked": revoked }))
}
