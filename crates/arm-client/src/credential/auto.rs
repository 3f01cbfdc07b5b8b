//! The credential that the environment describes.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;

use super::environment::Described;
use super::identity::{Identity, NoManagedIdentity};
use super::{CredentialError, Environment, Token, TokenSource};
use crate::{ArmUrl, ConfigError};

/// Azure's public login service.
const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// Tokens from what the environment describes.
struct Auto {
    identity: Identity,
    described: Described,
    /// What discovery found. Once a token came from somewhere, no other identity
    /// is tried: it would have other permissions.
    found: OnceLock<Found>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    ManagedIdentity,
    DeveloperTools,
}

/// The source for an endpoint. The login service is the one that the environment
/// names, or that of the endpoint's cloud.
pub(super) fn source(
    arm: &ArmUrl,
    environment: &Environment,
) -> Result<Arc<dyn TokenSource>, ConfigError> {
    let described = environment.described()?;
    let authority = environment
        .authority()
        .or(arm.authority())
        .unwrap_or(PUBLIC_AUTHORITY);
    // The identity crate refuses any other scheme, but only at the first fetch.
    if !authority.starts_with("https://") {
        return Err(ConfigError::Credential(CredentialError::permanent(
            format!("AZURE_AUTHORITY_HOST must begin with https://, and is {authority}"),
        )));
    }
    let identity = Identity::new(authority.to_owned(), arm.token_scope())?;
    Ok(Arc::new(Auto {
        identity,
        described,
        found: OnceLock::new(),
    }))
}

// === impl Auto ===

#[async_trait]
impl TokenSource for Auto {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        match &self.described {
            Described::ClientSecret {
                tenant,
                client,
                secret,
            } => self.identity.client_secret(tenant, client, secret).await,
            Described::WorkloadIdentity {
                tenant,
                client,
                token_file,
            } => {
                self.identity
                    .workload_identity(tenant, client, token_file)
                    .await
            }
            Described::Nothing { client } => match self.found.get() {
                None => self.discover(client.as_deref()).await,
                Some(Found::ManagedIdentity) => self.managed_identity(client.as_deref()).await,
                Some(Found::DeveloperTools) => self.identity.developer_tools().await,
            },
        }
    }
}

impl Auto {
    async fn managed_identity(&self, client: Option<&str>) -> Result<Token, CredentialError> {
        self.identity
            .managed_identity(client)
            .await
            .map_err(|error| match error {
                NoManagedIdentity::Refused(error) => error,
                // It was there before.
                NoManagedIdentity::NoService(reason) => CredentialError::transient(reason),
            })
    }

    /// The machine's identity, or that of the person at the machine.
    async fn discover(&self, client: Option<&str>) -> Result<Token, CredentialError> {
        let no_service = match self.identity.managed_identity(client).await {
            Ok(token) => return Ok(self.remember(Found::ManagedIdentity, token)),
            Err(NoManagedIdentity::NoService(reason)) => reason,
            Err(NoManagedIdentity::Refused(error)) => return Err(error),
        };
        match self.identity.developer_tools().await {
            Ok(token) => Ok(self.remember(Found::DeveloperTools, token)),
            Err(error) => Err(CredentialError::permanent(format!(
                "no credential found: neither AZURE_CLIENT_SECRET nor AZURE_FEDERATED_TOKEN_FILE is set, this machine has no managed identity ({no_service}), and no developer tool is logged in ({error})"
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
