//! An emulator that wants tokens, and the binary that gets them.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use emulator::authority::Settings;
use emulator::{Emulator, Options, Running, Tls};
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
pub(crate) const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const CLIENT: &str = "22222222-2222-2222-2222-222222222222";
pub(crate) const SECRET: &str = "hunter2~the-secret-of-the-application";

/// How every token and every assertion begins: `{"` in base64.
pub(crate) const TOKEN_MARK: &str = "eyJ";

/// Whether it is reached over TLS, as the login service has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// The cloud, which answers nobody without a token.
pub(crate) struct Azure {
    running: Running,
    client: Client,
    directory: TempDir,
}

// === impl Azure ===

impl Azure {
    pub(crate) async fn start(scheme: Scheme, token_lifetime: Duration) -> Self {
        let running = Emulator::start(Options {
            tls: (scheme == Scheme::Https).then(Tls::default),
            authority: Settings {
                require_token: true,
                token_lifetime,
                clients: match scheme {
                    Scheme::Https => vec![format!("{CLIENT}:{SECRET}").parse().unwrap()],
                    // A managed identity is nobody's client.
                    Scheme::Http => Vec::new(),
                },
            },
            ..Options::default()
        })
        .await
        .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut client = Client::builder();
        if let Some(ca) = running.ca_certificate() {
            std::fs::write(directory.path().join("ca.pem"), ca).unwrap();
            client =
                client.tls_certs_only([reqwest::Certificate::from_pem(ca.as_bytes()).unwrap()]);
        }
        Self {
            running,
            client: client.build().unwrap(),
            directory,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.running.arm_url()
    }

    /// A file for this cloud's clients.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The process, with the addresses of this cloud and nothing else in its environment.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"));
        command
            .arg(subcommand)
            .args(["--subscription-id", SUBSCRIPTION, "--log-level", "trace"])
            .args(["--arm-endpoint", &self.url()])
            .env_clear();
        if self.running.ca_certificate().is_some() {
            command
                .args(["--authority-host", &self.url()])
                .env("SSL_CERT_FILE", self.path("ca.pem"));
        }
        command
    }

    /// The tokens that were issued, oldest first.
    pub(crate) async fn tokens(&self) -> Vec<Value> {
        let url = format!("{}/_emulator/tokens", self.url());
        let answer = self.client.get(url).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["tokens"].as_array().unwrap().clone()
    }

    pub(crate) async fn revoke_tokens(&self) {
        let url = format!("{}/_emulator/tokens", self.url());
        let answer = self.client.delete(url).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// What Azure CLI would have got for the person at the machine.
    pub(crate) async fn token(&self) -> String {
        let body = format!(
            "grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
        );
        let request = self
            .client
            .post(format!("{}/{TENANT}/oauth2/v2.0/token", self.url()))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

/// Fails when a log holds a token, an assertion, or one of these secrets.
#[track_caller]
pub(crate) fn assert_silent(log: &str, secrets: &[&str]) {
    // What is not sent to Resource Manager leaves no event of trace level, but some of debug level.
    assert!(
        ["TRACE", "DEBUG"].iter().any(|level| log.contains(level)),
        "the log holds everything: {log}"
    );
    for secret in secrets.iter().chain(&[TOKEN_MARK, SECRET]) {
        assert!(secret.len() >= 3, "an empty secret is in every log");
        if let Some(at) = log.find(secret) {
            let line = log[..at].lines().count();
            panic!("a secret is in line {line} of the log");
        }
    }
}
