//! The ExternalDNS webhook provider: HTTP API, reading and writing Azure, settings, metrics.
//!
//! ```text
//!  ExternalDNS ──HTTP──▶ http::api ──▶ provider_api::Provider ──▶ Azure Resource Manager
//!  kubelet, Prometheus ──HTTP──▶ http::ops ──▶ health, metrics
//! ```
//!
//! The edge (this half of the crate) knows ExternalDNS's protocol and nothing about Azure; the provider
//! behind [`provider_api::Provider`] knows Azure and nothing about HTTP. The edge holds the one rule that
//! matters most: ExternalDNS exits its process on anything but 200, 204 or a status in 500..=510, so no
//! other answer may leave [`http::api`] for a call that ExternalDNS makes. The type that enforces it is
//! [`soft_status::SoftStatus`].

pub mod clock;
pub mod cluster;
pub mod connect;
pub mod events;
pub mod explain;
pub mod http;
pub mod log;
pub mod metrics;
pub mod provider;
pub mod provider_api;
pub mod resolver;
pub mod serve;
pub mod settings;
pub mod soft_status;
