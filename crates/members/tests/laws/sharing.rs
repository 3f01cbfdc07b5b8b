//! Several owners, other tools and people at one profile.

use members::Reason;

use crate::azure::Azure;
use crate::cluster::{Cluster, object, profile};

const NOW: i64 = 1_800_000_000;

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
