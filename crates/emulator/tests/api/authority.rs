//! Tokens: who gets them, what an ARM request without a good one is answered, and how long they last.

use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emulator::authority::Settings;
use emulator::{Options, Refill, Tls};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Remote, SUBSCRIPTION, VERSION, profiles_path};

const TENANT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
const CLIENT: &str = "11111111-1111-1111-1111-111111111111";
const SCOPE: &str = "https://management.azure.com/.default";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The seconds of this moment.
fn now() -> i64 {
    let elapsed = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("after 1970");
    i64::try_from(elapsed.as_secs()).expect("seconds")
}

fn guarded(authority: Settings) -> Options {
    Options {
        authority: Settings {
            require_token: true,
            ..authority
        },
        ..Options::default()
    }
}

/// Asks the token endpoint. Returns status and body.
async fn ask(remote: &Remote, form: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", remote.running.arm_url());
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let response = remote
        .http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

/// The form of a client with a secret.
fn secret(secret: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("scope", SCOPE),
        ("client_secret", secret),
    ]
}

async fn token(remote: &Remote) -> String {
    let (status, body) = ask(remote, &secret("a secret")).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().expect("a token").to_owned()
}

/// Lists profiles with this header. Returns status, error code and challenge.
async fn list(remote: &Remote, authorization: Option<&str>) -> (u16, String, String) {
    let url = format!(
        "{}{}?api-version={VERSION}",
        remote.running.arm_url(),
        profiles_path()
    );
    let mut request = remote.http.get(url);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().expect("text"));
    let challenge = challenge.replace(&remote.running.arm_url(), "BASE");
    let body: Value = response.json().await.expect("JSON");
    let code = body["error"]["code"].as_str().unwrap_or_default();
    (status, code.to_owned(), challenge)
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn assertion(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let signature = URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", encoded(header), encoded(claims))
}

#[tokio::test]
async fn a_token_opens_what_is_shut_without_one() {
    let remote = Remote::with(guarded(Settings::default())).await;
    assert_eq!(
        list(&remote, None).await,
        (
            401,
            "AuthenticationFailed".to_owned(),
            r#"Bearer authorization_uri="BASE/common", error="invalid_token", error_description="The authentication failed because of missing 'Authorization' header.""#.to_owned()
        )
    );
    let (status, code, _) = list(&remote, Some("Basic YTpi")).await;
    assert_eq!(
        (status, code.as_str()),
        (401, "AuthenticationFailedInvalidHeader")
    );
    let (status, code, challenge) = list(&remote, Some("Bearer something")).await;
    assert_eq!((status, code.as_str()), (401, "InvalidAuthenticationToken"));
    assert_eq!(
        challenge,
        r#"Bearer authorization_uri="BASE/common", error="invalid_token", error_description="The access token is invalid.""#
    );
    let token = token(&remote).await;
    let (status, _, challenge) = list(&remote, Some(&format!("Bearer {token}"))).await;
    assert_eq!((status, challenge.as_str()), (200, ""));
    remote.running.stop().await;
}

#[tokio::test]
async fn without_the_switch_nobody_needs_a_token() {
    let remote = Remote::start().await;
    assert_eq!(list(&remote, None).await.0, 200);
    assert_eq!(list(&remote, Some("Bearer something")).await.0, 200);
    remote.running.stop().await;
}

#[tokio::test]
async fn a_token_says_whose_it_is() {
    let remote = Remote::start().await;
    let (_, body) = ask(&remote, &secret("x")).await;
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    let token = body["access_token"].as_str().expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["aud"], "https://management.azure.com");
    assert_eq!(
        (&claims["appid"], &claims["tid"]),
        (&json!(CLIENT), &json!(TENANT))
    );
    assert_eq!(
        claims["exp"]
            .as_i64()
            .zip(claims["iat"].as_i64())
            .map(|(exp, iat)| exp - iat),
        Some(3600)
    );
    let (_, shown) = remote.get("/_emulator/tokens").await;
    let shown = &shown["tokens"][0];
    assert_eq!(
        (&shown["grant"], &shown["client"], &shown["isGood"]),
        (&json!("clientSecret"), &json!(CLIENT), &json!(true))
    );
    assert!(!shown.to_string().contains(token), "{shown}");
    remote.running.stop().await;
}

