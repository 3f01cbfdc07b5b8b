//! Kubernetes Events: every reason is caused, and no state is said twice.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use external_dns::model::Service;
use insta::assert_snapshot;
use kubernetes::{
    ClusterApi, DnsEndpoint, DnsEndpointKey, Error, Event, ObjectMeta, ObjectRef, Severity,
};
use serde_json::json;
use webhook::cluster::Cluster as KubernetesCluster;
use webhook::events::EventReason;
use webhook::settings::ServeArgs;

use crate::harness::{Azure, Cluster, app, key, my_app};

/// An API server that keeps what it is told. Every object exists.
#[derive(Default)]
pub(crate) struct FakeApi {
    published: Mutex<Vec<Event>>,
}

impl FakeApi {
    /// Every Event, in order, as `type reason object: note`.
    fn said(&self) -> Vec<String> {
        let published = self.published.lock().unwrap();
        let line = |event: &Event| {
            let severity = event.severity.as_str();
            format!(
                "{severity} {} {}: {}",
                event.reason, event.regarding, event.note
            )
        };
        published.iter().map(line).collect()
    }

    fn reasons(&self) -> BTreeSet<String> {
        let published = self.published.lock().unwrap();
        published
            .iter()
            .map(|event| event.reason.to_string())
            .collect()
    }

    /// Waits until an Event has been written; they are behind the answers.
    async fn hears(&self, reason: &str) {
        for _ in 0..2000 {
            if self.reasons().contains(reason) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{reason} was never said: {:#?}", self.said());
    }
}

#[async_trait]
impl ClusterApi for FakeApi {
    async fn apply_dns_endpoint(&self, _: &DnsEndpoint) -> Result<(), Error> {
        Ok(())
    }

    async fn list_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        Ok(Vec::new())
    }

    async fn list_old_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        Ok(Vec::new())
    }

    async fn delete_dns_endpoint(&self, _: &DnsEndpointKey) -> Result<(), Error> {
        Ok(())
    }

    async fn object(&self, object: &ObjectRef) -> Result<Option<ObjectMeta>, Error> {
        Ok(Some(ObjectMeta {
            api_version: "v1".to_owned(),
            kind: object.kind.kind().to_owned(),
            uid: format!("uid of {object}"),
        }))
    }

    async fn publish(&self, event: &Event) -> Result<(), Error> {
        self.published.lock().unwrap().push(event.clone());
        Ok(())
    }
}

/// A cluster, and what its API server hears.
async fn eventful(
    owner: &str,
    azure: &Azure,
    change: impl FnOnce(&mut ServeArgs),
) -> (Cluster, Arc<FakeApi>) {
    let api = Arc::new(FakeApi::default());
    let kubernetes = KubernetesCluster::Api {
        api: Arc::clone(&api) as _,
        namespace: "external-dns".to_owned(),
    };
    let cluster = Cluster::within(owner, azure, kubernetes, change).await;
    (cluster, api)
}

/// A Service in profile `p`.
fn member(name: &str, annotations: &[(&str, &str)]) -> Service {
    let service = app(name, &format!("{name}.example.com"))
        .with_annotation(key("profile-name"), "p")
        .with_annotation(key("endpoint-name"), name);
    annotations.iter().fold(service, |service, (name, value)| {
        service.with_annotation(key(name), *value)
    })
}

/// The end of a cluster: everything that has happened is said by then.
async fn all_of(cluster: Cluster, api: &FakeApi) -> Vec<String> {
    cluster.stop().await;
    api.said()
}

