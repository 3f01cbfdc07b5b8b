//! The bodies that Azure sends with the statuses that faults inject.

use axum::http::StatusCode;

use crate::operation::{Operation, Resource};
use crate::refusal::error_response;
use crate::request::Response;

/// Refusals that have a name in Azure and are not about the request: what a person has done, or has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum Named {
    /// The identity has no role with this action.
    AuthorizationFailed,
    /// There is a lock on the resource group.
    ScopeLocked,
    /// A policy forbids it.
    RequestDisallowedByPolicy,
    /// The subscription holds no more profiles.
    QuotaExceeded,
    /// The subscription can only be read.
    ReadOnlyDisabledSubscription,
    /// There is no such subscription.
    SubscriptionNotFound,
    /// The subscription is not registered for Traffic Manager.
    MissingSubscriptionRegistration,
    /// There is no such resource group.
    ResourceGroupNotFound,
    /// Resource Manager has had too many requests.
    SubscriptionRequestsThrottled,
    /// Traffic Manager has had too many requests.
    ResourceRequestsThrottled,
}

// === impl Named ===

impl Named {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::AuthorizationFailed | Self::RequestDisallowedByPolicy => StatusCode::FORBIDDEN,
            Self::ScopeLocked
            | Self::QuotaExceeded
            | Self::ReadOnlyDisabledSubscription
            | Self::MissingSubscriptionRegistration => StatusCode::CONFLICT,
            Self::SubscriptionNotFound | Self::ResourceGroupNotFound => StatusCode::NOT_FOUND,
            Self::SubscriptionRequestsThrottled | Self::ResourceRequestsThrottled => {
                StatusCode::TOO_MANY_REQUESTS
            }
        }
    }

    /// The answer, in Azure's words.
    pub(super) fn response(
        self,
        operation: Operation,
        resource: Option<&Resource>,
        retry_after: Option<&str>,
    ) -> Response {
        let subscription = resource.and_then(Resource::subscription).unwrap_or(NOBODY);
        let group = resource
            .and_then(Resource::resource_group)
            .unwrap_or("unknown");
        let wait = retry_after.unwrap_or("6");
        let code = format!("{self:?}");
        let message = match self {
            Self::AuthorizationFailed | Self::SubscriptionRequestsThrottled => {
                return usual(self.status(), operation, resource, retry_after);
            }
            Self::ScopeLocked => {
                let kind = if operation.action(resource).ends_with("/delete") {
                    "delete"
                } else {
                    "write"
                };
                format!(
                    "The scope '{}' cannot perform {kind} operation because following scope(s) are locked: '/subscriptions/{subscription}/resourceGroups/{group}'. Please remove the lock and try again.",
                    scope_of(resource)
                )
            }
            Self::RequestDisallowedByPolicy => {
                return Response::json(self.status(), &disallowed(&scope_of(resource), subscription));
            }
            Self::QuotaExceeded => format!(
                "The number of Traffic Manager profiles in subscription '{subscription}' cannot exceed 200."
            ),
            Self::ReadOnlyDisabledSubscription => format!(
                "The subscription '{subscription}' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled."
            ),
            Self::SubscriptionNotFound => {
                format!("The subscription '{subscription}' could not be found.")
            }
            Self::MissingSubscriptionRegistration => {
                "The subscription is not registered to use namespace 'Microsoft.Network'. See https://aka.ms/rps-not-found for how to register subscriptions."
                    .to_owned()
            }
            Self::ResourceGroupNotFound => format!("Resource group '{group}' could not be found."),
            Self::ResourceRequestsThrottled => format!(
                "Number of requests for action '{}' exceeded the limit of '250' for time interval '00:05:00'. Please try again after '{wait}' seconds.",
                operation.action(resource)
            ),
        };
        error_response(self.status(), &code, &message)
    }
}

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The refusal of a policy, which names it twice: in its sentence and beside it.
fn disallowed(resource: &str, subscription: &str) -> serde_json::Value {
    let assignment = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/policyAssignments/require-cost-centre"
    );
    let definition =
        "/providers/Microsoft.Authorization/policyDefinitions/871b6d14-10aa-478d-b590-94f262ecfa99";
    serde_json::json!({ "error": {
        "code": "RequestDisallowedByPolicy",
        "target": resource,
        "message": format!("Resource '{resource}' was disallowed by policy. Policy identifiers: '[{{\"policyAssignment\":{{\"name\":\"Require a cost centre\",\"id\":\"{assignment}\"}},\"policyDefinition\":{{\"name\":\"Require a tag on resources\",\"id\":\"{definition}\"}}}}]'."),
        "additionalInfo": [{ "type": "PolicyViolation", "info": {
            "policyDefinitionDisplayName": "Require a tag on resources",
            "policyDefinitionId": definition,
            "policyAssignmentName": "require-cost-centre",
            "policyAssignmentDisplayName": "Require a cost centre",
            "policyAssignmentId": assignment,
        }}],
    }})
}

/// The usual answer with this status.
pub(super) fn usual(
    status: StatusCode,
    operation: Operation,
    resource: Option<&Resource>,
    retry_after: Option<&str>,
) -> Response {
    let subscription = resource.and_then(Resource::subscription).unwrap_or(NOBODY);
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
            format!("Number of requests for subscription '{subscription}' and operation '{}' exceeded the backend storage limit. Please try again after '{}' seconds.", operation.action(resource), retry_after.unwrap_or("6")),
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
    format!(
        "The client '00000000-0000-0000-0000-000000000001' with object id '00000000-0000-0000-0000-000000000001' does not have authorization to perform action '{}' over scope '{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        operation.action(resource),
        // Reported with the type in lower case, as in the action.
        scope_of(resource).replace("/trafficManagerProfiles", "/trafficmanagerprofiles")
    )
}

fn scope_of(resource: Option<&Resource>) -> String {
    match resource {
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
    }
}
