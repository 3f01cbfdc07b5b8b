//! Single endpoints.

use arm_client::{Deleted, Error, TrafficManagerApi};
use rstest::rstest;
use traffic_manager::EndpointKind;
use traffic_manager::profile::Endpoint;

use crate::bench::{Bench, empty, json, profile_id, refusal};

const EXTERNAL: &str = "Microsoft.Network/trafficManagerProfiles/externalEndpoints";

fn endpoint(name: &str) -> Endpoint {
    let mut endpoint = Endpoint {
        name: Some(name.to_owned()),
        arm_type: Some(EXTERNAL.to_owned()),
        ..Endpoint::default()
    };
    endpoint.properties.target = Some("my-app-east.example.com".to_owned());
    endpoint.properties.weight = Some(70);
    endpoint
}

#[rstest]
#[case(200)]
#[case(201)]
#[tokio::test]
async fn put_sends_the_endpoint(#[case] status: u16) {
    let answer = r#"{"id":"/e","name":"east-us","type":"Microsoft.Network/trafficManagerProfiles/externalEndpoints","properties":{"weight":70,"priority":1,"endpointMonitorStatus":"CheckingEndpoint"}}"#;
    let bench = Bench::new([json(status, answer)]).await;
    let written = bench
        .client
        .put_endpoint(&profile_id(), &endpoint("east-us"))
        .await
        .unwrap();
    assert_eq!(written.properties.priority, Some(1));
    let seen = bench.seen().await;
    insta::allow_duplicates! {
        insta::assert_snapshot!(seen[0].line, @"PUT /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-global/ExternalEndpoints/east-us?api-version=2022-04-01");
    }
    assert_eq!(
        seen[0].body,
        serde_json::to_value(endpoint("east-us")).unwrap()
    );
    assert_eq!(bench.reported(), [("endpoints.put", "ok", 1)]);
}

#[rstest]
#[case("East US", "East%20US")]
#[case("fleet-1#svc#cluster", "fleet-1%23svc%23cluster")]
#[case("größe", "gr%C3%B6%C3%9Fe")]
#[case("a{b}\"c'", "a%7Bb%7D%22c'")]
#[tokio::test]
async fn names_arrive_as_they_are(#[case] name: &str, #[case] segment: &str) {
    let bench = Bench::new([json(201, r#"{"id":"/e","properties":{}}"#), empty(200)]).await;
    bench
        .client
        .put_endpoint(&profile_id(), &endpoint(name))
        .await
        .unwrap();
    let lines = bench.lines().await;
    assert!(
        lines[0].contains(&format!("/ExternalEndpoints/{segment}?api-version")),
        "{lines:?}"
    );
    let parsed = name.parse().unwrap();
    bench
        .client
        .delete_endpoint(&profile_id(), EndpointKind::External, &parsed)
        .await
        .unwrap();
    let lines = bench.lines().await;
    let lower = format!("/ExternalEndpoints/{segment}?api-version").to_lowercase();
    assert!(lines[1].to_lowercase().contains(&lower), "{lines:?}");
}

#[rstest]
#[case::no_name(Endpoint { name: None, ..endpoint("x") })]
#[case::bad_name(endpoint("a/b"))]
#[case::escaping_name(endpoint(".."))]
#[case::no_type(Endpoint { arm_type: None, ..endpoint("x") })]
#[case::unknown_type(Endpoint { arm_type: Some("Microsoft.Network/x".to_owned()), ..endpoint("x") })]
#[tokio::test]
async fn what_cannot_be_addressed_is_not_sent(#[case] endpoint: Endpoint) {
    let bench = Bench::new([json(201, "{}")]).await;
    let error = bench
        .client
        .put_endpoint(&profile_id(), &endpoint)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Request { .. }), "{error:?}");
    assert!(bench.lines().await.is_empty());
}

#[tokio::test]
async fn a_put_into_a_missing_profile_is_an_error() {
    let bench = Bench::new([refusal(
        404,
        "ResourceNotFound",
        "The Resource was not found.",
    )])
    .await;
    let error = bench
        .client
        .put_endpoint(&profile_id(), &endpoint("x"))
        .await
        .unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn a_conflict_about_an_endpoint_is_no_taken_name() {
    let bench = Bench::new([empty(409)]).await;
    let error = bench
        .client
        .put_endpoint(&profile_id(), &endpoint("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.outcome(), error.is_name_taken()),
        ("conflict", false)
    );
}

#[rstest]
#[case(empty(200), Deleted::Deleted)]
#[case(empty(204), Deleted::Absent)]
#[case(
    refusal(
        404,
        "NotFound",
        "The endpoint 'e' of type 'externalendpoints' does not exist in the profile 'p'."
    ),
    Deleted::Absent
)]
#[case(
    json(
        404,
        r#"{"code":"NotFound","message":"The endpoint 'e' does not exist."}"#
    ),
    Deleted::Absent
)]
#[case(
    refusal(404, "ResourceNotFound", "The profile was not found."),
    Deleted::Absent
)]
#[tokio::test]
async fn delete_succeeds_when_there_is_nothing(
    #[case] answer: wiremock::ResponseTemplate,
    #[case] expected: Deleted,
) {
    let bench = Bench::new([answer]).await;
    let name = "east-us".parse().unwrap();
    let deleted = bench
        .client
        .delete_endpoint(&profile_id(), EndpointKind::Nested, &name)
        .await
        .unwrap();
    assert_eq!(deleted, expected);
    assert!(bench.lines().await[0].contains("/NestedEndpoints/east-us?"));
}
