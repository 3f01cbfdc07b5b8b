//! One rule: what breaks it, when it holds, and what is said about it.
//!
//! What is said is what the parser says. Every rule brings annotations that break
//! it; the parser's message about them is taken, and what varies in it is replaced
//! by CEL. So a message that changes there changes here.

use members::annotation::{Annotations, Name, PROPERTY_PREFIX};
use members::resolve::{Blocked, resolve};
use members::want::Source;
use members::{Finding, Observed, PublicIps, Scope, Subject};

use super::cel;

/// A rule that one object can break.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The annotation that is at fault; `None` when something is missing.
    pub(crate) blames: Option<Name>,
    /// Annotations that break this rule and no other.
    pub(crate) sample: Vec<(Name, String)>,
    /// True when an object keeps it. `@name` is a variable.
    pub(crate) holds: String,
    /// The message, when it is not the parser's.
    own_message: Option<String>,
    /// Texts in the parser's message about the sample, and the CEL in their place.
    parts: Vec<(String, String)>,
    /// Whether the parser may use other words, because it says more.
    pub(crate) is_loose: bool,
    /// Whether the parser comes to this only when nothing else is wrong.
    pub(crate) is_late: bool,
}

/// Why the policy cannot be made: never, when the tests pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The parser says something else about a rule's sample.
    #[error("the sample {sample} of a rule is said to be: {said}")]
    Sample {
        /// Its annotations.
        sample: String,
        /// What the parser says.
        said: String,
    },
    /// The parser's message lacks a text that is to be replaced.
    #[error("there is no {part:?} in: {message}")]
    Part {
        /// The text.
        part: String,
        /// The message.
        message: String,
    },
    /// A value that stands for what is not known is not valid.
    #[error("a value that stands for what is not known is not valid")]
    Unknown(#[from] traffic_manager::Invalid),
}

// === impl Rule ===

impl Rule {
    /// A rule about the value of one annotation, which this value breaks.
    pub(super) fn on(name: Name, bad: &str) -> Self {
        let quoted = format!("strings.quote({})", cel::variable(name));
        Self {
            blames: Some(name),
            sample: vec![(name, bad.to_owned())],
            holds: String::new(),
            own_message: None,
            parts: vec![(format!("{bad:?}"), quoted)],
            is_loose: false,
            is_late: false,
        }
    }

    /// A rule about something that is missing, or wrong among several.
    pub(super) fn among(sample: &[(Name, &str)]) -> Self {
        let sample = sample
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            blames: None,
            sample: sample.collect(),
            holds: String::new(),
            own_message: None,
            parts: Vec::new(),
            is_loose: false,
            is_late: false,
        }
    }

    /// Another annotation that the sample needs to break this rule.
    pub(super) fn with(mut self, name: Name, value: &str) -> Self {
        self.sample.push((name, value.to_owned()));
        self
    }

    /// When it holds: nothing is given, or this is true.
    pub(super) fn unless_absent(self, condition: &str) -> Self {
        let holds = match self.sample.first() {
            Some((name, _)) => format!("{} == '' || {condition}", cel::variable(*name)),
            None => condition.to_owned(),
        };
        self.holds(holds)
    }

    /// When it holds.
    pub(super) fn holds(mut self, condition: impl Into<String>) -> Self {
        self.holds = condition.into();
        self
    }

    /// A text of the message that varies.
    pub(super) fn part(mut self, text: &str, expression: impl Into<String>) -> Self {
        self.parts.push((text.to_owned(), expression.into()));
        self
    }

    /// Says this, in CEL, and not what the parser says.
    pub(super) fn says(mut self, expression: impl Into<String>) -> Self {
        self.own_message = Some(expression.into());
        self.is_loose = true;
        self
    }

    /// The parser may say more.
    pub(super) fn loose(mut self) -> Self {
        self.is_loose = true;
        self
    }

    /// The parser comes to this last.
    pub(super) fn late(mut self) -> Self {
        self.is_late = true;
        self
    }

    /// The message for any object, in CEL.
    pub(crate) fn message(&self, scope: &Scope) -> Result<String, PolicyError> {
        let said = said(&self.sample, scope);
        let [finding] = said.as_slice() else {
            return Err(self.unexpected(&said));
        };
        if finding.annotation != self.blames {
            return Err(self.unexpected(&said));
        }
        if let Some(own) = &self.own_message {
            return Ok(own.clone());
        }
        let mut pieces = Vec::new();
        let mut rest = finding.message.as_str();
        for (part, expression) in &self.parts {
            let Some((before, after)) = rest.split_once(part.as_str()) else {
                return Err(PolicyError::Part {
                    part: part.clone(),
                    message: finding.message.clone(),
                });
            };
            pieces.extend([cel::text(before), expression.clone()]);
            rest = after;
        }
        pieces.push(cel::text(rest));
        pieces.retain(|piece| piece != "''");
        Ok(pieces.join(" + "))
    }

    fn unexpected(&self, said: &[Finding]) -> PolicyError {
        let sample = self.sample.iter();
        let sample: Vec<_> = sample
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        let said: Vec<_> = said
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        PolicyError::Sample {
            sample: sample.join(", "),
            said: said.join("; "),
        }
    }
}

/// What is said about an object with these annotations, besides warnings, when it
/// is all alone.
pub(crate) fn said(annotations: &[(Name, String)], scope: &Scope) -> Vec<Finding> {
    let mut properties = vec![
        (Name::Enabled, "true".to_owned()),
        (Name::ResourceGroup, crate::check::SOME_GROUP.to_owned()),
    ];
    properties.retain(|(name, _)| annotations.iter().all(|(given, _)| given != name));
    properties.extend(annotations.iter().cloned());
    let properties: Vec<_> = properties
        .into_iter()
        .map(|(name, value)| (format!("{PROPERTY_PREFIX}{}", name.as_str()), value))
        .collect();
    let source = Source {
        subject: Subject {
            resource: "service/default/sample".to_owned(),
            host: "sample.example.com".to_owned(),
        },
        set_identifier: String::new(),
        ttl: None,
        addresses: Vec::new(),
        annotations: Annotations::from_properties(
            properties
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        ),
    };
    let reading = source.judge(scope, &PublicIps::Unknown);
    let warnings = reading.warnings;
    let resolution = resolve(
        &[source],
        &Observed::default(),
        &PublicIps::Unknown,
        scope,
        &Blocked::default(),
    );
    let mut findings = resolution.findings;
    findings.retain(|finding| !warnings.contains(finding));
    findings
}
