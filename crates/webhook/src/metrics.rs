//! What is counted. `docs/METRICS.md` lists it for people, and a test holds the list to the code.

use std::sync::Arc;

use prometheus_client::encoding::text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::clock::Clock;

pub mod arm;
pub mod calls;
pub mod events;
pub mod health;
pub mod state;

pub use arm::ArmMetrics;
pub use calls::CallMetrics;
pub use events::EventMetrics;
pub use health::HealthMetrics;
pub use state::StateMetrics;

/// The prefix of every name.
pub const PREFIX: &str = "external_dns_traffic_manager";

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted in one instance of the webhook.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// ExternalDNS's calls.
    pub calls: CallMetrics,
    /// Our calls to Azure Resource Manager. To be handed to its client.
    pub arm: Arc<ArmMetrics>,
    /// What the provider knows.
    pub state: StateMetrics,
    /// What Azure's probes have found.
    pub health: HealthMetrics,
    /// What becomes of Kubernetes Events.
    pub events: EventMetrics,
}

impl Metrics {
    /// Metrics that start at zero. The clock gives the times of last success.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "build",
            "The running build",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        let calls = CallMetrics::register(&mut registry, clock);
        let arm = Arc::new(ArmMetrics::register(&mut registry));
        let state = StateMetrics::register(&mut registry);
        let health = HealthMetrics::register(&mut registry);
        let events = EventMetrics::register(&mut registry);
        Self {
            registry,
            calls,
            arm,
            state,
            health,
            events,
        }
    }

    /// Everything as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}
