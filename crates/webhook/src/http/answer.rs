//! The answers to ExternalDNS's calls: the type admits none that would stop it.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use external_dns::MEDIA_TYPE;
use serde::Serialize;

use crate::provider_api::{ProviderError, error_chain};
use crate::soft_status::SoftStatus;

/// The answer to a call: done, or failed in a way that ExternalDNS survives.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 200 with a whole JSON document.
    Json(Bytes),
    /// 204. For [`Apply`](super::call::Call::Apply) a 200 would already be an error that stops ExternalDNS.
    Applied,
    /// 500..=510 with the reason as text.
    Failed(Failure),
}

/// Why a call failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What ExternalDNS is told.
    pub status: SoftStatus,
    /// A stable word for metrics and logs.
    pub outcome: &'static str,
    /// The reason, for a person. Without secrets.
    pub text: String,
    /// What stands in the log, when the one who saw the cause has logged it.
    pub summary: Option<String>,
}

/// ExternalDNS reads at most 1 MiB of an error's body before it gives up the connection; a person reads less.
const LONGEST_TEXT: usize = 4096;

// === impl Answer ===

impl Answer {
    /// 200 with the value, or a failure when it cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => Self::Json(json.into()),
            Err(error) => Self::Failed(Failure {
                status: SoftStatus::INTERNAL,
                outcome: "internal",
                text: format!("internal error: the answer cannot be written: {error}"),
                summary: None,
            }),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Json(_) => StatusCode::OK,
            Self::Applied => StatusCode::NO_CONTENT,
            Self::Failed(failure) => failure.status.into(),
        }
    }

    /// The word for the `outcome` label of metrics and logs.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Applied => "ok",
            Self::Failed(failure) => failure.outcome,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = self.status();
        let (content_type, body) = match self {
            Self::Json(json) => (Some(MEDIA_TYPE), Body::from(json)),
            Self::Applied => (None, Body::empty()),
            Self::Failed(failure) => (
                Some("text/plain; charset=utf-8"),
                Body::from(bounded(failure.text)),
            ),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        if let Some(content_type) = content_type {
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        response
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self {
            status: error.status(),
            outcome: error.outcome(),
            summary: matches!(error, ProviderError::Azure { .. }).then(|| error.to_string()),
            text: error_chain(&error),
        }
    }
}

/// The text with a newline, cut at the limit.
fn bounded(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let end = (0..=LONGEST_TEXT)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_TEXT, bounded};

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = bounded("é".repeat(LONGEST_TEXT));
        assert!(cut.len() <= LONGEST_TEXT + "…\n".len());
        assert!(cut.ends_with("é…\n"));
        assert_eq!(bounded("short".to_owned()), "short\n");
    }
}
