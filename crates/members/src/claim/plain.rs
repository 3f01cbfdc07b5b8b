//! Claims as people read them: `endpoint,since,resource,host`, and `,leaving`
//! for a member whose object is gone. Semicolons stand between claims.

use jiff::Timestamp;

use super::{Claim, from_base36, to_base36};
use crate::escape::{escape_value, unescape};
use crate::finding::Subject;
use crate::owner::OwnerId;

/// What stands between two claims.
const BETWEEN: char = ';';

/// The text of these claims.
pub(super) fn write<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> String {
    let texts: Vec<String> = claims.into_iter().map(encode).collect();
    texts.join(&BETWEEN.to_string())
}

/// The claims in a text, those of them that can be read.
pub(super) fn read(owner: &OwnerId, text: &str) -> Vec<Claim> {
    text.split(BETWEEN)
        .filter_map(|text| decode(owner, text))
        .collect()
}

fn encode(claim: &Claim) -> String {
    let mut fields = vec![
        escape_value(claim.endpoint.as_str()),
        to_base36(claim.since.as_millisecond()),
        escape_value(&shorten(&claim.subject.resource)),
        escape_value(&claim.subject.host),
    ];
    fields.extend(claim.leaving.map(|since| to_base36(since.as_millisecond())));
    fields.join(",")
}

fn decode(owner: &OwnerId, text: &str) -> Option<Claim> {
    let mut fields = text.split(',');
    let time = |text: &str| Timestamp::from_millisecond(from_base36(text)?).ok();
    let claim = Claim {
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

/// Frequent kinds of object by one letter; a kind that is one letter itself is
/// marked, so that the way back is certain.
const KINDS: [(&str, &str); 4] = [
    ("service/", "s/"),
    ("ingress/", "i/"),
    ("httproute/", "h/"),
    ("crd/", "c/"),
];

/// The resource with its kind by one letter, if it has one.
pub(super) fn shorten(resource: &str) -> String {
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

/// The resource that was shortened.
pub(super) fn lengthen(text: &str) -> String {
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
