//! Where the cluster is.

use std::env;
use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};

/// Where the cluster's address and credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The service account of the pod that this process runs in.
    ServiceAccount,
    /// A file, which somebody has named.
    Kubeconfig(PathBuf),
}

/// There is a cluster, and it cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectError {
    /// The pod has no usable service account token: `automountServiceAccountToken: false`, mostly.
    #[error("this pod's service account cannot be used")]
    ServiceAccount(#[source] InClusterError),
    /// The file cannot be used.
    #[error("the kubeconfig {} cannot be used", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: KubeconfigError,
    },
    /// TLS cannot be set up with what the source says.
    #[error("the connection to the API server cannot be set up")]
    Client(#[source] Box<kube::Error>),
}

// === impl Source ===

impl Source {
    /// The file that somebody has named, else the service account of a pod, else none. The kubeconfig that happens to be
    /// in a person's home directory is never used: it names whichever cluster they last worked with.
    pub fn find(kubeconfig: Option<&Path>) -> Option<Self> {
        match kubeconfig {
            Some(path) => Some(Self::Kubeconfig(path.to_owned())),
            None => env::var_os("KUBERNETES_SERVICE_HOST").map(|_| Self::ServiceAccount),
        }
    }

    pub(crate) async fn config(&self) -> Result<Config, DetectError> {
        let mut config = match self {
            Self::ServiceAccount => Config::incluster().map_err(DetectError::ServiceAccount)?,
            Self::Kubeconfig(path) => {
                let failed = |source| DetectError::Kubeconfig {
                    path: path.clone(),
                    source,
                };
                let file = Kubeconfig::read_from(path).map_err(failed)?;
                Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                    .await
                    .map_err(failed)?
            }
        };
        // Whoever calls tries again in the next loop; a call that repeats itself would only hold up that loop.
        config.default_retry = false;
        Ok(config)
    }
}
