//! Endpoints of the three types, from annotations to Azure and back.

use external_dns::model::Service;
use serde_json::{Value, json};

use crate::harness::{Azure, Cluster, SUBSCRIPTION, app, key};

const IP: &str = "Microsoft.Network/publicIPAddresses";

fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/nodes/providers/{kind}/{name}")
}

async fn with_resources() -> Azure {
    let azure = Azure::start().await;
    for (kind, name) in [(IP, "ip-1"), (IP, "ip-2"), ("Microsoft.Web/sites", "web")] {
        let host = format!("{name}.westeurope.example.net");
        azure
            .resource(json!({"id": id(kind, name), "host": host, "location": "westeurope"}))
            .await;
    }
    azure
}

/// A Service with these annotations besides those that it needs.
fn service(name: &str, annotations: &[(&str, &str)]) -> Service {
    let mut service = app(name, &format!("{name}.example.com"))
        .with_annotation(key("profile-name"), "my-app")
        .with_annotation(key("endpoint-name"), name);
    for (name, value) in annotations {
        service = service.with_annotation(key(name), *value);
    }
    service
}

/// A loop that goes well, and then one that does nothing.
async fn settle(cluster: &Cluster, azure: &Azure, services: &[Service]) {
    let looped = cluster.run(services).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    cluster.quiet(azure, services).await;
}

async fn properties(azure: &Azure, profile: &str, name: &str) -> Value {
    let endpoint = azure.endpoint(profile, name).await;
    let mut properties = endpoint.map_or(Value::Null, |endpoint| endpoint["properties"].clone());
    properties["type"] = match azure.endpoint(profile, name).await {
        Some(endpoint) => endpoint["type"].as_str().unwrap().rsplit('/').next().into(),
        None => Value::Null,
    };
    properties
}

#[tokio::test]
async fn an_azure_endpoint_comes_follows_and_goes() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let (one, two) = (id(IP, "ip-1"), id("Microsoft.Web/sites", "web"));
    let azure_type = |id: &str, weight: &str| {
        service(
            "a",
            &[
                ("endpoint-type", "azure"),
                ("target-resource-id", id),
                ("weight", weight),
                ("routing-method", "Performance"),
            ],
        )
    };
    settle(&east, &azure, &[azure_type(&one, "10")]).await;
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held["type"], "azureEndpoints");
    assert_eq!(held["target"], "ip-1.westeurope.example.net");
    assert_eq!(held["endpointLocation"], "West Europe");
    settle(&east, &azure, &[azure_type(&one, "20")]).await;
    settle(&east, &azure, &[azure_type(&two.to_uppercase(), "20")]).await;
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held["target"], "web.westeurope.example.net");
    assert_eq!(held["weight"], 20);
    settle(&east, &azure, &[]).await;
    assert_eq!(azure.endpoint("my-app", "a").await, None);
}

#[tokio::test]
async fn a_nested_endpoint_comes_with_its_child_follows_and_goes() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let child = |name: &str| {
        app(name, &format!("{name}.example.com"))
            .with_annotation(key("profile-name"), name)
            .with_annotation(key("endpoint-name"), "only")
    };
    let parent = |child: &str, least: &str| {
        let annotations = [
            ("endpoint-type", "Nested"),
            ("target-profile", child),
            ("min-child-endpoints", least),
            ("min-child-endpoints-ipv4", "1"),
            ("routing-method", "Performance"),
            ("endpoint-location", "West US 2"),
        ];
        // Its profile comes before the child's, by name.
        service("n", &annotations).with_annotation(key("profile-name"), "a-parent")
    };
    // All in one loop: the child is made first.
    let services = [parent("child", "2"), child("child"), child("other")];
    settle(&east, &azure, &services).await;
    let held = properties(&azure, "a-parent", "n").await;
    assert_eq!(held["type"], "nestedEndpoints");
    assert_eq!(held["target"], "child.trafficmanager.net");
    assert_eq!(held["minChildEndpoints"], 2);
    assert_eq!(held["minChildEndpointsIPv4"], 1);
    let services = [parent("other", "3"), child("child"), child("other")];
    settle(&east, &azure, &services).await;
    let held = properties(&azure, "a-parent", "n").await;
    assert_eq!(held["target"], "other.trafficmanager.net");
    assert_eq!(held["minChildEndpoints"], 3);
    let full = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/MY-TM-RG/providers/Microsoft.Network/trafficmanagerprofiles/Other"
    );
    let same = [parent(&full, "3"), child("child"), child("other")];
    east.quiet(&azure, &same).await;
    settle(&east, &azure, &[child("child"), child("other")]).await;
    assert_eq!(azure.endpoint("a-parent", "n").await, None);
}

