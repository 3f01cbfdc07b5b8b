//! Which claim stands in which tag.
//!
//! Claims stay in the tag that they are in, so that one member's change writes
//! one tag. Packed afresh they are only when that saves a tag, because tags are
//! scarce and the profile's other owners need theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use traffic_manager::EndpointName;
use traffic_manager::tag::TAG_VALUE_MAX;

use super::packed::{self, Line};
use super::{Claim, ClaimTooLong, Tags, heartbeat, parse_tag_name, plain, tag_name};
use crate::owner::OwnerId;

/// Characters of a tag that are there for claims. In every tag the heartbeat
/// has its room, so that it can stand in any of them.
const CLAIMS_MAX: usize = TAG_VALUE_MAX - heartbeat::LENGTH_MAX;
/// How many claims are tried first in a tag.
const FIRST_GUESS: usize = 6;
/// Every write carries a heartbeat when the one that is there is so old.
const HEARTBEAT_AGE: Duration = Duration::from_hours(1);

/// A tag of the owner as it is.
#[derive(Debug)]
struct Held<'a> {
    index: u16,
    name: &'a str,
    value: &'a str,
    seen: Option<Timestamp>,
    body: &'a str,
    claims: Vec<Claim>,
}

/// A claim to be kept, and its packed form if it has one.
#[derive(Debug)]
struct Kept<'a> {
    claim: &'a Claim,
    line: Option<Line>,
}

/// A tag as it shall be, without its heartbeat.
#[derive(Debug)]
struct Bin<'a> {
    index: u16,
    claims: Vec<&'a Kept<'a>>,
    body: String,
}

/// The tags that shall hold these claims of one owner, given those that are
/// there. A tag that says the same already keeps its text, in whichever form;
/// so the same claims never lead to a write. A claim never spans two tags:
/// whatever subset of the tags exists, every claim in it is whole.
///
/// When something is written, a heartbeat goes along, unless the one that is
/// there is less than an hour old.
pub fn arrange(
    owner: &OwnerId,
    claims: &[Claim],
    tags: &Tags,
    now: Timestamp,
) -> Result<Tags, ClaimTooLong> {
    let held = held(owner, tags);
    let kept = kept(claims);
    let bins = bins(owner, &kept, &held)?;
    let held_body = |bin: &Bin<'_>| held.iter().find(|tag| tag.index == bin.index);
    let same = bins.len() == held.len()
        && bins
            .iter()
            .all(|bin| held_body(bin).is_some_and(|tag| tag.body == bin.body));
    if same {
        let texts = held.iter();
        return Ok(texts
            .map(|tag| (tag.name.to_owned(), tag.value.to_owned()))
            .collect());
    }
    let seen = held.iter().filter_map(|tag| tag.seen).max();
    let seen = match seen {
        Some(seen) if !heartbeat::is_due(Some(seen), now, HEARTBEAT_AGE) => seen,
        _ => now,
    };
    let written = bins.into_iter().enumerate().map(|(place, bin)| {
        let value = match held_body(&bin) {
            _ if place == 0 => heartbeat::write(seen) + &bin.body,
            Some(tag) if tag.body == bin.body => tag.value.to_owned(),
            _ => bin.body,
        };
        (tag_name(owner, bin.index), value)
    });
    Ok(written.collect())
}

/// The owner's first tag with a new heartbeat, when the one that is there is
/// so old; nothing when the owner has no claims here.
pub fn refresh(
    owner: &OwnerId,
    tags: &Tags,
    now: Timestamp,
    age: Duration,
) -> Option<(String, String)> {
    let held = held(owner, tags);
    let seen = held.iter().filter_map(|tag| tag.seen).max();
    let first = held.iter().find(|tag| !tag.claims.is_empty())?;
    heartbeat::is_due(seen, now, age)
        .then(|| (first.name.to_owned(), heartbeat::write(now) + first.body))
}

/// How many tags the claims need, given those that are there.
pub(crate) fn needed(
    owner: &OwnerId,
    claims: &[Claim],
    tags: &Tags,
) -> Result<usize, ClaimTooLong> {
    Ok(bins(owner, &kept(claims), &held(owner, tags))?.len())
}

