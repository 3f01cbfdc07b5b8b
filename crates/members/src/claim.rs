//! Claims: which owner manages which endpoint, kept in tags of the profile.
//!
//! A tag belongs to one owner alone, so owners never write the same key, and
//! the tags API merges keys atomically: no owner can undo another's claim.
//! An owner with many endpoints uses several tags, numbered from 0:
//!
//! ```text
//! externaldns-claims-0-cluster-east = east-us,mwm0nk74,s/default/my-app-east,my-app-east.example.com;…
//!                                     endpoint since   resource              host
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use traffic_manager::tag::TAG_VALUE_MAX;
use traffic_manager::{EndpointName, Hostname};

use crate::escape::{escape_name, escape_value, unescape};
use crate::finding::Subject;
use crate::member::Member;
use crate::owner::OwnerId;

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
        self.text().map(drop)
    }

    fn text(&self) -> Result<String, ClaimTooLong> {
        let text = self.encode();
        if text.len() <= TAG_VALUE_MAX {
            return Ok(text);
        }
        Err(ClaimTooLong {
            endpoint: self.endpoint.clone(),
            length: text.len(),
        })
    }

    fn encode(&self) -> String {
        let mut fields = vec![
            escape_value(self.endpoint.as_str()),
            to_base36(self.since.as_millisecond()),
            escape_value(&shorten(&self.subject.resource)),
            escape_value(&self.subject.host),
        ];
        fields.extend(self.leaving.map(|since| to_base36(since.as_millisecond())));
        fields.join(",")
    }

    fn decode(owner: &OwnerId, text: &str) -> Option<Self> {
        let mut fields = text.split(',');
        let time = |text: &str| Timestamp::from_millisecond(from_base36(text)?).ok();
        let claim = Self {
            owner: owner.clone(),
            endpoint: unescape(fields.next()?)?.parse().ok()?,
            since: time(fields.next()?)?,
            subject: Subject {
                resource: lengthen(&unescape(fields.next()?)?),
                host: unescape(fields.next()?)?,
            },
            leaving: match fields.next() {
                Some(text) => Some(time(text)?),
                None => None,
            },
        };
        Some(claim)
    }
}

/// A time as a tag keeps it.
pub(crate) fn to_the_millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The claims in a set of tags. What cannot be read is nobody's claim: the
/// endpoint is then treated as one that nobody has claimed.
pub fn read(tags: &BTreeMap<String, String>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (name, value) in tags {
        let Some(owner) = owner_of(name) else {
            continue;
        };
        claims.extend(
            value
                .split(';')
                .filter_map(|text| Claim::decode(&owner, text)),
        );
    }
    claims
}

/// When each owner was last seen at this profile, by the heartbeats in its
/// claim tags. An owner whose tags hold no heartbeat is not in it.
pub fn seen(tags: &BTreeMap<String, String>) -> BTreeMap<OwnerId, Timestamp> {
    // No heartbeat is written yet.
    let _ = tags;
    BTreeMap::new()
}

/// The tags that hold these claims of one owner. A claim never spans two tags,
/// so whatever subset of the tags exists, every claim in it is whole.
pub fn write(owner: &OwnerId, claims: &[Claim]) -> Result<BTreeMap<String, String>, ClaimTooLong> {
    let mut sorted: Vec<_> = claims.iter().collect();
    sorted.sort_by_key(|claim| (claim.since, &claim.endpoint));
    let mut values: Vec<String> = Vec::new();
    for claim in sorted {
        let text = claim.text()?;
        match values.last_mut() {
            Some(value) if value.len() + 1 + text.len() <= TAG_VALUE_MAX => {
                value.push(';');
                value.push_str(&text);
            }
            _ => values.push(text),
        }
    }
    let named = |(index, value)| (tag_name(owner, index), value);
    Ok(values.into_iter().enumerate().map(named).collect())
}

/// The name of an owner's claim tag. Tag names ignore case and forbid some
/// characters; owners do not, so they are escaped.
fn tag_name(owner: &OwnerId, index: usize) -> String {
    format!("{CLAIM_TAG_PREFIX}{index}-{}", escape_name(owner.as_str()))
}

