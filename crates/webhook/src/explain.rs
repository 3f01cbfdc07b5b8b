//! Explanations: why a host is, or is not, what its object asks for.
//!
//! `/explain` answers with one as text or as JSON, and the command `explain` shows it. What is in it was
//! learned in the last loop; asking costs no call to Azure. Headers of probes are hidden as in findings.

mod text;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody wants explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A host: an object's own, a vanity host, or the DNS name of a profile.
    Host(String),
    /// An object: `service/default/my-app` as ExternalDNS writes it, or with the namespace first.
    Object(String),
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What was asked.
    pub question: String,
    /// The owner whose webhook answers.
    pub owner: String,
    /// In one word.
    pub verdict: Verdict,
    /// When ExternalDNS last said what its objects want.
    pub asked_at: Option<Timestamp>,
    /// When Azure was last listed.
    pub listed_at: Option<Timestamp>,
    /// Why Azure cannot be listed now, if it cannot.
    pub listing_fails: Option<Trouble>,
    /// Every object that the question is about.
    pub objects: Vec<Explained>,
    /// What may help when there is none.
    pub hints: Vec<String>,
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is as its object asks for.
    InPlace,
    /// Nobody asks for it, or not of this system.
    LeftAlone,
    /// It will be, after the next loops.
    Pending,
    /// Something is in the way.
    Trouble,
    /// There is no such object here.
    Unknown,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// ExternalDNS's name for it.
    pub object: String,
    /// The host of its record.
    pub host: String,
    /// In one word.
    pub verdict: Verdict,
    /// In one sentence, with what to do.
    pub summary: String,
    /// The annotations as they came.
    pub annotations: Vec<Setting>,
    /// Where its record points: the load balancer.
    pub addresses: Vec<String>,
    /// What was decided; `None` when nothing is to be made of it.
    pub decided: Option<Decided>,
    /// What is wrong.
    pub findings: Vec<Told>,
    /// What Azure holds; `None` when there is no such profile.
    pub azure: Option<Held>,
    /// What became of the last write to its profile.
    pub last_write: Option<Written>,
    /// What DNS answers.
    pub dns: Vec<Answer>,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// An annotation, without its prefix.
    pub name: String,
    /// As text.
    pub value: String,
}

/// The member that was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// The endpoint's name.
    pub endpoint: String,
    /// The DNS name of its profile.
    pub profile_host: String,
    /// Everything about it.
    pub settings: Vec<Decision>,
}

/// One decided value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The annotation that it belongs to.
    pub name: String,
    /// The canonical text.
    pub value: String,
    /// Where it comes from.
    pub from: Origin,
    /// What Azure holds in its place, if that is something else.
    pub held: Option<String>,
}

/// Where a decided value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The object says it.
    Annotation,
    /// The object does not say.
    Default,
    /// It is not what the object says, or would have by default: it stays as it is, or others decide.
    Elsewhere,
}

/// Something that is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The reason, as in metrics.
    pub reason: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// What Azure held when it was last looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The ARM id of the profile.
    pub profile: String,
    /// Whether it answers at all: `Enabled` or `Disabled`.
    pub profile_status: String,
    /// What Azure's probes find of it, as last read.
    pub profile_health: Option<String>,
    /// Whether this system made or adopted it.
    pub managed: bool,
    /// Who decides its settings.
    pub settings_owner: Option<String>,
    /// The endpoint; `None` when there is none of this name.
    pub endpoint: Option<HeldEndpoint>,
    /// Who has claimed the endpoint's name, and since when.
    pub claim: Option<HeldClaim>,
    /// The other endpoints, by name.
    pub others: Vec<String>,
}

/// An endpoint as Azure holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldEndpoint {
    /// Its name.
    pub name: String,
    /// Where it points.
    pub target: String,
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// What Azure's probes find, as last read.
    pub health: Option<String>,
}

/// A claim to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldClaim {
    /// Whose.
    pub owner: String,
    /// For which object.
    pub object: String,
    /// Since when.
    pub since: Timestamp,
}

/// What became of the last write to a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// When it ended.
    pub at: Timestamp,
    /// How many requests did what they should.
    pub done: usize,
    /// Those that did not.
    pub failures: Vec<Trouble>,
}

/// Something that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// What failed and why.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Azure's name for the call.
    pub correlation_id: Option<String>,
}

/// What DNS answers about one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The name.
    pub name: String,
    /// The name that it is an alias of.
    pub alias: Option<String>,
    /// The addresses that it leads to.
    pub addresses: Vec<String>,
    /// Why it could not be asked.
    pub error: Option<String>,
}

// === impl Question ===

impl Question {
    /// As a person would type it: what has a slash is an object.
    pub fn parse(text: &str) -> Self {
        if text.contains('/') {
            Self::Object(text.to_owned())
        } else {
            Self::Host(text.to_owned())
        }
    }

    /// The text that was asked.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Host(text) | Self::Object(text) => text,
        }
    }
}

// === impl Explanation ===

impl Explanation {
    /// The answer of somebody who knows nothing.
    pub fn unknown(question: &Question, owner: &str, hints: Vec<String>) -> Self {
        Self {
            question: question.as_str().to_owned(),
            owner: owner.to_owned(),
            verdict: Verdict::Unknown,
            asked_at: None,
            listed_at: None,
            listing_fails: None,
            objects: Vec::new(),
            hints,
        }
    }
}
