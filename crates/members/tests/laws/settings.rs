//! Settings of the profile: each is set, changed and removed with a quiet loop
//! after it, is repaired, and is left alone by those who do not decide it.

use members::Reason;
use rstest::rstest;
use serde_json::{Value, json};

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
    insta::assert_snapshot!(looped.findings[0].message, @r#"the settings of profile p are shared and owner east decides: webhook-traffic-manager-monitor-headers is "X-A: 1" here and "unset" there; webhook-traffic-manager-monitor-host is "none" here and "app.example.com" there; webhook-traffic-manager-monitor-timeout is "10" here and "9" there; webhook-traffic-manager-traffic-view is "Enabled" here and "Disabled" there"#);
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
