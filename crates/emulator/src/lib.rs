//! Azure Traffic Manager on this machine: the ARM REST API, probes and DNS answers.

pub mod api_version;
pub mod health;
pub mod model;
pub mod operation;
pub mod quirks;
pub mod request;
pub mod state;

mod document;
mod geography;
mod read;
mod refusal;
mod rules;
mod view;

pub use api_version::{ApiVersion, Feature};
pub use operation::Operation;
pub use quirks::{AutoPriority, Quirks};
pub use request::{Request, Response};
pub use state::{AzureResource, Cloud, State};
