//! The command line of the trials. The trials themselves, a few times each, are tests of the binary that they try:
//! `crates/cli/tests/reliability.rs`.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeSet;
use std::process::{Command, Output};

fn reliability(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reliability"))
        .args(arguments)
        .env_clear()
        .output()
        .expect("the program runs")
}

#[test]
fn a_binary_that_does_not_exist_is_named() {
    let output = reliability(&["--only", "race", "--binary", "no/such/binary"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("starting no/such/binary"), "{errors}");
}

/// A binary that ends at once is not taken for a webhook.
#[test]
fn a_binary_that_does_not_serve_is_a_failure() {
    let output = reliability(&[
        "--only",
        "race",
        "--binary",
        env!("CARGO_BIN_EXE_reliability"),
    ]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("for east"), "{errors}");
}

/// `docs/RELIABILITY.md` has a row for every trial, and no other.
#[test]
fn the_document_has_every_trial() {
    let output = reliability(&["--only", "luck"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    let (_, trials) = errors.split_once("possible values: ").expect("a list");
    let (trials, _) = trials.split_once(']').expect("the end of the list");
    let trials: BTreeSet<_> = trials.split(", ").collect();

    let document = include_str!("../../../docs/RELIABILITY.md");
    let last_cell = |line: &'static str| line.strip_suffix("` |")?.rsplit_once("| `");
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let documented: BTreeSet<_> = rows
        .filter_map(last_cell)
        .map(|(_, trial)| trial)
        .filter(|trial| *trial != "--only")
        .collect();
    assert_eq!(documented, trials);
}
