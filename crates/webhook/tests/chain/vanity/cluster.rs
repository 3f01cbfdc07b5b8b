//! An API server in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kubernetes::{
    ClusterApi, DnsEndpoint, DnsEndpointKey, Error, Event, ObjectMeta, ObjectRef, Operation, Verb,
};
use webhook::cluster::Cluster as KubernetesCluster;

/// What the API server holds, and what it refuses.
#[derive(Debug, Default)]
pub(super) struct Objects {
    held: Mutex<BTreeMap<(String, String), DnsEndpoint>>,
    trouble: Mutex<Option<Trouble>>,
    /// Held by a test that keeps lists waiting.
    pub(super) slow: tokio::sync::Mutex<()>,
    asked: AtomicU64,
    lists: AtomicU64,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The CRD is not installed.
    NoKind,
    /// The service account has no permission.
    NoPermission,
}

// === impl Objects ===

impl Objects {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The cluster with this API server.
    pub(super) fn cluster(self: &Arc<Self>) -> KubernetesCluster {
        KubernetesCluster::Api {
            api: Arc::clone(self) as _,
            namespace: "dns".to_owned(),
        }
    }

    pub(super) fn trouble(&self, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap() = trouble;
    }

    /// How often somebody has begun to look.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// How often somebody has looked.
    pub(super) fn lists(&self) -> u64 {
        self.lists.load(Ordering::SeqCst)
    }

    /// Host and target of every object, in order of their names.
    pub(super) fn records(&self) -> Vec<(String, String)> {
        let held = self.held.lock().unwrap();
        held.values()
            .map(|object| (object.host.clone(), object.target.clone()))
            .collect()
    }

    /// What somebody else does.
    pub(super) fn put(&self, object: DnsEndpoint) {
        let place = (object.key.namespace.clone(), object.key.name.clone());
        self.held.lock().unwrap().insert(place, object);
    }

    pub(super) fn all(&self) -> Vec<DnsEndpoint> {
        self.held.lock().unwrap().values().cloned().collect()
    }

    fn check(&self, verb: Verb) -> Result<(), Error> {
        let operation = Operation {
            verb,
            resource: "dnsendpoints.externaldns.k8s.io".to_owned(),
            namespace: Some("dns".to_owned()),
        };
        match *self.trouble.lock().unwrap() {
            None => Ok(()),
            Some(Trouble::NoKind) => Err(Error::MissingKind {
                operation,
                source: "404 page not found".into(),
            }),
            Some(Trouble::NoPermission) => Err(Error::Forbidden {
                operation,
                source: "the account may not".into(),
            }),
        }
    }
}

#[async_trait]
impl ClusterApi for Objects {
    async fn apply_dns_endpoint(&self, wanted: &DnsEndpoint) -> Result<(), Error> {
        self.check(Verb::Patch)?;
        let mut object = wanted.clone();
        object.key.uid = Some(object.key.name.clone());
        self.put(object);
        Ok(())
    }

    async fn list_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        drop(self.slow.lock().await);
        self.lists.fetch_add(1, Ordering::SeqCst);
        self.check(Verb::List)?;
        let ours = |object: &DnsEndpoint| object.labels.contains_key(kubernetes::MANAGED_BY);
        Ok(self.all().into_iter().filter(ours).collect())
    }

    async fn list_old_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        self.check(Verb::List)?;
        let old = |object: &DnsEndpoint| object.key.name.ends_with("-tm-cname");
        Ok(self.all().into_iter().filter(old).collect())
    }

    async fn delete_dns_endpoint(&self, at: &DnsEndpointKey) -> Result<(), Error> {
        self.check(Verb::Delete)?;
        let place = (at.namespace.clone(), at.name.clone());
        self.held.lock().unwrap().remove(&place);
        Ok(())
    }

    async fn object(&self, _: &ObjectRef) -> Result<Option<ObjectMeta>, Error> {
        Ok(None)
    }

    async fn publish(&self, _: &Event) -> Result<(), Error> {
        Ok(())
    }
}
