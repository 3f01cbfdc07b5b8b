//! Managed identities: the endpoint that a virtual machine has at a link-local address.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::Authority;
use super::tokens::{Grant, Wanted};
use crate::request::Response;

/// The client id of the identity that belongs to the machine itself.
const OF_THE_MACHINE: &str = "00000000-0000-0000-0000-0000000000a1";

/// The tenant of every managed identity.
const TENANT: &str = "00000000-0000-0000-0000-000000000000";

/// The api-versions that are answered.
const VERSIONS: [&str; 2] = ["2018-02-01", "2019-08-01"];

/// A request to the endpoint of managed identities.
#[derive(Debug)]
pub(crate) struct IdentityRequest<'a> {
    /// The URL of this emulator as the client wrote it.
    pub(crate) base: &'a str,
    /// The header `Metadata`.
    pub(crate) metadata: Option<&'a str>,
    /// Whether somebody has passed the request on, which is refused.
    pub(crate) is_forwarded: bool,
    /// The fields of the query.
    pub(crate) query: &'a [(String, String)],
}

// === impl Authority ===

impl Authority {
    /// Answers the endpoint of managed identities.
    pub(crate) fn identity(&mut self, now: Timestamp, request: &IdentityRequest<'_>) -> Response {
        match self.identity_of(request) {
            Ok(wanted) => {
                let (client, resource) = (wanted.client.clone(), wanted.audience.clone());
                let (token, seconds) = self.issue(now, wanted);
                let seconds_text = seconds.to_string();
                Response::json(
                    StatusCode::OK,
                    &json!({
                        "access_token": token,
                        "client_id": client,
                        "expires_in": seconds_text,
                        "expires_on": now.as_second().saturating_add(seconds).to_string(),
                        "ext_expires_in": seconds_text,
                        "not_before": now.as_second().to_string(),
                        "resource": resource,
                        "token_type": "Bearer",
                    }),
                )
            }
            Err((error, description)) => Response::json(
                StatusCode::BAD_REQUEST,
                &json!({ "error": error, "error_description": description }),
            ),
        }
    }

    fn identity_of(
        &self,
        request: &IdentityRequest<'_>,
    ) -> Result<Wanted, (&'static str, &'static str)> {
        let invalid = |description| Err(("invalid_request", description));
        let is_asked = request
            .metadata
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if !is_asked {
            return invalid("Required metadata header not specified");
        }
        if request.is_forwarded {
            return invalid("The request was passed on by a proxy, which is not allowed");
        }
        let field = |name: &str| {
            let (_, value) = request.query.iter().find(|(key, _)| key == name)?;
            Some(value.as_str()).filter(|value| !value.is_empty())
        };
        match field("api-version") {
            None => return invalid("Required query variable 'api-version' is missing"),
            Some(version) if !VERSIONS.contains(&version) => {
                return invalid("The api-version is not supported");
            }
            Some(_) => {}
        }
        let Some(resource) = field("resource") else {
            return invalid("Required query variable 'resource' is missing");
        };
        let client = field("client_id");
        let others = ["object_id", "principal_id", "msi_res_id", "mi_res_id"];
        let given: Vec<&str> = client
            .into_iter()
            .chain(others.into_iter().filter_map(field))
            .collect();
        let identity = match given.as_slice() {
            [] => OF_THE_MACHINE,
            [one] => one,
            _ => {
                return invalid(
                    "The query variables 'client_id', 'object_id' and 'msi_res_id' exclude each other",
                );
            }
        };
        if client.is_some_and(|client| !self.knows(client)) {
            return invalid("Identity not found");
        }
        Ok(Wanted {
            grant: Grant::ManagedIdentity,
            issuer: format!("{}/{TENANT}/v2.0", request.base),
            tenant: TENANT.to_owned(),
            client: identity.to_owned(),
            audience: resource.to_owned(),
            takes_challenges: false,
        })
    }
}
