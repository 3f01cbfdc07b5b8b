//! A cluster: the real provider and client, and a model of ExternalDNS that
//! loops every minute.

use std::sync::Arc;
use std::time::Duration;

use arm_client::{CallBudget, Client, ClientConfig, Clock as _, Pace, Surroundings, TagsFallback};
use external_dns::model::{Controller, Registry, TxtRegistry};
use external_dns::{Endpoint as Record, RecordType};
use members::Scope;
use members::want::Brakes;
use webhook::metrics::Metrics;
use webhook::provider::{Behaviour, TrafficManagerProvider};
use webhook::provider_api::{Provider as _, ProviderError};
use webhook::settings::MaxDeletions;

use crate::azure::{Azure, Counting};

/// ExternalDNS's interval.
const INTERVAL: Duration = Duration::from_mins(1);
/// A call of ExternalDNS is answered before this has passed.
const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct Cluster {
    provider: TrafficManagerProvider,
    controller: Controller,
    clock: crate::azure::SimulatedClock,
}

/// `members` objects, spread over so many profiles.
pub(crate) fn objects(cluster: &str, members: usize, profiles: usize) -> Vec<Record> {
    (0..members)
        .map(|number| {
            let host = format!("app-{number}.{cluster}.example.com");
            let address = format!("20.{}.{}.1", number / 250, number % 250);
            let mut record = Record::new(host, RecordType::A, [address])
                .with_label("resource", format!("service/default/app-{number}"));
            let profile = format!("profile-{}", number % profiles);
            for (name, value) in [("enabled", "true"), ("profile-name", profile.as_str())] {
                record.set_property(&format!("webhook/traffic-manager-{name}"), value);
            }
            record
        })
        .collect()
}

impl Cluster {
    pub(crate) fn new(owner: &str, azure: &Arc<Azure>) -> Self {
        let clock = azure.clock();
        let metrics = Arc::new(Metrics::new(Arc::new(clock)));
        let mut config = ClientConfig::new("http://127.0.0.1:1".parse().unwrap());
        // As `serve` has them.
        config.budget = CallBudget {
            attempts: 3,
            attempt: Duration::from_mins(1),
            total: Duration::from_mins(1),
            ..CallBudget::default()
        };
        config.pace = Some(Pace::default().with_patience(Duration::from_secs(10)));
        let surroundings = Surroundings {
            clock: Arc::new(clock),
            entropy: Arc::new(Counting::default()),
            observer: metrics.arm.clone(),
        };
        let client = Client::over(azure.clone(), &config, None, surroundings);
        let api = TagsFallback::new(
            Arc::new(client),
            Arc::new(clock),
            Arc::new(Counting::default()),
            members::marks::TAG_PREFIX,
        );
        let behaviour = Behaviour {
            scope: Scope {
                owner: owner.parse().unwrap(),
                subscription: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
                resource_groups: vec!["rg".parse().unwrap()],
                other_subscriptions: std::collections::BTreeMap::new(),
                dns_suffix: "trafficmanager.net".to_owned(),
                vanity: members::VanityMode::None,
                private_targets: true,
                brakes: Brakes::default(),
                api_version: traffic_manager::ApiVersion::default(),
            },
            arm: "http://127.0.0.1:1".to_owned(),
            deadline: DEADLINE,
            dry_run: false,
            profile_grace: None,
            health_interval: None,
            events: webhook::cluster::Cluster::default(),
            max_deletions: MaxDeletions::default(),
            vanity: webhook::provider::VanityTools::default(),
            explain: webhook::provider::ExplainTools::default(),
        };
        let txt = TxtRegistry::new(owner).unwrap();
        Self {
            provider: TrafficManagerProvider::new(
                behaviour,
                Arc::new(api),
                Arc::new(clock),
                metrics,
            ),
            controller: Controller::new(Registry::Txt(txt)),
            clock,
        }
    }

    /// Loops until ExternalDNS has nothing to change. Returns how often.
    pub(crate) async fn converge(&self, objects: &[Record], most: u32) -> u32 {
        for number in 1..=most {
            let begun = self.clock.monotonic();
            let looped = self.run(objects).await;
            if looped == Ok(false) {
                return number;
            }
            let passed = self.clock.monotonic().saturating_sub(begun);
            tokio::time::sleep(INTERVAL.saturating_sub(passed)).await;
        }
        panic!("after {most} loops there is something left to change");
    }

    /// One loop; whether there was anything to change.
    async fn run(&self, objects: &[Record]) -> Result<bool, String> {
        let provider = self.provider.clone();
        let records = edge(async move { provider.records().await }).await?;
        let observation = self.controller.observe(records);
        let (provider, sources) = (self.provider.clone(), objects.to_vec());
        let adjusted = edge(async move { provider.adjust(sources).await }).await?;
        let Some(changes) = self.controller.plan(&observation, adjusted) else {
            return Ok(false);
        };
        let provider = self.provider.clone();
        edge(async move { provider.apply(changes).await }).await?;
        Ok(true)
    }
}

/// The webhook's edge: the work goes on after the deadline.
async fn edge<T: Send + 'static>(
    work: impl Future<Output = Result<T, ProviderError>> + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, tokio::spawn(work)).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(error.to_string()),
        Ok(Err(error)) => panic!("the call panicked: {error}"),
        Err(_) => Err("503 at the deadline".to_owned()),
    }
}
