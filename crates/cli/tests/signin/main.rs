//! The real process signs in to the emulator's authority with every credential, and what it logs at trace level holds
//! no secret, no assertion and no token.

#![cfg(all(feature = "emulator", unix))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod azure;
mod files;
mod kinds;
mod rotation;
