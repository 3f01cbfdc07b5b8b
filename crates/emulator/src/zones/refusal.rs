//! What Azure DNS answers instead of doing what was asked. Its errors have no `error` around them.

use axum::http::StatusCode;
use serde_json::json;

use super::path::{Kind, SetPath, ZonePath};
use crate::refusal::error_response;
use crate::request::Response;

/// Why a request was not carried out. Sentences in quotation marks of a test are recorded or reported; the others are
/// in the same voice, and nothing should match on them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "The Resource 'Microsoft.Network/dnszones/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", .0.name, .0.resource_group
    )]
    NoZone(ZonePath),
    #[error(
        "Can not perform requested operation on nested resource. Parent resource '/dnszones/{}' not found.", .0.name
    )]
    NoParent(ZonePath),
    #[error(
        "The resource record '{}' does not exist in resource group '{}' of subscription '{}'.",
        .0.name.to_lowercase(), .0.zone.resource_group.to_lowercase(), .0.zone.subscription.to_lowercase()
    )]
    NoRecordSet(SetPath),
    #[error(
        "The condition '{condition}' in the {header} header was not satisfied. The current was '{current}'."
    )]
    Condition {
        header: &'static str,
        condition: String,
        current: String,
    },
    #[error(
        "The CNAME record could not be created because another record with the same name already exists in this zone."
    )]
    NotAlone,
    #[error(
        "The {0} record could not be created because a CNAME record with the same name already exists in this zone."
    )]
    BesideCname(Kind),
    #[error("{0}")]
    Invalid(String),
}

// === impl Refused ===

impl Refused {
    /// The answer.
    pub(crate) fn response(&self) -> Response {
        let message = self.to_string();
        match self {
            Self::NoZone(_) => Self::of_the_gateway("ResourceNotFound", &message),
            Self::NoParent(_) => Self::of_the_gateway("ParentResourceNotFound", &message),
            Self::NoRecordSet(_) => bare(StatusCode::NOT_FOUND, "NotFound", &message),
            Self::Condition { .. } => bare(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailed",
                &message,
            ),
            Self::NotAlone | Self::BesideCname(_) => {
                bare(StatusCode::CONFLICT, "Conflict", &message)
            }
            Self::Invalid(_) => bare(StatusCode::BAD_REQUEST, "BadRequest", &message),
        }
    }

    fn of_the_gateway(code: &str, message: &str) -> Response {
        error_response(StatusCode::NOT_FOUND, code, message)
            .with("cache-control", "no-cache")
            .with("x-ms-failure-cause", "gateway")
    }
}

fn bare(status: StatusCode, code: &str, message: &str) -> Response {
    Response::json(status, &json!({"code": code, "message": message}))
        .with("cache-control", "private")
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
