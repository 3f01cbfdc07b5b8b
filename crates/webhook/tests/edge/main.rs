//! The edge of the webhook from the outside: settings, real HTTP on loopback, metrics.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, like the test"
)]

mod api;
mod cloud;
mod fake;
mod law;
mod metrics;
mod ops;
mod serve;
mod settings;
