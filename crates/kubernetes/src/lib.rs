//! The Kubernetes API, as far as this system needs it: vanity records as `DNSEndpoint` objects, Events, and the
//! objects behind records looked up.
//!
//! [`ClusterApi`] is what the rest of the system sees; [`KubeCluster`] does it over HTTP. Nothing here decides what
//! there should be. A cluster is optional everywhere: without one, or without permission, the Traffic Manager side
//! works all the same, and [`Error`] tells its caller what is missing.

mod api;
mod cluster;
mod detect;
mod dns_endpoint;
mod error;
mod event;
mod label;
mod object;

pub use api::ClusterApi;
pub use cluster::{KubeCluster, Options};
pub use detect::{DetectError, Source};
pub use dns_endpoint::{DnsEndpoint, DnsEndpointKey};
pub use error::{Error, Operation, Verb};
pub use event::{Event, Severity};
pub use label::{MANAGED_BY, MANAGED_BY_VALUE, OWNER, label_value};
pub use object::{ObjectKind, ObjectMeta, ObjectRef};

/// What this system calls itself: field manager, reporting controller of Events, value of [`MANAGED_BY`].
pub const NAME: &str = "external-dns-traffic-manager";
