//! A deterministic simulation: two to five clusters with the real provider and
//! the real ARM client, the emulator's state machine in Azure's place, and a
//! scheduler that decides when each call has its effect, and whether.
//!
//! ```text
//!  generate ─▶ history (data) ─▶ world ──────────────────────────────┐
//!                 ▲               │ steps, one at a time              │ effects
//!                 │ shrink        ▼                                   ▼
//!              violation ◀── laws ◀── ledger ◀── line ◀── arm-client ◀── webhook
//!                                        │                (real)       (real)
//!                                        └─▶ emulator::State
//! ```
//!
//! Time is the paused time of a runtime with one thread, so a history is the
//! same every time. See `docs/TESTING.md`.

mod calm;
mod cluster;
mod debts;
pub mod generate;
pub mod history;
pub mod law;
mod ledger;
mod line;
pub mod mutation;
mod names;
mod oracle;
mod others;
mod run;
pub mod shrink;
pub mod statistics;
mod surroundings;
pub mod text;
mod view;
mod wish;
mod world;

pub use history::{History, Step};
pub use law::{Law, Violation};
pub use mutation::Mutation;
pub use run::{Outcome, SetUpError, run, run_with};
pub use statistics::Statistics;
