//! Tokens from the credential that was chosen.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use url::Url;

use super::described::{Described, UserAssigned};
use super::environment::IDENTITY_HOST;
use super::identity::{Identity, NoManagedIdentity};
use super::{CredentialError, CredentialKind, Environment, Token, TokenSource};
use crate::{ClientConfig, ConfigError, Surroundings};

/// Tokens from one credential.
struct Source {
    identity: Identity,
    described: Described,
    /// What the machine turned out to have. Once a token came from somewhere, no
    /// other identity is tried: it would have other permissions.
    found: OnceLock<Found>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    ManagedIdentity,
    DeveloperTools,
}

/// The source of a kind; `None` when the kind sends no tokens.
pub(crate) fn source(
    kind: CredentialKind,
    config: &ClientConfig,
    environment: &Environment,
    surroundings: &Surroundings,
) -> Result<Option<Arc<dyn TokenSource>>, ConfigError> {
    let Some(described) = Described::new(kind, environment)? else {
        return Ok(None);
    };
    let identity = Identity::new(config, identity_host(environment)?, surroundings)?;
    Ok(Some(Arc::new(Source {
        identity,
        described,
        found: OnceLock::new(),
    })))
}

fn identity_host(environment: &Environment) -> Result<Option<Url>, ConfigError> {
    let Some(text) = environment.get(IDENTITY_HOST) else {
        return Ok(None);
    };
    let url = Url::parse(text).ok();
    match url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Some(url) => Ok(Some(url)),
        None => Err(ConfigError::IdentityHost {
            variable: IDENTITY_HOST,
        }),
    }
}

// === impl Source ===

#[async_trait]
impl TokenSource for Source {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        match &self.described {
            Described::ClientSecret { app, secret } => {
                self.identity.client_secret(app, secret).await
            }
            Described::ClientCertificate { app, file } => {
                self.identity.client_certificate(app, file).await
            }
            Described::WorkloadIdentity { app, file } => {
                self.identity.workload_identity(app, file).await
            }
            Described::ManagedIdentity(identity) => self.managed_identity(identity.as_ref()).await,
            Described::AzureCli => self.identity.azure_cli().await,
            Described::Machine(identity) => match self.found.get() {
                None => self.discover(identity.as_ref()).await,
                Some(Found::ManagedIdentity) => self.managed_identity(identity.as_ref()).await,
                Some(Found::DeveloperTools) => self.identity.developer_tools().await,
            },
        }
    }
}

impl Source {
    async fn managed_identity(
        &self,
        identity: Option<&UserAssigned>,
    ) -> Result<Token, CredentialError> {
        self.identity
            .managed_identity(identity)
            .await
            .map_err(|error| match error {
                NoManagedIdentity::Refused(error) => error,
                // It was asked for, or was there before.
                NoManagedIdentity::NoService(reason) => CredentialError::transient(format!(
                    "the identity service of this machine does not answer: {reason}"
                )),
            })
    }

    /// The machine's identity, or that of the person at the machine.
    async fn discover(&self, identity: Option<&UserAssigned>) -> Result<Token, CredentialError> {
        let no_service = match self.identity.managed_identity(identity).await {
            Ok(token) => return Ok(self.remember(Found::ManagedIdentity, token)),
            Err(NoManagedIdentity::NoService(reason)) => reason,
            Err(NoManagedIdentity::Refused(error)) => return Err(error),
        };
        match self.identity.developer_tools().await {
            Ok(token) => Ok(self.remember(Found::DeveloperTools, token)),
            Err(error) => Err(CredentialError::permanent(format!(
                "no credential found: none of AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH and AZURE_FEDERATED_TOKEN_FILE is set, this machine has no managed identity ({no_service}), and no developer tool is logged in ({error})"
            ))),
        }
    }

    fn remember(&self, found: Found, token: Token) -> Token {
        if self.found.set(found).is_ok() {
            tracing::info!(source = ?found, "found a credential for Azure");
        }
        token
    }
}

#[cfg(test)]
mod tests;
