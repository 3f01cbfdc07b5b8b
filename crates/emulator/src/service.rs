//! The ARM service: the [`State`] with everything that a gateway adds: counts, fault rules, and the headers of answers.
//!
//! Still synchronous and deterministic: time comes in with each call, ids come from a seed.

use axum::http::StatusCode;
use jiff::Timestamp;

use crate::authority::{Authority, Settings};
use crate::fault::{Fault, Faults, Outcome};
use crate::ids::Ids;
use crate::journal::Journal;
use crate::operation::{Operation, Resource};
use crate::quota::{Admission, Quota};
use crate::request::{Request, Response};
use crate::state::{Cloud, State};
use crate::throttle::Throttle;

/// The emulated Resource Manager.
#[derive(Debug)]
pub struct Service {
    /// What it holds.
    pub state: State,
    /// What was asked of it.
    pub journal: Journal,
    /// What is to go wrong.
    pub faults: Faults,
    /// Who may call.
    pub authority: Authority,
    quota: Quota,
    ids: Ids,
    seed: u64,
}

/// A request that has arrived and has had no effect yet.
#[derive(Debug)]
pub(crate) struct Arrived {
    number: u64,
    operation: Operation,
    resource: Option<Resource>,
    admission: Admission,
    pub(crate) fault: Option<Fault>,
}

/// What a request presents to be let in.
#[derive(Debug, Clone)]
pub(crate) struct Presented {
    /// The header `Authorization`.
    pub(crate) authorization: Option<String>,
    /// The URL of this emulator as the caller wrote it, without a slash at the end.
    pub(crate) base: String,
}

// === impl Service ===

impl Service {
    /// A service without any profile. The same seed gives the same request ids and the same faults.
    pub fn new(cloud: Cloud, seed: u64) -> Self {
        Self {
            state: State::new(cloud),
            journal: Journal::default(),
            faults: Faults::default(),
            authority: Authority::new(Settings::default(), seed),
            quota: Quota::default(),
            ids: Ids::new(seed),
            seed,
        }
    }

    /// The same service with these limits.
    #[must_use]
    pub fn throttled(mut self, throttle: Throttle) -> Self {
        self.quota.throttle = throttle;
        self
    }

    /// Answers a request at once: counts it and, unless it is one too many, carries it out. Fault rules do not apply.
    pub fn handle(&mut self, now: Timestamp, request: &Request) -> Response {
        let arrived = self.note(now, request, None);
        let response = self.carry_out(now, request, &arrived);
        self.journal.answered(arrived.number, response.status);
        response
    }

    /// The seed of faults that state none.
    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Lets a request in or not, counts it, and says which fault it meets.
    pub(crate) fn arrive(
        &mut self,
        now: Timestamp,
        request: &Request,
        presented: &Presented,
    ) -> Arrived {
        self.note(now, request, Some(presented))
    }

    /// Carries a request out, unless its caller was not let in or it is one too many.
    pub(crate) fn carry_out(
        &mut self,
        now: Timestamp,
        request: &Request,
        arrived: &Arrived,
    ) -> Response {
        let response = match &arrived.admission.refusal {
            Some(refusal) => refusal.clone(),
            None => self.state.answer_at(now, request),
        };
        self.dress(now, request, arrived, response)
    }

    /// The answer that a fault makes; `None` when the connection is to be reset.
    pub(crate) fn fail(
        &mut self,
        now: Timestamp,
        request: &Request,
        arrived: &Arrived,
        outcome: &Outcome,
    ) -> Option<Response> {
        let response = outcome.response(arrived.operation, arrived.resource.as_ref())?;
        Some(self.dress(now, request, arrived, response))
    }

    /// Notes that an answer goes out.
    pub(crate) fn leave(&mut self, arrived: &Arrived, status: StatusCode) {
        self.journal.answered(arrived.number, status);
    }

    /// Without what it presents, a request is let in and meets no fault.
    fn note(
        &mut self,
        now: Timestamp,
        request: &Request,
        presented: Option<&Presented>,
    ) -> Arrived {
        let resource = Resource::parse(&request.path);
        let operation = Operation::of(&request.method, resource.as_ref());
        let refused = presented.and_then(|presented| {
            let authorization = presented.authorization.as_deref();
            self.authority.refuse(now, authorization, &presented.base)
        });
        let admission = if let Some(refusal) = refused {
            // Nobody pays for a caller whom nobody knows.
            Admission {
                refusal: Some(refusal),
                ..Admission::default()
            }
        } else {
            let caller = request.caller.as_deref();
            self.quota.admit(now, operation, resource.as_ref(), caller)
        };
        // What is refused at the gate does not get as far as a fault.
        let fault = if presented.is_some() && admission.refusal.is_none() {
            self.faults.pick(operation, resource.as_ref())
        } else {
            None
        };
        let path = if request.query.is_empty() {
            request.path.clone()
        } else {
            format!("{}?{}", request.path, request.query)
        };
        let number = self
            .journal
            .note(&request.method, path, operation, fault.is_some());
        Arrived {
            number,
            operation,
            resource,
            admission,
            fault,
        }
    }

    /// Adds the headers that every answer of Resource Manager has.
    fn dress(
        &mut self,
        now: Timestamp,
        request: &Request,
        arrived: &Arrived,
        response: Response,
    ) -> Response {
        let id = self.ids.guid();
        let correlation = match &request.correlation_id {
            Some(given) => given.clone(),
            None => self.ids.guid(),
        };
        let routing = format!("EMULATOR:{}:{id}", now.strftime("%Y%m%dT%H%M%SZ"));
        let mut response = response;
        response
            .headers
            .extend(arrived.admission.headers.iter().cloned());
        response
            .with("x-ms-request-id", id)
            .with("x-ms-correlation-request-id", correlation)
            .with("x-ms-routing-request-id", routing)
            .with("x-content-type-options", "nosniff")
            .with(
                "strict-transport-security",
                "max-age=31536000; includeSubDomains",
            )
            .with(
                "date",
                now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            )
    }
}
