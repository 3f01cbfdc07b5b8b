//! The part of a Kubernetes Service that ExternalDNS looks at.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// A Service, read from a manifest or put together by hand.
///
/// The JSON and YAML forms are Kubernetes' own, so a manifest deserializes as it
/// is. What is not needed here is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Manifest")]
pub struct Service {
    /// The namespace; `default` where the manifest gives none.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The annotations, by full key.
    pub annotations: BTreeMap<String, String>,
    /// `spec.type`: `LoadBalancer`, `ClusterIP`, `ExternalName` or `NodePort`.
    pub service_type: String,
    /// `spec.clusterIP`; `None` or `"None"` for a headless Service.
    pub cluster_ip: Option<String>,
    /// `spec.externalIPs`, which take the place of the load balancer's addresses.
    pub external_ips: Vec<String>,
    /// `spec.externalName`
    pub external_name: String,
    /// `status.loadBalancer.ingress`; empty while the load balancer is pending.
    pub load_balancer: Vec<LoadBalancerIngress>,
}

/// One address of a load balancer. Both fields may be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LoadBalancerIngress {
    /// An IP address, or empty.
    pub ip: String,
    /// A name, or empty.
    pub hostname: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    spec: Spec,
    #[serde(deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    namespace: Option<String>,
    name: String,
    #[serde(deserialize_with = "or_default")]
    annotations: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    #[serde(rename = "type")]
    service_type: Option<String>,
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<String>,
    #[serde(rename = "externalIPs", deserialize_with = "or_default")]
    external_ips: Vec<String>,
    #[serde(rename = "externalName")]
    external_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    #[serde(deserialize_with = "or_default")]
    load_balancer: LoadBalancerStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoadBalancerStatus {
    #[serde(deserialize_with = "or_default")]
    ingress: Vec<LoadBalancerIngress>,
}

// === impl Service ===

impl Service {
    /// A Service of type `LoadBalancer` without annotations and addresses.
    pub fn load_balancer(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            annotations: BTreeMap::new(),
            service_type: "LoadBalancer".to_owned(),
            cluster_ip: None,
            external_ips: Vec::new(),
            external_name: String::new(),
            load_balancer: Vec::new(),
        }
    }

    /// The same Service with an annotation added or replaced.
    #[must_use]
    pub fn with_annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// The same Service with one more IP address of its load balancer.
    #[must_use]
    pub fn with_ip(mut self, ip: impl Into<String>) -> Self {
        self.load_balancer.push(LoadBalancerIngress {
            ip: ip.into(),
            hostname: String::new(),
        });
        self
    }

    /// How ExternalDNS names the Service in [`labels::RESOURCE`](crate::labels::RESOURCE).
    pub fn resource(&self) -> String {
        format!("service/{}/{}", self.namespace, self.name)
    }
}

impl From<Manifest> for Service {
    fn from(manifest: Manifest) -> Self {
        let Manifest {
            metadata,
            spec,
            status,
        } = manifest;
        Self {
            namespace: metadata
                .namespace
                .filter(|namespace| !namespace.is_empty())
                .unwrap_or_else(|| "default".to_owned()),
            name: metadata.name,
            annotations: metadata.annotations,
            service_type: spec.service_type.unwrap_or_else(|| "ClusterIP".to_owned()),
            cluster_ip: spec.cluster_ip,
            external_ips: spec.external_ips,
            external_name: spec.external_name,
            load_balancer: status.load_balancer.ingress,
        }
    }
}

/// Reads `null`, which YAML has for a key without a value, as the default.
fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
