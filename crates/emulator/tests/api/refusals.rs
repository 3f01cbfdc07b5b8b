//! Every rule of the service, broken once, with the answer to it.

mod endpoints;
mod nesting;
mod requests;
mod settings;

use std::fmt::Write as _;

use emulator::Response;

/// Writes one refusal into the snapshot.
pub(crate) fn note(snapshot: &mut String, case: &str, response: &Response) {
    let body = response.value();
    let error = body.get("error").unwrap_or(&body);
    assert!(
        response.status.is_client_error(),
        "{case} was not refused: {response:?}"
    );
    writeln!(
        snapshot,
        "{case}\n  {} {}: {}",
        response.status.as_u16(),
        error["code"].as_str().expect("a code"),
        error["message"].as_str().expect("a message"),
    )
    .expect("a string grows");
}
