//! Checking manifests before they are applied.
//!
//! ```text
//!  files ── yaml ──► objects ── sources ──► what the webhook will get of them
//!                                                │ the functions of `serve`
//!                                                ▼
//!                              report ◄── members::want, members::resolve
//! ```
//!
//! Nothing here has rules of its own about values: an object is judged by the
//! functions that judge it at runtime. Values in, values out.

mod check;
mod known;
mod manifest;
pub mod policy;
mod report;
mod sarif;
mod sources;
mod yaml;

pub use check::check;
pub use known::{Known, Places};
pub use manifest::{Input, ObjectName, Place, Unreadable};
pub use report::{Grade, NotJudged, Problem, Report, Rule};
pub use sarif::sarif;
pub use yaml::Position;

/// How standard input is named.
pub const STDIN: &str = "-";
