//! Where Azure is and how to sign in: what `serve` and the commands for people have in common.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments are the text of --help, where backticks would be noise"
)]
#![expect(rustdoc::bare_urls, reason = "the same")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arm_client::{ArmUrl, AzureJson, CredentialKind, ListScope};
use clap::Args;
use traffic_manager::ApiVersion;
use traffic_manager::id::{ResourceGroup, SubscriptionId};

use super::cloud::Cloud;
use super::environment::Environment;
use super::error::{Problem, SettingsError};
use super::field;
use super::places::Places;
use super::reader::{Reader, joined};

// Not a doc comment: it would become the description of the command that takes these flags.
// The flags that say where Azure is, as text.
#[expect(missing_docs, reason = "see above")]
#[derive(Debug, Clone, Default, Args)]
pub struct AzureArgs {
    /// The azure.json that ExternalDNS's azure provider reads: a credential, and defaults for the settings of
    /// Azure [env: AZURE_CONFIG_FILE] [default: none is read]
    #[arg(long, value_name = "FILE", help_heading = "Azure")]
    pub azure_config_file: Option<String>,

    /// The subscription that holds the profiles, unless an object names another. Required [env: AZURE_SUBSCRIPTION_ID]
    #[arg(long, value_name = "UUID", help_heading = "Azure")]
    pub subscription_id: Option<String>,

    /// Further subscriptions that the annotation subscription-id may name, separated by commas
    /// [env: AZURE_SUBSCRIPTION_IDS]
    #[arg(long, value_name = "UUIDS", help_heading = "Azure")]
    pub subscription_ids: Vec<String>,

    /// Resource groups to work in, separated by commas; UUID/GROUP is one of that subscription alone
    /// [env: AZURE_RESOURCE_GROUPS, or RESOURCE_GROUPS] [default: every group of the subscriptions]
    #[arg(long, value_name = "GROUPS", help_heading = "Azure")]
    pub resource_groups: Vec<String>,

    /// AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, or custom with the addresses below
    /// [env: AZURE_CLOUD] [default: AzurePublicCloud, or that of --arm-endpoint]
    #[arg(long, value_name = "CLOUD", help_heading = "Azure")]
    pub cloud: Option<String>,

    /// Base URL of Azure Resource Manager, or of the emulator [env: AZURE_ARM_ENDPOINT]
    /// [default: that of the cloud, https://management.azure.com]
    #[arg(long, value_name = "URL", help_heading = "Azure")]
    pub arm_endpoint: Option<String>,

    /// URL of the login service [env: AZURE_AUTHORITY_HOST]
    /// [default: that of the cloud, https://login.microsoftonline.com]
    #[arg(long, value_name = "URL", help_heading = "Azure")]
    pub authority_host: Option<String>,

    /// For whom tokens are made out: Resource Manager's own URL [env: AZURE_TOKEN_AUDIENCE]
    /// [default: that of the cloud, https://management.azure.com]
    #[arg(long, value_name = "URL", help_heading = "Azure")]
    pub token_audience: Option<String>,

    /// What follows the DNS name of a profile [env: AZURE_DNS_SUFFIX]
    /// [default: that of the cloud, trafficmanager.net]
    #[arg(long, value_name = "DOMAIN", help_heading = "Azure")]
    pub dns_suffix: Option<String>,

    /// Which version of Traffic Manager's API to speak; the annotation record-type needs 2026-09-01
    /// [env: AZURE_API_VERSION] [default: 2022-04-01]
    #[arg(long, value_name = "VERSION", help_heading = "Azure")]
    pub api_version: Option<String>,

    /// How to sign in: auto, workload-identity, managed-identity, client-secret, client-certificate, azure-cli,
    /// azure-json, or none for the emulator [env: AZURE_CREDENTIAL] [default: auto]
    #[arg(long, value_name = "KIND", help_heading = "Azure")]
    pub credential: Option<String>,
}

