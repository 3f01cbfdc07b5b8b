//! The commands beside a real `serve` that a model of ExternalDNS drives.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use external_dns::model::{Controller, Registry, Service, ServiceSource, TxtRegistry};
use external_dns::{Endpoint, MEDIA_TYPE};
use reqwest::Client;
use serde_json::{Value, json};

use crate::azure::{Azure, Profile};

const PREFIX: &str = "external-dns.alpha.kubernetes.io/";

/// A cluster: `serve`, and its ExternalDNS.
pub(crate) struct Cluster {
    serve: Child,
    url: String,
    operations: String,
    client: Client,
    controller: Controller,
    services: Vec<Service>,
}

// === impl Cluster ===

impl Cluster {
    pub(crate) async fn start(azure: &Azure, owner: &str, services: Vec<Service>) -> Self {
        Self::with(azure, owner, services, &[]).await
    }

    pub(crate) async fn with(
        azure: &Azure,
        owner: &str,
        services: Vec<Service>,
        flags: &[&str],
    ) -> Self {
        let mut serve = azure
            .command(&["serve", "--owner-id", owner, "--log-format", "json"])
            .args([
                "--server-port",
                "0",
                "--metrics-host",
                "127.0.0.1",
                "--metrics-port",
                "0",
            ])
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(serve.stderr.take().unwrap());
        let (address, listening) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut address = Some(address);
            for line in log.lines().map_while(Result::ok) {
                let said: Value = serde_json::from_str(&line).unwrap_or_default();
                let listens = said["server.address"].as_str();
                if let (Some(listens), Some(address)) =
                    (listens, address.take_if(|_| listens.is_some()))
                {
                    let operations = said["metrics.address"].as_str().unwrap_or_default();
                    let _ =
                        address.send([listens, operations].map(|text| format!("http://{text}")));
                }
            }
        });
        let [url, operations] = listening.await.unwrap();
        Self {
            serve,
            url,
            operations,
            client: Client::new(),
            controller: Controller::new(Registry::Txt(TxtRegistry::new(owner).unwrap())),
            services,
        }
    }

    /// Where it answers probes and Prometheus.
    pub(crate) fn operations(&self) -> &str {
        &self.operations
    }

    async fn post(&self, path: &str, body: String) -> String {
        let request = self.client.post(format!("{}{path}", self.url));
        let answer = request
            .header("Content-Type", MEDIA_TYPE)
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    }

    /// One loop; whether anything changed.
    pub(crate) async fn turn(&self) -> bool {
        let records = self
            .client
            .get(format!("{}/records", self.url))
            .send()
            .await
            .unwrap();
        let records: Vec<Endpoint> = serde_json::from_str(&records.text().await.unwrap()).unwrap();
        let observation = self.controller.observe(records);
        let wanted = ServiceSource::new(PREFIX).endpoints(&self.services);
        let adjusted = self
            .post("/adjustendpoints", serde_json::to_string(&wanted).unwrap())
            .await;
        let adjusted: Vec<Endpoint> = serde_json::from_str(&adjusted).unwrap();
        let Some(changes) = self.controller.plan(&observation, adjusted) else {
            return false;
        };
        self.post("/records", serde_json::to_string(&changes).unwrap())
            .await;
        true
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.serve.kill();
        let _ = self.serve.wait();
    }
}

pub(crate) fn my_app(place: &str) -> Service {
    let key = |name: &str| format!("{PREFIX}webhook-traffic-manager-{name}");
    Service::load_balancer("default", format!("my-app-{place}"))
        .with_ip("20.1.2.3")
        .with_annotation(
            format!("{PREFIX}hostname"),
            format!("my-app-{place}.example.com"),
        )
        .with_annotation(key("enabled"), "true")
        .with_annotation(key("profile-name"), "my-app-global")
        .with_annotation(key("endpoint-name"), format!("{place}-us"))
}