/// Checks that a claim fits a tag.
pub(super) fn check(claim: &Claim) -> Result<(), ClaimTooLong> {
    if plain::write([claim]).len() <= CLAIMS_MAX {
        return Ok(());
    }
    let kept = Kept {
        claim,
        line: Line::of(claim),
    };
    match body(&claim.owner, &[&kept]) {
        Ok(_) => Ok(()),
        Err(_) => Err(too_long(&claim.owner, &kept)),
    }
}

fn held<'a>(owner: &OwnerId, tags: &'a Tags) -> Vec<Held<'a>> {
    let own = tags.iter().filter_map(|(name, value)| {
        let (index, whose) = parse_tag_name(name)?;
        (whose == *owner).then_some(())?;
        let (seen, body) = heartbeat::split(value);
        Some(Held {
            index,
            name,
            value,
            seen,
            body,
            claims: super::read_body(owner, body),
        })
    });
    let mut held: Vec<_> = own.collect();
    held.sort_by_key(|tag| tag.index);
    held
}

/// The claims in the order in which they fill tags, each endpoint once: what is
/// left of a write that was cut short can hold a claim twice.
fn kept(claims: &[Claim]) -> Vec<Kept<'_>> {
    let mut sorted: Vec<_> = claims.iter().collect();
    sorted.sort_by_key(|claim| (claim.since, &claim.endpoint));
    let mut seen = BTreeSet::new();
    sorted
        .into_iter()
        .filter(|claim| seen.insert(&claim.endpoint))
        .map(|claim| Kept {
            claim,
            line: Line::of(claim),
        })
        .collect()
}

fn bins<'a>(
    owner: &OwnerId,
    kept: &'a [Kept<'a>],
    held: &[Held<'_>],
) -> Result<Vec<Bin<'a>>, ClaimTooLong> {
    let all: Vec<_> = kept.iter().collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    // What fits one tag as people read it stands so.
    let body = plain::write(all.iter().map(|kept| kept.claim));
    if body.len() <= CLAIMS_MAX {
        return Ok(vec![Bin {
            index: held.first().map_or(0, |tag| tag.index),
            claims: all,
            body,
        }]);
    }
    let staying = staying(owner, &all, held)?;
    let unchanged = staying
        .iter()
        .all(|bin| held.iter().any(|tag| says(tag, &bin.claims)));
    if staying.len() <= 1 || held.is_empty() || unchanged {
        return Ok(staying);
    }
    let mut fresh = Vec::new();
    fill(owner, &all, numbers(held), &mut fresh)?;
    Ok(if fresh.len() < staying.len() {
        fresh
    } else {
        staying
    })
}

/// Every claim in the tag that it is in, and new ones behind the last.
fn staying<'a>(
    owner: &OwnerId,
    all: &[&'a Kept<'a>],
    held: &[Held<'_>],
) -> Result<Vec<Bin<'a>>, ClaimTooLong> {
    let mut place: BTreeMap<&EndpointName, u16> = BTreeMap::new();
    for tag in held {
        for claim in &tag.claims {
            place.entry(&claim.endpoint).or_insert(tag.index);
        }
    }
    let mut placed: BTreeMap<u16, Vec<&Kept<'_>>> = BTreeMap::new();
    let mut rest: Vec<&Kept<'_>> = Vec::new();
    for kept in all {
        match place.get(&kept.claim.endpoint) {
            Some(index) => placed.entry(*index).or_default().push(kept),
            None => rest.push(kept),
        }
    }
    let mut bins: Vec<Bin<'_>> = Vec::new();
    for tag in held {
        let Some(mut claims) = placed.remove(&tag.index) else {
            continue;
        };
        let body = loop {
            if says(tag, &claims) {
                break Some(tag.body.to_owned());
            }
            match body(owner, &claims) {
                Ok(body) => break Some(body),
                // A claim has grown: the last one moves on.
                Err(_) => rest.extend(claims.pop()),
            }
            if claims.is_empty() {
                break None;
            }
        };
        bins.extend(body.map(|body| Bin {
            index: tag.index,
            claims,
            body,
        }));
    }
    let used: BTreeSet<_> = bins.iter().map(|bin| bin.index).collect();
    let free = numbers(&[]).filter(|number| !used.contains(number));
    rest.sort_by_key(|kept| (kept.claim.since, &kept.claim.endpoint));
    fill(owner, &rest, free, &mut bins)?;
    bins.sort_by_key(|bin| bin.index);
    Ok(bins)
}

