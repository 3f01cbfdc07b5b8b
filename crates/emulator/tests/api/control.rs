//! The control API over HTTP.

use std::fmt::Write as _;

use emulator::{Emulator, Options};
use serde_json::{Value, json};

use crate::client::{Remote, external, profile, profile_path, weighted};

fn one_endpoint() -> Value {
    profile(
        "app",
        "Weighted",
        json!([external("One", "a.example.com", json!({}))]),
    )
}

#[tokio::test]
async fn requests_are_counted_by_method_and_operation() {
    let remote = Remote::start().await;
    remote.put(&profile_path("app"), &weighted("app")).await;
    remote.get(&profile_path("app")).await;
    remote.get(&profile_path("app")).await;
    remote.get(&profile_path("nobody")).await;
    remote.get("/nowhere").await;
    remote.get("/_emulator/state").await;
    let (status, counts) = remote.get("/_emulator/requests").await;
    assert_eq!(status, 200);
    assert_eq!(
        counts,
        json!({
            "total": 5, "reads": 4, "writes": 1,
            "methods": { "GET": 4, "PUT": 1 },
            "operations": {
                "profiles.get": { "count": 3, "methods": { "GET": 3 } },
                "profiles.put": { "count": 1, "methods": { "PUT": 1 } },
                "unknown": { "count": 1, "methods": { "GET": 1 } },
            },
        })
    );
    let (_, logged) = remote.get("/_emulator/requests?log=true").await;
    let log = logged["log"].as_array().expect("a log");
    let seen: Vec<_> = log
        .iter()
        .map(|entry| (entry["operation"].as_str(), entry["status"].as_u64()))
        .collect();
    assert_eq!(seen[0], (Some("profiles.put"), Some(201)));
    assert_eq!(seen[3], (Some("profiles.get"), Some(404)));
    assert_eq!(remote.delete("/_emulator/requests").await.0, 204);
    let (_, counts) = remote.get("/_emulator/requests").await;
    assert_eq!(
        (&counts["total"], &counts["operations"]),
        (&json!(0), &json!({}))
    );
    remote.running.stop().await;
}

#[tokio::test]
async fn health_is_forced_and_handed_back() {
    let remote = Remote::start().await;
    remote.put(&profile_path("app"), &one_endpoint()).await;
    let shown = async || {
        let (_, profile) = remote.get(&profile_path("app")).await;
        let properties = &profile["properties"];
        let endpoint = &properties["endpoints"][0]["properties"]["endpointMonitorStatus"];
        (
            endpoint.clone(),
            properties["monitorConfig"]["profileMonitorStatus"].clone(),
        )
    };
    assert_eq!(
        shown().await,
        (json!("CheckingEndpoint"), json!("CheckingEndpoints"))
    );
    for (status, endpoint, profile) in [
        ("Degraded", "Degraded", "Degraded"),
        ("Online", "Online", "Online"),
        ("Probe", "CheckingEndpoint", "CheckingEndpoints"),
    ] {
        let (code, answer) = remote
            .put("/_emulator/health/app/one", &json!({ "status": status }))
            .await;
        assert_eq!(
            (code, &answer["endpointMonitorStatus"]),
            (200, &json!(endpoint))
        );
        assert_eq!(shown().await, (json!(endpoint), json!(profile)));
    }
    remote.running.stop().await;
}

#[tokio::test]
async fn forced_health_outlives_a_change_of_the_endpoint_but_not_its_deletion() {
    let remote = Remote::start().await;
    remote.put(&profile_path("app"), &one_endpoint()).await;
    remote
        .put("/_emulator/health/app/one", &json!({ "status": "Online" }))
        .await;
    let path = profile_path("app/externalEndpoints/One");
    let body = json!({ "properties": { "target": "b.example.com", "weight": 5 } });
    let (_, changed) = remote.put(&path, &body).await;
    assert_eq!(changed["properties"]["endpointMonitorStatus"], "Online");
    remote.delete(&path).await;
    let (_, created) = remote.put(&path, &body).await;
    assert_eq!(
        created["properties"]["endpointMonitorStatus"],
        "CheckingEndpoint"
    );
    remote.running.stop().await;
}

