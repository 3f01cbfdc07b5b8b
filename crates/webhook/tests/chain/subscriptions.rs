//! Profiles in more than one subscription.

use std::collections::BTreeMap;

use external_dns::model::Service;
use serde_json::json;

use crate::harness::{Azure, Cluster, app, key};

const OTHER: &str = "22222222-2222-2222-2222-222222222222";
const FOREIGN: &str = "33333333-3333-3333-3333-333333333333";

async fn cluster(azure: &Azure) -> Cluster {
    Cluster::with("east", azure, |args| {
        args.azure.subscription_ids = vec![OTHER.to_owned()];
        args.azure.resource_groups = vec!["my-tm-rg".to_owned(), format!("{OTHER}/shared-rg")];
    })
    .await
}

fn service(profile: &str) -> Service {
    app("east", "east.example.com")
        .with_annotation(key("profile-name"), profile)
        .with_annotation(key("endpoint-name"), "east")
}

fn elsewhere(subscription: &str) -> Service {
    service("q").with_annotation(key("subscription-id"), subscription)
}

async fn in_default(azure: &Azure) -> bool {
    azure.endpoint("p", "east").await.is_some()
}

async fn in_other(azure: &Azure) -> bool {
    azure
        .holds(OTHER, "shared-rg", "q/externalEndpoints/east")
        .await
}

/// A loop that changes nothing costs one list per subscription and group.
async fn quiet(azure: &Azure, cluster: &Cluster, services: &[Service]) {
    azure.calls().await;
    let looped = cluster.run(services).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    assert_eq!(looped.changes, None);
    let lists = BTreeMap::from([("profiles.list".to_owned(), 2)]);
    assert_eq!(azure.calls().await, lists);
}

#[tokio::test]
async fn a_member_moves_to_another_subscription_and_back() {
    let azure = Azure::start().await;
    let east = cluster(&azure).await;
    assert!(east.run(&[service("p")]).await.failed.is_none());
    assert!(in_default(&azure).await);
    quiet(&azure, &east, &[service("p")]).await;

    assert!(east.run(&[elsewhere(OTHER)]).await.failed.is_none());
    assert!(in_other(&azure).await);
    assert!(!in_default(&azure).await);
    quiet(&azure, &east, &[elsewhere(OTHER)]).await;

    assert!(east.run(&[service("p")]).await.failed.is_none());
    assert!(in_default(&azure).await);
    assert!(!in_other(&azure).await);
    quiet(&azure, &east, &[service("p")]).await;
}

#[tokio::test]
async fn a_member_that_cannot_join_there_stays_here() {
    let azure = Azure::start().await;
    let east = cluster(&azure).await;
    east.run(&[service("p")]).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.put", "resourceGroup": "shared-rg", "status": 503}]}))
        .await;
    assert!(east.run(&[elsewhere(OTHER)]).await.failed.is_some());
    assert!(in_default(&azure).await);
    azure.clear_faults().await;
    for _ in 0..2 {
        east.run(&[elsewhere(OTHER)]).await;
    }
    assert!(in_other(&azure).await);
    assert!(!in_default(&azure).await);
}

#[tokio::test]
async fn a_subscription_that_may_not_be_named_changes_nothing() {
    let azure = Azure::start().await;
    let east = cluster(&azure).await;
    east.run(&[service("p")]).await;
    quiet(&azure, &east, &[elsewhere(FOREIGN)]).await;
    assert!(in_default(&azure).await);
}

#[tokio::test]
async fn a_subscription_that_cannot_be_listed_fails_the_listing() {
    let azure = Azure::start().await;
    let east = cluster(&azure).await;
    east.run(&[service("p")]).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.list", "resourceGroup": "shared-rg", "status": 403}]}))
        .await;
    let (status, text) = east.run(&[]).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(text.contains(OTHER), "says which subscription: {text}");
    assert!(in_default(&azure).await);
}

/// The load balancer of an object is looked for where the object says.
#[tokio::test]
async fn an_address_is_looked_up_in_the_subscription_that_the_object_names() {
    let azure = Azure::start().await;
    let east = cluster(&azure).await;
    let ip = format!(
        "/subscriptions/{OTHER}/resourceGroups/nodes/providers/Microsoft.Network/publicIPAddresses/ip"
    );
    azure
        .resource(json!({"id": ip, "location": "eastus", "address": "20.1.0.1", "dnsLabel": "one"}))
        .await;
    let by_address = |service: Service| {
        let mut service = service.with_annotation(key("endpoint-type"), "Azure");
        service.load_balancer.clear();
        service.with_ip("20.1.0.1")
    };
    let services = [by_address(service("p"))];
    assert!(east.run(&services).await.changes.is_none());
    assert!(
        east.readiness()
            .await
            .to_string()
            .contains("InvalidAnnotation")
    );

    let services = [by_address(elsewhere(OTHER))];
    azure.calls().await;
    assert!(east.run(&services).await.failed.is_none());
    assert_eq!(azure.calls().await["publicIps.listAll"], 2);
    let held = azure
        .holds(OTHER, "shared-rg", "q/azureEndpoints/east")
        .await;
    assert!(held);
    assert!(east.run(&services).await.changes.is_none());
}
