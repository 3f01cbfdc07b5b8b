//! Settings of the profile: each is set, changed and removed with a quiet loop
//! after it, is repaired, and is left alone by those who do not decide it.

use members::gather::gather;
use members::resolve::{Blocked, resolve};
use members::want::Want;
use members::{Member, PublicIps, Reason};
use rstest::rstest;
use serde_json::{Value, json};
use traffic_manager::tag::TAGS_MAX;

use crate::azure::Azure;
use crate::cluster::{Cluster, Object, object, profile};

const NOW: i64 = 1_800_000_000;

fn with(annotations: &[(&'static str, &str)]) -> Vec<Object> {
    let base = [
        ("profile-name", "p"),
        ("endpoint-name", "e"),
        ("hostname", "app.example.com"),
    ];
    vec![object("a.example.com", &[&base, annotations].concat())]
}

/// What Azure holds at this place of the profile's `properties`.
fn held(azure: &Azure, pointer: &str) -> Value {
    let properties = serde_json::to_value(&azure.profiles[&profile("p")].properties).unwrap();
    properties.pointer(pointer).cloned().unwrap_or_default()
}

/// A loop that changes something, and one that has nothing to do.
fn run(cluster: &Cluster, azure: &mut Azure, objects: &[Object]) {
    cluster.run(azure, objects, NOW);
    let quiet = cluster.run(azure, objects, NOW);
    assert!(quiet.changes.is_none(), "{:?}", quiet.changes);
    assert_eq!(quiet.findings, []);
}

#[rstest]
#[case("monitor-interval", "/monitorConfig/intervalInSeconds", json!(30), ("10", json!(10)), ("30", json!(30)))]
#[case("monitor-timeout", "/monitorConfig/timeoutInSeconds", json!(10), ("5", json!(5)), ("9", json!(9)))]
#[case("monitor-tolerated-failures", "/monitorConfig/toleratedNumberOfFailures", json!(3), ("0", json!(0)), ("9", json!(9)))]
#[case(
    "monitor-expected-status-codes",
    "/monitorConfig/expectedStatusCodeRanges",
    json!([]),
    ("301,200-299", json!([{"min": 200, "max": 299}, {"min": 301, "max": 301}])),
    ("204", json!([{"min": 204, "max": 204}]))
)]
#[case(
    "monitor-headers",
    "/monitorConfig/customHeaders",
    json!([{"name": "Host", "value": "app.example.com"}]),
    ("X-A: 1", json!([{"name": "Host", "value": "app.example.com"}, {"name": "X-A", "value": "1"}])),
    ("Host: b.example.com", json!([{"name": "Host", "value": "b.example.com"}]))
)]
#[case(
    "monitor-host",
    "/monitorConfig/customHeaders",
    json!([{"name": "Host", "value": "app.example.com"}]),
    ("none", json!([])),
    ("B.example.com:8443", json!([{"name": "Host", "value": "b.example.com:8443"}]))
)]
#[case("traffic-view", "/trafficViewEnrollmentStatus", json!("Disabled"), ("true", json!("Enabled")), ("Disabled", json!("Disabled")))]
fn a_setting_is_set_changed_removed_and_repaired(
    #[case] name: &'static str,
    #[case] place: &str,
    #[case] default: Value,
    #[case] set: (&str, Value),
    #[case] changed: (&str, Value),
) {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    run(&east, &mut azure, &with(&[]));
    let at_first = held(&azure, place);
    assert!(at_first == default || (at_first.is_null() && default == json!([])));
    for (text, value) in [&set, &changed] {
        run(&east, &mut azure, &with(&[(name, text)]));
        assert_eq!(held(&azure, place), *value, "{name}: {text}");
    }
    run(&east, &mut azure, &with(&[]));
    assert_eq!(held(&azure, place), default, "removed");
    // Somebody changes it by hand.
    run(&east, &mut azure, &with(&[(name, changed.0)]));
    let by_hand = azure.profiles[&profile("p")].properties.clone();
    run(&east, &mut azure, &with(&[(name, set.0)]));
    azure.profiles.get_mut(&profile("p")).unwrap().properties = by_hand;
    run(&east, &mut azure, &with(&[(name, set.0)]));
    assert_eq!(held(&azure, place), set.1, "repaired");
}

