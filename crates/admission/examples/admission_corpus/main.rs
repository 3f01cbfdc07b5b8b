//! A corpus of objects with annotations, one JSON document a line, and what the
//! parser and `validate` say about each. The first line is about the policy.
//!
//! `conformance/admission` asks the engine of a Kubernetes API server about the same
//! objects.

mod corpus;
mod values;
mod verdict;

use std::error::Error;
use std::io::{self, BufWriter, Write as _};

use admission::policy::{NOT_JUDGED, outline};
use serde_json::json;

use corpus::Case;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    let rules = outline();
    let rules = rules.iter().map(|rule| {
        json!({
            "blames": rule.blames.map(|name| name.to_string()),
            "loose": rule.is_loose,
            "late": rule.is_late,
        })
    });
    let exceptions = NOT_JUDGED.iter().map(|row| {
        json!({
            "annotation": row.annotation.map(|name| name.to_string()),
            "message": row.message,
            "why": row.why,
        })
    });
    let policy = json!({
        "rules": rules.collect::<Vec<_>>(),
        "exceptions": exceptions.collect::<Vec<_>>(),
    });
    writeln!(out, "{policy}")?;
    for case in corpus::corpus() {
        let said = verdict::parser(&case)?;
        let validated = verdict::validate(&case)?;
        let mistakes = said.mistakes.iter().map(|(annotation, message)| {
            json!({
                "annotation": annotation,
                "message": message,
                "exception": exception(&case, annotation.as_deref(), message),
            })
        });
        let warnings = said
            .warnings
            .iter()
            .map(|(annotation, message)| json!({ "annotation": annotation, "message": message }));
        let line = json!({
            "prefix": case.prefix,
            "group": case.kind.group,
            "version": case.kind.version,
            "resource": resource(case.kind.word),
            "object": case.object(),
            "mistakes": mistakes.collect::<Vec<_>>(),
            "warnings": warnings.collect::<Vec<_>>(),
            "validate": validated.0,
            "doubts": validated.1,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}

/// The row of the list of exceptions that a mistake is in.
fn exception(case: &Case, annotation: Option<&str>, message: &str) -> Option<usize> {
    NOT_JUDGED.iter().position(|row| {
        row.annotation.map(|name| name.to_string()).as_deref() == annotation
            && message.contains(row.message)
            && (row.applies)(&case.given)
    })
}

/// The plural of a kind, as the API server has it.
fn resource(word: &str) -> String {
    let word = word.to_lowercase();
    let ending = if word.ends_with('s') { "es" } else { "s" };
    word + ending
}
