//! `validate` as a process: what it prints where, how it ends, and that `docs/COMMANDS.md` says so.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use rstest::rstest;
use tempfile::TempDir;

const DOCUMENT: &str = include_str!("../../../docs/COMMANDS.md");
const HEADING: &str = "\n## Before anything is applied: `validate`\n";

fn section() -> &'static str {
    let (_, rest) = DOCUMENT.split_once(HEADING).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The fenced blocks of the section, in a language.
fn blocks(language: &str) -> Vec<String> {
    let parts = section().split("\n```");
    parts
        .filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n'))
        .map(|block| format!("{block}\n"))
        .collect()
}

fn validate(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("external-dns-traffic-manager").unwrap();
    command
        .current_dir(folder)
        .env_clear()
        .arg("validate")
        .args(arguments);
    command
}

/// A folder with the document's manifest and others.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let app = &blocks("yaml")[0];
    fs::write(folder.path().join("app.yaml"), app).unwrap();
    let good = app
        .replace("weight: 70", "weight: \"70\"")
        .replace("\"0\"", "\"1\"");
    fs::write(folder.path().join("doubtful.yaml"), &good).unwrap();
    let lines = good.lines().filter(|line| !line.contains("wieght"));
    let good: Vec<_> = lines.collect();
    fs::write(folder.path().join("good.yaml"), good.join("\n")).unwrap();
    fs::write(folder.path().join("chart.yaml"), "a: {{ b }}: c\n").unwrap();
    folder
}

#[test]
fn the_document_shows_what_it_says() {
    let folder = folder();
    let said = blocks("text");
    validate(folder.path(), &["app.yaml"])
        .assert()
        .code(1)
        .stdout(said[0].clone())
        .stderr(said[1].clone());
}

#[rstest]
#[case(&["good.yaml"], 0)]
#[case(&["doubtful.yaml"], 0)]
#[case(&["--warnings-as-errors", "doubtful.yaml"], 1)]
#[case(&["good.yaml", "app.yaml"], 1)]
#[case(&["--resource-groups=other", "good.yaml"], 0)]
#[case(&["--resource-groups=one,two", "good.yaml"], 1)]
#[case(&["--annotation-prefix=dns.example.com/", "app.yaml"], 0)]
#[case(&["--annotation-prefix=external-dns.kubernetes.io", "app.yaml"], 2)]
#[case(&["chart.yaml", "app.yaml"], 2)]
#[case(&["missing.yaml"], 2)]
#[case(&["--output=yaml", "good.yaml"], 2)]
#[case(&["--subscription-id=none", "good.yaml"], 2)]
#[case(&["--api-version=2020-01-01", "good.yaml"], 2)]
#[case(&["--owner-id=a b", "good.yaml"], 2)]
#[case(&[], 2)]
fn exit_statuses(#[case] arguments: &[&str], #[case] code: i32) {
    let folder = folder();
    validate(folder.path(), arguments).assert().code(code);
}

/// Documents go to standard output alone. Why the exit status is 2 is in the log of a CI too.
#[test]
fn a_document_is_on_standard_output_and_what_cannot_be_read_on_standard_error() {
    let folder = folder();
    for (format, key) in [("json", "problems"), ("sarif", "runs")] {
        let flag = format!("--output={format}");
        let assert = validate(folder.path(), &[&flag, "-", "chart.yaml"])
            .write_stdin(blocks("yaml")[0].clone())
            .assert()
            .code(2)
            .stderr("chart.yaml:1:11: mapping values are not allowed in this context\n");
        let document: serde_json::Value =
            serde_json::from_slice(&assert.get_output().stdout).unwrap();
        assert!(document.get(key).is_some(), "{document}");
    }
}

/// Every name in a JSON document, however deep.
fn names_in(value: &serde_json::Value, names: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(object) => {
            names.extend(object.keys().cloned());
            object.values().for_each(|value| names_in(value, names));
        }
        serde_json::Value::Array(array) => array.iter().for_each(|value| names_in(value, names)),
        _ => {}
    }
}

