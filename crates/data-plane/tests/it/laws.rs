//! Laws that hold for every profile.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use data_plane::health::{EndpointStatus, ProfileStatus, assess};
use data_plane::routing::{Client, Families, Route, route};
use data_plane::{
    Endpoint, Fqdn, GeoCode, MaxReturn, Nested, Priority, ProbedHealth, Profile, Region,
    RoutingMethod, Target, Ttl, Weight,
};
use proptest::prelude::*;
use proptest::sample::select;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::fixtures::{LOCATOR, fqdn, profile};

/// The names of the profiles that nested endpoints may refer to; the last one never exists.
const NAMES: [&str; 4] = ["p0", "p1", "p2", "ghost"];

fn name(index: usize) -> Fqdn {
    fqdn(&format!("{}.trafficmanager.net", NAMES[index]))
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        any::<u8>().prop_map(|n| Target::Fqdn(fqdn(&format!("t{n}.example.com")))),
        any::<u8>().prop_map(|n| Target::V4([192, 0, 2, n].into())),
        any::<u16>().prop_map(|n| Target::V6([0x2001, 0xdb8, 0, 0, 0, 0, 0, n].into())),
        (0..NAMES.len(), 0..3u32, 0..2u32, 0..2u32).prop_map(|(child, any, v4, v6)| {
            Target::Nested(Nested {
                child: name(child),
                min_endpoints: any,
                min_ipv4: v4,
                min_ipv6: v6,
            })
        }),
    ]
}

fn probed() -> impl Strategy<Value = ProbedHealth> {
    select(vec![
        ProbedHealth::Unknown,
        ProbedHealth::Healthy,
        ProbedHealth::Unhealthy,
    ])
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let switches = (
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    );
    let geo = prop::collection::vec(select(vec!["WORLD", "GEO-EU", "NL", "GEO-NA"]), 0..2);
    let subnets = prop::collection::vec(
        select(vec!["198.51.100.0/24", "0.0.0.0/1", "2001:db8::/32"]),
        0..2,
    );
    let region = prop::option::of(select(vec![
        "eastus",
        "westeurope",
        "japaneast",
        "moonbase",
    ]));
    (
        target(),
        switches,
        probed(),
        (1..=1000u16, 1..=1000u16),
        region,
        geo,
        subnets,
    )
        .prop_map(
            |(
                target,
                (enabled, always_serve, stopped),
                probed,
                (weight, priority),
                region,
                geo,
                subnets,
            )| {
                let priority = Priority::new(priority).unwrap();
                Endpoint {
                    enabled,
                    always_serve,
                    stopped,
                    probed,
                    weight: Weight::new(weight).unwrap(),
                    region: region.map(|region| Region::new(region).unwrap()),
                    geo_codes: geo.iter().map(|code| GeoCode::new(code).unwrap()).collect(),
                    subnets: subnets
                        .iter()
                        .map(|net| net.parse::<ipnet::IpNet>().unwrap().into())
                        .collect(),
                    ..Endpoint::new("", target, priority)
                }
            },
        )
}

fn method() -> impl Strategy<Value = RoutingMethod> {
    select(vec![
        RoutingMethod::Weighted,
        RoutingMethod::Priority,
        RoutingMethod::Performance,
        RoutingMethod::Geographic,
        RoutingMethod::Subnet,
        RoutingMethod::MultiValue,
    ])
}

fn any_profile(index: usize) -> impl Strategy<Value = Profile> {
    (
        method(),
        prop::bool::weighted(0.9),
        prop::option::of(1..=10u8),
        prop::collection::vec(endpoint(), 0..6),
    )
        .prop_map(move |(method, enabled, max_return, mut endpoints)| {
            for (position, endpoint) in endpoints.iter_mut().enumerate() {
                endpoint.name = format!("{}-{position}", NAMES[index]).into();
            }
            Profile {
                fqdn: name(index),
                ttl: Ttl::new(30).unwrap(),
                enabled,
                method,
                max_return: max_return.map(|max| MaxReturn::new(max).unwrap()),
                endpoints,
            }
        })
}

