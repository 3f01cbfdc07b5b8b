//! Zones and record sets of Azure DNS.
#![expect(clippy::unwrap_used, reason = "test code: constants are valid")]

use std::collections::BTreeMap;

use arm_client::{Deleted, DnsApi, Error, ListScope, Precondition};
use azure_dns::{RecordContent, RecordSet, RecordSetBody, RecordSetKind, ZoneId};
use rstest::rstest;

use crate::bench::{Bench, empty, json, profile_id, refusal};

fn zone() -> ZoneId {
    ZoneId {
        subscription: profile_id().subscription,
        resource_group: "dns-rg".parse().unwrap(),
        name: "example.com".parse().unwrap(),
    }
}

fn body(target: &str) -> RecordSetBody {
    RecordSetBody {
        ttl: 60,
        metadata: BTreeMap::from([("owner".to_owned(), "us".to_owned())]),
        content: RecordContent::Cname(target.parse().unwrap()),
    }
}

fn held(target: &str) -> wiremock::ResponseTemplate {
    json(200, &document("CNAME", "my-app", target).to_string())
}

fn document(kind: &str, name: &str, target: &str) -> serde_json::Value {
    serde_json::json!({
        "id": format!("/x/{kind}/{name}"),
        "name": name,
        "type": format!("Microsoft.Network/dnszones/{kind}"),
        "etag": "11111111-2222-3333-4444-555555555555",
        "properties": {"TTL": 60, "metadata": {"owner": "us"}, "CNAMERecord": {"cname": target}},
    })
}

fn changed() -> wiremock::ResponseTemplate {
    refusal(
        412,
        "PreconditionFailed",
        "The condition '*' in the If-None-Match header was not satisfied. The current was '1'.",
    )
}

async fn put(bench: &Bench, precondition: Precondition) -> Result<RecordSet, Error> {
    let name = "my-app".parse().unwrap();
    let body = body("app.trafficmanager.net");
    bench
        .client
        .put_record_set(&zone(), RecordSetKind::Cname, &name, &body, precondition)
        .await
}

async fn delete(bench: &Bench) -> Result<Deleted, Error> {
    let name = "my-app".parse().unwrap();
    let version = "e-1".parse().unwrap();
    bench
        .client
        .delete_record_set(&zone(), RecordSetKind::Cname, &name, &version)
        .await
}

#[tokio::test]
async fn zones_of_a_group_and_of_a_subscription() {
    let zones = serde_json::json!({"value": [
        {"id": zone().arm_id(), "name": "example.com", "properties": {"zoneType": "Public", "nameServers": ["ns1-01.azure-dns.com."]}},
        {"id": zone().arm_id().replace("example.com", "internal.example.com"), "properties": {"zoneType": "Private"}},
    ]});
    let bench = Bench::new([json(200, &zones.to_string())]).await;
    let group = ListScope::ResourceGroup(zone().subscription, zone().resource_group);
    let listed = bench.client.list_zones(&group).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id, zone());
    assert_eq!(listed[0].name_servers, ["ns1-01.azure-dns.com."]);
    let subscription = ListScope::Subscription(zone().subscription);
    bench.client.list_zones(&subscription).await.unwrap();
    insta::assert_debug_snapshot!(bench.lines().await, @r#"
    [
        "GET /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/dns-rg/providers/Microsoft.Network/dnsZones?api-version=2018-05-01",
        "GET /subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Network/dnsZones?api-version=2018-05-01",
    ]
    "#);
}

#[tokio::test]
async fn record_sets_are_read_page_by_page() {
    let bench = Bench::new([]).await;
    let page = |kind: &str, next: &str| {
        let list = serde_json::json!({"value": [document(kind, "my-app", "a.example.net")], "nextLink": next});
        json(200, &list.to_string())
    };
    bench
        .answer([page("CNAME", "/next?$skipToken=1"), page("MX", "")])
        .await;
    let sets = bench.client.list_record_sets(&zone()).await.unwrap();
    let kinds: Vec<_> = sets.iter().map(|set| set.kind.as_str()).collect();
    assert_eq!(kinds, ["CNAME", "MX"]);
    assert_eq!(
        bench.lines().await,
        [
            "GET /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/dns-rg/providers/Microsoft.Network/dnsZones/example.com/recordsets?api-version=2018-05-01",
            "GET /next?$skipToken=1"
        ]
    );
    assert_eq!(bench.reported(), [("recordSets.list", "ok", 2)]);
}

/// A name that is missing from the list would look free.
#[rstest]
#[case(r#"{"value":[{"id":"/x","type":"A"}]}"#)]
#[case(r#"{"value":[{}]}"#)]
#[case("{}")]
#[tokio::test]
async fn a_list_with_something_unreadable_is_an_error(#[case] text: &str) {
    let bench = Bench::new([json(200, text)]).await;
    let error = bench.client.list_record_sets(&zone()).await.unwrap_err();
    assert_eq!(error.outcome(), "decode");
}

