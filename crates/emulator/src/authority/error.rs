//! Errors of the token endpoint, as Entra ID gives them.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::Authority;
use crate::request::Response;

/// Why no token is issued. The texts are those of Entra ID, shortened where they go on about its portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("The request body must contain the following parameter: '{0}'.")]
    MissingParameter(&'static str),
    #[error("The app requested an unsupported grant type '{0}'.")]
    GrantType(String),
    #[error(
        "Specified tenant identifier '{0}' is neither a valid DNS name, nor a valid external domain."
    )]
    Tenant(String),
    #[error(
        "The provided value for scope {0} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
    )]
    Scope(String),
    #[error(
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
    )]
    UnknownClient { client: String, tenant: String },
    #[error(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{0}'."
    )]
    Secret(String),
    #[error(
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."
    )]
    NoProof,
    #[error(
        "The 'client_assertion_type' '{0}' is not supported; use 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'."
    )]
    AssertionType(String),
    #[error("JWT token is invalid or malformed: {0}.")]
    Malformed(&'static str),
    #[error(
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, expiry time of assertion {until}."
    )]
    TimeRange {
        now: String,
        from: String,
        until: String,
    },
    #[error(
        "Client assertion failed signature validation. [Reason - {reason}, Thumbprint of key used by client: '{thumbprint}']"
    )]
    Signature {
        reason: &'static str,
        thumbprint: String,
    },
    #[error("Client assertion audience claim does not match Realm issuer.")]
    Realm,
    #[error(
        "Client assertion application identifier doesn't match 'client_id' parameter: '{claim}' is '{found}'."
    )]
    Issuer { claim: &'static str, found: String },
    #[error(
        "No matching federated identity record found for presented assertion audience '{0}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
    )]
    Audience(String),
}

impl TokenError {
    /// The number of the error, its name in the standard, and the status it goes with.
    fn kind(&self) -> (u32, &'static str, StatusCode) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
        match self {
            Self::MissingParameter(_) => (900_144, "invalid_request", BAD),
            Self::GrantType(_) => (70_003, "unsupported_grant_type", BAD),
            Self::Tenant(_) => (900_023, "invalid_request", BAD),
            Self::Scope(_) => (1_002_012, "invalid_scope", BAD),
            Self::UnknownClient { .. } => (700_016, "unauthorized_client", BAD),
            Self::Secret(_) => (7_000_215, "invalid_client", UNAUTHORIZED),
            Self::NoProof => (7_000_216, "invalid_client", UNAUTHORIZED),
            Self::AssertionType(_) => (90_014, "invalid_request", BAD),
            Self::Malformed(_) => (50_027, "invalid_request", BAD),
            Self::TimeRange { .. } => (700_024, "invalid_client", UNAUTHORIZED),
            Self::Signature { .. } => (700_027, "invalid_client", UNAUTHORIZED),
            Self::Realm => (700_023, "invalid_client", UNAUTHORIZED),
            Self::Issuer { .. } => (700_021, "invalid_client", UNAUTHORIZED),
            Self::Audience(_) => (700_212, "invalid_client", UNAUTHORIZED),
        }
    }
}

impl Authority {
    /// The answer in place of a token.
    pub(super) fn token_error(
        &mut self,
        now: Timestamp,
        base: &str,
        correlation: Option<&str>,
        error: &TokenError,
    ) -> Response {
        let (number, name, status) = error.kind();
        let trace = self.ids.guid();
        let correlation = match correlation {
            Some(given) => given.to_owned(),
            None => self.ids.guid(),
        };
        let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        Response::json(
            status,
            &json!({
                "error": name,
                "error_description": format!("AADSTS{number}: {error} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"),
                "error_codes": [number],
                "timestamp": timestamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": format!("{base}/error?code={number}"),
            }),
        )
        .with("cache-control", "no-store, no-cache")
    }
}
