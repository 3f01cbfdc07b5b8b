//! Each kind of credential gets a token and makes an ARM call with it.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use crate::azure::{Azure, CLIENT, SECRET, Scheme, TENANT, assert_silent};
use crate::files::{certificate, service_account_token};

const HOUR: Duration = Duration::from_hours(1);

/// Lists the owners with a credential, and looks at how the token was got and at what was logged.
async fn signs_in(
    azure: &Azure,
    credential: &str,
    variables: &[(&str, &str)],
    secrets: &[&str],
    grant: &str,
    client: &str,
) {
    let mut command = azure.command("owners");
    command
        .args(["--credential", credential, "--output", "json"])
        .envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let log =
        String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert_silent(&log, secrets);
    assert!(output.status.success(), "{log}");
    let tokens = azure.tokens().await;
    let last = tokens.last().unwrap();
    assert_eq!(
        (last["grant"].as_str(), last["client"].as_str()),
        (Some(grant), Some(client))
    );
}

#[rstest]
#[case("client-secret")]
#[case("auto")]
#[tokio::test]
async fn a_client_secret(#[case] credential: &str) {
    let azure = Azure::start(Scheme::Https, HOUR).await;
    let variables = [
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_CLIENT_SECRET", SECRET),
    ];
    signs_in(&azure, credential, &variables, &[], "clientSecret", CLIENT).await;
}

#[rstest]
#[case("client-certificate")]
#[case("auto")]
#[tokio::test]
async fn a_client_certificate(#[case] credential: &str) {
    let azure = Azure::start(Scheme::Https, HOUR).await;
    let (pem, key) = certificate();
    let file = azure.write("app.pem", pem);
    let variables = [
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_CLIENT_CERTIFICATE_PATH", &file),
    ];
    signs_in(
        &azure,
        credential,
        &variables,
        &[&key],
        "clientCertificate",
        CLIENT,
    )
    .await;
}

#[rstest]
#[case("workload-identity")]
#[case("auto")]
#[tokio::test]
async fn workload_identity(#[case] credential: &str) {
    let azure = Azure::start(Scheme::Https, HOUR).await;
    let file = azure.write("token", service_account_token());
    let variables = [
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_FEDERATED_TOKEN_FILE", &file),
    ];
    signs_in(
        &azure,
        credential,
        &variables,
        &[],
        "federatedToken",
        CLIENT,
    )
    .await;
}

#[rstest]
#[case::of_the_machine(None, "00000000-0000-0000-0000-0000000000a1")]
#[case::by_client(Some("AZURE_CLIENT_ID"), "identity")]
#[case::by_object(Some("AZURE_MANAGED_IDENTITY_OBJECT_ID"), "identity")]
#[case::by_resource(Some("AZURE_MANAGED_IDENTITY_RESOURCE_ID"), "identity")]
#[tokio::test]
async fn a_managed_identity(#[case] variable: Option<&str>, #[case] client: &str) {
    let azure = Azure::start(Scheme::Http, HOUR).await;
    let url = azure.url();
    let mut variables = vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", url.as_str())];
    variables.extend(variable.map(|variable| (variable, "identity")));
    for credential in ["managed-identity", "auto"] {
        signs_in(
            &azure,
            credential,
            &variables,
            &[],
            "managedIdentity",
            client,
        )
        .await;
    }
}

#[tokio::test]
async fn a_managed_identity_of_app_service() {
    let azure = Azure::start(Scheme::Http, HOUR).await;
    let endpoint = format!("{}/metadata/identity/oauth2/token", azure.url());
    let header = "hunter3-the-header-of-the-machine";
    let variables = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", header),
    ];
    let machine = "00000000-0000-0000-0000-0000000000a1";
    signs_in(
        &azure,
        "managed-identity",
        &variables,
        &[header],
        "managedIdentity",
        machine,
    )
    .await;
}

#[tokio::test]
async fn azure_cli() {
    let azure = Azure::start(Scheme::Https, HOUR).await;
    let answer = json!({"accessToken": azure.token().await, "expires_on": 4_102_444_800_i64, "tokenType": "Bearer"});
    let answer = azure.write("answer.json", answer.to_string());
    let tool = azure.write("az", format!("#!/bin/sh\nexec cat '{answer}'\n"));
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let directory = azure.path("").to_str().unwrap().to_owned();
    let path = format!("{}:/usr/bin:/bin", directory.trim_end_matches('/'));
    signs_in(
        &azure,
        "azure-cli",
        &[("PATH", &path)],
        &[],
        "clientSecret",
        CLIENT,
    )
    .await;
}

#[rstest]
#[case("azure-json")]
#[case("auto")]
#[tokio::test]
async fn the_file_of_external_dns(#[case] credential: &str) {
    let azure = Azure::start(Scheme::Https, HOUR).await;
    let contents = json!({"tenantId": TENANT, "aadClientId": CLIENT, "aadClientSecret": SECRET});
    let file = azure.write("azure.json", contents.to_string());
    let variables = [("AZURE_CONFIG_FILE", file.as_str())];
    signs_in(&azure, credential, &variables, &[], "clientSecret", CLIENT).await;
}

/// What is wrong is said, in words and without the secret.
#[tokio::test]
async fn a_secret_that_is_refused() {
    let azure = Azure::start(Scheme::Https, HOUR).await;
    let wrong = "hunter4-not-the-secret";
    let mut command = azure.command("owners");
    command
        .args(["--credential", "client-secret"])
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_CLIENT_SECRET", wrong);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_silent(&log, &[wrong]);
    assert_eq!(output.status.code(), Some(1));
    assert!(log.contains("AADSTS7000215"), "{log}");
}