/// Three profiles that may nest each other, in loops too.
fn world() -> impl Strategy<Value = HashMap<Fqdn, Arc<Profile>>> {
    (any_profile(0), any_profile(1), any_profile(2)).prop_map(|(a, b, c)| {
        [a, b, c]
            .into_iter()
            .map(|profile| (profile.fqdn.clone(), Arc::new(profile)))
            .collect()
    })
}

fn client() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from),
        Just(IpAddr::from([198, 51, 100, 7])),
    ]
}

fn families() -> impl Strategy<Value = Families> {
    any::<(bool, bool)>().prop_map(|(v4, v6)| Families { v4, v6 })
}

fn ask(
    profile: &Profile,
    client: IpAddr,
    families: Families,
    world: &HashMap<Fqdn, Arc<Profile>>,
    seed: u64,
) -> Route {
    let client = Client {
        address: client,
        locator: &LOCATOR,
    };
    route(
        profile,
        client,
        families,
        world,
        &mut StdRng::seed_from_u64(seed),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever the method, the health and the nesting: what is switched off or stopped is never answered with, and
    /// what is Degraded only by a method that has no choice, or where nothing better is left.
    #[test]
    fn only_eligible_endpoints_are_served(
        world in world(),
        client in client(),
        families in families(),
        seed in any::<u64>(),
    ) {
        let profile = &world[&name(0)];
        let assessment = assess(profile, &world);
        let Ok(served) = ask(profile, client, families, &world, seed).served else {
            return Ok(());
        };
        prop_assert!(!served.is_empty());
        let something_better = assessment.endpoints.iter().any(|status| {
            matches!(
                status,
                EndpointStatus::Online | EndpointStatus::CheckingEndpoint | EndpointStatus::Unmonitored
            )
        });
        for one in served {
            let index = profile
                .endpoints
                .iter()
                .position(|endpoint| endpoint.name == one.endpoint)
                .expect("an endpoint of the profile that was asked for");
            match assessment.endpoints[index] {
                EndpointStatus::Disabled | EndpointStatus::Inactive | EndpointStatus::Stopped => {
                    prop_assert!(false, "served {:?}", assessment.endpoints[index]);
                }
                EndpointStatus::Degraded => prop_assert!(
                    profile.method == RoutingMethod::Geographic || !something_better
                ),
                _ => {}
            }
        }
    }

    /// The same seed gives the same answer, and the random choice never decides *whether* there is one, unless the
    /// choice is between children that differ in it.
    #[test]
    fn routing_is_a_function_of_its_input_and_seed(
        world in world(),
        client in client(),
        families in families(),
        seeds in any::<(u64, u64)>(),
    ) {
        let profile = &world[&name(0)];
        let first = ask(profile, client, families, &world, seeds.0);
        prop_assert_eq!(&first, &ask(profile, client, families, &world, seeds.0));
        let nested = profile.endpoints.iter().any(|e| matches!(e.target, Target::Nested(_)));
        if !nested {
            let second = ask(profile, client, families, &world, seeds.1);
            prop_assert_eq!(first.served.is_ok(), second.served.is_ok());
            prop_assert_eq!(first.depends_on_client, second.depends_on_client);
        }
    }

    /// A multi-value answer holds distinct endpoints of the wanted families, as many as there are up to the maximum.
    #[test]
    fn multivalue_fills_up_to_its_maximum(
        mut profile in any_profile(0),
        families in families(),
        seed in any::<u64>(),
    ) {
        profile.method = RoutingMethod::MultiValue;
        let world = HashMap::new();
        let Ok(served) = ask(&profile, [192, 0, 2, 1].into(), families, &world, seed).served else {
            return Ok(());
        };
        let names: HashSet<_> = served.iter().map(|one| one.endpoint.clone()).collect();
        prop_assert_eq!(names.len(), served.len());
        let statuses = assess(&profile, &world).endpoints;
        let count = |wanted: &dyn Fn(EndpointStatus) -> bool, fits: &dyn Fn(&Target) -> bool| {
            profile
                .endpoints
                .iter()
                .zip(&statuses)
                .filter(|(endpoint, status)| wanted(**status) && fits(&endpoint.target))
                .count()
        };
        let fits = |target: &Target| match target {
            Target::V4(_) => families.v4,
            Target::V6(_) => families.v6,
            _ => false,
        };
        let healthy = |status| matches!(
            status,
            EndpointStatus::Online | EndpointStatus::CheckingEndpoint | EndpointStatus::Unmonitored
        );
        let degraded = |status| status == EndpointStatus::Degraded;
        let available = if count(&healthy, &|_| true) > 0 {
            count(&healthy, &fits)
        } else {
            count(&degraded, &fits)
        };
        let max = profile.max_return.unwrap_or(MaxReturn::DEFAULT).get();
        prop_assert_eq!(served.len(), available.min(max));
    }

    /// The profile's status follows from its endpoints' in the documented order.
    #[test]
    fn a_profile_is_the_sum_of_its_endpoints(world in world()) {
        let profile = &world[&name(0)];
        let assessment = assess(profile, &world);
        prop_assert_eq!(assessment.endpoints.len(), profile.endpoints.len());
        let has = |status| assessment.endpoints.contains(&status);
        let want = if !profile.enabled {
            ProfileStatus::Disabled
        } else if has(EndpointStatus::Degraded) {
            ProfileStatus::Degraded
        } else if has(EndpointStatus::Online) || has(EndpointStatus::Unmonitored) {
            ProfileStatus::Online
        } else if has(EndpointStatus::CheckingEndpoint) {
            ProfileStatus::CheckingEndpoints
        } else {
            ProfileStatus::Inactive
        };
        prop_assert_eq!(assessment.status, want);
        for (endpoint, status) in profile.endpoints.iter().zip(&assessment.endpoints) {
            prop_assert_eq!(*status == EndpointStatus::Disabled, !endpoint.enabled);
            prop_assert_eq!(
                *status == EndpointStatus::Inactive,
                endpoint.enabled && !profile.enabled
            );
        }
    }

    /// Asking a child for more healthy endpoints never makes its endpoint healthier.
    #[test]
    fn thresholds_are_monotonic(child in any_profile(1), min in 0..6u32) {
        let rank = |min_endpoints| {
            let mut parent = profile("app", RoutingMethod::Weighted, "n:Nested,t=@p1");
            let Target::Nested(nested) = &mut parent.endpoints[0].target else {
                unreachable!("built as nested");
            };
            nested.min_endpoints = min_endpoints;
            let world = HashMap::from([(child.fqdn.clone(), Arc::new(child.clone()))]);
            match assess(&parent, &world).endpoints[0] {
                EndpointStatus::Online => 3,
                EndpointStatus::CheckingEndpoint => 2,
                EndpointStatus::Degraded => 1,
                _ => 0,
            }
        };
        prop_assert!(rank(min) >= rank(min + 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Weighted routing gives each endpoint its share: within five standard deviations of the binomial distribution,
    /// which a fair draw leaves about once in two million.
    #[test]
    fn weights_are_shares(weights in prop::collection::vec(1..=1000u16, 2..6)) {
        const QUERIES: u32 = 4000;
        let spec: Vec<_> = weights.iter().enumerate().map(|(i, w)| format!("e{i}:Online,w={w}")).collect();
        let app = profile("app", RoutingMethod::Weighted, &spec.join(" "));
        let world = HashMap::new();
            let client = Client { address: [127, 0, 0, 1].into(), locator: &LOCATOR };
        let families = Families { v4: true, v6: true };
        let mut rng = StdRng::seed_from_u64(20_260_901);
        let mut counts: HashMap<String, u32> = HashMap::new();
        for _ in 0..QUERIES {
            let served = route(&app, client, families, &world, &mut rng).served.unwrap();
            *counts.entry(served[0].endpoint.to_string()).or_default() += 1;
        }
        let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
        for (index, weight) in weights.iter().enumerate() {
            let share = f64::from(*weight) / total;
            let expected = f64::from(QUERIES) * share;
            let deviation = (expected * (1.0 - share)).sqrt();
            let got = f64::from(counts.get(&format!("e{index}")).copied().unwrap_or(0));
            prop_assert!((got - expected).abs() <= 5.0 * deviation + 1.0, "{got} of {expected}");
        }
    }
}
