//! Members appear, follow, and go.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Azure, Cluster, app, key, my_app};

#[tokio::test]
async fn a_weight_change_costs_one_endpoint_write_per_cluster() {
    let azure = Azure::start().await;
    let (east, west) = (
        Cluster::start("east", &azure).await,
        Cluster::start("west", &azure).await,
    );
    let (seventy, thirty) = ([my_app("east", "70")], [my_app("west", "30")]);
    assert!(east.run(&seventy).await.failed.is_none());
    assert!(west.run(&thirty).await.failed.is_none());
    east.quiet(&azure, &seventy).await;
    west.quiet(&azure, &thirty).await;

    let halves = [[my_app("east", "50")], [my_app("west", "50")]];
    for (cluster, services) in [(&east, &halves[0]), (&west, &halves[1])] {
        azure.calls().await;
        cluster.run(services).await;
        let calls = azure.calls().await;
        let writes: Vec<_> = calls
            .iter()
            .filter(|(operation, _)| {
                !matches!(operation.as_str(), "profiles.list" | "profiles.get")
            })
            .collect();
        assert_eq!(writes, [(&"endpoints.put".to_owned(), &1)]);
        cluster.quiet(&azure, services).await;
    }
    for endpoint in ["east-us", "west-us"] {
        let endpoint = azure.endpoint("my-app-global", endpoint).await.unwrap();
        assert_eq!(endpoint["properties"]["weight"], 50);
    }
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let azure = Azure::start().await;
    let services = [my_app("east", "70")];
    let first = Cluster::start("east", &azure).await;
    first.run(&services).await;
    let (_, before) = first.records().await;
    first.stop().await;
    let second = Cluster::start("east", &azure).await;
    let (_, after) = second.records().await;
    assert_eq!(before, after);
    second.quiet(&azure, &services).await;
}

#[tokio::test]
async fn the_last_one_out_retires_the_profile_and_it_is_deleted_after_the_grace() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.profile_grace = Some("0s".to_owned());
    })
    .await;
    let west = Cluster::start("west", &azure).await;
    east.run(&[my_app("east", "70")]).await;
    west.run(&[my_app("west", "30")]).await;
    west.run(&[]).await;
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    assert!(azure.endpoint("my-app-global", "west-us").await.is_none());
    east.run(&[]).await;
    let retired = azure.profile("my-app-global").await.unwrap();
    assert_eq!(retired["properties"]["profileStatus"], "Disabled");
    // The next listing sees that the grace is over; the deletion is not part of any loop.
    for _ in 0..200 {
        east.run(&[]).await;
        if azure.profile("my-app-global").await.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the profile is still there");
}

#[tokio::test]
async fn somebody_elses_profile_and_endpoints_stay_as_they_are() {
    let azure = Azure::start().await;
    let foreign = json!({
        "location": "global",
        "tags": {"team": "network"},
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": "by-terraform", "ttl": 60},
            "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"},
            "endpoints": [{
                "name": "theirs",
                "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                "properties": {"target": "theirs.example.com", "weight": 5}
            }]
        }
    });
    azure.put("my-tm-rg", "by-terraform", foreign).await;
    let before = azure.profile("by-terraform").await;
    let east = Cluster::start("east", &azure).await;
    let intruder = app("a", "a.example.com").with_annotation(key("profile-name"), "by-terraform");
    let looped = east.run(&[intruder.clone(), my_app("east", "70")]).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    assert_eq!(azure.profile("by-terraform").await, before);
    assert!(
        azure.endpoint("my-app-global", "east-us").await.is_some(),
        "the neighbour is there"
    );

    // A stranger's endpoint in our own profile.
    let stranger = json!({"properties": {"target": "stranger.example.com"}});
    azure
        .put(
            "my-tm-rg",
            "my-app-global/externalEndpoints/stranger",
            stranger,
        )
        .await;
    let stranger = azure.endpoint("my-app-global", "stranger").await;
    east.run(&[my_app("east", "50")]).await;
    east.run(&[]).await;
    assert_eq!(azure.endpoint("my-app-global", "stranger").await, stranger);
    let profile = azure.profile("my-app-global").await.unwrap();
    assert_eq!(
        profile["properties"]["profileStatus"], "Enabled",
        "a profile in use is not retired"
    );
}

#[tokio::test]
async fn an_endpoint_deleted_by_hand_comes_back() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let services = [my_app("east", "70")];
    east.run(&services).await;
    azure
        .delete("my-app-global/externalEndpoints/east-us")
        .await;
    east.run(&services).await;
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    east.quiet(&azure, &services).await;
    azure.delete("my-app-global").await;
    east.run(&services).await;
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    east.quiet(&azure, &services).await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.dry_run = Some("true".to_owned());
    })
    .await;
    let looped = east.run(&[my_app("east", "70")]).await;
    assert!(looped.failed.is_none() && looped.changes.is_some());
    assert!(azure.profile("my-app-global").await.is_none());
}

