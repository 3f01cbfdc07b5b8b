//! The edge of the webhook from the outside: settings, real HTTP on loopback, metrics.

#![expect(
    missing_docs,
    reason = "the modules of a test are described by their own headers"
)]

mod api;
mod fake;
mod law;
mod metrics;
mod ops;
mod serve;
mod settings;
