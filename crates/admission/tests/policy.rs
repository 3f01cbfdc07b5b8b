//! The committed policies are what the code makes.

use std::fs;
use std::path::Path;

use admission::policy::{Action, NOT_JUDGED, policy, usual_prefixes};

/// With `UPDATE_POLICIES=1` they are written.
#[test]
fn the_committed_policies_are_up_to_date() {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../deploy/admission/policy.yaml"
    ));
    let wanted = policy(&usual_prefixes(), Action::Warn).unwrap();
    if std::env::var_os("UPDATE_POLICIES").is_some() {
        fs::write(path, &wanted).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    assert!(
        committed == wanted,
        "deploy/admission/policy.yaml is not what admission-policy prints: UPDATE_POLICIES=1 cargo test -p admission --test policy"
    );
}

/// What is refused is what is otherwise warned about; doubts are never a reason.
#[test]
fn denying_changes_nothing_but_what_follows() {
    let warn = policy(&usual_prefixes(), Action::Warn).unwrap();
    let deny = policy(&usual_prefixes(), Action::Deny).unwrap();
    let changed: Vec<_> = warn
        .lines()
        .zip(deny.lines())
        .filter(|(warn, deny)| warn != deny)
        .collect();
    let twice = [
        ("  failurePolicy: Ignore", "  failurePolicy: Fail"),
        (
            "  validationActions: [Warn, Audit]",
            "  validationActions: [Deny, Audit]",
        ),
    ];
    assert_eq!(changed, twice.repeat(2));
    assert_eq!(warn.lines().count(), deny.lines().count());
}

/// `docs/COMMANDS.md` lists what the policy leaves to the webhook.
#[test]
fn the_exceptions_are_documented() {
    let document = include_str!("../../../docs/COMMANDS.md");
    let rows: Vec<String> = NOT_JUDGED
        .iter()
        .map(|row| {
            let annotation = row.annotation.map_or("", |name| name.as_str());
            let annotation = match annotation {
                "" => String::new(),
                name => format!("`{name}`: "),
            };
            format!("| {annotation}{} | {} |", row.message, row.why)
        })
        .collect();
    let (_, rest) = document
        .split_once("| the policy does not say | when |\n|---|---|\n")
        .unwrap();
    assert_eq!(rest.split("\n\n").next().unwrap(), rows.join("\n"));
}
