//! Azure Traffic Manager on this machine: the ARM REST API, probes and DNS answers.

pub mod api_version;
pub mod clock;
pub mod duration;
pub mod fault;
pub mod health;
pub mod journal;
pub mod model;
pub mod operation;
pub mod options;
pub mod quirks;
pub mod request;
pub mod running;
pub mod service;
pub mod state;

mod connection;
mod document;
mod geography;
mod http;
mod quota;
mod read;
mod refusal;
mod rules;
mod shared;
mod view;

pub use api_version::{ApiVersion, Feature};
pub use clock::{Clock, SystemClock};
pub use operation::Operation;
pub use options::{Args, Options};
pub use quirks::{AutoPriority, Quirks};
pub use request::{Request, Response};
pub use running::{Emulator, Running, StartError};
pub use service::Service;
pub use state::{AzureResource, Cloud, State};