#[tokio::test]
async fn what_is_done_for_an_object_is_said_once() {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    for weight in ["70", "70", "50"] {
        east.run(&[my_app("east", weight)]).await;
    }
    let slower = my_app("east", "50").with_annotation(key("dns-ttl"), "120");
    east.run(std::slice::from_ref(&slower)).await;
    let renamed = slower.with_annotation(key("endpoint-name"), "other");
    east.run(&[renamed]).await;
    east.run(&[]).await;
    east.run(&[]).await;
    let uids: BTreeSet<_> = api.published.lock().unwrap().iter().map(uid).collect();
    assert_snapshot!(all_of(east, &api).await.join("\n"), @"
    Normal MemberCreated service/default/my-app-east: my-app-east.example.com: endpoint east-us of profile my-app-global is created
    Normal MemberUpdated service/default/my-app-east: my-app-east.example.com: endpoint east-us of profile my-app-global is changed: weight 70 → 50
    Normal MemberUpdated service/default/my-app-east: my-app-east.example.com: endpoint east-us of profile my-app-global is changed: dns-ttl 30 → 120
    Normal MemberCreated service/default/my-app-east: my-app-east.example.com: endpoint other of profile my-app-global is created
    Normal MemberDeleted service/default/my-app-east: my-app-east.example.com: endpoint other of profile my-app-global is deleted, because the object does not ask for it any more
    ");
    assert_eq!(
        uids,
        BTreeSet::from(["uid of service/default/my-app-east".to_owned()])
    );
}

fn uid(event: &Event) -> String {
    event.meta.as_ref().unwrap().uid.clone()
}

#[tokio::test]
async fn a_conflict_that_stays_for_fifty_loops_is_one_event() {
    let azure = Azure::start().await;
    let west = Cluster::start("west", &azure).await;
    west.run(&[member("same", &[])]).await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    let services = [member("same", &[("target", "elsewhere.example.net")])];
    for _ in 0..50 {
        east.run(&services).await;
        east.clock.advance(Duration::from_mins(1));
    }
    assert_snapshot!(all_of(east, &api).await.join("\n"), @"Warning EndpointConflict service/default/my-app-same: same.example.com: endpoint same of profile p belongs to owner west (service/default/my-app-same (same.example.com)); choose another webhook-traffic-manager-endpoint-name");
}

#[tokio::test]
async fn a_refusal_of_azures_that_stays_is_one_event_while_it_is_remembered() {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    azure
        .faults(json!({"rules": [{"operation": "writes", "refusal": "ScopeLocked"}]}))
        .await;
    for _ in 0..9 {
        east.run(&[member("a", &[])]).await;
        east.clock.advance(Duration::from_mins(1));
    }
    let said = all_of(east, &api).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("a lock on /subscriptions/"), "{said:?}");
}

/// Where nobody writes Events, nothing else is different.
#[tokio::test]
async fn they_can_be_switched_off() {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |args| {
        args.kubernetes_events = Some("off".to_owned());
    })
    .await;
    east.run(&[my_app("east", "70")]).await;
    assert!(azure.endpoint("my-app-global", "east-us").await.is_some());
    assert_eq!(all_of(east, &api).await, [""; 0]);
}

#[test]
fn the_document_has_every_reason_and_no_other() {
    let document = include_str!("../../../../docs/EVENTS.md");
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    let documented: Vec<(&str, &str)> = rows
        .map(|row| {
            let cells: Vec<_> = row.split(" | ").collect();
            (cells[0].trim_matches(['|', ' ', '`']), cells[1])
        })
        .collect();
    let known: Vec<_> = EventReason::all()
        .map(|reason| (reason.as_str(), reason.severity().as_str()))
        .collect();
    assert_eq!(documented, known);
}

/// Each cause, and the reasons that it has.
#[tokio::test]
async fn every_reason_of_the_table_is_caused() {
    let mut caused = BTreeSet::new();
    for reasons in [
        written().await,
        probed().await,
        mistaken().await,
        disputed().await,
        of_others().await,
        refused().await,
        kept().await,
        vanity().await,
        not_ours().await,
    ] {
        caused.extend(reasons);
    }
    let known: BTreeSet<_> = EventReason::all().map(|each| each.to_string()).collect();
    assert_eq!(caused, known);
    for reason in EventReason::all() {
        let is_normal = matches!(
            reason,
            EventReason::MemberCreated
                | EventReason::MemberUpdated
                | EventReason::MemberDeleted
                | EventReason::EndpointOnline
        );
        assert_eq!(reason.severity() == Severity::Normal, is_normal, "{reason}");
    }
}

async fn written() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    for services in [&[my_app("east", "70")][..], &[my_app("east", "50")], &[]] {
        east.run(services).await;
    }
    all_of(east, &api).await;
    api.reasons()
}

