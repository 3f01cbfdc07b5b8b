//! Situations in which several members stand in each other's way.

use std::time::Duration;

use members::Reason;

use crate::azure::Azure;
use crate::cluster::{Cluster, object, profile};
use crate::keeping::{pair, reasons, targets};

const NOW: i64 = 1_800_000_000;

/// Two objects want one range, and the one that would get it is refused for
/// another reason.
#[test]
fn who_gets_nothing_costs_nobody_else_a_thing() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let priority = [
        ("profile-name", "p"),
        ("routing-method", "Priority"),
        ("priority", "1"),
    ];
    west.run(&mut azure, &[object("w.example.com", &priority)], NOW);
    let objects = [
        object(
            "a.example.com",
            &[
                ("profile-name", "p"),
                ("priority", "1"),
                ("subnets", "20.1.0.0/16"),
            ],
        ),
        object(
            "b.example.com",
            &[
                ("profile-name", "p"),
                ("subnets", "20.1.2.0-20.1.2.9"),
                ("endpoint-name", "eb"),
            ],
        ),
    ];
    let looped = east.run(&mut azure, &objects, NOW);
    assert_eq!(reasons(&looped.findings), [Reason::EndpointConflict]);
    assert!(looped.findings[0].message.contains("priorities are unique"));
    assert_eq!(targets(&azure, "p")[0], pair("eb", "b.example.com"));
    assert!(east.run(&mut azure, &objects, NOW).changes.is_none());
}

/// Outside Geographic routing Azure can hold one code twice, for example after
/// two clusters have written at the same moment.
#[test]
fn a_code_that_two_owners_have_is_reported_and_not_written_for_ever() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let with = |host, weight| {
        let annotations = [
            ("profile-name", "p"),
            ("geo-mapping", "DE"),
            ("weight", weight),
        ];
        [object(host, &annotations)]
    };
    let other = object("w.example.com", &[("profile-name", "p")]);
    west.run(&mut azure, &[other], NOW);
    east.run(&mut azure, &with("a.example.com", "70"), NOW);
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    for endpoint in held.properties.endpoints.iter_mut().flatten() {
        endpoint.properties.geo_mapping = Some(vec!["DE".to_owned()]);
    }
    let looped = east.run(&mut azure, &with("a.example.com", "50"), NOW);
    assert!(looped.changes.is_none(), "{looped:#?}");
    assert_eq!(reasons(&looped.findings), [Reason::EndpointConflict]);
}

#[test]
fn what_only_waits_for_the_end_of_its_grace_is_in_nobodys_way() {
    let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
    east.scope.brakes.delete_grace = Duration::from_mins(5);
    let stay = [
        object("c.example.com", &[("profile-name", "p")]),
        object("d.example.com", &[("profile-name", "q")]),
    ];
    let with = |a, b| {
        let of = |host, profile| {
            object(
                host,
                &[("profile-name", profile), ("target", "t.example.net")],
            )
        };
        let mut all = stay.to_vec();
        all.extend([of("a.example.com", a), of("b.example.com", b)]);
        all
    };
    east.run(&mut azure, &with("p", "q"), NOW);
    east.run(&mut azure, &stay, NOW + 1);
    // They come back, each in the other's place.
    let looped = east.run(&mut azure, &with("q", "p"), NOW + 2);
    assert_eq!(looped.findings, []);
    let enabled = |name| {
        let endpoints = azure.profiles[&profile(name)].endpoints().iter();
        endpoints.filter(|endpoint| endpoint.is_enabled()).count()
    };
    assert_eq!((enabled("p"), enabled("q")), (2, 2));
}

/// Another cluster takes the target that one is to change to, between our
/// listing and our write.
#[test]
fn nothing_makes_way_for_a_write_that_cannot_come_true() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let of = |host, endpoint, target| {
        let annotations = [
            ("profile-name", "p"),
            ("endpoint-name", endpoint),
            ("target", target),
        ];
        object(host, &annotations)
    };
    let before = [
        of("a.example.com", "ea", "t1.example.net"),
        of("b.example.com", "eb", "t2.example.net"),
    ];
    let after = [
        of("a.example.com", "ea", "t2.example.net"),
        of("b.example.com", "eb", "t3.example.net"),
    ];
    east.run(&mut azure, &before, NOW);
    let current = east.observed(&azure).records(&east.scope.owner);
    let (wanted, _) = east.adjust(&azure, &Cluster::sources(&after));
    west.run(
        &mut azure,
        &[of("w.example.com", "ew", "t3.example.net")],
        NOW,
    );
    let changes = external_dns::Changes {
        update_old: current,
        update_new: wanted,
        ..external_dns::Changes::default()
    };
    let refused = east.carry_out(&mut azure, &changes, NOW);
    assert_eq!(refused.len(), 2, "{refused:?}");
    let held = targets(&azure, "p");
    assert_eq!(
        held[..2],
        [pair("ea", "t1.example.net"), pair("eb", "t2.example.net")]
    );
}

