//! The documents by which clients find out about the authority.

use axum::http::StatusCode;
use serde_json::json;

use crate::request::Response;

/// Instance discovery: whether an authority is one of those that can be trusted, and under which names it goes.
pub(crate) fn instance(base: &str, authorization_endpoint: Option<&str>) -> Response {
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    // The tenant is the first segment of what the client is about to use.
    let tenant = authorization_endpoint
        .and_then(|endpoint| url::Url::parse(endpoint).ok())
        .and_then(|url| url.path_segments()?.next().map(ToOwned::to_owned))
        .filter(|tenant| !tenant.is_empty());
    match tenant {
        Some(tenant) => Response::json(
            StatusCode::OK,
            &json!({
                "tenant_discovery_endpoint": format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"),
                "api-version": "1.1",
                "metadata": [{
                    "preferred_network": host,
                    "preferred_cache": host,
                    "aliases": [host],
                }],
            }),
        ),
        None => Response::json(
            StatusCode::BAD_REQUEST,
            &json!({
                "error": "invalid_request",
                "error_description": "AADSTS90014: The required field 'authorization_endpoint' is missing from the request.",
                "error_codes": [90014],
            }),
        ),
    }
}

/// `OpenID` metadata of a tenant.
pub(crate) fn openid_configuration(base: &str, tenant: &str) -> Response {
    Response::json(
        StatusCode::OK,
        &json!({
            "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("{base}/{tenant}/v2.0"),
            "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
            "tenant_region_scope": null,
            "cloud_instance_name": base.split_once("://").map_or(base, |(_, host)| host),
        }),
    )
}

/// The keys that tokens are signed with: none, because they are not.
pub(crate) fn keys() -> Response {
    Response::json(StatusCode::OK, &json!({ "keys": [] }))
}