#[tokio::test]
async fn a_token_that_has_expired_is_refused_as_such() {
    let remote = Remote::with(guarded(Settings {
        token_lifetime: Duration::ZERO,
        ..Settings::default()
    }))
    .await;
    let token = token(&remote).await;
    let (status, code, challenge) = list(&remote, Some(&format!("Bearer {token}"))).await;
    assert_eq!((status, code.as_str()), (401, "ExpiredAuthenticationToken"));
    assert!(
        challenge.contains("is earlier than current UTC time"),
        "{challenge}"
    );
    remote.running.stop().await;
}

#[tokio::test]
async fn revoked_tokens_are_refused_and_new_ones_are_good() {
    let remote = Remote::with(guarded(Settings::default())).await;
    let plain = token(&remote).await;
    let mut form = secret("x");
    form.push((
        "claims",
        r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#,
    ));
    let (_, body) = ask(&remote, &form).await;
    let capable = body["access_token"].as_str().expect("a token").to_owned();

    let (status, answer) = remote.delete("/_emulator/tokens").await;
    assert_eq!((status, answer), (200, json!({ "revoked": 2 })));
    let (status, code, challenge) = list(&remote, Some(&format!("Bearer {plain}"))).await;
    assert_eq!((status, code.as_str()), (401, "InvalidAuthenticationToken"));
    assert!(
        challenge.contains(r#"error="invalid_token""#),
        "{challenge}"
    );
    // A client that says it can take a challenge is told what its next token has to be like.
    let (status, _, challenge) = list(&remote, Some(&format!("Bearer {capable}"))).await;
    assert_eq!(status, 401);
    assert!(
        challenge.contains(r#"error="insufficient_claims", claims=""#),
        "{challenge}"
    );

    let fresh = token(&remote).await;
    assert_eq!(list(&remote, Some(&format!("Bearer {fresh}"))).await.0, 200);
    remote.running.stop().await;
}

#[tokio::test]
async fn registered_clients_have_to_know_their_secret() {
    let remote = Remote::with(guarded(Settings {
        clients: vec![format!("{CLIENT}:right").parse().expect("a client")],
        ..Settings::default()
    }))
    .await;
    assert_eq!(ask(&remote, &secret("right")).await.0, 200);
    let (status, body) = ask(&remote, &secret("wrong")).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
    assert_eq!(body["error_codes"], json!([7_000_215]));
    let description = body["error_description"].as_str().expect("a text");
    assert!(
        description.starts_with("AADSTS7000215: Invalid client secret provided. "),
        "{description}"
    );
    for field in ["timestamp", "trace_id", "correlation_id"] {
        let value = body[field].as_str().expect("a text");
        assert!(description.contains(value), "{field}: {body}");
    }
    let mut stranger = secret("right");
    stranger[1] = ("client_id", "22222222-2222-2222-2222-222222222222");
    let (status, body) = ask(&remote, &stranger).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &json!("unauthorized_client"))
    );
    assert_eq!(body["error_codes"], json!([700_016]));
    remote.running.stop().await;
}

#[rstest]
#[case::no_client("client_id", None, 400, "invalid_request", 900_144)]
#[case::no_scope("scope", None, 400, "invalid_request", 900_144)]
#[case::no_proof("client_secret", None, 401, "invalid_client", 7_000_216)]
#[case::grant("grant_type", Some("password"), 400, "unsupported_grant_type", 70_003)]
#[case::scope(
    "scope",
    Some("https://management.azure.com/user_impersonation"),
    400,
    "invalid_scope",
    1_002_012
)]
#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_as_by_entra(
    #[case] field: &str,
    #[case] value: Option<&str>,
    #[case] status: u16,
    #[case] error: &str,
    #[case] code: u32,
) {
    let remote = Remote::start().await;
    let form: Vec<_> = secret("x")
        .into_iter()
        .filter_map(|(name, given)| match value {
            Some(value) if name == field => Some((name, value)),
            None if name == field => None,
            _ => Some((name, given)),
        })
        .collect();
    let (given, body) = ask(&remote, &form).await;
    assert_eq!((given, &body["error"]), (status, &json!(error)), "{body}");
    assert_eq!(body["error_codes"], json!([code]));
    remote.running.stop().await;
}