/// Where Azure is and how to sign in, valid.
#[derive(Debug, Clone)]
pub struct AzureSettings {
    /// The subscription that holds the profiles, unless an object names another.
    pub subscription: SubscriptionId,
    /// The resource groups to work in there, without duplicates. Empty: every group of the subscription.
    pub resource_groups: Vec<ResourceGroup>,
    /// The other subscriptions that objects may name, each with its groups.
    pub other_subscriptions: BTreeMap<SubscriptionId, Vec<ResourceGroup>>,
    /// Where Azure Resource Manager, or an emulator of it, answers, and who signs in there.
    pub cloud: Cloud,
    /// The version of Traffic Manager's API.
    pub api_version: ApiVersion,
    /// How to sign in.
    pub credential: CredentialKind,
    /// The `azure.json`, when there is one: it may describe the credential.
    pub azure_json: Option<Arc<AzureJson>>,
}

// === impl AzureSettings ===

impl AzureSettings {
    /// Reads these settings alone; reports everything that is wrong with them.
    pub fn resolve(args: &AzureArgs, environment: &Environment) -> Result<Self, SettingsError> {
        let mut read = Reader::new(environment);
        let settings = read.azure(args);
        match settings {
            Some(settings) if read.problems.is_empty() => Ok(settings),
            _ => Err(SettingsError::new(read.problems)),
        }
    }

    /// The lists that together show every profile in question.
    pub fn lists(&self) -> Vec<ListScope> {
        let others = self.other_subscriptions.iter();
        std::iter::once((&self.subscription, &self.resource_groups))
            .chain(others)
            .flat_map(|(subscription, groups)| ListScope::covering(subscription, groups))
            .collect()
    }
}

impl Reader<'_> {
    /// Every field is read before the first problem is reported: no early return in here.
    pub(super) fn azure(&mut self, args: &AzureArgs) -> Option<AzureSettings> {
        self.azure_json(args.azure_config_file.as_deref());
        let subscription = self.required(
            field::SUBSCRIPTION_ID,
            args.subscription_id.as_deref(),
            "the id that `az account show --query id` prints",
        );
        let more = joined(&args.subscription_ids);
        let others: Vec<SubscriptionId> = self.list(field::SUBSCRIPTION_IDS, more.as_deref());
        let groups = joined(&args.resource_groups);
        let groups = self.list(field::RESOURCE_GROUPS, groups.as_deref());
        let places = subscription
            .as_ref()
            .map(|subscription| self.places(subscription, others, groups));
        let cloud = self.cloud(args);
        let api_version = self
            .value(field::API_VERSION, args.api_version.as_deref())
            .or_default(|| Some(ApiVersion::default()));
        let credential = self
            .value(field::CREDENTIAL, args.credential.as_deref())
            .or_default(|| Some(CredentialKind::Auto));
        if let (Some(cloud), Some(credential)) = (&cloud, credential) {
            check_credential(&mut self.problems, &cloud.arm_endpoint, credential);
        }
        let Places {
            resource_groups,
            other_subscriptions,
        } = places?;
        Some(AzureSettings {
            subscription: subscription?,
            resource_groups,
            other_subscriptions,
            cloud: cloud?,
            api_version: api_version?,
            credential: credential?,
            azure_json: self.file.clone(),
        })
    }
}

/// What the client would refuse too, later and alone.
fn check_credential(problems: &mut Vec<Problem>, endpoint: &ArmUrl, credential: CredentialKind) {
    let signs_in = credential != CredentialKind::None;
    let reason = if signs_in && !endpoint.is_https() && !endpoint.is_loopback() {
        "tokens are not sent unencrypted to another machine; give an https URL, or the credential none"
    } else if !signs_in && endpoint.cloud().is_some() {
        "Azure answers nobody who does not sign in; give the URL of an emulator, or the credential auto"
    } else {
        return;
    };
    problems.push(Problem::Conflict {
        first: field::ARM_ENDPOINT,
        second: field::CREDENTIAL,
        reason: reason.to_owned(),
    });
}
