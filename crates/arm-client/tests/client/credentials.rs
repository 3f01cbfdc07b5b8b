//! Tokens on the wire, and where they must not go.

use std::error::Error as _;

use arm_client::{
    ArmUrl, Client, ClientConfig, ConfigError, CredentialError, CredentialKind, Environment, Error,
    Surroundings, TrafficManagerApi,
};
use rstest::rstest;

use crate::bench::{Bench, Tokens, empty, json, profile_id};

const PROFILE: &str = r#"{"id":"/p","name":"my-app-global","properties":{}}"#;

async fn bench(
    tokens: impl IntoIterator<Item = Result<&'static str, CredentialError>>,
    answers: impl IntoIterator<Item = wiremock::ResponseTemplate>,
) -> Bench {
    Bench::configured(answers, Some(Tokens::new(tokens)), |_| ()).await
}

async fn sent(bench: &Bench) -> Vec<String> {
    bench
        .seen()
        .await
        .iter()
        .map(|seen| seen.header("authorization").unwrap_or("none").to_owned())
        .collect()
}

#[tokio::test]
async fn one_token_serves_many_calls() {
    let bench = bench([Ok("one")], [json(200, PROFILE)]).await;
    for _ in 0..3 {
        bench.client.get_profile(&profile_id()).await.unwrap();
    }
    assert_eq!(sent(&bench).await, ["Bearer one"; 3]);
}

#[tokio::test]
async fn a_revoked_token_is_replaced_once() {
    let bench = bench(
        [Ok("revoked"), Ok("fresh")],
        [empty(401), json(200, PROFILE)],
    )
    .await;
    bench.client.get_profile(&profile_id()).await.unwrap();
    assert_eq!(sent(&bench).await, ["Bearer revoked", "Bearer fresh"]);
    assert!(bench.sleeps().is_empty());
    assert_eq!(bench.reported(), [("profiles.get", "ok", 2)]);
}

#[tokio::test]
async fn an_identity_that_is_not_accepted_is_reported() {
    let bench = bench([Ok("one"), Ok("two"), Ok("three")], [empty(401)]).await;
    let error = bench.client.get_profile(&profile_id()).await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(sent(&bench).await, ["Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn a_login_service_that_is_briefly_away_is_waited_for() {
    let away = CredentialError::transient("the login service is away");
    let bench = bench([Err(away), Ok("one")], [json(200, PROFILE)]).await;
    bench.client.get_profile(&profile_id()).await.unwrap();
    assert_eq!(bench.sleeps(), [800]);
    assert_eq!(bench.reported(), [("profiles.get", "ok", 1)]);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let refused = CredentialError::permanent("AADSTS7000215: Invalid client secret provided.");
    let bench = bench([Err(refused)], [json(200, PROFILE)]).await;
    let error = bench.client.get_profile(&profile_id()).await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }));
    assert!(!error.is_transient());
    insta::assert_snapshot!(error, @"profiles.get: no access token for Azure");
    insta::assert_snapshot!(error.source().unwrap(), @"AADSTS7000215: Invalid client secret provided.");
    assert!(bench.lines().await.is_empty());
    assert_eq!(bench.reported(), [("profiles.get", "credential", 0)]);
}

#[tokio::test]
async fn tokens_are_shown_nowhere() {
    let answers = [empty(400), json(200, "not json")];
    let bench = bench([Ok("hunter2")], answers).await;
    for _ in 0..2 {
        let error = bench.client.get_profile(&profile_id()).await.unwrap_err();
        assert!(!format!("{error} {error:?} {error:#?}").contains("hunter2"));
    }
    assert_eq!(sent(&bench).await, ["Bearer hunter2"; 2]);
    assert!(!format!("{:?} {:#?}", bench.client, bench.client).contains("hunter2"));
}

#[tokio::test]
async fn a_token_that_is_no_header_is_not_shown_either() {
    let bench = bench([Ok("hunter2\r\nX: y")], [json(200, PROFILE)]).await;
    let error = bench.client.get_profile(&profile_id()).await.unwrap_err();
    assert!(!format!("{error} {error:?} {:?}", error.source()).contains("hunter2"));
    assert!(bench.lines().await.is_empty());
}

#[expect(clippy::unwrap_used, reason = "the URLs of these tests are valid")]
fn connect(url: &str, kind: CredentialKind) -> Result<Client, ConfigError> {
    let arm: ArmUrl = url.parse().unwrap();
    let environment: Environment = [
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "hunter2"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    Client::connect(
        &ClientConfig::new(arm),
        kind,
        &environment,
        Surroundings::default(),
    )
}

#[rstest]
#[case("https://management.azure.com", CredentialKind::Auto)]
#[case("http://127.0.0.1:1", CredentialKind::Auto)]
#[case("http://localhost:1", CredentialKind::Auto)]
#[case("http://127.0.0.1:1", CredentialKind::None)]
#[case("http://emulator.test:1", CredentialKind::None)]
#[case("https://127.0.0.1:1", CredentialKind::None)]
#[tokio::test]
async fn safe_combinations(#[case] url: &str, #[case] kind: CredentialKind) {
    let client = connect(url, kind).unwrap();
    assert!(!format!("{client:?}").contains("hunter2"));
}

#[test]
fn tokens_are_not_sent_in_clear() {
    let error = connect("http://10.0.0.1", CredentialKind::Auto).unwrap_err();
    insta::assert_snapshot!(error, @"http://10.0.0.1 is not encrypted: access tokens are sent over https only, or over http to this machine; use an https URL, or the credential `none` for an emulator");
}

#[test]
fn azure_is_not_called_without_a_token() {
    let error = connect("https://management.azure.com", CredentialKind::None).unwrap_err();
    insta::assert_snapshot!(error, @"the credential `none` sends no token, and https://management.azure.com can only be Azure itself, which needs one; use the credential `auto`, or an http URL for an emulator");
}

#[test]
fn an_unfinished_credential_is_a_mistake_in_the_settings() {
    let environment: Environment = [("AZURE_CLIENT_SECRET".to_owned(), "s".to_owned())]
        .into_iter()
        .collect();
    let config = ClientConfig::new(ArmUrl::PUBLIC.parse().unwrap());
    let error = Client::connect(
        &config,
        CredentialKind::Auto,
        &environment,
        Surroundings::default(),
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @"AZURE_CLIENT_SECRET is set but AZURE_TENANT_ID and AZURE_CLIENT_ID are not");
}
