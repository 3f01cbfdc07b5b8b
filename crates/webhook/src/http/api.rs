//! The webhook API, for ExternalDNS in the same pod.
//!
//! | call | answer |
//! |---|---|
//! | `GET /` | 200, the domain filter; from memory, whatever the state of Azure |
//! | `GET /records` | 200, all records or none |
//! | `POST /adjustendpoints` | 200, all records or none |
//! | `POST /records` | 204 |
//! | any of these when it fails, and their paths with another method | 500..=510, the reason as text |
//! | any other path | 404 |
//!
//! **Nothing ExternalDNS sends gets a 4xx.** It exits on one. So there are no extractors here that answer by
//! themselves, `Accept` and `Content-Type` of requests are not looked at, and a body that is not understood
//! is a 500.
//!
//! **Every call has a deadline**, counted from its arrival and including the reading of its body. ExternalDNS
//! gives up after 15 s and exits; a 503 before that makes it try again in its next loop.
//!
//! **Accepted work is not cancelled**, neither by the deadline nor by a client that goes away: half a change
//! in Azure is worse than a late one. The work runs in a task of its own; [`Api::finished`] waits for all of
//! them.
//!
//! **Connections stay open.** Go does not repeat a POST that meets a connection which the server has just
//! closed, and ExternalDNS exits on that error too. There is no idle timeout; ExternalDNS's own is 90 s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use external_dns::DomainFilter;
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::answer::{Answer, Failure};
use super::body;
use super::call::{Call, Route};
use crate::metrics::Metrics;
use crate::provider_api::Provider;
use crate::soft_status::SoftStatus;

/// The webhook API over a provider.
pub struct Api {
    provider: Arc<dyn Provider>,
    metrics: Arc<Metrics>,
    negotiation: Answer,
    deadline: Duration,
    largest_body: usize,
    tasks: TaskTracker,
    last_request: AtomicU64,
}

impl Api {
    /// An API that tells ExternalDNS `filter` and answers every call before `deadline` has passed.
    pub fn new(
        provider: Arc<dyn Provider>,
        metrics: Arc<Metrics>,
        filter: &DomainFilter,
        deadline: Duration,
    ) -> Self {
        Self {
            provider,
            metrics,
            negotiation: Answer::json(filter),
            deadline,
            largest_body: body::LARGEST,
            tasks: TaskTracker::new(),
            last_request: AtomicU64::new(0),
        }
    }

    /// The same API with another limit for bodies than [`body::LARGEST`], in bytes.
    #[must_use]
    pub fn with_largest_body(mut self, bytes: usize) -> Self {
        self.largest_body = bytes;
        self
    }

