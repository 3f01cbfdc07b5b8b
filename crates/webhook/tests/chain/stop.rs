//! SIGTERM while something is written: it ends between two writes, at a point
//! from which the next start goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use external_dns::model::Service;
use serde_json::json;

use crate::harness::{Azure, Cluster, Loop, app, key, my_app};

/// One member of the profile `p`.
fn member(name: &str, endpoint: &str, target: &str, weight: &str) -> Service {
    app(name, &format!("{name}.example.com"))
        .with_annotation(key("profile-name"), "p")
        .with_annotation(key("endpoint-name"), endpoint)
        .with_annotation(key("target"), target)
        .with_annotation(key("weight"), weight)
}

/// Runs a loop, and begins to stop when so many writes have arrived.
async fn run_and_stop_at(
    azure: &Azure,
    cluster: &Cluster,
    services: &[Service],
    writes: u64,
) -> Loop {
    let stop = async {
        while azure.writes().await < writes {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        cluster.terminate();
    };
    tokio::join!(cluster.run(services), stop).0
}

/// The targets of the endpoints of `p`.
async fn targets(azure: &Azure) -> BTreeMap<String, String> {
    let profile = azure.profile("p").await.unwrap();
    let endpoints = profile["properties"]["endpoints"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    endpoints
        .iter()
        .map(|endpoint| {
            (
                text(&endpoint["name"]),
                text(&endpoint["properties"]["target"]),
            )
        })
        .collect()
}

/// Two targets are exchanged and a third member gets another name with the same
/// target: Azure wants endpoints deleted before others are written. Wherever
/// the stop comes, no member is without its endpoint.
#[tokio::test]
async fn wherever_it_comes_no_member_is_left_without_its_endpoint() {
    let before = [
        member("a", "a", "x.example.net", "1"),
        member("b", "b", "y.example.net", "1"),
        member("c", "old", "z.example.net", "1"),
        member("d", "d", "w.example.net", "1"),
    ];
    let after = [
        member("a", "a", "y.example.net", "1"),
        member("b", "b", "x.example.net", "1"),
        member("c", "new", "z.example.net", "1"),
        member("d", "d", "w.example.net", "2"),
    ];
    let (mut stopped, mut at) = (0, 1);
    loop {
        let azure = Azure::start().await;
        let east = Cluster::start("east", &azure).await;
        assert!(east.run(&before).await.failed.is_none());
        azure.calls().await;
        azure
            .faults(json!({"rules": [{"operation": "writes", "delay": "40ms"}]}))
            .await;
        let looped = run_and_stop_at(&azure, &east, &after, at).await;
        let writes = azure.writes().await;
        azure.clear_faults().await;
        east.stop().await;
        assert_eq!(
            azure.writes().await,
            writes,
            "nothing is written after the end"
        );
        let held = targets(&azure).await;
        for name in ["a", "b", "d"] {
            assert!(held.contains_key(name), "stopped at write {at}: {held:?}");
        }
        assert!(
            held.contains_key("old") || held.contains_key("new"),
            "{held:?}"
        );
        if let Some((status, text)) = &looped.failed {
            assert_eq!(*status, 503);
            assert!(text.contains("shutting down"), "{text}");
            stopped += 1;
        }

        let next = Cluster::start("east", &azure).await;
        let first = next.run(&after).await;
        assert!(first.failed.is_none(), "{first:?}");
        next.quiet(&azure, &after).await;
        let held = targets(&azure).await;
        assert_eq!(held["a"], "y.example.net");
        assert_eq!(held["b"], "x.example.net");
        assert!(
            held.contains_key("new") && !held.contains_key("old"),
            "{held:?}"
        );
        // The last write of all: there was nothing left to leave.
        if looped.failed.is_none() && at >= writes {
            break;
        }
        at += 1;
        assert!(at < 20);
    }
    assert!(stopped > 0, "some of the stops came in the middle");
}

#[tokio::test]
async fn no_further_profile_is_begun() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let services: Vec<_> = (0..24)
        .map(|number| {
            app(&format!("n{number}"), &format!("app-{number}.example.com"))
                .with_annotation(key("profile-name"), format!("profile-{number}"))
        })
        .collect();
    azure
        .faults(json!({"rules": [{"operation": "writes", "delay": "300ms"}]}))
        .await;
    let (status, text) = run_and_stop_at(&azure, &east, &services, 1)
        .await
        .failed
        .unwrap();
    assert_eq!(status, 503);
    assert!(text.contains("shutting down"), "{text}");
    east.stop().await;
    let created = azure.count("profiles.put").await;
    assert!((1..24).contains(&created), "{created}");

    azure.clear_faults().await;
    let next = Cluster::start("east", &azure).await;
    assert!(next.run(&services).await.failed.is_none());
    assert_eq!(azure.count("profiles.put").await, 24);
    next.quiet(&azure, &services).await;
}

/// Azure asks for a minute of patience. The process does not have it.
#[tokio::test]
async fn a_wait_between_two_tries_is_cut_short() {
    let azure = Azure::start().await;
    let patient = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("5m".to_owned());
    let east = Cluster::with("east", &azure, patient).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.put", "status": 429, "retryAfter": 50}]}))
        .await;
    let services = [my_app("east", "70")];
    let ended = async {
        let looped = run_and_stop_at(&azure, &east, &services, 1).await;
        assert_eq!(looped.failed.unwrap().0, 503);
        east.stop().await;
    };
    let hangs = tokio::time::timeout(Duration::from_secs(30), ended).await;
    hangs.expect("it does not wait for Azure's minute");
    assert_eq!(azure.writes().await, 1);
}

/// Nobody waits for an answer to upkeep, and still it is not cut off.
#[tokio::test]
async fn upkeep_ends_before_the_process_does() {
    let azure = Azure::start().await;
    let quick =
        |args: &mut webhook::settings::ServeArgs| args.profile_grace = Some("0s".to_owned());
    let east = Cluster::with("east", &azure, quick).await;
    east.run(&[my_app("east", "70")]).await;
    east.run(&[]).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.delete", "delay": "500ms"}]}))
        .await;
    while azure.count("profiles.delete").await == 0 {
        assert_eq!(east.records().await.0, 200);
    }
    east.stop().await;
    assert!(azure.profile("my-app-global").await.is_none());
}

/// A listing changes nothing, so nobody waits for it.
#[tokio::test]
async fn a_listing_is_left_at_once() {
    let azure = Azure::start().await;
    let patient = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("5m".to_owned());
    let east = Cluster::with("east", &azure, patient).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.list", "delay": "50s"}]}))
        .await;
    let stop = async {
        while azure.count("profiles.list").await == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        east.terminate();
    };
    let ended = async { tokio::join!(east.records(), stop).0 };
    let answer = tokio::time::timeout(Duration::from_secs(30), ended).await;
    let (status, text) = answer.expect("it does not wait for Azure");
    assert_eq!(status, 503);
    insta::assert_snapshot!(text, @"the webhook is shutting down; Azure was not listed");
    east.stop().await;
}
