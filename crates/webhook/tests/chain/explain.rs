//! `/explain`: each failure is named with its cause and its remedy.

use std::time::Duration;

use emulator::Options;
use external_dns::model::Service;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};
use webhook::explain::{Explanation, Verdict};

use crate::harness::{Azure, Cluster, SUBSCRIPTION, app, key, my_app};

/// The text, without what differs from run to run.
fn assert_told(name: &str, text: &str) {
    let filters = [
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[time]"),
        (r"127\.0\.0\.1:\d+", "[arm]"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)", "[id])"),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(name, text);
    });
}

async fn cluster(owner: &str, azure: &Azure) -> Cluster {
    let dns = azure.dns().to_string();
    Cluster::with(owner, azure, |args| {
        args.resolver = Some(dns);
        args.health_interval = None;
        args.deadline = Some("4s".to_owned());
    })
    .await
}

impl Cluster {
    async fn asked(&self, query: &str) -> (StatusCode, String) {
        let answer = self.operation(&format!("/explain?{query}")).await;
        (answer.status(), answer.text().await.unwrap())
    }

    /// The answer about a host.
    async fn explains(&self, host: &str) -> String {
        self.asked(&format!("host={host}")).await.1
    }

    /// Waits until its one member has been read with this status.
    async fn sees(&self, status: &str) {
        for _ in 0..500 {
            if self.probes().await["members"][status] == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{status} is not seen");
    }

    async fn verdict(&self, host: &str) -> Verdict {
        let (_, text) = self.asked(&format!("host={host}&format=json")).await;
        let explanation: Explanation = serde_json::from_str(&text).unwrap();
        explanation.verdict
    }
}

/// What stands above the first section.
fn head(text: &str) -> &str {
    text.split("\nasked for").next().unwrap_or(text)
}

const EAST: &str = "my-app-east.example.com";

#[tokio::test]
async fn what_is_in_place_is_shown_whole() {
    let azure = Azure::start().await;
    let east = cluster("east", &azure).await;
    let west = cluster("west", &azure).await;
    let services = [my_app("east", "70").with_annotation(
        key("monitor-headers"),
        "Authorization: Bearer s3cret; X-Probe: yes",
    )];
    assert!(east.run(&services).await.failed.is_none());
    assert!(west.run(&[my_app("west", "30")]).await.failed.is_none());
    // Before the next listing it is not known that it is there.
    assert_eq!(east.verdict(EAST).await, Verdict::Pending);
    assert_told("written_just_now", head(&east.explains(EAST).await));
    azure
        .probes_find("my-app-global", "east-us", "Online")
        .await;
    assert_eq!(east.run(&services).await.changes, None);
    east.sees("Online").await;
    let text = east.explains(EAST).await;
    assert_told("in_place", &text);
    assert!(!text.contains("s3cret"));
    let (_, document) = east.asked(&format!("host={EAST}&format=json")).await;
    assert!(!document.contains("s3cret"));
    // By whatever name.
    for query in [
        "host=my-app.example.com",
        "host=My-App-Global.trafficmanager.net.",
        "object=service/default/my-app-east",
        "object=default/service/my-app-east",
    ] {
        let (status, _) = east.asked(query).await;
        assert_eq!(status, 200, "{query}");
    }
}

#[tokio::test]
async fn an_invalid_annotation_on_a_member_and_on_a_new_object() {
    let azure = Azure::start().await;
    let east = cluster("east", &azure).await;
    assert!(east.run(&[my_app("east", "70")]).await.failed.is_none());
    let new = app("new", "new.example.com")
        .with_annotation(key("weight"), "heavy")
        .with_annotation(key("monitor-prot"), "80");
    let services = [my_app("east", "heavy"), new];
    assert_eq!(east.run(&services).await.changes, None);
    assert_told("invalid_on_a_member", head(&east.explains(EAST).await));
    assert_told(
        "invalid_on_a_new_object",
        &east.explains("new.example.com").await,
    );
    assert_eq!(east.verdict(EAST).await, Verdict::Trouble);
}

#[tokio::test]
async fn two_objects_claim_one_endpoint() {
    let azure = Azure::start().await;
    let east = cluster("east", &azure).await;
    let twin = |name: &str| {
        app(name, &format!("{name}.example.com"))
            .with_annotation(key("profile-name"), "shared")
            .with_annotation(key("endpoint-name"), "one")
    };
    let services = [twin("first"), twin("second")];
    assert!(east.run(&services).await.failed.is_none());
    assert_eq!(east.run(&services).await.changes, None);
    assert_told(
        "two_objects",
        head(&east.explains("second.example.com").await),
    );
    // The one of another owner.
    let west = cluster("west", &azure).await;
    let wests = [twin("third")];
    west.run(&wests).await;
    assert_told("another_owner", &west.explains("third.example.com").await);
}

#[rstest]
#[case("unauthorized", json!({"status": 401}))]
#[case("forbidden", json!({"status": 403}))]
#[case("conflict", json!({"status": 409}))]
#[case("throttled", json!({"status": 429, "retryAfter": "600"}))]
#[case("server_error", json!({"status": 500}))]
#[case("unreachable", json!({"reset": true}))]
#[tokio::test]
async fn a_listing_that_fails(#[case] name: &str, #[case] fault: Value) {
    let azure = Azure::start().await;
    let east = cluster("east", &azure).await;
    let services = [my_app("east", "70")];
    assert!(east.run(&services).await.failed.is_none());
    let mut rule = json!({"operation": "profiles.list"});
    let fields = rule.as_object_mut().unwrap();
    fields.extend(fault.as_object().unwrap().clone());
    azure.faults(json!({"rules": [rule]})).await;
    assert!(east.run(&services).await.failed.is_some());
    let text = east.explains(EAST).await;
    let trouble = text.split("\n\n").next().unwrap();
    assert_told(&format!("listing_{name}"), trouble);
    assert_eq!(east.verdict(EAST).await, Verdict::Trouble);
    // It is over when a listing succeeds.
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(1));
    until_listed(&east, &services).await;
    assert!(!east.explains(EAST).await.contains("cannot be listed"));
}

