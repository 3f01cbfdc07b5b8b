//! Somebody else writes to the profile in the middle of our writes to it.

use std::time::Duration;

use external_dns::model::Service;
use serde_json::json;

use crate::harness::{Azure, Cluster, app, key};

fn member(name: &str, target: &str) -> Service {
    app(name, &format!("{name}.example.com"))
        .with_annotation(key("profile-name"), "shared")
        .with_annotation(key("endpoint-name"), name)
        .with_annotation(key("target"), target)
}

/// Two members exchange targets: one makes way and is created again. Until then its priority is free, and Azure gives it
/// to whoever creates an endpoint at that moment.
#[tokio::test]
async fn a_number_that_was_taken_meanwhile_costs_nobody_a_member() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let before = [
        member("one", "a.example.net"),
        member("two", "b.example.net"),
    ];
    assert!(east.run(&before).await.failed.is_none());
    let priority = |name: &'static str| {
        let azure = &azure;
        async move { azure.endpoint("shared", name).await.unwrap()["properties"]["priority"].clone() }
    };
    let freed = priority("two").await;

    azure
        .faults(
            json!({"rules": [{"operation": "endpoints.put", "endpoint": "one", "delay": "400ms"}]}),
        )
        .await;
    let after = [
        member("one", "b.example.net"),
        member("two", "a.example.net"),
    ];
    let portal = async {
        let mut looks = 0;
        while azure.endpoint("shared", "two").await.is_some() {
            looks += 1;
            assert!(looks < 1000, "the endpoint that has to make way never does");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let body = json!({"properties": {"target": "portal.example.net"}});
        azure
            .put("my-tm-rg", "shared/externalEndpoints/portal", body)
            .await;
    };
    let (looped, ()) = tokio::join!(east.run(&after), portal);
    assert_eq!(priority("portal").await, freed, "the race took place");
    assert!(looped.failed.is_none(), "{looped:?}");
    for (name, target) in [("one", "b.example.net"), ("two", "a.example.net")] {
        let endpoint = azure.endpoint("shared", name).await.unwrap();
        assert_eq!(endpoint["properties"]["target"], target);
    }
    azure.clear_faults().await;
    east.quiet(&azure, &after).await;
}

/// A member is renamed to a name that another cluster claims between the reading
/// and the claiming. Who merged first has the name; the other keeps its endpoint
/// and takes its claim back, although it carries the earlier time.
#[tokio::test]
async fn a_name_that_was_claimed_meanwhile_costs_nobody_a_member() {
    let azure = Azure::start().await;
    let (east, west) = (
        Cluster::start("east", &azure).await,
        Cluster::start("west", &azure).await,
    );
    let before = [member("old", "a.example.net")];
    assert!(east.run(&before).await.failed.is_none());
    let renamed = [member("old", "a.example.net").with_annotation(key("endpoint-name"), "new")];
    let rival = [member("new", "b.example.net")];

    azure
        .faults(json!({"rules": [{"operation": "tags.patch", "delay": "500ms", "calls": 1}]}))
        .await;
    let meanwhile = async {
        let mut looks = 0;
        while azure.count("tags.patch").await == 0 {
            looks += 1;
            assert!(looks < 1000, "the claim is never written");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(west.run(&rival).await.failed.is_none());
    };
    azure.calls().await;
    tokio::join!(east.run(&renamed), meanwhile);
    let target = |name: &'static str| {
        let azure = &azure;
        async move { azure.endpoint("shared", name).await.unwrap()["properties"]["target"].clone() }
    };
    assert_eq!(target("old").await, "a.example.net");
    assert_eq!(target("new").await, "b.example.net");
    azure.clear_faults().await;
    east.run(&renamed).await;
    east.quiet(&azure, &renamed).await;
    west.quiet(&azure, &rival).await;
    let profile = azure.profile("shared").await.unwrap();
    let claims = profile["tags"]["externaldns-claims-0-east"].as_str();
    assert!(!claims.unwrap().contains("new,"), "{claims:?}");
}
