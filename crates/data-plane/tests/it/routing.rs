//! Which endpoints each method can pick, by health and by client.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use data_plane::RoutingMethod::{Geographic, MultiValue, Performance, Priority, Subnet, Weighted};
use data_plane::routing::{Client, Families, Route, route};
use data_plane::{Fqdn, Locator, Profile, RoutingMethod};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rstest::rstest;

use crate::fixtures::{LOCATOR, directory, disabled, profile, returning};

/// Clients of the built-in table: next to `eastus`, `westeurope` and `southeastasia`, and one that nobody knows.
const AMERICA: &str = "192.0.2.7";
const EUROPE: &str = "198.51.100.7";
const ASIA: &str = "203.0.113.7";
const NOWHERE: &str = "127.0.0.1";

const BOTH: Families = Families { v4: true, v6: true };
const SEEDS: u64 = 200;

fn ask(
    profile: &Profile,
    client: &str,
    families: Families,
    children: &HashMap<Fqdn, Arc<Profile>>,
    seed: u64,
) -> Route {
    let client = Client {
        address: client.parse::<IpAddr>().unwrap(),
        locator: &LOCATOR,
    };
    let mut rng = StdRng::seed_from_u64(seed);
    route(profile, client, families, children, &mut rng)
}

/// Every answer that some seed leads to, sorted: the endpoints of an answer joined by `+`, or `!` and the reason.
fn outcomes(profile: &Profile, client: &str, families: Families) -> String {
    let all: BTreeSet<String> = (0..SEEDS)
        .map(|seed| ask(profile, client, families, &HashMap::new(), seed))
        .map(|route| match route.served {
            Err(absence) => format!("!{absence:?}"),
            Ok(served) => {
                let mut names: Vec<_> = served.iter().map(|s| s.endpoint.to_string()).collect();
                names.sort();
                names.join("+")
            }
        })
        .collect();
    all.into_iter().collect::<Vec<_>>().join(" ")
}

#[rstest]
// methods, "Weighted traffic-routing method": any of the available endpoints; monitoring, "Endpoint failover".
#[case::any_healthy("a:Online b:Online", "a b")]
#[case::degraded_is_left_out("a:Online b:Degraded", "a")]
#[case::checking_takes_part("a:Online b:Checking", "a b")]
#[case::unmonitored_takes_part("a:Online b:Unmonitored", "a b")]
#[case::disabled_and_stopped_are_left_out("a:Online b:Disabled c:Stopped", "a")]
// monitoring: if all are Degraded, all are treated as if Online.
#[case::all_degraded_is_best_effort("a:Degraded b:Degraded c:Disabled d:Stopped", "a b")]
#[case::checking_is_better_than_degraded("a:Degraded b:Checking", "b")]
fn eligibility_under_weighted(#[case] spec: &str, #[case] want: &str) {
    assert_eq!(
        outcomes(&profile("app", Weighted, spec), NOWHERE, BOTH),
        want
    );
}

#[rstest]
// monitoring and faq: a disabled profile, or all endpoints disabled.
#[case::all_disabled("a:Disabled b:Disabled", "!AllDisabled")]
// Inferred.
#[case::none_at_all("", "!NoEndpoints")]
fn absence_is_the_same_under_every_method(
    #[values(Weighted, Priority, Performance, Geographic, Subnet, MultiValue)]
    method: RoutingMethod,
    #[case] spec: &str,
    #[case] want: &str,
) {
    let app = profile("app", method, spec);
    assert_eq!(outcomes(&app, EUROPE, BOTH), want);
    assert_eq!(outcomes(&disabled(app), EUROPE, BOTH), "!ProfileDisabled");
}

