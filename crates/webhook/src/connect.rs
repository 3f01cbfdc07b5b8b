//! From settings to a provider that talks to Azure.

use std::sync::Arc;
use std::time::Duration;

use arm_client::{CallBudget, Client, ClientConfig, Surroundings};
use members::Scope;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::provider::{Behaviour, TrafficManagerProvider};
use crate::settings::{ProfileRetention, Settings};

/// What follows the relative name of a profile in the public cloud. It only
/// matters for profiles that do not exist yet: of the others Azure tells.
const DNS_SUFFIX: &str = "trafficmanager.net";

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
#[error("the client of Azure Resource Manager cannot be set up")]
pub struct ConnectError(#[from] arm_client::ConfigError);

/// The provider that the settings describe. Nothing is sent to Azure yet.
pub fn provider(
    settings: &Settings,
    metrics: &Arc<Metrics>,
    clock: Arc<dyn Clock>,
) -> Result<TrafficManagerProvider, ConnectError> {
    let mut config = ClientConfig::new(settings.arm_endpoint.clone());
    // Three tries end well before the deadline, so that ExternalDNS's log says
    // why a call failed and not only that it took too long. One slow answer is
    // waited for: a listing that arrives late serves the next call.
    config.budget = CallBudget {
        attempts: 3,
        attempt: Duration::from_mins(1),
        total: Duration::from_mins(1),
        ..CallBudget::default()
    };
    config.read_timeout = config.budget.attempt;
    let surroundings = Surroundings {
        observer: metrics.arm.clone(),
        ..Surroundings::default()
    };
    let environment = arm_client::Environment::of_process();
    let client = Client::connect(&config, settings.credential, &environment, surroundings)?;
    let behaviour = Behaviour {
        scope: Scope {
            owner: settings.owner.clone(),
            subscription: settings.subscription.clone(),
            resource_groups: settings.resource_groups.clone(),
            dns_suffix: DNS_SUFFIX.to_owned(),
        },
        arm: settings.arm_endpoint.to_string(),
        deadline: settings.deadline,
        dry_run: settings.dry_run,
        profile_grace: match settings.profile_retention {
            ProfileRetention::Delete => Some(settings.profile_grace),
            ProfileRetention::Keep => None,
        },
        max_deletions: settings.max_deletions,
        keep_last_member: settings.keep_last_member,
        delete_grace: settings.delete_grace,
    };
    Ok(TrafficManagerProvider::new(
        behaviour,
        Arc::new(client),
        clock,
        Arc::clone(metrics),
    ))
}
