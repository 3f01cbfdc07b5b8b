//! Many claims in one tag: about 25 characters for each instead of 120.
//!
//! What repeats is left out (a derived endpoint name follows from owner and
//! host) or said by one sign (the owner, the object's name), the rest is
//! deflated with a dictionary, and the bytes become characters:
//!
//! ```text
//! ,1 check deflate(count, times…, resource LF host LF endpoint LF …)
//! ```
//!
//! Every tag stands for itself: nothing in it refers to another tag.

use jiff::Timestamp;

use super::{Claim, alphabet, deflate, plain};
use crate::derive;
use crate::finding::Subject;
use crate::owner::OwnerId;

/// How packed claims begin. A plain claim cannot begin so: it would have no
/// endpoint. The digit is the version: another dictionary, order or sign is
/// another version, and what is written in this one stays readable.
const SIGN: &str = ",1";
/// The owner, in a host or an endpoint name.
const OWNER: char = '\u{1}';
/// The object's name, in a host or an endpoint name.
const OBJECT: char = '\u{2}';
/// An endpoint name that is derived with the set identifier that follows.
const DERIVED_WITH: char = '\u{3}';
/// The end of a field.
const END: char = '\n';
/// Most bytes of all fields of one tag once the signs are written out.
const WRITTEN_OUT_MAX: usize = 64 * 1024;

/// A claim on its way into a tag.
#[derive(Debug)]
pub(super) struct Line {
    since: i64,
    leaving: Option<i64>,
    text: String,
    written_out: usize,
}

// === impl Line ===

impl Line {
    /// The claim as one line; `None` when it has characters that have a meaning here.
    pub(super) fn of(claim: &Claim) -> Option<Self> {
        let Claim {
            owner,
            endpoint,
            since,
            subject,
            leaving,
        } = claim;
        let resource = plain::shorten(&subject.resource);
        let fields = [resource.as_str(), &subject.host, endpoint.as_str()];
        let plain = fields.iter().all(|field| field.chars().all(|c| c >= ' '));
        plain.then_some(())?;
        let signs = Signs::of(owner, &resource);
        let name = match derivation(claim) {
            Some(derivation) => derivation,
            None => signs.put(endpoint.as_str()),
        };
        Some(Self {
            since: since.as_millisecond(),
            leaving: leaving.map(Timestamp::as_millisecond),
            text: format!(
                "{resource}{END}{}{END}{name}{END}",
                signs.put(&subject.host)
            ),
            written_out: fields.iter().map(|field| field.len()).sum(),
        })
    }
}

/// How the endpoint's name follows from owner and host, if it does.
fn derivation(claim: &Claim) -> Option<String> {
    let host = claim.host()?;
    let derives = |set_identifier: &str| {
        derive::endpoint_name(&claim.owner, set_identifier, &host).as_ref() == Ok(&claim.endpoint)
    };
    if derives("") {
        return Some(String::new());
    }
    // A derived name is `owner.set.host-hash`; what stands where the set
    // identifier would stand is it, if the name comes out the same.
    let (_, rest) = claim
        .endpoint
        .as_str()
        .split_at_checked(claim.owner.as_str().len())?;
    let (set_identifier, _) = rest.strip_prefix('.')?.split_once('.')?;
    derives(set_identifier).then(|| format!("{DERIVED_WITH}{set_identifier}"))
}

/// What one sign stands for in the fields of one claim.
struct Signs<'a> {
    owner: &'a str,
    object: &'a str,
}

impl<'a> Signs<'a> {
    fn of(owner: &'a OwnerId, resource: &'a str) -> Self {
        let (_, object) = resource.rsplit_once('/').unwrap_or_default();
        Self {
            owner: owner.as_str(),
            object,
        }
    }

    fn put(&self, field: &str) -> String {
        let field = field.replace(self.owner, &OWNER.to_string());
        if self.object.is_empty() {
            field
        } else {
            field.replace(self.object, &OBJECT.to_string())
        }
    }

