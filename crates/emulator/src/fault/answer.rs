//! The bodies that Azure sends with the statuses that faults inject.

use axum::http::StatusCode;

use crate::operation::{Operation, Resource};
use crate::refusal::error_response;
use crate::request::Response;

/// The usual answer with this status.
pub(super) fn usual(
    status: StatusCode,
    operation: Operation,
    resource: Option<&Resource>,
    retry_after: Option<&str>,
) -> Response {
    let subscription = resource
        .and_then(Resource::subscription)
        .unwrap_or("00000000-0000-0000-0000-000000000000");
    let (code, message) = match status {
        StatusCode::UNAUTHORIZED => (
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than the current UTC time. Please refresh your credentials."
                .to_owned(),
        ),
        StatusCode::FORBIDDEN => ("AuthorizationFailed", forbidden(operation, resource)),
        StatusCode::NOT_FOUND => ("NotFound", "The resource was not found.".to_owned()),
        StatusCode::CONFLICT => (
            "Conflict",
            "Another operation on this or dependent resource is in progress.".to_owned(),
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            "SubscriptionRequestsThrottled",
            format!("Number of requests for subscription '{subscription}' and operation '{}' exceeded the backend storage limit. Please try again after '{}' seconds.", operation.action(), retry_after.unwrap_or("6")),
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "ServiceUnavailable",
            "The service is temporarily unavailable. Please try again later.".to_owned(),
        ),
        StatusCode::GATEWAY_TIMEOUT => (
            "GatewayTimeout",
            "The gateway did not receive a response from 'Microsoft.Network' within the specified time period."
                .to_owned(),
        ),
        status if status.is_server_error() => (
            "InternalServerError",
            "An error occurred.".to_owned(),
        ),
        status if status.is_client_error() => ("BadRequest", "The request is invalid.".to_owned()),
        status => return Response::empty(status),
    };
    error_response(status, code, &message)
}

fn forbidden(operation: Operation, resource: Option<&Resource>) -> String {
    let scope = match resource {
        Some(Resource::Endpoint {
            profile,
            kind,
            name,
        }) => format!("{}/{}/{name}", profile.id(), kind.as_str()),
        Some(Resource::Profile(profile) | Resource::ProfileTags(profile)) => profile.id(),
        Some(Resource::Profiles {
            subscription,
            resource_group,
        }) => match resource_group {
            Some(group) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            None => format!("/subscriptions/{subscription}"),
        },
        _ => "/".to_owned(),
    };
    format!(
        "The client '00000000-0000-0000-0000-000000000001' with object id '00000000-0000-0000-0000-000000000001' does not have authorization to perform action '{}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        operation.action()
    )
}
