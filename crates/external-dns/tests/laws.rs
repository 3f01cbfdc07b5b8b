//! Laws of the plan, on random records.

use std::collections::{BTreeMap, BTreeSet};

use external_dns::labels::{OWNER, RESOURCE};
use external_dns::model::{Controller, Plan, Policy, Registry, TxtRegistry};
use external_dns::{Changes, Endpoint, EndpointKey, RecordType};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const OWN: &str = "cluster-east";

/// Few names, types and values, so that records meet.
fn any_record() -> impl Strategy<Value = Endpoint> {
    (
        select(vec!["a.example.com", "b.example.com", "*.example.com"]),
        select(vec![RecordType::A, RecordType::AAAA, RecordType::CNAME]),
        select(vec!["", "", "east-us"]),
        vec(
            select(vec![
                "192.0.2.1",
                "192.0.2.10",
                "2001:DB8::1",
                "2001:db8::1",
                "lb.example.net",
            ]),
            1..3,
        ),
        select(vec![0, 0, 60, 300]),
        option::of(select(vec!["service/default/x", "service/default/y"])),
        btree_map(
            select(vec!["webhook/w", "webhook/x"]),
            select(vec!["", "1", "2"]),
            0..3,
        ),
    )
        .prop_map(
            |(name, kind, identifier, targets, ttl, resource, properties)| {
                let mut record = Endpoint::new(name, kind, targets)
                    .with_set_identifier(identifier)
                    .with_ttl(ttl);
                for (name, value) in properties {
                    record.set_property(name, value);
                }
                match resource {
                    Some(resource) => record.with_label(RESOURCE, resource),
                    None => record,
                }
            },
        )
}

fn any_owned_record() -> impl Strategy<Value = Endpoint> {
    let owner = option::weighted(0.8, select(vec![OWN, OWN, OWN, "cluster-west"]));
    (any_record(), owner).prop_map(|(record, owner)| match owner {
        Some(owner) => record.with_label(OWNER, owner),
        None => record,
    })
}

/// A zone holds one record per name, type and set identifier.
type Zone = BTreeMap<EndpointKey, Endpoint>;

fn any_zone() -> impl Strategy<Value = Zone> {
    vec(any_owned_record(), 0..6).prop_map(|records| {
        records
            .into_iter()
            .map(|record| (record.key(), record))
            .collect()
    })
}

fn any_desired() -> impl Strategy<Value = Vec<Endpoint>> {
    vec(any_record(), 0..6)
}

fn any_policy() -> impl Strategy<Value = Policy> {
    select(vec![Policy::Sync, Policy::UpsertOnly, Policy::CreateOnly])
}

fn plan(policy: Policy) -> Plan {
    Plan {
        policy,
        owner: Some(OWN.to_owned()),
        ..Plan::default()
    }
}

fn records(zone: &Zone) -> Vec<Endpoint> {
    zone.values().cloned().collect()
}

/// What a provider does with changes, deletions first.
fn apply(zone: &mut Zone, changes: Changes) {
    for record in changes.delete.iter().chain(&changes.update_old) {
        zone.remove(&record.key());
    }
    for record in changes.update_new.into_iter().chain(changes.create) {
        zone.insert(record.key(), record);
    }
}

fn stamped(mut changes: Changes) -> Changes {
    for record in &mut changes.create {
        record.labels.insert(OWNER.to_owned(), OWN.to_owned());
    }
    changes
}

proptest! {
    #[test]
    fn a_second_plan_has_nothing_to_do(mut zone in any_zone(), desired in any_desired()) {
        let plan = plan(Policy::Sync);
        let first = plan.changes(records(&zone), desired.clone());
        apply(&mut zone, stamped(first));
        let second = plan.changes(records(&zone), desired);
        prop_assert_eq!(second, Changes::default());
    }

    #[test]
    fn a_second_round_sends_nothing(mut zone in any_zone(), desired in any_desired(), noop: bool) {
        let registry = if noop {
            Registry::Noop
        } else {
            Registry::Txt(TxtRegistry::new(OWN).unwrap())
        };
        let controller = Controller::new(registry);
        // This provider keeps labels and swallows the texts.
        if let Some(mut changes) = controller.plan(&controller.observe(records(&zone)), desired.clone()) {
            for list in [&mut changes.create, &mut changes.update_old, &mut changes.update_new, &mut changes.delete] {
                list.retain(|record| !record.is_txt_ownership());
            }
            apply(&mut zone, changes);
        }
        let second = controller.plan(&controller.observe(records(&zone)), desired);
        prop_assert_eq!(second, None);
    }

    #[test]
    fn records_of_others_are_never_touched(
        zone in any_zone(),
        desired in any_desired(),
        policy in any_policy(),
    ) {
        let changes = plan(policy).changes(records(&zone), desired);
        for record in changes.delete.iter().chain(&changes.update_old).chain(&changes.update_new) {
            prop_assert!(record.is_owned_by(OWN));
        }
        for record in changes.update_old.iter().chain(&changes.update_new).chain(&changes.delete) {
            prop_assert!(zone.get(&record.key()).is_some_and(|held| held.is_owned_by(OWN)));
        }
        // Nothing is put beside what somebody else holds under the same name.
        for record in &changes.create {
            let foreign = zone.values().any(|held| {
                held.dns_name == record.dns_name
                    && held.set_identifier == record.set_identifier
                    && !held.is_owned_by(OWN)
            });
            prop_assert!(!foreign, "{}", record.key());
        }
    }

    #[test]
    fn updates_come_in_pairs(zone in any_zone(), desired in any_desired(), policy in any_policy()) {
        let changes = plan(policy).changes(records(&zone), desired);
        let keys = |records: &[Endpoint]| records.iter().map(Endpoint::key).collect::<Vec<_>>();
        prop_assert_eq!(keys(&changes.update_old), keys(&changes.update_new));
        // And no record is in two lists.
        let lists = [&changes.create, &changes.update_new, &changes.delete];
        let all: Vec<_> = lists.into_iter().flat_map(|list| keys(list)).collect();
        prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn the_order_of_records_means_nothing(zone in any_zone(), desired in any_desired()) {
        // Candidates with equal targets are told apart by their order alone.
        let mut seen = BTreeSet::new();
        let distinct: Vec<_> = desired
            .into_iter()
            .filter(|record| seen.insert(record.key()))
            .collect();
        let plan = plan(Policy::Sync);
        let forward = plan.changes(records(&zone), distinct.clone());
        let mut current = records(&zone);
        current.reverse();
        let backward = plan.changes(current, distinct.into_iter().rev().collect());
        let sorted = |mut changes: Changes| {
            changes.delete.sort_by_key(Endpoint::key);
            changes
        };
        prop_assert_eq!(sorted(forward), sorted(backward));
    }

    #[test]
    fn policies_only_take_away(zone in any_zone(), desired in any_desired(), policy in any_policy()) {
        let all = plan(Policy::Sync).changes(records(&zone), desired.clone());
        let allowed = plan(policy).changes(records(&zone), desired);
        prop_assert_eq!(&allowed.create, &all.create);
        match policy {
            Policy::Sync => prop_assert_eq!(allowed, all),
            Policy::UpsertOnly => {
                prop_assert_eq!(allowed.update_new, all.update_new);
                prop_assert!(allowed.delete.is_empty());
            }
            Policy::CreateOnly => prop_assert_eq!(allowed.len(), allowed.create.len()),
        }
    }
}
