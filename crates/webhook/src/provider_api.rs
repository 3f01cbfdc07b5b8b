//! The boundary between the HTTP edge and the provider: what the edge asks, and how the answer can fail.

use std::{collections::BTreeMap, error::Error, time::Duration};

use async_trait::async_trait;
use external_dns::{Changes, Endpoint};
use jiff::Timestamp;
use serde::Serialize;

use crate::explain::{Explanation, Question};
use crate::soft_status::SoftStatus;

/// A cause whose type the edge does not need to know.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// What stands behind the webhook API.
///
/// The edge runs each call in a task of its own and answers 503 when the request's deadline passes, but it
/// does not stop the task: work that was accepted goes on. A provider therefore has to cope with a call that
/// arrives while an earlier one is still running, best by joining it.
///
/// A list is whole or it is an error. ExternalDNS reads a missing element as "delete it" (records) or "no
/// longer wanted" (adjust).
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The records that this owner has in Azure.
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError>;

    /// The canonical form of the records that the sources ask for.
    async fn adjust(&self, endpoints: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError>;

    /// Carries out a plan.
    async fn apply(&self, changes: Changes) -> Result<(), ProviderError>;

    /// Begins no new work, and ends what is running at the next point at which it may be left. Returns
    /// when nothing is written any more. What is left undone is done after the next start.
    async fn stop(&self) {}

    /// What is known about the provider's state. Must not block: it is asked by probes.
    fn health(&self) -> Health;

    /// Why a host is, or is not, what its object asks for.
    async fn explain(&self, question: &Question) -> Explanation {
        Explanation::unknown(question, "", Vec::new())
    }
}

/// Why a provider could not do what it was asked.
///
/// The text reaches ExternalDNS's operator as the body of the answer, so no variant may carry a secret.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The work is not finished in the time that the request has. It goes on.
    #[error("not finished within {} s; the work goes on and the next call joins it", after.as_secs_f64())]
    Deadline {
        /// The time that was given.
        after: Duration,
    },

    /// Azure did not answer, refused, or answered with something unexpected.
    #[error("{action}")]
    Azure {
        /// What was attempted, for example "listing profiles".
        action: String,
        /// The client's error.
        #[source]
        source: BoxError,
    },

    /// What was asked is refused for a reason that a person has to remove.
    #[error("{summary}")]
    Refused {
        /// What was refused, why, and what to do.
        summary: String,
    },

    /// Deletions are held back until they come again or a person acts. The rest of the batch is done, as
    /// far as Azure let it.
    #[error("{summary}")]
    HeldBack {
        /// What is held back, why, and what to do.
        summary: String,
    },

    /// The process is about to end.
    #[error("the webhook is shutting down; {left}")]
    Stopped {
        /// What was not done.
        left: String,
    },

    /// The provider itself is at fault.
    #[error("internal error: {detail}")]
    Internal {
        /// What went wrong.
        detail: String,
    },
}

impl ProviderError {
    /// The status that tells ExternalDNS. Always one that it survives.
    pub fn status(&self) -> SoftStatus {
        match self {
            Self::Deadline { .. }
            | Self::Azure { .. }
            | Self::HeldBack { .. }
            | Self::Stopped { .. } => SoftStatus::UNAVAILABLE,
            Self::Refused { .. } | Self::Internal { .. } => SoftStatus::INTERNAL,
        }
    }

    /// A stable word for the `outcome` label of metrics and logs.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Deadline { .. } => "deadline",
            Self::Azure { .. } => "azure",
            Self::Refused { .. } => "refused",
            Self::HeldBack { .. } => "held_back",
            Self::Stopped { .. } => "stopped",
            Self::Internal { .. } => "internal",
        }
    }
}

/// What a provider knows about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// When Azure was last listed without error. `None` until the first time.
    pub last_listing: Option<Timestamp>,
    /// How many listings have failed since then, one after the other.
    pub consecutive_listing_failures: u32,
    /// The most recent error of any kind, whether or not something has succeeded since.
    pub last_error: Option<LastError>,
    /// The profiles in which this owner has a member.
    pub profiles: u64,
    /// The members of this owner.
    pub members: u64,
    /// The members that are not as wanted because another owner stands in the way.
    pub conflicts: u64,
    /// The members that are not deleted because too many were to be deleted at once.
    pub held_deletions: u64,
    /// Objects whose annotations are not usable, by reason.
    pub invalid_objects: BTreeMap<String, u64>,
    /// What Azure refuses until a person acts, with the remedy; at most
    /// [`Health::REFUSED_SHOWN`] sentences.
    pub refused: Vec<String>,
    /// Empty profiles that are kept although their grace is over, because users are still led to them; at most
    /// [`Health::REFUSED_SHOWN`] sentences.
    pub kept_profiles: Vec<String>,
    /// What Azure's probes have found, as far as it was read. It says nothing about readiness.
    pub probes: Probes,
}

/// What Azure's probes have found of this owner's members.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Probes {
    /// How many members have which status.
    pub members: BTreeMap<&'static str, u64>,
    /// How many profiles with members have which status.
    pub profiles: BTreeMap<&'static str, u64>,
    /// The members that are not `Online`, those in trouble first; at most [`Health::NOT_ONLINE_SHOWN`].
    pub not_online: Vec<MemberStatus>,
}

/// The status of one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberStatus {
    /// The profile's name.
    pub profile: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// Azure's word.
    pub status: &'static str,
}

/// An error and when it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// The error with its causes, in one line, without secrets.
    pub text: String,
}

/// Whether the provider can be relied on, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Azure has been listed, and recently enough.
    Ready,
    /// Azure has not been listed since the start.
    NeverListed,
    /// The last listings, [`Health::FAILURES_UNTIL_UNREADY`] or more, have all failed.
    ListingsFail,
}

impl Health {
    /// So many listings in a row must fail before the provider counts as not ready. One or two are usual when
    /// Azure throttles or a token expires, and are over by the next loop.
    pub const FAILURES_UNTIL_UNREADY: u32 = 3;

    /// So many refusals are shown; where there are more, they are rarely different ones.
    pub const REFUSED_SHOWN: usize = 20;

    /// So many members that are not `Online` are shown; metrics have all.
    pub const NOT_ONLINE_SHOWN: usize = 20;

    /// Whether the provider can be relied on.
    pub fn readiness(&self) -> Readiness {
        if self.last_listing.is_none() {
            Readiness::NeverListed
        } else if self.consecutive_listing_failures >= Self::FAILURES_UNTIL_UNREADY {
            Readiness::ListingsFail
        } else {
            Readiness::Ready
        }
    }
}

/// An error and all its causes in one line, each after a colon.
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Some errors repeat their cause in their own text; once is enough.
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}
