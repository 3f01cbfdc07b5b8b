//! Access tokens: where they come from, and how they are kept.
//!
//! A [`TokenSource`] fetches one token. The official Azure identity crate does
//! the OAuth work behind it; this crate chooses the credential ([`CredentialKind`])
//! and keeps the token ([`TokenCache`]), because a call must not fail while the
//! token at hand is still valid, and tokens can be revoked before they expire.

mod azure_json;
mod cache;
mod certificate;
mod described;
mod environment;
mod identity;
mod kind;
mod source;

use async_trait::async_trait;
use azure_core::credentials::Secret;
use jiff::Timestamp;

pub use azure_json::{AzureJson, InvalidAzureJson};
pub use cache::TokenCache;
pub use described::NotDescribed;
pub use environment::Environment;
pub use kind::{CredentialKind, UnknownCredentialKind};
pub(crate) use source::source;

/// An access token. Its text is in neither Debug nor Display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    secret: Secret,
    expires_at: Timestamp,
}

/// Fetches access tokens for one audience.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A new token; never one that was kept from an earlier fetch. Tries once:
    /// when to try again is up to the caller.
    async fn fetch(&self) -> Result<Token, CredentialError>;
}

/// Why there is no token. Display says it all in one line, because the errors of
/// the identity crate hold whole HTTP exchanges in their Debug form and are
/// therefore not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CredentialError {
    reason: String,
    transient: bool,
}

// === impl Token ===

impl Token {
    /// A token that expires at the given time.
    pub fn new(secret: impl Into<Secret>, expires_at: Timestamp) -> Self {
        Self {
            secret: secret.into(),
            expires_at,
        }
    }

    /// When Azure stops accepting it.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The text, for the one header that carries it.
    pub(crate) fn expose(&self) -> &str {
        self.secret.secret()
    }
}

// === impl CredentialError ===

impl CredentialError {
    /// A failure that will last until somebody does something.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            transient: false,
        }
    }

    /// A failure that may be over soon.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            transient: true,
        }
    }

    /// Whether fetching may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        self.transient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_show_their_text() {
        let token = Token::new("eyJsecret".to_owned(), Timestamp::UNIX_EPOCH);
        insta::assert_snapshot!(format!("{token:?}"), @"Token { secret: Secret, expires_at: 1970-01-01T00:00:00Z }");
    }
}