#[tokio::test]
async fn state_shows_everything() {
    let remote = Remote::start().await;
    let mut body = one_endpoint();
    body["tags"] = json!({ "a": "b" });
    remote.put(&profile_path("app"), &body).await;
    remote
        .put(
            "/_emulator/health/app/one",
            &json!({ "status": "Degraded" }),
        )
        .await;
    let (_, state) = remote.get("/_emulator/state").await;
    assert_eq!(
        state["profiles"],
        json!([{
            "id": profile_path("app"),
            "fqdn": "app.trafficmanager.net",
            "profileStatus": "Enabled",
            "profileMonitorStatus": "Degraded",
            "trafficRoutingMethod": "Weighted",
            "ttl": 30,
            "tags": { "a": "b" },
            "endpoints": [{
                "name": "One", "type": "externalEndpoints", "target": "a.example.com",
                "endpointStatus": "Enabled", "endpointMonitorStatus": "Degraded", "forced": "Degraded",
                "weight": 1, "priority": 1, "alwaysServe": false,
            }],
        }])
    );
    remote.running.stop().await;
}

#[tokio::test]
async fn azure_endpoints_point_at_resources_made_known() {
    let remote = Remote::start().await;
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/pip";
    let resource =
        json!({ "id": id, "host": "app.westus2.cloudapp.azure.com", "location": "westus2" });
    assert_eq!(remote.put("/_emulator/resources", &resource).await.0, 204);
    remote.put(&profile_path("app"), &weighted("app")).await;
    let body = json!({ "properties": { "targetResourceId": id } });
    let (status, endpoint) = remote
        .put(&profile_path("app/azureEndpoints/one"), &body)
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        endpoint["properties"]["target"],
        "app.westus2.cloudapp.azure.com"
    );
    assert_eq!(endpoint["properties"]["endpointLocation"], "West US 2");
    remote.running.stop().await;
}

