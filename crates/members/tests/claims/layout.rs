//! Which claim is in which tag: what does not change is not written.

use jiff::Timestamp;
use members::claim::{Claim, arrange, read, refresh, seen};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::realistic::{Naming, claims};
use crate::{NOW, Tags, any_claims, at, by_endpoint, claim, tags_of};

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

/// The tags that are written, changed or gone.
fn changes(before: &Tags, after: &Tags) -> Vec<String> {
    let names = before.keys().chain(after.keys());
    let mut changed: Vec<String> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    changed.sort_unstable();
    changed.dedup();
    changed
}

fn arranged(claims: &[Claim], held: &Tags, now: i64) -> Tags {
    arrange(&claims[0].owner, claims, held, at(now)).unwrap()
}

#[test]
fn one_members_change_writes_one_tag_and_the_heartbeat_when_it_is_due() {
    let own = claims(1, 60, Naming::Given);
    let held = tags_of(&own);
    assert!(held.len() >= 5);
    assert_eq!(
        arranged(&own, &held, NOW + 24 * 3600),
        held,
        "nothing changes, nothing is written"
    );

    // The one in the middle leaves, comes back, or has another object.
    let mut fewer = own.clone();
    let gone = fewer.remove(30);
    let after = arranged(&fewer, &held, NOW + 60);
    assert_eq!(changes(&held, &after).len(), 1);
    assert_eq!(by_endpoint(read(&after)), by_endpoint(fewer.clone()));
    let late = arranged(&fewer, &held, NOW + 3600);
    assert_eq!(changes(&held, &late).len(), 2);
    assert_eq!(seen(&late)[&gone.owner], at(NOW + 3600));

    let mut more = fewer.clone();
    more.push(Claim {
        since: at(NOW),
        ..gone.clone()
    });
    let back = arranged(&more, &after, NOW + 60);
    assert_eq!(changes(&after, &back).len(), 1);

    // A claim that has grown can push another one into the last tag.
    let mut renamed = own.clone();
    renamed[30].subject.resource = "service/other/name".to_owned();
    assert!(changes(&held, &arranged(&renamed, &held, NOW + 60)).len() <= 2);
}

#[test]
fn tags_are_given_back_when_claims_are_gone() {
    let own = claims(1, 60, Naming::Given);
    let mut held = tags_of(&own);
    for left in (1..60).rev() {
        // Those that leave are everywhere.
        let staying: Vec<_> = (0..left).map(|n| own[n * 60 / left].clone()).collect();
        held = arranged(&staying, &held, NOW);
        assert!(
            held.len() <= tags_of(&staying).len(),
            "{left} claims in {} tags",
            held.len()
        );
        assert_eq!(by_endpoint(read(&held)), by_endpoint(staying));
    }
    // The last ones are for people to read.
    let values: Vec<_> = held.values().collect();
    assert!(values[0].contains(&own[0].subject.host), "{values:?}");
}

#[test]
fn what_is_claimed_twice_is_claimed_once() {
    let own = claims(1, 20, Naming::Given);
    let mut held = tags_of(&own);
    let (_, first) = held.first_key_value().unwrap();
    let again = first.clone();
    let owner = own[0].owner.clone();
    held.insert(format!("externaldns-claims-7-{owner}"), again);
    assert!(read(&held).len() > 20);
    let after = arranged(&read(&held), &held, NOW);
    assert_eq!(by_endpoint(read(&after)), by_endpoint(own));
    assert!(!after.contains_key(&format!("externaldns-claims-7-{owner}")));
}

#[test]
fn another_packing_of_the_same_is_left_as_it_is() {
    let own = claims(2, 12, Naming::Given);
    // As if an earlier release had split them differently.
    let mut held = tags_of(&own[..5]);
    let second: Tags = tags_of(&own[5..])
        .into_iter()
        .map(|(name, value)| (name.replace("claims-0-", "claims-3-"), value))
        .collect();
    held.extend(second);
    assert_eq!(arranged(&own, &held, NOW), held);
}

#[test]
fn a_heartbeat_is_refreshed_when_it_is_old_and_only_where_there_are_claims() {
    let own = claims(2, 12, Naming::Given);
    let owner = &own[0].owner;
    let held = tags_of(&own);
    assert_eq!(seen(&held)[owner], at(NOW));
    assert_eq!(refresh(owner, &held, at(NOW + 3599), HOUR), None);
    let (name, value) = refresh(owner, &held, at(NOW + 3600), HOUR).unwrap();
    let mut after = held.clone();
    after.insert(name, value);
    assert_eq!(changes(&held, &after).len(), 1);
    assert_eq!(seen(&after)[owner], at(NOW + 3600));
    assert_eq!(read(&after), read(&held));

    // Another machine's clock was ahead: a little, and so far that it means nothing.
    assert_eq!(refresh(owner, &after, at(NOW), HOUR), None);
    assert!(refresh(owner, &after, at(NOW - 25 * 3600), HOUR).is_some());
    assert_eq!(refresh(owner, &Tags::new(), at(NOW), HOUR), None);
    assert_eq!(
        refresh(&"other".parse().unwrap(), &held, at(NOW), HOUR),
        None
    );

    // Tags from before there were heartbeats.
    let old = Tags::from([(
        "externaldns-claims-0-east".to_owned(),
        "e,mwm0nk74,s/x/y,h".to_owned(),
    )]);
    assert_eq!(seen(&old), [].into());
    let (_, value) = refresh(&"east".parse().unwrap(), &old, at(NOW), HOUR).unwrap();
    assert_eq!(value, "@hv05c;e,mwm0nk74,s/x/y,h");
}

#[test]
fn a_claim_that_no_tag_can_hold_is_named() {
    let digests = (0..12_u8).map(|n| format!("{:x}", Sha256::digest([n])));
    let noise = digests.collect::<String>();
    let long = claim("east", "e", &noise, &noise);
    let error = arrange(
        &long.owner,
        std::slice::from_ref(&long),
        &Tags::new(),
        Timestamp::UNIX_EPOCH,
    )
    .unwrap_err();
    assert_eq!(error, long.check().unwrap_err());
    assert!(error.length > 248, "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is there, the tags hold the claims that they shall hold, and
    /// asked again nothing is to be written.
    #[test]
    fn any_history_ends_in_the_same_claims(
        own in any_claims(40),
        picks in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 40), 1..6),
    ) {
        let mut held = Tags::new();
        for (step, pick) in picks.iter().enumerate() {
            let now = NOW + i64::try_from(step).unwrap() * 1800;
            let wanted: Vec<_> = own.iter().zip(pick).filter(|(_, pick)| **pick).map(|(claim, _)| claim.clone()).collect();
            let Ok(next) = arrange(&own[0].owner, &wanted, &held, at(now)) else { return Ok(()) };
            prop_assert_eq!(by_endpoint(read(&next)), by_endpoint(wanted.clone()));
            prop_assert!(next.values().all(|value| value.len() <= 256));
            let again = arrange(&own[0].owner, &wanted, &next, at(now + 7200)).unwrap();
            prop_assert_eq!(&again, &next);
            held = next;
        }
    }
}
