//! Name check and geography.

use arm_client::TrafficManagerApi;

use crate::bench::{Bench, json, profile_id};

#[tokio::test]
async fn a_taken_name_says_why() {
    let answer = r#"{"name":"test-profile-dns","type":"Microsoft.Network/trafficManagerProfiles","nameAvailable":false,"reason":"AlreadyExists","message":"Domain name test-profile-dns.trafficmanager.net already exists. Please choose a different DNS prefix."}"#;
    let bench = Bench::new([json(200, answer)]).await;
    let name = "test-profile-dns".parse().unwrap();
    let availability = bench
        .client
        .check_name(&profile_id().subscription, &name)
        .await
        .unwrap();
    assert!(!availability.available);
    assert_eq!(availability.reason.as_deref(), Some("AlreadyExists"));
    let seen = bench.seen().await;
    insta::assert_snapshot!(seen[0].line, @"POST /subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Network/checkTrafficManagerNameAvailabilityV2?api-version=2022-04-01");
    insta::assert_snapshot!(seen[0].body, @r#"{"name":"test-profile-dns","type":"Microsoft.Network/trafficManagerProfiles"}"#);
}

#[tokio::test]
async fn a_free_name_has_no_reason() {
    let bench = Bench::new([json(
        200,
        r#"{"nameAvailable":true,"reason":null,"message":null}"#,
    )])
    .await;
    let name = "free".parse().unwrap();
    let availability = bench
        .client
        .check_name(&profile_id().subscription, &name)
        .await
        .unwrap();
    assert!(availability.available);
    assert_eq!(availability.reason, None);
}

#[tokio::test]
async fn an_answer_without_a_verdict_is_no_verdict() {
    let bench = Bench::new([json(200, "{}")]).await;
    let name = "free".parse().unwrap();
    let error = bench
        .client
        .check_name(&profile_id().subscription, &name)
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), "decode");
}

#[tokio::test]
async fn the_hierarchy_is_walked_from_the_root_down() {
    let answer = r#"{"id":"/x","properties":{"geographicHierarchy":{"code":"WORLD","name":"World","regions":[
        {"code":"GEO-EU","name":"Europe","regions":[{"code":"DE","name":"Germany","regions":[]}]},
        {"code":"GEO-NA","name":"North America","regions":[{"code":"US","name":"United States","regions":[{"code":"US-CA","name":"California","regions":[]}]}]}]}}}"#;
    let bench = Bench::new([json(200, answer)]).await;
    let root = bench.client.geographic_hierarchy().await.unwrap();
    let codes: Vec<_> = root.walk().map(|region| region.code.as_str()).collect();
    assert_eq!(codes, ["WORLD", "GEO-EU", "DE", "GEO-NA", "US", "US-CA"]);
    assert_eq!(
        bench.lines().await,
        [
            "GET /providers/Microsoft.Network/trafficManagerGeographicHierarchies/default?api-version=2022-04-01"
        ]
    );
}