#[tokio::test]
async fn public_ip_addresses_are_listed_and_read() {
    let remote = Remote::start().await;
    let subscription = "/subscriptions/00000000-0000-0000-0000-000000000000";
    let path = |group: &str, name: &str| {
        format!(
            "{subscription}/resourceGroups/{group}/providers/Microsoft.Network/publicIPAddresses/{name}"
        )
    };
    for body in [
        json!({"id": path("Nodes", "one"), "location": "westeurope", "address": "20.1.2.3", "dnsLabel": "app"}),
        json!({"id": path("nodes", "two"), "location": "westeurope", "address": "2603:1030::1"}),
        json!({"id": path("others", "three"), "location": "eastus", "host": "x.example.net"}),
    ] {
        assert_eq!(remote.put("/_emulator/resources", &body).await.0, 204);
    }
    let names = async |path: &str| {
        let (status, list) = remote.get(&format!("{path}?api-version=2024-05-01")).await;
        assert_eq!(status, 200, "{list}");
        let list = list["value"].as_array().unwrap().clone();
        let names = list
            .iter()
            .map(|ip| ip["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let provider = "providers/microsoft.network/publicipaddresses";
    assert_eq!(
        names(&format!("{subscription}/{provider}")).await,
        ["one", "two", "three"]
    );
    assert_eq!(
        names(&format!("{subscription}/resourcegroups/nodes/{provider}")).await,
        ["one", "two"]
    );
    let (_, one) = remote
        .get(&format!("{}?api-version=2024-05-01", path("nodes", "ONE")))
        .await;
    assert_eq!(
        one["properties"],
        json!({
            "provisioningState": "Succeeded",
            "ipAddress": "20.1.2.3",
            "publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Static",
            "dnsSettings": {"domainNameLabel": "app", "fqdn": "app.westeurope.cloudapp.azure.com"}
        })
    );
    let missing = remote
        .get(&format!("{}?api-version=2024-05-01", path("nodes", "none")))
        .await;
    assert_eq!(
        (missing.0, &missing.1["error"]["code"]),
        (404, &json!("ResourceNotFound"))
    );
    let version = remote
        .get(&format!("{}?api-version=2022-04-01", path("nodes", "one")))
        .await;
    assert_eq!(version.0, 400);
    remote.running.stop().await;
}

#[tokio::test]
async fn bad_input_is_400_and_says_why() {
    let remote = Remote::start().await;
    remote.put(&profile_path("app"), &one_endpoint()).await;
    remote.put(&profile_path("twin"), &weighted("twin")).await;
    let twin = profile_path("twin").replace("my-tm-rg", "other");
    remote.put(&twin, &weighted("twin2")).await;
    let online = json!({ "status": "Online" });
    let mut all = String::new();
    for (path, body) in [
        ("/_emulator/nothing", json!({})),
        ("/_emulator/health/app/one", Value::Null),
        ("/_emulator/health/app/one", json!({ "status": "Fine" })),
        (
            "/_emulator/health/app/one",
            json!({ "status": "Online", "for": 3 }),
        ),
        ("/_emulator/health/nobody/one", online.clone()),
        ("/_emulator/health/app/two", online.clone()),
        ("/_emulator/health/twin/one", online.clone()),
        ("/_emulator/health/app/one?group=x", online),
        ("/_emulator/faults", Value::Null),
        ("/_emulator/faults", json!([])),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "operation": "profiles.destroy", "status": 500 }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "operation": "profiles.get" }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500 }, { "status": 100 }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500, "reset": true }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "reset": true, "body": {} }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "retryAfter": 3, "delay": "1s" }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "delay": "soon" }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500, "fraction": 1.5 }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500, "calls": -1 }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500, "when": "during" }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500, "retryAfter": "a\nb" }] }),
        ),
        (
            "/_emulator/faults",
            json!({ "rules": [{ "status": 500, "stat": 1 }] }),
        ),
        (
            "/_emulator/resources",
            json!({ "id": "pip", "location": "westus" }),
        ),
        (
            "/_emulator/resources",
            json!({ "id": "/subscriptions/s", "location": "atlantis" }),
        ),
        (
            "/_emulator/resources",
            json!({ "id": "/subscriptions/s", "location": "westus", "host": "a b" }),
        ),
    ] {
        let (status, answer) = remote.put(path, &body).await;
        assert_eq!(status, 400, "{path} {body}: {answer}");
        let reason = answer["error"].as_str().expect("a reason");
        writeln!(all, "{path} {body}\n  {reason}").expect("a string grows");
    }
    let (_, faults) = remote.get("/_emulator/faults").await;
    assert_eq!(
        faults,
        json!({ "rules": [] }),
        "refused rules change nothing"
    );
    assert_eq!(remote.get("/_emulator/requests?log=perhaps").await.0, 400);
    assert_eq!(
        remote
            .send(reqwest::Method::POST, "/_emulator/state", &Value::Null)
            .await
            .0,
        405
    );
    insta::assert_snapshot!(all);
    remote.running.stop().await;
}

#[tokio::test]
async fn an_address_in_use_is_a_start_error() {
    let remote = Remote::start().await;
    let options = Options {
        arm_listen: remote.running.arm_addr(),
        ..Options::default()
    };
    let error = Emulator::start(options)
        .await
        .expect_err("the address is in use");
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {} for the ARM API",
            remote.running.arm_addr()
        )
    );
    let options = Options {
        dns_listen: remote.running.dns_addr(),
        ..Options::default()
    };
    assert!(Emulator::start(options).await.is_err());
    remote.running.stop().await;
}

#[tokio::test]
async fn stopping_closes_the_sockets() {
    let remote = Remote::start().await;
    let arm = remote.running.arm_addr();
    assert_eq!(remote.get(&profile_path("nobody")).await.0, 404);
    remote.running.stop().await;
    assert!(tokio::net::TcpStream::connect(arm).await.is_err());
}
