//! The emulator against recorded exchanges with the real service: same method and path, same status, same body with its
//! keys in the same order. Ids, dates and names need no leeway, because the recorded names are used again.
//!
//! Most recordings lack the bodies of their requests. Those are worked out from the answer, less what the service fills in
//! ([`exchange::Exchange::request`]), so such an exchange proves status, order, defaults, spelling and ids, and the reads
//! that follow; it does not prove what else a request might have said. How many are which is printed, and held.
//!
//! `cargo test -p emulator --test replay -- --nocapture` prints what was replayed.

#![expect(
    clippy::expect_used,
    reason = "a recording that cannot be read fails the test"
)]
#![expect(clippy::print_stdout, reason = "the test prints what was replayed")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "helpers take the documents that json! makes"
)]

mod examples;
mod exchange;
mod ordered;
mod reported;
mod sessions;

use emulator::{Cloud, Service};
use jiff::Timestamp;

use exchange::{Exchange, RequestBody};
use ordered::Ordered;
use sessions::Session;

/// Exchanges that the emulator answers differently, with the reason. One that matches must leave the list.
const EXCEPTIONS: &[(&str, &str)] = &[];

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) replayed: usize,
    pub(crate) matched: usize,
    pub(crate) exceptions: Vec<String>,
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Notes how one exchange went.
    pub(crate) fn note(
        &mut self,
        place: &str,
        difference: Option<String>,
        exceptions: &[(&str, &str)],
    ) {
        self.replayed += 1;
        let exception = exceptions.iter().find(|(listed, _)| *listed == place);
        match (difference, exception) {
            (None, None) => self.matched += 1,
            (Some(_), Some((_, reason))) => self.exceptions.push(format!("{place}: {reason}")),
            (Some(difference), None) => self.failures.push(format!("{place}: {difference}")),
            (None, Some(_)) => self
                .failures
                .push(format!("{place} is listed as an exception and matches")),
        }
    }

    /// Prints the result and fails when something differs that is not listed.
    #[track_caller]
    pub(crate) fn conclude(&self, what: &str, exceptions: &[(&str, &str)]) {
        println!(
            "{what}: {} replayed, {} matched, {} exceptions",
            self.replayed,
            self.matched,
            self.exceptions.len()
        );
        for exception in &self.exceptions {
            println!("  exception {exception}");
        }
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n\n"));
        assert_eq!(
            self.exceptions.len(),
            exceptions.len(),
            "a listed exception was not replayed"
        );
    }
}

#[test]
fn recorded_sessions() {
    let mut tally = Tally::default();
    let mut copies = 0;
    let mut read = 0;
    let (mut recorded, mut inferred) = (0, 0);
    for file in ["session-recordings.jsonl", "azure-service-operator.jsonl"] {
        read += exchange::read(file).len();
    }
    for session in sessions::ALL {
        let mut service = Service::new(Cloud::default(), 1);
        (session.before)(&mut service.state);
        let exchanges = of_session(session);
        assert!(!exchanges.is_empty(), "{} has no recordings", session.name);
        let mut before: Option<Exchange> = None;
        for exchange in exchanges {
            if before
                .as_ref()
                .is_some_and(|before| exchange.is_copy_of(before))
            {
                copies += 1;
                before = None;
                continue;
            }
            match exchange.request_body() {
                RequestBody::None => {}
                RequestBody::Recorded => recorded += 1,
                RequestBody::Inferred => inferred += 1,
            }
            let difference = difference(&mut service, &exchange);
            tally.note(&exchange.place, difference, EXCEPTIONS);
            before = Some(exchange);
        }
    }
    println!("{read} recorded exchanges, {copies} of them second copies for another URL scheme");
    println!("request bodies: {recorded} recorded, {inferred} inferred");
    tally.conclude("recorded sessions", EXCEPTIONS);
    assert_eq!(
        (recorded, inferred),
        (5, 26),
        "docs/EMULATOR.md states these numbers"
    );
    assert_eq!(
        tally.replayed + copies,
        read,
        "an exchange belongs to no session"
    );
    assert!(
        tally.exceptions.len() * 20 < tally.replayed,
        "more than 5 % exceptions"
    );
}

fn of_session(session: &Session) -> Vec<Exchange> {
    let all = exchange::read(session.file);
    let belongs = |part: &'static str| move |exchange: &&Exchange| exchange.origin.ends_with(part);
    session
        .parts
        .iter()
        .flat_map(|part| {
            all.iter()
                .filter(belongs(part))
                .cloned()
                .collect::<Vec<_>>()
        })
        .collect()
}

fn difference(service: &mut Service, exchange: &Exchange) -> Option<String> {
    let request = exchange.request();
    let response = service.handle(Timestamp::UNIX_EPOCH, &request);
    let body = response
        .body
        .as_deref()
        .map_or(Ordered::Null, Ordered::parse);
    let mut differences = Vec::new();
    if response.status.as_u16() != exchange.status {
        differences.push(format!(
            "status {} instead of {}",
            response.status, exchange.status
        ));
    }
    if body != exchange.ordered_body {
        differences.push(format!(
            "body\n  {body:?}\ninstead of\n  {:?}",
            exchange.ordered_body
        ));
    }
    for name in ["cache-control", "x-ms-failure-cause"] {
        let ours = response
            .headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value);
        let theirs = exchange.response_headers.get(name);
        if ours != theirs && !exchange.response_headers.is_empty() {
            differences.push(format!("header {name} {ours:?} instead of {theirs:?}"));
        }
    }
    (!differences.is_empty()).then(|| {
        format!(
            "{} {}\n{}\nbody sent: {}",
            exchange.method,
            exchange.path,
            differences.join("\n"),
            String::from_utf8_lossy(&request.body)
        )
    })
}