    /// The routes. There is only one: everything is told apart by [`Route`].
    pub fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(handle).with_state(self)
    }

    /// Ends when all accepted work has ended. To be called when no more calls arrive.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Does what the call asks. Runs in a task of its own, so it may panic or never end.
    async fn perform(self: Arc<Self>, call: Call, body: Body, deadline: Instant) -> Answer {
        match self.try_perform(call, body, deadline).await {
            Ok(answer) => answer,
            Err(failure) => Answer::Failed(failure),
        }
    }

    async fn try_perform(
        &self,
        call: Call,
        body: Body,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        // The deadline ends the reading of the body, and nothing after it: then the work is accepted.
        let body = async {
            match timeout_at(deadline, body::read(body, self.largest_body)).await {
                Ok(body) => body,
                Err(_) => Err(self.too_late()),
            }
        };
        match call {
            Call::Negotiate => Ok(self.negotiation.clone()),
            Call::Records => Ok(Answer::json(&self.provider.records().await?)),
            Call::Adjust => {
                let endpoints = body::endpoints(&body.await?)?;
                Ok(Answer::json(&self.provider.adjust(endpoints).await?))
            }
            Call::Apply => {
                let changes = body::changes(&body.await?)?;
                self.provider.apply(changes).await?;
                Ok(Answer::Applied)
            }
        }
    }

    /// Runs a call to its end, and answers on `reply` when it ends or when its time is up, whichever is first.
    async fn supervise(self: Arc<Self>, call: Call, body: Body, reply: oneshot::Sender<Answer>) {
        let started = Instant::now();
        let deadline = started + self.deadline;
        let running = self.metrics.calls.started(call);
        let mut work = tokio::spawn(
            Arc::clone(&self)
                .perform(call, body, deadline)
                .in_current_span(),
        );

        let ended = timeout_at(deadline, &mut work).await;
        let answer = match ended {
            Ok(ref result) => answer_of(result),
            Err(_) => Answer::Failed(self.too_late()),
        };
        self.metrics
            .calls
            .answered(call, &answer, started.elapsed());
        log(call, &answer, started.elapsed());
        // Nobody listens any more when the client has gone away. The work counts all the same.
        let _ = reply.send(answer);

        if ended.is_err() {
            let answer = answer_of(&work.await);
            self.metrics.calls.ended_late(call, &answer);
            tracing::info!(
                outcome = answer.outcome(),
                duration_ms = milliseconds(started.elapsed()),
                "work that outlived its answer has ended",
            );
        }
        drop(running);
    }

    fn too_late(&self) -> Failure {
        Failure {
            status: SoftStatus::UNAVAILABLE,
            outcome: "deadline",
            text: format!(
                "not finished within {} s; accepted work goes on",
                self.deadline.as_secs_f64()
            ),
            summary: None,
        }
    }
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let call = match Route::of(&head.method, head.uri.path()) {
        Route::Call(call) => call,
        Route::WrongMethod => return wrong_method().into_response(),
        Route::Unknown => return unknown_path(&head.uri.path().escape_debug().to_string()),
    };
    let id = api.last_request.fetch_add(1, Ordering::Relaxed) + 1;
    // A span below the level of the log would take its fields away from the warnings inside it.
    let span = tracing::error_span!("call", call = call.as_str(), request.id = id);
    let (reply, answer) = oneshot::channel();
    api.tasks.spawn(
        Arc::clone(&api)
            .supervise(call, body, reply)
            .instrument(span),
    );
    let answer = answer.await.unwrap_or_else(|_| Answer::Failed(stopped()));
    answer.into_response()
}

/// The answer of work that has ended by itself, or by a panic.
fn answer_of(result: &Result<Answer, JoinError>) -> Answer {
    match result {
        Ok(answer) => answer.clone(),
        Err(error) if error.is_panic() => Answer::Failed(Failure {
            status: SoftStatus::INTERNAL,
            outcome: "panic",
            text: "internal error: the call panicked; this is a bug, and the log has the details"
                .to_owned(),
            summary: None,
        }),
        Err(_) => Answer::Failed(stopped()),
    }
}

fn stopped() -> Failure {
    Failure {
        status: SoftStatus::UNAVAILABLE,
        outcome: "stopped",
        text: "the webhook is shutting down".to_owned(),
        summary: None,
    }
}

fn wrong_method() -> Answer {
    Answer::Failed(Failure {
        status: SoftStatus::NOT_IMPLEMENTED,
        outcome: "method",
        text: CALLS.to_owned(),
        summary: None,
    })
}

fn unknown_path(path: &str) -> Response {
    tracing::warn!(
        path,
        "a request for a path that the webhook API does not have"
    );
    (StatusCode::NOT_FOUND, format!("{CALLS}\n")).into_response()
}

const CALLS: &str = "this is ExternalDNS's webhook API: GET /, GET /records, POST /records, POST /adjustendpoints; \
    health and metrics are on the operations port";

fn log(call: Call, answer: &Answer, duration: Duration) {
    let outcome = answer.outcome();
    let status = answer.status().as_u16();
    let duration_ms = milliseconds(duration);
    match answer {
        Answer::Failed(Failure { text: error, .. }) if matches!(outcome, "panic" | "internal") => {
            tracing::error!(outcome, status, duration_ms, error, "call failed");
        }
        Answer::Failed(Failure { text, summary, .. }) => {
            let error = summary.as_ref().unwrap_or(text);
            tracing::warn!(
                outcome,
                status,
                duration_ms,
                error,
                "call failed; the next loop tries again"
            );
        }
        Answer::Applied => tracing::info!(outcome, status, duration_ms, "changes applied"),
        Answer::Json(_) if call == Call::Negotiate => {
            tracing::info!(outcome, status, duration_ms, "ExternalDNS has connected");
        }
        Answer::Json(json) => {
            tracing::debug!(
                outcome,
                status,
                duration_ms,
                body.bytes = json.len(),
                "call answered"
            );
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
