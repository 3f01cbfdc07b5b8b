//! Injected faults over HTTP.

use std::fmt::Write as _;
use std::time::Duration;

use axum::http::Method;
use emulator::Options;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Remote, profile_path, profiles_path, watchdog, weighted};

async fn faults(remote: &Remote, rules: Value) {
    let (status, answer) = remote
        .put("/_emulator/faults", &json!({ "rules": rules }))
        .await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_status_comes_with_the_bodies_and_headers_of_azure() {
    let remote = Remote::start().await;
    let mut all = String::new();
    for status in [401, 403, 404, 409, 429, 500, 503, 504, 418] {
        faults(
            &remote,
            json!([{ "operation": "profiles.get", "status": status }]),
        )
        .await;
        let (got, body) = remote.get(&profile_path("app")).await;
        assert_eq!(got, status);
        writeln!(all, "{status} {body}").expect("a string grows");
    }
    insta::assert_snapshot!(all);
    faults(&remote, json!([{ "operation": "profiles.get", "status": 429, "retryAfter": 17, "body": { "odd": true } }])).await;
    let response = remote
        .try_send(Method::GET, &profile_path("app"), &Value::Null)
        .await
        .expect("an answer");
    assert_eq!(response.headers()["retry-after"], "17");
    assert!(response.headers().contains_key("x-ms-request-id"));
    assert_eq!(response.text().await.expect("a body"), "{\"odd\":true}");
    faults(
        &remote,
        json!([{ "operation": "profiles.put", "status": 409, "body": null }]),
    )
    .await;
    remote.running.stop().await;
}

#[tokio::test]
async fn before_the_effect_nothing_happens_and_after_it_everything() {
    let remote = Remote::start().await;
    let path = profile_path("app");
    for (when, exists) in [("before", 404), ("after", 200)] {
        faults(
            &remote,
            json!([{ "operation": "profiles.put", "status": 500, "when": when }]),
        )
        .await;
        assert_eq!(remote.put(&path, &weighted("app")).await.0, 500);
        assert_eq!(remote.get(&path).await.0, exists, "{when}");
    }
    remote.running.stop().await;
}

#[tokio::test]
async fn a_reset_connection_has_no_answer() {
    let remote = Remote::start().await;
    let path = profile_path("app");
    for (when, exists) in [("before", 404), ("after", 200)] {
        faults(
            &remote,
            json!([{ "operation": "profiles.put", "reset": true, "when": when, "calls": 1 }]),
        )
        .await;
        let error = remote
            .try_send(Method::PUT, &path, &weighted("app"))
            .await
            .expect_err("no answer");
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        let mut texts = Vec::new();
        while let Some(cause) = source {
            texts.push(cause.to_string());
            source = cause.source();
        }
        assert!(texts.iter().any(|text| text.contains("reset")), "{texts:?}");
        assert_eq!(remote.get(&path).await.0, exists, "{when}");
    }
    let (_, counts) = remote.get("/_emulator/requests?log=true").await;
    assert_eq!(
        counts["operations"]["profiles.put"]["count"], 2,
        "cut requests count"
    );
    assert_eq!(counts["log"][0]["status"], Value::Null);
    assert_eq!(counts["log"][0]["fault"], true);
    remote.running.stop().await;
}

#[tokio::test]
async fn a_rule_applies_to_its_scope_and_for_its_calls() {
    let remote = Remote::start().await;
    for name in ["app", "two"] {
        remote.put(&profile_path(name), &weighted(name)).await;
    }
    faults(
        &remote,
        json!([{ "operation": "profiles.*", "profile": "APP", "status": 503, "calls": 2 }]),
    )
    .await;
    let mut statuses = Vec::new();
    for name in ["two", "app", "app", "app"] {
        statuses.push(remote.get(&profile_path(name)).await.0);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    let (_, rules) = remote.get("/_emulator/faults").await;
    assert_eq!(
        (&rules["rules"][0]["fired"], &rules["rules"][0]["remaining"]),
        (&json!(2), &json!(0))
    );

    faults(
        &remote,
        json!([{ "operation": "reads", "resourceGroup": "other", "status": 503 }]),
    )
    .await;
    assert_eq!(remote.get(&profiles_path()).await.0, 200);
    assert_eq!(
        remote
            .get(&profiles_path().replace("my-tm-rg", "OTHER"))
            .await
            .0,
        503
    );
    faults(&remote, json!([{ "operation": "writes", "status": 503 }])).await;
    assert_eq!(remote.get(&profiles_path()).await.0, 200);
    assert_eq!(remote.delete(&profile_path("app")).await.0, 503);
    assert_eq!(remote.delete("/_emulator/faults").await.0, 204);
    assert_eq!(remote.delete(&profile_path("app")).await.0, 200);
    remote.running.stop().await;
}

#[tokio::test]
async fn a_fraction_follows_its_seed() {
    let remote = Remote::start().await;
    let mut patterns = Vec::new();
    for seed in [1, 1, 2] {
        faults(
            &remote,
            json!([{ "operation": "profiles.list", "status": 500, "fraction": 0.5, "seed": seed }]),
        )
        .await;
        let mut pattern = Vec::new();
        for _ in 0..40 {
            pattern.push(remote.get(&profiles_path()).await.0);
        }
        let failed = pattern.iter().filter(|status| **status == 500).count();
        assert!((8..=32).contains(&failed), "{failed} of 40");
        patterns.push(pattern);
    }
    assert_eq!(patterns[0], patterns[1]);
    assert_ne!(patterns[0], patterns[2]);
    remote.running.stop().await;
}

/// The missing permission is what a person has to add to a role.
#[rstest]
#[case(
    "app/externalEndpoints/e",
    Method::PUT,
    "trafficmanagerprofiles/externalendpoints/write"
)]
#[case(
    "app/azureEndpoints/e",
    Method::PUT,
    "trafficmanagerprofiles/azureendpoints/write"
)]
#[case(
    "app/nestedEndpoints/e",
    Method::DELETE,
    "trafficmanagerprofiles/nestedendpoints/delete"
)]
#[case(
    "../dnsZones/example.com/CNAME/www",
    Method::GET,
    "dnszones/CNAME/read"
)]
#[case(
    "../dnsZones/example.com/aaaa/@",
    Method::DELETE,
    "dnszones/AAAA/delete"
)]
#[case("../dnsZones/example.com/A/www", Method::PUT, "dnszones/A/write")]
#[tokio::test]
async fn a_missing_permission_is_that_of_the_type(
    #[case] path: &str,
    #[case] method: Method,
    #[case] action: &str,
) {
    let remote = Remote::start().await;
    faults(&remote, json!([{ "status": 403 }])).await;
    let path = match path.strip_prefix("../") {
        None => profile_path(path),
        Some(path) => profiles_path().replace("trafficManagerProfiles", path),
    };
    let (status, body) = remote.send(method, &path, &json!({})).await;
    assert_eq!(status, 403);
    let message = body["error"]["message"].as_str().expect("a sentence");
    let action = format!("perform action 'Microsoft.Network/{action}' over");
    assert!(message.contains(&action), "{message}");
    remote.running.stop().await;
}

