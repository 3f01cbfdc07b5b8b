//! A model of ExternalDNS around a webhook provider.
//!
//! One round of ExternalDNS's control loop, without its I/O:
//!
//! 1. [`ServiceSource::endpoints`] turns Services into the body of
//!    `POST /adjustendpoints`.
//! 2. [`Controller::observe`] takes the answer to `GET /records` through the
//!    registry.
//! 3. [`Controller::plan`] compares the two and answers the body of
//!    `POST /records`, or `None` when ExternalDNS would not send any.
//!
//! The caller does the HTTP in between. The model is checked against the real
//! packages by the conformance suite; where ExternalDNS leaves an order to
//! chance, the model has a fixed one.

mod annotations;
mod conflict;
mod controller;
mod insertion_sort;
mod plan;
mod policy;
mod service;
mod service_source;
mod shared_properties;
mod targets;
mod txt_names;
mod txt_registry;

pub use annotations::{ALPHA_PREFIX, PREFIX};
pub use controller::{Controller, Observation, Registry};
pub use plan::{ManagedTypes, Plan};
pub use policy::{Policy, UnknownPolicy};
pub use service::{LoadBalancerIngress, Service};
pub use service_source::{ServiceSource, SharedProperties};
pub use txt_names::{TxtAffix, TxtNames};
pub use txt_registry::{FORCE_UPDATE, TxtFormats, TxtRegistry, TxtRegistryError};
