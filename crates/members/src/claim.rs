//! Claims: which owner manages which endpoint, kept in tags of the profile.
//!
//! A tag belongs to one owner alone, so owners never write the same key, and
//! the tags API merges keys atomically: no owner can undo another's claim.
//! An owner with many endpoints uses several tags, numbered from 0. The first
//! begins with the owner's heartbeat:
//!
//! ```text
//! externaldns-claims-0-cluster-east = @hq8n0w;east-us,mwm0nk74,s/default/my-app-east,my-app-east.example.com;…
//!                                     seen    endpoint since   resource              host
//! ```
//!
//! An owner whose claims would not fit one tag so packs them:
//!
//! ```text
//!  claims ─▶ plain ─▶ fits one tag ───────────────────────────────▶ value
//!     │                                                               ▲
//!     └────▶ lines ─▶ packed (deflate ─▶ alphabet), tag by tag ───────┘
//!                     layout: which claim in which tag
//! ```

mod alphabet;
mod deflate;
mod heartbeat;
mod layout;
mod packed;
mod plain;
mod usage;

use std::collections::BTreeMap;

use jiff::Timestamp;
use traffic_manager::tag::TAG_VALUE_MAX;
use traffic_manager::{EndpointName, Hostname};

use crate::escape::{escape_name, unescape};
use crate::finding::Subject;
use crate::member::Member;
use crate::owner::OwnerId;

pub(crate) use layout::needed;
pub use layout::{arrange, refresh};
pub(crate) use usage::Usage;

type Tags = BTreeMap<String, String>;

/// How the names of claim tags begin.
pub const CLAIM_TAG_PREFIX: &str = "externaldns-claims-";

/// One owner's claim to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who claims.
    pub owner: OwnerId,
    /// The endpoint's name; the endpoint may not exist yet, or no longer.
    pub endpoint: EndpointName,
    /// When it was first claimed, to the millisecond. The earlier of two claims wins.
    pub since: Timestamp,
    /// The object and host that the endpoint stands for.
    pub subject: Subject,
    /// Since when the object is gone and the endpoint is only kept, disabled,
    /// until the delete grace is over; to the millisecond. `None` for a member
    /// whose object is there.
    pub leaving: Option<Timestamp>,
}

/// A claim that does not fit a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the claim to endpoint {endpoint} needs {length} characters, and a tag holds {TAG_VALUE_MAX}"
)]
pub struct ClaimTooLong {
    /// The endpoint.
    pub endpoint: EndpointName,
    /// Characters needed.
    pub length: usize,
}

// === impl Claim ===

impl Claim {
    /// The claim that a new member gets.
    pub fn new(member: &Member, owner: &OwnerId, now: Timestamp) -> Self {
        Self {
            owner: owner.clone(),
            endpoint: member.key.endpoint.clone(),
            // To the millisecond, as the tag keeps it.
            since: to_the_millisecond(now),
            subject: member.subject.clone(),
            leaving: None,
        }
    }

    /// The host of the record, when it is a valid name.
    pub fn host(&self) -> Option<Hostname> {
        self.subject.host.parse().ok()
    }

    /// The order in which claims to one endpoint win: earlier first, then by owner.
    pub fn precedence(&self) -> (Timestamp, &OwnerId) {
        (self.since, &self.owner)
    }

    /// Checks that the claim fits a tag.
    pub fn check(&self) -> Result<(), ClaimTooLong> {
        layout::check(self)
    }
}

/// A time as a tag keeps it.
pub(crate) fn to_the_millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The claims in a set of tags. What cannot be read is nobody's claim: the
/// endpoint is then treated as one that nobody has claimed.
pub fn read(tags: &Tags) -> Vec<Claim> {
    let read = |(name, value): (&String, &String)| {
        let owner = owner_of(name)?;
        Some(read_body(&owner, heartbeat::split(value).1))
    };
    tags.iter().filter_map(read).flatten().collect()
}

/// The claims in a tag value behind the heartbeat, in whichever form they are.
fn read_body(owner: &OwnerId, body: &str) -> Vec<Claim> {
    if packed::is_packed(body) {
        packed::read(owner, body).unwrap_or_default()
    } else {
        plain::read(owner, body)
    }
}

/// When each owner was last seen at this profile, by the heartbeats in its
/// claim tags. An owner whose tags hold no heartbeat is not in it.
pub fn seen(tags: &Tags) -> BTreeMap<OwnerId, Timestamp> {
    let mut latest = BTreeMap::new();
    for (name, value) in tags {
        if let (Some(owner), (Some(seen), _)) = (owner_of(name), heartbeat::split(value)) {
            let held = latest.entry(owner).or_insert(seen);
            *held = seen.max(*held);
        }
    }
    latest
}

/// The name of an owner's claim tag. Tag names ignore case and forbid some
/// characters; owners do not, so they are escaped.
fn tag_name(owner: &OwnerId, index: u16) -> String {
    format!("{CLAIM_TAG_PREFIX}{index}-{}", escape_name(owner.as_str()))
}

/// The owner whose claims a tag of this name holds.
pub fn owner_of(tag_name: &str) -> Option<OwnerId> {
    parse_tag_name(tag_name).map(|(_, owner)| owner)
}

fn parse_tag_name(tag_name: &str) -> Option<(u16, OwnerId)> {
    let lower = tag_name.to_ascii_lowercase();
    let (index, owner) = lower.strip_prefix(CLAIM_TAG_PREFIX)?.split_once('-')?;
    Some((index.parse().ok()?, unescape(owner)?.parse().ok()?))
}

fn to_base36(number: i64) -> String {
    let mut rest = number.max(0);
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(rest % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        rest /= 36;
        if rest == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn from_base36(text: &str) -> Option<i64> {
    let valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    valid.then(|| i64::from_str_radix(text, 36).ok()).flatten()
}
