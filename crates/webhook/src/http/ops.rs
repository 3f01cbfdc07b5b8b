//! The operations port: is it alive, is it ready, what does it count.
//!
//! * `/healthz`, `/health`: 200 as long as the process answers. It says nothing about Azure: a restart does
//!   not mend Azure, and would take the API away from ExternalDNS, which exits on a refused connection.
//! * `/readyz`, `/ready`: 200 when Azure was listed and the last listings did not all fail, else 503; the body
//!   is JSON either way. Nothing is listed before ExternalDNS asks, so do not let ExternalDNS's start
//!   wait for it.
//! * `/metrics`: OpenMetrics.
//! * `/explain?host=…` or `?object=…`: why a host is, or is not, what its object asks for; as text, or with
//!   `format=json` or that media type in `Accept` as JSON. 404 when nobody knows of it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::explain::{Question, Verdict};
use crate::metrics::{self, Metrics};
use crate::provider_api::{Health, Provider, Readiness};

/// What the operations port shows.
pub struct Ops {
    provider: Arc<dyn Provider>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
    /// Held by whoever looks into a question.
    explaining: Semaphore,
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
            explaining: Semaphore::new(1),
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
            .route("/explain", get(explain))
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

/// The longest question: a kind, a namespace and a name of Kubernetes; a host is shorter.
const LONGEST: usize = 400;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(10);

/// The parameters of `/explain`.
#[derive(Debug, Deserialize)]
struct Asked {
    host: Option<String>,
    object: Option<String>,
    format: Option<String>,
}

async fn explain(
    State(ops): State<Arc<Ops>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let question = match (asked.host, asked.object) {
        (Some(host), None) => Question::Host(host),
        (None, Some(object)) => Question::Object(object),
        _ => {
            let usage = "ask for one: /explain?host=my-app.example.com or /explain?object=service/default/my-app\n";
            return (StatusCode::BAD_REQUEST, usage).into_response();
        }
    };
    if question.as_str().len() > LONGEST {
        let usage = "nothing has such a long name\n";
        return (StatusCode::BAD_REQUEST, usage).into_response();
    }
    // Whoever reaches this port may ask, so one question is looked into at a time.
    let turn = timeout(TURN, ops.explaining.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        let busy = "another question is being looked into; ask again\n";
        return (StatusCode::SERVICE_UNAVAILABLE, busy).into_response();
    };
    let explanation = ops.provider.explain(&question).await;
    let status = match explanation.verdict {
        Verdict::Unknown => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let json = match asked.format.as_deref() {
        Some(format) => format.eq_ignore_ascii_case("json"),
        None => accepts.is_some_and(|accept| accept.contains("application/json")),
    };
    let fresh = [(CACHE_CONTROL, "no-store")];
    if json {
        (status, fresh, axum::Json(explanation)).into_response()
    } else {
        (status, fresh, format!("{explanation}\n")).into_response()
    }
}
