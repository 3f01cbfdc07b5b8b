//! From settings to a provider that talks to Azure.

use std::sync::Arc;
use std::time::Duration;

use arm_client::{CallBudget, Client, ClientConfig, Surroundings, TagsFallback, TrafficManagerApi};
use members::Scope;
use members::marks::TAG_PREFIX;
use members::want::Brakes;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::provider::{Behaviour, TrafficManagerProvider};
use crate::settings::{AzureSettings, ProfileRetention, Settings};

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
#[error("the client of Azure Resource Manager cannot be set up")]
pub struct ConnectError(#[from] arm_client::ConfigError);

/// The Azure that the settings describe, with the credential that the process's
/// environment describes. Nothing is sent yet. `clock` times the writing of tags
/// where the tags API is forbidden; once `stop` is cancelled, nothing new is
/// sent.
pub fn api(
    settings: &AzureSettings,
    budget: CallBudget,
    surroundings: Surroundings,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<Arc<dyn TrafficManagerApi>, ConnectError> {
    let cloud = &settings.cloud;
    let mut config = ClientConfig::new(cloud.arm_endpoint.clone());
    config.authority = cloud.authority.clone();
    config.audience = cloud.audience.clone();
    config.budget = budget;
    config.read_timeout = config.read_timeout.max(budget.attempt);
    let environment =
        arm_client::Environment::of_process().with_azure_json(settings.azure_json.clone());
    let entropy = Arc::clone(&surroundings.entropy);
    let client = Client::connect(&config, settings.credential, &environment, surroundings)?
        .stopped_by(stop.clone());
    let api =
        TagsFallback::new(Arc::new(client), clock, entropy, TAG_PREFIX).stopped_by(stop.clone());
    Ok(Arc::new(api))
}

/// The provider that the settings describe. Nothing is sent to Azure yet.
pub fn provider(
    settings: &Settings,
    metrics: &Arc<Metrics>,
    clock: Arc<dyn Clock>,
) -> Result<TrafficManagerProvider, ConnectError> {
    // Three tries end well before the deadline, so that ExternalDNS's log says
    // why a call failed and not only that it took too long. One slow answer is
    // waited for: a listing that arrives late serves the next call.
    let budget = CallBudget {
        attempts: 3,
        attempt: Duration::from_mins(1),
        total: Duration::from_mins(1),
        ..CallBudget::default()
    };
    let surroundings = Surroundings {
        observer: metrics.arm.clone(),
        ..Surroundings::default()
    };
    let stop = CancellationToken::new();
    let api = api(
        &settings.azure,
        budget,
        surroundings,
        Arc::clone(&clock),
        &stop,
    )?;
    let behaviour = Behaviour {
        scope: Scope {
            owner: settings.owner.clone(),
            subscription: settings.azure.subscription.clone(),
            resource_groups: settings.azure.resource_groups.clone(),
            dns_suffix: settings.azure.cloud.dns_suffix.clone(),
            brakes: Brakes {
                keep_last_member: settings.keep_last_member,
                delete_grace: settings.delete_grace,
            },
        },
        arm: settings.azure.cloud.arm_endpoint.to_string(),
        deadline: settings.deadline,
        dry_run: settings.dry_run,
        profile_grace: match settings.profile_retention {
            ProfileRetention::Delete => Some(settings.profile_grace),
            ProfileRetention::Keep => None,
        },
        max_deletions: settings.max_deletions,
    };
    Ok(TrafficManagerProvider::stopped_by(
        behaviour,
        api,
        clock,
        Arc::clone(metrics),
        stop,
    ))
}
