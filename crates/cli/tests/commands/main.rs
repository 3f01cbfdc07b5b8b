//! The commands for people: the real binary against an emulator, and what the documents say about them.

#![cfg(feature = "emulator")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod azure;
mod chain;
mod document;
mod explain;
mod flags;
mod migration;
mod outcomes;
