use std::collections::BTreeMap;

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kubernetes::{
    ClusterApi as _, DnsEndpoint, DnsEndpointKey, MANAGED_BY, MANAGED_BY_VALUE, OWNER,
};
use serde_json::{Value, json};

use crate::{NAMESPACE, permitted, shared};

fn wanted(name: &str) -> DnsEndpoint {
    DnsEndpoint {
        key: DnsEndpointKey {
            namespace: NAMESPACE.to_owned(),
            name: name.to_owned(),
            uid: None,
        },
        labels: BTreeMap::from([
            (MANAGED_BY.to_owned(), MANAGED_BY_VALUE.to_owned()),
            (OWNER.to_owned(), "east".to_owned()),
        ]),
        host: format!("{name}.example.com"),
        target: "my-app-global.trafficmanager.net".to_owned(),
        ttl: Some(60),
    }
}

fn objects(client: Client, namespace: &str) -> Api<DynamicObject> {
    let gvk = GroupVersionKind::gvk("externaldns.k8s.io", "v1alpha1", "DNSEndpoint");
    let resource = ApiResource::from_gvk(&gvk);
    Api::namespaced_with(client, namespace, &resource)
}

/// What another tool writes over our object.
async fn interfere(api: &Api<DynamicObject>, name: &str, body: &Value) {
    let mut body = body.clone();
    body["apiVersion"] = "externaldns.k8s.io/v1alpha1".into();
    body["kind"] = "DNSEndpoint".into();
    let parameters = PatchParams::apply("somebody-else").force();
    api.patch(name, &parameters, &Patch::Apply(&body))
        .await
        .unwrap();
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn it_is_created_followed_and_removed() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let api = objects(cluster.admin().await.unwrap(), NAMESPACE);
    let mut wanted = wanted("followed");
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    let created = api.get("followed").await.unwrap();

    // Applied again, nothing is written: no watcher of this kind wakes up.
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    let again = api.get("followed").await.unwrap();
    assert_eq!(
        again.metadata.resource_version,
        created.metadata.resource_version
    );

    wanted.ttl = None;
    wanted.target = "other.trafficmanager.net".to_owned();
    wanted.labels.insert(OWNER.to_owned(), "west".to_owned());
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    let changed = api.get("followed").await.unwrap();
    assert_eq!(
        changed.data["spec"],
        json!({"endpoints": [{
            "dnsName": "followed.example.com", "recordType": "CNAME",
            "targets": ["other.trafficmanager.net"],
        }]})
    );

    let listed = ours.list_dns_endpoints().await.unwrap();
    let mut found = listed
        .into_iter()
        .find(|listed| listed.key.name == "followed")
        .unwrap();
    assert_eq!(found.key.uid, created.metadata.uid);
    let key = found.key.clone();
    found.key.uid = None;
    assert_eq!(found, wanted);

    ours.delete_dns_endpoint(&key).await.unwrap();
    assert!(api.get_opt("followed").await.unwrap().is_none());
    ours.delete_dns_endpoint(&key).await.unwrap();
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn what_somebody_else_wrote_over_is_taken_back_and_what_they_added_stays() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let api = objects(cluster.admin().await.unwrap(), NAMESPACE);
    let wanted = wanted("contested");
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    interfere(
        &api,
        "contested",
        &json!({
            "metadata": {"labels": {"team": "shop", OWNER: "nobody"}},
            "spec": {"endpoints": [{
                "dnsName": "contested.example.com", "recordType": "CNAME", "targets": ["elsewhere.example.net"],
            }]},
        }),
    )
    .await;
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    let object = api.get("contested").await.unwrap();
    let labels = object.metadata.labels.unwrap();
    assert_eq!(labels[OWNER], "east");
    assert_eq!(labels["team"], "shop");
    assert_eq!(
        object.data["spec"]["endpoints"][0]["targets"],
        json!(["my-app-global.trafficmanager.net"])
    );
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn an_object_that_was_made_again_is_not_deleted() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let api = objects(cluster.admin().await.unwrap(), NAMESPACE);
    let wanted = wanted("replaced");
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    let mut key = wanted.key.clone();
    key.uid = api.get("replaced").await.unwrap().metadata.uid;
    api.delete("replaced", &kube::api::DeleteParams::default())
        .await
        .unwrap();
    ours.apply_dns_endpoint(&wanted).await.unwrap();

    let error = ours.delete_dns_endpoint(&key).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    assert!(api.get_opt("replaced").await.unwrap().is_some());
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn what_the_api_does_not_take_is_a_refusal() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let mut wanted = wanted("Upper_Case");
    let error = ours.apply_dns_endpoint(&wanted).await.unwrap_err();
    assert!(
        matches!(error, kubernetes::Error::Refused { .. }),
        "{error:?}"
    );
    // A namespace that does not exist is no missing definition.
    let admin = crate::KubeCluster::new(
        cluster.admin().await.unwrap(),
        kubernetes::Options::default(),
    );
    wanted.key.name = "lower".to_owned();
    wanted.key.namespace = "nowhere".to_owned();
    let error = admin.apply_dns_endpoint(&wanted).await.unwrap_err();
    assert!(
        matches!(error, kubernetes::Error::Refused { .. }),
        "{error:?}"
    );
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn what_the_proof_of_concept_left_can_be_removed_with_a_role_in_default() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let error = ours.list_old_dns_endpoints().await.unwrap_err();
    assert!(error.is_forbidden(), "{error:?}");

    cluster
        .apply(
            "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: old, namespace: default}
rules:
  - {apiGroups: [externaldns.k8s.io], resources: [dnsendpoints], verbs: [list, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: old, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: old}
subjects:
  - {kind: ServiceAccount, name: external-dns-traffic-manager, namespace: external-dns}
---
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata: {name: my-app.example.com-tm-cname, namespace: default}
spec:
  endpoints:
    - {dnsName: my-app.example.com, recordType: CNAME, targets: [my-app.trafficmanager.net], recordTTL: 300}
---
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata: {name: somebody-elses, namespace: default}
spec:
  endpoints:
    - {dnsName: other.example.com, recordType: CNAME, targets: [other.example.net]}
",
        )
        .await
        .unwrap();
    let old = ours.list_old_dns_endpoints().await.unwrap();
    let hosts: Vec<_> = old.iter().map(|old| old.host.as_str()).collect();
    assert_eq!(hosts, ["my-app.example.com"]);
    for old in &old {
        ours.delete_dns_endpoint(&old.key).await.unwrap();
    }
    assert_eq!(ours.list_old_dns_endpoints().await.unwrap(), []);
}