/// A wait that Azure has asked for may have to pass first.
async fn until_listed(cluster: &Cluster, services: &[Service]) {
    for _ in 0..100 {
        if cluster.run(services).await.failed.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    panic!("Azure cannot be listed any more");
}

#[tokio::test]
async fn a_list_that_fails_for_one_group_of_two() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.azure.resource_groups = vec!["my-tm-rg".to_owned(), "second".to_owned()];
    })
    .await;
    let services = [my_app("east", "70").with_annotation(key("resource-group"), "my-tm-rg")];
    assert!(east.run(&services).await.failed.is_none());
    azure
        .faults(json!({"rules": [{"operation": "profiles.list", "resourceGroup": "second", "status": 403}]}))
        .await;
    assert!(east.run(&services).await.failed.is_some());
    let text = east.explains(EAST).await;
    assert_told("one_group_of_two", text.split("\n\n").next().unwrap());
}

#[rstest]
#[case("forbidden", json!({"refusal": "AuthorizationFailed"}))]
#[case("locked", json!({"refusal": "ScopeLocked"}))]
#[case("invalid", json!({"status": 400, "body": {"error": {"code": "BadRequest", "message": "no such weight"}}}))]
#[case("server_error", json!({"status": 500}))]
#[tokio::test]
async fn a_write_that_fails(#[case] name: &str, #[case] fault: Value) {
    let azure = Azure::start().await;
    let east = cluster("east", &azure).await;
    assert!(east.run(&[my_app("east", "70")]).await.failed.is_none());
    let mut rule = json!({"operation": "endpoints.put"});
    let fields = rule.as_object_mut().unwrap();
    fields.extend(fault.as_object().unwrap().clone());
    azure.faults(json!({"rules": [rule]})).await;
    let services = [my_app("east", "60")];
    assert!(east.run(&services).await.failed.is_some());
    let text = east.explains(EAST).await;
    let (_, written) = text.split_once("\nlast write").unwrap();
    let (written, _) = written.split_once("\nDNS answers").unwrap();
    assert_told(
        &format!("write_{name}"),
        &format!("{}\nlast write{written}", head(&text)),
    );
    assert_eq!(east.verdict(EAST).await, Verdict::Trouble);
}

