//! From settings to a provider that talks to Azure.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use arm_client::{
    CallBudget, Client, ClientConfig, DnsApi, Pace, Surroundings, TagsFallback, TrafficManagerApi,
};
use kubernetes::KubeCluster;
use members::Scope;
use members::marks::TAG_PREFIX;
use members::want::Brakes;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::metrics::Metrics;
use crate::provider::{Behaviour, ExplainTools, TrafficManagerProvider, VanityTools};
use crate::provider_api::error_chain;
use crate::resolver::DnsResolver;
use crate::settings::{AzureSettings, KubernetesEvents, ProfileRetention, RequestShare, Settings};

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
#[error("the client of Azure Resource Manager cannot be set up")]
pub struct ConnectError(#[from] arm_client::ConfigError);

/// The Azure that the settings describe, with the credential that the process's
/// environment describes. Nothing is sent yet. `clock` times the writing of tags
/// where the tags API is forbidden; `pace` keeps below Azure's limits; once `stop` is cancelled, nothing new is
/// sent.
pub fn api(
    settings: &AzureSettings,
    budget: CallBudget,
    pace: Option<Pace>,
    surroundings: &Surroundings,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<Arc<dyn TrafficManagerApi>, ConnectError> {
    let client = client(settings, budget, pace, surroundings, stop)?;
    Ok(with_tags(client, surroundings, clock, stop))
}

/// The client behind it, which speaks of Azure DNS too.
fn client(
    settings: &AzureSettings,
    budget: CallBudget,
    pace: Option<Pace>,
    surroundings: &Surroundings,
    stop: &CancellationToken,
) -> Result<Arc<Client>, ConnectError> {
    let cloud = &settings.cloud;
    let mut config = ClientConfig::new(cloud.arm_endpoint.clone());
    config.authority = cloud.authority.clone();
    config.audience = cloud.audience.clone();
    config.api_version = settings.api_version;
    config.budget = budget;
    config.pace = pace;
    config.read_timeout = config.read_timeout.max(budget.attempt);
    let environment =
        arm_client::Environment::of_process().with_azure_json(settings.azure_json.clone());
    let client = Client::connect(
        &config,
        settings.credential,
        &environment,
        surroundings.clone(),
    )?
    .stopped_by(stop.clone());
    Ok(Arc::new(client))
}

/// Tags are written another way where the tags API is forbidden.
fn with_tags(
    client: Arc<Client>,
    surroundings: &Surroundings,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Arc<dyn TrafficManagerApi> {
    let entropy = Arc::clone(&surroundings.entropy);
    let api = TagsFallback::new(client, clock, entropy, TAG_PREFIX).stopped_by(stop.clone());
    Arc::new(api)
}

/// Who would have to wait longer than this for Azure's limits leaves it to the
/// next loop, because others wait for the end of this one.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pace of a client that uses such a share of Azure's limits.
fn pace(share: RequestShare) -> Option<Pace> {
    match share {
        // Shares are checked when they are read.
        RequestShare::Percent(percent) => Some(
            Pace::of_share(percent)
                .unwrap_or_default()
                .with_patience(PATIENCE),
        ),
        RequestShare::Off => None,
    }
}

/// The cluster that the settings and the process's environment describe. One that cannot be used is no reason not to
/// start. Nothing is sent yet.
pub async fn cluster(settings: &Settings) -> Cluster {
    let options = kubernetes::Options {
        namespace: settings.vanity.namespace.clone(),
        // The name of the pod.
        instance: env::var("HOSTNAME").unwrap_or_else(|_| kubernetes::NAME.to_owned()),
        ..kubernetes::Options::default()
    };
    match KubeCluster::detect(settings.kubeconfig.as_deref(), options).await {
        Ok(Some(cluster)) => Cluster::Api {
            namespace: cluster.namespace().to_owned(),
            api: Arc::new(cluster),
        },
        Ok(None) => {
            let absent = Cluster::default();
            tracing::info!(cluster = ?absent, "there is no Kubernetes cluster: no Events are written, and no DNSEndpoint objects are made");
            absent
        }
        Err(error) => {
            let why = error_chain(&error);
            tracing::warn!(error = %why, "the Kubernetes API cannot be used: no Events are written, and no DNSEndpoint objects are made");
            Cluster::Absent { why }
        }
    }
}

/// With what vanity records are made.
fn vanity(settings: &Settings, dns: Arc<dyn DnsApi>, cluster: Cluster) -> VanityTools {
    let vanity = &settings.vanity;
    VanityTools {
        dns: Some(dns),
        cluster,
        resolver: vanity.check.then(|| DnsResolver::shared(settings.resolver)),
        ttl: vanity.ttl,
        interval: vanity.interval,
        zones: vanity.zones.clone(),
    }
}

/// The provider that the settings describe. Nothing is sent to Azure yet.
pub fn provider(
    settings: &Settings,
    metrics: &Arc<Metrics>,
    clock: Arc<dyn Clock>,
    cluster: Cluster,
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
    let pace = pace(settings.request_share);
    let client = client(&settings.azure, budget, pace, &surroundings, &stop)?;
    let dns: Arc<dyn DnsApi> = Arc::clone(&client) as _;
    let api = with_tags(client, &surroundings, Arc::clone(&clock), &stop);
    let behaviour = Behaviour {
        scope: Scope {
            owner: settings.owner.clone(),
            subscription: settings.azure.subscription.clone(),
            resource_groups: settings.azure.resource_groups.clone(),
            other_subscriptions: settings.azure.other_subscriptions.clone(),
            dns_suffix: settings.azure.cloud.dns_suffix.clone(),
            brakes: Brakes {
                keep_last_member: settings.keep_last_member,
                delete_grace: settings.delete_grace,
            },
            api_version: settings.azure.api_version,
            vanity: settings.vanity.mode,
            private_targets: settings.azure.cloud.arm_endpoint.cloud().is_none(),
        },
        arm: settings.azure.cloud.arm_endpoint.to_string(),
        deadline: settings.deadline,
        dry_run: settings.dry_run,
        profile_grace: match settings.profile_retention {
            ProfileRetention::Delete => Some(settings.profile_grace),
            ProfileRetention::Keep => None,
        },
        max_deletions: settings.max_deletions,
        health_interval: Some(settings.health_interval).filter(|interval| !interval.is_zero()),
        events: match settings.kubernetes_events {
            KubernetesEvents::Auto => cluster.clone(),
            KubernetesEvents::Off => Cluster::Absent {
                why: "Events are switched off".to_owned(),
            },
        },
        vanity: vanity(settings, dns, cluster),
        explain: ExplainTools {
            resolver: Some(DnsResolver::shared(settings.resolver)),
            filter: settings.domain_filter.clone(),
        },
    };
    Ok(TrafficManagerProvider::stopped_by(
        behaviour,
        api,
        clock,
        Arc::clone(metrics),
        stop,
    ))
}
