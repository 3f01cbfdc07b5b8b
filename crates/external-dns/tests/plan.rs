//! The plan, case by case.

use external_dns::labels::{OWNER, RESOURCE};
use external_dns::model::{ManagedTypes, Plan, Policy};
use external_dns::{Changes, DomainFilter, Endpoint, RecordType};
use rstest::rstest;

const HOST: &str = "app.example.com";
const OWN: &str = "cluster-east";

fn a(target: &str) -> Endpoint {
    Endpoint::new(HOST, RecordType::A, [target])
}

fn cname(target: &str) -> Endpoint {
    Endpoint::new(HOST, RecordType::CNAME, [target])
}

fn of(owner: &str, record: Endpoint) -> Endpoint {
    record.with_label(OWNER, owner)
}

fn from(resource: &str, record: Endpoint) -> Endpoint {
    record.with_label(RESOURCE, resource)
}

fn plan() -> Plan {
    Plan {
        owner: Some(OWN.to_owned()),
        ..Plan::default()
    }
}

fn changes(current: &[Endpoint], desired: &[Endpoint]) -> Changes {
    plan().changes(current.to_vec(), desired.to_vec())
}

#[test]
fn a_free_name_is_created_and_a_released_one_deleted() {
    let created = changes(&[], &[a("192.0.2.1")]);
    assert_eq!(created.create, [a("192.0.2.1")]);
    assert_eq!(created.len(), 1);

    let held = of(OWN, a("192.0.2.1"));
    let deleted = changes(std::slice::from_ref(&held), &[]);
    assert_eq!(deleted.delete, [held]);
    assert_eq!(deleted.len(), 1);
}

#[rstest]
#[case::nothing(a("192.0.2.1"), a("192.0.2.1"), false)]
#[case::target(a("192.0.2.1"), a("192.0.2.2"), true)]
#[case::target_case(cname("LB.example.net"), cname("lb.example.net"), false)]
#[case::target_dot(cname("lb.example.net."), cname("lb.example.net"), true)]
#[case::address_spelling(a("2001:DB8:0::1"), a("2001:db8::1"), false)]
#[case::more_targets(a("192.0.2.1"), Endpoint::new(HOST, RecordType::A, ["192.0.2.1", "192.0.2.2"]), true)]
#[case::ttl(a("192.0.2.1").with_ttl(60), a("192.0.2.1").with_ttl(300), true)]
#[case::ttl_unset(a("192.0.2.1").with_ttl(60), a("192.0.2.1"), false)]
#[case::ttl_negative(a("192.0.2.1").with_ttl(60), a("192.0.2.1").with_ttl(-1), false)]
#[case::property_order(
    a("192.0.2.1").with_property("a", "1").with_property("b", "2"),
    a("192.0.2.1").with_property("b", "2").with_property("a", "1"),
    false
)]
#[case::property_value(a("192.0.2.1").with_property("a", "1"), a("192.0.2.1").with_property("a", "2"), true)]
#[case::property_case(a("192.0.2.1").with_property("a", "x"), a("192.0.2.1").with_property("a", "X"), true)]
#[case::property_gone(a("192.0.2.1").with_property("a", ""), a("192.0.2.1"), true)]
#[case::property_new(a("192.0.2.1"), a("192.0.2.1").with_property("a", ""), true)]
#[case::labels(a("192.0.2.1").with_label("x", "1"), a("192.0.2.1").with_label("y", "2"), false)]
fn what_makes_an_update(
    #[case] current: Endpoint,
    #[case] desired: Endpoint,
    #[case] updated: bool,
) {
    let current = of(OWN, current);
    let changes = changes(
        std::slice::from_ref(&current),
        std::slice::from_ref(&desired),
    );
    if updated {
        assert_eq!(changes.update_old, [current]);
        assert_eq!(changes.update_new, [of(OWN, desired)]);
        assert_eq!(changes.len(), 2);
    } else {
        assert_eq!(changes, Changes::default());
    }
}

