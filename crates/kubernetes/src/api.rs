use async_trait::async_trait;

use crate::{DnsEndpoint, DnsEndpointKey, Error, Event, ObjectMeta, ObjectRef};

/// What this system asks of a cluster. Every call has an end: the implementation bounds its time.
#[async_trait]
pub trait ClusterApi: Send + Sync {
    /// Makes one `DNSEndpoint` as wanted, by server-side apply: created or changed, with force, so that a field that
    /// somebody else has taken over is taken back. The key's uid does not matter.
    async fn apply_dns_endpoint(&self, wanted: &DnsEndpoint) -> Result<(), Error>;

    /// The `DNSEndpoint` objects that carry our [`MANAGED_BY`](crate::MANAGED_BY) label, of every owner: of all
    /// namespaces when that is allowed, else of the configured one.
    async fn list_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error>;

    /// What the proof of concept left: the objects of the namespace `default` that are named `…-tm-cname` and hold one
    /// CNAME record.
    async fn list_old_dns_endpoints(&self) -> Result<Vec<DnsEndpoint>, Error>;

    /// Deletes one object, if it is still the one with the key's uid; without a uid, whichever has the name. That it is
    /// absent is a success, that it is another one by now a conflict.
    async fn delete_dns_endpoint(&self, at: &DnsEndpointKey) -> Result<(), Error>;

    /// What the API server says about an object; `None` when it does not exist.
    async fn object(&self, object: &ObjectRef) -> Result<Option<ObjectMeta>, Error>;

    /// Writes an Event, or counts it where the same one is there already.
    async fn publish(&self, event: &Event) -> Result<(), Error>;
}
