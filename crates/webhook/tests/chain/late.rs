//! Azure is slow: the answer comes inside the deadline, the work goes on, the
//! next call joins it, and nothing is written twice.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Azure, Cluster, app, key, my_app};

#[tokio::test]
async fn a_late_listing_serves_the_next_call() {
    let azure = Azure::start().await;
    let quick = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("300ms".to_owned());
    let east = Cluster::with("east", &azure, quick).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.list", "delay": "900ms"}]}))
        .await;
    let (status, _) = east.records().await;
    assert_eq!(status, 503);
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(east.records().await.0);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(answers.iter().any(|status| *status == 200), "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|status| *status == 200 || *status == 503),
        "{answers:?}"
    );
}

#[tokio::test]
async fn a_late_write_is_done_once() {
    let azure = Azure::start().await;
    let quick = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("300ms".to_owned());
    let east = Cluster::with("east", &azure, quick).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.put", "delay": "1s", "when": "after"}]}))
        .await;
    let services = [my_app("east", "70")];
    let (status, _) = east.run(&services).await.failed.unwrap();
    assert_eq!(status, 503);
    let mut loops = 0;
    loop {
        let looped = east.run(&services).await;
        if looped.failed.is_none() {
            assert_eq!(looped.changes, None, "what was accepted is done");
            break;
        }
        loops += 1;
        assert!(loops < 50, "{looped:?}");
    }
    azure.clear_faults().await;
    assert_eq!(azure.calls().await["profiles.put"], 1);
}

#[tokio::test]
async fn a_late_listing_serves_a_whole_loop_minutes_later() {
    let azure = Azure::start().await;
    let quick = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("300ms".to_owned());
    let east = Cluster::with("east", &azure, quick).await;
    azure
        .faults(json!({"rules": [{"operation": "profiles.list", "delay": "600ms"}]}))
        .await;
    assert_eq!(east.records().await.0, 503);
    // The next loop comes when the listing has long arrived.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    east.clock.advance(std::time::Duration::from_mins(5));
    assert_eq!(east.records().await.0, 200);
    east.clock.advance(std::time::Duration::from_mins(2));
    let (status, text) = east.post("/adjustendpoints", "[]").await;
    assert_eq!(status, 200, "{text}");
}

/// ExternalDNS is answered 503 and sends the same again and again. Each write is
/// made once, whatever the moment at which a repetition arrives.
#[rstest]
#[case("before")]
#[case("after")]
#[tokio::test]
async fn what_is_sent_again_meanwhile_is_not_written_again(#[case] when: &str) {
    let azure = Azure::start().await;
    let quick = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("300ms".to_owned());
    let west = Cluster::start("west", &azure).await;
    let wests = [my_app("west", "30")];
    west.run(&wests).await;
    let east = Cluster::with("east", &azure, quick).await;
    let slow = json!({"rules": [{"operation": "writes", "delay": "700ms", "when": when}]});

    let steps = [
        (
            vec![my_app("east", "70")],
            vec!["endpoints.put", "tags.patch"],
        ),
        (vec![my_app("east", "50")], vec!["endpoints.put"]),
        (vec![], vec!["endpoints.delete", "tags.patch"]),
    ];
    for (services, expected) in steps {
        azure.faults(slow.clone()).await;
        azure.calls().await;
        let looped = east.run(&services).await;
        assert_eq!(looped.failed.unwrap().0, 503);
        let body = serde_json::to_string(&looped.changes.unwrap()).unwrap();
        let mut answers = Vec::new();
        while answers.last() != Some(&204) {
            assert!(answers.len() < 50, "{answers:?}");
            answers.push(east.post("/records", body.clone()).await.0.as_u16());
        }
        assert!(
            answers.iter().all(|status| matches!(status, 503 | 204)),
            "{answers:?}"
        );
        azure.clear_faults().await;
        let calls = azure.calls().await;
        let writes: Vec<_> = calls
            .iter()
            .filter(|(call, _)| !call.starts_with("profiles."))
            .map(|(call, count)| (call.as_str(), *count))
            .collect();
        let once: Vec<_> = expected.into_iter().map(|call| (call, 1)).collect();
        assert_eq!(writes, once, "{calls:?}");
        east.quiet(&azure, &services).await;
    }
    west.quiet(&azure, &wests).await;
}

/// Azure asks for more patience than there is: nothing is repeated, by this call
/// or by those after it, and what would be refused as well is not even sent.
#[tokio::test]
async fn a_throttled_azure_is_left_alone_until_the_next_loop() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    let members = |weight: &str| -> Vec<_> {
        let member = |number| {
            app(&format!("n{number}"), &format!("app-{number}.example.com"))
                .with_annotation(key("profile-name"), "p")
                .with_annotation(key("weight"), weight)
        };
        (0..5).map(member).collect()
    };
    assert!(east.run(&members("1")).await.failed.is_none());
    let throttled = json!({"operation": "writes", "status": 429, "retryAfter": 3600});
    azure.faults(json!({"rules": [throttled]})).await;
    for _ in 0..2 {
        azure.calls().await;
        let (status, text) = east.run(&members("2")).await.failed.unwrap();
        assert_eq!(status, 503);
        assert!(text.contains("retry after 3600 s"), "{text}");
        assert!(text.contains("4 more writes are left"), "{text}");
        assert_eq!(azure.writes().await, 1);
    }
    azure.clear_faults().await;
    azure.calls().await;
    assert!(east.run(&members("2")).await.failed.is_none());
    assert_eq!(azure.writes().await, 5);
    east.quiet(&azure, &members("2")).await;
}

/// A wait that fits into the call's time is kept, in the background if need be.
#[tokio::test]
async fn a_wait_that_azure_asks_for_is_kept_beyond_the_answer() {
    let azure = Azure::start().await;
    let quick = |args: &mut webhook::settings::ServeArgs| args.deadline = Some("300ms".to_owned());
    let east = Cluster::with("east", &azure, quick).await;
    let throttled =
        json!({"operation": "profiles.put", "status": 429, "retryAfter": 1, "calls": 1});
    azure.faults(json!({"rules": [throttled]})).await;
    let services = [my_app("east", "70")];
    assert_eq!(east.run(&services).await.failed.unwrap().0, 503);
    let mut loops = 0;
    while east.run(&services).await.failed.is_some() {
        loops += 1;
        assert!(loops < 50);
    }
    assert_eq!(
        azure.count("profiles.put").await,
        2,
        "the refused one and the other"
    );
    east.quiet(&azure, &services).await;
}