/// Azure answers every default, and leaves empty lists out.
#[test]
fn defaults_that_azure_spells_out_or_leaves_out_are_the_same() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = with(&[("monitor-interval", "10"), ("monitor-host", "none")]);
    run(&east, &mut azure, &objects);
    let properties = &mut azure.profiles.get_mut(&profile("p")).unwrap().properties;
    properties.traffic_view_enrollment_status = None;
    let monitor = properties.monitor_config.as_mut().unwrap();
    assert_eq!(monitor.timeout_in_seconds.take(), Some(9));
    assert_eq!(monitor.tolerated_number_of_failures.take(), Some(3));
    monitor.custom_headers = Some(json!([]));
    monitor.expected_status_code_ranges = Some(Value::Null);
    assert!(east.run(&mut azure, &objects, NOW).changes.is_none());
}

#[test]
fn lists_that_this_system_would_not_write_are_repaired_and_hold_nobody_up() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    run(&east, &mut azure, &with(&[]));
    let properties = &mut azure.profiles.get_mut(&profile("p")).unwrap().properties;
    let monitor = properties.monitor_config.as_mut().unwrap();
    monitor.custom_headers = Some(json!([{"name": "X", "value": "é"}, {"name": "x", "value": ""}]));
    monitor.expected_status_code_ranges = Some(json!([{"min": 0, "max": 0}]));
    let wests = [object(
        "b.example.com",
        &[("profile-name", "p"), ("endpoint-name", "eb")],
    )];
    west.run(&mut azure, &wests, NOW);
    assert!(azure.endpoint(&profile("p"), "eb").is_some());
    assert_eq!(
        held(&azure, "/monitorConfig/customHeaders")[0]["value"],
        "é"
    );
    run(&east, &mut azure, &with(&[]));
    assert_eq!(
        held(&azure, "/monitorConfig/customHeaders"),
        json!([{"name": "Host", "value": "app.example.com"}])
    );
    assert_eq!(
        held(&azure, "/monitorConfig/expectedStatusCodeRanges"),
        json!([])
    );
    assert!(west.run(&mut azure, &wests, NOW).changes.is_none());
}

#[test]
fn who_does_not_decide_changes_no_setting_and_says_so() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    run(&east, &mut azure, &with(&[("monitor-interval", "10")]));
    let of = |annotations: &[(&'static str, &str)]| {
        let base = [("profile-name", "p"), ("endpoint-name", "eb")];
        [object("b.example.com", &[&base, annotations].concat())]
    };
    // Defaults are no dispute, also those that depend on a vanity host.
    let looped = west.run(&mut azure, &of(&[]), NOW);
    assert_eq!(looped.findings, []);
    let asks = of(&[
        ("monitor-timeout", "10"),
        ("monitor-headers", "X-A: 1"),
        ("monitor-host", "none"),
        ("traffic-view", "true"),
    ]);
    let looped = west.run(&mut azure, &asks, NOW);
    assert!(looped.changes.is_none());
    assert_eq!(looped.findings[0].reason, Reason::SettingsConflict);
    insta::assert_snapshot!(looped.findings[0].message, @r#"the settings of profile p are shared and owner east decides: webhook-traffic-manager-monitor-headers is "X-A: …" here and "unset" there; webhook-traffic-manager-monitor-host is "none" here and "app.example.com" there; webhook-traffic-manager-monitor-timeout is "10" here and "9" there; webhook-traffic-manager-traffic-view is "Enabled" here and "Disabled" there"#);
    // East leaves, and west's wishes come true.
    east.run(&mut azure, &[], NOW);
    run(&west, &mut azure, &asks);
    assert_eq!(held(&azure, "/monitorConfig/timeoutInSeconds"), 10);
    assert_eq!(held(&azure, "/monitorConfig/intervalInSeconds"), 30);
    assert_eq!(
        held(&azure, "/monitorConfig/customHeaders"),
        json!([{"name": "X-A", "value": "1"}])
    );
}

#[test]
fn a_profile_that_is_only_joined_keeps_its_settings() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    run(&east, &mut azure, &with(&[]));
    let held_profile = azure.profiles.get_mut(&profile("p")).unwrap();
    held_profile.tags = None;
    let monitor = held_profile.properties.monitor_config.as_mut().unwrap();
    monitor.interval_in_seconds = Some(10);
    monitor.timeout_in_seconds = Some(7);
    monitor.custom_headers = Some(json!([{"name": "X-Theirs", "value": "a; b"}]));
    let before = held_profile.properties.monitor_config.clone();
    let wests = [object(
        "b.example.com",
        &[
            ("profile-name", "p"),
            ("endpoint-name", "eb"),
            ("profile-management", "join"),
            ("hostname", "other.example.com"),
        ],
    )];
    run(&west, &mut azure, &wests);
    assert!(azure.endpoint(&profile("p"), "eb").is_some());
    assert_eq!(
        azure.profiles[&profile("p")].properties.monitor_config,
        before
    );
}

