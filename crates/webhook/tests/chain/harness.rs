//! A webhook and an emulator, both over real HTTP, and a model of ExternalDNS
//! that drives the webhook as the real one does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use emulator::{Emulator, Options};
use external_dns::model::{Controller, Registry, Service, ServiceSource, TxtRegistry};
use external_dns::{Changes, Endpoint, MEDIA_TYPE};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use webhook::cluster::Cluster as KubernetesCluster;
use webhook::connect;
use webhook::metrics::Metrics;
use webhook::serve::{ServeError, Server};
use webhook::settings::{AzureArgs, Environment, ServeArgs, Settings, VanityArgs};

use crate::clock::MovedClock;

pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
pub(crate) const PREFIX: &str = "external-dns.alpha.kubernetes.io/";

/// The cloud.
pub(crate) struct Azure {
    running: emulator::Running,
    client: Client,
}

/// One cluster's webhook with its ExternalDNS.
pub(crate) struct Cluster {
    api: String,
    ops: String,
    client: Client,
    controller: Controller,
    pub(crate) clock: Arc<MovedClock>,
    shutdown: CancellationToken,
    served: JoinHandle<Result<(), ServeError>>,
}

/// What one loop did.
#[derive(Debug, Default)]
pub(crate) struct Loop {
    /// The changes that ExternalDNS planned.
    pub(crate) changes: Option<Changes>,
    /// The first answer that was not the expected one; the loop ends there.
    pub(crate) failed: Option<(StatusCode, String)>,
}

// === impl Azure ===

impl Azure {
    pub(crate) async fn start() -> Self {
        Self::with(Options {
            seed: Some(7),
            ..Options::default()
        })
        .await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self {
            running: Emulator::start(options).await.unwrap(),
            client: Client::new(),
        }
    }

    /// Where it answers DNS.
    pub(crate) fn dns(&self) -> SocketAddr {
        self.running.dns_addr()
    }

    pub(crate) fn url(&self) -> String {
        self.running.arm_url()
    }

    fn control(&self, path: &str) -> String {
        format!("{}/_emulator/{path}", self.url())
    }

    /// Puts fault rules in force.
    pub(crate) async fn faults(&self, rules: Value) {
        let answer = self
            .client
            .put(self.control("faults"))
            .json(&rules)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        assert!(
            status.is_success(),
            "{status}: {}",
            answer.text().await.unwrap()
        );
    }

    pub(crate) async fn clear_faults(&self) {
        self.client
            .delete(self.control("faults"))
            .send()
            .await
            .unwrap();
    }