    /// Writes the signs out, unless that takes more than what is left.
    fn write_out(&self, field: &str, left: &mut usize) -> Option<String> {
        let mut text = String::new();
        let mut buffer = [0; 4];
        for c in field.chars() {
            let piece = match c {
                OWNER => self.owner,
                OBJECT => self.object,
                c => c.encode_utf8(&mut buffer),
            };
            *left = left.checked_sub(piece.len())?;
            text.push_str(piece);
        }
        Some(text)
    }
}

/// The text of these claims; `None` when they are more than could be read back.
pub(super) fn write<'a>(
    owner: &OwnerId,
    lines: impl IntoIterator<Item = &'a Line>,
) -> Option<String> {
    let (mut times, mut texts, mut count, mut written_out) = (Vec::new(), String::new(), 0, 0);
    let mut before = 0;
    for line in lines {
        let step = zigzag(line.since - before);
        push(&mut times, step << 1 | u64::from(line.leaving.is_some()));
        if let Some(leaving) = line.leaving {
            push(&mut times, zigzag(leaving - line.since));
        }
        before = line.since;
        texts.push_str(&line.text);
        count += 1;
        written_out += line.written_out;
    }
    let mut bytes = Vec::new();
    push(&mut bytes, count);
    bytes.append(&mut times);
    bytes.extend(texts.into_bytes());
    (bytes.len() <= deflate::TEXT_MAX && written_out <= WRITTEN_OUT_MAX).then_some(())?;
    let text = alphabet::encode(&deflate::deflate(&bytes)?, owner.as_str());
    Some(format!("{SIGN}{text}"))
}

/// Whether a text is packed, in whichever version.
pub(super) fn is_packed(text: &str) -> bool {
    text.starts_with(',')
}

/// The claims in a text: all of them, or none when it is damaged.
pub(super) fn read(owner: &OwnerId, text: &str) -> Option<Vec<Claim>> {
    let text = text.strip_prefix(SIGN)?;
    let bytes = deflate::inflate(&alphabet::decode(text, owner.as_str())?)?;
    let mut rest = bytes.as_slice();
    let count = pull(&mut rest)?;
    let mut times = Vec::new();
    let mut before = 0_i64;
    for _ in 0..count {
        let step = pull(&mut rest)?;
        let since = before.checked_add(unzigzag(step >> 1))?;
        let leaving = match step & 1 {
            0 => None,
            _ => Some(since.checked_add(unzigzag(pull(&mut rest)?))?),
        };
        before = since;
        times.push((since, leaving));
    }
    let mut fields = std::str::from_utf8(rest).ok()?.split(END);
    let mut left = WRITTEN_OUT_MAX;
    let mut claims = Vec::with_capacity(times.len());
    for (since, leaving) in times {
        let (resource, host, name) = (fields.next()?, fields.next()?, fields.next()?);
        left = left.checked_sub(resource.len())?;
        let signs = Signs::of(owner, resource);
        let host = signs.write_out(host, &mut left)?;
        let set_identifier = match name.strip_prefix(DERIVED_WITH) {
            None if name.is_empty() => Some(""),
            derived_with => derived_with,
        };
        let endpoint = match set_identifier {
            Some(set_identifier) => {
                let host = host.parse().ok()?;
                derive::endpoint_name(owner, set_identifier, &host).ok()?
            }
            None => signs.write_out(name, &mut left)?.parse().ok()?,
        };
        let time = |at| Timestamp::from_millisecond(at).ok();
        claims.push(Claim {
            owner: owner.clone(),
            endpoint,
            since: time(since)?,
            subject: Subject {
                resource: plain::lengthen(resource),
                host,
            },
            leaving: match leaving {
                Some(at) => Some(time(at)?),
                None => None,
            },
        });
    }
    let complete = fields.next() == Some("") && fields.next().is_none();
    complete.then_some(claims)
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Appends a number, seven bits a byte, the lowest first.
fn push(bytes: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest >= 128 {
        bytes.push((rest & 127) as u8 | 128);
        rest >>= 7;
    }
    bytes.push((rest & 127) as u8);
}

/// Takes a number off the front.
fn pull(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte & 128 == 0 {
            return Some(number);
        }
    }
    None
}
