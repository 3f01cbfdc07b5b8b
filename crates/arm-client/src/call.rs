//! One call: its tries, its budget, its ids, and what is reported about it.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::ambient::{guid, unit};
use crate::error::{DecodeError, Error, Phase, StatusError};
use crate::error_body::ErrorBody;
use crate::exchange::{Answer, Request, RequestIds, SendError};
use crate::observe::{Allowance, CallRecord, allowances, scarcest};
use crate::pace::{Asks, Heard, Held, Lane};
use crate::retry::Decision;
use crate::{Client, Operation, Token, retry_after, trace};

/// A call in progress.
pub(crate) struct Call<'a> {
    client: &'a Client,
    pub(crate) operation: Operation,
    correlation: String,
    started: Duration,
    attempts: u32,
    held: Duration,
    allowance: Option<Allowance>,
    may_have_taken_effect: bool,
    token_replaced: bool,
    absent: bool,
}

// === impl Call ===

impl<'a> Call<'a> {
    pub(crate) fn begin(client: &'a Client, operation: Operation) -> Self {
        Self {
            client,
            operation,
            correlation: guid(&*client.surroundings.entropy),
            started: client.surroundings.clock.monotonic(),
            attempts: 0,
            held: Duration::ZERO,
            allowance: None,
            may_have_taken_effect: false,
            token_replaced: false,
            absent: false,
        }
    }

