//! Reading annotations from a record's properties.

use std::collections::BTreeMap;
use std::str::FromStr;

use traffic_manager::Invalid;

use super::{Name, PROPERTY_PREFIX};
use crate::finding::{Finding, Reason, Subject};

/// The annotations of one object, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    values: BTreeMap<Name, String>,
    unknown: Vec<String>,
}

/// Reads annotations into values and collects what is wrong with them, so that
/// a person sees every mistake of an object at once.
#[derive(Debug)]
pub struct Reader<'a> {
    subject: &'a Subject,
    annotations: &'a Annotations,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
}

// === impl Annotations ===

impl Annotations {
    /// Takes the annotations out of properties. Properties of other providers
    /// and properties without a name (which ExternalDNS can produce when an
    /// object carries several providers' annotations) are passed over. An
    /// empty value counts as not given: templates often leave one behind. Only
    /// an empty `enabled` counts as given, and is then invalid, because to take
    /// it as absent would delete the member.
    ///
    /// A name counts in any letter case. Of two spellings the one in small letters
    /// does, whichever comes first: ExternalDNS's order changes with every loop.
    pub fn from_properties<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut annotations = Self::default();
        let properties = properties.into_iter();
        let mut ours: Vec<_> = properties
            .filter_map(|(name, value)| Some((name.strip_prefix(PROPERTY_PREFIX)?, value)))
            .collect();
        // Small letters come after capitals.
        ours.sort_by(|(one, _), (other, _)| other.cmp(one));
        for (text, value) in ours {
            match Name::parse(text) {
                Some(name) if value.trim().is_empty() && name != Name::Enabled => {}
                Some(name) => {
                    annotations
                        .values
                        .entry(name)
                        .or_insert_with(|| value.trim().to_owned());
                }
                None => annotations.unknown.push(text.to_owned()),
            }
        }
        annotations.unknown.sort_unstable();
        annotations.unknown.dedup();
        annotations
    }

    /// Adds what `other` has and this has not.
    pub fn fill_from(&mut self, other: &Self) {
        for (name, value) in &other.values {
            self.values.entry(*name).or_insert_with(|| value.clone());
        }
        self.unknown.extend(other.unknown.iter().cloned());
        self.unknown.sort_unstable();
        self.unknown.dedup();
    }

    /// Takes these annotations away.
    pub fn forget(&mut self, names: &[Name]) {
        self.values.retain(|name, _| !names.contains(name));
    }

    /// Puts another text in the place of one.
    pub fn set(&mut self, name: Name, text: &str) {
        self.values.insert(name, text.to_owned());
    }

    /// The text of one annotation.
    pub fn get(&self, name: Name) -> Option<&str> {
        self.values.get(&name).map(String::as_str)
    }

    /// The names that are given.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.values.keys().copied()
    }

    /// Whether nothing of ours was there.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.unknown.is_empty()
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    /// A reader of the annotations of `subject`.
    pub fn new(subject: &'a Subject, annotations: &'a Annotations) -> Self {
        Self {
            subject,
            annotations,
            findings: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The value of an annotation: `None` when it is not given, and also when
    /// it is invalid, which is then among the findings.
    pub fn value<T: FromStr<Err = Invalid>>(&mut self, name: Name) -> Option<T> {
        let text = self.annotations.get(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.invalid(name, &invalid.to_string());
                None
            }
        }
    }

    /// The text of an annotation.
    pub fn text(&self, name: Name) -> Option<&'a str> {
        self.annotations.get(name)
    }

    /// Records that an annotation's value is wrong.
    pub fn invalid(&mut self, name: Name, requirement: &str) {
        let value = self.annotations.get(name).unwrap_or_default();
        self.findings.push(Finding::annotation(
            Reason::InvalidAnnotation,
            self.subject,
            name,
            value,
            requirement,
        ));
    }

    /// Records that an annotation's value is used and may be wrong.
    pub fn warn(&mut self, name: Name, doubt: &str) {
        let value = self.annotations.get(name).unwrap_or_default();
        self.warnings
            .push(Finding::doubt(self.subject, name, value, doubt));
    }

    /// Records a mistake that is not of one annotation's value.
    pub fn problem(&mut self, message: impl Into<String>) {
        self.trouble(Reason::InvalidAnnotation, message);
    }

    /// Records why the object cannot be read, whoever is at fault.
    pub fn trouble(&mut self, reason: Reason, message: impl Into<String>) {
        self.findings
            .push(Finding::new(reason, self.subject, message));
    }

    /// The findings so far, and the warnings, one for each unknown name among them.
    pub fn finish(self) -> (Vec<Finding>, Vec<Finding>) {
        let unknown = self
            .annotations
            .unknown
            .iter()
            .map(|text| Finding::unknown_annotation(self.subject, text));
        (
            self.findings,
            self.warnings.into_iter().chain(unknown).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_providers_and_nameless_properties_are_passed_over() {
        let annotations = Annotations::from_properties([
            ("", ""),
            ("aws/weight", "1"),
            ("alias", "true"),
            ("webhook/traffic-manager-weight", " 70 "),
            ("webhook/traffic-manager-priority", ""),
            ("webhook/traffic-manager-wieght", "1"),
        ]);
        assert_eq!(annotations.get(Name::Weight), Some("70"));
        assert_eq!(annotations.get(Name::Priority), None);
        assert_eq!(annotations.unknown, ["wieght"]);
    }

    #[test]
    fn of_two_spellings_always_the_same_counts() {
        let small = ("webhook/traffic-manager-weight", "70");
        let capital = ("webhook/traffic-manager-Weight", "50");
        for properties in [[small, capital], [capital, small]] {
            let annotations = Annotations::from_properties(properties);
            assert_eq!(annotations.get(Name::Weight), Some("70"));
        }
    }
}
