//! The two HTTP servers: [`api`] for ExternalDNS, [`ops`] for probes and Prometheus.

pub mod answer;
pub mod api;
pub mod body;
pub mod call;
pub mod ops;
