//! An emulator with profiles in it, and the binary that works on them.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use emulator::{Emulator, Options, Running};
use jiff::{SignedDuration, Timestamp};
use members::claim::{self, Claim};
use members::marks::{MANAGED_BY, MANAGED_BY_VALUE};
use members::{OwnerId, Subject};
use reqwest::Client;
use serde_json::{Value, json};

pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// The cloud.
pub(crate) struct Azure {
    running: Running,
    client: Client,
    /// When it was started. Everything in it is older.
    pub(crate) now: Timestamp,
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A profile under construction.
pub(crate) struct Profile {
    group: &'static str,
    name: &'static str,
    body: Value,
}

// === impl Azure ===

impl Azure {
    pub(crate) async fn start() -> Self {
        let options = Options {
            seed: Some(7),
            ..Options::default()
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the binary is another process and has the clock of the machine"
        )]
        let now = Timestamp::now();
        Self {
            running: Emulator::start(options).await.unwrap(),
            client: Client::new(),
            now,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.running.arm_url()
    }

    pub(crate) fn ago(&self, hours: i64) -> Timestamp {
        self.now - SignedDuration::from_hours(hours)
    }

    fn arm(&self, group: &str, name: &str) -> String {
        format!(
            "{}/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/trafficmanagerprofiles/{name}?api-version=2022-04-01",
            self.url()
        )
    }

    pub(crate) async fn put(&self, profile: Profile) {
        let url = self.arm(profile.group, profile.name);
        let answer = self.client.put(url).json(&profile.body).send().await;
        let answer = answer.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    pub(crate) async fn profile(&self, name: &str) -> Value {
        let answer = self.client.get(self.arm("my-tm-rg", name)).send().await;
        answer.unwrap().json().await.unwrap()
    }

    /// Names and statuses of the endpoints of a profile.
    pub(crate) async fn endpoints(&self, name: &str) -> Vec<(String, String)> {
        let profile = self.profile(name).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let endpoints = profile["properties"]["endpoints"].as_array().unwrap();
        endpoints
            .iter()
            .map(|endpoint| {
                (
                    text(&endpoint["name"]),
                    text(&endpoint["properties"]["endpointStatus"]),
                )
            })
            .collect()
    }

    pub(crate) async fn faults(&self, rules: Value) {
        let url = format!("{}/_emulator/faults", self.url());
        let answer = self.client.put(url).json(&rules).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    pub(crate) async fn clear_faults(&self) {
        let url = format!("{}/_emulator/faults", self.url());
        self.client.delete(url).send().await.unwrap();
    }

    /// How many writes there have been.
    pub(crate) async fn writes(&self) -> u64 {
        let url = format!("{}/_emulator/requests", self.url());
        let counts: Value = self
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        counts["writes"].as_u64().unwrap()
    }

    /// The binary, with this cloud in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"));
        command
            .args(arguments)
            .env_clear()
            .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
            .env("AZURE_RESOURCE_GROUPS", "my-tm-rg")
            .env("AZURE_ARM_ENDPOINT", self.url())
            .env("AZURE_CREDENTIAL", "none");
        command
    }

    /// Runs a command to its end, beside the emulator.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments);
        let output = tokio::task::spawn_blocking(move || command.output());
        Said::from(output.await.unwrap().unwrap())
    }

    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["--output", "json"]].concat()).await;
        assert_eq!(said.code, 0, "{said:?}");
        serde_json::from_str(&said.out).unwrap()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

// === impl Profile ===

impl Profile {
    /// A profile of this system.
    pub(crate) fn managed(name: &'static str) -> Self {
        Self::foreign(name).tag(MANAGED_BY, MANAGED_BY_VALUE)
    }

    /// A profile of somebody else.
    pub(crate) fn foreign(name: &'static str) -> Self {
        Self {
            group: "my-tm-rg",
            name,
            body: json!({
                "location": "global",
                "tags": {},
                "properties": {
                    "profileStatus": "Enabled",
                    "trafficRoutingMethod": "Weighted",
                    "dnsConfig": {"relativeName": name, "ttl": 30},
                    "monitorConfig": {"protocol": "HTTPS", "port": 443, "path": "/health"},
                    "endpoints": [],
                },
            }),
        }
    }

    /// A profile that exists, to be written again.
    pub(crate) fn as_it_is(name: &'static str, body: Value) -> Self {
        Self {
            group: "my-tm-rg",
            name,
            body,
        }
    }

    pub(crate) fn without_tags(mut self) -> Self {
        self.body["tags"] = json!({});
        self
    }

    pub(crate) fn group(mut self, group: &'static str) -> Self {
        self.group = group;
        let unique = format!("{}-{group}", self.name);
        self.body["properties"]["dnsConfig"]["relativeName"] = json!(unique);
        self
    }

    pub(crate) fn disabled(mut self) -> Self {
        self.body["properties"]["profileStatus"] = json!("Disabled");
        self
    }

    pub(crate) fn tag(mut self, name: &str, value: &str) -> Self {
        self.body["tags"][name] = json!(value);
        self
    }

    pub(crate) fn endpoint(mut self, name: &str, host: &str, weight: u16) -> Self {
        let endpoints = self.body["properties"]["endpoints"].as_array_mut();
        endpoints.unwrap().push(json!({
            "name": name,
            "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
            "properties": {"target": host, "endpointStatus": "Enabled", "weight": weight},
        }));
        self
    }

    /// An owner's claims, and when it was last seen.
    pub(crate) fn claims(
        mut self,
        owner: &str,
        seen: Timestamp,
        claims: &[(&str, &str, &str, Timestamp)],
    ) -> Self {
        let owner: OwnerId = owner.parse().unwrap();
        let claims: Vec<_> = claims
            .iter()
            .map(|(endpoint, object, host, since)| Claim {
                owner: owner.clone(),
                endpoint: endpoint.parse().unwrap(),
                since: *since,
                subject: Subject {
                    resource: (*object).to_owned(),
                    host: (*host).to_owned(),
                },
                leaving: None,
            })
            .collect();
        let tags = claim::arrange(&owner, &claims, &BTreeMap::new(), seen);
        for (name, value) in tags.unwrap() {
            self = self.tag(&name, &value);
        }
        self
    }
}
