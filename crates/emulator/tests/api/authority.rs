//! Tokens: who gets them, what an ARM request without a good one is answered, and how long they last.

mod identity;
mod tls;

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