#[rstest]
// methods, "Priority traffic-routing method".
#[case::smallest_number("a:Online,p=20 b:Online,p=3 c:Online,p=1000", "b")]
#[case::next_on_failure("a:Online,p=2 b:Degraded,p=1 c:Online,p=3", "a")]
#[case::checking_keeps_its_rank("a:Online,p=2 b:Checking,p=1", "b")]
#[case::best_of_the_degraded("a:Degraded,p=2 b:Degraded,p=1 c:Stopped,p=3", "b")]
// Inferred.
#[case::only_stopped("a:Stopped b:Disabled", "!NothingEligible")]
fn priority(#[case] spec: &str, #[case] want: &str) {
    assert_eq!(
        outcomes(&profile("app", Priority, spec), NOWHERE, BOTH),
        want
    );
}

#[rstest]
// methods, "Performance traffic-routing method": lowest latency, approximated by distance.
#[case::own_region(AMERICA, "us:Online,r=eastus eu:Online,r=westeurope", "us")]
#[case::other_client(EUROPE, "us:Online,r=eastus eu:Online,r=westeurope", "eu")]
#[case::closest_of_others(
    ASIA,
    "us:Online,r=westus eu:Online,r=uksouth jp:Online,r=japaneast",
    "jp"
)]
#[case::next_closest_on_failure(
    EUROPE,
    "us:Online,r=eastus eu:Degraded,r=westeurope ie:Online,r=northeurope",
    "ie"
)]
// methods: several endpoints in one region share its traffic evenly.
#[case::one_region_is_shared(
    EUROPE,
    "x:Online,r=westeurope,w=1 y:Online,r=westeurope,w=1000 z:Online,r=uksouth",
    "x y"
)]
#[case::region_spelling(EUROPE, "us:Online,r=EastUS eu:Online,r=WestEurope", "eu")]
// Inferred.
#[case::unknown_client_gets_the_first_region(
    NOWHERE,
    "us:Online,r=eastus eu:Online,r=westeurope u2:Online,r=eastus",
    "u2 us"
)]
#[case::unknown_place_is_farthest(AMERICA, "x:Online,r=moonbase jp:Online,r=japaneast", "jp")]
#[case::no_region_is_farthest(AMERICA, "x:Online jp:Online,r=japaneast", "jp")]
#[case::regions_in_one_city(
    AMERICA,
    "b:Online,r=australiacentral2 a:Online,r=australiacentral",
    "b"
)]
fn performance(#[case] client: &str, #[case] spec: &str, #[case] want: &str) {
    assert_eq!(
        outcomes(&profile("app", Performance, spec), client, BOTH),
        want
    );
}

#[rstest]
// methods, "Geographic traffic-routing method".
#[case::country_before_group(EUROPE, "g:Online,g=GEO-EU c:Online,g=NL w:Online,g=WORLD", "c")]
#[case::state_before_country(AMERICA, "c:Online,g=US s:Online,g=US-VA", "s")]
#[case::group(EUROPE, "g:Online,g=GEO-EU c:Online,g=DE w:Online,g=WORLD", "g")]
#[case::world_catches_the_rest(ASIA, "g:Online,g=GEO-EU w:Online,g=WORLD", "w")]
#[case::unknown_client_is_in_the_world(NOWHERE, "g:Online,g=GEO-EU w:Online,g=WORLD", "w")]
#[case::no_match(ASIA, "g:Online,g=GEO-EU+GEO-NA", "!NoGeographicMatch")]
// methods: the match is answered whatever its health.
#[case::health_plays_no_part(EUROPE, "c:Degraded,g=NL w:Online,g=WORLD", "c")]
// methods: a disabled endpoint's regions climb to the next match; a stopped one's do not.
#[case::disabled_is_as_if_absent(EUROPE, "c:Disabled,g=NL w:Online,g=WORLD", "w")]
#[case::stopped_does_not_climb(
    EUROPE,
    "c:Stopped,g=NL w:Online,g=WORLD",
    "!GeographicMatchStopped"
)]
fn geographic(#[case] client: &str, #[case] spec: &str, #[case] want: &str) {
    assert_eq!(
        outcomes(&profile("app", Geographic, spec), client, BOTH),
        want
    );
}

