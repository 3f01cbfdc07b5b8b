//! [`ClusterApi`] over HTTP.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::events::v1::Event as EventObject;
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams,
    Preconditions,
};
use serde_json::json;
use tokio::time::timeout;

use crate::error::{is_absent, is_there_already};
use crate::{
    ClusterApi, DetectError, DnsEndpoint, DnsEndpointKey, Error, Event, MANAGED_BY,
    MANAGED_BY_VALUE, NAME, ObjectMeta, ObjectRef, Operation, Source, Verb,
};

const DNS_ENDPOINTS: &str = "dnsendpoints.externaldns.k8s.io";
const EVENTS: &str = "events.events.k8s.io";

/// Where the proof of concept put its objects.
const OLD_NAMESPACE: &str = "default";

/// How a cluster is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where our objects are looked for when not all namespaces may be read; `None` for the namespace of the pod, or of
    /// the kubeconfig's context.
    pub namespace: Option<String>,
    /// Which of several processes this is: the name of the pod. Events name it.
    pub instance: String,
    /// How long one call may take.
    pub timeout: Duration,
}

/// A cluster, by its API server.
#[derive(Clone)]
pub struct KubeCluster {
    client: Client,
    namespace: String,
    instance: String,
    timeout: Duration,
}

// === impl Options ===

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: None,
            instance: NAME.to_owned(),
            timeout: Duration::from_secs(5),
        }
    }
}

// === impl KubeCluster ===

impl KubeCluster {
    /// The cluster that this process belongs to, or that `kubeconfig` names; `None` when there is neither. Nothing is
    /// sent.
    pub async fn detect(
        kubeconfig: Option<&Path>,
        options: Options,
    ) -> Result<Option<Self>, DetectError> {
        match Source::find(kubeconfig) {
            Some(source) => Self::connect(&source, options).await.map(Some),
            None => Ok(None),
        }
    }

    /// The cluster of a source. Nothing is sent.
    pub async fn connect(source: &Source, options: Options) -> Result<Self, DetectError> {
        let config = source.config().await?;
        let client =
            Client::try_from(config).map_err(|error| DetectError::Client(Box::new(error)))?;
        Ok(Self::new(client, options))
    }

    /// A cluster by a client that exists.
    pub fn new(client: Client, options: Options) -> Self {
        Self {
            namespace: options
                .namespace
                .unwrap_or_else(|| client.default_namespace().to_owned()),
            client,
            instance: options.instance,
            timeout: options.timeout,
        }
    }

    /// The configured namespace, or that of the pod, or of the kubeconfig's context.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    fn dns_endpoints(&self, namespace: Option<&str>) -> Api<DynamicObject> {
        self.api(&DnsEndpoint::resource(), namespace)
    }

    fn api(&self, resource: &ApiResource, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, resource),
            None => Api::all_with(self.client.clone(), resource),
        }
    }

    /// One call, bounded: `Ok(Err(…))` is an answer.
    async fn answer<T>(
        &self,
        operation: &Operation,
        call: impl Future<Output = kube::Result<T>>,
    ) -> Result<kube::Result<T>, Error> {
        tracing::trace!(%operation, "calling the API server");
        timeout(self.timeout, call)
            .await
            .map_err(|_| Error::TimedOut {
                operation: operation.clone(),
                after: self.timeout,
            })
    }

    /// One call, bounded.
    async fn call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, Error> {
        let answer = self.answer(&operation, call).await?;
        answer.map_err(|error| Error::new(operation, error))
    }

    /// One call that may find nothing.
    async fn find<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = kube::Result<T>>,
    ) -> Result<Option<T>, Error> {
        match self.answer(&operation, call).await? {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(Error::new(operation, error)),
        }
    }

    async fn list(
        &self,
        namespace: Option<&str>,
        parameters: &ListParams,
    ) -> Result<Vec<DnsEndpoint>, Error> {
        let operation = Operation::new(Verb::List, DNS_ENDPOINTS, namespace);
        let api = self.dns_endpoints(namespace);
        let objects = self.call(operation, api.list(parameters)).await?;
        Ok(objects.iter().map(DnsEndpoint::from_object).collect())
    }

    /// The Event is there already: it is counted.
    async fn count(&self, event: &Event) -> Result<(), Error> {
        let (name, namespace) = (event.name(), event.namespace());
        let api: Api<EventObject> = Api::namespaced(self.client.clone(), namespace);
        let operation = |verb| Operation::new(verb, EVENTS, Some(namespace));
        let Some(found) = self.find(operation(Verb::Get), api.get(&name)).await? else {
            // It has just expired; it was shown for as long as the cluster keeps Events.
            return Ok(());
        };
        let count = found.series.map_or(1, |series| series.count);
        let series = json!({
            "series": {
                "count": count.saturating_add(1),
                "lastObservedTime": k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime(event.at),
            }
        });
        let parameters = PatchParams::default();
        let patch = Patch::Merge(&series);
        self.find(
            operation(Verb::Patch),
            api.patch(&name, &parameters, &patch),
        )
        .await?;
        Ok(())
    }
}

