//! A client, its server, and surroundings that the tests control.
#![expect(
    clippy::unwrap_used,
    reason = "test code: constants are valid and locks are not poisoned"
)]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arm_client::{
    CallObserver, CallRecord, Client, ClientConfig, Clock, CredentialError, Entropy, Surroundings,
    Token, TokenSource,
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use traffic_manager::ProfileId;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// A clock that only sleeping moves.
#[derive(Default)]
pub(crate) struct TestClock {
    elapsed: Mutex<Duration>,
    sleeps: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.elapsed.lock().unwrap() += duration;
        self.sleeps.lock().unwrap().push(duration);
    }
}

/// Numbers whose upper half is in the middle of the range, so that jitter is
/// neither up nor down, and whose lower half counts, so that ids differ.
#[derive(Default)]
struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn bits(&self) -> u64 {
        0x8000_0000_0000_0000 | self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Recorder(Mutex<Vec<CallRecord>>);

impl CallObserver for Recorder {
    fn observe(&self, call: &CallRecord) {
        self.0.lock().unwrap().push(call.clone());
    }
}

/// Gives out tokens, or failures, in order.
pub(crate) struct Tokens(Mutex<VecDeque<Result<&'static str, CredentialError>>>);

impl Tokens {
    pub(crate) fn new(
        results: impl IntoIterator<Item = Result<&'static str, CredentialError>>,
    ) -> Arc<Self> {
        Arc::new(Self(Mutex::new(results.into_iter().collect())))
    }
}

#[async_trait]
impl TokenSource for Tokens {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        let next = self.0.lock().unwrap().pop_front();
        let text = next.unwrap_or_else(|| Err(CredentialError::permanent("no more tokens")))?;
        let expires_at = Timestamp::from_second(1 << 40).unwrap_or(Timestamp::MAX);
        Ok(Token::new(text.to_owned(), expires_at))
    }
}

/// The answers of the server, one after the other; the last one for ever.
struct Script(Mutex<VecDeque<ResponseTemplate>>);

impl Respond for Script {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut answers = self.0.lock().unwrap();
        let next = match answers.len() {
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        };
        next.unwrap_or_else(|| ResponseTemplate::new(599))
    }
}

/// A client and its surroundings.
pub(crate) struct Bench {
    pub(crate) client: Client,
    clock: Arc<TestClock>,
    recorder: Arc<Recorder>,
    server: Option<MockServer>,
}

/// What the server has seen.
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) body: Value,
    pub(crate) request: Request,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers.get(name)?.to_str().ok()
    }
}

impl Bench {
    /// A client without tokens, whose server gives these answers in order.
    pub(crate) async fn new(answers: impl IntoIterator<Item = ResponseTemplate>) -> Self {
        Self::configured(answers, None, |_| ()).await
    }

    /// A client whose settings and tokens the test chooses.
    pub(crate) async fn configured(
        answers: impl IntoIterator<Item = ResponseTemplate>,
        tokens: Option<Arc<Tokens>>,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Self {
        let server = MockServer::start().await;
        Mock::given(matchers::any())
            .respond_with(Script(Mutex::new(answers.into_iter().collect())))
            .mount(&server)
            .await;
        let mut bench = Self::at(&server.uri(), tokens, change);
        bench.server = Some(server);
        bench
    }

    /// A client of some other server.
    pub(crate) fn at(
        url: &str,
        tokens: Option<Arc<Tokens>>,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Self {
        let clock = Arc::new(TestClock::default());
        let recorder = Arc::new(Recorder::default());
        let surroundings = Surroundings {
            clock: clock.clone(),
            entropy: Arc::new(TestEntropy::default()),
            observer: recorder.clone(),
        };
        let mut config = ClientConfig::new(url.parse().unwrap());
        change(&mut config);
        let source = tokens.map(|tokens| tokens as Arc<dyn TokenSource>);
        Self {
            client: Client::new(&config, source, surroundings).unwrap(),
            clock,
            recorder,
            server: None,
        }
    }

    /// The address of the server, for links in its answers.
    pub(crate) fn url(&self) -> String {
        self.server
            .as_ref()
            .map(MockServer::uri)
            .unwrap_or_default()
    }

    /// Gives the server other answers.
    pub(crate) async fn answer(&self, answers: impl IntoIterator<Item = ResponseTemplate>) {
        if let Some(server) = &self.server {
            server.reset().await;
            Mock::given(matchers::any())
                .respond_with(Script(Mutex::new(answers.into_iter().collect())))
                .mount(server)
                .await;
        }
    }

    /// The requests, in order, as `METHOD path?query` and body.
    pub(crate) async fn seen(&self) -> Vec<Seen> {
        let Some(server) = &self.server else {
            return Vec::new();
        };
        let requests = server.received_requests().await.unwrap_or_default();
        requests
            .into_iter()
            .map(|request| {
                let url = &request.url;
                let line = format!(
                    "{} {}?{}",
                    request.method,
                    url.path(),
                    url.query().unwrap_or("")
                );
                Seen {
                    line,
                    body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
                    request,
                }
            })
            .collect()
    }

    /// The requests as `METHOD path?query`.
    pub(crate) async fn lines(&self) -> Vec<String> {
        self.seen()
            .await
            .into_iter()
            .map(|seen| seen.line)
            .collect()
    }

    /// The waits of the client, in milliseconds.
    pub(crate) fn sleeps(&self) -> Vec<u128> {
        let sleeps = self.clock.sleeps.lock().unwrap();
        sleeps.iter().map(Duration::as_millis).collect()
    }

    /// What the observer was told, as operation, outcome and requests.
    pub(crate) fn reported(&self) -> Vec<(&'static str, &'static str, u32)> {
        self.records()
            .iter()
            .map(|call| (call.operation.as_str(), call.outcome, call.attempts))
            .collect()
    }

    /// What the observer was told.
    pub(crate) fn records(&self) -> Vec<CallRecord> {
        self.recorder.0.lock().unwrap().clone()
    }
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.as_bytes(), "application/json")
}

/// An ARM error.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let body = serde_json::json!({"error": {"code": code, "message": message}});
    ResponseTemplate::new(status).set_body_json(body)
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

/// The profile that most tests are about.
pub(crate) fn profile_id() -> ProfileId {
    ProfileId {
        subscription: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        resource_group: "my-tm-rg".parse().unwrap(),
        name: "my-app-global".parse().unwrap(),
    }
}
