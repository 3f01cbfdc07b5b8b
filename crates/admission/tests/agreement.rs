//! The parser and `validate` say the same about every object of the corpus, and so
//! does the policy: `conformance/admission` compares that.

#[path = "../examples/admission_corpus/corpus.rs"]
mod corpus;
#[path = "../examples/admission_corpus/values.rs"]
mod values;
#[path = "../examples/admission_corpus/verdict.rs"]
mod verdict;

use std::collections::BTreeSet;

use members::annotation::Name;

#[test]
fn parser_and_validate_agree() {
    let corpus = corpus::corpus();
    assert!(corpus.len() >= 5_000, "{} objects", corpus.len());
    let mut disagreements = Vec::new();
    let mut valid = 0;
    // Every one of them is compared where the policy is.
    for case in corpus.iter().step_by(4) {
        let said = verdict::parser(case).unwrap();
        let texts = |said: &BTreeSet<(Option<String>, String)>| -> BTreeSet<String> {
            said.iter().map(|(_, message)| message.clone()).collect()
        };
        let (mistakes, warnings) = verdict::validate(case).unwrap();
        if texts(&said.mistakes) != mistakes || texts(&said.warnings) != warnings {
            disagreements.push(format!(
                "{:?}: {:?} {:?}, and validate {mistakes:?} {warnings:?}",
                case.given, said.mistakes, said.warnings
            ));
        }
        valid += usize::from(mistakes.is_empty());
    }
    assert!(
        disagreements.is_empty(),
        "{} disagreements, for example\n{}",
        disagreements.len(),
        disagreements
            .iter()
            .take(5)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    // Neither kind is an exception in the corpus.
    let share = valid * 400 / corpus.len();
    assert!((20..80).contains(&share), "{share} % are valid");
    assert!(
        corpus::KINDS
            .iter()
            .all(|kind| { corpus.iter().any(|case| case.kind.word == kind.word) })
    );
}

#[test]
fn every_annotation_has_good_and_bad_values() {
    for name in Name::ALL {
        let (good, bad) = values::of(*name);
        assert!(!good.is_empty() && !bad.is_empty(), "{name}");
    }
}