/// Another cluster takes the new name of a rename, or changes the method, between
/// our listing and our write.
#[test]
fn a_rename_whose_new_name_is_refused_at_the_last_moment_keeps_the_old_one() {
    let (east, west) = (Cluster::new("east"), Cluster::new("west"));
    let of = |host, endpoint| {
        [object(
            host,
            &[("profile-name", "p"), ("endpoint-name", endpoint)],
        )]
    };
    let geographic = [object(
        "w.example.com",
        &[
            ("profile-name", "p"),
            ("routing-method", "Geographic"),
            ("geo-mapping", "WORLD"),
        ],
    )];
    for wests in [of("w.example.com", "new"), geographic] {
        let mut azure = Azure::default();
        east.run(&mut azure, &of("a.example.com", "old"), NOW);
        let planned = east.plan(&azure, &of("a.example.com", "new")).unwrap();
        if wests[0].1.len() == 3 {
            // Whoever has been there before decides the method.
            let held = azure.profiles.get_mut(&profile("p")).unwrap();
            held.properties.traffic_routing_method = Some("Geographic".to_owned());
            let tags = held.tags.as_mut().unwrap();
            tags.insert("externaldns-settings-owner".to_owned(), "west".to_owned());
            held.properties.endpoints.as_mut().unwrap()[0]
                .properties
                .geo_mapping = Some(vec!["DE".to_owned()]);
        }
        west.run(&mut azure, &wests, NOW);
        east.carry_out(&mut azure, &planned, NOW);
        let held = targets(&azure, "p");
        let is_there = |(_, target): &(String, String)| target == "a.example.com";
        assert!(held.iter().any(is_there), "{held:?}");
    }
}

/// One takes over the target of another that moves away; the first is in service
/// all the time.
#[test]
fn who_is_in_service_and_waits_for_one_that_moves_keeps_its_profile_alive() {
    let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
    east.scope.brakes.keep_last_member = true;
    let of = |host, profile, target| {
        let annotations = [("profile-name", profile), ("target", target)];
        object(host, &annotations)
    };
    let before = [
        of("a.example.com", "p", "t1.example.net"),
        of("b.example.com", "p", "t2.example.net"),
    ];
    let after = [
        of("a.example.com", "p", "t2.example.net"),
        of("b.example.com", "q", "t3.example.net"),
    ];
    east.run(&mut azure, &before, NOW);
    for _ in 0..2 {
        east.run(&mut azure, &after, NOW);
    }
    assert!(east.run(&mut azure, &after, NOW).changes.is_none());
    assert_eq!(targets(&azure, "p")[0].1, "t2.example.net");
    assert_eq!(targets(&azure, "q")[0].1, "t3.example.net");
}

/// The method of a profile cannot change before one that moves away has left it;
/// that one is not held back for it.
#[test]
fn two_that_exchange_profiles_and_change_their_methods_arrive() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let with = |host, profile, method| {
        let annotations = [
            ("profile-name", profile),
            ("routing-method", method),
            ("endpoint-location", "eastus"),
        ];
        let wanted = if method == "Performance" { 3 } else { 2 };
        object(host, &annotations[..wanted])
    };
    let before = [
        with("a.example.com", "q", "Weighted"),
        with("b.example.com", "p", "Subnet"),
    ];
    let after = [
        with("a.example.com", "p", "Performance"),
        with("b.example.com", "q", "Performance"),
    ];
    east.run(&mut azure, &before, NOW);
    for _ in 0..2 {
        east.run(&mut azure, &after, NOW);
    }
    assert_eq!(targets(&azure, "p")[0].1, "a.example.com");
    assert_eq!(targets(&azure, "q")[0].1, "b.example.com");
    assert!(east.run(&mut azure, &after, NOW).changes.is_none());
}

/// A record type that one member cannot have is not set, and that one is told
/// nothing and follows its annotations.
#[test]
fn a_record_type_that_a_neighbour_cannot_have_holds_up_the_leader_alone() {
    let (mut east, mut azure) = (Cluster::new("east"), Azure::default());
    east.scope.api_version = traffic_manager::ApiVersion::V2026_09_01;
    let objects = |record_type: &[(&'static str, &str)], weight| {
        let shared = [("profile-name", "p"), ("routing-method", "MultiValue")];
        let mut leader = shared.to_vec();
        leader.push(("target", "20.1.2.3"));
        leader.extend(record_type);
        let mut other = shared.to_vec();
        other.extend([("target", "2a01:111::1"), ("weight", weight)]);
        [
            object("a.example.com", &leader),
            object("b.example.com", &other),
        ]
    };
    east.run(&mut azure, &objects(&[], "70")[..1], NOW);
    east.run(&mut azure, &objects(&[], "70"), NOW + 1);
    let after = objects(&[("record-type", "A")], "50");
    let looped = east.run(&mut azure, &after, NOW + 2);
    let told: Vec<_> = looped
        .findings
        .iter()
        .map(|finding| &finding.subject.host)
        .collect();
    assert!(
        told.iter().all(|host| *host == "a.example.com"),
        "{looped:#?}"
    );
    let held = azure.profiles[&profile("p")].endpoints();
    let weights: Vec<_> = held
        .iter()
        .map(|endpoint| endpoint.properties.weight)
        .collect();
    assert!(weights.contains(&Some(50)), "{weights:?}");
    assert!(east.run(&mut azure, &after, NOW + 3).changes.is_none());
}
