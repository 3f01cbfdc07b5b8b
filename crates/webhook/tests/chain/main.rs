//! The whole chain below ExternalDNS: HTTP API, provider, ARM client, emulator.

mod faults;
mod fixtures;
mod harness;
mod late;
mod law;
mod lifecycle;