    /// Counts of calls by operation since the last call of this.
    pub(crate) async fn calls(&self) -> BTreeMap<String, u64> {
        let counts: Value = self
            .client
            .get(self.control("requests"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        self.client
            .delete(self.control("requests"))
            .send()
            .await
            .unwrap();
        let operations = counts["operations"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        operations
            .into_iter()
            .map(|(name, operation)| (name, operation["count"].as_u64().unwrap()))
            .collect()
    }

    /// How many writes have arrived since the last call of [`Azure::calls`].
    pub(crate) async fn writes(&self) -> u64 {
        let counts = self.client.get(self.control("requests"));
        let counts: Value = counts.send().await.unwrap().json().await.unwrap();
        let operations = counts["operations"].as_object();
        let writes = operations.into_iter().flatten().filter(|(name, _)| {
            let action = name.split('.').next_back();
            matches!(action, Some("put" | "patch" | "delete"))
        });
        writes
            .map(|(_, operation)| operation["count"].as_u64().unwrap())
            .sum()
    }

    /// How many calls of an operation there have been, without starting anew.
    pub(crate) async fn count(&self, operation: &str) -> u64 {
        let counts = self
            .client
            .get(self.control("requests"))
            .send()
            .await
            .unwrap();
        let counts: Value = counts.json().await.unwrap();
        counts["operations"][operation]["count"]
            .as_u64()
            .unwrap_or(0)
    }

    fn arm(&self, group: &str, rest: &str) -> String {
        format!(
            "{}/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/trafficmanagerprofiles/{rest}?api-version=2022-04-01",
            self.url()
        )
    }

    /// A profile as ARM shows it.
    pub(crate) async fn profile(&self, name: &str) -> Option<Value> {
        let answer = self
            .client
            .get(self.arm("my-tm-rg", name))
            .send()
            .await
            .unwrap();
        (answer.status() == 200).then_some(())?;
        answer.json().await.ok()
    }

    /// Whether there is something in whatever subscription and group.
    pub(crate) async fn holds(&self, subscription: &str, group: &str, rest: &str) -> bool {
        let url = self.arm(group, rest).replace(SUBSCRIPTION, subscription);
        let answer = self.client.get(url).send().await.unwrap();
        answer.status().is_success()
    }

    /// An endpoint of a profile.
    pub(crate) async fn endpoint(&self, profile: &str, name: &str) -> Option<Value> {
        let profile = self.profile(profile).await?;
        let endpoints = profile["properties"]["endpoints"].as_array()?;
        endpoints
            .iter()
            .find(|endpoint| endpoint["name"] == name)
            .cloned()
    }

    /// What the probes are to find: `Online` or `Degraded`.
    pub(crate) async fn probes_find(&self, profile: &str, endpoint: &str, status: &str) {
        let url = self.control(&format!("health/{profile}/{endpoint}"));
        let request = self.client.put(url);
        let answer = request.json(&serde_json::json!({"status": status}));
        let answer = answer.send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    /// Makes an Azure resource known.
    pub(crate) async fn resource(&self, body: Value) {
        let answer = self.client.put(self.control("resources")).json(&body);
        let answer = answer.send().await.unwrap();
        let status = answer.status();
        assert!(
            status.is_success(),
            "{status}: {}",
            answer.text().await.unwrap()
        );
    }

    /// What somebody else does to a profile or endpoint.
    pub(crate) async fn put(&self, group: &str, rest: &str, body: Value) {
        let answer = self
            .client
            .put(self.arm(group, rest))
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        assert!(
            status.is_success(),
            "{status}: {}",
            answer.text().await.unwrap()
        );
    }

    /// The resource at a path, if there is one.
    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        let url = format!("{}{path}", self.url());
        let answer = self.client.get(url).send().await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            return None;
        }
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        Some(answer.json().await.unwrap())
    }

    /// What somebody else writes at a path.
    pub(crate) async fn put_at(&self, path: &str, body: Value) {
        let url = format!("{}{path}", self.url());
        let answer = self.client.put(url).json(&body).send().await.unwrap();
        let status = answer.status();
        let said = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {said}");
    }

    /// What somebody else deletes at a path.
    pub(crate) async fn delete_at(&self, path: &str) {
        let url = format!("{}{path}", self.url());
        let answer = self.client.delete(url).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// What another tool does that knows all tags of a profile.
    pub(crate) async fn tag(&self, profile: &str, tags: Value) {
        let request = self.client.patch(self.arm("my-tm-rg", profile));
        let answer = request.json(&serde_json::json!({"tags": tags}));
        assert!(answer.send().await.unwrap().status().is_success());
    }

    pub(crate) async fn delete(&self, rest: &str) {
        let answer = self
            .client
            .delete(self.arm("my-tm-rg", rest))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success());
    }
}

// === impl Cluster ===

impl Cluster {
    pub(crate) async fn start(owner: &str, azure: &Azure) -> Self {
        Self::with(owner, azure, |_| {}).await
    }

    pub(crate) async fn with(
        owner: &str,
        azure: &Azure,
        change: impl FnOnce(&mut ServeArgs),
    ) -> Self {
        Self::within(owner, azure, KubernetesCluster::default(), change).await
    }

    /// One whose webhook has an API server.
    pub(crate) async fn within(
        owner: &str,
        azure: &Azure,
        kubernetes: KubernetesCluster,
        change: impl FnOnce(&mut ServeArgs),
    ) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let mut args = ServeArgs {
            owner_id: text(owner),
            azure: AzureArgs {
                subscription_id: text(SUBSCRIPTION),
                resource_groups: vec!["my-tm-rg".to_owned()],
                arm_endpoint: Some(azure.url()),
                credential: text("none"),
                ..AzureArgs::default()
            },
            server_port: text("0"),
            metrics_host: text("127.0.0.1"),
            metrics_port: text("0"),
            // Calls are counted; whoever looks at health asks for it.
            health_interval: text("0s"),
            vanity: VanityArgs {
                // Nobody answers for these names.
                vanity_check: text("false"),
                ..VanityArgs::default()
            },
            ..ServeArgs::default()
        };
        change(&mut args);
        let settings = Settings::resolve(&args, &Environment::default()).unwrap();
        let clock = Arc::new(MovedClock::default());
        let metrics = Arc::new(Metrics::new(clock.clone()));
        let provider = connect::provider(&settings, &metrics, clock.clone(), kubernetes).unwrap();
        let server = Server::bind(&settings).await.unwrap();
        let (api, ops) = (server.api_address(), server.ops_address());
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(server.run(Arc::new(provider), metrics, shutdown.clone()));
        let txt = TxtRegistry::new(owner).unwrap();
        Self {
            api: format!("http://{api}"),
            ops: format!("http://{ops}"),
            client: Client::new(),
            controller: Controller::new(Registry::Txt(txt)),
            clock,
            shutdown,
            served,
        }
    }

    /// Begins to end the webhook as SIGTERM does.
    pub(crate) fn terminate(&self) {
        self.shutdown.cancel();
    }

    /// Ends the webhook as SIGTERM does.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.served.await.unwrap().unwrap();
    }

