//! The official identity crate, without what it does on its own besides OAuth:
//! its retries (they cannot be bounded) and its caches (they keep a revoked token
//! and fail a call while the old token is still valid). A credential is made anew
//! for every fetch, which costs nothing; only the HTTP clients are kept.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, StatusCode, Transport,
};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, DeveloperToolsCredentialOptions, Executor, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use futures::future::{Either, pending, select};
use jiff::Timestamp;
use reqwest::redirect;
use tokio::sync::oneshot;

use super::{CredentialError, Token};
use crate::ConfigError;
use crate::retry::is_transient_status;

/// The longest wait for a connection to the login service.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest wait for a connection to the machine's own identity service,
/// which is on the same host or nowhere.
const CONNECT_LOCAL: Duration = Duration::from_secs(2);
/// The longest wait for a token over HTTP.
const EXCHANGE: Duration = Duration::from_secs(20);
/// The longest wait for a command-line tool.
const TOOL: Duration = Duration::from_secs(20);

/// What the credentials need from the outside.
pub(super) struct Identity {
    /// The login service.
    pub(super) authority: String,
    /// For whom the tokens are.
    pub(super) scope: String,
    /// HTTP to the login service.
    pub(super) remote: Arc<dyn HttpClient>,
    /// HTTP to the machine's own identity service, past any proxy.
    pub(super) local: Arc<dyn HttpClient>,
    /// Runs command-line tools; the default one when `None`.
    pub(super) executor: Option<Arc<dyn Executor>>,
}

/// Why there is no token from the machine's managed identity.
#[derive(Debug)]
pub(super) enum NoManagedIdentity {
    /// This machine has no identity service.
    NoService(String),
    /// It has one, which gave no token.
    Refused(CredentialError),
}

/// Passes one exchange through, and reports a failure that the identity crate
/// would try again instead of returning it to the crate.
#[derive(Debug)]
struct OneTry {
    inner: Arc<dyn HttpClient>,
    report: Mutex<Option<oneshot::Sender<NoManagedIdentity>>>,
}

// === impl Identity ===

impl Identity {
    pub(super) fn new(authority: String, scope: String) -> Result<Self, ConfigError> {
        let http = |connect: Duration| {
            reqwest::Client::builder()
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .connect_timeout(connect)
                .timeout(EXCHANGE)
        };
        let remote = http(CONNECT).build().map_err(ConfigError::Http)?;
        // Plain HTTP to an address of this machine: certificates are of no use,
        // and a proxy would be a stranger who gets the token.
        let local = http(CONNECT_LOCAL)
            .no_proxy()
            .tls_certs_only([])
            .build()
            .map_err(ConfigError::Http)?;
        Ok(Self {
            authority,
            scope,
            remote: Arc::new(remote),
            local: Arc::new(local),
            executor: None,
        })
    }

    pub(super) async fn client_secret(
        &self,
        tenant: &str,
        client: &str,
        secret: &Secret,
    ) -> Result<Token, CredentialError> {
        let options = ClientSecretCredentialOptions {
            client_options: self.client_options(&self.remote),
        };
        let credential =
            ClientSecretCredential::new(tenant, client.to_owned(), secret.clone(), Some(options));
        self.token(credential.map_err(|error| failed(&error))?)
            .await
    }