#[test]
fn tcp_takes_away_what_only_http_has() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    run(
        &east,
        &mut azure,
        &with(&[
            ("monitor-headers", "X-A: 1"),
            ("monitor-expected-status-codes", "204"),
        ]),
    );
    run(
        &east,
        &mut azure,
        &with(&[("monitor-protocol", "TCP"), ("monitor-port", "443")]),
    );
    let monitor = held(&azure, "/monitorConfig");
    assert_eq!(monitor["customHeaders"], json!([]));
    assert_eq!(monitor["expectedStatusCodeRanges"], json!([]));
}

fn tags(azure: &Azure) -> Vec<(String, String)> {
    let tags = azure.profiles[&profile("p")].tags.iter().flatten();
    tags.filter(|(name, _)| !name.starts_with("externaldns-") || *name == "externaldns-user-tags")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    tags.iter().map(pair).collect()
}

fn set_by_hand(azure: &mut Azure, name: &str, value: Option<&str>) {
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    let tags = held.tags.as_mut().unwrap();
    match value {
        Some(value) => drop(tags.insert(name.to_owned(), value.to_owned())),
        None => drop(tags.remove(name)),
    }
}

#[test]
fn tags_of_the_user_come_change_and_go() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    run(&east, &mut azure, &with(&[("tags", "env=prod,Team=web")]));
    let names = "externaldns-user-tags";
    assert_eq!(
        tags(&azure),
        pairs(&[("Team", "web"), ("env", "prod"), (names, "env,Team")])
    );
    run(&east, &mut azure, &with(&[("tags", "env=test,owner=me")]));
    assert_eq!(
        tags(&azure),
        pairs(&[("env", "test"), (names, "env,owner"), ("owner", "me")])
    );
    // Changed and taken away by hand.
    set_by_hand(&mut azure, "env", Some("by hand"));
    set_by_hand(&mut azure, "owner", None);
    run(&east, &mut azure, &with(&[("tags", "env=test,owner=me")]));
    assert_eq!(
        tags(&azure),
        pairs(&[("env", "test"), (names, "env,owner"), ("owner", "me")])
    );
    run(&east, &mut azure, &with(&[]));
    assert_eq!(tags(&azure), []);
    run(&east, &mut azure, &with(&[("tags", "env=prod")]));
    assert_eq!(tags(&azure), pairs(&[("env", "prod"), (names, "env")]));
}

#[test]
fn a_tag_of_somebody_else_is_neither_changed_nor_taken_away() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    run(&east, &mut azure, &with(&[]));
    set_by_hand(&mut azure, "Team", Some("web"));
    set_by_hand(&mut azure, "env", Some("theirs"));
    let asks = with(&[("tags", "env=ours,team=web,new=1")]);
    let looped = east.run(&mut azure, &asks, NOW);
    let [finding] = looped.findings.as_slice() else {
        panic!("{:?}", looped.findings);
    };
    assert_eq!(finding.reason, Reason::SettingsConflict);
    insta::assert_snapshot!(finding.message, @r#"webhook-traffic-manager-tags: "env=ours" is not valid: profile p has this tag with the value "theirs", and not from this system, which does not overwrite it"#);
    let held = [
        ("Team", "web"),
        ("env", "theirs"),
        ("externaldns-user-tags", "new"),
        ("new", "1"),
    ];
    assert_eq!(tags(&azure), pairs(&held));
    assert!(east.run(&mut azure, &asks, NOW).changes.is_none());
    run(&east, &mut azure, &with(&[]));
    assert_eq!(tags(&azure), pairs(&[("Team", "web"), ("env", "theirs")]));
}