#[test]
fn a_change_of_type_is_a_deletion_and_a_creation() {
    let old = of(OWN, cname("lb.example.net"));
    let changes = changes(std::slice::from_ref(&old), &[a("192.0.2.1")]);
    assert_eq!(changes.delete, [old]);
    assert_eq!(changes.create, [a("192.0.2.1")]);
    assert_eq!(changes.len(), 2);
}

#[test]
fn what_belongs_to_somebody_else_is_left_alone() {
    let foreign = of("cluster-west", a("192.0.2.9"));
    let unowned = a("192.0.2.9");
    for current in [foreign, unowned] {
        let current = std::slice::from_ref(&current);
        assert_eq!(changes(current, &[]), Changes::default());
        assert_eq!(changes(current, &[a("192.0.2.1")]), Changes::default());
        // Even another type, which would not be in the way.
        let aaaa = Endpoint::new(HOST, RecordType::AAAA, ["2001:db8::1"]);
        assert_eq!(changes(current, &[aaaa]), Changes::default());
    }
}

#[test]
fn another_set_identifier_is_another_row() {
    let foreign = of("cluster-west", a("192.0.2.9")).with_set_identifier("west-us");
    let own = a("192.0.2.1").with_set_identifier("east-us");
    let changes = changes(&[foreign], std::slice::from_ref(&own));
    assert_eq!(changes.create, [own]);
}

#[test]
fn without_an_owner_everything_is_ours() {
    let noop = Plan::default();
    let foreign = of("cluster-west", a("192.0.2.9"));
    let deleted = noop.changes(vec![foreign.clone()], Vec::new());
    assert_eq!(deleted.delete, std::slice::from_ref(&foreign));
    let updated = noop.changes(vec![foreign], vec![a("192.0.2.1")]);
    assert_eq!(updated.update_new, [of("cluster-west", a("192.0.2.1"))]);
    // An owner that is not there is handed on as an empty one.
    let updated = noop.changes(vec![a("192.0.2.9")], vec![a("192.0.2.1")]);
    assert_eq!(updated.update_new, [of("", a("192.0.2.1"))]);
}

#[test]
fn of_several_candidates_the_least_is_created() {
    let two = from(
        "x",
        Endpoint::new(HOST, RecordType::A, ["192.0.2.1", "192.0.2.2"]),
    );
    let nine = from("y", a("192.0.2.9"));
    let ten = from("z", a("192.0.2.10"));
    let changes = changes(&[], &[two, ten, nine.clone()]);
    assert_eq!(
        changes.create,
        [nine],
        "the fewest targets, then the lowest address"
    );
}

#[rstest]
#[case::address_over_name("1-2-3-4.example.net", "9.9.9.9", "9.9.9.9")]
#[case::address_by_number("192.0.2.10", "192.0.2.9", "192.0.2.9")]
#[case::old_addresses_first("2001:db8::1", "203.0.113.1", "203.0.113.1")]
#[case::name_by_text("b.example.net", "a.example.net", "a.example.net")]
fn the_least_target(#[case] one: &str, #[case] other: &str, #[case] least: &str) {
    for candidates in [[one, other], [other, one]] {
        let created = changes(&[], &candidates.map(a)).create;
        assert_eq!(created, [a(least)]);
    }
}

#[test]
fn the_object_that_has_the_record_keeps_it() {
    let held = of(OWN, from("service/default/b", a("192.0.2.5")));
    let first = from("service/default/a", a("192.0.2.1"));
    let holder = from("service/default/b", a("192.0.2.6"));
    let kept = changes(
        std::slice::from_ref(&held),
        &[first.clone(), holder.clone()],
    );
    assert_eq!(kept.update_new, [of(OWN, holder)]);
    // Once it is gone, the least of the others takes over.
    let other = from("service/default/c", a("192.0.2.3"));
    let taken = changes(&[held], &[other, first.clone()]);
    assert_eq!(taken.update_new, [of(OWN, first)]);
}

