use kubernetes::{ClusterApi as _, Error, ObjectRef};
use test_cluster::TestCluster;

use crate::{NAMESPACE, connect, documented, permitted, shared};

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn without_a_role_every_call_says_which_permission_is_missing() {
    let cluster = shared().await;
    cluster
        .apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: powerless, namespace: external-dns}}")
        .await
        .unwrap();
    let ours = connect(&cluster.account(NAMESPACE, "powerless").await.unwrap()).await;
    let key = kubernetes::DnsEndpointKey {
        namespace: NAMESPACE.to_owned(),
        name: "a".to_owned(),
        uid: None,
    };
    let wanted = kubernetes::DnsEndpoint {
        key: key.clone(),
        labels: std::collections::BTreeMap::new(),
        host: "a.example.com".to_owned(),
        target: "a.trafficmanager.net".to_owned(),
        ttl: None,
    };
    let service = ObjectRef::from_resource("service/default/kubernetes").unwrap();
    let errors = [
        ours.apply_dns_endpoint(&wanted).await.unwrap_err(),
        ours.list_dns_endpoints().await.unwrap_err(),
        ours.list_old_dns_endpoints().await.unwrap_err(),
        ours.delete_dns_endpoint(&key).await.unwrap_err(),
        ours.object(&service).await.unwrap_err(),
        ours.publish(&crate::events::event("service/default/kubernetes"))
            .await
            .unwrap_err(),
    ];
    assert!(errors.iter().all(Error::is_forbidden), "{errors:?}");
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    cannot patch dnsendpoints.externaldns.k8s.io in namespace external-dns: the service account is not allowed to
    cannot list dnsendpoints.externaldns.k8s.io in namespace external-dns: the service account is not allowed to
    cannot list dnsendpoints.externaldns.k8s.io in namespace default: the service account is not allowed to
    cannot delete dnsendpoints.externaldns.k8s.io in namespace external-dns: the service account is not allowed to
    cannot get services in namespace default: the service account is not allowed to
    cannot create events.events.k8s.io in namespace default: the service account is not allowed to
    "#);
}

/// The values for ExternalDNS's chart, beside what the chart itself allows.
#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn the_values_for_the_chart_are_what_is_missing() {
    let document = include_str!("../../../../docs/KUBERNETES.md");
    let values = document.split("```yaml\n").nth(2).unwrap();
    let (_, rules) = values.split_once("additionalPermissions:\n").unwrap();
    let rules = rules.split_once("```").unwrap().0;
    let cluster = shared().await;
    cluster
        .apply(&format!(
            "
{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: chart, namespace: external-dns}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: chart}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: chart}}
subjects:
  - {{kind: ServiceAccount, name: chart, namespace: external-dns}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: chart}}
rules:
    - {{apiGroups: [\"\"], resources: [services], verbs: [get, watch, list]}}
{rules}"
        ))
        .await
        .unwrap();
    let ours = connect(&cluster.account(NAMESPACE, "chart").await.unwrap()).await;
    let service = ObjectRef::from_resource("service/default/kubernetes").unwrap();
    assert!(ours.object(&service).await.unwrap().is_some());
    let event = crate::events::event("service/default/charted");
    ours.publish(&event).await.unwrap();
    ours.publish(&event).await.unwrap();
    let wanted = kubernetes::DnsEndpoint {
        key: kubernetes::DnsEndpointKey {
            namespace: "default".to_owned(),
            name: "charted".to_owned(),
            uid: None,
        },
        labels: std::collections::BTreeMap::from([(
            kubernetes::MANAGED_BY.to_owned(),
            kubernetes::MANAGED_BY_VALUE.to_owned(),
        )]),
        host: "charted.example.com".to_owned(),
        target: "a.trafficmanager.net".to_owned(),
        ttl: None,
    };
    ours.apply_dns_endpoint(&wanted).await.unwrap();
    let listed = ours.list_dns_endpoints().await.unwrap();
    let found = listed.iter().find(|listed| listed.host == wanted.host);
    ours.delete_dns_endpoint(&found.unwrap().key).await.unwrap();
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn without_the_definition_every_call_says_so() {
    let cluster = TestCluster::start().unwrap();
    cluster.apply(&documented()).await.unwrap();
    let ours = permitted(&cluster).await;
    let key = kubernetes::DnsEndpointKey {
        namespace: NAMESPACE.to_owned(),
        name: "a".to_owned(),
        uid: None,
    };
    let route = ObjectRef::from_resource("httproute/default/a").unwrap();
    for error in [
        ours.list_dns_endpoints().await.unwrap_err(),
        ours.delete_dns_endpoint(&key).await.unwrap_err(),
        ours.object(&route).await.unwrap_err(),
    ] {
        assert!(error.is_missing_kind(), "{error:?}");
    }
    // Once it is there, nothing has to be started again.
    cluster.install_dns_endpoints().await.unwrap();
    assert_eq!(ours.list_dns_endpoints().await.unwrap(), []);
    ours.delete_dns_endpoint(&key).await.unwrap();
}

#[tokio::test]
#[ignore = "needs an API server: .ci/run cluster"]
async fn an_object_has_its_uid_and_none_when_it_is_not_there() {
    let cluster = shared().await;
    let ours = permitted(cluster).await;
    let there = ObjectRef::from_resource("service/default/kubernetes").unwrap();
    let meta = ours.object(&there).await.unwrap().unwrap();
    assert_eq!(
        (meta.api_version.as_str(), meta.kind.as_str()),
        ("v1", "Service")
    );
    assert_eq!(meta.uid.len(), 36, "{meta:?}");
    for absent in [
        "service/default/nothing",
        "ingress/nowhere/nothing",
        "node/nothing",
    ] {
        let absent = ObjectRef::from_resource(absent).unwrap();
        assert_eq!(ours.object(&absent).await.unwrap(), None);
    }
}
