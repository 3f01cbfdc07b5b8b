//! `docs/COMMANDS.md` names every flag of every command, and no other.

use std::collections::BTreeSet;
use std::process::Command;

const DOCUMENT: &str = include_str!("../../../../docs/COMMANDS.md");

/// The flags in a text: what begins with two dashes.
fn flags(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect()
}

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"))
        .args([command, "--help"])
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The rows of the table in a section.
fn documented(heading: &str) -> BTreeSet<&'static str> {
    let (_, rest) = DOCUMENT
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let section = rest.split("\n## ").next().unwrap_or(rest);
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split(['`', ' ']).next())
        .filter(|word| word.starts_with("--"))
        .collect()
}

#[rstest::rstest]
#[case("owners", "Who has what: `owners`")]
#[case("orphans", "What is left over: `orphans`")]
#[case("remove-owner", "A cluster that is gone: `remove-owner`")]
#[case("adopt", "Taking over a profile: `adopt`")]
#[case("explain", "Why is it so: `explain`")]
fn every_flag_is_documented(#[case] command: &str, #[case] heading: &str) {
    let help = help(command);
    let offered: BTreeSet<_> = flags(&help)
        .into_iter()
        .filter(|flag| *flag != "--help")
        .collect();
    let common = documented("Flags of all commands");
    let own = documented(heading);
    if command == "explain" {
        // It asks a webhook and has nothing to do with Azure.
        assert_eq!(offered, own);
        return;
    }
    assert_eq!(offered, common.union(&own).copied().collect());
    assert_eq!(common.intersection(&own).count(), 0);
}
