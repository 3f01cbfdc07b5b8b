//! Request bodies as released versions of ExternalDNS sent them.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeSet;
use std::fs;

use external_dns::labels::{OWNED_RECORD, OWNER, RESOURCE};
use external_dns::model::{
    ALPHA_PREFIX, Controller, FORCE_UPDATE, Policy, Registry, Service, ServiceSource,
    SharedProperties, TxtFormats, TxtRegistry,
};
use external_dns::{Changes, Endpoint, Endpoints, ProviderSpecificProperty, RecordType};
use rstest::rstest;

const VERSIONS: [&str; 5] = ["v0.15", "v0.16", "v0.17", "v0.20", "v0.21"];
const OWN_HOST: &str = "my-app-east.example.com";

fn read(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn endpoints(name: &str) -> Vec<Endpoint> {
    let Endpoints(records) = serde_json::from_str(&read(name)).unwrap();
    records
}

fn changes(name: &str) -> Changes {
    serde_json::from_str(&read(name)).unwrap()
}

/// The lists with what ExternalDNS leaves to chance put in order.
fn ordered(mut records: Vec<Endpoint>) -> Vec<Endpoint> {
    for record in &mut records {
        record.provider_specific.sort();
    }
    records.sort_by_key(|record| (record.key(), record.targets.clone()));
    records
}

fn ordered_changes(changes: Changes) -> Changes {
    Changes {
        create: ordered(changes.create),
        update_old: ordered(changes.update_old),
        update_new: ordered(changes.update_new),
        delete: ordered(changes.delete),
    }
}

/// What a provider for `webhook/` properties has to understand: its own record, the
/// same from every version.
fn meaning(records: Vec<Endpoint>) -> Vec<Endpoint> {
    let own = records
        .into_iter()
        .filter(|record| record.dns_name == OWN_HOST && !record.is_txt_ownership())
        .map(|mut record| {
            record
                .provider_specific
                .retain(|property| property.name.starts_with("webhook/"));
            record
        });
    ordered(own.collect())
}

fn controller(version: &str) -> Controller {
    let formats = match version {
        "v0.15" | "v0.16" | "v0.17" => TxtFormats::LegacyAndTyped,
        _ => TxtFormats::Typed,
    };
    Controller::new(Registry::Txt(
        TxtRegistry::new("cluster-east")
            .unwrap()
            .with_formats(formats),
    ))
}

fn owned(mut records: Vec<Endpoint>) -> Vec<Endpoint> {
    for record in &mut records {
        record
            .labels
            .insert(OWNER.to_owned(), "cluster-east".to_owned());
    }
    records
}

fn reweighted(mut records: Vec<Endpoint>) -> Vec<Endpoint> {
    for record in records
        .iter_mut()
        .filter(|record| record.dns_name == OWN_HOST)
    {
        record.set_property("webhook/traffic-manager-weight", "50");
    }
    records
}

#[test]
fn every_version_says_the_same_to_adjust() {
    let story = [
        ("enabled", "true"),
        ("endpoint-location", "eastus"),
        ("endpoint-name", "east-us"),
        ("hostname", "my-app.example.com"),
        ("monitor-path", "/health"),
        ("monitor-protocol", "HTTPS"),
        ("profile-name", "my-app-global"),
        ("resource-group", "my-tm-rg"),
        ("weight", "70"),
    ];
    let mut expected = Endpoint::new(OWN_HOST, RecordType::A, ["20.1.2.3"])
        .with_label(RESOURCE, "service/default/my-app-east");
    for (name, value) in story {
        expected.set_property(&format!("webhook/traffic-manager-{name}"), value);
    }
    for version in VERSIONS {
        let records = endpoints(&format!("{version}-adjust"));
        assert_eq!(records.len(), 2, "{version}");
        assert_eq!(meaning(records), [expected.clone()], "{version}");
    }
}

#[rstest]
#[case::create("records")]
#[case::update("update")]
#[case::delete("delete")]
#[case::force_update("force-update")]
#[case::noop("noop")]
fn every_version_says_the_same_to_apply(#[case] situation: &str) {
    let told: BTreeSet<String> = VERSIONS
        .iter()
        .map(|version| {
            let sent = changes(&format!("{version}-{situation}"));
            assert!(!sent.is_empty(), "{version}");
            let understood = Changes {
                create: meaning(sent.create),
                update_old: meaning(sent.update_old),
                update_new: meaning(sent.update_new),
                delete: meaning(sent.delete),
            };
            serde_json::to_string_pretty(&understood).unwrap()
        })
        .collect();
    assert_eq!(told.len(), 1, "{told:#?}");
}

#[rstest]
fn the_model_sends_what_the_version_sent(
    #[values("v0.15", "v0.16", "v0.17", "v0.20", "v0.21")] version: &str,
) {
    let controller = controller(version);
    let source = endpoints(&format!("{version}-adjust"));
    let plan = |records: Vec<Endpoint>, adjusted: Vec<Endpoint>| {
        let observation = controller.observe(records);
        ordered_changes(controller.plan(&observation, adjusted).unwrap())
    };
    let sent = |situation: &str| ordered_changes(changes(&format!("{version}-{situation}")));

    assert_eq!(plan(Vec::new(), source.clone()), sent("records"));
    assert_eq!(
        plan(owned(source.clone()), reweighted(source.clone())),
        sent("update")
    );
    assert_eq!(plan(owned(source.clone()), Vec::new()), sent("delete"));

    let mut some = changes(&format!("{version}-records")).create;
    some.retain(|record| {
        record.record_type != RecordType::TXT || record.dns_name == "a-shop.example.com"
    });
    assert_eq!(plan(some, source), sent("force-update"));
}

#[rstest]
fn the_model_without_registry_sends_what_the_version_sent(
    #[values("v0.15", "v0.16", "v0.17", "v0.20", "v0.21")] version: &str,
) {
    let controller = Controller::new(Registry::Noop);
    let mut source = endpoints(&format!("{version}-adjust"));
    source.retain(|record| record.dns_name == OWN_HOST);
    let observation = controller.observe(source.clone());
    let planned = controller.plan(&observation, reweighted(source)).unwrap();
    let sent = changes(&format!("{version}-noop"));

    assert_eq!(ordered_changes(planned), ordered_changes(sent.clone()));
    // The label is there and empty, which is no owner.
    let update = &sent.update_new[0];
    assert_eq!(update.label(OWNER), Some(""));
    assert_eq!(update.owner(), None);
}

#[rstest]
fn ownership_records_are_recognised(
    #[values("v0.15", "v0.16", "v0.17", "v0.20", "v0.21")] version: &str,
    #[values("records", "update", "delete", "force-update", "encrypted")] situation: &str,
) {
    let sent = changes(&format!("{version}-{situation}"));
    let mut texts = 0;
    for record in [sent.create, sent.update_old, sent.update_new, sent.delete].concat() {
        let text = record.record_type == RecordType::TXT;
        assert_eq!(record.is_txt_ownership(), text, "{}", record.key());
        if text {
            texts += 1;
            let owned = record.label(OWNED_RECORD).unwrap();
            assert!(
                record.dns_name == owned || record.dns_name == format!("a-{owned}"),
                "{} for {owned}",
                record.dns_name
            );
        } else {
            assert!(record.resource().is_some());
        }
    }
    assert!(texts > 0);
}

#[rstest]
#[case("v0.15", 4)]
#[case("v0.17", 4)]
#[case("v0.20", 2)]
#[case("v0.21", 2)]
fn old_versions_send_two_ownership_records_each(#[case] version: &str, #[case] texts: usize) {
    let created = changes(&format!("{version}-records")).create;
    let found = created.iter().filter(|record| record.is_txt_ownership());
    assert_eq!(found.count(), texts);
}

#[rstest]
fn the_mark_of_an_incomplete_record_is_on_the_old_side_only(
    #[values("v0.15", "v0.16", "v0.17", "v0.20", "v0.21")] version: &str,
) {
    let sent = changes(&format!("{version}-force-update"));
    let marked = |record: &&Endpoint| record.property(FORCE_UPDATE) == Some("true");
    assert!(sent.update_old.iter().any(|record| marked(&record)));
    assert_eq!(sent.update_new.iter().filter(marked).count(), 0);
}

#[test]
fn an_encrypted_text_gives_nothing_away_but_its_label() {
    let created = changes("v0.21-encrypted").create;
    let text = created
        .iter()
        .find(|record| record.is_txt_ownership())
        .unwrap();
    assert!(external_dns::labels::from_text(&text.targets[0]).is_none());

    // As it would come back from a list of records, without labels.
    let mut listed = text.clone();
    listed.labels.clear();
    assert!(!listed.is_txt_ownership());
}

#[test]
fn foreign_properties_stop_with_v0_21() {
    for version in VERSIONS {
        let foreign = endpoints(&format!("{version}-adjust"))
            .iter()
            .flat_map(|record| record.provider_specific.clone())
            .filter(|property| !property.name.starts_with("webhook/"))
            .count();
        assert_eq!(foreign, if version == "v0.21" { 0 } else { 2 }, "{version}");
    }
}

#[test]
fn whatever_go_accepts_is_accepted() {
    let records = endpoints("odd-adjust");
    assert_eq!(records.len(), 4, "the null record is left out");

    let own = &records[0];
    assert_eq!(own.dns_name, OWN_HOST);
    assert_eq!(own.targets, ["20.1.2.3"]);
    assert_eq!(own.record_type, RecordType::A);
    assert_eq!(own.set_identifier, "");
    assert_eq!(own.record_ttl.seconds(), Some(60));
    assert_eq!(own.resource(), Some("service/default/my-app-east"));
    let own: Vec<_> = own.properties_under("webhook/traffic-manager-").collect();
    assert_eq!(
        own,
        [
            ("weight", "70"),
            ("monitor-path", "/health?a=1&b=<2>"),
            ("enabled", "")
        ]
    );

    assert_eq!(records[1].record_type, RecordType::SRV);
    assert_eq!(records[2].record_type, RecordType::from("HTTPS"));
    assert_eq!(records[3], Endpoint::default());
    assert_eq!(serde_json::to_string(&records[3]).unwrap(), "{}");

    let sent = changes("odd-records");
    assert_eq!(sent.create.len(), 1);
    assert_eq!(sent.delete.len(), 1);
    assert_eq!(sent.len(), 2);
    assert!(sent.delete[0].is_owned_by("cluster-east"));
}

/// Both records of one object together still hold all of its properties.
#[test]
fn a_lost_property_is_on_the_other_record() {
    let records = endpoints("lossy-adjust");
    assert_eq!(records.len(), 2);
    let nameless = ProviderSpecificProperty::default();
    for record in &records {
        assert!(record.provider_specific.contains(&nameless));
    }
    assert_eq!(
        records[0].provider_specific.len() + 1,
        records[1].provider_specific.len()
    );

    // The story's object, whole, has nine properties.
    let names: BTreeSet<_> = records
        .iter()
        .flat_map(|record| record.properties_under("webhook/"))
        .collect();
    assert_eq!(names.len(), 9);

    let mut service = Service::load_balancer("default", "my-app-east")
        .with_ip("20.1.2.3")
        .with_ip("2001:db8::3")
        .with_annotation(format!("{ALPHA_PREFIX}hostname"), OWN_HOST)
        .with_annotation(format!("{ALPHA_PREFIX}azure-tags"), "team=web");
    for (name, value) in names {
        service = service.with_annotation(format!("{ALPHA_PREFIX}webhook-{name}"), value);
    }
    let source = ServiceSource {
        shared_properties: SharedProperties::Aliased,
        ..ServiceSource::new(ALPHA_PREFIX)
    };
    assert_eq!(source.endpoints(&[service]), records);
}

#[test]
fn upsert_only_never_sends_deletions() {
    let controller = controller("v0.21").with_policy(Policy::UpsertOnly);
    let observation = controller.observe(owned(endpoints("v0.21-adjust")));
    assert_eq!(controller.plan(&observation, Vec::new()), None);
    assert!(
        observation
            .current()
            .iter()
            .all(|record| record.label(RESOURCE).is_some())
    );
}
