//! Members that are taken away with care.

use std::time::Duration;

use jiff::Timestamp;
use members::Reason;
use members::plan::{Upkeep, upkeep};
use traffic_manager::Switch;

use crate::azure::Azure;
use crate::cluster::{Cluster, Object, object, profile};

const NOW: i64 = 1_800_000_000;
const GRACE: i64 = 300;

fn member(host: &str, endpoint: &'static str, more: &[(&'static str, &'static str)]) -> Object {
    let mut annotations = vec![("profile-name", "p"), ("endpoint-name", endpoint)];
    annotations.extend(more);
    object(host, &annotations)
}

fn keeping(owner: &str) -> Cluster {
    let mut cluster = Cluster::new(owner);
    cluster.scope.brakes.keep_last_member = true;
    cluster
}

fn patient(owner: &str) -> Cluster {
    let mut cluster = Cluster::new(owner);
    cluster.scope.brakes.delete_grace = Duration::from_secs(GRACE.unsigned_abs());
    cluster
}

fn enabled(azure: &Azure, endpoint: &str) -> Option<bool> {
    let endpoint = azure.endpoint(&profile("p"), endpoint)?;
    Some(endpoint.is_enabled())
}

/// What the cluster does of its own accord.
fn keep_up(cluster: &Cluster, azure: &mut Azure, now: i64) -> usize {
    let rule = Upkeep {
        grace: Some(Duration::from_hours(1)),
        delete_grace: cluster.scope.brakes.delete_grace,
    };
    let now = Timestamp::from_second(now).unwrap();
    let before = azure.writes;
    for (id, plan) in upkeep(&cluster.observed(azure), &cluster.scope.owner, rule, now) {
        for step in plan.steps {
            azure.write(&id, &step.write).unwrap();
        }
    }
    azure.writes - before
}

#[test]
fn the_last_enabled_member_outlives_its_object() {
    let (east, west, mut azure) = (keeping("east"), keeping("west"), Azure::default());
    let easts = [member("a.example.com", "e", &[])];
    let wests = [member("b.example.com", "w", &[])];
    east.run(&mut azure, &easts, NOW);
    let looped = east.run(&mut azure, &[], NOW);
    assert!(looped.changes.is_none(), "not even a plan");
    insta::assert_snapshot!(looped.findings[0], @"service/default/a.example.com (a.example.com): endpoint e is the last enabled one of profile p and is kept: without it users get no answer");
    assert_eq!(enabled(&azure, "e"), Some(true));

    west.run(&mut azure, &wests, NOW);
    let looped = east.run(&mut azure, &[], NOW);
    assert_eq!(looped.findings, []);
    assert_eq!(enabled(&azure, "e"), None, "now it can go");
    west.run(&mut azure, &[], NOW);
    assert_eq!(enabled(&azure, "w"), Some(true), "and this one cannot");
}

