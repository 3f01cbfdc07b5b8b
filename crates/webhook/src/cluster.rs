//! The Kubernetes cluster, if there is one.

use std::fmt;
use std::sync::Arc;

use kubernetes::ClusterApi;

/// The cluster that this process works for.
#[derive(Clone)]
pub enum Cluster {
    /// Its API server, and the namespace in which objects of ours are made.
    Api {
        /// The API server.
        api: Arc<dyn ClusterApi>,
        /// The namespace.
        namespace: String,
    },
    /// There is none, or none that can be used.
    Absent {
        /// Why, as a clause.
        why: String,
    },
}

impl Default for Cluster {
    fn default() -> Self {
        Self::Absent {
            why: "this process runs in no pod and was given no --kubeconfig".to_owned(),
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api { namespace, .. } => write!(f, "Api({namespace})"),
            Self::Absent { why } => write!(f, "Absent({why})"),
        }
    }
}