async fn probed() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |args| args.health_interval = None).await;
    let services = [my_app("east", "70")];
    east.run(&services).await;
    for (status, reason) in [
        ("Degraded", "EndpointDegraded"),
        ("Online", "EndpointOnline"),
    ] {
        azure.probes_find("my-app-global", "east-us", status).await;
        // It is read in the background of a loop, when it is due.
        east.clock.advance(Duration::from_mins(2));
        east.run(&services).await;
        api.hears(reason).await;
    }
    all_of(east, &api).await;
    api.reasons()
}

async fn mistaken() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    let services = [
        member("a", &[("weight", "heavy")]),
        member("b", &[("wieght", "1")]),
        member("c", &[]),
        member("d", &[("endpoint-name", "c")]),
        member(
            "e",
            &[("endpoint-type", "Nested"), ("target-profile", "nobodys")],
        ),
        app("f", "f.example.com").with_annotation(key("endpoint-type"), "Azure"),
    ];
    azure
        .faults(json!({"rules": [{"operation": "publicIps.listAll", "status": 403}]}))
        .await;
    east.run(&services).await;
    all_of(east, &api).await;
    api.reasons()
}

async fn disputed() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let west = Cluster::start("west", &azure).await;
    west.run(&[member("a", &[("dns-ttl", "30")])]).await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    let services = [
        member("a", &[("target", "elsewhere.example.net")]),
        member("b", &[("dns-ttl", "60")]),
    ];
    east.run(&services).await;
    east.run(&services).await;
    all_of(east, &api).await;
    api.reasons()
}

async fn of_others() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let theirs = |name: &str| {
        json!({
            "location": "global",
            "properties": {
                "trafficRoutingMethod": "Weighted",
                "dnsConfig": {"relativeName": name, "ttl": 60},
                "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"},
            }
        })
    };
    azure.put("elsewhere", "theirs", theirs("taken")).await;
    azure.put("my-tm-rg", "q", theirs("q")).await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    let services = [
        member("a", &[("dns-name", "taken")]),
        member("b", &[("profile-name", "q")]),
    ];
    east.run(&services).await;
    all_of(east, &api).await;
    api.reasons()
}

async fn refused() -> BTreeSet<String> {
    let azure = Azure::start().await;
    azure
        .faults(json!({"rules": [{"operation": "writes", "refusal": "ScopeLocked"}]}))
        .await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    east.run(&[member("a", &[])]).await;
    east.run(&[member("a", &[])]).await;
    all_of(east, &api).await;
    api.reasons()
}

async fn kept() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |args| {
        args.keep_last_member = Some("true".to_owned());
    })
    .await;
    east.run(&[member("a", &[])]).await;
    east.run(&[]).await;
    all_of(east, &api).await;
    api.reasons()
}

async fn vanity() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    let led = |name: &str, profile: &str, host: &str, mode: &str| {
        let annotations = [
            ("profile-name", profile),
            ("hostname", host),
            ("vanity", mode),
        ];
        member(name, &annotations)
    };
    let services = [
        led("a", "p", "www.example.com", "dnsendpoint"),
        led("b", "q", "www.example.com", "dnsendpoint"),
        // There is no such zone.
        led("c", "r", "shop.example.com", "azure-dns"),
    ];
    for _ in 0..3 {
        east.run(&services).await;
    }
    api.hears("VanityConflict").await;
    api.hears("VanityFailed").await;
    all_of(east, &api).await;
    api.reasons()
}

async fn not_ours() -> BTreeSet<String> {
    let azure = Azure::start().await;
    let (east, api) = eventful("east", &azure, |_| {}).await;
    let record = json!({
        "dnsName": "a.example.com", "recordType": "CNAME", "targets": ["p.trafficmanager.net"],
        "setIdentifier": "a",
        "labels": {"owner": "west", "resource": "service/default/my-app-a"},
        "providerSpecific": [{"name": "webhook/traffic-manager-enabled", "value": "true"}],
    });
    let (status, _) = east
        .post("/records", json!({"create": [record]}).to_string())
        .await;
    assert_eq!(status, 500);
    all_of(east, &api).await;
    api.reasons()
}