#[tokio::test]
async fn what_was_asked_happens_though_the_client_gives_up() {
    let remote = Remote::start().await;
    let path = profile_path("app");
    faults(
        &remote,
        json!([{ "operation": "profiles.put", "delay": "300ms", "calls": 1 }]),
    )
    .await;
    // Dropped as soon as its request is there.
    let body = weighted("app");
    tokio::select! {
        _ = remote.put(&path, &body) => {}
        _ = watchdog("the call", arrived(&remote)) => {}
    }
    watchdog("the effect", exists(&remote, &path)).await;
    remote.running.stop().await;
}

/// A day: a call that waits for it is not answered while the test runs.
const LONG: &str = "1440m";

/// Waits until a profile exists.
async fn exists(remote: &Remote, path: &str) {
    while remote.get(path).await.0 != 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a request has arrived. Returns its entry in the log.
async fn arrived(remote: &Remote) -> Value {
    loop {
        let (_, requests) = remote.get("/_emulator/requests?log=true").await;
        if let Some(entry) = requests["log"].get(0) {
            return entry.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn latency_holds_every_answer_back_but_not_the_control_api() {
    let options = Options {
        latency: Duration::from_hours(24),
        ..Options::default()
    };
    let remote = Remote::with(options).await;
    let path = profiles_path();
    let entry = tokio::select! {
        answer = remote.get(&path) => panic!("{answer:?}"),
        entry = watchdog("the call", arrived(&remote)) => entry,
    };
    assert_eq!(
        (&entry["operation"], &entry["status"]),
        (&json!("profiles.list"), &Value::Null)
    );
    remote.running.stop().await;
}

#[tokio::test]
async fn a_delay_after_the_effect_holds_back_the_answer_only() {
    let remote = Remote::start().await;
    faults(
        &remote,
        json!([{ "operation": "profiles.put", "delay": LONG, "when": "after" }]),
    )
    .await;
    let path = profile_path("app");
    let body = weighted("app");
    tokio::select! {
        answer = remote.put(&path, &body) => panic!("{answer:?}"),
        () = watchdog("the effect", exists(&remote, &path)) => {}
    }
    remote.running.stop().await;
}

#[tokio::test]
async fn answers_carry_the_headers_of_resource_manager() {
    let remote = Remote::start().await;
    let url = format!(
        "{}{}?api-version=2022-04-01",
        remote.running.arm_url(),
        profile_path("app")
    );
    let put = || remote.http.put(&url).body(weighted("app").to_string());
    let response = put()
        .header("x-ms-correlation-request-id", "mine")
        .send()
        .await
        .expect("an answer");
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().expect("text").to_owned())
    };
    assert_eq!(
        header("x-ms-ratelimit-remaining-subscription-resource-requests").as_deref(),
        Some("4499")
    );
    assert_eq!(
        header("x-ms-correlation-request-id").as_deref(),
        Some("mine")
    );
    assert_eq!(header("cache-control").as_deref(), Some("private"));
    assert_eq!(
        header("content-type").as_deref(),
        Some("application/json; charset=utf-8")
    );
    assert!(header("date").is_some_and(|date| date.ends_with("GMT")));
    let id = header("x-ms-request-id").expect("an id");
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
    assert_eq!(header("etag"), None);
    let again = put().send().await.expect("an answer");
    assert_eq!(
        again.headers()["x-ms-ratelimit-remaining-subscription-resource-requests"],
        "4498"
    );
    assert_ne!(again.headers()["x-ms-request-id"], id.as_str());
    remote.running.stop().await;
}

#[tokio::test]
async fn a_body_above_the_limit_is_413() {
    let remote = Remote::start().await;
    let mut body = weighted("app");
    body["tags"] = json!({ "a": "x".repeat(5 * 1024 * 1024) });
    let (status, answer) = remote.put(&profile_path("app"), &body).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (413, &json!("RequestContentTooLarge"))
    );
    remote.running.stop().await;
}
