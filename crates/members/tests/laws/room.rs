//! Fifty tags, and who gets how many of them.

use members::Reason;
use members::claim::{read, seen};
use traffic_manager::tag::TAGS_MAX;

use crate::azure::Azure;
use crate::cluster::{Cluster, Object, object, profile};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

/// Objects with names of a usual length, in one profile.
fn objects(cluster: &str, count: usize) -> Vec<Object> {
    let named = |number| {
        let host = format!("checkout-{number}.{cluster}.example.com");
        object(&host, &[("profile-name", "p")])
    };
    (0..count).map(named).collect()
}

/// Gives the profile so many tags of somebody else.
fn fill(azure: &mut Azure, count: usize) {
    let profile = azure.profiles.get_mut(&profile("p")).unwrap();
    let tags = profile.tags.get_or_insert_default();
    tags.extend((0..count).map(|n| (format!("cost-centre-{n}"), "0815".to_owned())));
}

#[test]
fn two_hundred_members_of_forty_owners_share_a_profile() {
    let mut azure = Azure::default();
    let clusters: Vec<_> = (0..40)
        .map(|n| format!("aks-prod-westeurope-{n:02}"))
        .collect();
    for (place, name) in (0..).zip(&clusters) {
        let looped = Cluster::new(name).run(&mut azure, &objects(name, 5), NOW + place * 7);
        assert_eq!(looped.findings, []);
    }
    let shared = &azure.profiles[&profile("p")];
    assert_eq!(shared.endpoints().len(), 200);
    assert_eq!(read(shared.tags.as_ref().unwrap()).len(), 200);
    assert_eq!(seen(shared.tags.as_ref().unwrap()).len(), 40);
    for name in &clusters {
        let looped = Cluster::new(name).run(&mut azure, &objects(name, 5), NOW + HOUR);
        assert!(looped.changes.is_none(), "{looped:#?}");
    }
}

#[test]
fn what_has_no_room_is_refused_says_why_and_leaves_the_others_alone() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &objects("east", 2), NOW);
    // One tag of east, its two marks, and two marks that may still come.
    fill(&mut azure, TAGS_MAX - 5);
    let all = objects("east", 30);
    let looped = east.run(&mut azure, &all, NOW + 60);
    let held = azure.profiles[&profile("p")].endpoints().len();
    assert!((5..30).contains(&held), "{held} fit one tag");
    assert_eq!(looped.findings.len(), 30 - held);
    for finding in &looped.findings {
        assert_eq!(finding.reason, Reason::InvalidAnnotation);
        assert!(
            finding.message.contains("1 hold claims of east")
                && finding.message.contains("45 are not this system's"),
            "{finding}"
        );
    }
    assert!(east.run(&mut azure, &all, NOW + 120).changes.is_none());

    // One that is there can go, and makes room.
    let fewer: Vec<_> = all.iter().skip(1).cloned().collect();
    for _ in 0..3 {
        east.run(&mut azure, &fewer, NOW + 180);
    }
    let now_held = azure.profiles[&profile("p")].endpoints().len();
    assert!(now_held >= held, "{now_held}");
    assert!(east.run(&mut azure, &fewer, NOW + 240).changes.is_none());
}

#[test]
fn who_is_there_stays_when_others_have_taken_every_tag() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let some = objects("east", 60);
    east.run(&mut azure, &some, NOW);
    let held = azure.profiles[&profile("p")].tags.as_ref().unwrap().len();
    assert!(held > 4, "{held}: several tags of claims");
    fill(&mut azure, TAGS_MAX - held);
    assert!(east.run(&mut azure, &some, NOW + 60).changes.is_none());
    let west = Cluster::new("west");
    let looped = west.run(&mut azure, &objects("west", 1), NOW + 60);
    assert!(looped.changes.is_none());
    assert!(
        looped.findings[0]
            .message
            .contains("0 hold claims of west, "),
        "{}",
        looped.findings[0]
    );
    // Who leaves needs no tag.
    east.run(&mut azure, &some[..3], NOW + 120);
    assert_eq!(azure.profiles[&profile("p")].endpoints().len(), 3);
}