/// The form with an assertion, its answer as an error code: 0 when a token was issued.
async fn assert_with(remote: &Remote, assertion: &str) -> u64 {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        // As client libraries for Go write it.
        ("scope", &format!("{SCOPE} openid offline_access profile")),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    let (status, body) = ask(remote, &form).await;
    assert_eq!(status == 200, body["error"].is_null(), "{body}");
    body["error_codes"][0].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn a_federated_token_is_good_while_it_lasts_and_for_whom_it_is_meant() {
    let remote = Remote::start().await;
    let header = json!({ "alg": "RS256", "kid": "k" });
    let subject = "system:serviceaccount:dns:external-dns";
    let later = now() + 3600;
    for (claims, code) in [
        (
            json!({ "sub": subject, "aud": "api://AzureADTokenExchange", "exp": later }),
            0,
        ),
        (
            json!({ "sub": subject, "aud": ["api://AzureADTokenExchange"] }),
            0,
        ),
        (json!({}), 0),
        (json!({ "aud": "sts.example.com", "exp": later }), 700_212),
        (json!({ "exp": serde_json::Number::from_f64(1.5) }), 700_024),
        (json!({ "exp": "tomorrow" }), 50_027),
        (json!({ "exp": now() - 1 }), 700_024),
        (json!({ "nbf": now() + 3600 }), 700_024),
    ] {
        let assertion = assertion(&header, &claims, b"signature");
        assert_eq!(assert_with(&remote, &assertion).await, code, "{claims}");
    }
    for garbage in ["", "a.b", "a.b.c", "....", "e30.e30.", "e30.e30.c2ln"] {
        let code = assert_with(&remote, garbage).await;
        let expected = if garbage.is_empty() {
            7_000_216
        } else {
            50_027
        };
        assert_eq!(code, expected, "{garbage}");
    }
    let (_, shown) = remote.get("/_emulator/tokens").await;
    assert_eq!(shown["tokens"][0]["grant"], "federatedToken");
    remote.running.stop().await;
}

#[tokio::test]
async fn an_assertion_by_certificate_has_the_shape_of_one() {
    let remote = Remote::start().await;
    let audience = format!("https://login.example/{TENANT}/oauth2/v2.0/token");
    let claims = json!({
        "aud": audience, "iss": CLIENT, "sub": CLIENT, "nbf": now(), "exp": now() + 600,
    });
    let x5t = URL_SAFE_NO_PAD.encode([7; 20]);
    let x5t_s256 = URL_SAFE_NO_PAD.encode([7; 32]);
    let good = json!({ "alg": "RS256", "x5t": x5t });
    let signature = [1; 256];
    let with = |key: &str, value: Value| {
        let mut changed = claims.clone();
        changed[key] = value;
        changed
    };
    for (header, claims, signature, code) in [
        (good.clone(), claims.clone(), &signature[..], 0),
        (
            json!({ "alg": "PS256", "x5t#S256": x5t_s256 }),
            claims.clone(),
            &signature,
            0,
        ),
        // As the library for Go writes it.
        (
            json!({ "alg": "PS256", "x5t#S256": base64::engine::general_purpose::STANDARD.encode([0xfb; 32]) }),
            claims.clone(),
            &signature,
            0,
        ),
        (
            json!({ "alg": "HS256", "x5t": x5t }),
            claims.clone(),
            &signature,
            700_027,
        ),
        (
            json!({ "alg": "RS256", "x5t": "short" }),
            claims.clone(),
            &signature,
            700_027,
        ),
        (good.clone(), claims.clone(), b"short", 700_027),
        (
            good.clone(),
            with("sub", json!("another")),
            &signature,
            700_021,
        ),
        (
            good.clone(),
            with(
                "aud",
                json!("https://login.example/other/oauth2/v2.0/token"),
            ),
            &signature,
            700_023,
        ),
        (
            good.clone(),
            with("exp", json!(now() - 60)),
            &signature,
            700_024,
        ),
    ] {
        let assertion = assertion(&header, &claims, signature);
        assert_eq!(
            assert_with(&remote, &assertion).await,
            code,
            "{header} {claims}"
        );
    }
    remote.running.stop().await;
}

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

#[tokio::test]
async fn https_is_trusted_through_the_certificate_in_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let ca_file = directory.path().join("ca.pem");
    let remote = Remote::with(Options {
        tls: Some(Tls {
            ca_file: Some(ca_file.clone()),
            names: vec!["arm.example.com".to_owned()],
        }),
        ..Options::default()
    })
    .await;
    let base = remote.running.arm_url();
    assert!(base.starts_with("https://127.0.0.1:"), "{base}");
    let pem = std::fs::read(&ca_file).expect("the certificate was written");
    assert_eq!(
        Some(pem.as_slice()),
        remote.running.ca_certificate().map(str::as_bytes)
    );

    // The client of the other tests does not know the certificate.
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/trafficManagerProfiles"
    );
    assert!(
        remote
            .try_send(Method::GET, &path, &Value::Null)
            .await
            .is_err()
    );

    let port = remote.running.arm_addr().port();
    let address = remote.running.arm_addr();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&pem).expect("a certificate")])
        .resolve("localhost", address)
        .resolve("arm.example.com", address)
        .resolve("other.example.com", address)
        .build()
        .expect("a client");
    for host in ["127.0.0.1", "localhost", "arm.example.com"] {
        let url = format!("https://{host}:{port}{path}?api-version={VERSION}");
        let response = http.get(url).send().await;
        assert_eq!(
            response.map(|answer| answer.status().as_u16()).ok(),
            Some(200),
            "{host}"
        );
    }
    let other = http
        .get(format!("https://other.example.com:{port}{path}"))
        .send()
        .await;
    assert!(other.is_err(), "a name that the certificate does not have");

    // A connection that is to be reset is reset under TLS too.
    let rules = json!({ "rules": [{ "operation": "profiles.list", "reset": true, "calls": 1 }] });
    let faults = http
        .put(format!("{base}/_emulator/faults"))
        .body(rules.to_string());
    assert_eq!(
        faults
            .send()
            .await
            .map(|answer| answer.status().as_u16())
            .ok(),
        Some(200)
    );
    let list = || {
        http.get(format!("{base}{path}?api-version={VERSION}"))
            .send()
    };
    assert!(list().await.is_err());
    assert!(list().await.is_ok());
    remote.running.stop().await;
}

