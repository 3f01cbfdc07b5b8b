//! Azure is slow: the answer comes inside the deadline, the work goes on, the
//! next call joins it, and nothing is written twice.

use serde_json::json;

use crate::harness::{Azure, Cluster, my_app};

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
