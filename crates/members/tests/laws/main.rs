//! The laws of the pure core, with a strict little Azure and the model of
//! ExternalDNS around it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod azure;
mod brakes;
mod cluster;
mod joining;
mod keeping;
mod making_way;
mod room;
mod settings;
mod sharing;
mod stories;
mod trouble;
mod upkeep;

use members::want::Brakes;
use proptest::prelude::*;

use azure::Azure;
use cluster::{Cluster, Object};

/// Objects that step on each other's toes as often as possible: few names, few
/// targets, few priorities, two profiles.
fn object(host: String) -> impl Strategy<Value = Object> {
    let choice = |values: &'static [&'static str]| proptest::sample::select(values);
    (
        choice(&["p1", "p2"]),
        proptest::option::of(choice(&["e1", "e2", "e3"])),
        proptest::option::of(choice(&["0", "1", "70", "1000", "nonsense"])),
        proptest::option::of(choice(&["1", "2", "3"])),
        proptest::option::of(choice(&[
            "t1.example.net",
            "t2.example.net",
            "20.0.0.1",
            "address",
            "hostname",
        ])),
        choice(&[
            "Weighted",
            "Priority",
            "Performance",
            "Geographic",
            "Subnet",
            "MultiValue",
        ]),
        proptest::option::of(choice(&["DE", "FR,DE", "WORLD"])),
        proptest::option::of(choice(&["10.0.0.0/8", "10.1.0.0-10.1.0.9", "192.0.2.0/24"])),
        proptest::option::of(choice(&["eastus", "East US"])),
        proptest::option::of(choice(&["30", "60"])),
        proptest::option::weighted(0.4, kind()),
    )
        .prop_map(
            move |(
                profile,
                endpoint,
                weight,
                priority,
                target,
                method,
                geo,
                subnets,
                location,
                ttl,
                kind,
            )| {
                let mut annotations = vec![
                    ("profile-name", profile.to_owned()),
                    ("routing-method", method.to_owned()),
                ];
                // Each type has its own words for where it points.
                let target = target.filter(|_| kind.is_none());
                let is_azure = kind.as_ref().is_some_and(|(_, kind, _)| *kind == "Azure");
                let location = location.filter(|_| !is_azure);
                if let Some((name, kind, value)) = kind {
                    annotations.push(("endpoint-type", kind.to_owned()));
                    annotations.push((name, value));
                }
                let optional = [
                    ("endpoint-name", endpoint),
                    ("weight", weight),
                    ("priority", priority),
                    ("target", target),
                    ("geo-mapping", geo),
                    ("subnets", subnets),
                    ("endpoint-location", location),
                    ("dns-ttl", ttl),
                ];
                annotations.extend(
                    optional
                        .into_iter()
                        .filter_map(|(name, value)| Some((name, value?.to_owned()))),
                );
                (host.clone(), annotations)
            },
        )
}

/// Azure and nested endpoints: what they point at, and how that is said.
fn kind() -> impl Strategy<Value = (&'static str, &'static str, String)> {
    let resource = |name: &str| {
        format!(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/{name}"
        )
    };
    let nested = |name: &str| ("target-profile", "Nested", name.to_owned());
    proptest::sample::select(vec![
        ("target-resource-id", "Azure", resource("ip-1")),
        ("target-resource-id", "Azure", resource("IP-2")),
        nested("p1"),
        nested("p2"),
        nested("p3"),
    ])
}

fn objects(prefix: &'static str) -> impl Strategy<Value = Vec<Object>> {
    let slots: Vec<_> = (0..3)
        .map(|index| proptest::option::of(object(format!("{prefix}{index}.example.com"))))
        .collect();
    slots.prop_map(|slots| slots.into_iter().flatten().collect())
}

fn brakes() -> impl Strategy<Value = Brakes> {
    let grace = proptest::sample::select(&[0, 0, 90]);
    (any::<bool>(), grace).prop_map(|(keep_last_member, seconds)| Brakes {
        keep_last_member,
        delete_grace: std::time::Duration::from_secs(seconds),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Law 1 and law 3: after any change the second loop plans nothing and
    /// writes nothing, Azure refuses no intermediate state, and the other
    /// owner's endpoints stay exactly as they are.
    #[test]
    fn every_history_comes_to_rest(
        brakes in proptest::array::uniform2(brakes()),
        history in proptest::collection::vec((any::<bool>(), objects("east"), objects("west")), 1..5),
    ) {
        let mut east = Cluster::new("east");
        let mut west = Cluster::new("west");
        [east.scope.brakes, west.scope.brakes] = brakes;
        let mut azure = Azure::default();
        for (step, (east_first, east_objects, west_objects)) in history.iter().enumerate() {
            let mut turns = [(&east, east_objects), (&west, west_objects)];
            if !east_first {
                turns.reverse();
            }
            let now = 1_800_000_000 + i64::try_from(step).unwrap() * 60;
            // What one owner does can free or take what the other waits for.
            let mut quiet = false;
            for round in 0..6 {
                let mut writes = 0;
                for (index, (cluster, objects)) in turns.iter().enumerate() {
                    let (_, (other, _)) = (index, &turns[1 - index]);
                    let before = other.observed(&azure).records(&other.scope.owner);
                    let looped = cluster.run(&mut azure, objects, now);
                    writes += looped.writes;
                    if quiet {
                        prop_assert!(looped.changes.is_none(), "round {round}: {looped:#?}");
                    }
                    let after = other.observed(&azure).records(&other.scope.owner);
                    for record in &before {
                        let same = after.iter().find(|now| now.key() == record.key());
                        let same = same.map(endpoint_part);
                        prop_assert_eq!(same, Some(endpoint_part(record)), "foreign endpoint changed");
                    }
                }
                if quiet {
                    break;
                }
                quiet = writes == 0;
            }
            prop_assert!(quiet, "no rest after six rounds");
        }
    }

    /// Adjust is idempotent: its answer, sent again, is answered unchanged.
    #[test]
    fn adjust_is_idempotent(first in objects("east"), second in objects("east")) {
        let east = Cluster::new("east");
        let mut azure = Azure::default();
        east.run(&mut azure, &first, 1_800_000_000);
        let (once, _) = east.adjust(&azure, &Cluster::sources(&second));
        let (twice, _) = east.adjust(&azure, &once);
        prop_assert_eq!(once, twice);
    }

    /// Everything that exists and was made by us is claimed at every moment:
    /// after the owner's loop no endpoint of a profile is without a claim.
    #[test]
    fn nothing_is_unclaimed(first in objects("east"), second in objects("east")) {
        let east = Cluster::new("east");
        let mut azure = Azure::default();
        for objects in [&first, &second, &Vec::new()] {
            east.run(&mut azure, objects, 1_800_000_000);
            for profile in east.observed(&azure).profiles() {
                for name in profile.endpoints().keys() {
                    prop_assert!(profile.claim(name).is_some(), "{name} is unclaimed");
                }
            }
        }
        prop_assert!(east.observed(&azure).records(&east.scope.owner).is_empty());
    }
}

/// What a record says about the endpoint and not about the shared profile.
fn endpoint_part(record: &external_dns::Endpoint) -> Vec<(String, String)> {
    [
        "endpoint-type",
        "target",
        "target-resource-id",
        "target-profile",
        "weight",
        "priority",
        "endpoint-status",
        "geo-mapping",
        "subnets",
        "endpoint-location",
    ]
    .into_iter()
    .map(|name| {
        let value = record.property(&format!("webhook/traffic-manager-{name}"));
        (name.to_owned(), value.unwrap_or_default().to_owned())
    })
    .collect()
}