#[tokio::test]
async fn who_does_not_speak_tls_holds_up_nobody() {
    let remote = Remote::with(Options {
        tls: Some(Tls::default()),
        ..Options::default()
    })
    .await;
    // One that says nothing, and one that speaks HTTP.
    let _silent = tokio::net::TcpStream::connect(remote.running.arm_addr())
        .await
        .expect("a connection");
    let plain = format!("http://{}/", remote.running.arm_addr());
    assert!(remote.http.get(plain).send().await.is_err());
    let pem = remote.running.ca_certificate().expect("a certificate");
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate")])
        .build()
        .expect("a client");
    let url = format!("{}/_emulator/state", remote.running.arm_url());
    let response = http.get(url).send().await;
    assert_eq!(
        response.map(|answer| answer.status().as_u16()).ok(),
        Some(200)
    );
    remote.running.stop().await;
}

/// Whoever is not let in takes nothing from those who are.
#[tokio::test]
async fn a_request_without_a_good_token_is_not_counted_by_the_limits() {
    let mut options = guarded(Settings::default());
    options.throttle.enforced = true;
    options.throttle.limits.reads = Refill {
        size: 1,
        per_second: 0,
    };
    options.throttle.limits.callers = 1;
    let remote = Remote::with(options).await;
    for authorization in [None, Some("Bearer unknown"), None] {
        assert_eq!(list(&remote, authorization).await.0, 401);
    }
    let token = format!("Bearer {}", token(&remote).await);
    assert_eq!(list(&remote, Some(&token)).await.0, 200);
    assert_eq!(list(&remote, Some(&token)).await.0, 429);
    assert_eq!(list(&remote, Some("Bearer unknown")).await.0, 401);
    remote.running.stop().await;
}
