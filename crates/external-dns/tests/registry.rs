//! The TXT registry, its names, and the controller around it.

use external_dns::labels::{OWNED_RECORD, OWNER, RESOURCE};
use external_dns::model::{
    Controller, FORCE_UPDATE, ManagedTypes, Registry, TxtAffix, TxtFormats, TxtNames, TxtRegistry,
    TxtRegistryError,
};
use external_dns::{DomainFilter, Endpoint, RecordType};
use proptest::prelude::*;
use rstest::rstest;

const OWN: &str = "cluster-east";
const OWN_TEXT: &str = "\"heritage=external-dns,external-dns/owner=cluster-east\"";
const FOREIGN_TEXT: &str = "\"heritage=external-dns,external-dns/owner=cluster-west\"";

fn prefix(text: &str) -> TxtAffix {
    TxtAffix::Prefix(text.to_owned())
}

fn suffix(text: &str) -> TxtAffix {
    TxtAffix::Suffix(text.to_owned())
}

fn registry() -> Result<TxtRegistry, TxtRegistryError> {
    TxtRegistry::new(OWN)
}

fn a(host: &str) -> Endpoint {
    Endpoint::new(host, RecordType::A, ["192.0.2.1"])
}

fn text(host: &str, text: &str) -> Endpoint {
    Endpoint::new(host, RecordType::TXT, [text])
}

fn names_of(records: &[Endpoint]) -> Vec<&str> {
    records.iter().map(|record| &*record.dns_name).collect()
}

#[rstest]
#[case::default(prefix(""), "", "app.example.com", "a-app.example.com")]
#[case::apex(prefix(""), "", "example.com", "a-example.com")]
#[case::single(prefix(""), "", "local", "a-local")]
#[case::wildcard(prefix(""), "", "*.example.com", "a-*.example.com")]
#[case::wildcard_replaced(prefix(""), "ANY", "*.example.com", "a-any.example.com")]
#[case::prefix(prefix("p-"), "", "app.example.com", "p-a-app.example.com")]
#[case::prefix_zone(prefix("Txt."), "", "app.example.com", "txt.a-app.example.com")]
#[case::prefix_type(
    prefix("%{record_type}-x."),
    "",
    "app.example.com",
    "a-x.app.example.com"
)]
#[case::suffix(suffix("-s"), "", "app.example.com", "a-app-s.example.com")]
#[case::suffix_zone(suffix("-s.t"), "", "app.example.com", "a-app-s.t.example.com")]
#[case::suffix_type(suffix("-%{record_type}"), "", "app.example.com", "app-a.example.com")]
#[case::suffix_single(suffix("-s"), "", "local", "a-local-s")]
#[case::no_suffix(suffix(""), "", "app.example.com", "a-app.example.com")]
fn txt_names(
    #[case] affix: TxtAffix,
    #[case] wildcard: &str,
    #[case] record: &str,
    #[case] expected: &str,
) {
    let names = TxtNames::new(affix, wildcard);
    assert_eq!(names.txt_name(record, &RecordType::A), expected);
}

#[rstest]
#[case::no_prefix("p-", "", "q-a-app.example.com", None)]
#[case::no_suffix("", "-s", "a-app.example.com", None)]
#[case::too_few_labels("", "-s.t.u", "app-s.t", None)]
#[case::legacy("", "", "app.example.com", Some(("app.example.com", None)))]
#[case::legacy_behind_prefix("p-", "", "p-app.example.com", Some(("app.example.com", None)))]
#[case::legacy_of_template("%{record_type}x-", "", "x-app.example.com", Some(("app.example.com", None)))]
#[case::taken_for_typed("", "", "ns-team.example.com", Some(("team.example.com", Some(RecordType::NS))))]
#[case::type_alone("", "", "a", Some(("a", Some(RecordType::A))))]
#[case::upper_case("", "", "A-App.Example.com", Some(("app.example.com", Some(RecordType::A))))]
#[case::long_type("", "", "cname-app.example.com", Some(("app.example.com", Some(RecordType::CNAME))))]
fn names_of_txt_records_are_read_back(
    #[case] prefix: &str,
    #[case] suffix: &str,
    #[case] txt: &str,
    #[case] expected: Option<(&str, Option<RecordType>)>,
) {
    let affix = if suffix.is_empty() {
        TxtAffix::Prefix(prefix.to_owned())
    } else {
        TxtAffix::Suffix(suffix.to_owned())
    };
    let expected = expected.map(|(name, kind)| (name.to_owned(), kind));
    assert_eq!(TxtNames::new(affix, "").record_name(txt), expected);
}

