//! Requests and responses of the ARM API, without a network: what the deterministic core works on.

use axum::http::{Method, StatusCode};
use serde::Serialize;

/// A request as Resource Manager receives it.
#[derive(Debug, Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path, still percent-encoded.
    pub path: String,
    /// Query without the question mark.
    pub query: String,
    /// `x-ms-correlation-request-id` of the client, which the answer repeats.
    pub correlation_id: Option<String>,
    /// The identity that asks, when it is known: requests are counted for each.
    pub caller: Option<String>,
    /// Under which conditions it is to be carried out; only Azure DNS has any.
    pub conditions: Conditions,
    /// The URL of Resource Manager as the caller wrote it, without a slash at the end, for links to further pages.
    pub base: String,
    /// Body.
    pub body: Vec<u8>,
}

/// Headers that make a request depend on what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: the version that is there, or `*` for any.
    pub if_match: Option<String>,
    /// `If-None-Match`: `*` when there is to be nothing.
    pub if_none_match: Option<String>,
}

/// An answer of Resource Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers apart from `content-type` and `content-length`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON text; `None` for an empty body.
    pub body: Option<String>,
}

// === impl Request ===

impl Request {
    /// A request with an `api-version` and a JSON body, or none when it is null.
    pub fn new(method: Method, path: &str, api_version: &str, body: &serde_json::Value) -> Self {
        Self {
            method,
            path: path.to_owned(),
            query: format!("api-version={api_version}"),
            correlation_id: None,
            caller: None,
            conditions: Conditions::default(),
            base: String::new(),
            body: if body.is_null() {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            },
        }
    }

    /// The first value of a query parameter, whose name is compared without letter case.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }
}

// === impl Response ===

impl Response {
    /// An answer with this JSON document.
    pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Self {
        match serde_json::to_string(document) {
            Ok(body) => Self::text(status, body),
            // Documents are built from strings, numbers and lists, whose serialisation does not fail.
            Err(_) => Self::empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// An answer with this JSON text.
    pub(crate) fn text(status: StatusCode, body: String) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
        }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    /// The same answer with one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The body as a JSON value; null when there is none.
    pub fn value(&self) -> serde_json::Value {
        self.body
            .as_deref()
            .and_then(|body| serde_json::from_str(body).ok())
            .unwrap_or_default()
    }
}
