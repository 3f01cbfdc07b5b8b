use k8s_openapi::api::events::v1::Event as EventObject;
use kube::api::{Api, ListParams};
use kubernetes::{ClusterApi as _, Event, ObjectMeta, ObjectRef, Severity};

use crate::{permitted, shared};

pub(crate) fn event(resource: &str) -> Event {
    Event {
        regarding: ObjectRef::from_resource(resource).unwrap(),
        meta: None,
        severity: Severity::Warning,
        reason: "EndpointConflict".into(),
        action: "Resolve".into(),
        note: "somebody else has it".to_owned(),
        at: "2026-11-21T10:00:00Z".parse().unwrap(),
    }
}

/// What `kubectl describe` asks for.
async fn seen(
    cluster: &test_cluster::TestCluster,
    namespace: &str,
    name: &str,
) -> Vec<EventObject> {
    let events: Api<EventObject> = Api::namespaced(cluster.admin().await.unwrap(), namespace);
    let about = ListParams::default().fields(&format!("regarding.name={name}"));
    events.list(&about).await.unwrap().items
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn the_same_event_is_one_that_is_counted() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let mut event = event("service/default/counted");
    event.meta = Some(ObjectMeta {
        api_version: "v1".to_owned(),
        kind: "Service".to_owned(),
        uid: "0b9c8e1a-0000-4000-8000-000000000000".to_owned(),
    });
    for hour in 10..13 {
        event.at = format!("2026-11-21T{hour}:00:00.5Z").parse().unwrap();
        ours.publish(&event).await.unwrap();
    }
    let seen = seen(cluster, "default", "counted").await;
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let series = seen[0].series.as_ref().unwrap();
    assert_eq!(series.count, 3);
    assert_eq!(
        series.last_observed_time.0.to_string(),
        "2026-11-21T12:00:00.5Z"
    );
    let regarding = seen[0].regarding.as_ref().unwrap();
    assert_eq!(
        regarding.uid.as_deref(),
        Some("0b9c8e1a-0000-4000-8000-000000000000")
    );
    assert_eq!(seen[0].reporting_instance.as_deref(), Some("pod-1"));
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn whatever_is_said_about_whatever_object_is_taken() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let longest = "a".repeat(253);
    for (resource, namespace, name) in [
        ("node/worker-1", "default", "worker-1"),
        ("httproute/external-dns/app", "external-dns", "app"),
        (
            "crd/external-dns/app.example.com",
            "external-dns",
            "app.example.com",
        ),
        (
            &format!("crd/external-dns/{longest}"),
            "external-dns",
            &longest,
        ),
    ] {
        let mut event = event(resource);
        event.note = "ä".repeat(2000);
        ours.publish(&event).await.unwrap();
        let seen = seen(cluster, namespace, name).await;
        assert_eq!(seen.len(), 1, "{seen:#?}");
        assert_eq!(seen[0].note.as_ref().unwrap().len(), 1023);
    }
    let error = ours
        .publish(&event("service/nowhere/app"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, kubernetes::Error::Refused { .. }),
        "{error:?}"
    );
}