#[tokio::test]
async fn a_create_that_carries_another_owner_is_refused_and_says_so() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let other = Cluster::start("other", &azure).await;
    // An ExternalDNS that runs with another --txt-owner-id than its webhook.
    let looped = other.run(&[my_app("east", "70")]).await;
    let changes = serde_json::to_string(&looped.changes.unwrap()).unwrap();
    other.run(&[]).await;
    let (status, text) = east.post("/records", changes).await;
    assert_eq!(status, 500);
    assert!(
        text.contains("--owner-id \"east\"") && text.contains("--txt-owner-id"),
        "{text}"
    );
}

/// What is due and only logged is not read and logged again in every loop.
#[tokio::test]
async fn upkeep_in_a_dry_run_rests() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&[my_app("east", "70")]).await;
    let observer = Cluster::with("east", &azure, |args| {
        args.dry_run = Some("true".to_owned());
    })
    .await;
    // The heartbeat is due.
    observer.clock.advance(Duration::from_hours(2));
    observer.run(&[my_app("east", "70")]).await;
    let read = async {
        while azure.count("profiles.get").await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, read).await.unwrap();
    // Joins the lock that the upkeep holds.
    observer.run(&[my_app("east", "70")]).await;
    observer.quiet(&azure, &[my_app("east", "70")]).await;
}

#[tokio::test]
async fn upkeep_that_fails_rests() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.profile_grace = Some("0s".to_owned());
    })
    .await;
    east.run(&[my_app("east", "70")]).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.delete", "status": 409}]}))
        .await;
    // The listing after the retirement starts the upkeep, which fails, once.
    for _ in 0..300 {
        east.run(&[]).await;
        if azure.count("profiles.delete").await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..5 {
        east.run(&[]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(azure.count("profiles.delete").await, 1);
    azure.clear_faults().await;
    east.clock.advance(Duration::from_mins(10));
    for _ in 0..300 {
        east.run(&[]).await;
        if azure.profile("my-app-global").await.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the profile is still there");
}

#[tokio::test]
async fn a_heartbeat_comes_about_once_an_hour_and_nothing_else_is_written() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let services = [my_app("east", "70")];
    east.run(&services).await;
    let seen = || async {
        let profile = azure.profile("my-app-global").await.unwrap();
        let tag = profile["tags"]["externaldns-claims-0-east"].clone();
        tag.as_str().unwrap().split_once(';').unwrap().0.to_owned()
    };
    let first = seen().await;
    east.clock.advance(Duration::from_mins(58));
    east.quiet(&azure, &services).await;
    assert_eq!(seen().await, first);

    east.clock.advance(Duration::from_mins(33));
    for _ in 0..300 {
        assert!(east.run(&services).await.changes.is_none());
        if seen().await != first {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(seen().await, first);
    for _ in 0..3 {
        assert!(east.run(&services).await.changes.is_none());
    }
    assert_eq!(azure.count("tags.patch").await, 1);
    for operation in ["profiles.put", "profiles.patch", "endpoints.put"] {
        assert_eq!(azure.count(operation).await, 0, "{operation}");
    }
}

/// Azure deletes no profile that is an endpoint of another one, and is not asked to when
/// something else is due in it.
#[tokio::test]
async fn upkeep_of_a_nested_profile_does_not_delete_it() {
    let azure = Azure::start().await;
    let east = Cluster::with("east", &azure, |args| {
        args.profile_grace = Some("0s".to_owned());
    })
    .await;
    let child = app("c", "c.example.com")
        .with_annotation(key("profile-name"), "child")
        .with_annotation(key("endpoint-name"), "only");
    let parent = app("n", "n.example.com")
        .with_annotation(key("profile-name"), "parent")
        .with_annotation(key("endpoint-name"), "n")
        .with_annotation(key("endpoint-type"), "Nested")
        .with_annotation(key("target-profile"), "child");
    assert!(east.run(&[parent.clone(), child]).await.failed.is_none());
    assert!(azure.endpoint("parent", "n").await.is_some());
    // The child is empty, and a claim to its endpoint is left over.
    let claim = "externaldns-claims-0-east";
    let mut held = azure.profile("child").await.unwrap();
    let text = held["tags"][claim].clone();
    east.run(std::slice::from_ref(&parent)).await;
    held = azure.profile("child").await.unwrap();
    assert!(held["tags"]["externaldns-retired"].is_string(), "{held}");
    held["tags"][claim] = text;
    azure.put("my-tm-rg", "child", held).await;
    east.clock.advance(Duration::from_mins(30));
    azure.calls().await;
    let mut deletions = 0;
    for _ in 0..300 {
        east.run(std::slice::from_ref(&parent)).await;
        deletions += azure.count("profiles.delete").await;
        let held = azure.profile("child").await.unwrap();
        if held["tags"][claim].is_null() || deletions > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(deletions, 0);
    let held = azure.profile("child").await.unwrap();
    assert!(held["tags"][claim].is_null(), "{held}");
}