#[test]
fn tags_that_have_no_room_are_reported_and_nothing_else_suffers() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let many: Vec<_> = (0..44).map(|index| format!("t{index}=x")).collect();
    let many = many.join(",");
    run(&east, &mut azure, &with(&[]));
    for index in 0..20 {
        set_by_hand(&mut azure, &format!("foreign{index}"), Some("x"));
    }
    let asks = with(&[("tags", &many), ("dns-ttl", "60")]);
    let looped = east.run(&mut azure, &asks, NOW);
    assert_eq!(looped.findings.len(), 1);
    assert!(looped.findings[0].message.contains("have no room for them"));
    assert_eq!(held(&azure, "/dnsConfig/ttl"), 60);
    let looped = east.run(&mut azure, &asks, NOW);
    assert!(looped.changes.is_none(), "{:?}", looped.changes);
}

/// The tag that names ours names one that somebody has taken away, and the room
/// that it left is used.
#[test]
fn a_tag_that_was_taken_away_and_has_no_room_holds_up_no_setting() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    run(&east, &mut azure, &with(&[("tags", "a=1,b=2")]));
    set_by_hand(&mut azure, "b", None);
    let held_tags = azure.profiles[&profile("p")].tags.as_ref().unwrap().len();
    for index in held_tags..TAGS_MAX {
        set_by_hand(&mut azure, &format!("foreign{index}"), Some("x"));
    }
    let asks = with(&[("tags", "a=1,b=2"), ("dns-ttl", "60")]);
    let looped = east.run(&mut azure, &asks, NOW);
    assert!(looped.findings[0].message.contains("have no room for them"));
    assert_eq!(held(&azure, "/dnsConfig/ttl"), 60);
    let looped = east.run(&mut azure, &asks, NOW);
    assert!(looped.changes.is_none(), "{:?}", looped.changes);
}

/// Azure refuses to create the profile with the settings of the first of two.
#[test]
fn settings_that_azure_refuses_at_a_creation_hold_up_their_object_alone() {
    let east = Cluster::new("east");
    let objects = [
        object("a.example.com", &[("profile-name", "p"), ("dns-ttl", "77")]),
        object("b.example.com", &[("profile-name", "p")]),
    ];
    let sources = gather(&Cluster::sources(&objects));
    let observed = east.observed(&Azure::default());
    let wanted = |index: usize| match sources[index].want(&east.scope).0 {
        Want::Member(member) => *member,
        other => panic!("{other:?}"),
    };
    // Each of the two was tried alone, with the settings of the first.
    let mut blocked = Blocked::default();
    for index in 0..2 {
        let founder = Member {
            settings: wanted(0).settings,
            ..wanted(index)
        };
        blocked.block_founder(founder, "Azure refuses".to_owned());
    }
    let resolution = resolve(
        &sources,
        &observed,
        &PublicIps::Unknown,
        &east.scope,
        &blocked,
    );
    let hosts: Vec<_> = resolution
        .records
        .iter()
        .map(|record| record.dns_name.as_str())
        .collect();
    assert_eq!(hosts, ["b.example.com"]);
    assert_eq!(resolution.findings.len(), 1, "{:#?}", resolution.findings);
    assert_eq!(resolution.findings[0].subject.host, "a.example.com");
}

/// Azure never changes a record type.
#[test]
fn a_record_type_is_set_once() {
    let (east, west, mut azure) = (Cluster::new("east"), Cluster::new("west"), Azure::default());
    let address = ("target", "20.0.0.1");
    run(&east, &mut azure, &with(&[]));
    run(&east, &mut azure, &with(&[address, ("record-type", "A")]));
    assert_eq!(held(&azure, "/recordType"), "A");
    let looped = east.run(&mut azure, &with(&[("record-type", "CNAME")]), NOW);
    assert!(looped.changes.is_none());
    insta::assert_snapshot!(looped.findings[0].message, @"the record type of a profile cannot change once it is set: profile p has A; remove webhook-traffic-manager-record-type or choose another webhook-traffic-manager-profile-name");
    // Without the annotation it stays.
    run(&east, &mut azure, &with(&[address]));
    assert_eq!(held(&azure, "/recordType"), "A");
    let wests = [object("b.example.com", &[("profile-name", "p")])];
    let looped = west.run(&mut azure, &wests, NOW);
    assert!(looped.changes.is_none());
    insta::assert_snapshot!(looped.findings[0].message, @"a profile of record type A answers with IPv4 addresses only, and the target b.example.com is none; name another with webhook-traffic-manager-target");
}
