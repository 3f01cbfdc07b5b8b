//! What is cleared up without being asked, and above all what is not.

use std::time::Duration;

use jiff::Timestamp;
use members::plan::{Upkeep, Write, upkeep};
use rstest::rstest;

use crate::azure::Azure;
use crate::cluster::{Cluster, Object};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

fn member() -> Object {
    let annotations = [("profile-name", "p"), ("endpoint-name", "e")];
    (
        "a.example.com".to_owned(),
        annotations
            .map(|(name, value)| (name, value.to_owned()))
            .into(),
    )
}

/// What a cluster would do of its own accord.
fn due(cluster: &Cluster, azure: &Azure, grace: Option<u64>, now: i64) -> Vec<Write> {
    let rule = Upkeep {
        grace: grace.map(Duration::from_secs),
        delete_grace: cluster.scope.brakes.delete_grace,
    };
    let now = Timestamp::from_second(now).unwrap();
    let plans = upkeep(&cluster.observed(azure), &cluster.scope.owner, rule, now);
    plans
        .into_iter()
        .flat_map(|(_, plan)| plan.steps)
        .map(|step| step.write)
        .collect()
}

/// A profile that east has made and left an hour after its making.
fn retired() -> (Cluster, Azure) {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW - HOUR);
    east.run(&mut azure, &[], NOW);
    (east, azure)
}

#[rstest]
#[case::before_the_grace_is_over("east", Some(3600), HOUR - 1, false)]
#[case::when_the_grace_is_over("east", Some(3600), HOUR, true)]
#[case::kept_for_ever("east", None, 1000 * HOUR, false)]
#[case::another_owner_never_does("west", Some(0), 1000 * HOUR, false)]
#[case::a_clock_that_is_behind("east", Some(3600), -HOUR, false)]
fn a_retired_profile_is_deleted(
    #[case] owner: &str,
    #[case] grace: Option<u64>,
    #[case] later: i64,
    #[case] deleted: bool,
) {
    let (_, azure) = retired();
    let writes = due(&Cluster::new(owner), &azure, grace, NOW + later);
    let expected = if deleted {
        vec![Write::DeleteProfile]
    } else {
        Vec::new()
    };
    assert_eq!(writes, expected);
}

#[test]
fn a_profile_in_use_and_one_that_is_not_ours_are_never_touched() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW);
    assert_eq!(due(&east, &azure, Some(0), NOW + HOUR), []);

    let (east, mut azure) = retired();
    for profile in azure.profiles.values_mut() {
        profile
            .tags
            .as_mut()
            .unwrap()
            .remove("externaldns-managed-by");
    }
    assert_eq!(due(&east, &azure, Some(0), NOW + HOUR), []);
}

#[test]
fn an_empty_profile_whose_retirement_was_cut_short_is_retired_and_not_deleted() {
    let (east, mut azure) = retired();
    for profile in azure.profiles.values_mut() {
        profile.properties.profile_status = Some("Enabled".to_owned());
        profile.tags.as_mut().unwrap().remove("externaldns-retired");
    }
    let writes = due(&east, &azure, Some(0), NOW + HOUR);
    assert!(
        matches!(
            writes.as_slice(),
            [Write::PatchProfile(_), Write::MergeTags(_)]
        ),
        "{writes:?}"
    );
}

#[test]
fn a_claim_that_was_just_made_holds_up_the_end_of_an_empty_profile() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW);
    let claimed = azure.profiles.clone();
    east.run(&mut azure, &[], NOW);
    // West has claimed and not yet written its endpoint.
    for (id, profile) in &mut azure.profiles {
        let claim = claimed[id]
            .tag("externaldns-claims-0-east")
            .unwrap()
            .to_owned();
        profile
            .tags
            .as_mut()
            .unwrap()
            .insert("externaldns-claims-0-west".to_owned(), claim);
    }
    assert_eq!(due(&east, &azure, Some(0), NOW + 599), []);
    assert_eq!(
        due(&east, &azure, Some(0), NOW + 600),
        [Write::DeleteProfile]
    );
}

#[test]
fn own_claims_without_an_endpoint_are_given_up_after_ten_minutes() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let second = (
        "b.example.com".to_owned(),
        vec![
            ("profile-name", "p".to_owned()),
            ("endpoint-name", "f".to_owned()),
        ],
    );
    east.run(&mut azure, &[member(), second], NOW);
    for profile in azure.profiles.values_mut() {
        let endpoints = profile.properties.endpoints.as_mut().unwrap();
        endpoints.retain(|endpoint| endpoint.name.as_deref() == Some("e"));
    }
    assert_eq!(due(&east, &azure, None, NOW + 599), []);
    let writes = due(&east, &azure, None, NOW + 600);
    let [Write::MergeTags(tags)] = writes.as_slice() else {
        panic!("{writes:?}")
    };
    let text = &tags["externaldns-claims-0-east"];
    assert!(text.contains(";e,") && !text.contains(";f,"), "{text}");
    assert_eq!(
        due(&Cluster::new("west"), &azure, None, NOW + HOUR),
        [],
        "not west's business"
    );
}