proptest! {
    #[test]
    fn txt_names_lead_back_to_their_record(
        host in "[a-z0-9]{1,5}(-[a-z0-9]{1,5})?(\\.[a-z]{1,5}){0,3}",
        kind in prop::sample::select(RecordType::KNOWN.to_vec()),
        affix in prop::sample::select(vec![
            prefix(""), prefix("p-"), prefix("Txt."), prefix("%{record_type}-x."),
            suffix("-s"), suffix("-s.t"), suffix("-%{record_type}"), suffix("-%{record_type}.t"),
        ]),
    ) {
        let names = TxtNames::new(affix, "any");
        let txt = names.txt_name(&host, &kind);
        prop_assert_eq!(names.record_name(&txt), Some((host, Some(kind))));
    }

    #[test]
    fn legacy_names_lead_back_to_a_record_without_type(
        // A first part that names no type: those are taken for the new form.
        host in "x[a-z0-9]{0,5}(\\.[a-z]{1,5}){0,3}",
        affix in prop::sample::select(vec![prefix(""), prefix("p-"), suffix("-s")]),
    ) {
        let names = TxtNames::new(affix, "");
        let txt = names.legacy_txt_name(&host).unwrap();
        prop_assert_eq!(names.record_name(&txt), Some((host, None)));
    }

    /// Whoever stores all that was created and returns it, has nothing to do in the
    /// next round and no record marked incomplete.
    #[test]
    fn created_records_come_back_owned_and_complete(
        hosts in prop::collection::btree_set("(\\*\\.)?x[a-z]{0,4}\\.example\\.com", 0..5),
        affix in prop::sample::select(vec![
            prefix(""), prefix("p-"), prefix("%{record_type}-x."), suffix("-s"), suffix("-%{record_type}.t"),
        ]),
        wildcard in prop::sample::select(vec!["", "any"]),
        formats in prop::sample::select(vec![TxtFormats::Typed, TxtFormats::LegacyAndTyped]),
        keep_texts: bool,
    ) {
        let names = TxtNames::new(affix, wildcard);
        let registry = registry().unwrap().with_names(names).with_formats(formats);
        let controller = Controller::new(Registry::Txt(registry));
        let desired: Vec<Endpoint> = hosts
            .iter()
            .map(|host| a(host).with_label(RESOURCE, format!("service/default/{host}")))
            .collect();
        let first = controller.plan(&controller.observe(Vec::new()), desired.clone());
        prop_assert_eq!(first.is_none(), desired.is_empty());
        let mut stored = first.unwrap_or_default().create;
        if keep_texts {
            // A real zone keeps no labels.
            for record in &mut stored {
                record.labels.clear();
            }
        } else {
            // A provider may keep the labels instead, and no text at all.
            stored.retain(|record| record.record_type != RecordType::TXT);
        }
        let second = controller.observe(stored);
        for record in second.current() {
            prop_assert!(record.is_owned_by(OWN), "{}", record.key());
            prop_assert_eq!(record.property(FORCE_UPDATE), None);
        }
        prop_assert_eq!(second.current().len(), desired.len());
        prop_assert_eq!(controller.plan(&second, desired), None);
    }
}

#[test]
fn a_registry_needs_an_owner() {
    assert!(matches!(
        TxtRegistry::new(""),
        Err(TxtRegistryError::EmptyOwner)
    ));
}

#[test]
fn what_a_text_says_wins_over_what_the_provider_says() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let record = a("app.example.com")
        .with_label(OWNER, OWN)
        .with_label("kept", "1");
    let seen = controller.observe(vec![record, text("a-app.example.com", FOREIGN_TEXT)]);
    assert_eq!(seen.current().len(), 1);
    assert_eq!(seen.current()[0].owner(), Some("cluster-west"));
    assert_eq!(seen.current()[0].label("kept"), Some("1"));
}

#[rstest]
#[case::legacy_name(RecordType::A, "app.example.com", true)]
#[case::legacy_name_never_for_ipv6(RecordType::AAAA, "app.example.com", false)]
#[case::other_type(RecordType::A, "cname-app.example.com", false)]
#[case::own_type(RecordType::AAAA, "aaaa-app.example.com", true)]
fn which_text_speaks_for_a_record(
    #[case] kind: RecordType,
    #[case] name: &str,
    #[case] owned: bool,
) {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let record = Endpoint::new("app.example.com", kind, ["192.0.2.1"]);
    let seen = controller.observe(vec![record, text(name, OWN_TEXT)]);
    assert_eq!(seen.current()[0].is_owned_by(OWN), owned);
}

#[test]
fn an_alias_may_still_be_spoken_for_as_a_cname() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let alias = a("app.example.com").with_property("alias", "true");
    let seen = controller.observe(vec![alias, text("cname-app.example.com", OWN_TEXT)]);
    assert!(seen.current()[0].is_owned_by(OWN));
}

#[test]
fn texts_of_others_pass_and_empty_ones_vanish() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let mut empty = text("empty.example.com", "");
    empty.targets.clear();
    let seen = controller.observe(vec![text("spf.example.com", "v=spf1"), empty]);
    assert_eq!(names_of(seen.current()), ["spf.example.com"]);
}

