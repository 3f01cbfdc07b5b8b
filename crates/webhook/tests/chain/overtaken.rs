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
