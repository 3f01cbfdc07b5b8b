//! Endpoint monitoring: one probe loop per endpoint, over HTTP, HTTPS or TCP.
//!
//! The [`Prober`] is told what to probe through a channel and says what it found through a [`ProbeSink`]. It knows
//! nothing about profiles: an endpoint that is Disabled, always served, or part of a Disabled profile is simply not
//! among the jobs.

mod check;
mod job;
mod prober;
mod report;
mod resolver;
mod route;

pub use job::{
    HttpCheck, HttpScheme, InvalidCheck, ProbeCheck, ProbeJob, ProbeKey, ProbeTarget, StatusRange,
};
pub use prober::{Prober, ProberConfig, ProberError};
pub use report::{ProbeFailure, ProbeReport, ProbeSink};
pub use resolver::{ResolveError, SystemResolver, TargetResolver, ZoneResolver};
pub use route::{InvalidProbeRoute, ProbeRoute};
