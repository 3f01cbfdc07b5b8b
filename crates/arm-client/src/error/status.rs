//! Azure's refusals: what an answer that is no success says.

use std::fmt;
use std::time::Duration;

use crate::error_body::ErrorBody;
use crate::{Operation, Refusal};

/// An answer of Azure that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusError {
    /// What was called.
    pub operation: Operation,
    /// The path of the request.
    pub resource: String,
    /// The HTTP status. A status below 300 is one that this operation never
    /// has, or belongs to work that Azure accepted first and failed later.
    pub status: u16,
    /// Azure's word for it, for example `AuthorizationFailed`.
    pub code: Option<String>,
    /// Azure's sentence, in one line; empty when there was none.
    pub message: String,
    /// The policy that forbids it, when Azure names one apart from its sentence.
    pub policy: Option<String>,
    /// How long to wait before the next try, when Azure says so.
    pub retry_after: Option<Duration>,
    /// Azure's id of the request, for its support.
    pub request_id: Option<String>,
    /// The id of the call that this client sent and Azure logs.
    pub correlation_id: Option<String>,
}

/// What a 403 says that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied<'a> {
    /// The action, for example `Microsoft.Network/trafficManagerProfiles/write`.
    pub action: &'a str,
    /// The resource on which the action is missing.
    pub scope: &'a str,
}

// === impl StatusError ===

impl StatusError {
    /// A refusal without a body or ids.
    pub fn new(operation: Operation, resource: impl Into<String>, status: u16) -> Self {
        Self {
            operation,
            resource: resource.into(),
            status,
            code: None,
            message: String::new(),
            policy: None,
            retry_after: None,
            request_id: None,
            correlation_id: None,
        }
    }

    /// The same refusal with Azure's code and message.
    #[must_use]
    pub fn saying(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self.message = message.into();
        self
    }

    pub(crate) fn with_body(mut self, body: ErrorBody) -> Self {
        self.code = body.code;
        self.message = body.message;
        self.policy = body.policy;
        self
    }

    /// What only a person can lift, if that is why Azure has refused.
    pub fn refusal(&self) -> Option<Refusal<'_>> {
        Refusal::of(self)
    }

    /// What the identity lacks, when Azure says so in a 403.
    pub fn denied(&self) -> Option<Denied<'_>> {
        if self.status != 403 {
            return None;
        }
        let (action, rest) = quoted_after(&self.message, "perform action ")?;
        let (scope, _) = quoted_after(rest, "over scope ")?;
        Some(Denied { action, scope })
    }

    pub(super) fn code_is_one_of(&self, codes: &[&str]) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        codes.iter().any(|known| code.eq_ignore_ascii_case(known))
    }
}

/// The text in single quotes that follows a mark, and what comes after it.
fn quoted_after<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let (_, rest) = text.split_once(mark)?;
    rest.strip_prefix('\'')?.split_once('\'')
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            resource,
            status,
            ..
        } = self;
        write!(f, "{operation} of {resource}: Azure answered {status}")?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        let refusal = self.refusal();
        if let Some(refusal) = refusal {
            write!(f, ": {refusal}")?;
        }
        if refusal.is_some_and(Refusal::says_it_all) {
            // Azure's sentence would say it once more.
        } else if !self.message.is_empty() {
            let azure = if refusal.is_some() {
                "; Azure says"
            } else {
                ""
            };
            write!(f, "{azure}: {}", self.message)?;
        } else if self.status == 401 {
            f.write_str(": the token was not accepted; check that the identity belongs to the subscription's tenant")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, " (retry after {} s)", wait.as_secs_f64())?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for StatusError {}
