//! Traffic Manager's data plane: endpoint health, routing decisions, DNS answers and probes.
//!
//! ```text
//!   desired ProbeJobs ──▶ Prober ──▶ ProbeReports ──▶ (the service's state)
//!                                                             │ Directory
//!   DNS query ──▶ DnsServer ──▶ answer ──▶ routing ──▶ health ◀┘
//! ```
//!
//! The crate is the half of Traffic Manager that users meet: it answers names and watches endpoints. It stores nothing
//! and speaks no management API. Whoever embeds it provides
//!
//! * a [`Directory`]: the profiles as they are now, with what the probes found in [`Endpoint::probed`], and perhaps DNS
//!   zones whose names lead to them;
//! * a [`watch`](tokio::sync::watch) channel of [`ProbeJob`]s, and a [`ProbeSink`] that takes the reports;
//! * a [`TargetResolver`] for endpoints that are names, for example [`ZoneResolver`].
//!
//! [`health::assess`] derives the endpoint and profile monitor statuses that the management API shows from the very
//! same input as the DNS answers, so that the two can never disagree.
//!
//! ```no_run
//! use std::collections::HashMap;
//! use std::sync::Arc;
//!
//! use data_plane::{
//!     DnsConfig, DnsServer, Fqdn, ProbeJob, ProbeReport, ProbeSink, Prober, ProberConfig, Profile,
//!     ZoneRecords, ZoneResolver,
//! };
//! use tokio::sync::watch;
//! use tokio_util::sync::CancellationToken;
//!
//! struct Sink;
//!
//! impl ProbeSink for Sink {
//!     fn report(&self, report: ProbeReport) {
//!         // Ignore `report` when `report.generation` is not the current one of `report.key`.
//!         println!("{}: {:?}", report.key, report.health);
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let stop = CancellationToken::new();
//! let zone = Arc::new(ZoneRecords::parse(["my-app-east.example.com=127.0.0.1"])?);
//!
//! let profiles: HashMap<Fqdn, Arc<Profile>> = HashMap::new();
//! let mut config = DnsConfig::new("127.0.0.1:0".parse()?, Fqdn::new("trafficmanager.net")?);
//! config.zone = zone.clone();
//! let dns = DnsServer::bind(config, Arc::new(profiles)).await?;
//! println!("UDP and TCP on {}", dns.local_addr());
//! let counters = dns.counters();
//! let dns = tokio::spawn(dns.serve(stop.clone()));
//!
//! let (jobs, desired) = watch::channel(Vec::<ProbeJob>::new());
//! let prober = Prober::new(
//!     ProberConfig::default(),
//!     Arc::new(ZoneResolver::new(zone)),
//!     Arc::new(Sink),
//! )?;
//! let prober = tokio::spawn(prober.run(desired, stop.clone()));
//!
//! stop.cancel();
//! prober.await?;
//! dns.await?;
//! println!("{} queries", counters.snapshot().total());
//! # drop(jobs);
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod dns;
pub mod health;
pub mod probe;
pub mod region;
pub mod routing;
pub mod values;

mod directory;
mod name;
mod profile;

pub use answer::Quirks;
pub use directory::{Directory, Hosted, HostedData, HostedSet, ZoneAuthority};
pub use dns::{DnsConfig, DnsCounters, DnsError, DnsServer, ZoneRecords};
pub use name::{Fqdn, InvalidName};
pub use probe::{
    ProbeCheck, ProbeFailure, ProbeJob, ProbeKey, ProbeReport, ProbeSink, ProbeTarget, Prober,
    ProberConfig, SystemResolver, TargetResolver, ZoneResolver,
};
pub use profile::{Endpoint, Nested, ProbedHealth, Profile, RoutingMethod, Target};
pub use region::Region;
pub use routing::{ClientLocation, Locator};
pub use values::{AddressRange, GeoCode, MaxReturn, Priority, Ttl, Weight};
