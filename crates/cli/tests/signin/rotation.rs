//! `serve` goes on when its token expires or is revoked, and when the file that it signs in with is replaced.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};

use crate::azure::{Azure, CLIENT, Scheme, TENANT, assert_silent};
use crate::files::service_account_token;

/// The longest wait for what has to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `serve`. It ends with the test.
struct Serve {
    process: Child,
    log: Arc<Mutex<String>>,
    records: String,
    client: Client,
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Serve {
    async fn start(mut command: Command) -> Self {
        let mut process = command
            .args(["--owner-id=east", "--log-format=json"])
            .args([
                "--server-port=0",
                "--metrics-port=0",
                "--metrics-host=127.0.0.1",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut serve = Self {
            process,
            log,
            records: String::new(),
            client: Client::new(),
        };
        let begun = Instant::now();
        let address = loop {
            let found = serve.log().lines().find_map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(line["server.address"].as_str()?.to_owned())
            });
            match found {
                Some(address) => break address,
                None => assert!(begun.elapsed() < PATIENCE, "{}", serve.log()),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        serve.records = format!("http://{address}/records");
        serve
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    async fn records(&self) -> (StatusCode, String) {
        let answer = self.client.get(&self.records).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

fn workload_identity(azure: &Azure, file: &str) -> Command {
    let mut command = azure.command("serve");
    command
        .args(["--credential", "workload-identity"])
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_FEDERATED_TOKEN_FILE", file);
    command
}

#[tokio::test]
async fn a_rotated_file_and_a_revoked_token_need_no_restart() {
    let azure = Azure::start(Scheme::Https, Duration::from_hours(1)).await;
    let file = azure.write("token", service_account_token());
    let serve = Serve::start(workload_identity(&azure, &file)).await;
    assert_eq!(serve.records().await.0, StatusCode::OK);
    assert_eq!(serve.records().await.0, StatusCode::OK);
    assert_eq!(azure.tokens().await.len(), 1, "one token serves many calls");

    // Revoked: the next call gets another one.
    azure.revoke_tokens().await;
    assert_eq!(serve.records().await.0, StatusCode::OK);
    assert_eq!(azure.tokens().await.len(), 2);

    // Revoked, and the file is of no use any more: 503 with the cause, and no more than that.
    let stale = "hunter5-a-token-that-is-none";
    azure.write("token", stale);
    azure.revoke_tokens().await;
    let (status, text) = serve.records().await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("no access token for Azure"), "{text}");
    assert!(text.contains("AADSTS"), "{text}");

    // Rotated: the next call reads it.
    azure.write("token", service_account_token());
    assert_eq!(serve.records().await.0, StatusCode::OK);
    assert_eq!(azure.tokens().await.len(), 3);
    assert_silent(&serve.log(), &[stale]);
}

#[tokio::test]
async fn an_expired_token_is_replaced() {
    let azure = Azure::start(Scheme::Https, Duration::from_secs(12)).await;
    let file = azure.write("token", service_account_token());
    let serve = Serve::start(workload_identity(&azure, &file)).await;
    assert_eq!(serve.records().await.0, StatusCode::OK);
    let begun = Instant::now();
    while azure
        .tokens()
        .await
        .iter()
        .any(|token| token["isGood"] == true)
    {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(serve.records().await.0, StatusCode::OK);
    assert!(azure.tokens().await.len() > 1);
    assert_silent(&serve.log(), &[]);
}
