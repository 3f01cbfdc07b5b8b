//! The token endpoint: client credentials by secret, certificate or federated token.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::assertion::Assertion;
use super::error::TokenError;
use super::tokens::{Grant, Wanted};
use super::{Authority, Client};
use crate::request::Response;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Scopes that client libraries add to every request. They mean nothing for a program.
const OF_USERS: [&str; 3] = ["openid", "offline_access", "profile"];

/// A request to the token endpoint.
#[derive(Debug)]
pub(crate) struct TokenRequest<'a> {
    /// The tenant in the path.
    pub(crate) tenant: &'a str,
    /// The URL of the authority as the client wrote it.
    pub(crate) base: &'a str,
    /// The fields of the form.
    pub(crate) form: &'a [(String, String)],
    /// `client-request-id`.
    pub(crate) correlation: Option<&'a str>,
}

// === impl TokenRequest ===

impl TokenRequest<'_> {
    /// A field that is there and not empty.
    fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.form.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<&str, TokenError> {
        self.field(name).ok_or(TokenError::MissingParameter(name))
    }

    /// The resource of the scope: one, with `/.default` behind it.
    fn audience(&self) -> Result<String, TokenError> {
        let scope = self.required("scope")?;
        let mut scopes = scope
            .split_whitespace()
            .filter(|scope| !OF_USERS.contains(scope));
        let resource = scopes
            .next()
            .and_then(|scope| scope.strip_suffix("/.default"));
        match (resource, scopes.next()) {
            (Some(resource), None) if !resource.is_empty() => Ok(resource.to_owned()),
            _ => Err(TokenError::Scope(scope.to_owned())),
        }
    }

    /// Whether the client says that it can take a claims challenge.
    fn takes_challenges(&self) -> bool {
        let claims: Option<serde_json::Value> = self
            .field("claims")
            .and_then(|claims| serde_json::from_str(claims).ok());
        let values = claims
            .as_ref()
            .and_then(|claims| claims.pointer("/access_token/xms_cc/values"))
            .and_then(serde_json::Value::as_array);
        values.into_iter().flatten().any(|value| {
            value
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case("cp1"))
        })
    }
}

// === impl Authority ===

impl Authority {
    /// Answers the token endpoint.
    pub(crate) fn token(&mut self, now: Timestamp, request: &TokenRequest<'_>) -> Response {
        match self.granted(now, request) {
            Ok(wanted) => {
                let (token, seconds) = self.issue(now, wanted);
                Response::json(
                    StatusCode::OK,
                    &json!({
                        "token_type": "Bearer",
                        "expires_in": seconds,
                        "ext_expires_in": seconds,
                        "access_token": token,
                    }),
                )
                .with("cache-control", "no-store, no-cache")
            }
            Err(error) => self.token_error(now, request.base, request.correlation, &error),
        }
    }

    /// Issues a token. Returns it with the seconds that it is good for.
    pub(super) fn issue(&mut self, now: Timestamp, wanted: Wanted) -> (String, i64) {
        let unique = self.ids.guid();
        // A flag takes no more than a day.
        let lifetime =
            SignedDuration::try_from(self.settings.token_lifetime).unwrap_or(SignedDuration::MAX);
        let token = self.tokens.issue(now, lifetime, &unique, wanted);
        (token, lifetime.as_secs())
    }

    fn granted(&self, now: Timestamp, request: &TokenRequest<'_>) -> Result<Wanted, TokenError> {
        if !is_tenant(request.tenant) {
            return Err(TokenError::Tenant(request.tenant.to_owned()));
        }
        let grant_type = request.required("grant_type")?;
        if grant_type != "client_credentials" {
            return Err(TokenError::GrantType(grant_type.to_owned()));
        }
        let client = request.required("client_id")?;
        let audience = request.audience()?;
        let registered = self.registered(client, request.tenant)?;
        let grant = proof(now, request, client, registered)?;
        Ok(Wanted {
            grant,
            issuer: format!("{}/{}/v2.0", request.base, request.tenant),
            tenant: request.tenant.to_owned(),
            client: client.to_owned(),
            audience,
            takes_challenges: request.takes_challenges(),
        })
    }

    /// The registration of a client; `None` where clients need none.
    fn registered(&self, client: &str, tenant: &str) -> Result<Option<&Client>, TokenError> {
        let clients = &self.settings.clients;
        let found = clients.iter().find(|known| known.has_id(client));
        if found.is_none() && !clients.is_empty() {
            return Err(TokenError::UnknownClient {
                client: client.to_owned(),
                tenant: tenant.to_owned(),
            });
        }
        Ok(found)
    }

    /// Whether this client id is known, or none has to be.
    pub(super) fn knows(&self, client: &str) -> bool {
        self.registered(client, "").is_ok()
    }
}

/// Checks how the client proves who it is.
fn proof(
    now: Timestamp,
    request: &TokenRequest<'_>,
    client: &str,
    registered: Option<&Client>,
) -> Result<Grant, TokenError> {
    if let Some(assertion) = request.field("client_assertion") {
        let kind = request.required("client_assertion_type")?;
        if kind != JWT_BEARER {
            return Err(TokenError::AssertionType(kind.to_owned()));
        }
        return Assertion::parse(assertion)?.check(now, request.tenant, client);
    }
    let secret = request.field("client_secret").ok_or(TokenError::NoProof)?;
    match registered {
        Some(registered) if !registered.has_secret(secret) => {
            Err(TokenError::Secret(client.to_owned()))
        }
        _ => Ok(Grant::ClientSecret),
    }
}

/// A GUID, a domain, or one of the words that stand for several tenants: all are written with these characters.
fn is_tenant(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}