#[rstest]
// methods, "Subnet traffic-routing method"; faq, "Traffic Manager Subnet traffic routing method".
#[case::mapped(EUROPE, "a:Online,s=198.51.100.0/24 b:Online", "a")]
#[case::one_of_several_ranges(ASIA, "a:Online,s=198.51.100.0/24+203.0.113.0/28 b:Online", "a")]
#[case::fallback(ASIA, "a:Online,s=198.51.100.0/24 b:Online", "b")]
#[case::no_match(ASIA, "a:Online,s=198.51.100.0/24", "!NoSubnetMatch")]
#[case::v6("2001:db8:5::1", "a:Online,s=2001:db8::/32 b:Online", "a")]
#[case::v4_in_v6("::ffff:198.51.100.7", "a:Online,s=198.51.100.0/24 b:Online", "a")]
// faq: a mapped endpoint that is not healthy is not replaced.
#[case::unhealthy(
    EUROPE,
    "a:Degraded,s=198.51.100.0/24 b:Online",
    "!SubnetMatchUnhealthy"
)]
#[case::stopped(
    EUROPE,
    "a:Stopped,s=198.51.100.0/24 b:Online",
    "!SubnetMatchUnhealthy"
)]
#[case::all_degraded(EUROPE, "a:Degraded,s=198.51.100.0/24 b:Degraded", "a")]
#[case::disabled_is_as_if_absent(EUROPE, "a:Disabled,s=198.51.100.0/24 b:Online", "b")]
#[case::unhealthy_fallback(ASIA, "a:Online,s=198.51.100.0/24 b:Degraded", "!SubnetMatchUnhealthy")]
// Inferred: overlaps are refused when profiles are stored.
#[case::smallest_range(EUROPE, "a:Online,s=198.51.0.0/16 b:Online,s=198.51.100.0/28", "b")]
fn subnet(#[case] client: &str, #[case] spec: &str, #[case] want: &str) {
    assert_eq!(outcomes(&profile("app", Subnet, spec), client, BOTH), want);
}

const MIXED: &str =
    "a:Online,t=192.0.2.1 b:Online,t=192.0.2.2 c:Degraded,t=192.0.2.3 d:Online,t=2001:db8::1";

#[rstest]
// faq, "Traffic Manager MultiValue traffic routing method".
#[case::up_to_the_maximum(1, Families { v4: true, v6: false }, MIXED, "a b")]
#[case::only_healthy(8, Families { v4: true, v6: false }, MIXED, "a+b")]
#[case::v6_only(8, Families { v4: false, v6: true }, MIXED, "d")]
#[case::both(8, BOTH, MIXED, "a+b+d")]
#[case::pairs_out_of_three(2, BOTH, MIXED, "a+b a+d b+d")]
#[case::neither(8, Families { v4: false, v6: false }, MIXED, "!WrongType")]
#[case::none_of_the_family(8, Families { v4: false, v6: true }, "a:Online,t=192.0.2.1", "!WrongType")]
#[case::all_degraded(8, BOTH, "a:Degraded,t=192.0.2.1 b:Degraded,t=192.0.2.2", "a+b")]
#[case::only_stopped(8, BOTH, "a:Stopped,t=192.0.2.1", "!NothingEligible")]
fn multivalue(#[case] max: u8, #[case] families: Families, #[case] spec: &str, #[case] want: &str) {
    let app = returning(max, profile("app", MultiValue, spec));
    assert_eq!(outcomes(&app, NOWHERE, families), want);
}

/// monitoring: two addresses unless the profile says otherwise.
#[test]
fn multivalue_returns_two_by_default() {
    let app = profile("app", MultiValue, MIXED);
    assert_eq!(outcomes(&app, NOWHERE, BOTH), "a+b a+d b+d");
}

