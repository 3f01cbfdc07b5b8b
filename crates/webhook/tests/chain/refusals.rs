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

/// A policy can forbid a tag that somebody asks for. Nobody's endpoint waits for that.
#[tokio::test]
async fn tags_that_are_refused_hold_up_no_member() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let other = |weight: &str| {
        app("b", "b.example.com")
            .with_annotation(key("profile-name"), "mine")
            .with_annotation(key("endpoint-name"), "f")
            .with_annotation(key("weight"), weight)
    };
    let tagged =
        |value: &str| mine("2").with_annotation(key("tags"), format!("cost-centre={value}"));
    let weight = async |endpoint: &str| {
        let endpoint = azure.endpoint("mine", endpoint).await.unwrap();
        endpoint["properties"]["weight"].to_string()
    };
    let tag = async || azure.profile("mine").await.unwrap()["tags"]["cost-centre"].clone();
    east.run(&[mine("1"), other("1")]).await;
    // The claim of another member is written, and the tags are not.
    azure
        .faults(json!({"rules": [
            {"operation": "tags.patch", "delay": "1ms", "calls": 1},
            {"operation": "tags.patch", "refusal": "RequestDisallowedByPolicy"},
        ]}))
        .await;
    azure.calls().await;
    let third = app("c", "c.example.com")
        .with_annotation(key("profile-name"), "mine")
        .with_annotation(key("endpoint-name"), "g");
    let services = [tagged("x"), other("2"), third.clone()];
    let (_, text) = east.run(&services).await.failed.unwrap();
    assert!(text.contains("Require a cost centre"), "{text}");
    assert_eq!(
        (weight("e").await, weight("f").await),
        ("2".into(), "2".into())
    );
    assert!(azure.endpoint("mine", "g").await.is_some());
    assert_eq!(azure.count("tags.patch").await, 2);
    east.quiet(&azure, &services).await;
    let refusals = shown(&east).await;
    assert!(refusals.contains("writing tags cost-centre"), "{refusals}");
    // Members go on meanwhile, and the tags are not asked for with them.
    let services = [tagged("x"), other("3"), third.clone()];
    assert!(east.run(&services).await.failed.is_none());
    assert_eq!(weight("f").await, "3");
    assert_eq!(azure.count("tags.patch").await, 0);
    // Another value is tried at once, and the same one after a while.
    let services = [tagged("y"), other("3"), third];
    assert!(east.run(&services).await.failed.is_some());
    east.quiet(&azure, &services).await;
    azure.clear_faults().await;
    east.quiet(&azure, &services).await;
    east.clock.advance(Duration::from_mins(10));
    assert!(east.run(&services).await.failed.is_none());
    assert_eq!(tag().await, "y");
    east.quiet(&azure, &services).await;
    assert_eq!(shown(&east).await, "[]");
}

/// Nobody's endpoint waits for a tag, not even when the profile does not exist yet.
#[rstest]
#[case(json!({"refusal": "RequestDisallowedByPolicy"}), "Require a cost centre")]
#[case(json!({"status": 400, "body": {"error": {"code": "InvalidTag", "message": "no such tag"}}}), "no such tag")]
#[tokio::test]
async fn a_profile_whose_tags_are_refused_is_created_without_them(
    #[case] fault: Value,
    #[case] said: &str,
) {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let once = |operation: &str, calls: u32| {
        let mut rule = json!({"operation": operation, "profile": "mine", "calls": calls});
        let rule_fields = rule.as_object_mut().unwrap();
        rule_fields.extend(fault.as_object().unwrap().clone());
        rule
    };
    azure
        .faults(json!({"rules": [once("profiles.put", 1), once("tags.patch", 1)]}))
        .await;
    azure.calls().await;
    let neighbour = app("b", "b.example.com").with_annotation(key("profile-name"), "mine");
    let tagged = mine("1").with_annotation(key("tags"), "cost-centre=x");
    let services = [tagged, neighbour];
    let (_, text) = east.run(&services).await.failed.unwrap();
    assert!(text.contains(said), "{text}");
    assert_eq!(azure.count("profiles.put").await, 2);
    assert_eq!(azure.count("tags.patch").await, 0);
    let created = azure.profile("mine").await.unwrap();
    assert_eq!(
        created["properties"]["endpoints"].as_array().map(Vec::len),
        Some(2)
    );
    east.quiet(&azure, &services).await;
    assert!(shown(&east).await.contains(said));
    // They are asked for again after a while, by themselves.
    east.clock.advance(Duration::from_mins(10));
    assert!(east.run(&services).await.failed.is_some());
    east.quiet(&azure, &services).await;
    east.clock.advance(Duration::from_mins(10));
    assert!(east.run(&services).await.failed.is_none());
    let tags = azure.profile("mine").await.unwrap()["tags"].clone();
    assert_eq!(tags["cost-centre"], "x");
    assert_eq!(shown(&east).await, "[]");
}

/// What is refused with tags and without is not the tags' fault.
#[tokio::test]
async fn a_creation_that_is_refused_without_its_tags_too_is_left() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    azure
        .faults(refused("profiles.put", "RequestDisallowedByPolicy"))
        .await;
    azure.calls().await;
    let services = [mine("1").with_annotation(key("tags"), "cost-centre=x")];
    assert!(east.run(&services).await.failed.is_some());
    assert_eq!(azure.count("profiles.put").await, 2);
    east.quiet(&azure, &services).await;
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(10));
    assert!(east.run(&services).await.failed.is_none());
    let tags = azure.profile("mine").await.unwrap()["tags"].clone();
    assert_eq!(tags["cost-centre"], "x");
}

/// The tag that names the user's own is written last, when everything else is.
#[tokio::test]
async fn a_refusal_of_what_comes_last_is_held_against_no_member() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let tagged = |tags: &str, weight: &str| mine(weight).with_annotation(key("tags"), tags);
    assert!(east.run(&[tagged("a=1", "1")]).await.failed.is_none());
    azure
        .faults(json!({"rules": [
            {"operation": "tags.patch", "delay": "1ms", "calls": 2},
            {"operation": "tags.patch", "refusal": "RequestDisallowedByPolicy"},
        ]}))
        .await;
    azure.calls().await;
    let services = [tagged("b=2", "2")];
    let (_, text) = east.run(&services).await.failed.unwrap();
    assert!(text.contains("writing tags"), "{text}");
    assert_eq!(azure.count("tags.patch").await, 3);
    let written = azure.endpoint("mine", "e").await.unwrap();
    assert_eq!(written["properties"]["weight"], 2);
    east.run(&services).await;
    assert_eq!(shown(&east).await, "[]");
}

/// The old endpoint of a rename is the one that cannot be deleted.
#[tokio::test]
async fn a_rename_whose_end_is_refused_names_the_old_endpoint() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&[mine("1")]).await;
    azure
        .faults(refused("endpoints.delete", "ScopeLocked"))
        .await;
    azure.calls().await;
    let renamed = || {
        app("a", "a.example.com")
            .with_annotation(key("profile-name"), "mine")
            .with_annotation(key("endpoint-name"), "renamed")
            .with_annotation(key("target"), "elsewhere.example.com")
    };
    for remembered in [false, true] {
        let (_, text) = east.run(&[renamed()]).await.failed.unwrap();
        assert!(text.contains("deleting endpoint e: "), "{text}");
        assert_eq!(text.contains("(not tried again yet)"), remembered, "{text}");
    }
    assert_eq!(azure.count("endpoints.delete").await, 1);
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
