//! The life of a token, with a clock that the tests turn.

use std::collections::VecDeque;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::*;

/// A clock that stands still until it is turned.
#[derive(Default)]
struct StoppedClock(Mutex<Duration>);

impl StoppedClock {
    fn turn(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

/// Gives out what it was told to, in order, and counts.
#[derive(Default)]
struct Script {
    results: Mutex<VecDeque<Result<Token, CredentialError>>>,
    fetches: Mutex<u32>,
    /// When set, a fetch waits for it.
    gate: Option<Notify>,
}

#[async_trait]
impl TokenSource for Script {
    async fn fetch(&self) -> Result<Token, CredentialError> {
        *self.fetches.lock().unwrap() += 1;
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        self.results.lock().unwrap().pop_front().unwrap()
    }
}

fn token(name: &str, expires_at_seconds: i64) -> Token {
    let expires_at = Timestamp::from_second(expires_at_seconds).unwrap();
    Token::new(name.to_owned(), expires_at)
}

fn failure() -> CredentialError {
    CredentialError::transient("the login service is away")
}

struct Bench {
    clock: Arc<StoppedClock>,
    source: Arc<Script>,
    cache: Arc<TokenCache>,
}

fn bench(results: impl IntoIterator<Item = Result<Token, CredentialError>>, gate: bool) -> Bench {
    let clock = Arc::new(StoppedClock::default());
    let source = Arc::new(Script {
        results: Mutex::new(results.into_iter().collect()),
        gate: gate.then(Notify::new),
        ..Script::default()
    });
    let cache = Arc::new(TokenCache::new(source.clone(), clock.clone()));
    Bench {
        clock,
        source,
        cache,
    }
}

impl Bench {
    fn fetches(&self) -> u32 {
        *self.source.fetches.lock().unwrap()
    }

    async fn text(&self) -> String {
        self.cache.get().await.unwrap().expose().to_owned()
    }
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_expiry() {
    let bench = bench([Ok(token("one", 3_600)), Ok(token("two", 7_200))], false);
    assert_eq!(bench.text().await, "one");
    bench.clock.turn(2_999);
    assert_eq!(bench.text().await, "one");
    assert_eq!(bench.fetches(), 1);
    bench.clock.turn(1);
    assert_eq!(bench.text().await, "two");
    assert_eq!(bench.fetches(), 2);
}

#[tokio::test]
async fn a_failing_renewal_keeps_the_valid_token_and_pauses() {
    let results = [
        Ok(token("one", 3_600)),
        Err(failure()),
        Ok(token("two", 9_000)),
    ];
    let bench = bench(results, false);
    bench.text().await;
    bench.clock.turn(3_100);
    assert_eq!(bench.text().await, "one");
    assert_eq!(bench.text().await, "one");
    assert_eq!(bench.fetches(), 2, "no second renewal within the pause");
    bench.clock.turn(30);
    assert_eq!(bench.text().await, "two");
}

#[tokio::test]
async fn an_expired_token_is_not_used() {
    let bench = bench([Ok(token("one", 3_600)), Err(failure())], false);
    bench.text().await;
    bench.clock.turn(3_595);
    assert_eq!(bench.cache.get().await, Err(failure()));
}

#[tokio::test]
async fn a_service_that_repeats_an_old_token_is_not_asked_for_every_call() {
    let bench = bench([Ok(token("one", 3_600)), Ok(token("one", 3_600))], false);
    bench.text().await;
    bench.clock.turn(3_400);
    for _ in 0..5 {
        assert_eq!(bench.text().await, "one");
    }
    assert_eq!(bench.fetches(), 2);
}

#[tokio::test]
async fn short_lived_tokens_are_used_for_most_of_their_life() {
    let bench = bench([Ok(token("one", 300)), Ok(token("two", 600))], false);
    bench.text().await;
    bench.clock.turn(224);
    assert_eq!(bench.text().await, "one");
    bench.clock.turn(1);
    assert_eq!(bench.text().await, "two");
}

#[tokio::test]
async fn simultaneous_calls_share_one_fetch() {
    let bench = bench([Ok(token("one", 3_600))], true);
    let gate = bench.source.gate.as_ref().unwrap();
    let calls = futures::future::join_all((0..8).map(|_| bench.cache.get()));
    let (tokens, ()) = futures::future::join(calls, async { gate.notify_one() }).await;
    assert!(
        tokens
            .iter()
            .all(|token| token.as_ref().unwrap().expose() == "one")
    );
    assert_eq!(bench.fetches(), 1);
}

#[tokio::test]
async fn simultaneous_calls_share_one_failure() {
    let bench = bench([Err(failure())], true);
    let gate = bench.source.gate.as_ref().unwrap();
    let calls = futures::future::join_all((0..8).map(|_| bench.cache.get()));
    let (results, ()) = futures::future::join(calls, async { gate.notify_one() }).await;
    assert!(results.iter().all(|result| *result == Err(failure())));
    assert_eq!(bench.fetches(), 1);
}

#[tokio::test]
async fn a_failure_is_not_remembered_for_later_calls() {
    let bench = bench([Err(failure()), Ok(token("one", 3_600))], false);
    assert_eq!(bench.cache.get().await, Err(failure()));
    assert_eq!(bench.text().await, "one");
}

#[tokio::test]
async fn calls_go_on_with_the_old_token_during_a_renewal() {
    let bench = bench([Ok(token("one", 3_600)), Ok(token("two", 9_000))], true);
    let gate = bench.source.gate.as_ref().unwrap();
    gate.notify_one();
    bench.text().await;
    bench.clock.turn(3_100);
    let renewing = bench.cache.get();
    let meanwhile = async {
        let text = bench.text().await;
        gate.notify_one();
        text
    };
    let (renewed, meanwhile) = futures::future::join(renewing, meanwhile).await;
    assert_eq!(meanwhile, "one");
    assert_eq!(renewed.unwrap().expose(), "two");
    assert_eq!(bench.fetches(), 2);
}

#[tokio::test]
async fn a_cancelled_fetch_leaves_the_cache_usable() {
    let bench = bench([Ok(token("one", 3_600))], true);
    let mut abandoned = Box::pin(bench.cache.get());
    assert!(futures::poll!(&mut abandoned).is_pending());
    drop(abandoned);
    bench.source.gate.as_ref().unwrap().notify_one();
    assert_eq!(bench.text().await, "one");
}

#[tokio::test]
async fn only_the_refused_token_is_forgotten() {
    let bench = bench([Ok(token("one", 3_600)), Ok(token("two", 3_600))], false);
    let one = bench.cache.get().await.unwrap();
    bench.cache.invalidate(&one);
    assert_eq!(bench.text().await, "two");
    bench.cache.invalidate(&one);
    assert_eq!(bench.text().await, "two");
    assert_eq!(bench.fetches(), 2);
}
