//! The official identity crate, without what it does on its own besides OAuth:
//! its retries (they cannot be bounded) and its caches (they keep a revoked token
//! and fail a call while the old token is still valid). A credential is made anew
//! for every fetch, which costs nothing; only the HTTP clients are kept. So files
//! are read anew as well, and a rotated one needs no restart.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::{
    AsyncRawResponse, ClientMethodOptions, ClientOptions, HttpClient, Request, RetryOptions,
    StatusCode, Transport,
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, DeveloperToolsCredentialOptions, Executor, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use futures::future::{Either, pending, select};
use jiff::Timestamp;
use reqwest::redirect;
use tokio::sync::oneshot;
use url::Url;

use super::certificate::ClientCertificate;
use super::described::{Application, UserAssigned};
use super::{CredentialError, Token};
use crate::ambient::guid;
use crate::retry::is_transient_status;
use crate::{Audience, AuthorityUrl, ClientConfig, ConfigError, Surroundings};

/// The longest wait for a connection to the login service.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest wait for a connection to the machine's own identity service,
/// which is on the same host or nowhere.
const CONNECT_LOCAL: Duration = Duration::from_secs(2);
/// The longest wait for a token over HTTP.
const EXCHANGE: Duration = Duration::from_secs(20);
/// The longest wait for a command-line tool.
const TOOL: Duration = Duration::from_secs(20);

/// Where a machine of Azure finds its identity service.
const IDENTITY_ADDRESS: &str = "169.254.169.254";

/// What the credentials need from the outside.
pub(super) struct Identity {
    /// The login service.
    pub(super) authority: AuthorityUrl,
    /// For whom the tokens are.
    pub(super) audience: Audience,
    /// HTTP to the login service.
    pub(super) remote: Arc<dyn HttpClient>,
    /// HTTP to the machine's own identity service, past any proxy.
    pub(super) local: Arc<dyn HttpClient>,
    /// Where that service is, when not at its usual address.
    pub(super) local_host: Option<Url>,
    /// Runs command-line tools; the default one when `None`.
    pub(super) executor: Option<Arc<dyn Executor>>,
    /// Time and randomness, for what a certificate signs.
    pub(super) surroundings: Surroundings,
}

/// What an application says of itself in the place of a secret.
#[derive(Debug)]
struct Assertion(Secret);

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
    host: Option<Url>,
    report: Mutex<Option<oneshot::Sender<NoManagedIdentity>>>,
}

// === impl Identity ===

