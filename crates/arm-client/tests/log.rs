//! What the log has of a call. A process of its own, because the log is one for
//! the whole process.

#![expect(
    clippy::unwrap_used,
    reason = "test code: constants are valid and locks are not poisoned"
)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use arm_client::{
    Client, ClientConfig, CredentialError, Surroundings, Token, TokenSource, TrafficManagerApi,
};
use async_trait::async_trait;
use jiff::Timestamp;
use traffic_manager::ProfileId;
use traffic_manager::profile::Profile;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const TOKEN: &str = "eyJhbGciOiJub25lIn0.c2VjcmV0.c2ln";
const PROFILE: &str = r#"{"id":"/p","name":"my-app","properties":{"monitorConfig":{"customHeaders":[{"name":"X-Key","value":"probe-secret"}]}}}"#;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct OneToken;

#[async_trait]
impl TokenSource for OneToken {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        Ok(Token::new(TOKEN.to_owned(), Timestamp::MAX))
    }
}

/// A server that answers these, one after the other.
async fn server(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for answer in answers {
        let mock = Mock::given(matchers::any()).respond_with(answer);
        mock.up_to_n_times(1).mount(&server).await;
    }
    server
}

/// Everything that is logged, by whatever library, while a call is refused,
/// throttled, and succeeds.
async fn logged() -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let refusal = r#"{"error":{"code":"ServiceUnavailable","message":"Not now."}}"#;
    let json = |status, body: &str| {
        ResponseTemplate::new(status).set_body_raw(body.as_bytes(), "application/json")
    };
    let server = server([
        json(401, "{}"),
        json(503, refusal).insert_header("retry-after-ms", "1"),
        json(
            404,
            r#"{"error":{"code":"ResourceNotFound","message":"None."}}"#,
        ),
        json(201, PROFILE),
    ])
    .await;
    let config = ClientConfig::new(server.uri().parse().unwrap());
    let client = Client::new(&config, Some(Arc::new(OneToken)), Surroundings::default()).unwrap();
    let id = ProfileId {
        subscription: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        resource_group: "rg".parse().unwrap(),
        name: "my-app".parse().unwrap(),
    };
    let profile: Profile = serde_json::from_str(PROFILE).unwrap();
    client.put_profile(&id, &profile).await.unwrap();
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn bodies_and_ids_are_there_and_secrets_are_not() {
    let text = logged().await;
    let ours: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" arm_client::") && !line.contains("credential"))
        .collect();
    for expected in [
        "request to Azure",
        "answer of Azure",
        "calling Azure again",
        "called Azure",
    ] {
        let found = ours.iter().any(|line| line.contains(expected));
        assert!(found, "{expected}: {text}");
    }
    for line in &ours {
        assert!(line.contains("correlation_id="), "{line}");
    }
    let shown = ours.join("\n");
    assert!(shown.contains("Not now."), "the body of a refusal");
    assert!(shown.contains("X-Key"), "the body of a request");
    for secret in [TOKEN, "c2VjcmV0", "probe-secret"] {
        // What the server in this process logs is not ours.
        let leak = text
            .lines()
            .find(|line| line.contains(secret) && !line.contains(" wiremock::"));
        assert_eq!(leak, None, "a secret is in the log");
    }
}