/// Inferred: of two regions in one city the client's own is the closer one.
#[test]
fn performance_tells_regions_in_one_city_apart() {
    let entry = "127.0.0.1=australiacentral2".parse().unwrap();
    let locator = Locator::new(vec![entry]);
    let client = Client {
        address: NOWHERE.parse().unwrap(),
        locator: &locator,
    };
    let spec = "a:Online,r=australiacentral b:Online,r=australiacentral2";
    let app = profile("app", Performance, spec);
    let mut rng = StdRng::seed_from_u64(1);
    let served = route(&app, client, BOTH, &directory([]), &mut rng).served;
    assert_eq!(&*served.unwrap()[0].endpoint, "b");
}

/// limits: loops of profiles are refused when they are stored. Should one exist all the same, and be served by decree,
/// the walk still ends.
#[test]
fn a_loop_that_is_always_served_leads_nowhere() {
    let always = |name, child| {
        let mut profile = profile(name, Priority, &format!("n:Nested,t=@{child}"));
        profile.endpoints[0].always_serve = true;
        profile
    };
    let children = directory([always("b", "c"), always("c", "b")]);
    let route = ask(&always("app", "b"), NOWHERE, BOTH, &children, 1);
    assert_eq!(
        route.served,
        Err(data_plane::routing::Absence::NothingEligible)
    );
}

/// nested: the parent's method picks the child, the child's method picks the endpoint, and the answer is the endpoint.
#[test]
fn nested_profiles_route_by_their_own_method() {
    let parent = profile(
        "app",
        Performance,
        "eu:Nested,t=@eu,r=westeurope us:Online,r=eastus",
    );
    let children = directory([profile(
        "eu",
        Priority,
        "first:Degraded second:Online,t=192.0.2.9",
    )]);
    let route = ask(&parent, EUROPE, BOTH, &children, 1);
    let served = route.served.unwrap();
    assert_eq!(served.len(), 1);
    assert_eq!(
        &*served[0].endpoint, "eu",
        "the endpoint of the outer profile"
    );
    assert_eq!(
        served[0].destination,
        data_plane::routing::Destination::V4("192.0.2.9".parse().unwrap())
    );
    assert!(route.depends_on_client);
}

/// nested: below the minimum of healthy children the parent goes elsewhere, although the child still has an answer.
#[test]
fn a_child_below_its_minimum_is_passed_over() {
    let parent = profile("app", Priority, "n:Nested,t=@child,n=2 b:Online");
    let children = directory([profile("child", Weighted, "x:Online y:Degraded")]);
    let served = ask(&parent, NOWHERE, BOTH, &children, 1).served.unwrap();
    assert_eq!(&*served[0].endpoint, "b");
}

/// methods: with Geographic routing the child of a matching nested endpoint answers even while it is degraded.
#[test]
fn a_degraded_child_still_answers_for_its_geography() {
    let parent = profile(
        "app",
        Geographic,
        "n:Nested,t=@child,g=GEO-EU w:Online,g=WORLD",
    );
    let children = directory([profile("child", Weighted, "x:Degraded")]);
    let served = ask(&parent, EUROPE, BOTH, &children, 1).served.unwrap();
    assert_eq!(&*served[0].endpoint, "n");
}

/// Inferred: a child that cannot answer this client leaves the query without an answer; the parent does not try again.
#[test]
fn a_child_without_a_match_ends_the_walk() {
    let parent = profile("app", Priority, "n:Nested,t=@child b:Online");
    let children = directory([profile("child", Subnet, "x:Online,s=10.0.0.0/8")]);
    let route = ask(&parent, EUROPE, BOTH, &children, 1);
    assert_eq!(
        route.served,
        Err(data_plane::routing::Absence::NoSubnetMatch)
    );
    assert!(route.depends_on_client);
}

#[rstest]
#[case(Weighted, false)]
#[case(Priority, false)]
#[case(MultiValue, false)]
#[case(Performance, true)]
#[case(Geographic, true)]
#[case(Subnet, true)]
fn only_some_methods_look_at_the_client(#[case] method: RoutingMethod, #[case] want: bool) {
    let app = profile("app", method, "a:Online,t=192.0.2.1");
    let route = ask(&app, EUROPE, BOTH, &HashMap::new(), 1);
    assert_eq!(route.depends_on_client, want);
}
