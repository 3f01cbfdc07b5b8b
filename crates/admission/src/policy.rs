//! The admission policy: the rules that one object can break, as a
//! `ValidatingAdmissionPolicy`, which the Kubernetes API server evaluates by itself.
//!
//! It says less than `serve` and `validate`, because CEL sees one object and
//! neither the webhook's settings nor other objects; [`NOT_JUDGED`] is the list.
//! What it says is true, and in the parser's words: a test compares the three on a
//! large number of objects, with the engine of a Kubernetes API server.

mod cel;
mod doubts;
mod manifest;
mod rule;
mod rules;

use std::collections::BTreeSet;

use external_dns::model::{ALPHA_PREFIX, PREFIX};
use members::annotation::Name;

use crate::known::Known;

pub use rule::PolicyError;
pub use rules::{Given, NOT_JUDGED, NotJudged};

/// What the policy does about an object that breaks a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Action {
    /// Whoever applies the object is told, and the audit log; the object is taken.
    #[default]
    Warn,
    /// The object is refused.
    Deny,
}

/// The manifest: policies and their bindings for these annotation prefixes.
pub fn policy(prefixes: &[String], action: Action) -> Result<String, PolicyError> {
    let scope = Known::default().scope(BTreeSet::new())?;
    let mut documents = Vec::new();
    for prefix in prefixes {
        documents.extend(manifest::mistakes(prefix, action, &scope)?);
        documents.extend(manifest::doubts(prefix));
    }
    Ok(documents.join("---\n"))
}

/// A rule of the policy about mistakes, in the order in which the policy has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutline {
    /// The annotation that is at fault, when it is one.
    pub blames: Option<Name>,
    /// Annotations that break it.
    pub sample: Given,
    /// Whether the parser may use other words, because it says more.
    pub is_loose: bool,
    /// Whether the parser comes to this only when nothing else is wrong.
    pub is_late: bool,
}

/// The rules of the policy about mistakes.
pub fn outline() -> Vec<RuleOutline> {
    let rules = rules::all().into_iter();
    rules
        .map(|rule| RuleOutline {
            blames: rule.blames,
            sample: rule.sample.into_iter().collect(),
            is_loose: rule.is_loose,
            is_late: rule.is_late,
        })
        .collect()
}

/// The prefixes that ExternalDNS has had.
pub fn usual_prefixes() -> Vec<String> {
    vec![PREFIX.to_owned(), ALPHA_PREFIX.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rule's sample breaks it, and the parser says nothing else about it.
    #[test]
    fn every_sample_breaks_its_rule_and_no_other() {
        let scope = Known::default().scope(BTreeSet::new()).unwrap();
        let wrong: Vec<_> = rules::all()
            .iter()
            .filter_map(|rule| rule.message(&scope).err())
            .map(|error| error.to_string())
            .collect();
        assert_eq!(wrong, Vec::<String>::new());
    }
}
