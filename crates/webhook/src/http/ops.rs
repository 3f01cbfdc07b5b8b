//! The operations port: is it alive, is it ready, what does it count.
//!
//! * `/healthz`, `/health`: 200 as long as the process answers. It says nothing about Azure: a restart does
//!   not mend Azure, and would take the API away from ExternalDNS, which exits on a refused connection.
//! * `/readyz`, `/ready`: 200 when Azure was listed and the last listings did not all fail, else 503; the body
//!   is JSON either way. Nothing is listed before ExternalDNS asks, so do not let ExternalDNS's start
//!   wait for it.
//! * `/metrics`: OpenMetrics.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::metrics::{self, Metrics};
use crate::provider_api::{Health, Provider, Readiness};

/// What the operations port shows.
pub struct Ops {
    provider: Arc<dyn Provider>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadyBody {
    ready: bool,
    reason: &'static str,
    version: &'static str,
    provider: Health,
}

impl Ops {
    /// The operations of a provider. Not ready any more once `shutdown` is cancelled.
    pub fn new(
        provider: Arc<dyn Provider>,
        metrics: Arc<Metrics>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            provider,
            metrics,
            shutdown,
        }
    }

    /// The routes.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/healthz", get(healthz))
            .route("/health", get(healthz))
            .route("/readyz", get(readyz))
            .route("/ready", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(self)
    }
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(ops): State<Arc<Ops>>) -> Response {
    let provider = ops.provider.health();
    let (ready, reason) = if ops.shutdown.is_cancelled() {
        (false, "shutting down")
    } else {
        match provider.readiness() {
            Readiness::Ready => (true, "ready"),
            Readiness::NeverListed => (
                false,
                "Azure has not been listed yet; ExternalDNS's next loop does",
            ),
            Readiness::ListingsFail => (false, "the last listings of Azure have failed"),
        }
    };
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = ReadyBody {
        ready,
        reason,
        version: env!("CARGO_PKG_VERSION"),
        provider,
    };
    (status, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

async fn metrics(State(ops): State<Arc<Ops>>) -> Response {
    ops.metrics.state.set(&ops.provider.health());
    (
        [(CONTENT_TYPE, metrics::CONTENT_TYPE)],
        ops.metrics.encode(),
    )
        .into_response()
}
