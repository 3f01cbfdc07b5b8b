//! Situations in which a member could be lost, and is not.

use std::time::Duration;

use external_dns::{Endpoint as Record, RecordType};
use jiff::Timestamp;
use members::plan::{Upkeep, upkeep};
use members::{Finding, Reason};

use crate::azure::Azure;
use crate::cluster::{Cluster, object, profile};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

/// The record of a host of an object.
fn record(resource: &str, host: &str, annotations: &[(&str, &str)]) -> Record {
    let mut record = Record::new(host, RecordType::A, ["20.1.2.3"])
        .with_label("resource", resource)
        .with_property("webhook/traffic-manager-enabled", "true");
    for (name, value) in annotations {
        record.set_property(&format!("webhook/traffic-manager-{name}"), *value);
    }
    record
}

/// Endpoints of a profile with their targets, sorted.
pub(crate) fn targets(azure: &Azure, name: &str) -> Vec<(String, String)> {
    let held = azure.profiles.get(&profile(name));
    let endpoints = held
        .into_iter()
        .flat_map(traffic_manager::profile::Profile::endpoints);
    let mut targets: Vec<_> = endpoints
        .map(|endpoint| {
            let target = endpoint.properties.target.clone().unwrap();
            (endpoint.name.clone().unwrap(), target)
        })
        .collect();
    targets.sort();
    targets
}

pub(crate) fn pair(endpoint: &str, target: &str) -> (String, String) {
    (endpoint.to_owned(), target.to_owned())
}

pub(crate) fn reasons(findings: &[Finding]) -> Vec<Reason> {
    findings.iter().map(|finding| finding.reason).collect()
}

fn keep_up(cluster: &Cluster, azure: &mut Azure, now: i64) {
    let rule = Upkeep {
        grace: Some(Duration::from_hours(1)),
        delete_grace: cluster.scope.brakes.delete_grace,
    };
    let now = Timestamp::from_second(now).unwrap();
    for (id, plan) in upkeep(&cluster.observed(azure), &cluster.scope.owner, rule, now) {
        for step in plan.steps {
            azure.write(&id, &step.write).unwrap();
        }
    }
}

/// A Service that is made again under another name is another object, and only
/// the claim still knows the old one.
#[test]
fn a_typo_in_an_object_that_was_made_again_deletes_nothing() {
    let service = |name, weight| {
        let annotations = [
            ("profile-name", "p"),
            ("endpoint-name", "e"),
            ("weight", weight),
        ];
        [record(name, "a.example.com", &annotations)]
    };
    for made_again_before in [true, false] {
        let (east, mut azure) = (Cluster::new("east"), Azure::default());
        east.run_records(&mut azure, &service("service/default/old", "70"), NOW);
        if made_again_before {
            let looped = east.run_records(&mut azure, &service("service/default/new", "70"), NOW);
            assert!(looped.changes.is_none());
        }
        let typo = service("service/default/new", "heavy");
        let looped = east.run_records(&mut azure, &typo, NOW);
        assert!(looped.changes.is_none(), "{looped:#?}");
        assert_eq!(reasons(&looped.findings), [Reason::InvalidAnnotation]);
    }
}

#[test]
fn a_typo_that_comes_with_another_host_deletes_nothing() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let service = |host, weight| {
        let annotations = [
            ("profile-name", "p"),
            ("endpoint-name", "e"),
            ("weight", weight),
        ];
        [record("service/default/a", host, &annotations)]
    };
    east.run_records(&mut azure, &service("a.example.com", "70"), NOW);
    let looped = east.run_records(&mut azure, &service("b.example.com", "heavy"), NOW);
    assert!(looped.changes.is_none(), "{looped:#?}");
    east.run_records(&mut azure, &service("b.example.com", "70"), NOW);
    assert_eq!(targets(&azure, "p"), [pair("e", "b.example.com")]);
}

