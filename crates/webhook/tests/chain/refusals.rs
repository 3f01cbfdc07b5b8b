//! Refusals that only a person can lift: named, tried slowly, in nobody's way.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Azure, Cluster, app, key, my_app};

/// The rule under which Azure refuses writes to the profile `mine`.
fn refused(operation: &str, refusal: &str) -> Value {
    json!({"rules": [{"operation": operation, "profile": "mine", "refusal": refusal}]})
}

fn mine(weight: &str) -> external_dns::model::Service {
    app("a", "a.example.com")
        .with_annotation(key("profile-name"), "mine")
        .with_annotation(key("endpoint-name"), "e")
        .with_annotation(key("weight"), weight)
}

/// What `/readyz` says that Azure refuses.
async fn shown(cluster: &Cluster) -> String {
    cluster.readiness().await["provider"]["refused"].to_string()
}

#[rstest]
#[case(
    "AuthorizationFailed",
    "lacks the permission Microsoft.Network/trafficmanagerprofiles/write on /subscriptions/"
)]
#[case("ScopeLocked", "a lock on /subscriptions/")]
#[case(
    "RequestDisallowedByPolicy",
    "the policy \"Require a cost centre\" forbids this"
)]
#[case("QuotaExceeded", "have the limit raised")]
#[case("ReadOnlyDisabledSubscription", "the subscription is disabled")]
#[case("SubscriptionNotFound", "there is no such subscription")]
#[case("MissingSubscriptionRegistration", "az provider register")]
#[case("ResourceGroupNotFound", "there is no such resource group")]
#[tokio::test]
async fn a_creation_is_left_until_a_person_has_acted(#[case] refusal: &str, #[case] remedy: &str) {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    azure.faults(refused("writes", refusal)).await;
    let services = [mine("1"), my_app("east", "70")];
    let (status, text) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(text.contains(remedy), "{text}");
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    east.quiet(&azure, &services).await;
    let refusals = shown(&east).await;
    let remedy = serde_json::to_string(remedy).unwrap();
    assert!(refusals.contains(remedy.trim_matches('"')), "{refusals}");
    // It is tried again, and the neighbour can change meanwhile.
    east.clock.advance(Duration::from_mins(10));
    azure.clear_faults().await;
    let services = [mine("1"), my_app("east", "50")];
    assert!(east.run(&services).await.failed.is_none());
    assert!(azure.endpoint("mine", "e").await.is_some());
    east.quiet(&azure, &services).await;
    assert_eq!(shown(&east).await, "[]");
}

#[rstest]
#[case("endpoints.put", mine("2"))]
#[case("profiles.patch", mine("1").with_annotation(key("dns-ttl"), "61"))]
#[tokio::test]
async fn a_change_is_left_until_a_person_has_acted(
    #[case] operation: &str,
    #[case] changed: external_dns::model::Service,
) {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&[mine("1")]).await;
    azure.faults(refused(operation, "ScopeLocked")).await;
    let services = [changed];
    let (_, text) = east.run(&services).await.failed.unwrap();
    assert!(text.contains("a lock on /subscriptions/"), "{text}");
    east.quiet(&azure, &services).await;
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(10));
    assert!(east.run(&services).await.changes.is_some());
    east.quiet(&azure, &services).await;
}

/// ExternalDNS plans a deletion in every loop. Azure is not asked in every loop.
#[tokio::test]
async fn a_deletion_is_left_until_a_person_has_acted() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&[mine("1"), my_app("east", "70")]).await;
    azure
        .faults(refused("endpoints.delete", "ScopeLocked"))
        .await;
    azure.calls().await;
    for weight in ["60", "50"] {
        let services = [my_app("east", weight)];
        let (status, text) = east.run(&services).await.failed.unwrap();
        assert_eq!(status, 503);
        assert!(text.contains("a lock on /subscriptions/"), "{text}");
        let neighbour = azure.endpoint("my-app-global", "east-us").await.unwrap();
        assert_eq!(neighbour["properties"]["weight"].to_string(), weight);
    }
    assert_eq!(azure.count("endpoints.delete").await, 1);
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(10));
    let services = [my_app("east", "50")];
    assert!(east.run(&services).await.failed.is_none());
    assert!(azure.endpoint("mine", "e").await.is_none());
}

/// Profiles of somebody else, which have these DNS names.
async fn taken(azure: &Azure, names: &[&str]) {
    for name in names {
        let theirs = json!({
            "location": "global",
            "properties": {
                "trafficRoutingMethod": "Weighted",
                "dnsConfig": {"relativeName": name, "ttl": 60},
                "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"}
            }
        });
        azure.put("elsewhere", name, theirs).await;
    }
}

#[rstest]
#[case(&["name"], "for example name-2, which is free", 2)]
#[case(&["name", "name-2"], "for example name-3, which is free", 3)]
#[case(&["name", "name-2", "name-3"], "for example name-", 4)]
#[tokio::test]
async fn a_taken_name_is_reported_with_one_that_is_free(
    #[case] names: &[&str],
    #[case] advice: &str,
    #[case] checks: u64,
) {
    let azure = Azure::start().await;
    taken(&azure, names).await;
    let east = Cluster::start("east", &azure).await;
    let services = [mine("1").with_annotation(key("dns-name"), "name")];
    azure.calls().await;
    let (status, text) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(
        text.contains("name.trafficmanager.net belongs to somebody else"),
        "{text}"
    );
    assert!(
        text.contains(advice) && text.contains("which is free"),
        "{text}"
    );
    assert_eq!(azure.count("name.check").await, checks);
    assert_eq!(
        azure.count("profiles.put").await,
        0,
        "nothing was tried in vain"
    );
    east.quiet(&azure, &services).await;
    assert!(shown(&east).await.contains(advice));
}

/// A creation costs one question more, and nothing else does.
#[tokio::test]
async fn a_name_is_asked_for_when_a_creation_is_due() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&[mine("1")]).await;
    let calls = azure.calls().await;
    assert_eq!(
        (calls["name.check"], calls["profiles.put"]),
        (1, 1),
        "{calls:?}"
    );
    east.run(&[mine("2")]).await;
    let calls = azure.calls().await;
    assert_eq!(calls.get("name.check"), None, "{calls:?}");
}

/// Who may not ask finds out by trying.
#[tokio::test]
async fn without_an_answer_the_creation_is_tried() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    azure
        .faults(json!({"rules": [{"operation": "name.check", "refusal": "AuthorizationFailed"}]}))
        .await;
    assert!(east.run(&[mine("1")]).await.failed.is_none());
    assert!(azure.endpoint("mine", "e").await.is_some());
}
