//! The HTTP edge: the ARM API on every path, the control API under `/_emulator/`.

mod authority;
pub(crate) mod control;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use tower_http::catch_panic::CatchPanicLayer;

use crate::caller;
use crate::clock::Clock;
use crate::connection::Scissors;
use crate::fault::When;
use crate::refusal::error_response;
use crate::request::{Conditions, Request, Response};
use crate::service::{Arrived, Presented};
use crate::shared::Shared;

/// Largest body that Resource Manager takes.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) shared: Shared,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long every ARM answer takes.
    pub(crate) latency: Duration,
    pub(crate) dns: Arc<data_plane::DnsCounters>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}

/// The routes of the APIs and of the authority.
pub(crate) fn router(edge: Edge) -> Router {
    Router::new()
        .nest("/_emulator", control::router())
        .merge(authority::router())
        .fallback(arm)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(edge)
}

async fn arm(
    State(edge): State<Edge>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: HttpRequest,
) -> HttpResponse {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return http_response(error_response(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestContentTooLarge",
            "The request content size exceeds the maximum size of 4 MB.",
        ));
    };
    let presented = Presented {
        authorization: text(&parts.headers, header::AUTHORIZATION.as_str()),
        base: authority::base_url(&edge, &parts.headers),
    };
    let request = Request {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        correlation_id: text(&parts.headers, "x-ms-correlation-request-id"),
        caller: presented
            .authorization
            .as_deref()
            .and_then(caller::of_authorization),
        conditions: Conditions {
            if_match: text(&parts.headers, header::IF_MATCH.as_str()),
            if_none_match: text(&parts.headers, header::IF_NONE_MATCH.as_str()),
        },
        base: presented.base.clone(),
        body: body.to_vec(),
    };
    // In a task of its own: a client that gives up does not undo what it has asked for.
    let exchange = tokio::spawn(exchange(edge, presented, request));
    match exchange.await {
        Ok(Some(response)) => http_response(response),
        Ok(None) => {
            scissors.cut();
            // Never sent: writing it resets the connection.
            StatusCode::OK.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an ARM request failed");
            http_response(internal_error())
        }
    }
}

/// One request with its faults; `None` when the connection is to be reset.
async fn exchange(edge: Edge, presented: Presented, request: Request) -> Option<Response> {
    let now = edge.clock.now();
    let arrived = edge
        .shared
        .with(|service| service.arrive(now, &request, &presented));
    tokio::time::sleep(edge.latency).await;
    let response = answer(&edge, &request, &arrived).await;
    if let Some(response) = &response {
        edge.shared
            .with(|service| service.leave(&arrived, response.status));
    }
    response
}

async fn answer(edge: &Edge, request: &Request, arrived: &Arrived) -> Option<Response> {
    let carry_out = || {
        let now = edge.clock.now();
        edge.shared
            .with(|service| service.carry_out(now, request, arrived))
    };
    let Some(fault) = &arrived.fault else {
        return Some(carry_out());
    };
    let effect = (fault.when == When::After).then(carry_out);
    tokio::time::sleep(fault.delay).await;
    match (&fault.outcome, effect) {
        (Some(outcome), _) => {
            let now = edge.clock.now();
            edge.shared
                .with(|service| service.fail(now, request, arrived, outcome))
        }
        (None, Some(response)) => Some(response),
        (None, None) => Some(carry_out()),
    }
}

/// A header as text.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn http_response(response: Response) -> HttpResponse {
    let mut http = match response.body {
        Some(body) => {
            let mut http = HttpResponse::new(Body::from(body));
            http.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            );
            http
        }
        None => HttpResponse::new(Body::empty()),
    };
    *http.status_mut() = response.status;
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            http.headers_mut().insert(name, value);
        }
    }
    http
}

fn internal_error() -> Response {
    error_response(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        "An error occurred.",
    )
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> HttpResponse {
    tracing::error!("a request handler panicked");
    http_response(internal_error())
}