#[test]
fn every_name_of_the_json_document_and_every_rule_is_documented() {
    let folder = folder();
    let arguments = ["--output=json", "app.yaml", "chart.yaml"];
    let assert = validate(folder.path(), &arguments).assert().code(2);
    let document = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let mut names = BTreeSet::new();
    names_in(&document, &mut names);
    assert!(names.contains("grade") && names.contains("notJudged"));
    let annotations = include_str!("../../../docs/ANNOTATIONS.md");
    let said = |name: &str| section().contains(&format!("`{name}`"));
    let missing: Vec<_> = names.iter().filter(|name| !said(name)).collect();
    assert_eq!(missing, Vec::<&String>::new());
    for rule in admission::Rule::ALL {
        let word = rule.as_str();
        let is_reason = annotations.contains(&format!("`{word}`"));
        assert!(said(word) || is_reason, "{word}");
    }
}

#[test]
fn the_manifests_of_the_examples_are_valid() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let files = ["east", "west"]
        .map(|cluster| format!("examples/multi-region/cluster-{cluster}/my-app.yaml"));
    let arguments: Vec<_> = ["--resource-groups=my-tm-rg", "--warnings-as-errors"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    validate(root, &arguments).assert().code(0).stdout("");
}

#[test]
fn every_flag_is_documented() {
    let help = validate(Path::new("."), &["--help"]).assert().success();
    let help = String::from_utf8_lossy(&help.get_output().stdout).into_owned();
    let offered: BTreeSet<_> = help
        .lines()
        .filter_map(|line| {
            line.trim_start()
                .split_once("--")
                .filter(|(before, _)| before.len() <= 4)
        })
        .filter_map(|(_, rest)| {
            rest.split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
                .next()
        })
        .filter(|flag| *flag != "help")
        .map(|flag| format!("--{flag}"))
        .collect();
    let rows = section()
        .lines()
        .filter_map(|line| line.strip_prefix("| `--"));
    let documented: BTreeSet<_> = rows
        .filter_map(|row| row.split(['`', ' ']).next())
        .map(|flag| format!("--{flag}"))
        .collect();
    assert_eq!(offered, documented);
}

fn policy(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("external-dns-traffic-manager").unwrap();
    let assert = command
        .env_clear()
        .arg("admission-policy")
        .args(arguments)
        .assert()
        .success();
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

#[test]
fn the_policy_is_the_one_in_the_repository() {
    let committed = include_str!("../../../deploy/admission/policy.yaml");
    assert_eq!(policy(&[]), committed);
    let denies = policy(&["--deny", "--annotation-prefix=dns.example.com/"]);
    assert!(denies.contains("validationActions: [Deny, Audit]"));
    assert!(denies.contains("'dns.example.com/webhook-traffic-manager-enabled'"));
    assert!(!denies.contains("external-dns.kubernetes.io"));
}

/// The message that the document shows is the policy's, with its name.
#[test]
fn the_warning_is_documented_as_it_is() {
    let policy = policy(&[]);
    let (_, section) = DOCUMENT
        .split_once("\n## Checked by Kubernetes itself: `admission-policy`\n")
        .unwrap();
    let warning = section
        .lines()
        .find(|line| line.starts_with("Warning: "))
        .unwrap();
    let (name, message) = warning
        .split_once("': webhook-traffic-manager-weight: \"70%\"")
        .unwrap();
    let name = name.rsplit('\'').next().unwrap();
    assert!(policy.contains(&format!("  name: {name}\n")), "{name}");
    assert!(policy.contains(message), "{message}");
    let help = Command::cargo_bin("external-dns-traffic-manager")
        .unwrap()
        .args(["admission-policy", "--help"])
        .assert()
        .success();
    let help = String::from_utf8_lossy(&help.get_output().stdout).into_owned();
    for flag in ["--deny", "--annotation-prefix"] {
        assert!(
            help.contains(flag) && section.contains(&format!("| `{flag}")),
            "{flag}"
        );
    }
}
