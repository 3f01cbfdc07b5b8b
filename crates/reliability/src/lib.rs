//! The promises about crashes, races and a failing Azure, tried over HTTP: real `serve` processes, a model of
//! ExternalDNS that calls them as the real one does, and the emulator.
//!
//! ```text
//!   trial ──▶ Cluster (model of ExternalDNS) ─HTTP─▶ serve, a process ─HTTP─▶ Azure (emulator)
//!     └──────────────── faults, counts, what Azure holds ────────────────────────┘
//! ```
//!
//! Each trial runs until it has tried what it was asked to try, and ends with a [`Failure`] at the first promise that is
//! not kept. What was observed goes into a [`Report`]. `docs/RELIABILITY.md` has the promises and the last reports.

pub mod azure;
pub mod cluster;
pub mod crowd;
pub mod failure;
pub mod guard;
pub mod guest;
pub mod kill;
pub mod race;
pub mod report;
pub mod serve;
pub mod slow;
pub mod stage;
pub mod weather;
pub mod wish;

pub use failure::Failure;
pub use report::Report;
