//! Members whose object has gone for a moment, and the last one of a profile.

use std::time::Duration;

use crate::harness::{Azure, Cluster, app, key};

fn east() -> external_dns::model::Service {
    app("east", "east.example.com")
        .with_annotation(key("profile-name"), "p")
        .with_annotation(key("endpoint-name"), "east")
}

async fn status(azure: &Azure) -> Option<String> {
    let endpoint = azure.endpoint("p", "east").await?;
    Some(
        endpoint["properties"]["endpointStatus"]
            .as_str()?
            .to_owned(),
    )
}

#[tokio::test]
async fn an_object_that_comes_back_within_the_grace_finds_its_endpoint() {
    let azure = Azure::start().await;
    let cluster = Cluster::with("east", &azure, |args| {
        args.delete_grace = Some("5m".to_owned());
    })
    .await;
    assert!(cluster.run(&[east()]).await.failed.is_none());
    assert!(cluster.run(&[]).await.failed.is_none());
    assert_eq!(status(&azure).await.as_deref(), Some("Disabled"));
    cluster.quiet(&azure, &[]).await;

    cluster.clock.advance(Duration::from_mins(4));
    assert!(cluster.run(&[east()]).await.failed.is_none());
    assert_eq!(status(&azure).await.as_deref(), Some("Enabled"));
    cluster.quiet(&azure, &[east()]).await;
}

/// The grace counts on through a restart, because it stands in the claim.
#[tokio::test]
async fn an_object_that_does_not_come_back_loses_its_endpoint_after_the_grace() {
    let azure = Azure::start().await;
    let patient = || {
        Cluster::with("east", &azure, |args| {
            args.delete_grace = Some("5m".to_owned());
        })
    };
    let cluster = patient().await;
    assert!(cluster.run(&[east()]).await.failed.is_none());
    assert!(cluster.run(&[]).await.failed.is_none());
    cluster.stop().await;

    let cluster = patient().await;
    cluster.quiet(&azure, &[]).await;
    cluster.clock.advance(Duration::from_mins(5));
    cluster.run(&[]).await;
    let deleted = async {
        while azure.endpoint("p", "east").await.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The profile is retired after its last endpoint, and the claim goes last.
        while azure.profile("p").await.unwrap()["tags"]
            .get("externaldns-claims-0-east")
            .is_some()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), deleted)
        .await
        .unwrap();
    let profile = azure.profile("p").await.unwrap();
    assert_eq!(profile["properties"]["profileStatus"], "Disabled");
    cluster.quiet(&azure, &[]).await;
}

#[tokio::test]
async fn the_last_enabled_endpoint_stays_until_another_cluster_has_one() {
    let azure = Azure::start().await;
    let keeping = |owner| {
        Cluster::with(owner, &azure, |args| {
            args.keep_last_member = Some("true".to_owned());
        })
    };
    let (first, second) = (keeping("east").await, keeping("west").await);
    assert!(first.run(&[east()]).await.failed.is_none());
    first.quiet(&azure, &[]).await;
    assert!(first.metrics().await.contains("reason=\"LastMember\""));

    let west = app("west", "west.example.com")
        .with_annotation(key("profile-name"), "p")
        .with_annotation(key("endpoint-name"), "west");
    assert!(
        second
            .run(std::slice::from_ref(&west))
            .await
            .failed
            .is_none()
    );
    assert!(first.run(&[]).await.failed.is_none());
    assert_eq!(status(&azure).await, None);
    second.quiet(&azure, &[]).await;
}
