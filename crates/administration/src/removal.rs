//! Removing what a cluster has left behind that will not come back.
//!
//! Its endpoints are disabled first. Then resolvers are given the time to forget
//! them, and the owner the time to show that it is there after all. Only then
//! the endpoints are deleted, and after them the claims, so that whatever cuts
//! this short, nothing is ever without an owner and the command can be repeated.

mod carry_out;
mod plan;

use std::time::Duration;

use jiff::Timestamp;
use members::OwnerId;
use serde::{Serialize, Serializer};

use crate::place::Place;
use crate::step::Step;

pub use carry_out::{Event, Failure, Outcome, Return, carry_out};
pub use plan::plan;

/// An owner that has shown a sign of life within this time is not removed
/// unless forced to: its heartbeats are an hour and a half apart at most, and a
/// loop of ExternalDNS.
pub const RECENT: Duration = Duration::from_hours(2);

/// How to remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// How long to wait between disabling and deleting. `None`: the largest DNS
    /// TTL of the profiles.
    pub wait: Option<Duration>,
    /// Although the owner was seen recently.
    pub force: bool,
    /// Who is to delete profiles that become empty.
    pub successor: Option<OwnerId>,
}

/// What a removal does, step by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// Who is removed.
    pub owner: String,
    /// Its latest sign of life.
    pub last_seen: Option<Timestamp>,
    /// The steps before the wait: every endpoint is disabled.
    pub disable: Vec<Step>,
    /// The time between the two, in seconds where it is JSON.
    #[serde(rename = "waitSeconds", serialize_with = "seconds")]
    pub wait: Duration,
    /// The steps after it: delete, retire, give up the claims.
    pub remove: Vec<Step>,
    /// What else there is to know.
    pub remarks: Vec<Remark>,
}

/// Something to know before doing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// The profile.
    pub profile: Place,
    /// Whether users may notice.
    pub warning: bool,
    /// What.
    pub text: String,
}

/// Why an owner is not removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is probably alive.
    #[error(
        "owner {owner} was last seen at {last_seen}, less than two hours ago, and would create again what is removed; stop its ExternalDNS first, or give --force"
    )]
    SeenRecently {
        /// Who.
        owner: OwnerId,
        /// When.
        last_seen: Timestamp,
    },
    /// The successor is who leaves.
    #[error("owner {0} cannot be its own successor")]
    OwnSuccessor(OwnerId),
}

// === impl Removal ===

impl Removal {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.disable.is_empty() && self.remove.is_empty()
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