    pub(crate) async fn records(&self) -> (StatusCode, String) {
        let answer = self
            .client
            .get(format!("{}/records", self.api))
            .header("Accept", MEDIA_TYPE);
        let answer = answer.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> (StatusCode, String) {
        let request = self
            .client
            .post(format!("{}{path}", self.api))
            .header("Content-Type", MEDIA_TYPE);
        let answer = request.body(body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn metrics(&self) -> String {
        let answer = self
            .client
            .get(format!("{}/metrics", self.ops))
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }

    /// The body of `/readyz`.
    pub(crate) async fn readiness(&self) -> Value {
        self.operation("/readyz").await.json().await.unwrap()
    }

    /// An answer of the operations port.
    pub(crate) async fn operation(&self, path: &str) -> reqwest::Response {
        let request = self.client.get(format!("{}{path}", self.ops));
        request.send().await.unwrap()
    }

    /// One loop of ExternalDNS over these Services.
    pub(crate) async fn run(&self, services: &[Service]) -> Loop {
        let (status, text) = self.records().await;
        if status != StatusCode::OK {
            return Loop {
                failed: Some((status, text)),
                ..Loop::default()
            };
        }
        let observation = self
            .controller
            .observe(serde_json::from_str(&text).unwrap());
        let sources = ServiceSource::new(PREFIX).endpoints(services);
        let body = serde_json::to_string(&sources).unwrap();
        let (status, text) = self.post("/adjustendpoints", body).await;
        if status != StatusCode::OK {
            return Loop {
                failed: Some((status, text)),
                ..Loop::default()
            };
        }
        let adjusted: Vec<Endpoint> = serde_json::from_str(&text).unwrap();
        let Some(changes) = self.controller.plan(&observation, adjusted) else {
            return Loop::default();
        };
        let (status, text) = self
            .post("/records", serde_json::to_string(&changes).unwrap())
            .await;
        let failed = (status != StatusCode::NO_CONTENT).then_some((status, text));
        Loop {
            changes: Some(changes),
            failed,
        }
    }

    /// A loop that must change nothing and cost one listing.
    pub(crate) async fn quiet(&self, azure: &Azure, services: &[Service]) {
        azure.calls().await;
        let looped = self.run(services).await;
        assert!(looped.failed.is_none(), "{looped:?}");
        assert_eq!(looped.changes, None);
        assert_eq!(
            azure.calls().await,
            BTreeMap::from([("profiles.list".to_owned(), 1)])
        );
    }
}

/// The Service of the story, in one cluster.
pub(crate) fn my_app(place: &str, weight: &str) -> Service {
    let host = format!("my-app-{place}.example.com");
    let endpoint = format!("{place}-us");
    app(place, &host)
        .with_annotation(key("profile-name"), "my-app-global")
        .with_annotation(key("hostname"), "my-app.example.com")
        .with_annotation(key("endpoint-name"), endpoint)
        .with_annotation(key("endpoint-location"), format!("{place}us"))
        .with_annotation(key("monitor-path"), "/health")
        .with_annotation(key("weight"), weight)
}

/// A Service that takes part, with nothing but its host.
pub(crate) fn app(name: &str, host: &str) -> Service {
    Service::load_balancer("default", format!("my-app-{name}"))
        .with_ip("20.1.2.3")
        .with_annotation(format!("{PREFIX}hostname"), host)
        .with_annotation(key("enabled"), "true")
}

/// The key of one of our annotations in a manifest.
pub(crate) fn key(name: &str) -> String {
    format!("{PREFIX}webhook-traffic-manager-{name}")
}
