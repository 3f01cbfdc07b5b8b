//! One owner: its objects change, and come out in one particular way.

use members::Reason;

use crate::azure::Azure;
use crate::cluster::{Cluster, Object, object, profile};

const NOW: i64 = 1_800_000_000;

#[test]
fn a_weight_change_is_one_endpoint_write() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |weight| {
        [object(
            "a.example.com",
            &[
                ("profile-name", "p"),
                ("endpoint-name", "e"),
                ("weight", weight),
            ],
        )]
    };
    assert_eq!(east.run(&mut azure, &with("70"), NOW).writes, 1);
    assert_eq!(east.run(&mut azure, &with("70"), NOW).writes, 0);
    assert_eq!(east.run(&mut azure, &with("50"), NOW).writes, 1);
    assert_eq!(
        azure
            .endpoint(&profile("p"), "e")
            .unwrap()
            .properties
            .weight,
        Some(50)
    );
}

#[test]
fn an_invalid_annotation_keeps_an_existing_member_and_creates_no_new_one() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |weight| {
        object(
            "a.example.com",
            &[
                ("profile-name", "p"),
                ("endpoint-name", "e"),
                ("weight", weight),
            ],
        )
    };
    east.run(&mut azure, &[with("70")], NOW);
    let poison = object("b.example.com", &[("profile-name", "p"), ("weight", "7O")]);
    let good = object("c.example.com", &[("profile-name", "p")]);
    let looped = east.run(&mut azure, &[with("heavy"), poison, good], NOW);
    assert_eq!(
        azure
            .endpoint(&profile("p"), "e")
            .unwrap()
            .properties
            .weight,
        Some(70)
    );
    assert_eq!(
        azure.profiles[&profile("p")].endpoints().len(),
        2,
        "the good one is there"
    );
    assert_eq!(
        looped
            .findings
            .iter()
            .filter(|f| f.reason == Reason::InvalidAnnotation)
            .count(),
        2
    );
}

#[test]
fn priorities_swap_without_losing_a_member() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |a, b| {
        let settings = |endpoint, priority| {
            [
                ("profile-name", "p"),
                ("routing-method", "Priority"),
                ("endpoint-name", endpoint),
                ("priority", priority),
            ]
        };
        [
            object("a.example.com", &settings("ea", a)),
            object("b.example.com", &settings("eb", b)),
        ]
    };
    east.run(&mut azure, &with("1", "2"), NOW);
    let looped = east.run(&mut azure, &with("2", "1"), NOW);
    assert_eq!(
        azure
            .endpoint(&profile("p"), "ea")
            .unwrap()
            .properties
            .priority,
        Some(2)
    );
    assert_eq!(
        azure
            .endpoint(&profile("p"), "eb")
            .unwrap()
            .properties
            .priority,
        Some(1)
    );
    assert_eq!(looped.writes, 3, "one aside and two into place");
}

#[test]
fn a_move_between_profiles_leaves_nothing_behind() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |name| {
        [object(
            "a.example.com",
            &[("profile-name", name), ("endpoint-name", "e")],
        )]
    };
    east.run(&mut azure, &with("p"), NOW);
    east.run(&mut azure, &with("q"), NOW);
    assert!(azure.endpoint(&profile("q"), "e").is_some());
    assert!(azure.endpoint(&profile("p"), "e").is_none());
    assert!(east.run(&mut azure, &with("q"), NOW).changes.is_none());
}

#[test]
fn a_move_cut_short_is_finished() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |name| {
        [object(
            "a.example.com",
            &[("profile-name", name), ("endpoint-name", "e")],
        )]
    };
    east.run(&mut azure, &with("p"), NOW);
    let old = azure.profiles[&profile("p")].clone();
    east.run(&mut azure, &with("q"), NOW);
    // The crash: the member joined the new profile and never left the old one.
    azure.profiles.insert(profile("p"), old);
    east.run(&mut azure, &with("q"), NOW);
    assert!(azure.endpoint(&profile("p"), "e").is_none());
    assert!(azure.endpoint(&profile("q"), "e").is_some());
    assert!(east.run(&mut azure, &with("q"), NOW).changes.is_none());
}

#[test]
fn the_last_member_retires_the_profile_and_a_new_one_revives_it() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    east.run(&mut azure, &objects, NOW);
    east.run(&mut azure, &[], NOW);
    let retired = &azure.profiles[&profile("p")];
    assert_eq!(
        retired.properties.profile_status.as_deref(),
        Some("Disabled")
    );
    assert!(retired.tag("externaldns-retired").is_some());
    east.run(&mut azure, &objects, NOW);
    let revived = &azure.profiles[&profile("p")];
    assert_eq!(
        revived.properties.profile_status.as_deref(),
        Some("Enabled")
    );
    assert!(revived.tag("externaldns-retired").is_none());
    assert!(east.run(&mut azure, &objects, NOW).changes.is_none());
}

#[test]
fn an_empty_enabled_is_a_mistake_and_not_a_deletion() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |enabled| {
        [object(
            "a.example.com",
            &[
                ("profile-name", "p"),
                ("endpoint-name", "e"),
                ("enabled", enabled),
            ],
        )]
    };
    east.run(&mut azure, &with("true"), NOW);
    for mistake in ["", "yes", "ture"] {
        let looped = east.run(&mut azure, &with(mistake), NOW);
        assert!(looped.changes.is_none(), "{mistake:?}");
        assert_eq!(looped.findings[0].reason, Reason::InvalidAnnotation);
    }
    east.run(&mut azure, &with("false"), NOW);
    assert!(azure.endpoint(&profile("p"), "e").is_none());
}

