//! Monitor statuses of endpoints and profiles.

use data_plane::Profile;
use data_plane::RoutingMethod::{Priority, Weighted};
use data_plane::health::{Assessment, assess};
use rstest::rstest;

use crate::fixtures::{directory, disabled, profile};

/// `Profile: Endpoint Endpoint ...` in Azure's spelling.
fn text(assessment: &Assessment) -> String {
    let endpoints: Vec<_> = assessment.endpoints.iter().map(|s| s.as_str()).collect();
    format!("{}: {}", assessment.status, endpoints.join(" "))
        .trim_end()
        .to_owned()
}

// monitoring: "Endpoint and profile status".
#[rstest]
#[case::no_endpoints("", "Inactive:")]
#[case::first_probe_pending("a:Checking", "CheckingEndpoints: CheckingEndpoint")]
#[case::one_online_ends_checking("a:Checking b:Online", "Online: CheckingEndpoint Online")]
#[case::one_degraded_degrades_all(
    "a:Online b:Degraded c:Checking",
    "Degraded: Online Degraded CheckingEndpoint"
)]
#[case::disabled_endpoints_do_not_count("a:Disabled b:Online", "Online: Disabled Online")]
#[case::all_disabled("a:Disabled b:Disabled", "Inactive: Disabled Disabled")]
#[case::disabled_and_stopped("a:Disabled b:Stopped", "Inactive: Disabled Stopped")]
// Inferred.
#[case::only_unmonitored("a:Unmonitored", "Online: Unmonitored")]
fn statuses(#[case] spec: &str, #[case] want: &str) {
    let profile = profile("app", Weighted, spec);
    assert_eq!(text(&assess(&profile, &directory([]))), want);
}

/// monitoring: an endpoint that is itself disabled says so; every other one is Inactive, whatever its health.
#[test]
fn a_disabled_profile_silences_its_endpoints() {
    let spec = "a:Online b:Degraded c:Disabled d:Unmonitored e:Stopped";
    let profile = disabled(profile("app", Priority, spec));
    assert_eq!(
        text(&assess(&profile, &directory([]))),
        "Disabled: Inactive Inactive Disabled Inactive Inactive"
    );
}

/// monitoring: always-serve wins over what the probes say, and the endpoint's own switch wins over always-serve.
#[test]
fn always_serve_ranks_between_the_switches_and_the_probes() {
    let mut app = profile("app", Priority, "a:Degraded b:Disabled");
    for endpoint in &mut app.endpoints {
        endpoint.always_serve = true;
    }
    assert_eq!(
        text(&assess(&app, &directory([]))),
        "Online: Unmonitored Disabled"
    );
}

// nested: "How Traffic Manager monitors nested endpoints", and the table of endpoint statuses in monitoring.
#[rstest]
#[case::enough_online("n=2", "a:Online b:Online c:Degraded", "Online")]
#[case::enough_once_checked("n=2", "a:Online b:Checking c:Degraded", "CheckingEndpoint")]
#[case::too_few("n=3", "a:Online b:Checking c:Degraded", "Degraded")]
#[case::default_is_one("n=1", "a:Degraded b:Online", "Online")]
#[case::all_degraded("n=1", "a:Degraded", "Degraded")]
#[case::empty_child("n=1", "", "Stopped")]
#[case::child_with_nothing_enabled("n=1", "a:Disabled", "Stopped")]
#[case::v4_threshold_met("n=1,n4=1", "a:Online,t=192.0.2.1", "Online")]
#[case::v4_threshold_missed("n=1,n4=2", "a:Online,t=192.0.2.1 b:Online,t=2001:db8::1", "Degraded")]
#[case::v6_threshold_pending(
    "n=1,n4=1,n6=1",
    "a:Online,t=192.0.2.1 b:Checking,t=2001:db8::1",
    "CheckingEndpoint"
)]
#[case::names_are_of_no_family("n=1,n4=1", "a:Online", "Degraded")]
// Inferred: what is always answered with counts as up.
#[case::unmonitored_counts("n=1", "a:Unmonitored b:Degraded", "Online")]
fn nested_endpoints(#[case] thresholds: &str, #[case] child: &str, #[case] want: &str) {
    let parent = profile("app", Priority, &format!("n:Nested,t=@child,{thresholds}"));
    let children = directory([profile("child", Priority, child)]);
    assert_eq!(assess(&parent, &children).endpoints[0].as_str(), want);
}

/// nested: the endpoint of a disabled child profile is stopped.
#[test]
fn a_disabled_child_stops_its_endpoint() {
    let parent = profile("app", Weighted, "n:Nested,t=@child b:Online");
    let children = directory([disabled(profile("child", Weighted, "a:Online"))]);
    assert_eq!(text(&assess(&parent, &children)), "Online: Stopped Online");
}

/// Inferred: the status of a nested endpoint travels up through every level.
#[test]
fn levels_add_up() {
    let parent = profile("app", Weighted, "n:Nested,t=@middle,n4=1");
    let middle = |spec| profile("middle", Weighted, spec);
    let leaf = |spec| profile("leaf", Weighted, spec);
    let through =
        |middle: Profile, leaf: Profile| text(&assess(&parent, &directory([middle, leaf])));
    assert_eq!(
        through(
            middle("m:Nested,t=@leaf"),
            leaf("a:Online,t=192.0.2.1 b:Degraded,t=192.0.2.2")
        ),
        "Online: Online"
    );
    assert_eq!(
        through(
            middle("m:Nested,t=@leaf"),
            leaf("a:Degraded,t=192.0.2.1 b:Online,t=2001:db8::1")
        ),
        "Degraded: Degraded",
        "no IPv4 endpoint below is up"
    );
    assert_eq!(
        through(middle("m:Nested,t=@leaf,n=2"), leaf("a:Online b:Degraded")),
        "Degraded: Degraded"
    );
}

#[rstest]
#[case::missing(&[])]
#[case::itself(&["app>app"])]
#[case::loop_of_two(&["app>b", "b>app"])]
#[case::loop_beside(&["app>b", "b>c", "c>b"])]
fn what_leads_nowhere_is_stopped(#[case] edges: &[&str]) {
    let nest = |edge: &&str| {
        let (from, to) = edge.split_once('>').unwrap();
        profile(from, Weighted, &format!("n:Nested,t=@{to}"))
    };
    let children = edges
        .iter()
        .map(nest)
        .map(|profile| (profile.fqdn.clone(), profile.into()))
        .collect::<std::collections::HashMap<_, _>>();
    let app = profile("app", Weighted, "n:Nested,t=@b self:Nested,t=@app");
    assert_eq!(text(&assess(&app, &children)), "Inactive: Stopped Stopped");
}

/// limits: ten levels of nesting.
#[test]
fn the_tenth_level_counts_and_the_eleventh_does_not() {
    let chain = |levels: usize| {
        let mut profiles: Vec<_> = (0..levels)
            .map(|level| {
                let spec = format!("n:Nested,t=@l{}", level + 1);
                profile(&format!("l{level}"), Weighted, &spec)
            })
            .collect();
        profiles.push(profile(&format!("l{levels}"), Weighted, "a:Online"));
        let top = profiles[0].clone();
        let children: std::collections::HashMap<_, _> = profiles
            .into_iter()
            .map(|profile| (profile.fqdn.clone(), profile.into()))
            .collect();
        text(&assess(&top, &children))
    };
    assert_eq!(chain(10), "Online: Online");
    assert_eq!(chain(11), "Inactive: Stopped");
}
