//! Shorthand for requests to a [`State`] and to a running emulator.

use std::time::Duration;

use axum::http::Method;
use emulator::{Cloud, Emulator, Options, Request, Response, Running, State};
use serde_json::{Value, json};

pub(crate) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const VERSION: &str = "2022-04-01";
pub(crate) const TAGS_VERSION: &str = "2021-04-01";

/// The path of a profile, or what is below it, in the usual group.
pub(crate) fn profile_path(name: &str) -> String {
    format!("{}/{name}", profiles_path())
}

/// The path of the profiles of the usual group.
pub(crate) fn profiles_path() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles"
    )
}

/// The path of a profile's tags.
pub(crate) fn tags_path(name: &str) -> String {
    format!(
        "{}/providers/Microsoft.Resources/tags/default",
        profile_path(name)
    )
}

/// A valid profile with this routing method and these endpoints, named as its DNS name.
pub(crate) fn profile(relative_name: &str, method: &str, endpoints: Value) -> Value {
    json!({
        "location": "global",
        "properties": {
            "trafficRoutingMethod": method,
            "dnsConfig": { "relativeName": relative_name, "ttl": 30 },
            "monitorConfig": { "protocol": "HTTPS", "port": 443, "path": "/health" },
            "endpoints": endpoints,
        },
    })
}

/// A Weighted profile without endpoints.
pub(crate) fn weighted(relative_name: &str) -> Value {
    profile(relative_name, "Weighted", json!([]))
}

/// An external endpoint in a profile's list.
pub(crate) fn external(name: &str, target: &str, more: Value) -> Value {
    let mut properties = json!({ "target": target });
    overlay(&mut properties, more);
    json!({
        "name": name,
        "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
        "properties": properties,
    })
}

/// Puts the fields of `more` into `base`.
pub(crate) fn overlay(base: &mut Value, more: Value) {
    let (Some(base), Value::Object(more)) = (base.as_object_mut(), more) else {
        panic!("two objects");
    };
    base.extend(more);
}

/// A cloud of its own.
pub(crate) fn state() -> State {
    State::new(Cloud::default())
}

/// Sends a request with the usual api-version.
pub(crate) fn send(state: &mut State, method: Method, path: &str, body: &Value) -> Response {
    let version = if path.contains("Microsoft.Resources") {
        TAGS_VERSION
    } else {
        VERSION
    };
    state.answer(&Request::new(method, path, version, body))
}

/// The same for a GET.
pub(crate) fn get(state: &mut State, path: &str) -> Value {
    let response = send(state, Method::GET, path, &Value::Null);
    assert_eq!(response.status, 200, "{response:?}");
    response.value()
}

/// A PUT that must succeed.
pub(crate) fn put(state: &mut State, path: &str, body: &Value) -> Value {
    let response = send(state, Method::PUT, path, body);
    assert!(response.status.is_success(), "{response:?}");
    response.value()
}

/// Ends a test that waits for something that does not come; far above what it takes.
pub(crate) async fn watchdog<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future)
        .await
        .unwrap_or_else(|_| panic!("{what} does not happen"))
}

/// A running emulator that accepts loopback targets, and a client for it.
pub(crate) struct Remote {
    pub(crate) running: Running,
    pub(crate) http: reqwest::Client,
}

impl Remote {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(mut options: Options) -> Self {
        options.cloud.allow_private_targets = true;
        options.seed = Some(7);
        let running = Emulator::start(options).await.expect("the emulator starts");
        Self {
            running,
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
        }
    }

    /// Sends a request to ARM or, below `/_emulator/`, to the control API.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> reqwest::Result<reqwest::Response> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let url = if path.starts_with("/_emulator") {
            format!("{}{path}", self.running.arm_url())
        } else {
            format!(
                "{}{path}{separator}api-version={VERSION}",
                self.running.arm_url()
            )
        };
        let mut request = self.http.request(method, url);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        request.send().await
    }

    /// The same; returns status and body, null when there is none.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let response = self.try_send(method, path, body).await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::PUT, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, &Value::Null).await
    }
}
