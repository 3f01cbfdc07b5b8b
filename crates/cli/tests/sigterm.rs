//! SIGTERM to the real process in the middle of a write: the write is finished, the caller is answered, the exit code is 0.

#![cfg(all(feature = "emulator", unix))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use emulator::{Emulator, Options};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// `serve` against an emulator, and where it listens.
fn serve(arm: &str) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"))
        .args(["serve", "--owner-id=east", "--credential=none"])
        .args(["--subscription-id=00000000-0000-0000-0000-000000000001"])
        .args(["--resource-groups=my-tm-rg", "--log-format=json"])
        .args(["--server-port=0", "--metrics-port=0"])
        .arg(format!("--arm-endpoint={arm}"))
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let address = lines
        .by_ref()
        .find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).ok()?;
            Some(line["server.address"].as_str()?.to_owned())
        })
        .unwrap();
    // Nobody reads the rest, and a full pipe would stop the process.
    std::thread::spawn(move || lines.for_each(drop));
    (process, format!("http://{address}"))
}

fn record(name: &str) -> Value {
    let property = |property: &str, value: &str| json!({"name": format!("webhook/traffic-manager-{property}"), "value": value});
    json!({
        "dnsName": format!("{name}.example.com"),
        "targets": ["20.1.2.3"],
        "recordType": "A",
        "labels": {"resource": format!("service/default/{name}")},
        "providerSpecific": [
            property("enabled", "true"),
            property("endpoint-name", name),
            property("profile-name", "p"),
            property("resource-group", "my-tm-rg"),
        ]
    })
}

#[tokio::test]
async fn a_write_in_progress_is_finished_and_the_exit_code_is_0() {
    let azure = Emulator::start(Options::default()).await.unwrap();
    let arm = azure.arm_url();
    let client = Client::new();
    let (process, api) = serve(&arm);
    let post = async |path: &str, body: &Value| {
        let answer = client.post(format!("{api}{path}")).json(body).send();
        let answer = answer.await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (status, text) = post("/adjustendpoints", &json!([record("a")])).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let first: Value = serde_json::from_str(&text).unwrap();
    let (status, text) = post("/records", &json!({"Create": first})).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{text}");
    let more = json!([record("a"), record("b"), record("c")]);
    let (_, text) = post("/adjustendpoints", &more).await;
    let more: Value = serde_json::from_str(&text).unwrap();

    let slow = json!({"rules": [{"operation": "endpoints.put", "delay": "1s"}]});
    let faults = client.put(format!("{arm}/_emulator/faults")).json(&slow);
    assert!(faults.send().await.unwrap().status().is_success());
    let create = json!({"Create": [more[1], more[2]]});
    let id = process.id().to_string();
    let terminate = async {
        let count = async || {
            let counts = client.get(format!("{arm}/_emulator/requests")).send();
            let counts: Value = counts.await.unwrap().json().await.unwrap();
            counts["operations"]["endpoints.put"]["count"].as_u64()
        };
        while count().await.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    };
    let ((status, text), ()) = tokio::join!(post("/records", &create), terminate);
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("shutting down"), "{text}");
    let ended = tokio::task::spawn_blocking(move || process.wait_with_output());
    assert_eq!(ended.await.unwrap().unwrap().status.code(), Some(0));

    // The write that had begun is there, and the one after it was not begun.
    let profile = format!(
        "{arm}/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficmanagerprofiles/p?api-version=2022-04-01"
    );
    let profile: Value = client
        .get(profile)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let endpoints = profile["properties"]["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), 2, "{endpoints:#?}");
}