/// The owner whose claims a tag of this name holds.
pub fn owner_of(tag_name: &str) -> Option<OwnerId> {
    let lower = tag_name.to_ascii_lowercase();
    let (index, owner) = lower.strip_prefix(CLAIM_TAG_PREFIX)?.split_once('-')?;
    index.parse::<u16>().ok()?;
    unescape(owner)?.parse().ok()
}

/// Frequent kinds of object by one letter; a kind that is one letter itself is
/// marked, so that the way back is certain.
const KINDS: [(&str, &str); 3] = [("service/", "s/"), ("ingress/", "i/"), ("crd/", "c/")];

fn shorten(resource: &str) -> String {
    for (long, short) in KINDS {
        if let Some(rest) = resource.strip_prefix(long) {
            return format!("{short}{rest}");
        }
    }
    let ambiguous = resource.as_bytes().get(1) == Some(&b'/') || resource.starts_with('~');
    if ambiguous {
        format!("~{resource}")
    } else {
        resource.to_owned()
    }
}

fn lengthen(text: &str) -> String {
    if let Some(literal) = text.strip_prefix('~') {
        return literal.to_owned();
    }
    for (long, short) in KINDS {
        if let Some(rest) = text.strip_prefix(short) {
            return format!("{long}{rest}");
        }
    }
    text.to_owned()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claim(owner: &str, endpoint: &str, resource: &str, host: &str) -> Claim {
        Claim {
            owner: owner.parse().unwrap(),
            endpoint: endpoint.parse().unwrap(),
            since: Timestamp::from_second(1_795_000_000).unwrap(),
            subject: Subject {
                resource: resource.into(),
                host: host.into(),
            },
            leaving: None,
        }
    }

    #[test]
    fn a_tag_reads_well() {
        let east = claim(
            "Cluster/East",
            "east-us",
            "service/default/my-app-east",
            "my-app-east.example.com",
        );
        let tags = write(&east.owner, std::slice::from_ref(&east)).unwrap();
        insta::assert_debug_snapshot!(tags, @r#"
        {
            "externaldns-claims-0-_43luster_2f_45ast": "east-us,mwm0nk74,s/default/my-app-east,my-app-east.example.com",
        }
        "#);
        assert_eq!(read(&tags), [east]);
    }

    #[test]
    fn many_claims_take_several_tags() {
        let claims: Vec<_> = (0..40)
            .map(|n| {
                claim(
                    "east",
                    &format!("endpoint-{n}"),
                    &format!("service/shop/app-{n}"),
                    &format!("app-{n}.example.com"),
                )
            })
            .collect();
        let tags = write(&claims[0].owner, &claims).unwrap();
        assert!(tags.len() > 1);
        assert!(tags.values().all(|value| value.len() <= TAG_VALUE_MAX));
        assert_eq!(read(&tags).len(), 40);
    }

    #[test]
    fn damaged_tags_hold_no_claims() {
        for value in ["", ";", "a", "a,b", "a,!,s/x/y,h", "%zz,1,s/x/y,h"] {
            let tags = BTreeMap::from([("externaldns-claims-0-east".to_owned(), value.to_owned())]);
            assert_eq!(read(&tags), [], "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            owner in "[!-+\\-.-<>-~]{1,100}",
            names in proptest::collection::btree_set("[a-z0-9 #._-]{1,40}", 1..20),
            resource in "([a-z]{1,8}/[a-z]{1,9}/[a-z,;%~]{1,30})?",
            host in "[a-z*.,;-]{0,40}",
            leaving in proptest::option::of(0..4_000_000_000_000_i64),
        ) {
            let Ok(owner) = owner.parse::<OwnerId>() else { return Ok(()) };
            let claims: BTreeMap<_, _> = names
                .iter()
                .filter_map(|name| name.parse::<EndpointName>().ok())
                .map(|name| (name.clone(), Claim {
                    endpoint: name,
                    leaving: leaving.map(|at| Timestamp::from_millisecond(at).unwrap()),
                    ..claim(owner.as_str(), "x", &resource, &host)
                }))
                .collect();
            let claims: Vec<_> = claims.into_values().collect();
            if let Ok(tags) = write(&owner, &claims) {
                for (name, value) in &tags {
                    prop_assert!(traffic_manager::tag::check_name(name).is_ok(), "{}", name);
                    prop_assert!(traffic_manager::tag::check_value(value).is_ok());
                }
                let mut read = read(&tags);
                read.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
                prop_assert_eq!(read, claims);
            }
        }
    }
}
