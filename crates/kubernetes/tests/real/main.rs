//! The crate against a real API server, with the permissions that `docs/KUBERNETES.md` gives.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

mod admission;
mod dns_endpoints;
mod events;
mod permissions;

use std::path::Path;

use kubernetes::{KubeCluster, Options};
use test_cluster::TestCluster;
use tokio::sync::OnceCell;

const NAMESPACE: &str = "external-dns";
const ACCOUNT: &str = "external-dns-traffic-manager";

/// One for all tests that do not mind each other's objects: with `DNSEndpoint`, and the manifests of the document.
async fn shared() -> &'static TestCluster {
    static SHARED: OnceCell<TestCluster> = OnceCell::const_new();
    SHARED
        .get_or_init(|| async {
            let cluster = TestCluster::start().unwrap();
            cluster.install_dns_endpoints().await.unwrap();
            cluster.apply(&documented()).await.unwrap();
            cluster
        })
        .await
}

/// The manifests of the document.
fn documented() -> String {
    let document = include_str!("../../../../docs/KUBERNETES.md");
    let (_, rest) = document.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

async fn connect(kubeconfig: &Path) -> KubeCluster {
    let options = Options {
        instance: "pod-1".to_owned(),
        ..Options::default()
    };
    KubeCluster::detect(Some(kubeconfig), options)
        .await
        .unwrap()
        .unwrap()
}

/// What a pod with the documented permissions has.
async fn permitted(cluster: &TestCluster) -> KubeCluster {
    connect(&cluster.account(NAMESPACE, ACCOUNT).await.unwrap()).await
}
