//! The names of every setting. Errors, the reading of the environment and the tests of `--help` take them from here.

use std::fmt;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The flag, without dashes.
    pub flag: &'static str,
    /// The environment variables, the preferred one first.
    pub env: &'static [&'static str],
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{} (env {})", self.flag, self.env.join(" or "))
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $flag:literal, [$($env:literal),+];)+) => {
        $($(#[$doc])* pub const $name: Field = Field { flag: $flag, env: &[$($env),+] };)+

        /// Every setting.
        pub const ALL: &[Field] = &[$($name),+];
    };
}

fields! {
    /// [`super::Settings::owner`].
    OWNER_ID = "owner-id", ["OWNER_ID"];
    /// [`super::AzureSettings::azure_json`].
    AZURE_CONFIG_FILE = "azure-config-file", ["AZURE_CONFIG_FILE"];
    /// [`super::AzureSettings::subscription`].
    SUBSCRIPTION_ID = "subscription-id", ["AZURE_SUBSCRIPTION_ID"];
    /// [`super::AzureSettings::other_subscriptions`].
    SUBSCRIPTION_IDS = "subscription-ids", ["AZURE_SUBSCRIPTION_IDS"];
    /// [`super::AzureSettings::resource_groups`].
    RESOURCE_GROUPS = "resource-groups", ["AZURE_RESOURCE_GROUPS", "RESOURCE_GROUPS"];
    /// Which of Azure's clouds [`super::AzureSettings::cloud`] is.
    CLOUD = "cloud", ["AZURE_CLOUD"];
    /// [`super::Cloud::arm_endpoint`].
    ARM_ENDPOINT = "arm-endpoint", ["AZURE_ARM_ENDPOINT"];
    /// [`super::Cloud::authority`].
    AUTHORITY_HOST = "authority-host", ["AZURE_AUTHORITY_HOST"];
    /// [`super::Cloud::audience`].
    TOKEN_AUDIENCE = "token-audience", ["AZURE_TOKEN_AUDIENCE"];
    /// [`super::Cloud::dns_suffix`].
    DNS_SUFFIX = "dns-suffix", ["AZURE_DNS_SUFFIX"];
    /// [`super::AzureSettings::api_version`].
    API_VERSION = "api-version", ["AZURE_API_VERSION"];
    /// [`super::AzureSettings::credential`].
    CREDENTIAL = "credential", ["AZURE_CREDENTIAL"];
    /// [`super::Settings::request_share`].
    REQUEST_SHARE = "request-share", ["REQUEST_SHARE"];
    /// [`super::Settings::dry_run`].
    DRY_RUN = "dry-run", ["DRY_RUN"];
    /// [`super::Settings::profile_grace`].
    PROFILE_GRACE = "profile-grace", ["PROFILE_GRACE"];
    /// [`super::Settings::profile_retention`].
    PROFILE_RETENTION = "profile-retention", ["PROFILE_RETENTION"];
    /// [`super::Settings::max_deletions`].
    MAX_DELETIONS = "max-deletions", ["MAX_DELETIONS"];
    /// [`super::Settings::keep_last_member`].
    KEEP_LAST_MEMBER = "keep-last-member", ["KEEP_LAST_MEMBER"];
    /// [`super::Settings::delete_grace`].
    DELETE_GRACE = "delete-grace", ["DELETE_GRACE"];
    /// [`super::Settings::health_interval`].
    HEALTH_INTERVAL = "health-interval", ["HEALTH_INTERVAL"];
    /// [`super::Settings::kubeconfig`].
    KUBECONFIG = "kubeconfig", ["KUBECONFIG"];
    /// [`super::Settings::kubernetes_events`].
    KUBERNETES_EVENTS = "kubernetes-events", ["KUBERNETES_EVENTS"];
    /// [`super::VanitySettings::mode`].
    VANITY = "vanity", ["VANITY"];
    /// [`super::VanitySettings::namespace`].
    VANITY_NAMESPACE = "vanity-namespace", ["VANITY_NAMESPACE"];
    /// [`super::VanitySettings::ttl`].
    VANITY_TTL = "vanity-ttl", ["VANITY_TTL"];
    /// [`super::VanitySettings::interval`].
    VANITY_INTERVAL = "vanity-interval", ["VANITY_INTERVAL"];
    /// [`super::VanitySettings::check`].
    VANITY_CHECK = "vanity-check", ["VANITY_CHECK"];
    /// [`super::VanitySettings::zones`].
    DNS_ZONES = "dns-zones", ["DNS_ZONES"];
    /// Domains to include in [`super::Settings::domain_filter`].
    DOMAIN_FILTER = "domain-filter", ["DOMAIN_FILTER"];
    /// Domains to exclude from [`super::Settings::domain_filter`].
    EXCLUDE_DOMAIN_FILTER = "exclude-domain-filter", ["EXCLUDE_DOMAIN_FILTER"];
    /// The including expression of [`super::Settings::domain_filter`].
    REGEXP_DOMAIN_FILTER = "regexp-domain-filter", ["REGEXP_DOMAIN_FILTER"];
    /// The excluding expression of [`super::Settings::domain_filter`].
    REGEXP_DOMAIN_FILTER_EXCLUSION = "regexp-domain-filter-exclusion", ["REGEXP_DOMAIN_FILTER_EXCLUSION"];
    /// The host of [`super::Settings::api_address`].
    SERVER_HOST = "server-host", ["SERVER_HOST"];
    /// The port of [`super::Settings::api_address`].
    SERVER_PORT = "server-port", ["SERVER_PORT"];
    /// The host of [`super::Settings::ops_address`].
    METRICS_HOST = "metrics-host", ["METRICS_HOST"];
    /// The port of [`super::Settings::ops_address`].
    METRICS_PORT = "metrics-port", ["METRICS_PORT"];
    /// [`super::Settings::deadline`].
    DEADLINE = "deadline", ["REQUEST_DEADLINE"];
    /// [`super::Settings::resolver`].
    RESOLVER = "resolver", ["RESOLVER"];
    /// [`super::Settings::log_filter`].
    LOG_LEVEL = "log-level", ["LOG_LEVEL"];
    /// [`super::Settings::log_format`].
    LOG_FORMAT = "log-format", ["LOG_FORMAT"];
}

/// The settings for which `azure.json` has a default, with its name for them.
pub const IN_AZURE_JSON: &[(Field, &str)] = &[
    (SUBSCRIPTION_ID, "subscriptionId"),
    (RESOURCE_GROUPS, "resourceGroup"),
    (CLOUD, "cloud"),
    (ARM_ENDPOINT, "resourceManagerEndpoint"),
    (AUTHORITY_HOST, "activeDirectoryAuthorityHost"),
    (TOKEN_AUDIENCE, "resourceManagerAudience"),
];