impl Identity {
    pub(super) fn new(
        config: &ClientConfig,
        local_host: Option<Url>,
        surroundings: &Surroundings,
    ) -> Result<Self, ConfigError> {
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
            authority: config.authority.clone(),
            audience: config.audience.clone(),
            remote: Arc::new(remote),
            local: Arc::new(local),
            local_host,
            executor: None,
            surroundings: surroundings.clone(),
        })
    }

    pub(super) async fn client_secret(
        &self,
        app: &Application,
        secret: &Secret,
    ) -> Result<Token, CredentialError> {
        let options = ClientSecretCredentialOptions {
            client_options: self.client_options(&self.remote),
        };
        let credential = ClientSecretCredential::new(
            &app.tenant,
            app.client.clone(),
            secret.clone(),
            Some(options),
        );
        self.token(credential.map_err(|error| failed(&error))?)
            .await
    }

    /// Reads the certificate anew.
    pub(super) async fn client_certificate(
        &self,
        app: &Application,
        file: &Path,
    ) -> Result<Token, CredentialError> {
        let shown = file.display();
        let pem = tokio::fs::read(file).await.map_err(|error| {
            CredentialError::transient(format!(
                "the client certificate {shown} cannot be read: {error}"
            ))
        })?;
        let assertion = ClientCertificate::parse(&pem)
            .and_then(|certificate| {
                certificate.assertion(
                    &app.client,
                    &self.authority.token_endpoint(&app.tenant),
                    &guid(&*self.surroundings.entropy),
                    self.surroundings.clock.now(),
                )
            })
            .map_err(|error| {
                CredentialError::permanent(format!(
                    "the client certificate {shown} cannot be used: {error}"
                ))
            })?;
        let options = ClientAssertionCredentialOptions {
            client_options: self.client_options(&self.remote),
        };
        let credential = ClientAssertionCredential::new(
            app.tenant.clone(),
            app.client.clone(),
            Assertion(assertion),
            Some(options),
        );
        self.token(credential.map_err(|error| failed(&error))?)
            .await
    }

    /// Reads the token file anew, which Kubernetes replaces about every hour.
    pub(super) async fn workload_identity(
        &self,
        app: &Application,
        token_file: &Path,
    ) -> Result<Token, CredentialError> {
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions {
                client_options: self.client_options(&self.remote),
            },
            client_id: Some(app.client.clone()),
            tenant_id: Some(app.tenant.clone()),
            token_file_path: Some(token_file.to_owned()),
        };
        let credential = WorkloadIdentityCredential::new(Some(options));
        self.token(credential.map_err(|error| failed(&error))?)
            .await
    }

    pub(super) async fn managed_identity(
        &self,
        identity: Option<&UserAssigned>,
    ) -> Result<Token, NoManagedIdentity> {
        let refused = |error| NoManagedIdentity::Refused(failed(&error));
        let (report, reported) = oneshot::channel();
        let http: Arc<dyn HttpClient> = Arc::new(OneTry {
            inner: Arc::clone(&self.local),
            host: self.local_host.clone(),
            report: Mutex::new(Some(report)),
        });
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: identity.map(|identity| match identity {
                UserAssigned::Client(id) => UserAssignedId::ClientId(id.clone()),
                UserAssigned::Object(id) => UserAssignedId::ObjectId(id.clone()),
                UserAssigned::Resource(id) => UserAssignedId::ResourceId(id.clone()),
            }),
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

    /// The account of a person, from Azure CLI.
    pub(super) async fn azure_cli(&self) -> Result<Token, CredentialError> {
        let options = AzureCliCredentialOptions {
            executor: self.executor.clone(),
            ..AzureCliCredentialOptions::default()
        };
        self.tool(AzureCliCredential::new(Some(options)).map_err(|error| failed(&error))?)
            .await
    }

    /// The account of a person, from whichever tool knows one.
    pub(super) async fn developer_tools(&self) -> Result<Token, CredentialError> {
        let options = DeveloperToolsCredentialOptions {
            executor: self.executor.clone(),
        };
        self.tool(DeveloperToolsCredential::new(Some(options)).map_err(|error| failed(&error))?)
            .await
    }

    async fn tool(&self, credential: Arc<dyn TokenCredential>) -> Result<Token, CredentialError> {
        match tokio::time::timeout(TOOL, self.token(credential)).await {
            Ok(result) => result,
            Err(_) => Err(CredentialError::permanent(
                "the tools did not answer in time",
            )),
        }
    }

    async fn token(&self, credential: Arc<dyn TokenCredential>) -> Result<Token, CredentialError> {
        let token: AccessToken = credential
            .get_token(&[&self.audience.scope()], None)
            .await
            .map_err(|error| failed(&error))?;
        let expires_at = Timestamp::from_second(token.expires_on.unix_timestamp())
            .map_err(|_| CredentialError::permanent("the token expires at no possible time"))?;
        Ok(Token::new(token.token, expires_at))
    }

    fn client_options(&self, http: &Arc<dyn HttpClient>) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.to_string();
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

// === impl Assertion ===

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.secret().to_owned())
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
        let moved = self.host.as_ref().and_then(|host| elsewhere(request, host));
        match self
            .inner
            .execute_request(moved.as_ref().unwrap_or(request))
            .await
        {
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

/// The request, at another host when it is for the service's usual address.
fn elsewhere(request: &Request, host: &Url) -> Option<Request> {
    let usual = request.url().host_str() == Some(IDENTITY_ADDRESS);
    let mut url = usual.then(|| host.clone())?;
    url.set_path(request.url().path());
    url.set_query(request.url().query());
    let mut moved = request.clone();
    *moved.url_mut() = url;
    Some(moved)
}

fn busy(status: StatusCode) -> NoManagedIdentity {
    NoManagedIdentity::Refused(CredentialError::transient(format!(
        "the machine's identity service answered {}",
        u16::from(status)
    )))
}
