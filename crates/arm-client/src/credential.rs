//! Access tokens: where they come from, and how they are kept.
//!
//! A [`TokenSource`] fetches one token. The official Azure identity crate does
//! the OAuth work behind it; this crate chooses the credential ([`CredentialKind`])
//! and keeps the token ([`TokenCache`]), because a call must not fail while the
//! token at hand is still valid, and tokens can be revoked before they expire.

mod auto;
mod cache;
mod environment;
mod identity;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::Secret;
use jiff::Timestamp;

pub use cache::TokenCache;
pub use environment::{Environment, MissingVariables};

use crate::{ArmUrl, ConfigError};

/// How to get access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CredentialKind {
    /// The first of these that the environment describes:
    ///
    /// 1. a client secret: `AZURE_CLIENT_SECRET`, with `AZURE_TENANT_ID` and
    ///    `AZURE_CLIENT_ID`;
    /// 2. Kubernetes workload identity: `AZURE_FEDERATED_TOKEN_FILE`, with
    ///    `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`, all three set by AKS;
    /// 3. otherwise the managed identity of the machine (the one named by
    ///    `AZURE_CLIENT_ID`, or the only one), and if the machine has no identity
    ///    service, the account that is logged in to Azure CLI or Azure Developer
    ///    CLI.
    ///
    /// What the environment describes is used or fails; it is never passed over
    /// for a weaker choice.
    #[default]
    Auto,
    /// No token at all, for an emulator.
    None,
}

/// Not the name of a kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `auto` or `none`")]
pub struct UnknownCredentialKind;

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

// === impl CredentialKind ===

impl CredentialKind {
    /// The source of this kind; `None` when the kind sends no tokens.
    pub(crate) fn token_source(
        self,
        arm: &ArmUrl,
        environment: &Environment,
    ) -> Result<Option<Arc<dyn TokenSource>>, ConfigError> {
        match self {
            Self::None => Ok(None),
            Self::Auto => Ok(Some(auto::source(arm, environment)?)),
        }
    }

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
        }
    }
}

impl FromStr for CredentialKind {
    type Err = UnknownCredentialKind;

    fn from_str(text: &str) -> Result<Self, UnknownCredentialKind> {
        [Self::Auto, Self::None]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(UnknownCredentialKind)
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("auto", Some(CredentialKind::Auto))]
    #[case(" None ", Some(CredentialKind::None))]
    #[case("managed", None)]
    #[case("", None)]
    fn kinds(#[case] text: &str, #[case] kind: Option<CredentialKind>) {
        assert_eq!(text.parse().ok(), kind);
    }

    #[test]
    fn tokens_do_not_show_their_text() {
        let token = Token::new("eyJsecret".to_owned(), Timestamp::UNIX_EPOCH);
        insta::assert_snapshot!(format!("{token:?}"), @"Token { secret: Secret, expires_at: 1970-01-01T00:00:00Z }");
    }
}
