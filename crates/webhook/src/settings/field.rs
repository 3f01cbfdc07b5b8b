//! The names of every setting, and what a valid value looks like. Errors and documentation take them from here.

use std::fmt;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The flag, without dashes.
    pub flag: &'static str,
    /// The environment variables, the preferred one first.
    pub env: &'static [&'static str],
    /// What would be valid: completes "give ...".
    pub valid: &'static str,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{} (env {})", self.flag, self.env.join(" or "))
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $flag:literal, [$($env:literal),+], $valid:literal;)+) => {
        $($(#[$doc])* pub const $name: Field = Field { flag: $flag, env: &[$($env),+], valid: $valid };)+

        /// Every setting.
        pub const ALL: &[Field] = &[$($name),+];
    };
}

fields! {
    /// [`super::Settings::owner`].
    OWNER_ID = "owner-id", ["OWNER_ID"],
        "the value of ExternalDNS's --txt-owner-id, for example cluster-east";
    /// [`super::Settings::subscription`].
    SUBSCRIPTION_ID = "subscription-id", ["AZURE_SUBSCRIPTION_ID"],
        "the subscription's UUID, as `az account show --query id` prints it";
    /// [`super::Settings::resource_groups`].
    RESOURCE_GROUPS = "resource-groups", ["AZURE_RESOURCE_GROUPS", "RESOURCE_GROUPS"],
        "names of resource groups separated by commas, or nothing for every group of the subscription";
    /// [`super::Settings::arm_endpoint`].
    ARM_ENDPOINT = "arm-endpoint", ["AZURE_ARM_ENDPOINT"],
        "a URL such as https://management.azure.com";
    /// [`super::Settings::credential`].
    CREDENTIAL = "credential", ["AZURE_CREDENTIAL"],
        "auto, or none for the emulator";
    /// [`super::Settings::dry_run`].
    DRY_RUN = "dry-run", ["DRY_RUN"],
        "true or false";
    /// [`super::Settings::profile_grace`].
    PROFILE_GRACE = "profile-grace", ["PROFILE_GRACE"],
        "a duration such as 1h or 90s";
    /// [`super::Settings::profile_retention`].
    PROFILE_RETENTION = "profile-retention", ["PROFILE_RETENTION"],
        "delete or keep";
    /// Domains to include in [`super::Settings::domain_filter`].
    DOMAIN_FILTER = "domain-filter", ["DOMAIN_FILTER"],
        "domains separated by commas, for example example.com,.example.org";
    /// Domains to exclude from [`super::Settings::domain_filter`].
    EXCLUDE_DOMAIN_FILTER = "exclude-domain-filter", ["EXCLUDE_DOMAIN_FILTER"],
        "domains separated by commas, for example internal.example.com";
    /// The including expression of [`super::Settings::domain_filter`].
    REGEXP_DOMAIN_FILTER = "regexp-domain-filter", ["REGEXP_DOMAIN_FILTER"],
        "a regular expression in RE2 syntax, instead of the lists";
    /// The excluding expression of [`super::Settings::domain_filter`].
    REGEXP_DOMAIN_FILTER_EXCLUSION = "regexp-domain-filter-exclusion", ["REGEXP_DOMAIN_FILTER_EXCLUSION"],
        "a regular expression in RE2 syntax, instead of the lists";
    /// The host of [`super::Settings::api_address`].
    SERVER_HOST = "server-host", ["SERVER_HOST"],
        "an IP address of this machine, or localhost";
    /// The port of [`super::Settings::api_address`].
    SERVER_PORT = "server-port", ["SERVER_PORT"],
        "a port in 0..=65535, where 0 takes a free one";
    /// The host of [`super::Settings::ops_address`].
    METRICS_HOST = "metrics-host", ["METRICS_HOST"],
        "an IP address of this machine, or localhost";
    /// The port of [`super::Settings::ops_address`].
    METRICS_PORT = "metrics-port", ["METRICS_PORT"],
        "a port in 0..=65535, where 0 takes a free one";
    /// [`super::Settings::deadline`].
    DEADLINE = "deadline", ["REQUEST_DEADLINE"],
        "a duration longer than zero such as 10s or 500ms, below the 15s after which ExternalDNS gives up";
    /// [`super::Settings::log_filter`].
    LOG_LEVEL = "log-level", ["LOG_LEVEL"],
        "trace, debug, info, warning or error, or directives such as info,webhook=debug";
    /// [`super::Settings::log_format`].
    LOG_FORMAT = "log-format", ["LOG_FORMAT"],
        "text or json";
}
