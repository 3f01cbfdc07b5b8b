//! How a call to the API server can fail, and what the caller can tell from it.

use std::fmt;
use std::time::Duration;

use kube::core::Status;
use kube::core::response::reason;

/// A cause whose type the caller need not know.
type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What the API server calls what was to be done; RBAC's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// One object is read.
    Get,
    /// Many are.
    List,
    /// An object is created.
    Create,
    /// An object is applied or changed.
    Patch,
    /// An object is deleted.
    Delete,
}

/// What was to be done: with it a person can write the rule that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// How.
    pub verb: Verb,
    /// The resource and its group, such as `dnsendpoints.externaldns.k8s.io`.
    pub resource: String,
    /// The namespace; `None` for all of them, and for objects without one.
    pub namespace: Option<String>,
}

/// Why a call failed. Display is one clause without the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cluster does not have this kind of object: its custom resource definition is not installed.
    #[error("cannot {operation}: this cluster has no such kind of object")]
    MissingKind {
        /// What was to be done.
        operation: Operation,
        /// What the API server said.
        source: BoxError,
    },
    /// The service account has no permission.
    #[error("cannot {operation}: the service account is not allowed to")]
    Forbidden {
        /// What was to be done.
        operation: Operation,
        /// What the API server said; it names the account.
        source: BoxError,
    },
    /// The object is not, or no longer, what the caller takes it for.
    #[error("cannot {operation}: somebody else has changed or replaced the object")]
    Conflict {
        /// What was to be done.
        operation: Operation,
        /// What the API server said.
        source: BoxError,
    },
    /// There was no answer in time.
    #[error("cannot {operation}: no answer within {} s", after.as_secs_f64())]
    TimedOut {
        /// What was to be done.
        operation: Operation,
        /// How long it had.
        after: Duration,
    },
    /// The API server said no, for another reason.
    #[error("cannot {operation}: the API server refused")]
    Refused {
        /// What was to be done.
        operation: Operation,
        /// What the API server said.
        source: BoxError,
    },
    /// There was no answer, or none that can be read.
    #[error("cannot {operation}: no usable answer from the API server")]
    Unreachable {
        /// What was to be done.
        operation: Operation,
        /// What the network or the decoder said.
        source: BoxError,
    },
}

// === impl Verb ===

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Patch => "patch",
            Self::Delete => "delete",
        })
    }
}

// === impl Operation ===

impl Operation {
    pub(crate) fn new(verb: Verb, resource: impl Into<String>, namespace: Option<&str>) -> Self {
        Self {
            verb,
            resource: resource.into(),
            namespace: namespace
                .filter(|namespace| !namespace.is_empty())
                .map(str::to_owned),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None if self.verb == Verb::List => f.write_str(" in all namespaces"),
            None => Ok(()),
        }
    }
}

// === impl Error ===

impl Error {
    /// What was to be done.
    pub const fn operation(&self) -> &Operation {
        match self {
            Self::MissingKind { operation, .. }
            | Self::Forbidden { operation, .. }
            | Self::Conflict { operation, .. }
            | Self::TimedOut { operation, .. }
            | Self::Refused { operation, .. }
            | Self::Unreachable { operation, .. } => operation,
        }
    }

    /// Whether the custom resource definition is not installed.
    pub const fn is_missing_kind(&self) -> bool {
        matches!(self, Self::MissingKind { .. })
    }

    /// Whether a permission is missing.
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden { .. })
    }

    /// Whether the object is not what the caller took it for.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    pub(crate) fn new(operation: Operation, error: kube::Error) -> Self {
        // kube's own text repeats the whole answer; the API server's sentence is the message of the Status.
        let status = match error {
            kube::Error::Api(status) => status,
            other => {
                return Self::Unreachable {
                    operation,
                    source: other.into(),
                };
            }
        };
        match status.code {
            // Nothing can be made in a namespace that is being deleted; that is no question of permissions.
            403 if !has_cause(&status, "NamespaceTerminating") => Self::Forbidden {
                operation,
                source: status.message.into(),
            },
            404 if is_missing_kind(&status) => Self::MissingKind {
                operation,
                source: status.message.into(),
            },
            409 => Self::Conflict {
                operation,
                source: status.message.into(),
            },
            _ => Self::Refused {
                operation,
                source: status.message.into(),
            },
        }
    }
}

/// Whether an object is absent, of a kind that exists.
pub(crate) fn is_absent(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404 && !is_missing_kind(status))
}

/// Whether an object is there already.
pub(crate) fn is_there_already(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.reason == reason::ALREADY_EXISTS)
}

/// An absent object, or an absent namespace, is named in the answer. For a kind that the server does not know the answer
/// is a plain text, or a Status that names nothing.
fn is_missing_kind(status: &Status) -> bool {
    status
        .details
        .as_ref()
        .is_none_or(|details| details.name.is_empty())
}

fn has_cause(status: &Status, cause: &str) -> bool {
    status
        .details
        .as_ref()
        .is_some_and(|details| details.causes.iter().any(|each| each.reason == cause))
}
