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

/// The recorded sessions, played.
#[derive(Debug, Default)]
struct Sessions {
    tally: Tally,
    /// Exchanges in the files.
    read: usize,
    /// Second copies, which are not played.
    copies: usize,
    /// Requests whose body was recorded, and those whose body follows from the answer.
    recorded: usize,
    inferred: usize,
}

#[test]
fn recorded_sessions() {
    let played = Sessions::play();
    println!(
        "{} recorded exchanges, {} of them second copies for another URL scheme",
        played.read, played.copies
    );
    println!(
        "request bodies: {} recorded, {} inferred",
        played.recorded, played.inferred
    );
    played.tally.conclude("recorded sessions", EXCEPTIONS);
    assert_eq!(
        (played.recorded, played.inferred),
        (5, 26),
        "docs/EMULATOR.md states these numbers"
    );
    assert_eq!(
        played.tally.replayed + played.copies,
        played.read,
        "an exchange belongs to no session"
    );
}

/// All files together: every exchange matches, or is listed with its reason, and fewer than one in twenty are.
#[test]
fn everything_that_is_known_of_the_service() {
    let sessions = Sessions::play();
    let parts = [sessions.tally, examples::tally(), reported::tally()];
    let replayed: usize = parts.iter().map(|part| part.replayed).sum();
    let matched: usize = parts.iter().map(|part| part.matched).sum();
    let listed: Vec<_> = parts.iter().flat_map(|part| &part.exceptions).collect();
    let (copies, listed_count) = (sessions.copies, listed.len());
    println!(
        "all files: {} exchanges, {copies} second copies, {replayed} replayed, {matched} matched, {listed_count} listed",
        replayed + copies
    );
    for reason in &listed {
        println!("  listed {reason}");
    }
    let failures: Vec<_> = parts.iter().flat_map(|part| &part.failures).collect();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(matched + listed_count, replayed);
    assert!(listed_count * 20 < replayed, "more than 5 % are listed");
    assert_eq!(
        (replayed + copies, copies, matched),
        (136, 45, 91),
        "docs/EMULATOR.md states these numbers"
    );
}

impl Sessions {
    fn play() -> Self {
        let mut played = Self::default();
        for file in ["session-recordings.jsonl", "azure-service-operator.jsonl"] {
            played.read += exchange::read(file).len();
        }
        for session in sessions::ALL {
            played.play_one(session);
        }
        played
    }

    fn play_one(&mut self, session: &Session) {
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
                self.copies += 1;
                before = None;
                continue;
            }
            match exchange.request_body() {
                RequestBody::None => {}
                RequestBody::Recorded => self.recorded += 1,
                RequestBody::Inferred => self.inferred += 1,
            }
            let difference = difference(&mut service, &exchange);
            self.tally.note(&exchange.place, difference, EXCEPTIONS);
            before = Some(exchange);
        }
    }
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