#[tokio::test]
async fn a_missing_child_is_reported_and_waited_for() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let parent = service(
        "n",
        &[("endpoint-type", "Nested"), ("target-profile", "child")],
    );
    let services = [parent.clone(), service("x", &[])];
    settle(&east, &azure, &services).await;
    assert_eq!(azure.endpoint("my-app", "n").await, None);
    assert!(azure.endpoint("my-app", "x").await.is_some());
    let said = east.readiness().await.to_string();
    assert!(said.contains("ProfileMissing"), "{said}");

    // Another cluster makes it.
    let west = Cluster::start("west", &azure).await;
    let child = app("c", "c.example.com").with_annotation(key("profile-name"), "child");
    settle(&west, &azure, &[child]).await;
    settle(&east, &azure, &services).await;
    assert!(azure.endpoint("my-app", "n").await.is_some());
}

#[tokio::test]
async fn a_child_that_cannot_be_made_keeps_only_its_parents_endpoint_waiting() {
    let azure = with_resources().await;
    let west = Cluster::start("west", &azure).await;
    let taken = app("w", "w.example.com")
        .with_annotation(key("profile-name"), "theirs")
        .with_annotation(key("dns-name"), "taken");
    settle(&west, &azure, &[taken]).await;
    let east = Cluster::start("east", &azure).await;
    let child = app("c", "c.example.com")
        .with_annotation(key("profile-name"), "child")
        .with_annotation(key("dns-name"), "taken");
    let parent = service(
        "n",
        &[("endpoint-type", "Nested"), ("target-profile", "child")],
    );
    let services = [parent, child, service("x", &[])];
    let looped = east.run(&services).await;
    assert!(looped.failed.is_some(), "{looped:?}");
    assert_eq!(azure.endpoint("my-app", "n").await, None);
    assert!(azure.endpoint("my-app", "x").await.is_some());
    // The name is remembered as taken, so the parent waits without a write.
    east.quiet(&azure, &services).await;
}

#[tokio::test]
async fn a_type_changes_and_changes_back() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let neighbour = service("x", &[("weight", "7")]);
    let one = id(IP, "ip-1");
    let child = app("c", "c.example.com").with_annotation(key("profile-name"), "child");
    let types: [&[(&str, &str)]; 4] = [
        &[],
        &[("endpoint-type", "Azure"), ("target-resource-id", &one)],
        &[("endpoint-type", "Nested"), ("target-profile", "child")],
        &[("target", "a.example.net")],
    ];
    let mut before = Value::Null;
    for annotations in types {
        let services = [service("a", annotations), neighbour.clone(), child.clone()];
        settle(&east, &azure, &services).await;
        let held = properties(&azure, "my-app", "a").await;
        assert_ne!(held["type"], before);
        before = held["type"].clone();
    }
    assert_eq!(before, "externalEndpoints");
}

#[tokio::test]
async fn a_type_that_azure_refuses_leaves_the_endpoint_as_it_was() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    settle(&east, &azure, &[service("a", &[("weight", "3")])]).await;
    let before = azure.endpoint("my-app", "a").await;
    let nowhere = id(IP, "nowhere");
    let wrong = [
        ("endpoint-type", "Azure"),
        ("target-resource-id", nowhere.as_str()),
    ];
    let services = [service("a", &wrong)];
    let looped = east.run(&services).await;
    let (_, said) = looped.failed.unwrap();
    assert!(said.contains("nowhere"), "{said}");
    assert_eq!(azure.endpoint("my-app", "a").await, before);
    // It is remembered, and nothing is tried for a while.
    east.quiet(&azure, &services).await;
}

