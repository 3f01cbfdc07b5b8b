//! Two clusters create one profile at the same moment.

use serde_json::{Value, json};

use crate::harness::{Azure, Cluster, Loop, my_app};

async fn tags(azure: &Azure) -> Vec<String> {
    let profile = azure.profile("my-app-global").await.unwrap();
    profile["tags"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

/// Both members, both claims, one set of marks, and nothing left to do.
async fn both_are_there(azure: &Azure, east: &Cluster, west: &Cluster) {
    for endpoint in ["east-us", "west-us"] {
        assert!(azure.endpoint("my-app-global", endpoint).await.is_some());
    }
    assert_eq!(
        tags(azure).await,
        [
            "externaldns-claims-0-east",
            "externaldns-claims-0-west",
            "externaldns-hostname",
            "externaldns-managed-by",
            "externaldns-settings-owner",
        ]
    );
    east.quiet(azure, &[my_app("east", "70")]).await;
    west.quiet(azure, &[my_app("west", "30")]).await;
}

async fn overwritten(clusters: &[&Cluster]) -> u64 {
    let mut sum = 0;
    for cluster in clusters {
        let metrics = cluster.metrics().await;
        let (_, rest) = metrics.split_once("overwritten_profiles_total ").unwrap();
        sum += rest.lines().next().unwrap().parse::<u64>().unwrap();
    }
    sum
}

fn assert_done(looped: &Loop) {
    assert!(looped.failed.is_none(), "{looped:?}");
}

/// Both read that there is no profile before either creates it. Azure cannot
/// refuse the second PUT; it replaces the first.
#[tokio::test]
async fn two_creators_that_overwrite_each_other_are_both_there_after_two_loops() {
    let azure = Azure::start().await;
    let (east, west) = (
        Cluster::start("east", &azure).await,
        Cluster::start("west", &azure).await,
    );
    let (easts, wests) = ([my_app("east", "70")], [my_app("west", "30")]);
    azure
        .faults(json!({"rules": [{"operation": "profiles.put", "delay": "500ms", "calls": 2}]}))
        .await;
    let (one, other) = tokio::join!(east.run(&easts), west.run(&wests));
    assert_done(&one);
    assert_done(&other);
    assert_eq!(
        azure.count("profiles.put").await,
        2,
        "neither saw the other"
    );
    assert_eq!(overwritten(&[&east, &west]).await, 1);
    let (one, other) = tokio::join!(east.run(&easts), west.run(&wests));
    assert_done(&one);
    assert_done(&other);
    both_are_there(&azure, &east, &west).await;
}

/// The first try fails, and until the second another cluster is quicker. It is
/// joined and not replaced, in the same loop.
#[tokio::test]
async fn a_creator_that_has_to_try_again_joins_whoever_came_first() {
    let azure = Azure::start().await;
    let (east, west) = (
        Cluster::start("east", &azure).await,
        Cluster::start("west", &azure).await,
    );
    azure
        .faults(json!({"rules": [
            {"operation": "profiles.put", "status": 503, "retryAfter": 2, "calls": 1}
        ]}))
        .await;
    let (easts, wests) = ([my_app("east", "70")], [my_app("west", "30")]);
    let later = async {
        while azure.writes().await == 0 {
            tokio::task::yield_now().await;
        }
        west.run(&wests).await
    };
    let (one, other) = tokio::join!(east.run(&easts), later);
    assert_done(&one);
    assert_done(&other);
    assert_eq!(overwritten(&[&east, &west]).await, 0);
    both_are_there(&azure, &east, &west).await;
}

/// Azure's regions may lag behind each other: what was listed a moment ago is
/// not found. To create it would be to wipe it.
#[tokio::test]
async fn a_profile_that_was_listed_is_not_created_over() {
    let azure = Azure::start().await;
    let (east, west) = (
        Cluster::start("east", &azure).await,
        Cluster::start("west", &azure).await,
    );
    let (easts, wests) = ([my_app("east", "70")], [my_app("west", "30")]);
    assert_done(&west.run(&wests).await);
    let before: Option<Value> = azure.profile("my-app-global").await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.get", "status": 404, "calls": 1}]}))
        .await;
    let (status, text) = east.run(&easts).await.failed.unwrap();
    assert_eq!(status, 503);
    assert!(text.contains("does not find it"), "{text}");
    assert_eq!(azure.profile("my-app-global").await, before);
    assert_done(&east.run(&easts).await);
    both_are_there(&azure, &east, &west).await;
}

/// Somebody deletes the profile by hand between the listing and the write. A
/// loop later it is there again.
#[tokio::test]
async fn a_profile_that_was_deleted_by_hand_since_the_listing_is_created_by_the_next_loop() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let easts = [my_app("east", "70")];
    assert_done(&east.run(&easts).await);
    azure
        .faults(json!({"rules": [{"operation": "profiles.get", "delay": "400ms", "calls": 1}]}))
        .await;
    let delete = async {
        while azure.count("profiles.get").await == 0 {
            tokio::task::yield_now().await;
        }
        azure.delete("my-app-global").await;
    };
    let changed = [my_app("east", "50")];
    let (looped, ()) = tokio::join!(east.run(&changed), delete);
    assert_eq!(looped.failed.unwrap().0, 503);
    assert_done(&east.run(&changed).await);
    let endpoint = azure.endpoint("my-app-global", "east-us").await.unwrap();
    assert_eq!(endpoint["properties"]["weight"], 50);
    east.quiet(&azure, &changed).await;
}