/// The trap: some texts but not all make an update in every round, for ever.
#[test]
fn an_incomplete_set_of_texts_never_comes_to_rest() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let records = || {
        vec![
            a("one.example.com").with_label(OWNER, OWN),
            a("two.example.com").with_label(OWNER, OWN),
            text("a-one.example.com", OWN_TEXT),
        ]
    };
    let desired = vec![a("one.example.com"), a("two.example.com")];
    for _ in 0..2 {
        let changes = controller
            .plan(&controller.observe(records()), desired.clone())
            .unwrap();
        assert_eq!(
            names_of(&changes.update_old),
            ["two.example.com", "a-two.example.com"]
        );
        assert_eq!(changes.update_old[0].property(FORCE_UPDATE), Some("true"));
        assert_eq!(changes.update_old[1].property(FORCE_UPDATE), Some("true"));
        assert_eq!(changes.update_new[0].property(FORCE_UPDATE), None);
    }
    // With no text at all, the labels are taken for the truth.
    let mut labels_only = records();
    labels_only.pop();
    assert_eq!(
        controller.plan(&controller.observe(labels_only), desired),
        None
    );
}

#[test]
fn an_orphaned_text_is_not_written_again() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let seen = controller.observe(vec![text("a-app.example.com", FOREIGN_TEXT)]);
    let changes = controller.plan(&seen, vec![a("app.example.com")]).unwrap();
    assert_eq!(names_of(&changes.create), ["app.example.com"]);
    assert!(changes.create[0].is_owned_by(OWN));
}

#[test]
fn a_text_with_a_label_too_long_is_left_out() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let fits = format!("{}.example.com", "x".repeat(61));
    let too_long = format!("{}.example.com", "y".repeat(62));
    let seen = controller.observe(Vec::new());
    let changes = controller
        .plan(&seen, vec![a(&fits), a(&too_long)])
        .unwrap();
    assert_eq!(
        names_of(&changes.create),
        [&fits, &too_long, &format!("a-{fits}")]
    );
}

#[test]
fn a_text_carries_the_properties_and_set_identifier_of_its_record() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()));
    let record = a("app.example.com")
        .with_set_identifier("east-us")
        .with_ttl(60)
        .with_property("webhook/x", "1")
        .with_label(RESOURCE, "service/default/app");
    let seen = controller.observe(Vec::new());
    let changes = controller.plan(&seen, vec![record]).unwrap();
    let expected = Endpoint::new(
        "a-app.example.com",
        RecordType::TXT,
        ["\"heritage=external-dns,external-dns/owner=cluster-east,external-dns/resource=service/default/app\""],
    )
    .with_set_identifier("east-us")
    .with_property("webhook/x", "1")
    .with_label(OWNED_RECORD, "app.example.com");
    assert_eq!(changes.create[1], expected);
}

#[test]
fn records_of_an_old_owner_become_our_own() {
    let registry = registry().unwrap().with_old_owner("cluster-west");
    let controller = Controller::new(Registry::Txt(registry));
    let seen = controller.observe(vec![
        a("app.example.com"),
        text("a-app.example.com", FOREIGN_TEXT),
    ]);
    assert!(seen.current()[0].is_owned_by(OWN));
    let changes = controller
        .plan(&seen, vec![a("other.example.com")])
        .unwrap();
    assert_eq!(
        names_of(&changes.delete),
        ["app.example.com", "a-app.example.com"]
    );
}

#[test]
fn the_noop_registry_passes_everything() {
    let controller = Controller::new(Registry::Noop).with_types(ManagedTypes {
        managed: vec![RecordType::A, RecordType::TXT],
        excluded: Vec::new(),
    });
    let seen = controller.observe(vec![
        a("app.example.com"),
        text("a-app.example.com", FOREIGN_TEXT),
    ]);
    assert_eq!(seen.current().len(), 2);
    let changes = controller.plan(&seen, Vec::new()).unwrap();
    assert_eq!(
        names_of(&changes.delete),
        ["a-app.example.com", "app.example.com"]
    );
    assert!(changes.create.is_empty());
}

#[test]
fn both_domain_filters_have_to_agree() {
    let controller = Controller::new(Registry::Txt(registry().unwrap()))
        .with_domain_filter(DomainFilter::lists(["example.com"], []))
        .with_domain_filter(DomainFilter::lists([], ["x.example.com"]));
    let seen = controller.observe(Vec::new());
    let desired = ["a.example.com", "x.example.com", "a.example.org"].map(a);
    let changes = controller.plan(&seen, desired.to_vec()).unwrap();
    assert_eq!(
        names_of(&changes.create),
        ["a.example.com", "a-a.example.com"]
    );
}

#[rstest]
#[case("A", Some("true"))]
#[case("AAAA", Some("AAAA"))]
#[case("false", Some("false"))]
fn an_alias_of_the_records_own_type_is_just_an_alias(
    #[case] given: &str,
    #[case] sent: Option<&str>,
) {
    let controller = Controller::new(Registry::Noop);
    let desired = a("app.example.com").with_property("alias", given);
    let changes = controller
        .plan(&controller.observe(Vec::new()), vec![desired])
        .unwrap();
    assert_eq!(changes.create[0].property("alias"), sent);
}