#[test]
fn a_refusal_of_an_object_that_was_made_again_deletes_nothing() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let services = |name, target| {
        let annotations = [
            ("profile-name", "p"),
            ("endpoint-name", "e"),
            ("target", target),
        ];
        let other = [
            ("profile-name", "p"),
            ("endpoint-name", "f"),
            ("target", "taken.example.net"),
        ];
        [
            record(name, "a.example.com", &annotations),
            record("service/default/other", "b.example.com", &other),
        ]
    };
    let before = services("service/default/old", "t.example.net");
    east.run_records(&mut azure, &before, NOW);
    let after = services("service/default/znew", "taken.example.net");
    let looped = east.run_records(&mut azure, &after, NOW);
    assert!(looped.changes.is_none(), "{looped:#?}");
    assert_eq!(reasons(&looped.findings), [Reason::EndpointConflict]);
}

/// Nor does it leave its profile before it has joined the new one.
#[test]
fn an_object_that_was_made_again_moves_as_one() {
    let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
    east.scope.brakes.delete_grace = Duration::from_mins(5);
    let service = |name, profile| {
        let annotations = [("profile-name", profile), ("endpoint-name", "e")];
        [record(name, "a.example.com", &annotations)]
    };
    east.run_records(&mut azure, &service("service/default/old", "p"), NOW);
    east.run_records(&mut azure, &service("service/default/new", "p"), NOW);
    east.run_records(&mut azure, &service("service/default/new", "q"), NOW);
    assert_eq!(targets(&azure, "p"), [], "replaced, and not left behind");
    assert_eq!(targets(&azure, "q").len(), 1);
}

#[test]
fn nobody_gets_the_endpoint_of_an_object_whose_rename_is_refused() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let of = |host, endpoint, target| {
        let annotations = [
            ("profile-name", "p"),
            ("endpoint-name", endpoint),
            ("target", target),
        ];
        object(host, &annotations)
    };
    let stays = of("c.example.com", "ec", "tc.example.net");
    let before = [of("a.example.com", "ea", "ta.example.net"), stays.clone()];
    east.run(&mut azure, &before, NOW);
    let after = [
        of("a.example.com", "eb", "tc.example.net"),
        stays,
        of("n.example.com", "ea", "tn.example.net"),
    ];
    let looped = east.run(&mut azure, &after, NOW);
    assert!(looped.changes.is_none(), "{looped:#?}");
    assert_eq!(
        targets(&azure, "p"),
        [pair("ea", "ta.example.net"), pair("ec", "tc.example.net")]
    );
}

/// The one that is there wins, also over one that sorts first and has an
/// endpoint of the same name in another profile.
#[test]
fn a_move_onto_the_endpoint_of_another_object_takes_nothing_over() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |profile| {
        [
            object(
                "a.example.com",
                &[("profile-name", profile), ("endpoint-name", "e")],
            ),
            object(
                "z.example.com",
                &[("profile-name", "p"), ("endpoint-name", "e")],
            ),
        ]
    };
    east.run(&mut azure, &with("q"), NOW);
    let looped = east.run(&mut azure, &with("p"), NOW);
    assert!(looped.changes.is_none(), "{looped:#?}");
    assert_eq!(targets(&azure, "p"), [pair("e", "z.example.com")]);
    assert_eq!(targets(&azure, "q"), [pair("e", "a.example.com")]);
}

#[test]
fn an_endpoint_is_taken_over_when_its_object_has_another() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let of = |host, endpoint| object(host, &[("profile-name", "p"), ("endpoint-name", endpoint)]);
    east.run(&mut azure, &[of("a.example.com", "e")], NOW);
    let after = [of("a.example.com", "f"), of("b.example.com", "e")];
    let looped = east.run(&mut azure, &after, NOW);
    insta::assert_snapshot!(looped.findings[0], @"service/default/b.example.com (b.example.com): endpoint e of profile p is that of service/default/a.example.com (a.example.com) until that one has another");
    assert_eq!(targets(&azure, "p"), [pair("f", "a.example.com")]);
    let looped = east.run(&mut azure, &after, NOW);
    assert_eq!(looped.findings, []);
    assert_eq!(
        targets(&azure, "p"),
        [pair("e", "b.example.com"), pair("f", "a.example.com")]
    );
    assert!(east.run(&mut azure, &after, NOW).changes.is_none());
}