#[async_trait]
impl ClusterApi for KubeCluster {
    async fn apply_dns_endpoint(&self, wanted: &DnsEndpoint) -> Result<(), Error> {
        let namespace = Some(wanted.key.namespace.as_str());
        let operation = Operation::new(Verb::Patch, DNS_ENDPOINTS, namespace);
        let api = self.dns_endpoints(namespace);
        let parameters = PatchParams::apply(NAME).force();
        let patch = Patch::Apply(wanted.to_apply());
        self.call(operation, api.patch(&wanted.key.name, &parameters, &patch))
            .await?;
        Ok(())
    }

    async fn list_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        let ours = ListParams::default().labels(&format!("{MANAGED_BY}={MANAGED_BY_VALUE}"));
        match self.list(None, &ours).await {
            Err(error) if error.is_forbidden() => self.list(Some(&self.namespace), &ours).await,
            listed => listed,
        }
    }

    async fn list_old_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error> {
        let mut found = self
            .list(Some(OLD_NAMESPACE), &ListParams::default())
            .await?;
        found.retain(DnsEndpoint::is_of_proof_of_concept);
        Ok(found)
    }

    async fn delete_dns_endpoint(&self, at: &DnsEndpointKey) -> Result<(), Error> {
        let namespace = Some(at.namespace.as_str());
        let operation = Operation::new(Verb::Delete, DNS_ENDPOINTS, namespace);
        let api = self.dns_endpoints(namespace);
        let parameters = DeleteParams {
            preconditions: at.uid.clone().map(|uid| Preconditions {
                resource_version: None,
                uid: Some(uid),
            }),
            ..DeleteParams::default()
        };
        self.find(operation, api.delete(&at.name, &parameters))
            .await?;
        Ok(())
    }

    async fn object(&self, object: &ObjectRef) -> Result<Option<ObjectMeta>, Error> {
        let namespace = Some(object.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let operation = || Operation::new(Verb::Get, object.kind.resource(), namespace);
        let mut found = Ok(None);
        for resource in object.kind.versions() {
            let api = self.api(&resource, namespace);
            found = self
                .find(operation(), api.get_metadata(&object.name))
                .await
                .map(|answer| {
                    answer.map(|read| ObjectMeta {
                        api_version: resource.api_version.clone(),
                        kind: resource.kind.clone(),
                        uid: read.metadata.uid.unwrap_or_default(),
                    })
                });
            if !matches!(&found, Err(error) if error.is_missing_kind()) {
                break;
            }
        }
        found
    }

    async fn publish(&self, event: &Event) -> Result<(), Error> {
        let namespace = event.namespace();
        let operation = Operation::new(Verb::Create, EVENTS, Some(namespace));
        let api: Api<EventObject> = Api::namespaced(self.client.clone(), namespace);
        let body = event.to_object(&self.instance);
        let parameters = PostParams::default();
        match self
            .answer(&operation, api.create(&parameters, &body))
            .await?
        {
            Ok(_) => Ok(()),
            Err(error) if is_there_already(&error) => self.count(event).await,
            Err(error) => Err(Error::new(operation, error)),
        }
    }
}
