//! The whole chain below ExternalDNS: HTTP API, provider, ARM client, emulator.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any_input;
mod brakes;
mod clock;
mod events;
mod explain;
mod faults;
mod fixtures;
mod harness;
mod health;
mod late;
mod law;
mod leaving;
mod lifecycle;
mod overtaken;
mod race;
mod refusals;
mod resolver;
mod stop;
mod subscriptions;
mod tags_fallback;
mod types;
mod vanity;
mod ways;
