//! The wire format, one rule at a time, and as a law.

use std::collections::BTreeMap;

use external_dns::labels::{self, OWNED_RECORD, OWNER};
use external_dns::{
    Changes, Endpoint, Endpoints, MEDIA_TYPE, ProviderSpecificProperty, RecordType, Ttl,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rstest::rstest;

fn any_endpoint() -> impl Strategy<Value = Endpoint> {
    let text = ".{0,8}";
    (
        (text, vec(text, 0..3), text, text),
        (
            any::<i64>(),
            btree_map(text, text, 0..3),
            vec((text, text), 0..3),
        ),
    )
        .prop_map(
            |((dns_name, targets, kind, set_identifier), (ttl, labels, properties))| Endpoint {
                dns_name,
                targets,
                record_type: RecordType::from(kind),
                set_identifier,
                record_ttl: Ttl(ttl),
                labels,
                provider_specific: properties
                    .into_iter()
                    .map(|(name, value)| ProviderSpecificProperty { name, value })
                    .collect(),
            },
        )
}

fn any_changes() -> impl Strategy<Value = Changes> {
    let list = || vec(any_endpoint(), 0..3);
    (list(), list(), list(), list()).prop_map(|(create, update_old, update_new, delete)| Changes {
        create,
        update_old,
        update_new,
        delete,
    })
}

/// The same JSON with the letter case of every field name turned around. Labels are
/// data, their names stay.
fn swap_case(value: serde_json::Value, are_fields: bool) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| swap_case(item, true))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let inner = swap_case(value, name != "labels");
                let turned = name
                    .chars()
                    .map(|c| {
                        if c.is_ascii_uppercase() {
                            c.to_ascii_lowercase()
                        } else {
                            c.to_ascii_uppercase()
                        }
                    })
                    .collect();
                (if are_fields { turned } else { name }, inner)
            })
            .collect(),
        other => other,
    }
}

proptest! {
    #[test]
    fn changes_round_trip(changes in any_changes()) {
        let json = serde_json::to_string(&changes).unwrap();
        prop_assert_eq!(serde_json::from_str::<Changes>(&json).unwrap(), changes);
    }

    #[test]
    fn field_names_match_in_any_case(changes in any_changes()) {
        let json = swap_case(serde_json::to_value(&changes).unwrap(), true);
        prop_assert_eq!(serde_json::from_value::<Changes>(json).unwrap(), changes);
    }

    #[test]
    fn nothing_empty_is_written(endpoint in any_endpoint()) {
        let json = serde_json::to_value(&endpoint).unwrap();
        for (field, value) in json.as_object().unwrap() {
            let empty = value.is_null()
                || value == ""
                || value == 0
                || value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty);
            prop_assert!(!empty, "{field} is {value}");
        }
    }

    #[test]
    fn any_bytes_are_refused_or_understood(bytes in vec(any::<u8>(), 0..64)) {
        if let Ok(changes) = serde_json::from_slice::<Changes>(&bytes) {
            prop_assert!(serde_json::to_string(&changes).is_ok());
        }
    }

    #[test]
    fn label_text_round_trips(
        labels in btree_map("[a-z][a-zA-Z-]{0,8}", "[a-z0-9/._-]{0,12}", 0..4),
    ) {
        let found = labels::from_text(&labels::to_text(&labels));
        prop_assert_eq!(found, Some(labels));
    }
}

#[test]
fn the_media_type_is_compared_byte_by_byte() {
    assert_eq!(
        MEDIA_TYPE,
        "application/external.dns.webhook+json;version=1"
    );
}