/// A move was cut short, and then something keeps the member where it is, which
/// is in two profiles.
#[test]
fn a_member_in_two_profiles_is_kept_in_both_without_a_plan_in_every_loop() {
    let with = |profile, weight| {
        let annotations = [
            ("profile-name", profile),
            ("endpoint-name", "e"),
            ("weight", weight),
        ];
        [object("a.example.com", &annotations)]
    };
    for (keep_last_member, wish) in [(true, with("q", "1")), (false, with("q", "heavy"))] {
        let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
        east.run(&mut azure, &with("p", "1"), NOW);
        let old = azure.profiles[&profile("p")].clone();
        east.run(&mut azure, &with("q", "1"), NOW);
        azure.profiles.insert(profile("p"), old);
        east.scope.brakes.keep_last_member = keep_last_member;
        let looped = east.run(&mut azure, &wish, NOW);
        assert!(looped.changes.is_none(), "{looped:#?}");
        // With a mended wish, or without the brake, it ends in one.
        east.scope.brakes.keep_last_member = false;
        east.run(&mut azure, &with("q", "1"), NOW);
        assert_eq!(targets(&azure, "p"), []);
        assert_eq!(targets(&azure, "q").len(), 1);
    }
}

#[test]
fn who_waits_for_the_last_member_to_leave_does_not_let_it_leave() {
    let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
    east.scope.brakes.keep_last_member = true;
    let before = [
        object("a.example.com", &[("profile-name", "q")]),
        object("b.example.com", &[("profile-name", "p")]),
    ];
    let after = [
        // An address cannot join a name.
        object(
            "a.example.com",
            &[("profile-name", "p"), ("target", "20.0.0.1")],
        ),
        object("b.example.com", &[("profile-name", "q")]),
    ];
    east.run(&mut azure, &before, NOW);
    let looped = east.run(&mut azure, &after, NOW);
    assert!(looped.changes.is_none(), "{looped:#?}");
    assert_eq!(
        reasons(&looped.findings),
        [Reason::EndpointConflict, Reason::LastMember]
    );
}

/// Two owners have claimed one endpoint at the same moment.
#[test]
fn the_later_of_two_claims_is_given_up_and_never_comes_to_count() {
    let (east, west) = (Cluster::new("east"), Cluster::new("west"));
    let of = |host| {
        [object(
            host,
            &[("profile-name", "p"), ("endpoint-name", "e")],
        )]
    };
    let mut azures = [Azure::default(), Azure::default()];
    let [azure, elsewhere] = &mut azures;
    east.run(azure, &of("a.example.com"), NOW);
    west.run(elsewhere, &of("b.example.com"), NOW + 1);
    let claim = "externaldns-claims-0-west";
    let wests = elsewhere.profiles[&profile("p")]
        .tag(claim)
        .unwrap()
        .to_owned();
    let tags = |azure: &mut Azure| {
        let held = azure.profiles.get_mut(&profile("p")).unwrap();
        held.tags.take().unwrap()
    };
    let mut both = tags(azure);
    both.insert(claim.to_owned(), wests);
    // West's claim decides nothing, even where the tag names it.
    both.insert("externaldns-settings-owner".to_owned(), "west".to_owned());
    azure.profiles.get_mut(&profile("p")).unwrap().tags = Some(both);
    let observed = east.observed(azure);
    let held = observed.profile(&profile("p")).unwrap();
    assert_eq!(held.settings_owner(), Some(&east.scope.owner));

    keep_up(&west, azure, NOW + HOUR);
    let mut left = tags(azure);
    assert!(!left.contains_key(claim), "{left:?}");
    // East's claims are wiped. Nothing makes the endpoint west's.
    left.retain(|name, _| !name.contains("claims"));
    azure.profiles.get_mut(&profile("p")).unwrap().tags = Some(left);
    west.run(azure, &[], NOW + 2 * HOUR);
    west.run(azure, &of("b.example.com"), NOW + 2 * HOUR);
    assert_eq!(targets(azure, "p"), [pair("e", "a.example.com")]);
}

