//! Managed identities, and the documents by which clients find the token endpoint.

use super::*;

/// Asks the endpoint of managed identities.
async fn identity(remote: &Remote, query: &str, metadata: Option<&str>) -> (u16, Value) {
    let url = format!(
        "{}/metadata/identity/oauth2/token?{query}",
        remote.running.arm_url()
    );
    let mut request = remote.http.get(url);
    if let Some(metadata) = metadata {
        request = request.header("metadata", metadata);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_managed_identity_gets_a_token_that_does() {
    let remote = Remote::with(guarded(Settings::default())).await;
    let query = "api-version=2018-02-01&resource=https://management.azure.com/";
    let (status, body) = identity(&remote, query, Some("true")).await;
    assert_eq!(status, 200, "{body}");
    // Numbers are texts here, and clients rely on it.
    let seconds: i64 = body["expires_on"]
        .as_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((seconds - now() - 3600).abs() < 60, "{body}");
    assert_eq!(body["expires_in"], "3600");
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!(list(&remote, Some(&format!("Bearer {token}"))).await.0, 200);

    for which in ["client_id", "object_id", "msi_res_id"] {
        let (status, body) = identity(&remote, &format!("{query}&{which}=me"), Some("True")).await;
        assert_eq!((status, &body["client_id"]), (200, &json!("me")), "{which}");
    }
    remote.running.stop().await;
}

#[rstest]
#[case(
    "api-version=2018-02-01&resource=r",
    None,
    "Required metadata header not specified"
)]
#[case(
    "resource=r",
    Some("true"),
    "Required query variable 'api-version' is missing"
)]
#[case(
    "api-version=2016-01-01&resource=r",
    Some("true"),
    "The api-version is not supported"
)]
#[case(
    "api-version=2018-02-01",
    Some("true"),
    "Required query variable 'resource' is missing"
)]
#[case(
    "api-version=2018-02-01&resource=r&client_id=a&object_id=b",
    Some("true"),
    "The query variables 'client_id', 'object_id' and 'msi_res_id' exclude each other"
)]
#[case(
    "api-version=2018-02-01&resource=r&client_id=b",
    Some("true"),
    "Identity not found"
)]
#[tokio::test]
async fn a_wrong_request_for_a_managed_identity(
    #[case] query: &str,
    #[case] metadata: Option<&str>,
    #[case] description: &str,
) {
    let remote = Remote::with(guarded(Settings {
        clients: vec!["a:secret".parse().expect("a client")],
        ..Settings::default()
    }))
    .await;
    let (status, body) = identity(&remote, query, metadata).await;
    assert_eq!(
        (status, body),
        (
            400,
            json!({ "error": "invalid_request", "error_description": description })
        )
    );
    remote.running.stop().await;
}

#[tokio::test]
async fn clients_find_the_token_endpoint_by_its_documents() {
    let remote = Remote::start().await;
    let base = remote.running.arm_url();
    let authorize = format!("{base}/{TENANT}/oauth2/v2.0/authorize");
    let read = async |url: String| -> Value {
        let response = remote.http.get(url).send().await.expect("an answer");
        response.json().await.expect("JSON")
    };
    let found = read(format!(
        "{base}/common/discovery/instance?api-version=1.1&authorization_endpoint={authorize}"
    ))
    .await;
    let next = found["tenant_discovery_endpoint"].as_str().expect("a URL");
    let metadata = read(next.to_owned()).await;
    assert_eq!(
        metadata["token_endpoint"],
        format!("{base}/{TENANT}/oauth2/v2.0/token")
    );
    assert_eq!(metadata["issuer"], format!("{base}/{TENANT}/v2.0"));
    let keys = read(metadata["jwks_uri"].as_str().expect("a URL").to_owned()).await;
    assert_eq!(keys, json!({ "keys": [] }));
    let refused = read(format!("{base}/common/discovery/instance?api-version=1.1")).await;
    assert_eq!(refused["error"], "invalid_request");
    remote.running.stop().await;
}
