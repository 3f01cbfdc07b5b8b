//! What a check has found, as text and as JSON.

use std::collections::BTreeSet;
use std::fmt;

use members::Reason;
use serde::Serialize;

use crate::manifest::{ObjectName, Place, Unreadable};

/// What a check has found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many inputs there were.
    pub inputs: usize,
    /// How many objects take part.
    pub objects: usize,
    /// What is wrong, by place.
    pub problems: Vec<Problem>,
    /// What is not YAML, and has not been checked.
    pub unreadable: Vec<Unreadable>,
    /// What could not be judged of these objects.
    pub not_judged: BTreeSet<NotJudged>,
}

/// One thing that is wrong with one object. Sorted by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// How bad it is.
    pub grade: Grade,
    /// What is broken.
    pub rule: Rule,
    /// The object.
    pub object: ObjectName,
    /// The annotation, without its prefix, when it is about one.
    pub annotation: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// The object does not get what it asks for.
    Error,
    /// It works, perhaps not as it is meant.
    Warning,
}

/// What is broken. The words are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// What `serve` finds too, by the same word.
    Finding(Reason),
    /// A value that is no text.
    Unquoted,
    /// An annotation that stands there twice.
    GivenTwice,
    /// Annotations without `enabled`.
    NotEnabled,
    /// An object of which ExternalDNS makes no record.
    NoHost,
}

/// What a manifest alone does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotJudged {
    /// Which resource groups may be named, and whether one has to be.
    ResourceGroups,
    /// Which subscriptions may be named.
    Subscriptions,
    /// Whether there are record types.
    ApiVersion,
    /// What load balancers have for addresses.
    Addresses,
    /// What names objects have that spell out none.
    Hosts,
    /// What is there already.
    Azure,
}

// === impl Report ===

impl Report {
    /// How many problems are of this grade.
    pub fn count(&self, grade: Grade) -> usize {
        let problems = self.problems.iter();
        problems.filter(|problem| problem.grade == grade).count()
    }

    /// One line for each problem, in the form that editors and compilers have. Names
    /// are what a manifest says, and may have line breaks in them.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.problems.iter().map(ToString::to_string);
        lines
            .map(|line| line.replace(char::is_control, " "))
            .collect()
    }

    /// What was looked at, and what could not be judged.
    pub fn summary(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} in {}: {}, {}",
            count(
                self.objects,
                "object that takes part",
                "objects that take part"
            ),
            count(self.inputs, "file", "files"),
            count(self.count(Grade::Error), "error", "errors"),
            count(self.count(Grade::Warning), "warning", "warnings"),
        )];
        if !self.not_judged.is_empty() {
            lines.push("not judged:".to_owned());
            lines.extend(self.not_judged.iter().map(|what| format!("  {what}")));
        }
        lines
    }

    /// The whole report as one JSON document.
    pub fn json(&self) -> impl Serialize {
        Document {
            objects: self.objects,
            problems: self.problems.iter().map(JsonProblem::of).collect(),
            unreadable: self.unreadable.iter().map(JsonUnreadable::of).collect(),
            not_judged: self.not_judged.iter().map(ToString::to_string).collect(),
        }
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

// === impl Problem, Grade, Rule, NotJudged ===

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            grade,
            object,
            message,
            ..
        } = self;
        write!(f, "{place}: {grade}: {object}: {message}")
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl Rule {
    /// Every rule that a check can find broken.
    pub const ALL: &[Self] = &[
        Self::Finding(Reason::InvalidAnnotation),
        Self::Finding(Reason::UnknownAnnotation),
        Self::Finding(Reason::DuplicateMember),
        Self::Finding(Reason::EndpointConflict),
        Self::Finding(Reason::SettingsConflict),
        Self::Unquoted,
        Self::GivenTwice,
        Self::NotEnabled,
        Self::NoHost,
    ];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finding(reason) => reason.as_str(),
            Self::Unquoted => "UnquotedAnnotation",
            Self::GivenTwice => "AnnotationGivenTwice",
            Self::NotEnabled => "NotEnabled",
            Self::NoHost => "NoHost",
        }
    }

    /// One sentence.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Finding(Reason::InvalidAnnotation) => {
                "An annotation's value is wrong, or annotations contradict each other."
            }
            Self::Finding(Reason::UnknownAnnotation) => "There is no annotation of this name.",
            Self::Finding(Reason::DuplicateMember) => "Two objects describe one endpoint.",
            Self::Finding(Reason::EndpointConflict) => {
                "What the endpoint asks for belongs to another endpoint of the profile."
            }
            Self::Finding(Reason::SettingsConflict) => {
                "Another object decides what the profile's endpoints share."
            }
            Self::Finding(_) => "It depends on what is in Azure.",
            Self::Unquoted => "The value of an annotation is a text: quote numbers and booleans.",
            Self::GivenTwice => "An annotation is given once.",
            Self::NotEnabled => "Annotations have no effect without `enabled`.",
            Self::NoHost => "ExternalDNS makes no record of the object.",
        }
    }
}

impl fmt::Display for NotJudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResourceGroups => {
                "which resource groups may be named, and whether one has to be: give --resource-groups"
            }
            Self::Subscriptions => "which subscriptions may be named: give --subscription-id",
            Self::ApiVersion => {
                "whether Azure's API has record types as it is used: give --api-version"
            }
            Self::Addresses => "the addresses of load balancers, which only the cluster knows",
            Self::Hosts => "the names of objects that spell out none",
            Self::Azure => "what other clusters and Azure have already",
        })
    }
}

/// The JSON document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    objects: usize,
    problems: Vec<JsonProblem<'a>>,
    unreadable: Vec<JsonUnreadable<'a>>,
    not_judged: Vec<String>,
}

#[derive(Serialize)]
struct JsonProblem<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    grade: Grade,
    rule: &'static str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    annotation: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonUnreadable<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
}

// === impl JsonProblem, JsonUnreadable ===

impl<'a> JsonProblem<'a> {
    fn of(problem: &'a Problem) -> Self {
        Self {
            file: &problem.place.input,
            line: problem.place.position.line,
            column: problem.place.position.column,
            grade: problem.grade,
            rule: problem.rule.as_str(),
            kind: &problem.object.kind,
            namespace: problem.object.namespace.as_deref(),
            name: &problem.object.name,
            annotation: problem.annotation.as_deref(),
            message: &problem.message,
        }
    }
}

impl<'a> JsonUnreadable<'a> {
    fn of(unreadable: &'a Unreadable) -> Self {
        Self {
            file: &unreadable.input,
            line: unreadable.position.map(|at| at.line),
            column: unreadable.position.map(|at| at.column),
            message: &unreadable.message,
        }
    }
}
