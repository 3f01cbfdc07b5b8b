//! What a probe found.

use super::job::ProbeKey;
use super::resolver::ResolveError;
use crate::name::Fqdn;
use crate::profile::ProbedHealth;

/// The result of one probe and what it makes of the endpoint.
#[derive(Debug)]
pub struct ProbeReport {
    /// The job's key.
    pub key: ProbeKey,
    /// The job's generation. A report whose generation is not the current one is about settings that no longer hold.
    pub generation: u64,
    /// The endpoint's health after this probe: what belongs into [`crate::Endpoint::probed`].
    pub health: ProbedHealth,
    /// Whether `health` differs from that of the report before; `true` for the first report of a job.
    pub changed: bool,
    /// How many probes in a row have failed, this one included; 0 after a success.
    pub failures_in_a_row: u32,
    /// Why this probe failed.
    pub outcome: Result<(), ProbeFailure>,
}

/// Takes the reports of all probes.
///
/// Called on the task of the endpoint's probe loop: it must be quick and must not block.
pub trait ProbeSink: Send + Sync {
    /// Takes one report.
    fn report(&self, report: ProbeReport);
}

/// Why a probe failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeFailure {
    /// The target's name has no address.
    #[error("cannot resolve {name}")]
    Resolve {
        /// The target.
        name: Fqdn,
        /// The resolver's error.
        #[source]
        source: ResolveError,
    },
    /// No answer within the monitor's timeout.
    #[error("no answer within the timeout")]
    Timeout,
    /// The connection was refused or reset.
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    /// The HTTP exchange failed: connection, TLS handshake or protocol.
    #[error("the HTTP request failed")]
    Http(#[source] reqwest::Error),
    /// The answer's status is not an expected one. Redirects are not followed, so they end here too.
    #[error("unexpected status {0}")]
    Status(u16),
    /// Target, port and path do not form a URL.
    #[error("target, port and path do not form a URL")]
    Url,
}