/// The heartbeats that are due, by tag; nothing else may be.
fn heartbeats(cluster: &Cluster, azure: &Azure, now: i64) -> Vec<(String, String)> {
    let tags = due(cluster, azure, None, now).into_iter().map(|write| {
        let Write::MergeTags(tags) = write else {
            panic!("{write:?}")
        };
        tags
    });
    tags.flatten().collect()
}

#[test]
fn a_heartbeat_is_written_once_an_hour_or_a_little_less_often() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW);
    let id = azure.profiles.keys().next().unwrap().clone();
    assert_eq!(heartbeats(&east, &azure, NOW + HOUR - 1), []);
    let mut last = NOW;
    let mut written = 0;
    for minute in 0..24 * 60 {
        let now = NOW + minute * 60;
        let writes = due(&east, &azure, None, now);
        for write in &writes {
            assert!(
                (HOUR..=HOUR + 1800).contains(&(now - last)),
                "{}",
                now - last
            );
            last = now;
            written += 1;
            azure.write(&id, write).unwrap();
        }
    }
    assert!((16..=24).contains(&written), "{written} in a day");
    let seen = members::claim::seen(azure.profiles[&id].tags.as_ref().unwrap());
    assert_eq!(seen[&east.scope.owner].as_second(), last / 60 * 60);
    let west = Cluster::new("west");
    assert_eq!(
        due(&west, &azure, None, NOW + 100 * HOUR),
        [],
        "no claims, no heartbeat"
    );
}

#[test]
fn the_heartbeats_of_many_profiles_do_not_come_all_at_once() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects: Vec<Object> = (0..60)
        .map(|n| {
            let annotations = vec![("profile-name", format!("p{n}"))];
            (format!("h{n}.example.com"), annotations)
        })
        .collect();
    east.run(&mut azure, &objects, NOW);
    let due = |later| heartbeats(&east, &azure, NOW + later).len();
    assert!((1..30).contains(&due(HOUR + 600)), "{}", due(HOUR + 600));
    assert!((30..60).contains(&due(HOUR + 1200)), "{}", due(HOUR + 1200));
    assert_eq!(due(HOUR + 1800), 60);
}

#[test]
fn a_write_that_happens_anyway_carries_the_heartbeat() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW);
    let second = || {
        let annotations = vec![("profile-name", "p".to_owned())];
        ("b.example.com".to_owned(), annotations)
    };
    east.run(&mut azure, &[member(), second()], NOW + 2 * HOUR);
    assert_eq!(heartbeats(&east, &azure, NOW + 3 * HOUR - 1), []);
}

#[test]
fn in_a_profile_of_others_only_own_claims_and_their_heartbeat_are_kept_up() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW);
    for profile in azure.profiles.values_mut() {
        let tags = profile.tags.as_mut().unwrap();
        tags.remove("externaldns-managed-by");
        tags.insert(
            "externaldns-retired".to_owned(),
            "2020-01-01T00:00:00Z".to_owned(),
        );
    }
    let [(name, _)] = &heartbeats(&east, &azure, NOW + 2 * HOUR)[..] else {
        panic!("one heartbeat")
    };
    assert_eq!(name, "externaldns-claims-0-east");
    for profile in azure.profiles.values_mut() {
        profile.properties.endpoints = Some(Vec::new());
    }
    let writes = due(&east, &azure, Some(0), NOW + 2 * HOUR);
    let [Write::DeleteTags(tags)] = writes.as_slice() else {
        panic!("{writes:?}")
    };
    assert_eq!(
        tags.keys().collect::<Vec<_>>(),
        ["externaldns-claims-0-east"]
    );
}

/// Who begins to come back takes the settings with it; how long the name is kept
/// is still the setting of the cluster that retired the profile.
#[test]
fn a_return_that_was_cut_short_leaves_the_end_to_who_retired_the_profile() {
    let (east, mut azure) = retired();
    let west = Cluster::new("west");
    for profile in azure.profiles.values_mut() {
        let tags = profile.tags.as_mut().unwrap();
        tags.insert("externaldns-settings-owner".to_owned(), "west".to_owned());
    }
    assert_eq!(due(&west, &azure, Some(0), NOW + 2 * HOUR), []);
    let writes = due(&east, &azure, Some(0), NOW + 2 * HOUR);
    assert_eq!(writes, [Write::DeleteProfile]);
}

#[test]
fn a_mark_of_retirement_that_outlived_the_revival_is_taken_away() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    east.run(&mut azure, &[member()], NOW);
    for profile in azure.profiles.values_mut() {
        let tags = profile.tags.as_mut().unwrap();
        tags.insert(
            "ExternalDNS-Retired".to_owned(),
            "2020-01-01T00:00:00Z".to_owned(),
        );
    }
    let writes = due(&east, &azure, Some(0), NOW + HOUR);
    assert!(
        matches!(writes.as_slice(), [Write::DeleteTags(_)]),
        "{writes:?}"
    );
    // Should the mark still be there when the last member leaves, the grace
    // counts from then.
    east.run(&mut azure, &[], NOW + HOUR);
    assert_eq!(due(&east, &azure, Some(3600), NOW + HOUR + 3599), []);
}