#[tokio::test]
async fn a_type_changed_by_hand_is_changed_back() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let services = [service("a", &[]), service("x", &[])];
    settle(&east, &azure, &services).await;
    azure.delete("my-app/externalEndpoints/a").await;
    let theirs = json!({"properties": {"targetResourceId": id(IP, "ip-2")}});
    azure
        .put("my-tm-rg", "my-app/azureEndpoints/a", theirs)
        .await;
    settle(&east, &azure, &services).await;
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held["type"], "externalEndpoints");
}

#[tokio::test]
async fn headers_and_what_is_always_served_follow_the_annotations() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let headers = |text| {
        service(
            "a",
            &[("endpoint-headers", text), ("always-serve", "enabled")],
        )
    };
    settle(&east, &azure, &[headers("X-B: 2; Host: app.example.com")]).await;
    let held = properties(&azure, "my-app", "a").await;
    let first = json!({"name": "Host", "value": "app.example.com"});
    assert_eq!(held["customHeaders"][0], first);
    assert_eq!(held["alwaysServe"], "Enabled");
    settle(&east, &azure, &[headers("X-B: 3")]).await;
    // An edit by hand is undone.
    let theirs = json!({"properties": {"target": "a.example.com", "weight": 100,
        "customHeaders": [{"name": "X-B", "value": "4"}]}});
    azure
        .put("my-tm-rg", "my-app/externalEndpoints/a", theirs)
        .await;
    settle(&east, &azure, &[headers("X-B: 3")]).await;
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(
        held["customHeaders"],
        json!([{"name": "X-B", "value": "3"}])
    );
    settle(&east, &azure, &[service("a", &[])]).await;
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held.get("customHeaders"), None);
    assert_eq!(held["alwaysServe"], "Disabled");
}

#[tokio::test]
async fn circles_of_profiles_are_refused() {
    let azure = with_resources().await;
    let east = Cluster::start("east", &azure).await;
    let nested = |name: &str, parent: &str, child: &str| {
        service(
            name,
            &[("endpoint-type", "Nested"), ("target-profile", child)],
        )
        .with_annotation(key("profile-name"), parent)
    };
    let member = |name: &str, profile: &str| {
        service(name, &[]).with_annotation(key("profile-name"), profile)
    };
    let services = [
        member("a", "p1"),
        member("b", "p2"),
        member("c", "p3"),
        nested("n1", "p1", "p2"),
        nested("n2", "p2", "p3"),
        nested("n3", "p3", "p1"),
    ];
    settle(&east, &azure, &services).await;
    assert!(azure.endpoint("p1", "n1").await.is_some());
    assert!(azure.endpoint("p2", "n2").await.is_some());
    assert_eq!(azure.endpoint("p3", "n3").await, None);
    let said = east.readiness().await.to_string();
    assert!(said.contains("InvalidAnnotation"), "{said}");
}

/// A Service whose load balancer has this address, and which leaves the rest to Azure.
fn by_address(name: &str, address: &str) -> Service {
    let mut service = service(name, &[("endpoint-type", "Azure")]);
    service.load_balancer.clear();
    service.with_ip(address)
}

async fn with_addresses() -> Azure {
    let azure = Azure::start().await;
    for (name, address, label) in [
        ("labelled", "20.1.0.1", Some("one")),
        ("moved", "20.1.0.2", Some("two")),
        ("bare", "20.1.0.3", None),
    ] {
        azure
            .resource(json!({"id": id(IP, name), "location": "eastus", "address": address, "dnsLabel": label}))
            .await;
    }
    azure
}

