//! What is sent to an API server, and what its answers mean. The same against a real one: `conformance/cluster`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use insta::assert_snapshot;
use kube::Client;
use kube::client::Body;
use kubernetes::{
    ClusterApi as _, DnsEndpoint, DnsEndpointKey, Error, Event, KubeCluster, ObjectMeta, ObjectRef,
    Options, Severity,
};
use serde_json::{Value, json};
use tower::service_fn;

type Answer = (u16, Value);

/// What was sent, one line a request: method, path with query, body.
#[derive(Default)]
struct Sent(Mutex<Vec<String>>);

impl Sent {
    fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// A cluster whose API server gives these answers, one after the other.
fn cluster(answers: &[Answer]) -> (KubeCluster, Arc<Sent>) {
    let sent = Arc::new(Sent::default());
    let mut answers = answers.to_vec();
    answers.reverse();
    let answers = Arc::new(Mutex::new(answers));
    let recorder = Arc::clone(&sent);
    let service = service_fn(move |request: Request<Body>| {
        let (sent, answers) = (Arc::clone(&recorder), Arc::clone(&answers));
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let mut line = format!("{} {}", parts.method, parts.uri);
            if !body.is_empty() {
                line = format!("{line} {}", String::from_utf8_lossy(&body));
            }
            sent.0.lock().unwrap().push(line);
            let (status, body) = answers.lock().unwrap().pop().unwrap();
            // A path that no API serves is answered in plain text.
            let body = match body {
                Value::String(text) => text,
                body => body.to_string(),
            };
            let answer = Response::builder().status(status);
            Ok::<_, Infallible>(answer.body(Body::from(body.into_bytes())).unwrap())
        }
    });
    let cluster = KubeCluster::new(Client::new(service, "edtm"), Options::default());
    (cluster, sent)
}

fn status(code: u16, reason: &str, message: &str, details: &Value) -> Answer {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "details": details, "code": code,
    });
    (code, body)
}

fn forbidden() -> Answer {
    let message = "dnsendpoints.externaldns.k8s.io is forbidden: User \"system:serviceaccount:edtm:edtm\" cannot list";
    let details = json!({"group": "externaldns.k8s.io", "kind": "dnsendpoints"});
    status(403, "Forbidden", message, &details)
}

fn no_such_path() -> Answer {
    (404, json!("404 page not found\n"))
}

fn absent(plural: &str, name: &str) -> Answer {
    let message = format!("{plural} \"{name}\" not found");
    status(
        404,
        "NotFound",
        &message,
        &json!({"name": name, "kind": plural}),
    )
}

fn list(items: &[Value]) -> Answer {
    let body = json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpointList",
        "metadata": {"resourceVersion": "1"}, "items": items,
    });
    (200, body)
}

fn object(namespace: &str, name: &str, labels: &Value) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"namespace": namespace, "name": name, "uid": "u-1", "labels": labels},
        "spec": {"endpoints": [{
            "dnsName": "my-app.example.com", "recordType": "CNAME",
            "targets": ["my-app-global.trafficmanager.net"], "recordTTL": 60,
        }]},
    })
}

fn wanted() -> DnsEndpoint {
    DnsEndpoint {
        key: key(None),
        labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        host: "my-app.example.com".to_owned(),
        target: "my-app-global.trafficmanager.net".to_owned(),
        ttl: None,
    }
}

fn key(uid: Option<&str>) -> DnsEndpointKey {
    DnsEndpointKey {
        namespace: "dns".to_owned(),
        name: "my-app".to_owned(),
        uid: uid.map(str::to_owned),
    }
}

fn event() -> Event {
    Event {
        regarding: ObjectRef::from_resource("service/shop/my-app").unwrap(),
        meta: None,
        severity: Severity::Normal,
        reason: "MemberCreated".into(),
        action: "Create".into(),
        note: "created".to_owned(),
        at: "2026-11-21T10:00:00Z".parse().unwrap(),
    }
}

/// The error with its causes, as logs show it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn it_applies_by_server_side_apply_with_force() {
    let (cluster, sent) = cluster(&[(200, object("dns", "my-app", &json!({})))]);
    cluster.apply_dns_endpoint(&wanted()).await.unwrap();
    assert_snapshot!(sent.text(), @r#"PATCH /apis/externaldns.k8s.io/v1alpha1/namespaces/dns/dnsendpoints/my-app?&force=true&fieldManager=external-dns-traffic-manager {"apiVersion":"externaldns.k8s.io/v1alpha1","kind":"DNSEndpoint","metadata":{"labels":{"a":"b"},"name":"my-app","namespace":"dns"},"spec":{"endpoints":[{"dnsName":"my-app.example.com","recordType":"CNAME","targets":["my-app-global.trafficmanager.net"]}]}}"#);
}

