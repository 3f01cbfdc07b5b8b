//! The flags of `serve`, as text.
//!
//! The flags are not parsed further here: the command line parser stops at the first wrong value, and all
//! wrong settings are to be reported at once. It does not read the environment either: two instances in one
//! process (the demo, tests) must not pick up the settings of a person's shell.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments are the text of --help, where backticks would be noise"
)]

use clap::Args;

use super::{AzureArgs, VanityArgs};

/// Serve ExternalDNS's webhook API, and manage Traffic Manager.
///
/// Every setting is a flag with an environment variable. The flag wins; an empty value counts as not given.
#[derive(Debug, Clone, Default, Args)]
#[command(next_line_help = true)]
pub struct ServeArgs {
    /// This cluster's identity; must equal ExternalDNS's --txt-owner-id. Required [env: OWNER_ID]
    #[arg(long, value_name = "ID", help_heading = "Azure")]
    pub owner_id: Option<String>,

    #[expect(missing_docs, reason = "it would become the description of serve")]
    #[command(flatten)]
    pub azure: AzureArgs,

    /// How much of the requests that Azure allows is used, or off for no limit; clusters that share a
    /// subscription share what it allows [env: REQUEST_SHARE] [default: 90%]
    #[arg(long, value_name = "PERCENT", help_heading = "Azure")]
    pub request_share: Option<String>,

    /// Log the plan and write nothing to Azure; ExternalDNS's own --dry-run does not reach a webhook
    /// [env: DRY_RUN] [default: false]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = "Azure"
    )]
    pub dry_run: Option<String>,

    /// How long an empty profile is kept, disabled, before it is deleted [env: PROFILE_GRACE] [default: 1h]
    #[arg(long, value_name = "DURATION", help_heading = "Azure")]
    pub profile_grace: Option<String>,

    /// What becomes of an empty profile after the grace: delete or keep [env: PROFILE_RETENTION]
    /// [default: delete]
    #[arg(long, value_name = "WHAT", help_heading = "Azure")]
    pub profile_retention: Option<String>,

    /// How many of this owner's members one batch may delete at once: a number, or a percentage that counts
    /// when there are more than 4; 100% lets everything through [env: MAX_DELETIONS] [default: 50%]
    #[arg(long, value_name = "LIMIT", help_heading = "Azure")]
    pub max_deletions: Option<String>,

    /// Keep the last enabled member of a profile, so that its users get an answer
    /// [env: KEEP_LAST_MEMBER] [default: false]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = "Azure"
    )]
    pub keep_last_member: Option<String>,

    /// How long a member whose object is gone is kept, disabled, before it is deleted; 0s deletes at once
    /// [env: DELETE_GRACE] [default: 0s]
    #[arg(long, value_name = "DURATION", help_heading = "Azure")]
    pub delete_grace: Option<String>,

    /// How often the health of a profile's endpoints is read, at most; 0s reads none
    /// [env: HEALTH_INTERVAL] [default: 1m]
    #[arg(long, value_name = "DURATION", help_heading = "Azure")]
    pub health_interval: Option<String>,
    /// The cluster whose objects are meant, for a process that runs outside of it [env: KUBECONFIG]
    /// [default: that of the pod]
    #[arg(long, value_name = "FILE", help_heading = "Kubernetes")]
    pub kubeconfig: Option<String>,

    /// Whether Kubernetes Events say what becomes of objects: auto, in a cluster, or off
    /// [env: KUBERNETES_EVENTS] [default: auto]
    #[arg(long, value_name = "WHETHER", help_heading = "Kubernetes")]
    pub kubernetes_events: Option<String>,

    #[expect(missing_docs, reason = "it would become the description of serve")]
    #[command(flatten)]
    pub vanity: VanityArgs,

    /// Only hosts in these domains, separated by commas; a leading dot means subdomains only
    /// [env: DOMAIN_FILTER] [default: all]
    #[arg(long, value_name = "DOMAINS", help_heading = "Domains")]
    pub domain_filter: Vec<String>,

    /// No hosts in these domains, separated by commas [env: EXCLUDE_DOMAIN_FILTER]
    #[arg(long, value_name = "DOMAINS", help_heading = "Domains")]
    pub exclude_domain_filter: Vec<String>,

    /// Only hosts that match this regular expression; not together with the lists [env: REGEXP_DOMAIN_FILTER]
    #[arg(long, value_name = "REGEX", help_heading = "Domains")]
    pub regexp_domain_filter: Option<String>,

    /// No hosts that match this regular expression; not together with the lists
    /// [env: REGEXP_DOMAIN_FILTER_EXCLUSION]
    #[arg(long, value_name = "REGEX", help_heading = "Domains")]
    pub regexp_domain_filter_exclusion: Option<String>,

    /// Address for ExternalDNS's calls; they are not authenticated, so keep it on loopback
    /// [env: SERVER_HOST] [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", help_heading = "Server")]
    pub server_host: Option<String>,

    /// Port for ExternalDNS's calls; 0 takes a free one [env: SERVER_PORT] [default: 8888]
    #[arg(long, value_name = "PORT", help_heading = "Server")]
    pub server_port: Option<String>,

    /// Address for /healthz, /readyz, /metrics and /explain, which show hosts and annotations; keep it
    /// within the cluster [env: METRICS_HOST] [default: 0.0.0.0]
    #[arg(long, value_name = "ADDRESS", help_heading = "Server")]
    pub metrics_host: Option<String>,

    /// Port for /healthz, /readyz, /metrics and /explain; 0 takes a free one [env: METRICS_PORT] [default: 8080]
    #[arg(long, value_name = "PORT", help_heading = "Server")]
    pub metrics_port: Option<String>,

    /// A call is answered before this has passed; keep it below the 15s after which ExternalDNS gives up and
    /// exits [env: REQUEST_DEADLINE] [default: 10s]
    #[arg(long, value_name = "DURATION", help_heading = "Server")]
    pub deadline: Option<String>,

    /// DNS server that is asked what users of a name get [env: RESOLVER] [default: that of the system]
    #[arg(long, value_name = "ADDRESS", help_heading = "Server")]
    pub resolver: Option<String>,

    /// trace, debug, info, warning or error, or directives such as info,webhook=debug
    /// [env: LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL", help_heading = "Logging")]
    pub log_level: Option<String>,

    /// text or json [env: LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Logging")]
    pub log_format: Option<String>,
}