/// The endpoint was deleted and the claim was not, in a profile of others, who
/// later use the same name.
#[test]
fn a_claim_that_was_left_in_a_profile_of_others_does_not_outlive_its_endpoint() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let annotations = [("profile-name", "p"), ("endpoint-name", "e")];
    east.run(&mut azure, &[object("a.example.com", &annotations)], NOW);
    let rename = |azure: &mut Azure, name: &str| {
        let held = azure.profiles.get_mut(&profile("p")).unwrap();
        held.tags
            .as_mut()
            .unwrap()
            .retain(|name, _| name.contains("claims"));
        held.properties.endpoints.as_mut().unwrap()[0].name = Some(name.to_owned());
    };
    rename(&mut azure, "static");
    keep_up(&east, &mut azure, NOW + HOUR);
    rename(&mut azure, "e");
    east.run(&mut azure, &[], NOW + 2 * HOUR);
    assert_eq!(targets(&azure, "p"), [pair("e", "a.example.com")]);
}

/// A mark in the claim says since when; a claim can be too long for it.
#[test]
fn a_departure_whose_mark_has_no_room_is_not_put_off_and_holds_nobody_up() {
    let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
    east.scope.brakes.delete_grace = Duration::from_mins(5);
    let label = |letter: &str| letter.repeat(60);
    let host = format!(
        "{}.{}.{}.example.com",
        label("a"),
        label("b"),
        "c".repeat(36)
    );
    let long = |length| {
        let resource = format!("service/default/{}", "x".repeat(length));
        record(
            &resource,
            &host,
            &[("profile-name", "p"), ("endpoint-name", "e")],
        )
    };
    let other = |weight| {
        let annotations = [
            ("profile-name", "p"),
            ("endpoint-name", "f"),
            ("weight", weight),
        ];
        record("service/default/f", "f.example.com", &annotations)
    };
    let longest = (1..300).rev().find(|length| {
        azure = Azure::default();
        east.run_records(&mut azure, &[long(*length), other("70")], NOW);
        azure.endpoint(&profile("p"), "e").is_some()
    });
    assert!(longest.is_some());
    east.run_records(&mut azure, &[other("50")], NOW + 1);
    let weight = azure
        .endpoint(&profile("p"), "f")
        .unwrap()
        .properties
        .weight;
    assert_eq!(weight, Some(50));
    let left = azure.endpoint(&profile("p"), "e");
    assert!(left.is_none_or(|endpoint| !endpoint.is_enabled()));
    assert!(
        east.run_records(&mut azure, &[other("50")], NOW + 2)
            .changes
            .is_none()
    );
}

/// A member that is kept takes part in changes of the settings. What Azure holds
/// of it may be what no annotation can say.
#[test]
fn a_kept_member_that_cannot_be_said_is_not_deleted_by_new_settings() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = |ttl, weight| {
        let shared = [("profile-name", "p"), ("dns-ttl", ttl)];
        [
            object("a.example.com", &shared),
            object("b.example.com", &[shared[0], shared[1], ("weight", weight)]),
        ]
    };
    east.run(&mut azure, &objects("30", "70")[..1], NOW);
    east.run(&mut azure, &objects("30", "70"), NOW + 1);
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    for endpoint in held.properties.endpoints.iter_mut().flatten() {
        if endpoint.properties.target.as_deref() == Some("b.example.com") {
            endpoint.properties.geo_mapping = Some(vec!["XX-UNKNOWN".to_owned()]);
        }
    }
    let sources = Cluster::sources(&objects("60", "heavy"));
    let current = east.observed(&azure).records(&east.scope.owner);
    let (wanted, _) = east.adjust(&azure, &sources);
    let changes = external_dns::Changes {
        update_old: current,
        update_new: wanted,
        ..external_dns::Changes::default()
    };
    let mut batch = members::batch::Batch::new(&changes, &east.scope);
    let stage = batch.next_stage(&std::collections::BTreeSet::new());
    for change in stage.values() {
        assert!(change.removals.is_empty(), "{change:#?}");
    }
    assert_eq!(targets(&azure, "p").len(), 2);
}