#[test]
fn the_last_enabled_member_is_not_disabled() {
    let (east, mut azure) = (keeping("east"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    let drained = [member("a.example.com", "e", &[("weight", "0")])];
    let looped = east.run(&mut azure, &drained, NOW);
    assert_eq!(looped.findings[0].reason, Reason::LastMember);
    assert_eq!(enabled(&azure, "e"), Some(true));
    assert!(east.run(&mut azure, &drained, NOW).changes.is_none());
}

#[test]
fn the_last_enabled_member_does_not_move_away() {
    let (east, mut azure) = (keeping("east"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    let moved = [object(
        "a.example.com",
        &[("profile-name", "q"), ("endpoint-name", "e")],
    )];
    let looped = east.run(&mut azure, &moved, NOW);
    assert!(looped.changes.is_none());
    insta::assert_snapshot!(looped.findings[0], @"service/default/a.example.com (a.example.com): endpoint e is the last enabled one of profile p and stays in this profile: without it users get no answer");
    assert!(!azure.profiles.contains_key(&profile("q")));
}

#[test]
fn the_last_enabled_member_can_get_another_name() {
    let (east, mut azure) = (keeping("east"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    let renamed = [member("a.example.com", "f", &[])];
    let looped = east.run(&mut azure, &renamed, NOW);
    assert_eq!(looped.findings, []);
    assert_eq!(
        (enabled(&azure, "e"), enabled(&azure, "f")),
        (None, Some(true))
    );
}

#[test]
fn the_last_member_is_kept_when_the_other_one_left_after_the_listing() {
    let (east, west, mut azure) = (keeping("east"), Cluster::new("west"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    west.run(&mut azure, &[member("b.example.com", "w", &[])], NOW);
    let records = east.observed(&azure).records(&east.scope.owner);
    west.run(&mut azure, &[], NOW);
    let changes = external_dns::Changes {
        delete: records,
        ..external_dns::Changes::default()
    };
    let refused = east.carry_out(&mut azure, &changes, NOW);
    assert_eq!(refused[0].reason, Reason::LastMember);
    assert_eq!(enabled(&azure, "e"), Some(true));
}

#[test]
fn a_member_whose_object_is_gone_is_disabled_at_once_and_deleted_after_the_grace() {
    let (east, mut azure) = (patient("east"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    east.run(&mut azure, &[], NOW + 10);
    assert_eq!(enabled(&azure, "e"), Some(false));
    let looped = east.run(&mut azure, &[], NOW + 70);
    assert!(
        looped.changes.is_none(),
        "ExternalDNS has nothing left to do"
    );
    assert_eq!(keep_up(&east, &mut azure, NOW + 9 + GRACE), 0);
    assert_eq!(enabled(&azure, "e"), Some(false));
    assert!(keep_up(&east, &mut azure, NOW + 10 + GRACE) > 0);
    assert_eq!(enabled(&azure, "e"), None);
    let held = &azure.profiles[&profile("p")];
    assert_eq!(
        held.properties.profile_status.as_deref(),
        Some("Disabled"),
        "retired"
    );
    assert!(
        !held
            .tags
            .iter()
            .flatten()
            .any(|(name, _)| name.contains("claims"))
    );
}

#[test]
fn a_member_that_returns_within_the_grace_is_enabled_again() {
    let (east, mut azure) = (patient("east"), Azure::default());
    let objects = [member("a.example.com", "e", &[])];
    east.run(&mut azure, &objects, NOW);
    let claimed = |azure: &Azure| {
        east.observed(azure)
            .profile(&profile("p"))
            .unwrap()
            .claims()
            .to_vec()
    };
    let before = claimed(&azure);
    east.run(&mut azure, &[], NOW + 10);
    assert_ne!(claimed(&azure), before);
    east.run(&mut azure, &objects, NOW + 70);
    assert_eq!(enabled(&azure, "e"), Some(true));
    assert_eq!(claimed(&azure), before, "with its old claim");
    assert!(east.run(&mut azure, &objects, NOW + 80).changes.is_none());
    assert_eq!(keep_up(&east, &mut azure, NOW + 80 + 2 * GRACE), 0);
}

#[test]
fn a_disabling_that_was_cut_short_is_done_by_upkeep() {
    let (east, mut azure) = (patient("east"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    east.run(&mut azure, &[], NOW + 10);
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    let endpoint = &mut held.properties.endpoints.as_mut().unwrap()[0];
    endpoint.properties.endpoint_status = Some(Switch::Enabled.to_string());
    assert_eq!(keep_up(&east, &mut azure, NOW + 20), 1);
    assert_eq!(enabled(&azure, "e"), Some(false));
    assert_eq!(keep_up(&east, &mut azure, NOW + 30), 0);
}

#[test]
fn a_leaving_member_makes_way() {
    let (east, mut azure) = (patient("east"), Azure::default());
    let target = ("target", "t.example.net");
    east.run(&mut azure, &[member("a.example.com", "e", &[target])], NOW);
    east.run(&mut azure, &[], NOW + 10);
    let other = [member("b.example.com", "f", &[target])];
    let looped = east.run(&mut azure, &other, NOW + 20);
    assert_eq!(looped.findings, []);
    assert_eq!(
        (enabled(&azure, "e"), enabled(&azure, "f")),
        (None, Some(true))
    );
    assert_eq!(keep_up(&east, &mut azure, NOW + 2 * GRACE), 0);
}

#[test]
fn a_leaving_member_does_not_hold_up_a_change_of_the_method() {
    let (east, mut azure) = (patient("east"), Azure::default());
    let stays = |more: &[(&'static str, &'static str)]| member("b.example.com", "f", more);
    east.run(
        &mut azure,
        &[member("a.example.com", "e", &[]), stays(&[])],
        NOW,
    );
    east.run(&mut azure, &[stays(&[])], NOW + 10);
    let geographic = [stays(&[
        ("routing-method", "Geographic"),
        ("geo-mapping", "WORLD"),
    ])];
    east.run(&mut azure, &geographic, NOW + 20);
    let method = azure.profiles[&profile("p")]
        .properties
        .traffic_routing_method
        .clone();
    assert_eq!(method.as_deref(), Some("Geographic"));
    assert_eq!(enabled(&azure, "e"), None);
}

#[test]
fn a_rename_and_a_move_wait_for_no_grace() {
    let (east, mut azure) = (patient("east"), Azure::default());
    east.run(&mut azure, &[member("a.example.com", "e", &[])], NOW);
    east.run(&mut azure, &[member("a.example.com", "f", &[])], NOW);
    assert_eq!(
        (enabled(&azure, "e"), enabled(&azure, "f")),
        (None, Some(true))
    );
    let moved = [object(
        "a.example.com",
        &[("profile-name", "q"), ("endpoint-name", "f")],
    )];
    east.run(&mut azure, &moved, NOW);
    assert_eq!(enabled(&azure, "f"), None);
}
