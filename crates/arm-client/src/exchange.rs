//! The boundary between the client and the network: one request out, its answer
//! back. No retries, no meaning of statuses.
//!
//! The real one is HTTP. A simulation puts an emulated Azure in its place, so
//! that everything above it, retries and classification included, is the code
//! that runs in production.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
pub use reqwest::Method;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::header::{IF_MATCH, IF_NONE_MATCH};
use url::Url;

use crate::Token;
use crate::error::{BoxError, Phase};

const CORRELATION_ID: &str = "x-ms-correlation-request-id";
const REQUEST_ID: &str = "x-ms-request-id";

/// Carries requests to Azure Resource Manager.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Sends a request once and reads the whole answer, all within `timeout`.
    async fn send(
        &self,
        request: &Request,
        ids: RequestIds<'_>,
        token: Option<&Token>,
        timeout: Duration,
    ) -> Result<Answer, SendError>;
}

/// What to send. The URL is on the ARM endpoint's server.
#[derive(Debug, Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// JSON, if there is a body.
    pub body: Option<Bytes>,
    /// Under which condition Azure shall do it.
    pub condition: Option<Condition>,
}

/// What must be so for a request to be done; else Azure answers 412 and does
/// nothing. Traffic Manager has no conditions, Azure DNS has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is nothing yet.
    Absent,
    /// It is still of this version.
    Unchanged(HeaderValue),
}

/// The ids under which Azure logs a request.
#[derive(Debug, Clone, Copy)]
pub struct RequestIds<'a> {
    /// The same for all requests of a call.
    pub correlation: &'a str,
    /// Another one for every request.
    pub client: &'a str,
}

/// A complete answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Why there is no complete answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The network failed.
    #[error("{phase}")]
    Network {
        /// How far the request got.
        phase: Phase,
        /// What the network said.
        source: BoxError,
    },
    /// The answer has more bytes than the client reads.
    #[error("the answer is too long")]
    TooLong,
}

// === impl Condition ===

impl Condition {
    /// The header that says it.
    pub fn header(&self) -> (HeaderName, HeaderValue) {
        match self {
            Self::Absent => (IF_NONE_MATCH, HeaderValue::from_static("*")),
            Self::Unchanged(version) => (IF_MATCH, version.clone()),
        }
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header(REQUEST_ID)
    }

    pub(crate) fn correlation_id(&self) -> Option<&str> {
        self.header(CORRELATION_ID)
    }
}

// === impl Request ===

impl Request {
    pub(crate) fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            body: None,
            condition: None,
        }
    }

    pub(crate) fn delete(url: Url) -> Self {
        Self {
            method: Method::DELETE,
            url,
            body: None,
            condition: None,
        }
    }

    /// The same request under a condition.
    #[must_use]
    pub(crate) fn only_if(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// The path, which names the resource in errors.
    pub(crate) fn resource(&self) -> &str {
        self.url.path()
    }
}
