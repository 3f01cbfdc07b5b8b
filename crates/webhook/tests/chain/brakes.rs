//! Too many deletions at once: held back until they come for the third time.

use external_dns::model::Service;
use serde_json::Value;

use crate::harness::{Azure, Cluster, app, key};

/// Members `numbers`, each in a profile of its own.
fn apps(numbers: std::ops::Range<u8>) -> Vec<Service> {
    let member = |number: u8| {
        app(&number.to_string(), &format!("app-{number}.example.com"))
            .with_annotation(key("profile-name"), format!("profile-{number}"))
            .with_annotation(key("endpoint-name"), "east")
    };
    numbers.map(member).collect()
}

async fn present(azure: &Azure, numbers: std::ops::Range<u8>) -> Vec<u8> {
    let mut present = Vec::new();
    for number in numbers {
        let profile = format!("profile-{number}");
        if azure.endpoint(&profile, "east").await.is_some() {
            present.push(number);
        }
    }
    present
}

#[tokio::test]
async fn most_members_are_deleted_only_when_it_is_asked_for_three_times() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    assert!(east.run(&apps(0..6)).await.failed.is_none());

    // Four of six are gone from the source. What else changes is done at once.
    let mut wanted = apps(0..2);
    wanted[1] = wanted[1].clone().with_annotation(key("weight"), "7");
    wanted.extend(apps(6..7));
    for time in 1..=2 {
        let (status, text) = east.run(&wanted).await.failed.unwrap();
        assert_eq!(status, 503);
        assert!(text.contains(&format!("this was time {time}")), "{text}");
        assert_eq!(present(&azure, 0..7).await, [0, 1, 2, 3, 4, 5, 6]);
        let updated = azure.endpoint("profile-1", "east").await.unwrap();
        assert_eq!(updated["properties"]["weight"], 7);
        assert!(east.metrics().await.contains("held_deletions 4"));
        assert_eq!(east.readiness().await["provider"]["heldDeletions"], 4);
        // By the second time there is nothing else to write.
        if time == 1 {
            azure.calls().await;
        } else {
            let calls = azure.calls().await;
            let reads = ["profiles.list", "profiles.get"];
            assert!(
                calls.keys().all(|call| reads.contains(&call.as_str())),
                "{calls:?}"
            );
        }
    }
    assert!(east.run(&wanted).await.failed.is_none());
    assert_eq!(present(&azure, 0..7).await, [0, 1, 6]);
    assert!(east.metrics().await.contains("held_deletions 0"));
    east.quiet(&azure, &wanted).await;
}

#[tokio::test]
async fn a_loop_without_the_deletions_starts_the_count_again() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&apps(0..6)).await;
    for _ in 0..2 {
        assert!(east.run(&[]).await.failed.is_some());
    }
    // That a loop was without deletions is known when the next one begins.
    east.quiet(&azure, &apps(0..6)).await;
    east.quiet(&azure, &apps(0..6)).await;
    assert!(east.metrics().await.contains("held_deletions 0"));
    for _ in 0..2 {
        let (status, text) = east.run(&[]).await.failed.unwrap();
        assert_eq!(status, 503);
        assert!(text.contains("6 of the 6 members of owner east"), "{text}");
    }
    assert_eq!(present(&azure, 0..6).await, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn renames_and_moves_are_no_deletions() {
    let azure = Azure::start().await;
    let strict =
        |args: &mut webhook::settings::ServeArgs| args.max_deletions = Some("0".to_owned());
    let east = Cluster::with("east", &azure, strict).await;
    let named = |profile: &str, endpoint: &str| {
        let service = app("a", "a.example.com").with_annotation(key("profile-name"), profile);
        [service.with_annotation(key("endpoint-name"), endpoint)]
    };
    assert!(east.run(&named("p", "old")).await.failed.is_none());
    assert!(east.run(&named("p", "new")).await.failed.is_none());
    assert!(azure.endpoint("p", "old").await.is_none());
    assert!(east.run(&named("q", "new")).await.failed.is_none());
    assert!(azure.endpoint("p", "new").await.is_none());
    assert!(azure.endpoint("q", "new").await.is_some());
    assert!(east.run(&[]).await.failed.is_some());
    assert!(azure.endpoint("q", "new").await.is_some());
}

#[tokio::test]
async fn small_owners_and_a_limit_of_everything_are_left_alone() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&apps(0..4)).await;
    assert!(east.run(&[]).await.failed.is_none());
    let all =
        |args: &mut webhook::settings::ServeArgs| args.max_deletions = Some("100%".to_owned());
    let west = Cluster::with("west", &azure, all).await;
    west.run(&apps(10..16)).await;
    assert!(west.run(&[]).await.failed.is_none());
    assert_eq!(present(&azure, 0..16).await, [0; 0]);
}

/// A webhook that was started between two calls of one loop of ExternalDNS does
/// not know how many members there are.
#[tokio::test]
async fn a_batch_before_the_first_listing_is_judged_too() {
    let azure = Azure::start().await;
    let first = Cluster::start("east", &azure).await;
    first.run(&apps(0..6)).await;
    let changes = first.run(&[]).await.changes.unwrap();
    let body = serde_json::to_string(&changes).unwrap();
    first.stop().await;

    let second = Cluster::start("east", &azure).await;
    azure
        .faults(serde_json::json!({"rules": [{"operation": "profiles.list", "status": 403}]}))
        .await;
    let (status, text) = second.post("/records", body.clone()).await;
    assert_eq!(status, 503, "{text}");
    assert!(
        text.contains("6 deletions wait until Azure has been listed"),
        "{text}"
    );
    azure.clear_faults().await;
    let (status, text) = second.post("/records", body).await;
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("this was time 1"), "{text}");
    assert_eq!(present(&azure, 0..6).await, [0, 1, 2, 3, 4, 5]);
}

/// The answer says who, how many, which, and what to do.
#[tokio::test]
async fn the_report() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    east.run(&apps(0..7)).await;
    let (_, text) = east.run(&[]).await.failed.unwrap();
    insta::assert_snapshot!(text, @"deleting 7 of the 7 members of owner east at once is more than --max-deletions=50% allows; none was deleted, and the other changes of the batch were not held up. ExternalDNS no longer wants app-0.example.com, app-1.example.com, app-2.example.com, app-3.example.com, app-4.example.com and 2 more. If that is a mistake, mend the source; if it is meant, wait, because the same deletions are done when they come for the 3rd time in a row (this was time 1), or raise --max-deletions");
    let readiness: Value = east.readiness().await;
    assert_eq!(readiness["ready"], true);
    let error = readiness["provider"]["lastError"]["text"].as_str().unwrap();
    assert_eq!(error, text.trim_end());
}
