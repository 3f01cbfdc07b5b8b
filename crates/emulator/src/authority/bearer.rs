//! Whether the `Authorization` header of an ARM request does, and how Resource Manager refuses one that does not.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use serde_json::json;

use super::tokens::Tokens;
use crate::refusal::error_response;
use crate::request::Response;

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("Authentication failed. The 'Authorization' header is missing.")]
    Missing,
    #[error("Authentication failed. The 'Authorization' header is provided in an invalid format.")]
    NotBearer,
    #[error("The access token is invalid.")]
    Unknown,
    #[error("The access token expiry UTC time '{}' is earlier than current UTC time '{}'.", spoken(*.expiry), spoken(*.now))]
    Expired { expiry: Timestamp, now: Timestamp },
    /// Revoked at this time. A client that takes challenges is told to ask for a newer token.
    #[error(
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"
    )]
    Revoked {
        at: Timestamp,
        takes_challenges: bool,
    },
}

/// Looks up the token of a request.
pub(super) fn check(
    tokens: &Tokens,
    now: Timestamp,
    authorization: Option<&str>,
) -> Result<(), Denied> {
    let header = authorization.ok_or(Denied::Missing)?;
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => token.trim(),
        _ => return Err(Denied::NotBearer),
    };
    let issued = tokens.find(token).ok_or(Denied::Unknown)?;
    if now >= issued.expires_at {
        return Err(Denied::Expired {
            expiry: issued.expires_at,
            now,
        });
    }
    match issued.revoked_at {
        Some(at) => Err(Denied::Revoked {
            at,
            takes_challenges: issued.wanted.takes_challenges,
        }),
        None => Ok(()),
    }
}

// === impl Denied ===

impl Denied {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "AuthenticationFailed",
            Self::NotBearer => "AuthenticationFailedInvalidHeader",
            Self::Unknown | Self::Revoked { .. } => "InvalidAuthenticationToken",
            Self::Expired { .. } => "ExpiredAuthenticationToken",
        }
    }

    /// 401 with the challenge that says where tokens come from.
    pub(super) fn response(&self, base: &str) -> Response {
        let message = self.to_string();
        let challenge = match self {
            Self::Revoked {
                at,
                takes_challenges: true,
            } => {
                let claims = json!({ "access_token": { "nbf": {
                    "essential": true,
                    "value": at.as_second().to_string(),
                } } });
                format!(
                    r#"Bearer realm="", authorization_uri="{base}/common/oauth2/authorize", error="insufficient_claims", claims="{}""#,
                    URL_SAFE.encode(claims.to_string())
                )
            }
            Self::Missing => format!(
                r#"Bearer authorization_uri="{base}/common", error="invalid_token", error_description="The authentication failed because of missing 'Authorization' header.""#
            ),
            _ => format!(
                r#"Bearer authorization_uri="{base}/common", error="invalid_token", error_description="{message}""#
            ),
        };
        error_response(StatusCode::UNAUTHORIZED, self.code(), &message)
            .with("cache-control", "no-cache")
            .with("x-ms-failure-cause", "gateway")
            .with("www-authenticate", challenge)
    }
}

/// A time as these messages write it.
fn spoken(time: Timestamp) -> String {
    time.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string()
}
