//! The real exchange: one request and its answer, over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect;

use crate::error::Phase;
use crate::exchange::{Answer, Exchange, Request, RequestIds, SendError};
use crate::{ArmUrl, ClientConfig, ConfigError, Token};

const CORRELATION_ID: &str = "x-ms-correlation-request-id";
const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

/// The connection pool to one ARM endpoint.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    body_limit: usize,
}

// === impl Transport ===

impl Transport {
    /// A pool for the endpoint in the configuration.
    ///
    /// Redirects are off: ARM does not redirect, and following one would carry
    /// the token to wherever it points. Loopback requests bypass any proxy in the
    /// environment, which would otherwise get the token in clear.
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, ConfigError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout);
        if config.arm.is_loopback() {
            builder = builder.no_proxy();
        }
        if !config.arm.is_https() {
            // Certificates of authorities are neither needed nor, in a minimal
            // container image, there; loading none would be an error.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self {
            http: builder.build().map_err(ConfigError::Http)?,
            body_limit: config.body_limit,
        })
    }
}

#[async_trait]
impl Exchange for Transport {
    async fn send(
        &self,
        request: &Request,
        ids: RequestIds<'_>,
        token: Option<&Token>,
        timeout: Duration,
    ) -> Result<Answer, SendError> {
        let mut builder = self
            .http
            .request(request.method.clone(), request.url.clone())
            .header(CORRELATION_ID, ids.correlation)
            .header(CLIENT_REQUEST_ID, ids.client)
            .timeout(timeout);
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, bearer(token)?);
        }
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        if let Some(condition) = &request.condition {
            let (name, value) = condition.header();
            builder = builder.header(name, value);
        }
        let mut response = builder.send().await.map_err(network)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > self.body_limit {
                return Err(SendError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
        })
    }
}

fn bearer(token: &Token) -> Result<HeaderValue, SendError> {
    // The parse error of a header value does not hold the value.
    let mut value =
        HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|source| {
            SendError::Network {
                phase: Phase::Connect,
                source: source.into(),
            }
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn network(error: reqwest::Error) -> SendError {
    let phase = if error.is_connect() || error.is_builder() {
        Phase::Connect
    } else if error.is_timeout() {
        Phase::Timeout
    } else {
        Phase::Interrupted
    };
    SendError::Network {
        phase,
        // The error of the call names the resource already.
        source: error.without_url().into(),
    }
}

/// Whether the settings of a client allow a token to be sent, and require one.
pub(crate) fn check_exposure(arm: &ArmUrl, has_tokens: bool) -> Result<(), ConfigError> {
    match (has_tokens, arm.is_https(), arm.is_loopback()) {
        (true, false, false) => Err(ConfigError::TokenInClear {
            arm: arm.to_string(),
        }),
        (false, true, false) => Err(ConfigError::NoCredential {
            arm: arm.to_string(),
        }),
        _ => Ok(()),
    }
}
