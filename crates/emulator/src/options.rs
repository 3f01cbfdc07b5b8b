//! Settings of the emulator, and the command line that sets them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use data_plane::dns::ZoneRecord;
use data_plane::probe::ProbeRoute;
use data_plane::{ClientLocation, Fqdn};

use crate::authority::{Client, Settings};
use crate::duration;
use crate::quirks::{Quirk, Quirks};
use crate::state::Cloud;
use crate::throttle::{Limit, Limits, Throttle};
use crate::zones::ZoneSeed;

/// Settings of an emulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address of the ARM API and the control API; port 0 takes a free one.
    pub arm_listen: SocketAddr,
    /// Address of the DNS server, over UDP and TCP; port 0 takes a free one.
    pub dns_listen: SocketAddr,
    /// TLS on the ARM port; `None` for plain HTTP.
    pub tls: Option<Tls>,
    /// Who gets tokens, and whether they are needed.
    pub authority: Settings,
    /// What the cloud is like.
    pub cloud: Cloud,
    /// How DNS answers where no record settles it.
    pub dns_quirks: data_plane::Quirks,
    /// Names that targets resolve to, for probes and as DNS answers.
    pub zone_records: Vec<ZoneRecord>,
    /// DNS zones that are there from the start.
    pub dns_zones: Vec<ZoneSeed>,
    /// Where clients are.
    pub client_locations: Vec<ClientLocation>,
    /// How many requests are let through.
    pub throttle: Throttle,
    /// How long every ARM answer takes.
    pub latency: Duration,
    /// Whether endpoints are probed. Without probes an endpoint stays `CheckingEndpoint`, which DNS answers with, until
    /// its health is forced over the control API.
    pub probes: bool,
    /// Interval between probes in place of the profile's.
    pub probe_interval: Option<Duration>,
    /// Targets that are probed on another socket than their own.
    pub probe_routes: Vec<ProbeRoute>,
    /// Seed of ids, faults and DNS answers. `None` takes one from the operating system.
    pub seed: Option<u64>,
}

/// TLS with a certificate that is made at the start.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Where to write the certificate that clients have to trust.
    pub ca_file: Option<PathBuf>,
    /// Names and addresses in the certificate, beside those of this machine: `localhost`, `127.0.0.1` and `::1`.
    pub names: Vec<String>,
}