#[tokio::test]
async fn a_name_taken_by_somebody_else() {
    let azure = Azure::start().await;
    let theirs = json!({
        "location": "global",
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": "my-app-global", "ttl": 60},
            "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"}
        }
    });
    azure.put("elsewhere", "theirs", theirs).await;
    let east = cluster("east", &azure).await;
    let services = [my_app("east", "70")];
    assert!(east.run(&services).await.failed.is_some());
    assert_eq!(east.run(&services).await.changes, None);
    assert_told("name_taken", head(&east.explains(EAST).await));
}

#[tokio::test]
async fn an_endpoint_that_fails_its_probes() {
    let azure = Azure::start().await;
    let east = cluster("east", &azure).await;
    let services = [my_app("east", "70")];
    assert!(east.run(&services).await.failed.is_none());
    azure
        .probes_find("my-app-global", "east-us", "Degraded")
        .await;
    assert_eq!(east.run(&services).await.changes, None);
    east.sees("Degraded").await;
    assert_told("degraded", head(&east.explains(EAST).await));
    assert_eq!(east.verdict(EAST).await, Verdict::Trouble);
}

#[tokio::test]
async fn what_does_not_take_part_or_is_not_known() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.exclude_domain_filter = vec!["internal.example.com".to_owned()];
    })
    .await;
    assert_told("before_the_first_loop", &east.explains(EAST).await);
    let mut plain = app("plain", "plain.example.com");
    plain.annotations.remove(&key("enabled"));
    let off = app("off", "off.example.com").with_annotation(key("enabled"), "false");
    let filtered = app("filtered", "app.internal.example.com");
    let services = [my_app("east", "70"), plain, off, filtered];
    east.run(&services).await;
    assert_told(
        "not_enabled",
        head(&east.explains("plain.example.com").await),
    );
    assert_told("off", head(&east.explains("off.example.com").await));
    assert_told(
        "filtered",
        head(&east.explains("app.internal.example.com").await),
    );
    let (status, text) = east.asked("host=my-app-esat.example.com").await;
    assert_eq!(status, 404);
    assert_told("unknown_host", &text);
    let (status, text) = east.asked("object=service/default/my-app-eats").await;
    assert_eq!(status, 404);
    assert_told("unknown_object", &text);
    for query in ["", "host=a&object=b"] {
        assert_eq!(east.asked(query).await.0, 400, "{query}");
    }
}

/// An object that is gone leaves its endpoint behind for a while.
#[tokio::test]
async fn what_is_left_of_an_object() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.delete_grace = Some("1h".to_owned());
    })
    .await;
    let other = app("other", "other.example.com");
    let services = [my_app("east", "70"), other.clone()];
    assert!(east.run(&services).await.failed.is_none());
    assert!(
        east.run(std::slice::from_ref(&other))
            .await
            .failed
            .is_none()
    );
    east.run(&[other]).await;
    let text = east.explains(EAST).await;
    assert_told("left_over", text.split("\nAzure holds").next().unwrap());
}

/// An object that takes part no more is not done with as long as its endpoint is there.
#[tokio::test]
async fn what_is_left_of_an_object_that_stays() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.max_deletions = Some("0".to_owned());
    })
    .await;
    assert!(east.run(&[my_app("east", "70")]).await.failed.is_none());
    let off = [my_app("east", "70").with_annotation(key("enabled"), "false")];
    for _ in 0..2 {
        assert!(east.run(&off).await.failed.is_some(), "it is held back");
        assert_told("left_over_off", head(&east.explains(EAST).await));
        assert_eq!(east.verdict(EAST).await, Verdict::Pending);
    }
    assert!(east.run(&off).await.failed.is_none());
    assert_eq!(east.run(&off).await.changes, None);
    assert_eq!(east.verdict(EAST).await, Verdict::LeftAlone);
}

/// All is well, and users still do not get there.
#[tokio::test]
async fn a_vanity_host_that_leads_nowhere() {
    let zone = format!("{SUBSCRIPTION}/my-dns-rg/example.com");
    let azure = Azure::with(Options {
        seed: Some(7),
        dns_zones: vec![zone.parse().unwrap()],
        ..Options::default()
    })
    .await;
    let east = cluster("east", &azure).await;
    let services = [my_app("east", "70")];
    assert!(east.run(&services).await.failed.is_none());
    assert_eq!(east.run(&services).await.changes, None);
    assert_told("vanity_leads_nowhere", head(&east.explains(EAST).await));
    assert_eq!(east.verdict(EAST).await, Verdict::Trouble);
}