/// What `serve` writes, the commands read; a cluster is removed while it is gone, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_removed_and_comes_back() {
    let azure = Azure::start().await;
    let east = Cluster::start(&azure, "cluster-east", vec![my_app("east")]).await;
    let west = Cluster::start(&azure, "cluster-west", vec![my_app("west")]).await;
    assert!(east.turn().await && west.turn().await);
    let owners = azure.json(&["owners"]).await;
    for (index, place) in ["east", "west"].into_iter().enumerate() {
        let owner = &owners["owners"][index];
        assert_eq!(owner["owner"], format!("cluster-{place}"));
        assert!(owner["lastSeen"].is_string(), "a heartbeat: {owner}");
        let share = &owner["profiles"][0];
        assert_eq!(share["decidesSettings"], place == "east");
        assert_eq!(
            share["members"][0]["object"],
            format!("service/default/my-app-{place}")
        );
        assert_eq!(
            share["members"][0]["host"],
            format!("my-app-{place}.example.com")
        );
    }
    assert_eq!(azure.json(&["orphans"]).await, json!({"orphans": []}));

    drop(east);
    let removal = ["remove-owner", "cluster-east", "--yes", "--wait", "0s"];
    assert_eq!(azure.run(&removal).await.code, 1, "it was just seen");
    let said = azure
        .run(&[removal.as_slice(), &["--force"]].concat())
        .await;
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(azure.endpoints("my-app-global").await.len(), 1);
    assert!(!west.turn().await, "nobody else notices");
    let owners = azure.json(&["owners"]).await;
    assert_eq!(owners["owners"][0]["owner"], "cluster-west");
    assert_eq!(owners["owners"][0]["profiles"][0]["decidesSettings"], true);

    let east = Cluster::start(&azure, "cluster-east", vec![my_app("east")]).await;
    assert!(east.turn().await);
    assert!(!east.turn().await && !west.turn().await);
    assert_eq!(azure.endpoints("my-app-global").await.len(), 2);
}

/// The last cluster of a profile is removed: the profile waits, disabled, and its successor may end it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_cluster_leaves_a_profile_that_can_be_revived() {
    let azure = Azure::start().await;
    let east = Cluster::start(&azure, "cluster-east", vec![my_app("east")]).await;
    assert!(east.turn().await);
    drop(east);
    let removal = [
        "remove-owner",
        "cluster-east",
        "--yes",
        "--wait",
        "0s",
        "--force",
    ];
    let said = azure
        .run(&[removal.as_slice(), &["--successor", "cluster-west"]].concat())
        .await;
    assert_eq!(said.code, 0, "{said:?}");
    let profile = azure.profile("my-app-global").await;
    assert_eq!(profile["properties"]["profileStatus"], "Disabled");
    let retired = profile["tags"]["externaldns-retired"].as_str().unwrap();
    assert!(retired.ends_with("Z cluster-west"), "{retired}");

    let west = Cluster::start(&azure, "cluster-west", vec![my_app("west")]).await;
    assert!(west.turn().await);
    assert!(!west.turn().await);
    let profile = azure.profile("my-app-global").await;
    assert_eq!(profile["properties"]["profileStatus"], "Enabled");
    assert_eq!(profile["tags"]["externaldns-retired"], Value::Null);
}

/// All tags are wiped; `adopt` gives the mark back, and the next loop claims the endpoint again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_has_lost_its_tags_is_adopted() {
    let azure = Azure::start().await;
    let east = Cluster::start(&azure, "cluster-east", vec![my_app("east")]).await;
    assert!(east.turn().await);
    azure
        .put(
            Profile::as_it_is("my-app-global", azure.profile("my-app-global").await).without_tags(),
        )
        .await;
    assert!(!east.turn().await, "it is left alone");

    let said = azure.run(&["adopt", "my-app-global", "--yes"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(east.turn().await, "it is claimed again");
    assert!(!east.turn().await);
    let owners = azure.json(&["owners"]).await;
    assert_eq!(
        owners["owners"][0]["profiles"][0]["members"][0]["endpoint"],
        "east-us"
    );
}

/// `docs/COMMANDS.md`: draining is an annotation, and `owners --members` shows when it is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_annotation_drains() {
    let azure = Azure::start().await;
    let mut east = Cluster::start(&azure, "cluster-east", vec![my_app("east")]).await;
    let weight = format!("{PREFIX}webhook-traffic-manager-weight");
    for (annotation, status) in [("70", "Enabled"), ("0", "Disabled"), ("70", "Enabled")] {
        east.services = vec![my_app("east").with_annotation(&weight, annotation)];
        assert!(east.turn().await);
        assert!(!east.turn().await);
        let said = azure.run(&["owners", "--members"]).await;
        assert!(
            said.out
                .contains(&format!("my-app-east.example.com  {status} ")),
            "{said:?}"
        );
    }
}
