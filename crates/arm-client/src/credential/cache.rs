//! One token, kept and renewed.
//!
//! Three rules: calls that need a token at the same time cause one fetch; a
//! token is renewed ahead of its expiry by one of the calls while the others go
//! on with the old one; and a renewal that fails is no failure as long as the old
//! token is valid.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{CredentialError, Token, TokenSource};
use crate::Clock;

/// How long before its expiry a token is renewed, if it lives long enough.
const RENEW_AHEAD: Duration = Duration::from_mins(10);
/// A token is not used any more so shortly before its expiry: it has to be valid
/// when the request arrives.
const IN_FLIGHT: Duration = Duration::from_secs(10);
/// The pause after a renewal, whether it failed or brought a token that is about
/// to expire too (identity services keep tokens as well).
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// Keeps the token of one source.
pub struct TokenCache {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    /// Held while a token is being fetched.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// No renewal before this reading of the monotonic clock.
    paused_until: Duration,
    /// How many fetches have failed, and how the last one did.
    failures: u64,
    last_failure: Option<CredentialError>,
}

struct Held {
    token: Token,
    renew_at: Timestamp,
}

/// What the state allows.
enum Verdict {
    /// Use the token.
    Use(Token),
    /// Use the token, and renew it.
    Renew(Token),
    /// There is no valid token. Carries the number of failures so far.
    Fetch(u64),
}

// === impl TokenCache ===

impl TokenCache {
    /// An empty cache; the first call fetches.
    pub fn new(source: Arc<dyn TokenSource>, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            flight: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// A valid token.
    pub async fn get(&self) -> Result<Token, CredentialError> {
        match self.verdict() {
            Verdict::Use(token) => Ok(token),
            Verdict::Renew(token) => Ok(self.renew(token).await),
            Verdict::Fetch(failures) => self.fetch_once(failures).await,
        }
    }

    /// Forgets a token that Azure did not accept, unless it was replaced already.
    pub fn invalidate(&self, refused: &Token) {
        let mut state = self.state();
        if state
            .held
            .as_ref()
            .is_some_and(|held| held.token == *refused)
        {
            state.held = None;
        }
    }

    /// The renewed token, or the old one when the renewal fails or is under way.
    async fn renew(&self, old: Token) -> Token {
        let Ok(_flight) = self.flight.try_lock() else {
            return old;
        };
        // Another call may have renewed it since.
        if let Verdict::Use(token) = self.verdict() {
            return token;
        }
        match self.fetch().await {
            Ok(token) => token,
            Err(error) => {
                tracing::warn!(
                    %error,
                    expires_at = %old.expires_at(),
                    "renewing the access token failed; the old one is still valid"
                );
                old
            }
        }
    }

    /// A fetched token, or the result of the fetch that was under way.
    async fn fetch_once(&self, failures: u64) -> Result<Token, CredentialError> {
        let _flight = self.flight.lock().await;
        match self.verdict() {
            Verdict::Use(token) | Verdict::Renew(token) => return Ok(token),
            Verdict::Fetch(now) if now != failures => {
                if let Some(error) = self.state().last_failure.clone() {
                    return Err(error);
                }
            }
            Verdict::Fetch(_) => {}
        }
        self.fetch().await
    }

    async fn fetch(&self) -> Result<Token, CredentialError> {
        let result = self.source.fetch().await;
        let now = self.clock.now();
        let paused_until = self.clock.monotonic().saturating_add(RENEWAL_PAUSE);
        let mut state = self.state();
        state.paused_until = paused_until;
        match &result {
            Ok(token) => state.held = Some(Held::new(token.clone(), now)),
            Err(error) => {
                state.failures += 1;
                state.last_failure = Some(error.clone());
            }
        }
        result
    }

    fn verdict(&self) -> Verdict {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        let state = self.state();
        match &state.held {
            Some(held) if until(now, held.token.expires_at) > IN_FLIGHT => {
                if now < held.renew_at || monotonic < state.paused_until {
                    Verdict::Use(held.token.clone())
                } else {
                    Verdict::Renew(held.token.clone())
                }
            }
            _ => Verdict::Fetch(state.failures),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

// === impl Held ===

impl Held {
    fn new(token: Token, now: Timestamp) -> Self {
        // A short-lived token is used for three quarters of its life.
        let ahead = RENEW_AHEAD.min(until(now, token.expires_at) / 4);
        let renew_at = token.expires_at.checked_sub(ahead).unwrap_or(now);
        Self { token, renew_at }
    }
}

/// The time from one moment to a later one; zero when it is not later.
fn until(now: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
