//! How a call can fail, and what the caller can tell from it.
//!
//! A caller decides by the classification methods of [`Error`], not by matching
//! on texts: what a status means depends on the operation (a 409 on a profile PUT
//! usually means that somebody else has the DNS name), and Azure says it in
//! several forms. Display is one clause without the cause; the cause is in
//! [`source`](std::error::Error::source). Neither Display nor Debug holds a
//! secret: requests are never part of an error, and tokens are not printable.

mod status;

use std::fmt;
use std::time::Duration;

pub use self::status::{Denied, StatusError};
use crate::pace::Held;
use crate::retry::{Failure, is_transient_status};
use crate::{CredentialError, Operation, Refusal};

/// A cause whose type the caller need not know.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No complete answer came.
    #[error("{operation} of {resource}: {phase}")]
    Transport {
        /// What was called.
        operation: Operation,
        /// The path of the request.
        resource: String,
        /// How far the request got.
        phase: Phase,
        /// What the network said.
        source: BoxError,
        /// The id of the call that this client sent and Azure logs.
        correlation_id: String,
    },

    /// There is no token to call with.
    #[error("{operation}: no access token for Azure")]
    Credential {
        /// What was to be called.
        operation: Operation,
        /// Why there is none.
        source: CredentialError,
    },

    /// Azure refused.
    #[error(transparent)]
    Status(Box<StatusError>),

    /// Azure accepted, and answered something that cannot be used. Nothing of a
    /// partly readable answer is ever returned.
    #[error("{operation} of {resource}: the answer is unusable")]
    Decode {
        /// What was called.
        operation: Operation,
        /// The path of the request.
        resource: String,
        /// What is wrong with the answer.
        source: DecodeError,
        /// The id of the call that this client sent and Azure logs.
        correlation_id: String,
    },

    /// The call's time was up before Azure had answered.
    #[error("{operation} of {resource}: no result within {} s and {attempts} requests", budget.as_secs_f64())]
    Deadline {
        /// What was called.
        operation: Operation,
        /// The path of the last request.
        resource: String,
        /// The time that the call had.
        budget: Duration,
        /// The requests that were begun.
        attempts: u32,
        /// The id of the call that this client sent and Azure logs.
        correlation_id: String,
    },

    /// It was not sent, because Azure would not have allowed so many requests.
    #[error("{operation} of {resource}: not sent, to stay below Azure's limit of {}; there is room in {} s", held.lane, held.wait.as_secs_f64().ceil())]
    Held {
        /// What was called.
        operation: Operation,
        /// The path of the request.
        resource: String,
        /// Where there was no room, and for how long.
        held: Held,
        /// The id of the call.
        correlation_id: String,
    },

    /// Somebody else has undone what was written, every time.
    #[error("{operation} of {resource}: somebody else overwrote it after each of {writes} writes")]
    Overwritten {
        /// What was to be done.
        operation: Operation,
        /// The resource.
        resource: String,
        /// How often it was written.
        writes: u32,
    },

    /// The caller asked for something that cannot be a request. A mistake in
    /// the program, not in Azure.
    #[error("{operation}: {problem}")]
    Request {
        /// What was to be called.
        operation: Operation,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// How far a request got before the network failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// There was no connection, so nothing can have happened.
    Connect,
    /// The request may have arrived and taken effect.
    Interrupted,
    /// The same, because the answer took too long.
    Timeout,
}

/// Why an answer is unusable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not the JSON that it should be.
    #[error("not the expected JSON")]
    Json(#[from] serde_json::Error),
    /// Another kind of JSON than an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// Azure gives every resource an id; what has none is something else, such
    /// as the words of a proxy, and would read as a resource without contents.
    #[error("it holds something without an id, which is no resource")]
    NoId,
    /// Something with an id that lacks what every record set has.
    #[error("it holds a record set without a name, a type or a version")]
    NoRecordSet,
    /// Longer than the client is willing to read.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The most that the client reads.
        limit: usize,
    },
    /// A list that says it goes on somewhere where the token must not go.
    #[error("it continues at another server, or at no URL at all")]
    ForeignLink,
    /// A list that does not end.
    #[error("the list leads back to a page that was already read, or has more than {limit} pages")]
    EndlessList {
        /// The most pages that the client reads.
        limit: usize,
    },
}

/// ARM's words for a 409 that is about the place and not about the DNS name: a
/// lock, a group that is being deleted, a provider that is not registered, a
/// subscription that is disabled, or another operation in progress.
const CONFLICTS_OF_THE_PLACE: &[&str] = &[
    "AnotherOperationInProgress",
    "MissingSubscriptionRegistration",
    "QuotaExceeded",
    "ReadOnlyDisabledSubscription",
    "ResourceGroupBeingDeleted",
    "ResourceGroupDeletionTimeout",
    "RetryableError",
    "RetryableErrorDueToAnotherOperation",
    "ScopeLocked",
    "SubscriptionNotRegistered",
];

/// ARM's words for a 404 that says that the resource, or what holds it, is not
/// there. Any other 404 (a wrong URL, a proxy, a missing subscription) says
/// nothing about the resource.
const ABSENT: &[&str] = &[
    "NotFound",
    "ParentResourceNotFound",
    "ResourceGroupNotFound",
    "ResourceNotFound",
];

