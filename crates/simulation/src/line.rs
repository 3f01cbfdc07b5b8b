//! The line between a cluster and Azure: every call waits in it until the
//! scheduler says what becomes of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arm_client::exchange::{Answer, Condition, Exchange, Request, RequestIds, SendError};
use arm_client::{Phase, Token};
use async_trait::async_trait;
use tokio::sync::oneshot;

/// Calls that Azure has not seen yet, oldest first.
pub(crate) type Line = Arc<Mutex<VecDeque<Waiting>>>;

/// A call that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) request: emulator::Request,
    reply: oneshot::Sender<Reply>,
}

/// What the client gets to see of a call.
#[derive(Debug)]
pub(crate) enum Reply {
    Answer(Answer),
    Cut(Phase),
}

/// One process's side of the line. A process that is dead never hears anything
/// again, and nothing that it says is heard.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) line: Line,
    pub(crate) alive: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
#[error("the simulated network failed")]
struct Failed;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Waiting ===

impl Waiting {
    /// Whether the client still waits. One that has given up leaves its call
    /// behind: Azure may or may not have seen it.
    pub(crate) fn is_heard(&self) -> bool {
        !self.reply.is_closed()
    }

    /// Lets the client know.
    pub(crate) fn tell(self, reply: Reply) {
        // The client may have given up at this moment.
        let _ = self.reply.send(reply);
    }

    /// Lets the client know later.
    pub(crate) fn tell_later(self, reply: Reply, after: Duration) {
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            self.tell(reply);
        });
    }
}

// === impl Caller ===

impl Caller {
    fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Exchange for Caller {
    async fn send(
        &self,
        request: &Request,
        ids: RequestIds<'_>,
        _: Option<&Token>,
        timeout: Duration,
    ) -> Result<Answer, SendError> {
        let network = |phase| SendError::Network {
            phase,
            source: Box::new(Failed),
        };
        if !self.is_alive() {
            return std::future::pending().await;
        }
        let (reply, told) = oneshot::channel();
        let request = emulator::Request {
            method: request.method.clone(),
            path: request.url.path().to_owned(),
            query: request.url.query().unwrap_or_default().to_owned(),
            correlation_id: Some(ids.correlation.to_owned()),
            caller: None,
            conditions: conditions(request),
            base: String::new(),
            body: request
                .body
                .as_ref()
                .map(|body| body.to_vec())
                .unwrap_or_default(),
        };
        lock(&self.line).push_back(Waiting { request, reply });
        let told = tokio::time::timeout(timeout, told).await;
        if !self.is_alive() {
            return std::future::pending().await;
        }
        match told {
            Ok(Ok(Reply::Answer(answer))) => Ok(answer),
            Ok(Ok(Reply::Cut(phase))) => Err(network(phase)),
            Ok(Err(_)) => Err(network(Phase::Interrupted)),
            Err(_) => Err(network(Phase::Timeout)),
        }
    }
}

fn conditions(request: &Request) -> emulator::Conditions {
    match &request.condition {
        None => emulator::Conditions::default(),
        Some(Condition::Absent) => emulator::Conditions {
            if_none_match: Some("*".to_owned()),
            ..emulator::Conditions::default()
        },
        Some(Condition::Unchanged(version)) => emulator::Conditions {
            if_match: version.to_str().ok().map(str::to_owned),
            ..emulator::Conditions::default()
        },
    }
}
