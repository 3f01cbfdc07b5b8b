//! Monitor statuses: what probes, switches and nesting amount to.
//!
//! Azure's rules, in the order in which they decide (see [`assess`] for profiles and [`EndpointStatus`] for endpoints).
//! Everything here is a pure function of its input. Time enters only through the number of probes that were made: how
//! far they lie apart is the prober's business.

mod assessment;
mod tally;

pub use assessment::{Assessment, EndpointStatus, ProfileStatus, assess};
pub use tally::ProbeTally;

pub(crate) use assessment::Assessor;

/// Azure's limit for profiles within profiles.
pub(crate) const MAX_NESTING: usize = 10;