    /// Reads the token file anew, which Kubernetes replaces about every hour.
    pub(super) async fn workload_identity(
        &self,
        tenant: &str,
        client: &str,
        token_file: &Path,
    ) -> Result<Token, CredentialError> {
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions {
                client_options: self.client_options(&self.remote),
            },
            client_id: Some(client.to_owned()),
            tenant_id: Some(tenant.to_owned()),
            token_file_path: Some(token_file.to_owned()),
        };
        let credential = WorkloadIdentityCredential::new(Some(options));
        self.token(credential.map_err(|error| failed(&error))?)
            .await
    }

    pub(super) async fn managed_identity(
        &self,
        client: Option<&str>,
    ) -> Result<Token, NoManagedIdentity> {
        let refused = |error| NoManagedIdentity::Refused(failed(&error));
        let (report, reported) = oneshot::channel();
        let http: Arc<dyn HttpClient> = Arc::new(OneTry {
            inner: Arc::clone(&self.local),
            report: Mutex::new(Some(report)),
        });
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client.map(|id| UserAssignedId::ClientId(id.to_owned())),
            client_options: self.client_options(&http),
        };
        let credential = ManagedIdentityCredential::new(Some(options)).map_err(refused)?;
        // The crate keeps the transport, and with it the sender, alive.
        drop(http);
        let fetch = self.token(credential);
        match select(Box::pin(fetch), reported).await {
            Either::Left((token, _)) => token.map_err(NoManagedIdentity::Refused),
            Either::Right((Ok(reason), _)) => Err(reason),
            Either::Right((Err(_), fetch)) => fetch.await.map_err(NoManagedIdentity::Refused),
        }
    }

    pub(super) async fn developer_tools(&self) -> Result<Token, CredentialError> {
        let options = DeveloperToolsCredentialOptions {
            executor: self.executor.clone(),
        };
        let credential =
            DeveloperToolsCredential::new(Some(options)).map_err(|error| failed(&error))?;
        match tokio::time::timeout(TOOL, self.token(credential)).await {
            Ok(result) => result,
            Err(_) => Err(CredentialError::permanent(
                "the tools did not answer in time",
            )),
        }
    }

    async fn token(&self, credential: Arc<dyn TokenCredential>) -> Result<Token, CredentialError> {
        let token: AccessToken = credential
            .get_token(&[&self.scope], None)
            .await
            .map_err(|error| failed(&error))?;
        let expires_at = Timestamp::from_second(token.expires_on.unix_timestamp())
            .map_err(|_| CredentialError::permanent("the token expires at no possible time"))?;
        Ok(Token::new(token.token, expires_at))
    }

    fn client_options(&self, http: &Arc<dyn HttpClient>) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.authority);
        ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::clone(http))),
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        }
    }
}

/// The identity crate's error in one line, with its causes.
fn failed(error: &azure_core::Error) -> CredentialError {
    let mut transient = false;
    let mut reason = String::new();
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        let words: Vec<_> = cause
            .to_string()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let text = words.join(" ");
        if !reason.contains(&text) {
            if !reason.is_empty() {
                reason.push_str(": ");
            }
            reason.push_str(&text);
        }
        if let Some(error) = cause.downcast_ref::<azure_core::Error>() {
            transient |= match error.kind() {
                ErrorKind::HttpResponse { status, .. } => is_transient_status((*status).into()),
                // A token file that cannot be read is Credential, not Io.
                ErrorKind::Connection | ErrorKind::Io => true,
                _ => false,
            };
        }
        next = cause.source();
    }
    if transient {
        CredentialError::transient(reason)
    } else {
        CredentialError::permanent(reason)
    }
}

// === impl OneTry ===

impl OneTry {
    /// Ends the fetch: the caller stops waiting for the identity crate, which
    /// gets no answer that it could act on.
    async fn end(&self, reason: NoManagedIdentity) -> azure_core::Result<AsyncRawResponse> {
        let report = self
            .report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(report) = report {
            // Nobody listens when the call was cancelled; then nothing is lost.
            let _ = report.send(reason);
        }
        pending().await
    }
}

#[async_trait]
impl HttpClient for OneTry {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        match self.inner.execute_request(request).await {
            Ok(answer) => match answer.status() {
                // The service's own documentation calls these temporary.
                status @ (StatusCode::NotFound | StatusCode::Gone) => self.end(busy(status)).await,
                status if u16::from(status) == 429 || u16::from(status) >= 500 => {
                    self.end(busy(status)).await
                }
                _ => Ok(answer),
            },
            Err(error) => {
                let reason = failed(&error).to_string();
                self.end(NoManagedIdentity::NoService(reason)).await
            }
        }
    }
}

fn busy(status: StatusCode) -> NoManagedIdentity {
    NoManagedIdentity::Refused(CredentialError::transient(format!(
        "the machine's identity service answered {}",
        u16::from(status)
    )))
}
