//! Refusals: what Resource Manager and Traffic Manager answer instead of doing what was asked.
//!
//! Texts that are recorded or reported are exact. The rest speaks in the same voice; nothing should match on them.

use axum::http::StatusCode;
use serde::Serialize;

use crate::api_version::{ApiVersion, Feature};
use crate::model::ProfilePath;
use crate::model::endpoint::EndpointKind;
use crate::request::Response;

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The api-version query parameter (?api-version=) is required for all requests.")]
    MissingApiVersion,
    #[error(
        "The resource type '{resource_type}' could not be found in the namespace '{namespace}' for api version '{given}'. The supported api-versions are '{supported}'."
    )]
    UnknownApiVersion {
        namespace: &'static str,
        resource_type: &'static str,
        given: String,
        supported: String,
    },
    #[error("The provided subscription identifier '{0}' is malformed or invalid.")]
    InvalidSubscription(String),
    #[error("Resource group '{0}' could not be found.")]
    GroupNotFound(String),
    #[error("{}", profile_not_found(.path, *.version))]
    ProfileNotFound {
        path: ProfilePath,
        version: ApiVersion,
    },
    #[error("{}", endpoint_not_found(.name, *.kind, .profile, *.version))]
    EndpointNotFound {
        name: String,
        kind: EndpointKind,
        profile: String,
        version: ApiVersion,
    },
    #[error("The Real User Metrics key of subscription '{0}' does not exist.")]
    NoMetricsKey(String),
    #[error(
        "The Resource 'Microsoft.Network/publicIPAddresses/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )]
    PublicIpNotFound { group: String, name: String },
    /// What Azure DNS refuses, in its own shape.
    #[error(transparent)]
    Dns(#[from] crate::zones::Refused),
    #[error("No resource of Traffic Manager has the path '{0}'.")]
    UnknownPath(String),
    #[error("The requested resource does not support http method '{0}'.")]
    MethodNotAllowed(String),
    #[error("The request content was invalid and could not be deserialized: '{0}'.")]
    InvalidContent(String),
    #[error("The location property is required for this definition.")]
    LocationRequired,
    #[error(
        "The provided location '{0}' is not available for resource type 'Microsoft.Network/trafficmanagerprofiles'. List of available regions for the resource type is 'global'."
    )]
    LocationNotAvailable(String),
    /// Sentences about what Traffic Manager finds wrong.
    #[error("{0}")]
    Invalid(String),
    /// What Resource Manager finds wrong with tags, with its code.
    #[error("{message}")]
    InvalidTags { code: &'static str, message: String },
    #[error("Domain name {0} is not available. Please choose a different DNS prefix")]
    NameTaken(String),
    #[error(
        "The number of Traffic Manager profiles in subscription '{subscription}' cannot exceed {limit}."
    )]
    QuotaExceeded { subscription: String, limit: usize },
    #[error(
        "The profile '{child}' cannot be deleted, because it is nested in the profile '{parent}'."
    )]
    NestedElsewhere { child: String, parent: String },
}

#[derive(Serialize)]
struct Wrapped<'a> {
    error: Bare<'a>,
}

#[derive(Serialize)]
struct Bare<'a> {
    code: &'a str,
    message: &'a str,
}

// === impl Refusal ===

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::MissingApiVersion => "MissingApiVersionParameter",
            Self::UnknownApiVersion { .. } => "InvalidResourceType",
            Self::InvalidSubscription(_) => "InvalidSubscriptionId",
            Self::GroupNotFound(_) => "ResourceGroupNotFound",
            Self::ProfileNotFound { .. } | Self::PublicIpNotFound { .. } => "ResourceNotFound",
            Self::EndpointNotFound { .. } | Self::NoMetricsKey(_) | Self::UnknownPath(_) => {
                "NotFound"
            }
            Self::MethodNotAllowed(_) => "MethodNotAllowed",
            Self::InvalidContent(_) => "InvalidRequestContent",
            Self::LocationRequired => "LocationRequired",
            Self::LocationNotAvailable(_) => "LocationNotAvailableForResourceType",
            // Azure DNS answers for itself.
            Self::Invalid(_) | Self::NestedElsewhere { .. } | Self::Dns(_) => "BadRequest",
            Self::InvalidTags { code, .. } => code,
            Self::NameTaken(_) => "Conflict",
            Self::QuotaExceeded { .. } => "QuotaExceeded",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::GroupNotFound(_)
            | Self::ProfileNotFound { .. }
            | Self::PublicIpNotFound { .. }
            | Self::EndpointNotFound { .. }
            | Self::NoMetricsKey(_)
            | Self::UnknownPath(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NameTaken(_) | Self::QuotaExceeded { .. } => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether Resource Manager refused before Traffic Manager saw the request; it then says so in a header.
    fn is_of_the_gateway(&self) -> bool {
        !matches!(
            self,
            Self::EndpointNotFound { .. }
                | Self::NoMetricsKey(_)
                | Self::Invalid(_)
                | Self::NestedElsewhere { .. }
                | Self::NameTaken(_)
                | Self::QuotaExceeded { .. }
        )
    }

    /// The answer.
    pub(crate) fn response(&self) -> Response {
        if let Self::Dns(refused) = self {
            return refused.response();
        }
        let message = self.to_string();
        let bare = Bare {
            code: self.code(),
            message: &message,
        };
        // The first versions answered for a missing endpoint without the `error` around.
        let is_bare = matches!(
            self,
            Self::EndpointNotFound { version, .. } if !version.has(Feature::WrappedEndpointErrors)
        );
        let response = if is_bare {
            Response::json(self.status(), &bare)
        } else {
            Response::json(self.status(), &Wrapped { error: bare })
        };
        if self.is_of_the_gateway() {
            response
                .with("cache-control", "no-cache")
                .with("x-ms-failure-cause", "gateway")
        } else {
            response.with("cache-control", "private")
        }
    }
}

/// A document in the shape of a refusal, for answers that a fault rule or the edge makes.
pub(crate) fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    Response::json(
        status,
        &Wrapped {
            error: Bare { code, message },
        },
    )
}

/// The text changed twice over the years. Resource Manager's text does not depend on the api-version, but recordings
/// of old versions are old recordings, so the version picks the text of its time.
fn profile_not_found(path: &ProfilePath, version: ApiVersion) -> String {
    let sentence = format!(
        "The Resource 'Microsoft.Network/trafficmanagerprofiles/{}' under resource group '{}' was not found.",
        path.name, path.resource_group
    );
    if !version.has(Feature::MonitorStatus) {
        "Resource not found.".to_owned()
    } else if version.has(Feature::AlwaysServe) {
        format!("{sentence} For more details please go to https://aka.ms/ARMResourceNotFoundFix")
    } else {
        sentence
    }
}

/// The type is always in lower case; the first versions lower the name too.
fn endpoint_not_found(
    name: &str,
    kind: EndpointKind,
    profile: &str,
    version: ApiVersion,
) -> String {
    let lowered;
    let name = if version.has(Feature::WrappedEndpointErrors) {
        name
    } else {
        lowered = name.to_lowercase();
        &lowered
    };
    format!(
        "The endpoint '{name}' of type '{}' does not exist in the profile '{profile}'.",
        kind.as_str().to_ascii_lowercase()
    )
}
