//! The operations port.

use insta::assert_snapshot;
use rstest::rstest;
use webhook::provider_api::{Health, LastError, MemberStatus, Probes};

use crate::fake::{Behaviour, Fake, Running, args, noon};

async fn readyz(server: &Running) -> String {
    let response = reqwest::get(server.ops("/readyz")).await.unwrap();
    let status = response.status();
    let body: serde_json::Value = response.json().await.unwrap();
    format!("{status}\n{body:#}")
}

#[rstest]
#[case("/healthz")]
#[case("/health")]
#[tokio::test]
async fn alive_whatever_azure_does(#[case] path: &str) {
    let server = Running::start(Fake::new(Behaviour::Hangs), &args()).await;
    let response = reqwest::get(server.ops(path)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "ok\n");
}

#[tokio::test]
async fn readiness_follows_the_listings() {
    let fake = Fake::new(Behaviour::Works(Vec::new()));
    let server = Running::start(fake.clone(), &args()).await;
    assert_snapshot!("readyz_before_the_first_listing", readyz(&server).await);

    let mut health = Health {
        last_listing: Some(noon()),
        profiles: 2,
        members: 3,
        conflicts: 1,
        held_deletions: 7,
        invalid_objects: [("InvalidAnnotation".to_owned(), 2)].into(),
        probes: Probes {
            members: [("Online", 2), ("Degraded", 1)].into(),
            profiles: [("Degraded", 1), ("Online", 1)].into(),
            not_online: vec![MemberStatus {
                profile: "my-app-global".to_owned(),
                endpoint: "east-us".to_owned(),
                status: "Degraded",
            }],
        },
        ..Health::default()
    };
    *fake.health.lock().unwrap() = health.clone();
    assert_snapshot!("readyz_ready", readyz(&server).await);

    health.last_error = Some(LastError {
        at: noon(),
        text: "listing profiles: Azure answered 429".to_owned(),
    });
    health.consecutive_listing_failures = Health::FAILURES_UNTIL_UNREADY - 1;
    *fake.health.lock().unwrap() = health.clone();
    assert!(readyz(&server).await.starts_with("200 OK"));

    health.consecutive_listing_failures += 1;
    *fake.health.lock().unwrap() = health;
    assert_snapshot!("readyz_when_listings_fail", readyz(&server).await);
    let alias = reqwest::get(server.ops("/ready")).await.unwrap();
    assert_eq!(alias.status(), 503);
}

#[tokio::test]
async fn the_api_is_not_on_the_operations_port() {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    for path in ["/", "/records"] {
        assert_eq!(reqwest::get(server.ops(path)).await.unwrap().status(), 404);
    }
}

/// Whoever reaches the port may ask: nothing is made of a question that nothing can be the answer to.
#[rstest]
#[case("host")]
#[case("object")]
#[tokio::test]
async fn a_question_that_is_too_long_is_not_looked_into(#[case] what: &str) {
    let server = Running::start(Fake::new(Behaviour::Works(Vec::new())), &args()).await;
    let ask = async |length| {
        let path = format!("/explain?{what}={}", "a".repeat(length));
        reqwest::get(server.ops(&path)).await.unwrap().status()
    };
    assert_eq!(ask(401).await, 400);
    assert_ne!(ask(400).await, 400);
}
