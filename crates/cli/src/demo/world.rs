//! Everything that runs: the emulator, and per cluster a webhook, an ExternalDNS and an application.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;

use data_plane::dns::ZoneRecord;
use data_plane::probe::{ProbeRoute, ProbeTarget};
use data_plane::{Fqdn, InvalidName};
use emulator::zones::InvalidZoneSeed;
use emulator::{Emulator, Options, Running, StartError};

use super::application::{Application, ApplicationError};
use super::azure::{Control, ControlError, ProfileState};
use super::cluster::{Cluster, LoopError};
use super::dns::Place;
use super::instance::{Instance, InstanceError};
use super::log::Log;
use super::manifest::{App, EAST, Files, ManifestError, WEST};

/// In place of the profile's 30 seconds. Four failures in a row take an endpoint out.
const PROBE_INTERVAL: Duration = Duration::from_millis(400);
/// The port of a monitor with HTTPS.
const HTTPS: NonZeroU16 = NonZeroU16::new(443).expect("not zero");

/// The zone of the vanity host in Azure DNS.
const ZONE: &str = "example.com";

/// Why not everything runs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorldError {
    /// The examples are wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A host of the examples is no domain name.
    #[error("the host {host:?} of the examples is no domain name")]
    Host {
        /// The host.
        host: String,
        /// What is wrong.
        #[source]
        source: InvalidName,
    },
    /// The zone of the vanity host is none.
    #[error(transparent)]
    Zone(#[from] InvalidZoneSeed),
    /// The emulator does not start.
    #[error(transparent)]
    Emulator(#[from] StartError),
    /// The control API of the emulator.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A webhook.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// ExternalDNS.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// An application.
    #[error(transparent)]
    Application(#[from] ApplicationError),
}

/// One cluster with all that belongs to it.
#[derive(Debug)]
pub(super) struct Site {
    /// The folder of its manifests.
    pub(super) folder: &'static str,
    /// The Service of the manifest, with the address that the cloud gave it.
    pub(super) app: App,
    /// Its host, endpoint and address.
    pub(super) place: Place,
    /// Its ExternalDNS.
    pub(super) cluster: Cluster,
    /// Its webhook.
    pub(super) instance: Instance,
    /// What the probes reach.
    pub(super) application: Application,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    emulator: Running,
    /// The emulator's control API.
    pub(super) control: Control,
    /// The emulator's log.
    pub(super) emulator_log: Log,
    east: Site,
    west: Site,
}

/// Which cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `cluster-east`
    East,
    /// `cluster-west`
    West,
}

/// What is known before anything runs.
struct Draft {
    files: Files,
    app: App,
    place: Place,
    host: Fqdn,
    application: Application,
}

// === impl Side ===

impl Side {
    /// Both of them.
    pub(super) const BOTH: [Self; 2] = [Self::East, Self::West];
}

// === impl World ===

impl World {
    /// Starts everything. No cluster has a Service yet.
    pub(super) async fn start(seed: u64, emulator_log: Log) -> Result<Self, WorldError> {
        // Addresses that are set aside for documentation: nobody has them.
        let east = Draft::new(EAST, Ipv4Addr::new(203, 0, 113, 10)).await?;
        let west = Draft::new(WEST, Ipv4Addr::new(198, 51, 100, 20)).await?;
        let options = Options {
            zone_records: vec![east.zone_record(), west.zone_record()],
            probe_routes: vec![east.probe_route(), west.probe_route()],
            probes: true,
            probe_interval: Some(PROBE_INTERVAL),
            seed: Some(seed),
            dns_zones: vec![ZONE.parse()?],
            ..Options::default()
        };
        let emulator = Emulator::start(options).await?;
        let arm_url = emulator.arm_url();
        let dns = emulator.dns_addr();
        Ok(Self {
            control: Control::new(&arm_url)?,
            east: east.start(&arm_url, dns).await?,
            west: west.start(&arm_url, dns).await?,
            emulator,
            emulator_log,
        })
    }

    /// One of the clusters.
    pub(super) fn site(&self, side: Side) -> &Site {
        match side {
            Side::East => &self.east,
            Side::West => &self.west,
        }
    }

    /// One of the clusters, to do something in it.
    pub(super) fn site_mut(&mut self, side: Side) -> &mut Site {
        match side {
            Side::East => &mut self.east,
            Side::West => &mut self.west,
        }
    }

    /// The emulator.
    pub(super) fn emulator(&self) -> &Running {
        &self.emulator
    }

    /// The profile of the story, if there is one.
    pub(super) async fn profile(&self) -> Result<Option<ProfileState>, ControlError> {
        let profiles = self.control.profiles().await?;
        Ok(profiles.into_iter().next())
    }

    /// Ends everything in order.
    pub(super) async fn stop(self) -> Result<(), InstanceError> {
        let Self {
            emulator,
            east,
            west,
            ..
        } = self;
        east.instance.stop().await?;
        west.instance.stop().await?;
        emulator.stop().await;
        Ok(())
    }
}

// === impl Site ===

impl Site {
    /// `kubectl apply`: the cluster has this Service and no other.
    pub(super) fn apply(&mut self, app: &App) {
        self.cluster.services = vec![app.service.clone()];
    }

    /// `kubectl delete`
    pub(super) fn delete(&mut self) {
        self.cluster.services.clear();
    }

    /// The name of the endpoint.
    pub(super) fn endpoint(&self) -> &str {
        &self.place.endpoint
    }
}

// === impl Draft ===

impl Draft {
    async fn new(files: Files, address: Ipv4Addr) -> Result<Self, WorldError> {
        let address = IpAddr::V4(address);
        let app = files.app(&files.release()?)?.with_address(address);
        let target = app.host()?.to_owned();
        let host = Fqdn::new(&target).map_err(|source| WorldError::Host {
            host: target.clone(),
            source,
        })?;
        Ok(Self {
            files,
            place: Place {
                endpoint: app.get("endpoint-name")?.to_owned(),
                target,
                address,
            },
            application: Application::start(host.as_str()).await?,
            app,
            host,
        })
    }

    /// What the other ExternalDNS of the cluster, the one for the DNS zone, would write.
    fn zone_record(&self) -> ZoneRecord {
        ZoneRecord {
            name: self.host.clone(),
            address: self.place.address,
        }
    }

    /// Nobody is at the address of the load balancer, and port 443 is not for everyone: the probes are led to the
    /// application.
    fn probe_route(&self) -> ProbeRoute {
        ProbeRoute {
            target: ProbeTarget::Fqdn(self.host.clone()),
            port: HTTPS,
            to: self.application.address(),
        }
    }

    async fn start(self, arm_url: &str, dns: SocketAddr) -> Result<Site, WorldError> {
        let release = self.files.release()?;
        let instance = Instance::start(&release, arm_url.to_owned(), dns).await?;
        Ok(Site {
            folder: self.files.folder,
            app: self.app,
            place: self.place,
            cluster: Cluster::start(&release, instance.api_url()).await?,
            instance,
            application: self.application,
        })
    }
}