// === impl Error ===

impl Error {
    /// What was called.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Transport { operation, .. }
            | Self::Credential { operation, .. }
            | Self::Decode { operation, .. }
            | Self::Deadline { operation, .. }
            | Self::Held { operation, .. }
            | Self::Overwritten { operation, .. }
            | Self::Request { operation, .. } => *operation,
            Self::Status(error) => error.operation,
        }
    }

    /// Azure's answer, when it was one that refused.
    pub fn status_error(&self) -> Option<&StatusError> {
        match self {
            Self::Status(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { .. }
            | Self::Deadline { .. }
            | Self::Held { .. }
            | Self::Overwritten { .. } => true,
            Self::Credential { source, .. } => source.is_transient(),
            Self::Status(error) => is_transient_status(error.status),
            Self::Decode { .. } | Self::Request { .. } => false,
        }
    }

    /// What only a person can lift, if that is why Azure has refused.
    pub fn refusal(&self) -> Option<Refusal<'_>> {
        self.status_error()?.refusal()
    }

    /// Whether there were, or would have been, too many requests.
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Held { .. }) || self.has_status(429)
    }

    /// The id under which Azure's activity log has the call, when it was made.
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Transport { correlation_id, .. }
            | Self::Decode { correlation_id, .. }
            | Self::Deadline { correlation_id, .. }
            | Self::Held { correlation_id, .. } => Some(correlation_id),
            Self::Status(error) => error.correlation_id.as_deref(),
            Self::Credential { .. } | Self::Overwritten { .. } | Self::Request { .. } => None,
        }
    }

    /// Whether the DNS name of a profile belongs to somebody else.
    ///
    /// Only a profile PUT can say so, with a 409. Its text is not always
    /// there, and not always the same, so every 409 counts except those that ARM
    /// names as being about the place: locks, registrations, deletions.
    pub fn is_name_taken(&self) -> bool {
        self.status_error().is_some_and(|error| {
            error.operation == Operation::ProfilesPut
                && error.status == 409
                && !error.code_is_one_of(CONFLICTS_OF_THE_PLACE)
        })
    }

    /// Whether something that the call needs does not exist.
    pub fn is_not_found(&self) -> bool {
        self.has_status(404)
    }

    /// Whether the identity lacks a permission, or a policy forbids the call.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(403)
    }

    /// Whether what was to be written or deleted is not, or no longer, as the
    /// caller has said. Nothing has happened.
    pub fn is_precondition_failed(&self) -> bool {
        self.has_status(412)
    }

    /// Whether Azure did not accept the token.
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(401)
    }

    /// How long Azure asks to be left alone, or would have.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Held { held, .. } => Some(held.wait),
            _ => self.status_error()?.retry_after,
        }
    }

    /// A stable word for the `outcome` label of metrics and logs: `throttled`,
    /// `unauthorized`, `forbidden`, `not_found`, `conflict`, `invalid`,
    /// `server_error`, `transport`, `credential`, `timeout`, `held` or `decode`. A
    /// call that succeeded is `ok`.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Transport { phase, .. } => match phase {
                Phase::Timeout => "timeout",
                Phase::Connect | Phase::Interrupted => "transport",
            },
            Self::Credential { .. } => "credential",
            Self::Decode { .. } => "decode",
            Self::Deadline { .. } => "timeout",
            Self::Held { .. } => "held",
            Self::Overwritten { .. } => "conflict",
            Self::Request { .. } => "invalid",
            Self::Status(error) => match error.status {
                401 => "unauthorized",
                403 => "forbidden",
                404 => "not_found",
                408 => "timeout",
                409 | 412 => "conflict",
                429 => "throttled",
                300..=499 => "invalid",
                _ => "server_error",
            },
        }
    }

    /// Whether the request may have taken effect although it failed.
    pub(crate) fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::Transport { phase, .. } => *phase != Phase::Connect,
            Self::Decode { .. } | Self::Deadline { .. } | Self::Overwritten { .. } => true,
            Self::Status(error) => error.status != 429 && is_transient_status(error.status),
            Self::Credential { .. } | Self::Held { .. } | Self::Request { .. } => false,
        }
    }

    /// Whether Azure says that the resource, or what holds it, does not exist.
    pub(crate) fn says_absent(&self) -> bool {
        self.status_error()
            .is_some_and(|error| error.status == 404 && error.code_is_one_of(ABSENT))
    }

    pub(crate) fn failure(&self) -> Failure {
        Failure {
            transient: self.is_transient()
                && !matches!(self, Self::Deadline { .. } | Self::Held { .. }),
            retry_after: self.retry_after(),
        }
    }

    fn has_status(&self, status: u16) -> bool {
        self.status_error()
            .is_some_and(|error| error.status == status)
    }
}

impl From<StatusError> for Error {
    fn from(error: StatusError) -> Self {
        Self::Status(Box::new(error))
    }
}

// === impl Phase ===

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "cannot connect to Azure Resource Manager",
            Self::Interrupted => "the connection broke before the answer was complete",
            Self::Timeout => "no complete answer in time",
        })
    }
}

#[cfg(test)]
mod tests;
