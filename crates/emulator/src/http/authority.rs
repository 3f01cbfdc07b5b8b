//! The routes of the authority. Its calls are neither counted nor subject to faults.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::{Edge, http_response, text};
use crate::authority::{IdentityRequest, TokenRequest, instance, keys, openid_configuration};
use crate::refusal::error_response;

/// Largest form that is read; an assertion is a few kilobytes.
const FORM_LIMIT: usize = 64 * 1024;

/// The routes of the authority and of managed identities.
pub(super) fn router() -> Router<Edge> {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(token))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(metadata),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(get_keys))
        .route("/common/discovery/instance", get(discovery))
        .route("/metadata/identity/oauth2/token", get(identity))
}

async fn token(
    State(edge): State<Edge>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, FORM_LIMIT).await else {
        return http_response(error_response(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestContentTooLarge",
            "The form is too large.",
        ));
    };
    let base = base_url(&edge, &headers);
    let correlation = text(&headers, "client-request-id");
    let request = TokenRequest {
        tenant: &tenant,
        base: &base,
        form: &fields(&body),
        correlation: correlation.as_deref(),
    };
    let now = edge.clock.now();
    let mut response = edge
        .shared
        .with(|service| service.authority.token(now, &request));
    if let Some(correlation) = correlation {
        response = response.with("client-request-id", correlation);
    }
    http_response(response)
}

async fn metadata(
    State(edge): State<Edge>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    http_response(openid_configuration(&base_url(&edge, &headers), &tenant))
}

async fn get_keys() -> Response {
    http_response(keys())
}

async fn discovery(State(edge): State<Edge>, request: Request) -> Response {
    let query = fields(request.uri().query().unwrap_or_default().as_bytes());
    let endpoint = query
        .iter()
        .find(|(name, _)| name == "authorization_endpoint")
        .map(|(_, value)| value.as_str());
    http_response(instance(&base_url(&edge, request.headers()), endpoint))
}

async fn identity(State(edge): State<Edge>, request: Request) -> Response {
    let headers = request.headers();
    let metadata = text(headers, "metadata");
    let request = IdentityRequest {
        base: &base_url(&edge, headers),
        metadata: metadata.as_deref(),
        is_forwarded: headers.contains_key("x-forwarded-for"),
        query: &fields(request.uri().query().unwrap_or_default().as_bytes()),
    };
    let now = edge.clock.now();
    http_response(
        edge.shared
            .with(|service| service.authority.identity(now, &request)),
    )
}

/// The URL of this emulator as the client wrote it, without a slash at the end.
pub(super) fn base_url(edge: &Edge, headers: &HeaderMap) -> String {
    let host = text(headers, HOST.as_str()).unwrap_or_else(|| "localhost".to_owned());
    format!("{}://{host}", edge.scheme)
}

fn fields(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}
