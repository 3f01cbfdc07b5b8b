//! The start and the end of the server.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use reqwest::Client;
use tokio::net::TcpListener;
use webhook::provider_api::error_chain;
use webhook::serve::Server;
use webhook::settings::ServeArgs;

use crate::fake::{Behaviour, Fake, Running, args, metrics, settings, until};

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_its_flags() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let text = async |args: &ServeArgs| {
        let error = Server::bind(&settings(args)).await.unwrap_err();
        error_chain(&error).replace(&port, "PORT")
    };
    let api = ServeArgs {
        server_port: Some(port.clone()),
        ..args()
    };
    insta::assert_snapshot!(text(&api).await, @"listening on 127.0.0.1:PORT for ExternalDNS's calls, as --server-host and --server-port say: Address already in use (os error 98)");
    let ops = ServeArgs {
        metrics_port: Some(port.clone()),
        ..args()
    };
    insta::assert_snapshot!(text(&ops).await, @"listening on 127.0.0.1:PORT for health and metrics, as --metrics-host and --metrics-port say: Address already in use (os error 98)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_server_ends_in_order_every_time() {
    for _ in 0..50 {
        let fake = Fake::new(Behaviour::Works(Vec::new()));
        let mut server = Running::start(fake, &args()).await;
        server.shutdown.cancel();
        (&mut server.ended).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn running_calls_end_before_the_server_does() {
    let fake = Fake::new(Behaviour::Waits);
    let mut server = Running::start(Arc::clone(&fake), &args()).await;
    let call = tokio::spawn(Client::new().post(server.api("/records")).body("{}").send());
    until(async || fake.entered.load(Ordering::SeqCst) == 1).await;

    server.shutdown.cancel();
    until(async || reqwest::get(server.api("/")).await.is_err()).await;
    // Probes are answered until the end, and say what is going on.
    let ready = reqwest::get(server.ops("/readyz")).await.unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("shutting down"));
    assert!(!server.ended.is_finished());

    fake.release.notify_one();
    assert_eq!(call.await.unwrap().unwrap().status(), 204);
    (&mut server.ended).await.unwrap().unwrap();
    assert_eq!(fake.applied.load(Ordering::SeqCst), 1);
    assert!(reqwest::get(server.ops("/healthz")).await.is_err());
}

#[tokio::test]
async fn a_call_that_hangs_does_not_hold_up_the_end() {
    let fake = Fake::new(Behaviour::Hangs);
    let quick = ServeArgs {
        deadline: Some("100ms".to_owned()),
        ..args()
    };
    let mut server = Running::start(Arc::clone(&fake), &quick).await;
    let answer = Client::new()
        .post(server.api("/records"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    server.shutdown.cancel();
    (&mut server.ended).await.unwrap().unwrap();
}

/// The handler is in place before the signal is sent; without it, the signal would end the test runner.
#[cfg(unix)]
#[tokio::test]
async fn sigterm_ends_the_server_in_order() {
    let shutdown = webhook::serve::shutdown_on_signals().unwrap();
    let server = Server::bind(&settings(&args())).await.unwrap();
    let fake = Fake::new(Behaviour::Works(Vec::new()));
    let running = tokio::spawn(server.run(fake, metrics(), shutdown));
    let this = std::process::id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &this])
        .status()
        .unwrap();
    assert!(sent.success());
    running.await.unwrap().unwrap();
}