/// Command line of the emulator. Every flag has an environment variable.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each flag is a switch of its own"
)]
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Address of the ARM API and, under /_emulator/, of the control API.
    #[arg(
        long,
        env = "EMULATOR_ARM_LISTEN",
        hide_env_values = true,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8787"
    )]
    pub arm_listen: SocketAddr,

    /// Address of the DNS server, UDP and TCP.
    #[arg(
        long,
        env = "EMULATOR_DNS_LISTEN",
        hide_env_values = true,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8653"
    )]
    pub dns_listen: SocketAddr,

    /// Serve the ARM API over HTTPS, with a certificate that is made at the start for localhost, 127.0.0.1 and `::1`.
    #[arg(long, env = "EMULATOR_TLS", hide_env_values = true)]
    pub tls: bool,

    /// File to write the certificate to that clients have to trust with `--tls`.
    #[arg(
        long,
        env = "EMULATOR_TLS_CA_FILE",
        hide_env_values = true,
        value_name = "PATH",
        requires = "tls"
    )]
    pub tls_ca_file: Option<PathBuf>,

    /// Further name or address for the certificate of `--tls`. May be given several times, or several separated by
    /// commas.
    #[arg(
        long = "tls-name",
        env = "EMULATOR_TLS_NAMES",
        hide_env_values = true,
        value_name = "NAME",
        value_delimiter = ',',
        requires = "tls"
    )]
    pub tls_names: Vec<String>,

    /// Refuse ARM requests without a token that the emulator's authority has issued.
    #[arg(long, env = "EMULATOR_REQUIRE_TOKEN", hide_env_values = true)]
    pub require_token: bool,

    /// How long a token is good, for example 90s.
    #[arg(long, env = "EMULATOR_TOKEN_LIFETIME", hide_env_values = true, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub token_lifetime: Duration,

    /// Client that gets tokens, with its secret; others do not. Without any, every client and every secret will do.
    /// May be given several times, or several separated by commas.
    #[arg(
        long = "client",
        env = "EMULATOR_CLIENTS",
        hide_env_values = true,
        value_name = "ID:SECRET",
        value_delimiter = ','
    )]
    pub clients: Vec<Client>,

    /// DNS suffix of profiles.
    #[arg(
        long,
        env = "EMULATOR_DNS_SUFFIX",
        hide_env_values = true,
        value_name = "NAME",
        default_value = "trafficmanager.net"
    )]
    pub dns_suffix: Fqdn,

    /// Accept private and reserved addresses as targets, which Azure refuses.
    #[arg(long, env = "EMULATOR_ALLOW_PRIVATE_TARGETS", hide_env_values = true)]
    pub allow_private_targets: bool,

    /// Resource group that exists in every subscription; others are not found. Without any, every resource group
    /// exists. May be given several times, or several separated by commas.
    #[arg(
        long = "resource-group",
        env = "EMULATOR_RESOURCE_GROUPS",
        hide_env_values = true,
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub resource_groups: Vec<String>,

    /// Address of a name outside the Traffic Manager zone, so that targets resolve. May be given several times, or
    /// several separated by commas.
    #[arg(
        long = "zone-record",
        env = "EMULATOR_ZONE_RECORDS",
        hide_env_values = true,
        value_name = "NAME=ADDRESS",
        value_delimiter = ','
    )]
    pub zone_records: Vec<ZoneRecord>,

    /// DNS zone that Azure DNS hosts from the start, perhaps with its place; without one it is in the group my-dns-rg of
    /// the subscription 00000000-0000-0000-0000-000000000000. May be given several times, or several separated by commas.
    #[arg(
        long = "dns-zone",
        env = "EMULATOR_DNS_ZONES",
        hide_env_values = true,
        value_name = "[[SUBSCRIPTION/]GROUP/]NAME",
        value_delimiter = ','
    )]
    pub dns_zones: Vec<ZoneSeed>,

    /// Region and geographic codes of the clients of a network. May be given several times, or several separated by
    /// semicolons.
    #[arg(
        long = "client-location",
        env = "EMULATOR_CLIENT_LOCATIONS",
        hide_env_values = true,
        value_name = "CIDR=REGION[,GEO...]",
        value_delimiter = ';'
    )]
    pub client_locations: Vec<ClientLocation>,

    /// How long every ARM answer takes, for example 200ms.
    #[arg(long, env = "EMULATOR_LATENCY", hide_env_values = true, value_name = "DURATION", default_value = "0", value_parser = duration::parse)]
    pub latency: Duration,

    /// How far lists of profiles and the tags API lag behind what is stored, for example 5s; what is read one by one is true.
    #[arg(long, env = "EMULATOR_LIST_LAG", hide_env_values = true, value_name = "DURATION", default_value = "0", value_parser = duration::parse)]
    pub list_lag: Duration,

    /// Answer 429 to requests beyond the limits of the service.
    #[arg(long, env = "EMULATOR_THROTTLE", hide_env_values = true)]
    pub throttle: bool,

    /// Send 429 without Retry-After, as parts of Azure do.
    #[arg(long, env = "EMULATOR_THROTTLE_SILENTLY", hide_env_values = true)]
    pub throttle_silently: bool,

    /// A limit in place of the service's, such as writes=20+5/s or endpoint-writes=25. May be given several times, or
    /// several separated by commas.
    #[arg(
        long = "throttle-limit",
        env = "EMULATOR_THROTTLE_LIMITS",
        hide_env_values = true,
        value_name = "NAME=NUMBER",
        value_delimiter = ','
    )]
    pub throttle_limits: Vec<Limit>,

    /// Do not probe endpoints: they stay `CheckingEndpoint`, which DNS answers with, until their health is forced.
    #[arg(long, env = "EMULATOR_NO_PROBES", hide_env_values = true)]
    pub no_probes: bool,

    /// Interval between probes in place of the profile's 10 or 30 seconds, for example 500ms.
    #[arg(long, env = "EMULATOR_PROBE_INTERVAL", hide_env_values = true, value_name = "DURATION", value_parser = duration::parse)]
    pub probe_interval: Option<Duration>,

    /// Probe a target on another socket, so that a monitor on port 443 reaches a process of this machine. The request
    /// still names the target. May be given several times, or several separated by commas.
    #[arg(
        long = "probe-route",
        env = "EMULATOR_PROBE_ROUTES",
        hide_env_values = true,
        value_name = "HOST:PORT=ADDRESS:PORT",
        value_delimiter = ','
    )]
    pub probe_routes: Vec<ProbeRoute>,

    /// Behaviour that no public record settles, such as auto-priority=lowest-free; docs/EMULATOR.md lists all. May be
    /// given several times, or several separated by commas.
    #[arg(
        long = "quirk",
        env = "EMULATOR_QUIRKS",
        hide_env_values = true,
        value_name = "NAME=VALUE",
        value_delimiter = ','
    )]
    pub quirks: Vec<Quirk>,

    /// Seed of request ids, faults and DNS answers, to see the same again.
    #[arg(
        long,
        env = "EMULATOR_SEED",
        hide_env_values = true,
        value_name = "NUMBER"
    )]
    pub seed: Option<u64>,
}

