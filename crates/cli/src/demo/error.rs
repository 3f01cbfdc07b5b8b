//! Why the story does not reach its end.

use std::io;

use super::azure::ControlError;
use super::cluster::LoopError;
use super::dns::DnsError;
use super::manifest::ManifestError;
use super::metrics::MetricsError;
use super::narrator::Unmet;

/// Why the story does not reach its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoryError {
    /// Something is not as expected.
    #[error(transparent)]
    Unmet(#[from] Unmet),
    /// The story cannot be told.
    #[error("writing to standard output")]
    Output(#[from] io::Error),
    /// A loop of ExternalDNS failed.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// The emulator's control API failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The DNS server failed.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The metrics cannot be read.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The manifests are not those of the story.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A profile is needed and not there.
    #[error("there is no profile, or it has no name")]
    NoProfile,
}
