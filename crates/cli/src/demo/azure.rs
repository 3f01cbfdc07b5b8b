//! What the emulator tells about itself: its state and what was asked of it.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The emulator is on this machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A control call failed.
#[derive(Debug, thiserror::Error)]
#[error("asking the emulator for {what}")]
pub(crate) struct ControlError {
    what: &'static str,
    source: reqwest::Error,
}

/// The emulator's control API.
#[derive(Debug, Clone)]
pub(super) struct Control {
    http: Client,
    url: String,
}

/// ARM requests since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Requests {
    /// Requests of operations that change something.
    pub(super) writes: u64,
    operations: BTreeMap<String, Count>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Count {
    count: u64,
}

/// A profile as the emulator holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileState {
    /// The resource id.
    pub(super) id: String,
    /// The global name.
    pub(super) fqdn: Option<String>,
    /// `Enabled` or `Disabled`.
    pub(super) profile_status: String,
    /// The endpoints, by priority.
    pub(super) endpoints: Vec<EndpointState>,
}

/// An endpoint as the emulator holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointState {
    /// The endpoint's name.
    pub(super) name: String,
    /// A name or an address.
    pub(super) target: String,
    /// `Enabled` or `Disabled`.
    pub(super) endpoint_status: String,
    /// What the probes make of it.
    pub(super) endpoint_monitor_status: Option<String>,
    /// From 1 to 1000.
    pub(super) weight: u32,
}

#[derive(Deserialize)]
struct Document {
    profiles: Vec<ProfileState>,
}

// === impl Control ===

impl Control {
    /// The control API of the emulator whose ARM API is at `arm_url`.
    pub(super) fn new(arm_url: &str) -> Result<Self, ControlError> {
        let http = Client::builder().no_proxy().timeout(TIMEOUT).build();
        Ok(Self {
            http: http.map_err(|source| ControlError {
                what: "anything",
                source,
            })?,
            url: format!("{arm_url}/_emulator"),
        })
    }

    /// The address of a control call.
    pub(super) fn url(&self, call: &str) -> String {
        format!("{}/{call}", self.url)
    }

    /// All profiles.
    pub(super) async fn profiles(&self) -> Result<Vec<ProfileState>, ControlError> {
        let document: Document = self.fetch("its state", "state").await?;
        Ok(document.profiles)
    }

    /// The requests since the last reset.
    pub(super) async fn requests(&self) -> Result<Requests, ControlError> {
        self.fetch("its request counts", "requests").await
    }

    /// Counts from zero again.
    pub(super) async fn reset_requests(&self) -> Result<(), ControlError> {
        let what = "counts from zero";
        self.send(what, Method::DELETE, "requests").await.map(drop)
    }

    async fn fetch<T: DeserializeOwned>(
        &self,
        what: &'static str,
        call: &str,
    ) -> Result<T, ControlError> {
        let answer = self.send(what, Method::GET, call).await?;
        let decoded = answer.json().await;
        decoded.map_err(|source| ControlError { what, source })
    }

    async fn send(
        &self,
        what: &'static str,
        method: Method,
        call: &str,
    ) -> Result<Response, ControlError> {
        let answer = self.http.request(method, self.url(call)).send().await;
        let answer = answer.and_then(Response::error_for_status);
        answer.map_err(|source| ControlError { what, source })
    }
}

// === impl Requests ===

impl Requests {
    /// How often an operation was asked for.
    pub(super) fn of(&self, operation: &str) -> u64 {
        self.operations
            .get(operation)
            .map_or(0, |counted| counted.count)
    }

    /// How often any operation was asked for that is none of these.
    pub(super) fn besides(&self, operations: &[&str]) -> u64 {
        self.operations
            .iter()
            .filter(|(name, _)| !operations.contains(&name.as_str()))
            .map(|(_, counted)| counted.count)
            .sum()
    }
}

impl std::fmt::Display for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<_> = self
            .operations
            .iter()
            .map(|(name, counted)| format!("{name} {}", counted.count))
            .collect();
        if parts.is_empty() {
            f.write_str("no request")
        } else {
            f.write_str(&parts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_operation() {
        let requests: Requests = serde_json::from_str(
            r#"{"total": 3, "reads": 2, "writes": 1, "methods": {"GET": 2, "PUT": 1}, "operations": {
                "profiles.list": {"count": 2, "methods": {"GET": 2}},
                "endpoints.put": {"count": 1, "methods": {"PUT": 1}}}}"#,
        )
        .expect("what the emulator sends");
        assert_eq!(requests.to_string(), "endpoints.put 1, profiles.list 2");
        assert_eq!(
            (requests.of("profiles.list"), requests.of("tags.put")),
            (2, 0)
        );
        assert_eq!(requests.besides(&["profiles.list"]), 1);
        assert_eq!(Requests::default().to_string(), "no request");
    }
}
