//! Where the cluster is found, and what is said when it cannot be used.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

use std::error::Error as _;
use std::path::PathBuf;

use kubernetes::{KubeCluster, Options, Source};

/// A file that goes with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("edtm-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: here, context: {cluster: c, user: u, namespace: dns}}]
";

#[tokio::test]
async fn a_file_that_is_named_is_used() {
    let file = File::new("good", KUBECONFIG);
    let found = Source::find(Some(&file.0));
    assert_eq!(found, Some(Source::Kubeconfig(file.0.clone())));
    let cluster = KubeCluster::detect(Some(&file.0), Options::default());
    let cluster = cluster.await.unwrap().unwrap();
    assert_eq!(cluster.namespace(), "dns");
    let options = Options {
        namespace: Some("other".to_owned()),
        ..Options::default()
    };
    let cluster = KubeCluster::detect(Some(&file.0), options);
    assert_eq!(cluster.await.unwrap().unwrap().namespace(), "other");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let nobodys = KUBECONFIG.replace("current-context: here", "current-context: there");
    let nobodys = File::new("nobodys", &nobodys);
    let broken = File::new("broken", "{");
    for path in [&nobodys.0, &broken.0, &PathBuf::from("/nonexistent/config")] {
        let error = KubeCluster::detect(Some(path), Options::default());
        let error = error.await.err().unwrap();
        let expected = format!("the kubeconfig {} cannot be used", path.display());
        assert_eq!(error.to_string(), expected);
        assert!(error.source().is_some());
    }
}

/// The tests run in no pod, and the kubeconfig of whoever runs them is none of ours.
#[tokio::test]
async fn elsewhere_there_is_no_cluster() {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        let cluster = KubeCluster::detect(None, Options::default()).await;
        assert!(!matches!(cluster, Ok(None)));
        return;
    }
    let cluster = KubeCluster::detect(None, Options::default()).await;
    assert!(cluster.unwrap().is_none());
}