// === impl Options ===

impl Default for Options {
    /// Free ports on the loopback interface, no probes, no latency.
    fn default() -> Self {
        Self {
            arm_listen: (Ipv4Addr::LOCALHOST, 0).into(),
            dns_listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tls: None,
            authority: Settings::default(),
            cloud: Cloud::default(),
            dns_quirks: data_plane::Quirks::default(),
            zone_records: Vec::new(),
            dns_zones: Vec::new(),
            client_locations: Vec::new(),
            throttle: Throttle::default(),
            latency: Duration::ZERO,
            probes: false,
            probe_interval: None,
            probe_routes: Vec::new(),
            seed: None,
        }
    }
}

impl From<Args> for Options {
    fn from(args: Args) -> Self {
        let mut limits = Limits::default();
        for limit in args.throttle_limits {
            limits.set(limit);
        }
        let mut quirks = Quirks::default();
        let mut dns_quirks = data_plane::Quirks::default();
        for quirk in args.quirks {
            quirk.turn(&mut quirks, &mut dns_quirks);
        }
        Self {
            arm_listen: args.arm_listen,
            dns_listen: args.dns_listen,
            tls: args.tls.then_some(Tls {
                ca_file: args.tls_ca_file,
                names: args.tls_names,
            }),
            authority: Settings {
                require_token: args.require_token,
                token_lifetime: args.token_lifetime,
                clients: args.clients,
            },
            cloud: Cloud {
                dns_suffix: args.dns_suffix,
                allow_private_targets: args.allow_private_targets,
                resource_groups: args.resource_groups,
                list_lag: args.list_lag,
                quirks,
            },
            dns_quirks,
            zone_records: args.zone_records,
            dns_zones: args.dns_zones,
            client_locations: args.client_locations,
            throttle: Throttle {
                enforced: args.throttle,
                names_wait: !args.throttle_silently,
                limits,
            },
            latency: args.latency,
            probes: !args.no_probes,
            probe_interval: args.probe_interval.filter(|interval| !interval.is_zero()),
            probe_routes: args.probe_routes,
            seed: args.seed,
        }
    }
}
