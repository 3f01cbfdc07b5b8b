//! What Azure sends, read; and what is sent to Azure.
#![expect(
    clippy::unwrap_used,
    reason = "test code: constants are valid, and a mistake shall fail the test"
)]

use std::collections::BTreeMap;

use azure_dns::document::RecordSetDocument;
use azure_dns::{RecordContent, RecordSet, RecordSetBody, RecordSetKind, ResourceId};
use rstest::rstest;

const PROFILE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/app";

fn read(text: &str) -> Option<RecordSet> {
    let document: RecordSetDocument = serde_json::from_str(text).unwrap();
    RecordSet::of(&document)
}

fn set(kind: &str, properties: &str) -> RecordSet {
    let text = format!(
        r#"{{"id":"/x","name":"My-App","type":"Microsoft.Network/dnszones/{kind}","etag":"e-1","properties":{properties}}}"#
    );
    read(&text).unwrap()
}

#[test]
fn a_cname() {
    let set = set(
        "CNAME",
        r#"{"metadata":{"owner":"us"},"fqdn":"my-app.example.com.","TTL":60,"CNAMERecord":{"cname":"App.trafficmanager.net."},"targetResource":{},"provisioningState":"Succeeded"}"#,
    );
    insta::assert_debug_snapshot!(set, @r#"
    RecordSet {
        etag: ETag(
            "e-1",
        ),
        kind: Known(
            Cname,
        ),
        name: RelativeRecordName(
            "my-app",
        ),
        ttl: Some(
            60,
        ),
        metadata: {
            "owner": "us",
        },
        cname: Some(
            "app.trafficmanager.net",
        ),
        addresses: [],
        target_resource: None,
    }
    "#);
}

#[rstest]
#[case(
    "A",
    r#"{"TTL":300,"ARecords":[{"ipv4Address":"20.1.2.3"},{"ipv4Address":"20.1.2.4"}]}"#,
    "A [20.1.2.3, 20.1.2.4] None"
)]
#[case(
    "AAAA",
    r#"{"ttl":300,"aaaaRecords":[{"ipv6Address":"2603:1030::1"}]}"#,
    "AAAA [2603:1030::1] None"
)]
#[case(
    "a",
    r#"{"TTL":null,"metadata":null,"ARecords":null,"targetResource":{"id":null}}"#,
    "A [] None"
)]
#[case("TXT", r#"{"TXTRecords":[{"value":["a"]}]}"#, "TXT [] None")]
#[case(
    "A",
    r#"{"targetResource":{"id":"/s/p"}}"#,
    "A [] Some(ResourceId(\"/s/p\"))"
)]
fn other_record_sets(#[case] kind: &str, #[case] properties: &str, #[case] expected: &str) {
    let set = set(kind, properties);
    let shown = format!("{} {:?} {:?}", set.kind, set.addresses, set.target_resource);
    assert_eq!(shown, expected);
}

#[rstest]
#[case("{}")]
#[case(r#"{"name":"a","type":"Microsoft.Network/dnszones/A"}"#)]
#[case(r#"{"name":"a","etag":"e"}"#)]
#[case(r#"{"type":"A","etag":"e"}"#)]
#[case(r#"{"name":"a","type":"A","etag":"*"}"#)]
fn what_is_no_record_set(#[case] text: &str) {
    assert_eq!(read(text), None);
}

fn body(content: RecordContent) -> RecordSetBody {
    RecordSetBody {
        ttl: 60,
        metadata: BTreeMap::from([("owner".to_owned(), "us".to_owned())]),
        content,
    }
}

#[test]
fn bodies() {
    let alias = ResourceId::of(PROFILE);
    let contents = [
        (
            RecordSetKind::Cname,
            RecordContent::Cname("app.trafficmanager.net".parse().unwrap()),
        ),
        (
            RecordSetKind::A,
            RecordContent::Addresses(vec!["20.1.2.3".parse().unwrap()]),
        ),
        (
            RecordSetKind::Aaaa,
            RecordContent::Addresses(vec!["2603:1030::1".parse().unwrap()]),
        ),
        (RecordSetKind::A, RecordContent::Alias(alias)),
    ];
    let lines: Vec<_> = contents
        .into_iter()
        .map(|(kind, content)| body(content).to_json(kind).unwrap().to_string())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"properties":{"CNAMERecord":{"cname":"app.trafficmanager.net"},"TTL":60,"metadata":{"owner":"us"}}}
    {"properties":{"ARecords":[{"ipv4Address":"20.1.2.3"}],"TTL":60,"metadata":{"owner":"us"}}}
    {"properties":{"AAAARecords":[{"ipv6Address":"2603:1030::1"}],"TTL":60,"metadata":{"owner":"us"}}}
    {"properties":{"TTL":60,"metadata":{"owner":"us"},"targetResource":{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/app"}}}
    "#);
}

#[rstest]
#[case(RecordSetKind::A, RecordContent::Cname("a.example.net".parse().unwrap()))]
#[case(RecordSetKind::A, RecordContent::Addresses(vec![]))]
#[case(RecordSetKind::A, RecordContent::Addresses(vec!["2603:1030::1".parse().unwrap()]))]
#[case(RecordSetKind::Aaaa, RecordContent::Addresses(vec!["20.1.2.3".parse().unwrap()]))]
#[case(RecordSetKind::Cname, RecordContent::Addresses(vec!["20.1.2.3".parse().unwrap()]))]
fn contents_that_a_type_cannot_have(#[case] kind: RecordSetKind, #[case] content: RecordContent) {
    assert!(body(content).to_json(kind).is_err());
}

/// What was written is recognised in what Azure shows of it, and nothing else is.
#[test]
fn what_was_written_is_recognised() {
    let alias = RecordContent::Alias(ResourceId::of(&PROFILE.to_uppercase()));
    let cname = RecordContent::Cname("app.trafficmanager.net".parse().unwrap());
    let held_cname = set(
        "CNAME",
        r#"{"TTL":60,"metadata":{"owner":"us"},"CNAMERecord":{"cname":"app.trafficmanager.net"}}"#,
    );
    let text = format!(
        r#"{{"TTL":30,"metadata":{{"owner":"us"}},"targetResource":{{"id":"{PROFILE}"}}}}"#
    );
    let held_alias = set("CNAME", &text);
    let cname = body(cname);
    assert!(held_cname.is_as(RecordSetKind::Cname, &cname));
    assert!(held_alias.is_as(RecordSetKind::Cname, &body(alias)));
    assert!(!held_alias.is_as(RecordSetKind::Cname, &cname));
    let other_ttl = RecordSetBody {
        ttl: 61,
        ..cname.clone()
    };
    assert!(!held_cname.is_as(RecordSetKind::Cname, &other_ttl));
    let other_marks = RecordSetBody {
        metadata: BTreeMap::new(),
        ..cname
    };
    assert!(!held_cname.is_as(RecordSetKind::Cname, &other_marks));
}
