//! Everything that can be set, read once at start into values that need no further checks.
//!
//! A setting comes from its flag, else from its environment variable, else from its default. An empty string
//! counts as not set, because Helm charts write `value: ""` for what nobody filled in. All wrong settings are
//! reported at once ([`SettingsError`]), so that a person corrects a deployment in one round.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use arm_client::{ArmUrl, CredentialKind};
use external_dns::DomainFilter;
use members::OwnerId;

use crate::log::{LogFilter, LogFormat};
use crate::resolver::DnsServer;

pub mod args;
pub mod azure;
mod cloud;
pub mod environment;
pub mod error;
pub mod field;
mod filter;
pub mod parse;
mod places;
mod reader;
mod resolve;
pub mod values;
pub mod vanity;

pub use args::ServeArgs;
pub use azure::{AzureArgs, AzureSettings};
pub use cloud::Cloud;
pub use environment::Environment;
pub use error::{Problem, SettingsError};
pub use values::{KubernetesEvents, MaxDeletions, ProfileRetention, RequestShare, Warning};
pub use vanity::{VanityArgs, VanitySettings};

/// The settings of `serve`, valid.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This cluster's identity, equal to ExternalDNS's `--txt-owner-id`.
    pub owner: OwnerId,
    /// Where Azure is and how to sign in.
    pub azure: AzureSettings,
    /// Where ExternalDNS's calls are answered. Port 0 asks the system for a free one.
    pub api_address: SocketAddr,
    /// Where probes and Prometheus are answered. Port 0 asks the system for a free one.
    pub ops_address: SocketAddr,
    /// The hosts that ExternalDNS is told to send us.
    pub domain_filter: DomainFilter,
    /// A call of ExternalDNS is answered before this has passed. More than zero.
    pub deadline: Duration,
    /// How much of the requests that Azure allows is used.
    pub request_share: RequestShare,
    /// Log what would be done and write nothing to Azure.
    pub dry_run: bool,
    /// How long an empty profile is kept before it is deleted.
    pub profile_grace: Duration,
    /// What becomes of an empty profile after the grace.
    pub profile_retention: ProfileRetention,
    /// How many members one batch may delete at once.
    pub max_deletions: MaxDeletions,
    /// Keep the last enabled member of a profile.
    pub keep_last_member: bool,
    /// How long a member whose object is gone is kept, disabled, before it is deleted.
    pub delete_grace: Duration,
    /// How old the status of a profile's endpoints may become before it is read
    /// again; zero reads none.
    pub health_interval: Duration,
    /// Whether Kubernetes Events are written.
    pub kubernetes_events: KubernetesEvents,
    /// The DNS server that is asked; `None` asks that of the system.
    pub resolver: Option<DnsServer>,
    /// A kubeconfig that names the cluster; `None` is that of the pod, if there is one.
    pub kubeconfig: Option<PathBuf>,
    /// What is set about vanity records.
    pub vanity: VanitySettings,
    /// What is logged.
    pub log_filter: LogFilter,
    /// How it is written.
    pub log_format: LogFormat,
    /// What is allowed but probably not meant. To be logged at start.
    pub warnings: Vec<Warning>,
}

impl Settings {
    /// Reads the settings from flags and environment; reports everything that is wrong with them.
    pub fn resolve(args: &ServeArgs, environment: &Environment) -> Result<Self, SettingsError> {
        resolve::resolve(args, environment)
    }
}
