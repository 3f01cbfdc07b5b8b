//! The emulator's behaviour: refusals, lifecycles, laws, and everything over HTTP and DNS.

#![expect(clippy::expect_used, reason = "what is missing fails the test")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "helpers take the documents that json! makes"
)]

mod analytics;
mod authority;
mod client;
mod control;
mod dns;
mod faults;
mod lag;
mod laws;
mod lifecycle;
mod options;
mod probes;
mod quirks;
mod refusals;
mod resolver;
mod tags;
mod throttle;
mod versions;
mod zones;
mod zones_dns;
