//! One write of a change fails, whichever it is. Nothing is lost by it, and the
//! next loops finish what was begun.

use std::collections::BTreeSet;

use jiff::Timestamp;
use members::claim;
use members::plan::{Upkeep, upkeep};
use proptest::prelude::*;
use traffic_manager::profile::Profile;

use crate::azure::{Azure, Trouble, TroubleKind};
use crate::cluster::{Cluster, Object};
use crate::{brakes, endpoint_part, objects};

const NOW: i64 = 1_800_000_000;

fn trouble() -> impl Strategy<Value = Trouble> {
    let kinds = [
        TroubleKind::Refused,
        TroubleKind::AnswerLost,
        TroubleKind::Killed,
    ];
    (0_usize..10, proptest::sample::select(kinds.to_vec()))
        .prop_map(|(after, kind)| Trouble { after, kind })
}

/// The hosts whose objects have an endpoint. Objects are told apart by host here.
fn in_place(cluster: &Cluster, azure: &Azure) -> BTreeSet<String> {
    let observed = cluster.observed(azure);
    let members = observed.members(&cluster.scope.owner);
    members
        .filter(|member| !member.is_leaving())
        .map(|member| member.subject().host.clone())
        .collect()
}

fn keep_up(cluster: &Cluster, azure: &mut Azure, now: i64) {
    let rule = Upkeep {
        grace: None,
        delete_grace: cluster.scope.brakes.delete_grace,
    };
    let now = Timestamp::from_second(now).unwrap();
    for (id, plan) in upkeep(&cluster.observed(azure), &cluster.scope.owner, rule, now) {
        for step in plan.steps {
            azure.write(&id, &step.write).unwrap();
        }
    }
}

/// Loops of both until neither has anything to do. `now` is that of the first.
fn to_rest(turns: [(&Cluster, &[Object]); 2], azure: &mut Azure, now: i64) -> Result<(), String> {
    let mut last = String::new();
    for round in 0..8 {
        let before = azure.writes;
        let now = now + round * 660;
        for (cluster, objects) in turns {
            last = format!("{:#?}", cluster.run(azure, objects, now).changes);
            keep_up(cluster, azure, now + 600);
        }
        if azure.writes == before {
            return Ok(());
        }
    }
    Err(last)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_write_that_fails_loses_nothing(
        brakes in proptest::array::uniform2(brakes()),
        wests in objects("west"),
        before in objects("east"),
        after in objects("east"),
        trouble in trouble(),
    ) {
        let mut east = Cluster::new("east");
        let mut west = Cluster::new("west");
        [east.scope.brakes, west.scope.brakes] = brakes;
        let mut azure = Azure::default();
        to_rest([(&east, &before), (&west, &wests)], &mut azure, NOW).unwrap();
        let now = NOW + 100_000;

        let wished: BTreeSet<_> = after.iter().map(|(host, _)| host.clone()).collect();
        let had: BTreeSet<_> = in_place(&east, &azure).intersection(&wished).cloned().collect();
        let others = west.observed(&azure).records(&west.scope.owner);
        azure.trouble = Some(trouble);
        east.run(&mut azure, &after, now);
        azure.trouble = None;
        azure.troubled = false;

        for profile in east.observed(&azure).profiles() {
            for name in profile.endpoints().keys() {
                prop_assert!(profile.claim(name).is_some(), "{name} is unclaimed");
            }
        }
        let still = west.observed(&azure).records(&west.scope.owner);
        let parts = |records: &[external_dns::Endpoint]| -> Vec<_> {
            records.iter().map(endpoint_part).collect()
        };
        prop_assert_eq!(parts(&others), parts(&still), "foreign endpoint changed");
        if trouble.kind != TroubleKind::Killed {
            let has = in_place(&east, &azure);
            prop_assert!(had.is_subset(&has), "lost: {had:?} {has:?}");
        }
        let rest = to_rest([(&east, &after), (&west, &wests)], &mut azure, now + 60);
        prop_assert!(rest.is_ok(), "no rest: {rest:?}");
        let has = in_place(&east, &azure);
        prop_assert!(had.is_subset(&has), "lost in the end: {had:?} {has:?}");
    }

    /// Another owner writes between this one's listing and its writes. The plan
    /// reads each profile again: Azure refuses nothing, except profiles that came to
    /// be in each other meanwhile, and nobody loses anything.
    #[test]
    fn a_plan_that_comes_late_loses_nothing(
        brakes in proptest::array::uniform2(brakes()),
        east_objects in proptest::array::uniform2(objects("east")),
        west_objects in proptest::array::uniform2(objects("west")),
        wiped in proptest::option::of(proptest::sample::select(vec!["east", "west", "claims"])),
    ) {
        let mut east = Cluster::new("east");
        let mut west = Cluster::new("west");
        [east.scope.brakes, west.scope.brakes] = brakes;
        let [before, after] = &east_objects;
        let [wests_before, wests] = &west_objects;
        let mut azure = Azure::default();
        to_rest([(&east, before), (&west, wests_before)], &mut azure, NOW).unwrap();
        let now = NOW + 100_000;

        let wished: BTreeSet<_> = after.iter().map(|(host, _)| host.clone()).collect();
        let had: BTreeSet<_> = in_place(&east, &azure).intersection(&wished).cloned().collect();
        let planned = east.plan(&azure, after);
        west.run(&mut azure, wests, now);
        let others = west.observed(&azure).records(&west.scope.owner);
        if let Some(changes) = planned {
            azure.late = true;
            east.carry_out(&mut azure, &changes, now);
            azure.late = false;
            azure.troubled = false;
        }
        let still = west.observed(&azure).records(&west.scope.owner);
        let parts = |records: &[external_dns::Endpoint]| -> Vec<_> {
            records.iter().map(endpoint_part).collect()
        };
        prop_assert_eq!(parts(&others), parts(&still), "foreign endpoint changed");
        let has = in_place(&east, &azure);
        prop_assert!(had.is_subset(&has), "lost: {had:?} {has:?}");

        let rest = to_rest([(&east, after), (&west, wests)], &mut azure, now + 60);
        prop_assert!(rest.is_ok(), "no rest: {rest:?}");
        let has = in_place(&east, &azure);
        prop_assert!(had.is_subset(&has), "lost in the end: {had:?} {has:?}");

        // Claims are wiped, of one or of all. What is kept against the wish of
        // its object is known by its claim only.
        let kept = brakes.iter().any(|brakes| brakes.keep_last_member);
        let Some(wiped) = wiped.filter(|_| !kept) else { return Ok(()) };
        let mut unclaimed = Vec::new();
        for held in azure.profiles.values_mut() {
            let claims = claim::read(held.tags.as_ref().unwrap());
            let lost = claims.iter().filter(|claim| wiped == "claims" || claim.owner.as_str() == wiped);
            unclaimed.extend(lost.map(|claim| claim.endpoint.to_string()));
            let tags = held.tags.as_mut().unwrap();
            tags.retain(|name, _| !(name.contains("claims") && name.contains(wiped)));
        }
        let rest = to_rest([(&west, wests), (&east, after)], &mut azure, now + 200_000);
        prop_assert!(rest.is_ok(), "no rest: {rest:?}");
        let endpoints = azure.profiles.values().flat_map(Profile::endpoints);
        let names: Vec<_> = endpoints.filter_map(|endpoint| endpoint.name.clone()).collect();
        prop_assert!(unclaimed.iter().all(|name| names.contains(name)), "{unclaimed:?} {names:?}");
    }
}
