//! The plan of vanity records: what is said, and laws over whatever is there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod laws;
mod objects;
mod record_sets;
mod world;