#[tokio::test]
async fn a_missing_definition_a_missing_namespace_and_a_missing_permission_are_told_apart() {
    let no_namespace = absent("namespaces", "dns");
    let terminating = status(
        403,
        "Forbidden",
        "unable to create new content in namespace dns because it is being terminated",
        &json!({"name": "my-app", "causes": [{"reason": "NamespaceTerminating"}]}),
    );
    let conflict = status(
        409,
        "Conflict",
        "the object has been modified",
        &json!({"name": "my-app"}),
    );
    let mut texts = Vec::new();
    for (answer, missing_kind, is_forbidden, is_conflict) in [
        (no_such_path(), true, false, false),
        (no_namespace, false, false, false),
        (forbidden(), false, true, false),
        (terminating, false, false, false),
        (conflict, false, false, true),
    ] {
        let (cluster, _) = cluster(&[answer]);
        let error = cluster.apply_dns_endpoint(&wanted()).await.unwrap_err();
        assert_eq!(error.is_missing_kind(), missing_kind, "{error}");
        assert_eq!(error.is_forbidden(), is_forbidden, "{error}");
        assert_eq!(error.is_conflict(), is_conflict, "{error}");
        texts.push(chain(&error));
    }
    assert_snapshot!(texts.join("\n"), @r#"
    cannot patch dnsendpoints.externaldns.k8s.io in namespace dns: this cluster has no such kind of object: 404 page not found
    cannot patch dnsendpoints.externaldns.k8s.io in namespace dns: the API server refused: namespaces "dns" not found
    cannot patch dnsendpoints.externaldns.k8s.io in namespace dns: the service account is not allowed to: dnsendpoints.externaldns.k8s.io is forbidden: User "system:serviceaccount:edtm:edtm" cannot list
    cannot patch dnsendpoints.externaldns.k8s.io in namespace dns: the API server refused: unable to create new content in namespace dns because it is being terminated
    cannot patch dnsendpoints.externaldns.k8s.io in namespace dns: somebody else has changed or replaced the object: the object has been modified
    "#);
}

#[tokio::test]
async fn it_lists_all_namespaces_or_else_its_own() {
    let labelled = object("dns", "my-app", &json!({"x": "y"}));
    let (everywhere, sent) = cluster(&[list(std::slice::from_ref(&labelled))]);
    let found = everywhere.list_dns_endpoints().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].key, key(Some("u-1")));
    assert_eq!(found[0].host, "my-app.example.com");
    assert_eq!(found[0].target, "my-app-global.trafficmanager.net");
    assert_eq!(found[0].ttl, Some(60));
    assert_eq!(found[0].labels["x"], "y");
    assert_snapshot!(sent.text(), @r#"GET /apis/externaldns.k8s.io/v1alpha1/dnsendpoints?&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dexternal-dns-traffic-manager"#);

    let (one, sent) = cluster(&[forbidden(), list(&[labelled])]);
    assert_eq!(one.list_dns_endpoints().await.unwrap(), found);
    assert_snapshot!(sent.text(), @r#"
    GET /apis/externaldns.k8s.io/v1alpha1/dnsendpoints?&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dexternal-dns-traffic-manager
    GET /apis/externaldns.k8s.io/v1alpha1/namespaces/edtm/dnsendpoints?&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dexternal-dns-traffic-manager
    "#);

    let (none, _) = cluster(&[forbidden(), forbidden()]);
    let error = none.list_dns_endpoints().await.unwrap_err();
    assert!(error.is_forbidden());
    assert_snapshot!(error, @r#"cannot list dnsendpoints.externaldns.k8s.io in namespace edtm: the service account is not allowed to"#);
}

#[tokio::test]
async fn what_the_proof_of_concept_left_is_told_by_its_name() {
    let ours = json!({"app.kubernetes.io/managed-by": "external-dns-traffic-manager"});
    let (cluster, sent) = cluster(&[list(&[
        object("default", "my-app.example.com-tm-cname", &json!({})),
        object("default", "somebody-elses", &json!({})),
        object("default", "ours-tm-cname", &ours),
    ])]);
    let found = cluster.list_old_dns_endpoints().await.unwrap();
    let names: Vec<_> = found.iter().map(|found| found.key.name.as_str()).collect();
    assert_eq!(names, ["my-app.example.com-tm-cname"]);
    assert_snapshot!(sent.text(), @r#"GET /apis/externaldns.k8s.io/v1alpha1/namespaces/default/dnsendpoints?"#);
}

#[tokio::test]
async fn it_deletes_the_object_that_it_has_read_and_no_other() {
    let (there, sent) = cluster(&[
        (200, object("dns", "my-app", &json!({}))),
        absent("dnsendpoints", "my-app"),
    ]);
    there.delete_dns_endpoint(&key(Some("u-1"))).await.unwrap();
    there.delete_dns_endpoint(&key(None)).await.unwrap();
    assert_snapshot!(sent.text(), @r#"
    DELETE /apis/externaldns.k8s.io/v1alpha1/namespaces/dns/dnsendpoints/my-app? {"preconditions":{"uid":"u-1"}}
    DELETE /apis/externaldns.k8s.io/v1alpha1/namespaces/dns/dnsendpoints/my-app? {}
    "#);

    let other = status(
        409,
        "Conflict",
        "Precondition failed: UID in precondition: u-1, UID in object meta: u-2",
        &json!({"name": "my-app", "kind": "dnsendpoints"}),
    );
    let (replaced, _) = cluster(&[other]);
    let error = replaced
        .delete_dns_endpoint(&key(Some("u-1")))
        .await
        .unwrap_err();
    assert!(error.is_conflict(), "{error}");

    // Without the definition there can be no object, but that is for the caller to say.
    let (unknown, _) = cluster(&[no_such_path()]);
    let error = unknown.delete_dns_endpoint(&key(None)).await.unwrap_err();
    assert!(error.is_missing_kind(), "{error}");
}

#[tokio::test]
async fn an_object_is_looked_up_in_the_version_that_the_cluster_has() {
    let route = ObjectRef::from_resource("tlsroute/shop/my-app").unwrap();
    let found = json!({
        "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
        "metadata": {"name": "my-app", "uid": "u-9"},
    });
    let (old, sent) = cluster(&[no_such_path(), (200, found)]);
    let meta = old.object(&route).await.unwrap().unwrap();
    assert_eq!(
        meta,
        ObjectMeta {
            api_version: "gateway.networking.k8s.io/v1alpha3".to_owned(),
            kind: "TLSRoute".to_owned(),
            uid: "u-9".to_owned(),
        }
    );
    assert_snapshot!(sent.text(), @r#"
    GET /apis/gateway.networking.k8s.io/v1/namespaces/shop/tlsroutes/my-app
    GET /apis/gateway.networking.k8s.io/v1alpha3/namespaces/shop/tlsroutes/my-app
    "#);

    let (gone, _) = cluster(&[absent("tlsroutes", "my-app")]);
    assert_eq!(gone.object(&route).await.unwrap(), None);

    let (never, _) = cluster(&[no_such_path(), no_such_path(), no_such_path()]);
    let error = never.object(&route).await.unwrap_err();
    assert!(error.is_missing_kind(), "{error}");
}

#[tokio::test]
async fn an_event_that_is_there_is_counted() {
    let there = || status(409, "AlreadyExists", "it exists", &json!({"name": "x"}));
    let stored = |series: Value| {
        let mut body = json!({
            "apiVersion": "events.k8s.io/v1", "kind": "Event",
            "metadata": {"name": "x", "namespace": "shop"},
            "eventTime": "2026-11-21T09:00:00.000000Z",
        });
        if !series.is_null() {
            body["series"] = series;
        }
        (200, body)
    };
    let (cluster, sent) = cluster(&[
        stored(Value::Null),
        there(),
        stored(Value::Null),
        stored(Value::Null),
        there(),
        stored(json!({"count": 2, "lastObservedTime": "2026-11-21T09:30:00.000000Z"})),
        stored(Value::Null),
    ]);
    for _ in 0..3 {
        cluster.publish(&event()).await.unwrap();
    }
    let lines = sent.text();
    let mut lines: Vec<_> = lines
        .lines()
        .map(|line| line.split_once(" {").map_or(line, |(line, _)| line))
        .collect();
    lines.dedup();
    assert_snapshot!(lines.join("\n"), @r#"
    POST /apis/events.k8s.io/v1/namespaces/shop/events?
    GET /apis/events.k8s.io/v1/namespaces/shop/events/my-app.06b16de3a5d00b31
    PATCH /apis/events.k8s.io/v1/namespaces/shop/events/my-app.06b16de3a5d00b31?
    POST /apis/events.k8s.io/v1/namespaces/shop/events?
    GET /apis/events.k8s.io/v1/namespaces/shop/events/my-app.06b16de3a5d00b31
    PATCH /apis/events.k8s.io/v1/namespaces/shop/events/my-app.06b16de3a5d00b31?
    "#);
    let series: Vec<_> = sent
        .text()
        .lines()
        .filter(|line| line.starts_with("PATCH"))
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect();
    assert_snapshot!(series.join("\n"), @r#"
    {"series":{"count":2,"lastObservedTime":"2026-11-21T10:00:00.000000Z"}}
    {"series":{"count":3,"lastObservedTime":"2026-11-21T10:00:00.000000Z"}}
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_has_an_end() {
    let service =
        service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
    let options = Options {
        timeout: Duration::from_secs(5),
        ..Options::default()
    };
    let cluster = KubeCluster::new(Client::new(service, "edtm"), options);
    let error = cluster.publish(&event()).await.unwrap_err();
    assert_snapshot!(error, @r#"cannot create events.events.k8s.io in namespace shop: no answer within 5 s"#);
    let error = cluster.list_dns_endpoints().await.unwrap_err();
    assert!(!error.is_forbidden() && !error.is_missing_kind());
}
