//! Azure DNS: zones and record sets, as ARM clients and DNS queries meet them.
//!
//! ```text
//!  PUT …/dnszones/example.com/CNAME/www ─▶ read ─▶ record set ─▶ Zones ─▶ document
//!                                        refusal ◀─ conditions, neighbours
//!  www.example.com? ──────────────────────────────────▶ Zones::resolve ─▶ data plane
//! ```
//!
//! Written from recorded exchanges of Azure's command line tool, reported errors and the service's documentation. Only
//! here do requests have conditions: every zone and every record set has an `ETag` that changes with each write.

mod document;
mod model;
mod name;
mod path;
mod read;
mod refusal;
mod resolve;
mod seed;
mod store;

pub use path::{Kind, ZonePath};
pub use seed::{InvalidZoneSeed, ZoneSeed};

pub(crate) use document::{Page, record_set, zone};
pub(crate) use model::{Alias, RecordSet};
pub(crate) use path::SetPath;
pub(crate) use read::Draft;
pub(crate) use refusal::Refused;
pub(crate) use resolve::AliasView;
pub(crate) use store::{Change, Zones};
