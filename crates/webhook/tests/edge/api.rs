//! The webhook API over real connections.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use external_dns::{DomainFilter, Endpoint, MEDIA_TYPE, RecordType};
use reqwest::{Client, Method, Response};
use rstest::rstest;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use webhook::http::api::Api;
use webhook::settings::ServeArgs;

use crate::fake::{Behaviour, Fake, Running, args, exchange, metrics, until};

/// Status, media type and body as one text.
async fn shown(response: Response) -> String {
    let mut text = format!("{}\n", response.status());
    for name in ["content-type", "content-length"] {
        if let Some(value) = response.headers().get(name) {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let body = response.text().await.unwrap();
    write!(text, "\n{body}").unwrap();
    text
}

fn record() -> Endpoint {
    Endpoint::new(
        "my-app-east.example.com",
        RecordType::CNAME,
        ["my-app-global.trafficmanager.net"],
    )
    .with_set_identifier("east-us")
    .with_label("owner", "east")
}

fn quick() -> ServeArgs {
    ServeArgs {
        deadline: Some("100ms".to_owned()),
        ..args()
    }
}

#[tokio::test]
async fn negotiation_tells_the_filter_at_the_top_level_whatever_the_provider_does() {
    let filtered = ServeArgs {
        domain_filter: vec!["Example.org,.example.com".to_owned()],
        exclude_domain_filter: vec!["internal.example.com".to_owned()],
        ..args()
    };
    let server = Running::start(Fake::new(Behaviour::Hangs), &filtered).await;
    let response = reqwest::get(server.api("/")).await.unwrap();
    // ExternalDNS compares the bytes of this header.
    assert_eq!(
        response.headers()["content-type"].as_bytes(),
        MEDIA_TYPE.as_bytes()
    );
    insta::assert_snapshot!(shown(response).await, @r#"
    200 OK
    content-type: application/external.dns.webhook+json;version=1
    content-length: 77

    {"include":[".example.com","example.org"],"exclude":["internal.example.com"]}
    "#);
}

#[tokio::test]
async fn negotiation_without_a_filter_has_a_body_all_the_same() {
    let server = Running::start(Fake::new(Behaviour::Azure), &args()).await;
    insta::assert_snapshot!(shown(reqwest::get(server.api("/")).await.unwrap()).await, @r"
    200 OK
    content-type: application/external.dns.webhook+json;version=1
    content-length: 2

    {}
    ");
}

#[tokio::test]
async fn calls_that_succeed() {
    let server = Running::start(Fake::new(Behaviour::Works(vec![record()])), &args()).await;
    let client = Client::new();
    let records = client.get(server.api("/records")).send().await.unwrap();
    insta::assert_snapshot!(shown(records).await, @r#"
    200 OK
    content-type: application/external.dns.webhook+json;version=1
    content-length: 159

    [{"dnsName":"my-app-east.example.com","targets":["my-app-global.trafficmanager.net"],"recordType":"CNAME","setIdentifier":"east-us","labels":{"owner":"east"}}]
    "#);

    let body = serde_json::to_string(&[record()]).unwrap() + "\n";
    let adjusted = client
        .post(server.api("/adjustendpoints"))
        .body(body)
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(shown(adjusted).await, @r#"
    200 OK
    content-type: application/external.dns.webhook+json;version=1
    content-length: 159

    [{"dnsName":"my-app-east.example.com","targets":["my-app-global.trafficmanager.net"],"recordType":"CNAME","setIdentifier":"east-us","labels":{"owner":"east"}}]
    "#);

    // Anything but 204 stops ExternalDNS here, 200 included.
    let applied = client
        .post(server.api("/records"))
        .body(r#"{"Create":null}"#)
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(shown(applied).await, @"204 No Content");
}

#[tokio::test]
async fn nothing_is_an_empty_list_and_never_null() {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    let client = Client::new();
    let records = client.get(server.api("/records")).send().await.unwrap();
    assert_eq!(records.text().await.unwrap(), "[]");
    for body in ["null", "[]", "[null]"] {
        let adjusted = client
            .post(server.api("/adjustendpoints"))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(adjusted.text().await.unwrap(), "[]", "{body}");
    }
}

#[rstest]
#[case("azure", Behaviour::Azure)]
#[case("refused", Behaviour::Refuses)]
#[case("gives_up", Behaviour::GivesUp)]
#[case("internal", Behaviour::Internal)]
#[case("panics", Behaviour::Panics)]
#[case("hangs", Behaviour::Hangs)]
#[tokio::test]
async fn calls_that_fail(#[case] name: &str, #[case] behaviour: Behaviour) {
    let server = Running::start(Fake::new(behaviour), &quick()).await;
    let client = Client::new();
    let calls = [
        client.get(server.api("/records")),
        client.post(server.api("/adjustendpoints")).body("[]"),
        client.post(server.api("/records")).body("{}"),
    ];
    let mut answers = Vec::new();
    for call in calls {
        answers.push(shown(call.send().await.unwrap()).await);
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    insta::assert_snapshot!(format!("calls_that_fail_{name}"), answers[0]);
}

#[rstest]
#[case("/adjustendpoints", "")]
#[case("/adjustendpoints", "{}")]
#[case("/adjustendpoints", r#"[{"dnsName":1}]"#)]
#[case("/records", "")]
#[case("/records", "[]")]
#[case("/records", r#"{"create":[{"dnsName":"#)]
#[tokio::test]
async fn bodies_that_are_not_understood(#[case] path: &str, #[case] body: &'static str) {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    let response = Client::new()
        .post(server.api(path))
        .body(body)
        .send()
        .await
        .unwrap();
    let name = format!("bodies_that_are_not_understood {path} {body}")
        .replace(|c: char| !c.is_alphanumeric(), "_");
    insta::assert_snapshot!(name, shown(response).await);
}

#[rstest]
#[case(Method::PUT, "/records")]
#[case(Method::GET, "/adjustendpoints")]
#[case(Method::POST, "/")]
#[tokio::test]
async fn wrong_methods_on_the_paths_of_the_protocol_are_soft(
    #[case] method: Method,
    #[case] path: &str,
) {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    let response = Client::new()
        .request(method, server.api(path))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 501);
}

#[tokio::test]
async fn probes_on_the_wrong_port_are_told_so() {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    let response = reqwest::get(server.api("/healthz")).await.unwrap();
    insta::assert_snapshot!(shown(response).await, @r"
    404 Not Found
    content-type: text/plain; charset=utf-8
    content-length: 140

    this is ExternalDNS's webhook API: GET /, GET /records, POST /records, POST /adjustendpoints; health and metrics are on the operations port
    ");
}

#[tokio::test]
async fn media_types_of_requests_do_not_matter() {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    let client = Client::new();
    for (accept, content_type) in [
        ("text/html", "text/plain"),
        ("", ""),
        (MEDIA_TYPE, "application/json; charset=x"),
    ] {
        let adjusted = client
            .post(server.api("/adjustendpoints"))
            .header("accept", accept)
            .header("content-type", content_type)
            .body("[]");
        assert_eq!(adjusted.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_answered_at_the_deadline() {
    let fake = Fake::new(Behaviour::Works(Vec::new()));
    let server = Running::start(Arc::clone(&fake), &quick()).await;
    let mut stream = TcpStream::connect(server.api).await.unwrap();
    let request =
        b"POST /records HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"create\":";
    let answer = exchange(&mut stream, request).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(fake.entered.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_read_to_its_end_and_refused() {
    let fake = Fake::new(Behaviour::Works(Vec::new()));
    let api = Api::new(
        fake,
        metrics(),
        &DomainFilter::everything(),
        Duration::from_mins(1),
    )
    .with_largest_body(1000);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Arc::new(api).router()).await });

    let client = Client::new();
    let send = async |length: usize| {
        let body = format!("[{}]", " ".repeat(length - 2));
        client
            .post(format!("http://{address}/adjustendpoints"))
            .body(body)
            .send()
            .await
            .unwrap()
    };
    assert_eq!(send(1000).await.status(), 200);
    insta::assert_snapshot!(shown(send(1001).await).await, @r"
    507 Insufficient Storage
    content-type: text/plain; charset=utf-8
    content-length: 58

    the request's body has 1001 bytes, and 1000 are the limit
    ");
    // Larger than every buffer on the way: an early answer would surface as a reset here.
    assert_eq!(send(32 << 20).await.status(), 507);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_cancel_accepted_work() {
    let fake = Fake::new(Behaviour::Waits);
    let server = Running::start(Arc::clone(&fake), &args()).await;
    let mut stream = TcpStream::connect(server.api).await.unwrap();
    stream
        .write_all(b"POST /records HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}")
        .await
        .unwrap();
    until(async || fake.entered.load(Ordering::SeqCst) == 1).await;
    drop(stream);
    // The server notices the end of the connection while it answers somebody else.
    assert_eq!(reqwest::get(server.api("/")).await.unwrap().status(), 200);
    fake.release.notify_one();
    until(async || fake.applied.load(Ordering::SeqCst) == 1).await;
    until(async || {
        server
            .scrape()
            .await
            .contains(r#"requests_total{call="apply",status="204",outcome="ok"} 1"#)
    })
    .await;
}

#[tokio::test]
async fn work_goes_on_after_the_deadline_and_is_counted() {
    let fake = Fake::new(Behaviour::Waits);
    let server = Running::start(Arc::clone(&fake), &quick()).await;
    let answer = Client::new()
        .post(server.api("/records"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    assert!(
        server
            .scrape()
            .await
            .contains(r#"requests_in_flight{call="apply"} 1"#)
    );
    assert_eq!(fake.applied.load(Ordering::SeqCst), 0);

    fake.release.notify_one();
    until(async || {
        server
            .scrape()
            .await
            .contains(r#"requests_in_flight{call="apply"} 0"#)
    })
    .await;
    assert_eq!(fake.applied.load(Ordering::SeqCst), 1);
    assert!(
        server
            .scrape()
            .await
            .contains(r#"late_completions_total{call="apply",outcome="ok"} 1"#)
    );
}

#[tokio::test]
async fn a_connection_serves_many_calls_and_survives_failures() {
    let fake = Fake::new(Behaviour::Works(Vec::new()));
    let server = Running::start(Arc::clone(&fake), &quick()).await;
    let mut stream = TcpStream::connect(server.api).await.unwrap();
    let records = b"GET /records HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let apply = b"POST /records HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";
    assert!(
        exchange(&mut stream, records)
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    for behaviour in [Behaviour::Azure, Behaviour::Panics, Behaviour::Hangs] {
        fake.set(behaviour);
        assert!(
            exchange(&mut stream, apply)
                .await
                .starts_with("HTTP/1.1 50")
        );
    }
    fake.set(Behaviour::Works(Vec::new()));
    assert!(
        exchange(&mut stream, apply)
            .await
            .starts_with("HTTP/1.1 204 ")
    );
}