    /// Reports the call and hands its result on.
    pub(crate) fn finish<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        let outcome = match &result {
            Ok(_) if self.absent => "not_found",
            Ok(_) => "ok",
            Err(error) => error.outcome(),
        };
        tracing::debug!(
            operation = %self.operation,
            outcome,
            requests = self.attempts,
            duration_ms = self.elapsed().as_millis(),
            held_ms = self.held.as_millis(),
            correlation_id = self.correlation,
            "called Azure"
        );
        self.client.surroundings.observer.observe(&CallRecord {
            operation: self.operation,
            outcome,
            duration: self.elapsed(),
            attempts: self.attempts,
            held: self.held,
            allowance: self.allowance,
        });
        result
    }

    /// Turns "it does not exist" into an answer.
    pub(crate) fn absent_as<T>(&mut self, value: T, error: Error) -> Result<T, Error> {
        if error.says_absent() {
            self.absent = true;
            Ok(value)
        } else {
            Err(error)
        }
    }

    /// Whether a try that got no answer may have done the work.
    pub(crate) fn may_have_taken_effect(&self) -> bool {
        self.may_have_taken_effect
    }

    pub(crate) fn json_request<T: Serialize>(
        &self,
        method: Method,
        url: Url,
        body: &T,
    ) -> Result<Request, Error> {
        let body = serde_json::to_vec(body).map_err(|_| Error::Request {
            operation: self.operation,
            problem: "the body cannot be written as JSON",
        })?;
        Ok(Request {
            method,
            url,
            body: Some(body.into()),
            condition: None,
        })
    }

    /// Sends a request until it succeeds, fails for good, or the budget ends.
    /// Returns answers of status 200 to 299.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Answer, Error> {
        let mut made = 0;
        loop {
            match self.send_once(request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    made += 1;
                    self.before_next_try(error, made).await?;
                }
            }
        }
    }

    /// Waits until the request may be sent again after its `made`-th try has
    /// failed, or gives the error back when it may not.
    pub(crate) async fn before_next_try(&self, error: Error, made: u32) -> Result<(), Error> {
        let random = unit(&*self.client.surroundings.entropy);
        let budget = self.client.budget;
        match budget.decide(error.failure(), made, self.elapsed(), random) {
            Decision::GiveUp => Err(error),
            Decision::Retry { wait } => {
                tracing::info!(
                    operation = %self.operation,
                    outcome = error.outcome(),
                    attempt = made,
                    wait_seconds = wait.as_secs_f64(),
                    correlation_id = self.correlation,
                    "calling Azure again"
                );
                tokio::select! {
                    biased;
                    () = self.client.stop.cancelled() => Err(error),
                    () = self.client.surroundings.clock.sleep(wait) => Ok(()),
                }
            }
        }
    }

    /// Sends a request once. Returns answers of status 200 to 299.
    pub(crate) async fn send_once(&mut self, request: &Request) -> Result<Answer, Error> {
        let answer = self.attempt(request).await;
        if let Err(error) = &answer {
            self.may_have_taken_effect |= error.may_have_taken_effect();
        }
        answer
    }

    /// Waits, unless the budget would end first.
    pub(crate) async fn pause(&self, wait: Duration, resource: &str) -> Result<(), Error> {
        if wait >= self.remaining() {
            return Err(self.deadline(resource));
        }
        self.client.surroundings.clock.sleep(wait).await;
        Ok(())
    }

    /// One try, or two when the first token was refused: tokens can be revoked
    /// before they expire.
    async fn attempt(&mut self, request: &Request) -> Result<Answer, Error> {
        let token = self.token(request).await?;
        let answer = self.exchange(request, token.as_ref()).await?;
        let answer = match &token {
            Some(token) if answer.status == 401 && !self.token_replaced => {
                self.token_replaced = true;
                if let Some(tokens) = &self.client.tokens {
                    tokens.invalidate(token);
                }
                let token = self.token(request).await?;
                self.exchange(request, token.as_ref()).await?
            }
            _ => answer,
        };
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(self.refused(request, &answer))
        }
    }

    /// The token to send, if this client sends any.
    async fn token(&self, request: &Request) -> Result<Option<Token>, Error> {
        let Some(tokens) = &self.client.tokens else {
            return Ok(None);
        };
        match tokio::time::timeout(self.remaining(), tokens.get()).await {
            Ok(Ok(token)) => Ok(Some(token)),
            Ok(Err(source)) => Err(Error::Credential {
                operation: self.operation,
                source,
            }),
            Err(_) => Err(self.deadline(request.resource())),
        }
    }

    /// One request and its answer.
    async fn exchange(
        &mut self,
        request: &Request,
        token: Option<&Token>,
    ) -> Result<Answer, Error> {
        let lanes = Lane::of(self.operation, &request.method);
        self.turn(request, &lanes).await?;
        let remaining = self.remaining();
        if remaining.is_zero() {
            return Err(self.deadline(request.resource()));
        }
        let limit = self.client.budget.attempt;
        self.attempts += 1;
        let client_id = guid(&*self.client.surroundings.entropy);
        let ids = RequestIds {
            correlation: &self.correlation,
            client: &client_id,
        };
        trace::request(request, ids);
        let sent = self
            .client
            .exchange
            .send(request, ids, token, limit.min(remaining))
            .await;
        let resource = request.resource();
        match sent {
            Ok(answer) => {
                trace::answer(&answer, ids);
                self.heard(request, &lanes, &answer);
                Ok(answer)
            }
            Err(SendError::TooLong) => Err(self.unusable(
                resource,
                DecodeError::TooLong {
                    limit: self.client.body_limit,
                },
            )),
            Err(SendError::Network {
                phase: Phase::Timeout,
                ..
            }) if remaining <= limit => {
                self.may_have_taken_effect = true;
                Err(self.deadline(resource))
            }
            Err(SendError::Network { phase, source }) => Err(Error::Transport {
                operation: self.operation,
                resource: resource.to_owned(),
                phase,
                source,
                correlation_id: self.correlation.clone(),
            }),
        }
    }

    /// Waits until the request may be sent without going beyond Azure's limits.
    async fn turn(&mut self, request: &Request, lanes: &[Lane]) -> Result<(), Error> {
        let client = self.client;
        let Some(pacer) = &client.pacer else {
            return Ok(());
        };
        let clock = &client.surroundings.clock;
        let asks = asks(&request.url, lanes);
        let mut now = clock.monotonic();
        let mut until = pacer
            .reserve(now, asks, self.remaining())
            .map_err(|held| self.held(request, held))?;
        let mut lane = lanes.first().copied();
        while until > now {
            let wait = until.saturating_sub(now);
            self.held += wait;
            tracing::debug!(
                operation = %self.operation,
                wait_seconds = wait.as_secs_f64(),
                correlation_id = self.correlation,
                "waiting, to stay below Azure's limits"
            );
            let slept = client.stop.run_until_cancelled(clock.sleep(wait)).await;
            if let (None, Some(lane)) = (slept, lane) {
                return Err(self.held(request, Held { lane, wait }));
            }
            now = clock.monotonic();
            // Azure may have asked for more patience meanwhile.
            let Some((closed, opens)) = pacer.closed_until(now, asks) else {
                break;
            };
            let wait = opens.saturating_sub(now);
            if wait > pacer.patience().min(self.remaining()) {
                return Err(self.held(request, Held { lane: closed, wait }));
            }
            (lane, until) = (Some(closed), opens);
        }
        Ok(())
    }

    /// Learns from an answer what Azure still allows.
    fn heard(&mut self, request: &Request, lanes: &[Lane], answer: &Answer) {
        let left = allowances(&answer.headers);
        self.allowance = scarcest(&left).or(self.allowance.take());
        let Some(pacer) = &self.client.pacer else {
            return;
        };
        let throttled = if answer.status == 429 {
            let body = ErrorBody::parse(&answer.body);
            Lane::throttled(lanes, body.code.as_deref())
                .map(|lane| (lane, self.asked_patience(answer, &body.message)))
        } else {
            None
        };
        let now = self.client.surroundings.clock.monotonic();
        let heard = Heard { left, throttled };
        pacer.heard(now, asks(&request.url, lanes), &heard);
    }

    /// How long an answer asks to be left alone.
    fn asked_patience(&self, answer: &Answer, message: &str) -> Option<Duration> {
        let now = self.client.surroundings.clock.now();
        match (
            retry_after::from_headers(&answer.headers, now),
            answer.status,
        ) {
            (None, 429) => retry_after::from_message(message),
            (said, _) => said,
        }
    }

    fn held(&self, request: &Request, held: Held) -> Error {
        Error::Held {
            operation: self.operation,
            resource: request.resource().to_owned(),
            held,
            correlation_id: self.correlation.clone(),
        }
    }

    /// The error that an answer is.
    pub(crate) fn refused(&self, request: &Request, answer: &Answer) -> Error {
        let body = ErrorBody::parse(&answer.body);
        self.refused_saying(request.resource(), answer, body)
    }

    /// The error that an answer is, with a body that was already read.
    pub(crate) fn refused_saying(&self, resource: &str, answer: &Answer, body: ErrorBody) -> Error {
        let mut error = StatusError::new(self.operation, resource, answer.status).with_body(body);
        error.retry_after = self.asked_patience(answer, &error.message);
        error.request_id = answer.request_id().map(str::to_owned);
        error.correlation_id = answer
            .correlation_id()
            .or(Some(&self.correlation))
            .map(str::to_owned);
        error.into()
    }

    /// The whole body as a value. Every answer of ARM is a JSON object; an array
    /// would be accepted as a struct with positional fields.
    pub(crate) fn decode<T: DeserializeOwned>(
        &self,
        request: &Request,
        answer: &Answer,
    ) -> Result<T, Error> {
        let first = answer.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if first.is_some_and(|byte| *byte != b'{') {
            return Err(self.unusable(request.resource(), DecodeError::NotAnObject));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.unusable(request.resource(), error.into()))
    }

    pub(crate) fn unusable(&self, resource: &str, source: DecodeError) -> Error {
        Error::Decode {
            operation: self.operation,
            resource: resource.to_owned(),
            source,
            correlation_id: self.correlation.clone(),
        }
    }

    /// The wait that a successful answer asks for, before asking again.
    pub(crate) fn asked_wait(&self, answer: &Answer) -> Option<Duration> {
        retry_after::from_headers(&answer.headers, self.client.surroundings.clock.now())
    }

    fn deadline(&self, resource: &str) -> Error {
        Error::Deadline {
            operation: self.operation,
            resource: resource.to_owned(),
            budget: self.client.budget.total,
            attempts: self.attempts,
            correlation_id: self.correlation.clone(),
        }
    }

    fn elapsed(&self) -> Duration {
        self.client
            .surroundings
            .clock
            .monotonic()
            .saturating_sub(self.started)
    }

    fn remaining(&self) -> Duration {
        self.client.budget.total.saturating_sub(self.elapsed())
    }
}

/// What limits care for in a request. The path of an endpoint is that of its
/// profile and two segments more.
fn asks<'a>(url: &'a Url, lanes: &'a [Lane]) -> Asks<'a> {
    Asks {
        subscription: subscription(url),
        lanes,
        profile: url.path().rsplitn(3, '/').nth(2).unwrap_or_default(),
    }
}

/// The subscription in a URL of Azure; empty for what belongs to none.
fn subscription(url: &Url) -> &str {
    let mut segments = url.path_segments().into_iter().flatten();
    segments
        .find(|segment| segment.eq_ignore_ascii_case("subscriptions"))
        .and_then(|_| segments.next())
        .unwrap_or_default()
}