#[test]
fn a_typo_that_hits_another_objects_endpoint_deletes_nothing() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let of = |host: &str, endpoint: &'static str| {
        object(host, &[("profile-name", "p"), ("endpoint-name", endpoint)])
    };
    east.run(
        &mut azure,
        &[of("a.example.com", "ea"), of("b.example.com", "eb")],
        NOW,
    );
    let looped = east.run(
        &mut azure,
        &[of("a.example.com", "ea"), of("b.example.com", "ea")],
        NOW,
    );
    assert!(looped.changes.is_none(), "{looped:?}");
    assert_eq!(looped.findings[0].reason, Reason::DuplicateMember);
    assert!(azure.endpoint(&profile("p"), "eb").is_some());
}

#[test]
fn a_new_object_does_not_steal_the_member_of_another_with_the_same_host() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let old = object("shop.example.com", &[("profile-name", "z-prod")]);
    east.run(&mut azure, std::slice::from_ref(&old), NOW);
    let sources = |objects: &[Object]| {
        let mut records = Cluster::sources(objects);
        records[1] = records[1]
            .clone()
            .with_label("resource", "ingress/default/test");
        records
    };
    let new = object("shop.example.com", &[("profile-name", "a-test")]);
    let (records, findings) = east.adjust(&azure, &sources(&[old, new]));
    assert_eq!(records.len(), 1);
    assert_eq!(
        records[0].property("webhook/traffic-manager-profile-name"),
        Some("z-prod")
    );
    assert_eq!(findings[0].reason, Reason::DuplicateMember);
    assert_eq!(findings[0].subject.resource, "ingress/default/test");
}

#[test]
fn a_rename_writes_the_new_endpoint_before_it_deletes_the_old_one() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |name, target| {
        [object(
            "a.example.com",
            &[
                ("profile-name", "p"),
                ("endpoint-name", name),
                ("target", target),
            ],
        )]
    };
    east.run(&mut azure, &with("old", "one.example.net"), NOW);
    east.run(&mut azure, &with("new", "two.example.net"), NOW);
    assert!(azure.endpoint(&profile("p"), "old").is_none());
    assert!(azure.endpoint(&profile("p"), "new").is_some());
    assert!(azure.deleted_last, "the delete came after the put");
    assert!(
        east.run(&mut azure, &with("new", "two.example.net"), NOW)
            .changes
            .is_none()
    );
}

#[test]
fn a_probe_can_change_from_https_to_tcp() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let https = [object(
        "a.example.com",
        &[("profile-name", "p"), ("monitor-path", "/health")],
    )];
    let tcp = [object(
        "a.example.com",
        &[
            ("profile-name", "p"),
            ("monitor-protocol", "TCP"),
            ("monitor-port", "443"),
        ],
    )];
    east.run(&mut azure, &https, NOW);
    east.run(&mut azure, &tcp, NOW);
    let monitor = azure.profiles[&profile("p")]
        .properties
        .monitor_config
        .clone()
        .unwrap();
    assert_eq!(
        monitor.path.as_deref(),
        Some(""),
        "a PATCH merges: the path has to be taken away"
    );
    assert!(east.run(&mut azure, &tcp, NOW).changes.is_none());
}

/// Found by the law of rest: the old name was put back after the rename.
#[test]
fn an_old_name_that_makes_way_for_a_third_endpoint_stays_away() {
    let (west, mut azure) = (Cluster::new("west"), Azure::default());
    west.run(
        &mut azure,
        &[object(
            "b.example.com",
            &[("profile-name", "p"), ("target", "t.example.net")],
        )],
        NOW,
    );
    let objects = [
        object("a.example.com", &[("profile-name", "p"), ("priority", "1")]),
        object(
            "b.example.com",
            &[
                ("profile-name", "p"),
                ("endpoint-name", "e"),
                ("priority", "2"),
            ],
        ),
    ];
    west.run(&mut azure, &objects, NOW);
    assert_eq!(azure.profiles[&profile("p")].endpoints().len(), 2);
    assert!(west.run(&mut azure, &objects, NOW).changes.is_none());
}

/// Another cluster takes the priority between our adjust and our write.
#[test]
fn an_endpoint_that_is_put_back_stays_claimed() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |name, priority| {
        let annotations = [
            ("profile-name", "p"),
            ("routing-method", "Priority"),
            ("endpoint-name", name),
            ("priority", priority),
        ];
        [object("a.example.com", &annotations)]
    };
    east.run(&mut azure, &with("old", "1"), NOW);
    let (wanted, _) = east.adjust(&azure, &Cluster::sources(&with("new", "5")));
    let endpoints = &mut azure
        .profiles
        .get_mut(&profile("p"))
        .unwrap()
        .properties
        .endpoints;
    let mut stranger = endpoints.as_ref().unwrap()[0].clone();
    stranger.name = Some("stranger".to_owned());
    stranger.properties.target = Some("stranger.example.com".to_owned());
    stranger.properties.priority = Some(5);
    endpoints.as_mut().unwrap().push(stranger);
    let changes = external_dns::Changes {
        create: wanted,
        delete: east.observed(&azure).records(&east.scope.owner),
        ..external_dns::Changes::default()
    };
    let refused = east.carry_out(&mut azure, &changes, NOW);
    assert_eq!(refused.len(), 1);
    assert!(azure.endpoint(&profile("p"), "old").is_some());
    let observed = east.observed(&azure);
    let held = observed.profile(&profile("p")).unwrap();
    assert!(held.claim(&"old".parse().unwrap()).is_some(), "unclaimed");
}
