//! Azure: an emulator in this process, reached by the webhooks over HTTP.
//!
//! What a trial itself looks at or does past the webhooks goes straight to the emulator's state. It is neither counted
//! nor subject to faults.

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::{AzureResource, Emulator, Options, Request, Running};
use reqwest::Method;
use serde_json::Value;

use crate::failure::Failure;

/// The subscription of all trials.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
/// The resource group of all trials.
pub const GROUP: &str = "my-tm-rg";

const API_VERSION: &str = "2022-04-01";
/// How long calls may go on that nobody waits for any more.
const REST_LIMIT: Duration = Duration::from_secs(30);
const REST_POLL: Duration = Duration::from_millis(5);
/// So many looks in a row without a call are rest.
const REST_LOOKS: u32 = 5;

/// The cloud.
#[derive(Debug)]
pub struct Azure {
    running: Running,
}

/// ARM calls since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// All of them.
    pub total: u64,
    /// Those that write.
    pub writes: u64,
    /// By operation, such as `profiles.put`.
    pub operations: BTreeMap<&'static str, u64>,
}

// === impl Azure ===

impl Azure {
    /// A cloud without any profile.
    pub async fn start(seed: u64) -> Result<Self, Failure> {
        let options = Options {
            seed: Some(seed),
            ..Options::default()
        };
        let running = Emulator::start(options)
            .await
            .map_err(|error| Failure::setup("starting the emulator", error))?;
        Ok(Self { running })
    }

    /// The base URL of ARM.
    pub fn url(&self) -> String {
        self.running.arm_url()
    }

    /// Puts fault rules in force, in place of those before.
    pub fn faults(&self, rules: &Value) -> Result<(), Failure> {
        let document = serde_json::json!({ "rules": rules }).to_string();
        self.running
            .with_service(|service| service.faults.replace(document.as_bytes(), 0))
            .map_err(|error| Failure::setup(format!("fault rules {document}"), error))
    }

    /// Ends all faults.
    pub fn calm(&self) {
        self.running.with_service(|service| service.faults.clear());
    }

    /// The calls since the last [`reset`](Self::reset).
    pub fn calls(&self) -> Calls {
        self.running.with_service(|service| {
            let counts = service.journal.counts();
            Calls {
                total: counts.total,
                writes: counts.writes,
                operations: counts
                    .operations
                    .into_iter()
                    .map(|(name, operation)| (name, operation.count))
                    .collect(),
            }
        })
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        self.running.with_service(|service| service.journal.reset());
    }

    /// How often an operation was answered with a status since the last reset.
    pub fn answered(&self, operation: &str, status: u16) -> usize {
        self.running.with_service(|service| {
            let log = service.journal.log();
            log.filter(|entry| entry.operation == operation && entry.status == Some(status))
                .count()
        })
    }

    /// Requests among the last thousand that met a fault.
    pub fn faults_met(&self) -> u64 {
        self.running.with_service(|service| {
            let met = service.journal.log().filter(|entry| entry.fault);
            u64::try_from(met.count()).unwrap_or(u64::MAX)
        })
    }

    /// Writes that have arrived and have not been answered. Those whose connection was reset count too.
    pub fn writes_under_way(&self) -> usize {
        self.running.with_service(|service| {
            let writes = service
                .journal
                .log()
                .filter(|entry| matches!(entry.method.as_str(), "PUT" | "PATCH" | "DELETE"));
            writes.filter(|entry| entry.status.is_none()).count()
        })
    }

    /// Waits until no more calls come: some work goes on after its answer.
    pub async fn rest(&self) -> Result<(), Failure> {
        let looks = async {
            let mut last = self.calls().total;
            let mut same = 0;
            while same < REST_LOOKS {
                tokio::time::sleep(REST_POLL).await;
                let total = self.calls().total;
                same = if total == last { same + 1 } else { 0 };
                last = total;
            }
        };
        tokio::time::timeout(REST_LIMIT, looks)
            .await
            .map_err(|_| Failure::broken("work ends", "Azure is called again and again"))
    }

    /// A profile as ARM shows it.
    pub fn profile(&self, name: &str) -> Option<Value> {
        let (status, body) = self.arm(Method::GET, name, &Value::Null);
        (status == 200).then_some(body)
    }

    /// The very text that ARM answers for a profile.
    pub fn profile_text(&self, name: &str) -> Option<String> {
        let request = Request::new(Method::GET, &profile_path(name), API_VERSION, &Value::Null);
        let answer = |service: &mut emulator::Service| service.state.answer(&request);
        self.running.with_service(answer).body
    }

    /// The names of all profiles.
    pub fn profile_names(&self) -> Vec<String> {
        self.running.with_service(|service| {
            let profiles = service.state.profiles();
            profiles.map(|profile| profile.path.name.clone()).collect()
        })
    }

    /// Makes an Azure resource known, so that an endpoint can point at it.
    pub fn add_resource(&self, id: &str, resource: AzureResource) {
        self.running
            .with_service(|service| service.state.add_resource(id, resource));
    }

    /// What somebody else does: a PUT of a profile, or of an endpoint below it.
    pub fn put(&self, path: &str, body: &Value) -> Result<(), Failure> {
        self.write(Method::PUT, path, body)
    }

    /// What somebody else does: a PATCH of a profile, which replaces its tags.
    pub fn patch(&self, path: &str, body: &Value) -> Result<(), Failure> {
        self.write(Method::PATCH, path, body)
    }

    /// What somebody else does: a DELETE.
    pub fn delete(&self, path: &str) -> Result<(), Failure> {
        self.write(Method::DELETE, path, &Value::Null)
    }

    fn write(&self, method: Method, path: &str, body: &Value) -> Result<(), Failure> {
        let what = format!("{method} {path}");
        let (status, answer) = self.arm(method, path, body);
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(Failure::setup(what, format!("{status}: {answer}")))
    }

    fn arm(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::new(method, &profile_path(path), API_VERSION, body);
        let response = self
            .running
            .with_service(|service| service.state.answer(&request));
        (response.status.as_u16(), response.value())
    }
}

/// The ARM id of a profile, or of what is below it.
pub fn profile_path(rest: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/trafficManagerProfiles/{rest}"
    )
}

/// The endpoints of a profile by name, as ARM shows them.
pub fn endpoints(profile: &Value) -> BTreeMap<String, Value> {
    let endpoints = profile["properties"]["endpoints"].as_array();
    endpoints
        .into_iter()
        .flatten()
        .filter_map(|endpoint| Some((endpoint["name"].as_str()?.to_owned(), endpoint.clone())))
        .collect()
}