/// Whether a tag says just this.
fn says(tag: &Held<'_>, claims: &[&Kept<'_>]) -> bool {
    let mut said: Vec<_> = tag.claims.iter().collect();
    said.sort_by_key(|claim| (claim.since, &claim.endpoint));
    tag.body.len() <= CLAIMS_MAX && said.into_iter().eq(claims.iter().map(|kept| kept.claim))
}

/// Puts claims into the last tag and, when that is full, into new ones.
fn fill<'a>(
    owner: &OwnerId,
    claims: &[&'a Kept<'a>],
    mut free: impl Iterator<Item = u16>,
    bins: &mut Vec<Bin<'a>>,
) -> Result<(), ClaimTooLong> {
    let mut rest = claims;
    if let Some(last) = bins.last_mut() {
        let (fitting, body) = most(owner, &last.claims, rest, 1);
        if let Some(body) = body {
            last.claims.extend(&rest[..fitting]);
            last.body = body;
            rest = &rest[fitting..];
        }
    }
    let mut guess = FIRST_GUESS;
    while let Some(first) = rest.first() {
        let (fitting, body) = most(owner, &[], rest, guess);
        let (Some(body), Some(index)) = (body, free.next()) else {
            return Err(too_long(owner, first));
        };
        bins.push(Bin {
            index,
            claims: rest[..fitting].to_vec(),
            body,
        });
        rest = &rest[fitting..];
        guess = fitting;
    }
    Ok(())
}

/// How many of the claims fit a tag that has some already, and its text then.
fn most(
    owner: &OwnerId,
    there: &[&Kept<'_>],
    rest: &[&Kept<'_>],
    guess: usize,
) -> (usize, Option<String>) {
    let body_of = |count: usize| {
        let claims: Vec<_> = there.iter().chain(&rest[..count]).copied().collect();
        body(owner, &claims).ok()
    };
    let mut count = guess.min(rest.len());
    let mut text = None;
    while count > 0 && text.is_none() {
        text = body_of(count);
        if text.is_none() {
            count -= 1;
        }
    }
    // What fitted at once may leave room for more.
    while count >= guess && count < rest.len() {
        let Some(more) = body_of(count + 1) else {
            break;
        };
        text = Some(more);
        count += 1;
    }
    (count, text)
}

/// The text of a tag with these claims, or the characters that it would need.
fn body(owner: &OwnerId, claims: &[&Kept<'_>]) -> Result<String, usize> {
    let lines: Option<Vec<_>> = claims.iter().map(|kept| kept.line.as_ref()).collect();
    let packed = lines.and_then(|lines| packed::write(owner, lines));
    let needed = match packed {
        Some(text) if text.len() <= CLAIMS_MAX => return Ok(text),
        Some(text) => text.len(),
        None => usize::MAX,
    };
    let text = plain::write(claims.iter().map(|kept| kept.claim));
    if text.len() <= CLAIMS_MAX {
        Ok(text)
    } else {
        Err(needed.min(text.len()))
    }
}

fn too_long(owner: &OwnerId, kept: &Kept<'_>) -> ClaimTooLong {
    ClaimTooLong {
        endpoint: kept.claim.endpoint.clone(),
        length: body(owner, &[kept]).err().unwrap_or_default(),
    }
}

/// Numbers for tags: those in use first, so that no tag is added while another
/// one is given up, then the others from 0.
fn numbers(held: &[Held<'_>]) -> impl Iterator<Item = u16> + use<> {
    let held: BTreeSet<u16> = held.iter().map(|tag| tag.index).collect();
    let first: Vec<u16> = held.iter().copied().collect();
    let others = (0..=u16::MAX).filter(move |number| !held.contains(number));
    first.into_iter().chain(others)
}