#[test]
fn a_cname_yields_to_addresses() {
    let held = of(OWN, cname("lb.example.net"));
    let changes = changes(
        std::slice::from_ref(&held),
        &[cname("lb.example.net"), a("192.0.2.1")],
    );
    assert_eq!(changes.delete, [held]);
    assert_eq!(changes.create, [a("192.0.2.1")]);
}

#[test]
fn names_are_compared_in_canonical_form() {
    let current = of(
        OWN,
        Endpoint::new("APP.Example.com.", RecordType::A, ["192.0.2.1"]),
    );
    assert_eq!(changes(&[current], &[a("192.0.2.1")]), Changes::default());
}

#[rstest]
#[case(Policy::Sync, 1, 1, 1)]
#[case(Policy::UpsertOnly, 1, 1, 0)]
#[case(Policy::CreateOnly, 1, 0, 0)]
fn policies(
    #[case] policy: Policy,
    #[case] creates: usize,
    #[case] updates: usize,
    #[case] deletes: usize,
) {
    let of_host = |host: &str, target: &str| Endpoint::new(host, RecordType::A, [target]);
    let current = vec![
        of(OWN, of_host("old.example.com", "192.0.2.1")),
        of(OWN, of_host("both.example.com", "192.0.2.1")),
    ];
    let desired = vec![
        of_host("both.example.com", "192.0.2.2"),
        of_host("new.example.com", "192.0.2.1"),
    ];
    let changes = Plan { policy, ..plan() }.changes(current, desired);
    assert_eq!(changes.create.len(), creates);
    assert_eq!(changes.update_old.len(), updates);
    assert_eq!(changes.update_new.len(), updates);
    assert_eq!(changes.delete.len(), deletes);
}

#[test]
fn policies_have_names() {
    assert_eq!("upsert-only".parse(), Ok(Policy::UpsertOnly));
    insta::assert_snapshot!("Sync".parse::<Policy>().unwrap_err(), @r#"unknown policy "Sync": use sync, upsert-only or create-only"#);
}

#[test]
fn filters_and_types_hide_records_on_both_sides() {
    let filtered = Plan {
        domain_filters: vec![
            DomainFilter::lists(["example.com"], []),
            DomainFilter::lists([], ["app.example.com"]),
        ],
        ..plan()
    };
    let own = of(OWN, a("192.0.2.1"));
    assert_eq!(
        filtered.changes(vec![own.clone()], Vec::new()),
        Changes::default()
    );
    assert_eq!(
        filtered.changes(Vec::new(), vec![own.clone()]),
        Changes::default()
    );

    let untyped = Plan {
        types: ManagedTypes {
            excluded: vec![RecordType::A],
            ..ManagedTypes::default()
        },
        ..plan()
    };
    let srv = Endpoint::new(HOST, RecordType::SRV, ["0 0 0 ."]);
    assert_eq!(
        untyped.changes(vec![own.clone()], vec![srv]),
        Changes::default()
    );
    // A record that is not looked at does not stand in anybody's way either.
    let foreign = of("cluster-west", a("192.0.2.9"));
    let changes = untyped.changes(vec![foreign], vec![cname("lb.example.net")]);
    assert_eq!(changes.create.len(), 1);
}

#[test]
fn taking_over_updates_what_the_old_owner_does_not_own() {
    let migrating = Plan {
        old_owner: Some("cluster-old".to_owned()),
        ..plan()
    };
    let current = of(OWN, from("x", a("192.0.2.1")));
    let changes = migrating.changes(vec![current], vec![from("x", a("192.0.2.1"))]);
    assert_eq!(changes.update_new.len(), 1);
    assert!(!changes.has_effect(), "but nothing in it changes");
}
