//! A history: everything that happens to the clusters and to Azure, as data.
//!
//! Nothing in it depends on how the product behaves, so steps can be left out
//! and the rest still means something: that is how a failing history shrinks.

use std::collections::BTreeMap;

/// The clusters, in the order of their numbers.
pub const OWNERS: [&str; 5] = ["east", "west", "north", "south", "centre"];

/// A whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Seed of everything random inside the product: jitter and ids.
    pub seed: u64,
    /// How many clusters there are, at most as many as [`OWNERS`].
    pub owners: usize,
    /// Whether there is a zone in Azure DNS in which vanity records are made.
    pub records: bool,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Annotations by name, without prefix.
pub type Annotations = BTreeMap<String, String>;

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A cluster's ExternalDNS begins a loop, unless one is under way.
    Run(usize),
    /// So many of a cluster's waiting calls to Azure are carried out and
    /// answered, each after the one before has been answered.
    Turn(usize, u8),
    /// One of a cluster's waiting calls, counted from the oldest, meets its fate.
    Serve(usize, u8, How),
    /// People change an object: annotations are set, or taken away where there
    /// is no value. An object that does not exist is created.
    Edit(usize, u8, BTreeMap<String, Option<String>>),
    /// People delete an object.
    Remove(usize, u8),
    /// The webhook's process ends and another one begins. The bits say which of
    /// the waiting calls reach Azure all the same.
    Kill(usize, u8),
    /// So many seconds pass.
    Pass(u32),
    /// A cluster's wall clock is set to this many seconds off the true time.
    Skew(usize, i32),
    /// Somebody else, a person in the portal or another tool, does something to
    /// a profile.
    Others(String, Deed),
    /// Somebody else does something to a name of the zone.
    Name(String, Hand),
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Carried out and answered.
    Fine,
    /// Answered with this status, and not carried out.
    Refused(u16),
    /// The connection breaks before the request arrives.
    CutBefore,
    /// Carried out; the connection breaks before the answer arrives.
    CutAfter,
    /// Carried out, and answered with 500.
    FailsAfter,
    /// 429 with a `Retry-After` of so many seconds, and not carried out.
    Throttled(u8),
    /// 429 without.
    ThrottledSilently,
    /// Carried out at once, answered after so many seconds.
    Late(u8),
    /// A list is answered as it was answered before. Other calls are carried out.
    Stale,
}

/// What somebody else does to a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Makes the profile, with an endpoint, a header and a tag, unless it exists.
    Create,
    /// Deletes the profile.
    Delete,
    /// Sets the weight of the endpoint at this place.
    Weight(u8, u16),
    /// Disables the endpoint at this place.
    Disable(u8),
    /// Deletes the endpoint at this place.
    Drop(u8),
    /// Points the endpoint at this place somewhere else.
    Retarget(u8, String),
    /// Adds an endpoint of this name and target.
    Add(String, String),
    /// Sets a tag.
    Tag(String, String),
    /// Removes all tags.
    Wipe,
    /// Removes the tags of this system.
    WipeOurs,
    /// Removes the claims of one owner.
    WipeClaims(usize),
    /// Gives the profile back the mark of this system.
    Mark,
    /// Disables the profile.
    Darken,
    /// Sets the TTL.
    Ttl(u32),
    /// Sets the routing method.
    Method(String),
}

/// What somebody else does to a name in DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Makes a CNAME that leads elsewhere, unless there is one.
    Make,
    /// Makes the CNAME that is there lead elsewhere.
    Move,
    /// Deletes the CNAME.
    Drop,
    /// Takes away what says whose it is.
    Disown,
}

// === impl Step ===

impl Step {
    /// The word for the kind of fault that a step injects, if it does.
    pub fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Serve(_, _, how) => how.fault(),
            _ => None,
        }
    }
}

// === impl How ===

impl How {
    /// The word for a fault; `None` when nothing is wrong.
    pub fn fault(self) -> Option<&'static str> {
        Some(match self {
            Self::Fine => return None,
            Self::Refused(_) => "fails before its effect",
            Self::CutBefore => "connection cut before the effect",
            Self::CutAfter => "connection cut after the effect",
            Self::FailsAfter => "fails after its effect",
            Self::Throttled(_) => "429 with Retry-After",
            Self::ThrottledSilently => "429 without Retry-After",
            Self::Late(_) => "answers late",
            Self::Stale => "stale list",
        })
    }
}
