//! Reports and removals, against profiles that are made up and an Azure in memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adoption;
mod azure;
mod laws;
mod profiles;
mod removal;
mod reports;
