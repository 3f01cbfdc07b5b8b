//! Each credential against a login service that plays along, or does not.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};
use std::sync::Mutex;

use azure_core::credentials::Secret;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use azure_identity::Executor;

use super::*;
use crate::credential::described::Application;

/// A service that gives the answers it was told to, and writes down requests.
#[derive(Debug, Default)]
struct Service {
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    requests: Mutex<Vec<String>>,
}

#[async_trait]
impl HttpClient for Service {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let body = match request.body() {
            Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Body::SeekableStream(_) => "a stream".to_owned(),
        };
        let line = format!("{:?} {} {body}", request.method(), request.url());
        self.requests.lock().unwrap().push(line.trim().to_owned());
        match self.answers.lock().unwrap().pop_front() {
            Some((status, body)) => Ok(AsyncRawResponse::from_bytes(
                status.into(),
                azure_core::http::headers::Headers::default(),
                body,
            )),
            None => Err(azure_core::Error::with_message(
                ErrorKind::Connection,
                "nobody there",
            )),
        }
    }
}

impl Service {
    fn answering(answers: &[(u16, &'static str)]) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().copied().collect()),
            ..Self::default()
        })
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A shell in which Azure CLI is or is not logged in.
#[derive(Debug)]
struct Shell(Option<&'static str>);

#[async_trait]
impl Executor for Shell {
    async fn run(&self, _: &OsStr, _: &[&OsStr]) -> io::Result<Output> {
        let (code, out, err) = match self.0 {
            Some(out) => (0, out, ""),
            None => (1, "", "Please run 'az login' to setup account."),
        };
        Ok(Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: out.into(),
            stderr: err.into(),
        })
    }
}

const ENTRA: &str = r#"{"token_type":"Bearer","expires_in":3600,"ext_expires_in":3600,"access_token":"entra-token"}"#;
const IMDS: &str = r#"{"access_token":"imds-token","expires_on":"4102444800","resource":"r","token_type":"Bearer"}"#;
const CLI: &str = r#"{"accessToken":"cli-token","expires_on":4102444800,"tokenType":"Bearer"}"#;

fn auto(
    described: Described,
    remote: &Arc<Service>,
    local: &Arc<Service>,
    cli: Option<&'static str>,
) -> Source {
    Source {
        identity: Identity {
            authority: "https://login.example.com".parse().unwrap(),
            audience: "https://management.azure.com".parse().unwrap(),
            remote: remote.clone(),
            local: local.clone(),
            local_host: None,
            executor: Some(Arc::new(Shell(cli))),
            surroundings: Surroundings::default(),
        },
        described,
        found: OnceLock::new(),
    }
}

fn app() -> Application {
    Application {
        tenant: "tenant".to_owned(),
        client: "client".to_owned(),
    }
}

fn client_secret() -> Described {
    Described::ClientSecret {
        app: app(),
        secret: Secret::new("hunter2"),
    }
}

fn nothing() -> Described {
    Described::Machine(None)
}

fn client() -> UserAssigned {
    UserAssigned::Client("client".to_owned())
}

#[tokio::test]
async fn a_client_secret_is_exchanged_for_a_token() {
    let (remote, local) = (Service::answering(&[(200, ENTRA)]), Service::answering(&[]));
    let token = auto(client_secret(), &remote, &local, None)
        .fetch()
        .await
        .unwrap();
    assert_eq!(token.expose(), "entra-token");
    insta::assert_debug_snapshot!(remote.requests(), @r#"
    [
        "Post https://login.example.com/tenant/oauth2/v2.0/token client_id=client&client_secret=hunter2&grant_type=client_credentials&scope=https%3A%2F%2Fmanagement.azure.com%2F.default",
    ]
    "#);
}

#[tokio::test]
async fn every_fetch_asks_again() {
    let (remote, local) = (
        Service::answering(&[(200, ENTRA), (200, ENTRA)]),
        Service::answering(&[]),
    );
    let source = auto(client_secret(), &remote, &local, None);
    source.fetch().await.unwrap();
    source.fetch().await.unwrap();
    assert_eq!(remote.requests().len(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_permanent_and_not_shown() {
    let refusal = r#"{"error":"invalid_client","error_codes":[7000215],"error_description":"AADSTS7000215: Invalid client secret provided."}"#;
    let (remote, local) = (
        Service::answering(&[(401, refusal)]),
        Service::answering(&[]),
    );
    let error = auto(client_secret(), &remote, &local, None)
        .fetch()
        .await
        .unwrap_err();
    assert!(!error.is_transient());
    assert!(error.to_string().contains("AADSTS7000215"), "{error}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
    assert_eq!(remote.requests().len(), 1, "no retry of its own");
}

#[tokio::test]
async fn a_login_service_that_is_away_is_transient() {
    let busy = r#"{"error":"temporarily_unavailable","error_codes":[90033],"error_description":"AADSTS90033: A transient error has occurred."}"#;
    for answers in [&[(503, busy)][..], &[]] {
        let (remote, local) = (Service::answering(answers), Service::answering(&[]));
        let error = auto(client_secret(), &remote, &local, None)
            .fetch()
            .await
            .unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(remote.requests().len(), 1);
    }
}

#[tokio::test]
async fn workload_identity_reads_its_file_at_every_fetch() {
    let file = std::env::temp_dir().join(format!("arm-client-assertion-{}", std::process::id()));
    let (remote, local) = (
        Service::answering(&[(200, ENTRA), (200, ENTRA)]),
        Service::answering(&[]),
    );
    let described = Described::WorkloadIdentity {
        app: app(),
        file: file.clone(),
    };
    let source = auto(described, &remote, &local, None);
    for assertion in ["first", "second"] {
        std::fs::write(&file, assertion).unwrap();
        assert_eq!(source.fetch().await.unwrap().expose(), "entra-token");
    }
    std::fs::remove_file(&file).unwrap();
    let error = source.fetch().await.unwrap_err();
    assert!(
        error.to_string().contains(&file.display().to_string()),
        "{error}"
    );
    let requests = remote.requests();
    assert!(
        requests[0].contains("client_assertion=first"),
        "{requests:?}"
    );
    assert!(
        requests[1].contains("client_assertion=second"),
        "{requests:?}"
    );
}

#[tokio::test]
async fn the_managed_identity_is_found_and_kept() {
    let (remote, local) = (
        Service::answering(&[]),
        Service::answering(&[(200, IMDS), (200, IMDS)]),
    );
    let source = auto(
        Described::Machine(Some(client())),
        &remote,
        &local,
        Some(CLI),
    );
    assert_eq!(source.fetch().await.unwrap().expose(), "imds-token");
    assert_eq!(source.fetch().await.unwrap().expose(), "imds-token");
    let error = source.fetch().await.unwrap_err();
    assert!(error.is_transient(), "no change of identity: {error}");
    assert!(local.requests()[0].contains("client_id=client"));
}

#[tokio::test]
async fn an_identity_service_that_refuses_is_not_passed_over() {
    for (status, transient) in [(400, false), (404, true), (429, true), (503, true)] {
        let (remote, local) = (
            Service::answering(&[]),
            Service::answering(&[(status, "{}")]),
        );
        let error = auto(nothing(), &remote, &local, Some(CLI))
            .fetch()
            .await
            .unwrap_err();
        assert_eq!(error.is_transient(), transient, "{status}: {error}");
        assert_eq!(local.requests().len(), 1, "{status}: no retry of its own");
    }
}

#[tokio::test]
async fn developer_tools_come_last() {
    let (remote, local) = (Service::answering(&[]), Service::answering(&[]));
    let source = auto(nothing(), &remote, &local, Some(CLI));
    assert_eq!(source.fetch().await.unwrap().expose(), "cli-token");
    source.fetch().await.unwrap();
    assert_eq!(local.requests().len(), 1, "what was found is kept");
}

#[tokio::test]
async fn finding_nothing_says_what_was_tried() {
    let (remote, local) = (Service::answering(&[]), Service::answering(&[]));
    let error = auto(nothing(), &remote, &local, None)
        .fetch()
        .await
        .unwrap_err();
    assert!(!error.is_transient());
    let text = error.to_string();
    for part in [
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
        "nobody there",
        "az login",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains('\n'));
}

#[tokio::test]
async fn azure_cli_alone_is_asked_when_it_is_asked_for() {
    let (remote, local) = (Service::answering(&[]), Service::answering(&[(200, IMDS)]));
    let source = auto(Described::AzureCli, &remote, &local, Some(CLI));
    assert_eq!(source.fetch().await.unwrap().expose(), "cli-token");
    assert!(local.requests().is_empty());
    let error = auto(Described::AzureCli, &remote, &local, None)
        .fetch()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("az login"), "{error}");
}

#[tokio::test]
async fn a_managed_identity_that_is_asked_for_is_not_replaced() {
    let (remote, local) = (Service::answering(&[]), Service::answering(&[]));
    let source = auto(Described::ManagedIdentity(None), &remote, &local, Some(CLI));
    let error = source.fetch().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.to_string().contains("identity service"), "{error}");
}

#[tokio::test]
async fn a_managed_identity_is_named_in_the_request() {
    let resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
    for (identity, parameter) in [
        (UserAssigned::Client("c".to_owned()), "&client_id=c"),
        (UserAssigned::Object("o".to_owned()), "&object_id=o"),
        (
            UserAssigned::Resource(resource.to_owned()),
            "&msi_res_id=%2Fsubscriptions%2Fs%2FresourceGroups%2Fg%2Fproviders%2FMicrosoft.ManagedIdentity%2FuserAssignedIdentities%2Fi",
        ),
    ] {
        let (remote, local) = (Service::answering(&[]), Service::answering(&[(200, IMDS)]));
        let described = Described::ManagedIdentity(Some(identity));
        auto(described, &remote, &local, None)
            .fetch()
            .await
            .unwrap();
        let requests = local.requests();
        assert!(requests[0].ends_with(parameter), "{requests:?}");
    }
}

#[tokio::test]
async fn the_identity_service_may_be_elsewhere() {
    let (remote, local) = (Service::answering(&[]), Service::answering(&[(200, IMDS)]));
    let mut source = auto(Described::ManagedIdentity(None), &remote, &local, None);
    source.identity.local_host = Some("http://127.0.0.1:9200".parse().unwrap());
    source.fetch().await.unwrap();
    insta::assert_snapshot!(local.requests()[0], @"Get http://127.0.0.1:9200/metadata/identity/oauth2/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_named() {
    let (remote, local) = (Service::answering(&[]), Service::answering(&[]));
    let described = Described::ClientCertificate {
        app: app(),
        file: "/nonexistent/app.pem".into(),
    };
    let error = auto(described, &remote, &local, None)
        .fetch()
        .await
        .unwrap_err();
    assert!(error.is_transient(), "the volume may not be there yet");
    assert!(
        error.to_string().contains("/nonexistent/app.pem"),
        "{error}"
    );
    assert!(remote.requests().is_empty());
}
