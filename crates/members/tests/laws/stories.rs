//! Situations that have to come out in one particular way.

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
fn two_owners_share_a_profile_and_the_second_keeps_its_hands_off_the_settings() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let of = |host: &str, endpoint: &'static str, ttl| {
        object(
            host,
            &[
                ("profile-name", "p"),
                ("endpoint-name", endpoint),
                ("dns-ttl", ttl),
            ],
        )
    };
    let easts = [of("a.example.com", "ea", "30")];
    let wests = [of("b.example.com", "eb", "60")];
    east.run(&mut azure, &easts, NOW);
    let looped = west.run(&mut azure, &wests, NOW + 1);
    assert!(
        looped
            .findings
            .iter()
            .any(|finding| finding.reason == Reason::SettingsConflict)
    );
    let ttl = |azure: &Azure| {
        azure.profiles[&profile("p")]
            .properties
            .dns_config
            .as_ref()
            .unwrap()
            .ttl
    };
    assert_eq!(ttl(&azure), Some(30));
    assert!(west.run(&mut azure, &wests, NOW).changes.is_none());
    assert!(east.run(&mut azure, &easts, NOW).changes.is_none());
    // East leaves: the settings are west's now.
    east.run(&mut azure, &[], NOW + 2);
    west.run(&mut azure, &wests, NOW + 3);
    assert_eq!(ttl(&azure), Some(60));
    assert!(west.run(&mut azure, &wests, NOW + 4).changes.is_none());
}

#[test]
fn the_name_of_another_owners_endpoint_is_refused_and_reported() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let of = |host: &str| {
        [object(
            host,
            &[("profile-name", "p"), ("endpoint-name", "e")],
        )]
    };
    east.run(&mut azure, &of("a.example.com"), NOW);
    let looped = west.run(&mut azure, &of("b.example.com"), NOW);
    assert!(looped.changes.is_none());
    insta::assert_snapshot!(looped.findings[0], @"service/default/b.example.com (b.example.com): endpoint e of profile p belongs to owner east (service/default/a.example.com (a.example.com)); choose another webhook-traffic-manager-endpoint-name");
}

#[test]
fn a_profile_of_somebody_else_is_never_touched() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    east.run(&mut azure, &objects, NOW);
    azure.profiles.get_mut(&profile("p")).unwrap().tags = None;
    let writes = azure.writes;
    let looped = east.run(&mut azure, &objects, NOW);
    assert_eq!(azure.writes, writes);
    insta::assert_snapshot!(looped.findings[0], @"service/default/a.example.com (a.example.com): profile p in resource group rg exists and was not made by this system; set webhook-traffic-manager-profile-management to `join` to be a member and nothing more, hand the profile over with `external-dns-traffic-manager adopt p`, or choose another webhook-traffic-manager-profile-name");
}

#[test]
fn a_hand_made_change_is_repaired() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = [object(
        "a.example.com",
        &[
            ("profile-name", "p"),
            ("endpoint-name", "e"),
            ("weight", "70"),
        ],
    )];
    east.run(&mut azure, &objects, NOW);
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    held.properties.endpoints.as_mut().unwrap()[0]
        .properties
        .weight = Some(1);
    held.properties.monitor_config.as_mut().unwrap().port = Some(8080);
    assert_eq!(east.run(&mut azure, &objects, NOW).writes, 2);
    assert_eq!(
        azure
            .endpoint(&profile("p"), "e")
            .unwrap()
            .properties
            .weight,
        Some(70)
    );
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
fn a_target_that_is_the_vanity_host_of_another_owner_is_refused() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let easts = [object(
        "a.example.com",
        &[("profile-name", "p"), ("hostname", "app.example.com")],
    )];
    east.run(&mut azure, &easts, NOW);
    let wests = [object("app.example.com", &[("profile-name", "p")])];
    let looped = west.run(&mut azure, &wests, NOW);
    assert!(looped.changes.is_none());
    insta::assert_snapshot!(looped.findings[0], @"service/default/app.example.com (app.example.com): target app.example.com is the vanity host of profile p: users would go round in circles; name another with webhook-traffic-manager-target");
}

#[test]
fn wiped_claims_are_made_again_and_nothing_else_happens() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    east.run(&mut azure, &objects, NOW);
    let tags = azure
        .profiles
        .get_mut(&profile("p"))
        .unwrap()
        .tags
        .as_mut()
        .unwrap();
    tags.retain(|name, _| !name.contains("claims"));
    let before = azure.endpoint(&profile("p"), "e").cloned();
    let looped = east.run(&mut azure, &objects, NOW);
    assert_eq!(looped.writes, 1, "the claim");
    assert_eq!(azure.endpoint(&profile("p"), "e").cloned(), before);
    assert!(east.run(&mut azure, &objects, NOW).changes.is_none());
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
fn a_foreign_endpoint_keeps_its_profile_in_use_whatever_its_name() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    east.run(&mut azure, &objects, NOW);
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    let endpoints = held.properties.endpoints.as_mut().unwrap();
    let mut foreign = endpoints[0].clone();
    foreign.name = Some("blue & green | 100%".to_owned());
    foreign.properties.target = Some("foreign.example.com".to_owned());
    foreign.properties.priority = Some(9);
    endpoints.push(foreign);
    east.run(&mut azure, &[], NOW);
    let held = &azure.profiles[&profile("p")];
    assert_eq!(held.endpoints().len(), 1);
    assert_eq!(held.properties.profile_status.as_deref(), Some("Enabled"));
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
fn a_joining_member_is_not_left_in_the_dark_by_a_claim_without_endpoint() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let of = |host: &str, endpoint: &'static str| {
        [object(
            host,
            &[("profile-name", "p"), ("endpoint-name", endpoint)],
        )]
    };
    east.run(&mut azure, &of("a.example.com", "ea"), NOW);
    let claims = azure.profiles[&profile("p")]
        .tag("externaldns-claims-0-east")
        .unwrap()
        .to_owned();
    east.run(&mut azure, &[], NOW);
    // East was killed before it gave up its claim, and does not come back.
    let tags = azure
        .profiles
        .get_mut(&profile("p"))
        .unwrap()
        .tags
        .as_mut()
        .unwrap();
    tags.insert("externaldns-claims-0-east".to_owned(), claims);
    west.run(&mut azure, &of("b.example.com", "eb"), NOW + 60);
    let status = azure.profiles[&profile("p")]
        .properties
        .profile_status
        .as_deref();
    assert_eq!(status, Some("Enabled"));
}

#[test]
fn tags_written_again_in_another_case_are_still_ours() {
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
    east.run(&mut azure, &with("70"), NOW);
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    let tags = held.tags.take().unwrap();
    held.tags = Some(
        tags.into_iter()
            .map(|(name, value)| (name.to_uppercase(), value))
            .collect(),
    );
    east.run(&mut azure, &with("50"), NOW);
    assert!(east.run(&mut azure, &with("50"), NOW).changes.is_none());
    assert_eq!(
        azure
            .endpoint(&profile("p"), "e")
            .unwrap()
            .properties
            .weight,
        Some(50)
    );
    assert_eq!(east.observed(&azure).records(&east.scope.owner).len(), 1);
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
