//! The three ways to run that `docs/KUBERNETES.md` describes. With a cluster it is a real API server, and the permissions are
//! those of the document.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use external_dns::model::Service;
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};
use serde_json::json;
use test_cluster::TestCluster;
use tracing::subscriber::DefaultGuard;
use webhook::connect;
use webhook::settings::{AzureArgs, Environment, ServeArgs, Settings};

use crate::harness::{Azure, Cluster, SUBSCRIPTION, my_app};

const NAMESPACE: &str = "external-dns";

/// The manifests of the document.
fn documented() -> String {
    let document = include_str!("../../../../docs/KUBERNETES.md");
    let (_, rest) = document.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// What people apply besides: the object, and an account without any role.
const OBJECTS: &str = "
{apiVersion: v1, kind: ServiceAccount, metadata: {name: powerless, namespace: external-dns}}
---
apiVersion: v1
kind: Service
metadata: {name: my-app-east, namespace: default}
spec: {type: LoadBalancer, ports: [{port: 80}]}
";

async fn server() -> TestCluster {
    let server = TestCluster::start().unwrap();
    server.install_dns_endpoints().await.unwrap();
    server.apply(&documented()).await.unwrap();
    server.apply(OBJECTS).await.unwrap();
    server
}

/// A webhook in a pod with this account.
async fn pod(azure: &Azure, kubeconfig: &Path) -> Cluster {
    let settings = ServeArgs {
        owner_id: Some("east".to_owned()),
        azure: AzureArgs {
            subscription_id: Some(SUBSCRIPTION.to_owned()),
            ..AzureArgs::default()
        },
        kubeconfig: Some(kubeconfig.to_str().unwrap().to_owned()),
        ..ServeArgs::default()
    };
    let settings = Settings::resolve(&settings, &Environment::default()).unwrap();
    let kubernetes = connect::cluster(&settings).await;
    Cluster::within("east", azure, kubernetes, |args| {
        args.vanity.vanity = Some("dnsendpoint".to_owned());
    })
    .await
}

/// What one thread logs as a warning.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<u8>>>);

impl Warnings {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn count(&self, text: &str) -> usize {
        let log = self.0.lock().unwrap();
        String::from_utf8_lossy(&log).matches(text).count()
    }
}

impl Write for Warnings {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The life of a member, as ExternalDNS and Azure see it: the same in each of the three.
async fn lives(cluster: &Cluster, azure: &Azure) {
    for weight in ["70", "50"] {
        let looped = cluster.run(&[my_app("east", weight)]).await;
        assert!(looped.failed.is_none(), "{looped:?}");
        let endpoint = azure.endpoint("my-app-global", "east-us").await.unwrap();
        assert_eq!(endpoint["properties"]["weight"].to_string(), weight);
        // A vanity record may still be looked at in the background, which reads profiles and writes none.
        azure.calls().await;
        keeps(cluster, &[my_app("east", weight)]).await;
        let mut calls = azure.calls().await;
        calls.remove("profiles.get");
        assert_eq!(calls, BTreeMap::from([("profiles.list".to_owned(), 1)]));
    }
}

/// A loop after which everything is as it was.
async fn keeps(cluster: &Cluster, services: &[Service]) {
    let looped = cluster.run(services).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    assert_eq!(looped.changes, None);
}

/// Waits for a metric that follows what is done in the background.
async fn shows(cluster: &Cluster, metric: &str) {
    let mut metrics = String::new();
    for _ in 0..1000 {
        metrics = cluster.metrics().await;
        if metrics.contains(metric) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{metric} is not shown: {metrics}");
}

/// The DNSEndpoint objects of ours, by host and target.
async fn vanity_records(server: &TestCluster) -> Vec<(String, String)> {
    let gvk = GroupVersionKind::gvk("externaldns.k8s.io", "v1alpha1", "DNSEndpoint");
    let resource = ApiResource::from_gvk(&gvk);
    let client = server.admin().await.unwrap();
    let objects: Api<DynamicObject> = Api::namespaced_with(client, NAMESPACE, &resource);
    let listed = objects.list(&ListParams::default()).await.unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let records = listed.iter().map(|object| {
        let record = &object.data["spec"]["endpoints"][0];
        (text(&record["dnsName"]), text(&record["targets"][0]))
    });
    records.collect()
}

/// The Service's uid.
async fn uid(server: &TestCluster) -> String {
    let services: Api<k8s_openapi::api::core::v1::Service> =
        Api::namespaced(server.admin().await.unwrap(), "default");
    let service = services.get("my-app-east").await.unwrap();
    service.metadata.uid.unwrap()
}

/// What the API server itself says now and then about a Service that has just been made.
async fn somebody_elses_event(server: &TestCluster) {
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event",
        "metadata": {"name": "my-app-east.1", "namespace": "default"},
        "regarding": {
            "apiVersion": "v1", "kind": "Service", "name": "my-app-east", "namespace": "default",
            "uid": uid(server).await,
        },
        "type": "Warning", "reason": "ClusterIPNotAllocated", "action": "ClusterIPAllocation",
        "note": "it is repaired", "eventTime": "2026-11-21T10:00:00.000000Z",
        "reportingController": "ipallocator-repair-controller", "reportingInstance": "apiserver",
    });
    server.apply(&event.to_string()).await.unwrap();
}

/// What `kubectl describe service my-app-east` shows of ours: the Events with its uid.
async fn events(server: &TestCluster) -> Vec<Event> {
    let events: Api<Event> = Api::namespaced(server.admin().await.unwrap(), "default");
    let about = format!("regarding.kind=Service,regarding.uid={}", uid(server).await);
    let listed = events.list(&ListParams::default().fields(&about)).await;
    let ours = |event: &Event| {
        event.reporting_controller.as_deref() == Some("external-dns-traffic-manager")
    };
    listed.unwrap().items.into_iter().filter(ours).collect()
}

#[tokio::test]
async fn without_a_cluster_everything_in_azure_works() {
    let azure = Azure::start().await;
    let east = Cluster::start("east", &azure).await;
    lives(&east, &azure).await;
    let metrics = east.metrics().await;
    assert!(!metrics.contains("kubernetes_events_total{"), "{metrics}");
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn without_permissions_everything_in_azure_works_and_it_is_said_once_what_is_missing() {
    let server = server().await;
    let azure = Azure::start().await;
    let account = server.account(NAMESPACE, "powerless").await.unwrap();
    let (log, _guard) = Warnings::begin();
    let east = pod(&azure, &account).await;
    lives(&east, &azure).await;
    shows(&east, "invalid_objects{reason=\"VanityFailed\"} 1").await;
    shows(&east, "kubernetes_events_total{outcome=\"forbidden\"}").await;
    let looped = east.run(&[]).await;
    assert!(looped.failed.is_none(), "{looped:?}");
    // Also after the time at which it is tried again.
    east.clock.advance(Duration::from_mins(11));
    lives(&east, &azure).await;
    let metrics = east.metrics().await;
    assert!(!metrics.contains("outcome=\"written\""), "{metrics}");
    east.stop().await;
    for said in [
        "missing=create events.events.k8s.io in namespace default",
        "missing=get services in namespace default",
    ] {
        assert_eq!(log.count(said), 1, "{said}");
    }
    assert_eq!(events(&server).await, []);
    assert_eq!(vanity_records(&server).await, []);
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn with_the_documented_permissions_events_and_vanity_records_are_there() {
    let server = server().await;
    somebody_elses_event(&server).await;
    let azure = Azure::start().await;
    let account = server.account(NAMESPACE, "external-dns-traffic-manager");
    let account = account.await.unwrap();
    let east = pod(&azure, &account).await;
    lives(&east, &azure).await;
    let record = (
        "my-app.example.com".to_owned(),
        "my-app-global.trafficmanager.net".to_owned(),
    );
    let mut records = Vec::new();
    for _ in 0..1000 {
        // It is made in the background of a loop.
        records = vanity_records(&server).await;
        if !records.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(records, [record]);

    let mistaken = [my_app("east", "heavy")];
    keeps(&east, &mistaken).await;
    // Events are behind the answers, and the end of the process does not wait long for them.
    shows(&east, "kubernetes_events_total{outcome=\"written\"} 3").await;
    east.stop().await;
    let reasons = async || {
        let events = events(&server).await;
        let mut reasons: Vec<_> = events
            .into_iter()
            .map(|event| {
                let count = event.series.map_or(1, |series| series.count);
                (event.reason.unwrap(), count)
            })
            .collect();
        reasons.sort();
        reasons
    };
    let once = |reason: &str| (reason.to_owned(), 1);
    assert_eq!(
        reasons().await,
        [
            once("InvalidAnnotation"),
            once("MemberCreated"),
            once("MemberUpdated")
        ]
    );

    // After a restart the mistake is still there: it is counted, and nothing is written twice.
    let east = pod(&azure, &account).await;
    keeps(&east, &mistaken).await;
    shows(&east, "kubernetes_events_total{outcome=\"written\"} 1").await;
    east.stop().await;
    assert_eq!(
        reasons().await,
        [
            ("InvalidAnnotation".to_owned(), 2),
            once("MemberCreated"),
            once("MemberUpdated")
        ]
    );
}