/// What a loop without a change costs when an object leaves its resource to be looked up.
async fn quiet_but_for_the_look_up(cluster: &Cluster, azure: &Azure, services: &[Service]) {
    azure.calls().await;
    let looped = cluster.run(services).await;
    assert!(
        looped.failed.is_none() && looped.changes.is_none(),
        "{looped:?}"
    );
    let calls: Vec<_> = azure.calls().await.into_iter().collect();
    let wanted = [("profiles.list", 1), ("publicIps.listAll", 1)];
    assert_eq!(calls, wanted.map(|(name, count)| (name.to_owned(), count)));
}

#[tokio::test]
async fn a_load_balancers_address_is_found_and_followed() {
    let azure = with_addresses().await;
    let east = Cluster::start("east", &azure).await;
    let neighbour = service("x", &[]);
    let services = [by_address("a", "20.1.0.1"), neighbour.clone()];
    let looped = east.run(&services).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held["target"], "one.eastus.cloudapp.azure.com");
    quiet_but_for_the_look_up(&east, &azure, &services).await;
    // Named, it is the same member and needs no look-up.
    let named = service(
        "a",
        &[
            ("endpoint-type", "Azure"),
            ("target-resource-id", &id(IP, "Labelled")),
        ],
    );
    east.quiet(&azure, &[named, neighbour.clone()]).await;
    // The load balancer gets another address.
    let services = [by_address("a", "20.1.0.2"), neighbour];
    let looped = east.run(&services).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held["target"], "two.eastus.cloudapp.azure.com");
    quiet_but_for_the_look_up(&east, &azure, &services).await;
}

#[tokio::test]
async fn an_address_that_cannot_be_an_endpoint_is_reported_and_harms_nobody() {
    let azure = with_addresses().await;
    let east = Cluster::start("east", &azure).await;
    let services = [
        by_address("bare", "20.1.0.3"),
        by_address("nobodys", "20.9.9.9"),
        service("x", &[]),
    ];
    let looped = east.run(&services).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    assert!(azure.endpoint("my-app", "x").await.is_some());
    assert_eq!(azure.endpoint("my-app", "bare").await, None);
    assert_eq!(azure.endpoint("my-app", "nobodys").await, None);
    let said = east.readiness().await.to_string();
    assert!(said.contains(r#""InvalidAnnotation":2"#), "{said}");
}

/// What cannot be looked up stays as it is, and nobody else notices.
#[tokio::test]
async fn a_failing_look_up_changes_nothing_and_delays_nobody() {
    let azure = with_addresses().await;
    let east = Cluster::with("east", &azure, |args| args.deadline = Some("3s".to_owned())).await;
    let first = [by_address("a", "20.1.0.1"), service("x", &[])];
    assert!(east.run(&first).await.failed.is_none());
    let before = azure.endpoint("my-app", "a").await;
    for fault in [
        json!({"operation": "publicIps.listAll", "status": 403}),
        json!({"operation": "publicIps.listAll", "status": 500}),
        json!({"operation": "publicIps.listAll", "delay": "30s"}),
    ] {
        azure.faults(json!({"rules": [fault]})).await;
        let weight = if fault["status"] == 403 { "11" } else { "12" };
        let services = [
            by_address("a", "20.1.0.2"),
            service("x", &[("weight", weight)]),
        ];
        let looped = east.run(&services).await;
        assert!(looped.failed.is_none(), "{fault}: {looped:?}");
        assert_eq!(azure.endpoint("my-app", "a").await, before, "{fault}");
        let neighbour = properties(&azure, "my-app", "x").await;
        assert_eq!(neighbour["weight"].to_string(), weight, "{fault}");
        let said = east.readiness().await.to_string();
        assert!(said.contains("LookupFailed"), "{fault}: {said}");
        azure.clear_faults().await;
    }
    let services = [
        by_address("a", "20.1.0.2"),
        service("x", &[("weight", "12")]),
    ];
    assert!(east.run(&services).await.failed.is_none());
    let held = properties(&azure, "my-app", "a").await;
    assert_eq!(held["target"], "two.eastus.cloudapp.azure.com");
}
