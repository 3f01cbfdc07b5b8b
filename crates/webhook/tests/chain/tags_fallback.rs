//! The identity may not use the tags API: tags are written with the profile.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Azure, Cluster, my_app};

/// What Azure answers to somebody without `Microsoft.Resources/tags/write`.
fn no_permission() -> Value {
    json!({"operation": "tags.patch", "status": 403})
}

async fn claims(azure: &Azure) -> Vec<String> {
    let profile = azure.profile("my-app-global").await.unwrap();
    let tags = profile["tags"].as_object().unwrap();
    let claims = tags
        .keys()
        .filter(|name| name.starts_with("externaldns-claims"));
    claims.cloned().collect()
}

#[tokio::test]
async fn members_come_and_go_without_the_permission() {
    let azure = Azure::start().await;
    azure.faults(json!({"rules": [no_permission()]})).await;
    let east = Cluster::start("east", &azure).await;
    let west = Cluster::start("west", &azure).await;
    let (easts, wests) = ([my_app("east", "70")], [my_app("west", "30")]);
    assert!(east.run(&easts).await.failed.is_none());
    azure.calls().await;
    let looped = west.run(&wests).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    assert_eq!(azure.count("tags.patch").await, 1);
    west.quiet(&azure, &wests).await;
    east.quiet(&azure, &easts).await;
    assert_eq!(claims(&azure).await.len(), 2);

    // The refusal is remembered: leaving does not ask again.
    azure.calls().await;
    assert!(west.run(&[]).await.failed.is_none());
    let calls = azure.calls().await;
    assert_eq!(calls.get("tags.patch"), None, "{calls:?}");
    assert_eq!(claims(&azure).await, ["externaldns-claims-0-east"]);
    east.quiet(&azure, &easts).await;
}

/// Both read the tags before either writes them, and write at the same moment.
#[tokio::test]
async fn two_owners_who_write_at_the_same_moment_both_end_with_their_claims() {
    let azure = Azure::start().await;
    let (east, west) = (
        Cluster::start("east", &azure).await,
        Cluster::start("west", &azure).await,
    );
    let central = Cluster::start("central", &azure).await;
    let (easts, wests) = ([my_app("east", "70")], [my_app("west", "30")]);
    let centrals = [my_app("central", "10")];
    assert!(central.run(&centrals).await.failed.is_none());
    central.quiet(&azure, &centrals).await;
    let slow = json!({"operation": "profiles.patch", "delay": "300ms", "calls": 2});
    azure
        .faults(json!({"rules": [no_permission(), slow]}))
        .await;
    azure.calls().await;
    let (one, other) = tokio::join!(east.run(&easts), west.run(&wests));
    assert!(one.failed.is_none(), "{one:?}");
    assert!(other.failed.is_none(), "{other:?}");
    assert!(
        azure.count("profiles.patch").await > 2,
        "somebody was overwritten and wrote again"
    );
    assert_eq!(claims(&azure).await.len(), 3);
    for (cluster, services) in [(&east, &easts), (&west, &wests), (&central, &centrals)] {
        cluster.quiet(&azure, services).await;
    }
}

/// A claim is written and read back, and only then overwritten by somebody who
/// had read before: nobody notices at once. The next loop does.
#[tokio::test]
async fn a_claim_that_is_lost_unseen_is_made_again_by_a_later_loop() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let west = Cluster::start("west", &azure).await;
    let (easts, wests) = ([my_app("east", "70")], [my_app("west", "30")]);
    east.run(&easts).await;
    let stale = azure.profile("my-app-global").await.unwrap();
    azure.faults(json!({"rules": [no_permission()]})).await;
    assert!(west.run(&wests).await.failed.is_none());
    // Who had read before west joined writes what was there then.
    azure.tag("my-app-global", stale["tags"].clone()).await;
    assert_eq!(claims(&azure).await, ["externaldns-claims-0-east"]);

    for _ in 0..2 {
        let looped = west.run(&wests).await;
        assert!(looped.failed.is_none(), "{looped:?}");
        west.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(claims(&azure).await.len(), 2);
    west.quiet(&azure, &wests).await;
    east.quiet(&azure, &easts).await;
}