#[rstest]
#[case("@", "@")]
#[case("*.apps", "*.apps")]
#[case("_a%b", "_a%25b")]
#[tokio::test]
async fn a_record_set_is_read_by_its_name(#[case] name: &str, #[case] segment: &str) {
    let bench = Bench::new([held("app.trafficmanager.net")]).await;
    let name = name.parse().unwrap();
    let set = bench
        .client
        .get_record_set(&zone(), RecordSetKind::Aaaa, &name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(set.etag.as_str(), "11111111-2222-3333-4444-555555555555");
    let end = format!("/dnsZones/example.com/AAAA/{segment}?api-version=2018-05-01");
    assert!(bench.lines().await[0].ends_with(&end));
}

#[rstest]
#[case("NotFound")]
#[case("ParentResourceNotFound")]
#[tokio::test]
async fn what_does_not_exist_is_none(#[case] code: &str) {
    let bench = Bench::new([refusal(404, code, "It was not found.")]).await;
    let name = "my-app".parse().unwrap();
    let read = bench
        .client
        .get_record_set(&zone(), RecordSetKind::A, &name)
        .await;
    assert_eq!(read.unwrap(), None);
    assert_eq!(bench.reported(), [("recordSets.get", "not_found", 1)]);
}

#[rstest]
#[case(Precondition::Absent, ("if-none-match", "*"), "if-match")]
#[case(Precondition::Unchanged("e-1".parse().unwrap()), ("if-match", "e-1"), "if-none-match")]
#[tokio::test]
async fn a_write_names_what_it_may_replace(
    #[case] precondition: Precondition,
    #[case] header: (&str, &str),
    #[case] absent: &str,
) {
    let bench = Bench::new([held("app.trafficmanager.net")]).await;
    put(&bench, precondition).await.unwrap();
    let seen = bench.seen().await;
    assert_eq!(seen[0].header(header.0), Some(header.1));
    assert_eq!(seen[0].header(absent), None);
    insta::allow_duplicates! {
        insta::assert_snapshot!(seen[0].line, @"PUT /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/dns-rg/providers/Microsoft.Network/dnsZones/example.com/CNAME/my-app?api-version=2018-05-01");
        insta::assert_snapshot!(seen[0].body, @r#"{"properties":{"CNAMERecord":{"cname":"app.trafficmanager.net"},"TTL":60,"metadata":{"owner":"us"}}}"#);
    }
}

#[tokio::test]
async fn a_broken_condition_is_told_apart_and_not_tried_again() {
    let bench = Bench::new([changed()]).await;
    let error = put(&bench, Precondition::Absent).await.unwrap_err();
    assert!(error.is_precondition_failed() && !error.is_transient());
    assert_eq!(bench.reported(), [("recordSets.put", "conflict", 1)]);
}

/// The first try has done it, and its answer was lost.
#[tokio::test]
async fn a_write_whose_answer_was_lost_is_no_broken_condition() {
    let answers = [empty(503), changed(), held("app.trafficmanager.net")];
    let bench = Bench::new(answers).await;
    let set = put(&bench, Precondition::Absent).await.unwrap();
    assert_eq!(set.cname.as_deref(), Some("app.trafficmanager.net"));
    assert_eq!(bench.reported(), [("recordSets.put", "ok", 3)]);
}

#[tokio::test]
async fn what_somebody_else_wrote_meanwhile_is_a_broken_condition() {
    let bench = Bench::new([empty(503), changed(), held("other.example.net")]).await;
    let error = put(&bench, Precondition::Absent).await.unwrap_err();
    assert!(error.is_precondition_failed());
}

#[tokio::test]
async fn a_throttled_write_is_tried_again_with_its_condition() {
    let bench = Bench::new([empty(429), held("app.trafficmanager.net")]).await;
    put(&bench, Precondition::Absent).await.unwrap();
    let seen = bench.seen().await;
    assert_eq!(seen[1].header("if-none-match"), Some("*"));
}

#[tokio::test]
async fn a_write_into_a_missing_zone_is_an_error() {
    let bench = Bench::new([refusal(404, "ParentResourceNotFound", "No zone.")]).await;
    let error = put(&bench, Precondition::Absent).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn a_content_that_the_type_cannot_have_is_not_sent() {
    let bench = Bench::new([held("a.example.net")]).await;
    let name = "my-app".parse().unwrap();
    let error = bench
        .client
        .put_record_set(
            &zone(),
            RecordSetKind::A,
            &name,
            &body("a.example.net"),
            Precondition::Absent,
        )
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Request { .. }), "{error:?}");
    assert!(bench.lines().await.is_empty());
}

#[rstest]
#[case(vec![empty(200)], Deleted::Deleted)]
#[case(vec![empty(204)], Deleted::Absent)]
#[case(vec![refusal(404, "ParentResourceNotFound", "No zone.")], Deleted::Absent)]
#[case(vec![changed(), refusal(404, "NotFound", "No record set.")], Deleted::Absent)]
#[tokio::test]
async fn deletes(#[case] answers: Vec<wiremock::ResponseTemplate>, #[case] expected: Deleted) {
    let bench = Bench::new(answers).await;
    assert_eq!(delete(&bench).await.unwrap(), expected);
    let seen = bench.seen().await;
    assert_eq!(seen[0].header("if-match"), Some("e-1"));
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_deleted() {
    let bench = Bench::new([changed(), held("other.example.net")]).await;
    let error = delete(&bench).await.unwrap_err();
    assert!(error.is_precondition_failed());
    assert_eq!(bench.reported(), [("recordSets.delete", "conflict", 2)]);
}

/// Azure DNS allows fewer reads than anything else does; they are paced alone.
#[tokio::test]
async fn reads_are_paced_in_a_lane_of_their_own() {
    let bench = Bench::new([refusal(404, "NotFound", "No.")]).await;
    let (zone, name) = (zone(), "my-app".parse().unwrap());
    for _ in 0..450 {
        let read = bench.client.get_record_set(&zone, RecordSetKind::A, &name);
        assert_eq!(read.await.unwrap(), None);
    }
    let waited: u128 = bench.sleeps().iter().sum();
    let read = bench.client.get_record_set(&zone, RecordSetKind::A, &name);
    let error = read.await.unwrap_err();
    assert!(
        error.is_throttled() && error.to_string().contains("reads of DNS zones"),
        "{error} after {waited} ms"
    );
}