#[test]
fn a_record_is_written_as_external_dns_names_it() {
    let record = Endpoint::new(
        "app.example.com",
        RecordType::CNAME,
        ["x.trafficmanager.net"],
    )
    .with_set_identifier("east-us")
    .with_ttl(60)
    .with_label(OWNER, "cluster-east")
    .with_property("webhook/traffic-manager-weight", "70")
    .with_property("webhook/traffic-manager-enabled", "");
    insta::assert_snapshot!(serde_json::to_string(&record).unwrap(), @r#"{"dnsName":"app.example.com","targets":["x.trafficmanager.net"],"recordType":"CNAME","setIdentifier":"east-us","recordTTL":60,"labels":{"owner":"cluster-east"},"providerSpecific":[{"name":"webhook/traffic-manager-weight","value":"70"},{"name":"webhook/traffic-manager-enabled"}]}"#);
    assert_eq!(record.key().to_string(), "app.example.com CNAME (east-us)");
}

#[rstest]
#[case::null("null", 0)]
#[case::empty("[]", 0)]
#[case::null_element("[null]", 0)]
#[case::nameless("[{}, null]", 1)]
fn lists_of_records_may_be_null_and_hold_null(#[case] json: &str, #[case] count: usize) {
    let Endpoints(records) = serde_json::from_str(json).unwrap();
    assert_eq!(records.len(), count);
}

#[rstest]
#[case::null("null")]
#[case::nothing("{}")]
#[case::nulls(r#"{"Create":null,"UpdateOld":null,"UpdateNew":null,"Delete":null}"#)]
#[case::unknown(r#"{"created":[{}]}"#)]
fn changes_may_be_empty_in_many_ways(#[case] json: &str) {
    let changes: Changes = serde_json::from_str(json).unwrap();
    assert!(changes.is_empty());
    assert!(!changes.has_effect());
}

#[test]
fn of_a_field_given_twice_the_last_counts() {
    let json = r#"{"Create":[{"dnsName":"a"}],"create":[{"dnsName":"b","DNSName":"c"}]}"#;
    let changes: Changes = serde_json::from_str(json).unwrap();
    assert_eq!(changes.create.len(), 1);
    assert_eq!(changes.create[0].dns_name, "c");
}

#[rstest]
#[case::fraction(r#"{"recordTTL":1.5}"#)]
#[case::text(r#"{"recordTTL":"60"}"#)]
#[case::too_large(r#"{"recordTTL":9223372036854775808}"#)]
#[case::number_for_text(r#"{"dnsName":1}"#)]
#[case::text_for_list(r#"{"targets":"1.2.3.4"}"#)]
#[case::list_for_object("[]")]
fn what_go_refuses_is_refused(#[case] json: &str) {
    assert!(serde_json::from_str::<Endpoint>(json).is_err());
}

#[test]
fn an_update_that_changes_nothing_has_no_effect() {
    let record = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
    let mut changes = Changes {
        update_old: vec![record.clone()],
        update_new: vec![record],
        ..Changes::default()
    };
    assert!(!changes.has_effect());
    changes.update_new[0]
        .labels
        .insert("x".to_owned(), String::new());
    assert!(changes.has_effect());
}

#[rstest]
#[case::by_label(RecordType::TXT, "opaque", true, true)]
#[case::by_text(
    RecordType::TXT,
    "\"heritage=external-dns,external-dns/owner=x\"",
    false,
    true
)]
#[case::without_quotes(RecordType::TXT, "heritage=external-dns", false, true)]
#[case::other_heritage(RecordType::TXT, "heritage=other,heritage=external-dns", false, false)]
#[case::other_text(RecordType::TXT, "v=spf1 -all", false, false)]
#[case::other_type(RecordType::CNAME, "heritage=external-dns", true, false)]
fn ownership_records_are_txt_records_that_say_so(
    #[case] kind: RecordType,
    #[case] text: &str,
    #[case] labelled: bool,
    #[case] expected: bool,
) {
    let mut record = Endpoint::new("a-app.example.com", kind, [text]);
    if labelled {
        record = record.with_label(OWNED_RECORD, "app.example.com");
    }
    assert_eq!(record.is_txt_ownership(), expected);
}

#[test]
fn the_encryption_nonce_is_never_written() {
    let labels = BTreeMap::from([
        (labels::TXT_ENCRYPTION_NONCE.to_owned(), "n".to_owned()),
        (OWNER.to_owned(), "o".to_owned()),
    ]);
    assert_eq!(
        labels::to_text(&labels),
        "\"heritage=external-dns,external-dns/owner=o\""
    );
}

#[test]
fn the_first_property_of_a_name_counts() {
    let mut record = Endpoint {
        provider_specific: vec![
            ProviderSpecificProperty::default(),
            ProviderSpecificProperty::new("webhook/a", "1"),
            ProviderSpecificProperty::new("webhook/a", "2"),
            ProviderSpecificProperty::new("alias", "true"),
        ],
        ..Endpoint::default()
    };
    assert_eq!(record.property("webhook/a"), Some("1"));
    assert_eq!(record.property("webhook/b"), None);
    record.set_property("webhook/a", "3");
    let own: Vec<_> = record.properties_under("webhook/").collect();
    assert_eq!(own, [("a", "3"), ("a", "2")]);
    assert_eq!(record.properties_under("").count(), 3);
}
