//! The report as SARIF 2.1.0, which code hosts show beside the lines.

use serde_json::{Value, json};

use crate::manifest::{Place, Unreadable};
use crate::report::{Grade, Problem, Report, Rule};
use crate::yaml::Position;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const TOOL: &str = "external-dns-traffic-manager";
/// How SARIF names standard input: an address has to be one.
const STDIN: &str = "stdin";

/// The report as a SARIF log, by this version of the tool.
pub fn sarif(report: &Report, version: &str) -> Value {
    let rules: Vec<_> = Rule::ALL.iter().map(|rule| self::rule(*rule)).collect();
    let results: Vec<_> = report.problems.iter().map(result).collect();
    let notifications: Vec<_> = report.unreadable.iter().map(notification).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": TOOL, "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.unreadable.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn rule(rule: Rule) -> Value {
    json!({
        "id": rule.as_str(),
        "shortDescription": { "text": rule.summary() },
    })
}

fn result(problem: &Problem) -> Value {
    let index = Rule::ALL.iter().position(|rule| *rule == problem.rule);
    let level = match problem.grade {
        Grade::Error => "error",
        Grade::Warning => "warning",
    };
    let Place { input, position } = &problem.place;
    let mut location = physical(input, Some(*position));
    location["logicalLocations"] = json!([{
        "fullyQualifiedName": problem.object.to_string(),
        "kind": "object",
    }]);
    let mut result = json!({
        "ruleId": problem.rule.as_str(),
        "level": level,
        "message": { "text": format!("{}: {}", problem.object, problem.message) },
        "locations": [location],
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    result
}

fn notification(unreadable: &Unreadable) -> Value {
    json!({
        "level": "error",
        "message": { "text": unreadable.message },
        "locations": [physical(&unreadable.input, unreadable.position)],
    })
}

fn physical(input: &str, position: Option<Position>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(input) } });
    if let Some(Position { line, column }) = position {
        physical["region"] = json!({ "startLine": line, "startColumn": column });
    }
    json!({ "physicalLocation": physical })
}

/// A path as a relative reference (RFC 3986), and one from the root as what is in this
/// machine's files (RFC 8089): without its scheme it would be a place on the code host.
fn uri(path: &str) -> String {
    if path == crate::STDIN {
        return STDIN.to_owned();
    }
    let path = path.trim_start_matches("./").replace('\\', "/");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let encoded = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    path.bytes()
        .map(encoded)
        .fold(scheme.to_owned(), |uri, part| uri + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("./a b/ä:1.yaml"), "a%20b/%C3%A4%3A1.yaml");
        assert_eq!(uri("/srv/repo/a.yaml"), "file:///srv/repo/a.yaml");
        assert_eq!(uri("-"), "stdin");
    }
}
