//! The command line.

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use data_plane::answer::Negative;
use emulator::{Args, AutoPriority, Options};
use rstest::rstest;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn parse(flags: &[&str]) -> Result<Options, clap::Error> {
    let line = std::iter::once("emulator").chain(flags.iter().copied());
    Cli::try_parse_from(line).map(|cli| cli.args.into())
}

#[test]
fn without_flags_the_documented_defaults_apply() {
    let options = parse(&[]).expect("no flag is required");
    assert_eq!(options.arm_listen.to_string(), "127.0.0.1:8787");
    assert_eq!(options.dns_listen.to_string(), "127.0.0.1:8653");
    assert_eq!(options.cloud.dns_suffix.as_str(), "trafficmanager.net");
    assert!(!options.cloud.allow_private_targets);
    assert!(options.cloud.resource_groups.is_empty());
    assert!(options.probes);
    assert!(!options.throttle.enforced && options.throttle.names_wait);
    assert!(options.tls.is_none() && !options.authority.require_token);
    assert_eq!(
        (options.latency, options.probe_interval, options.seed),
        (Duration::ZERO, None, None)
    );
}

#[test]
fn every_flag_is_taken_over() {
    let options = parse(&[
        "--arm-listen=[::1]:0",
        "--dns-listen=0.0.0.0:53",
        "--tls",
        "--tls-ca-file=/tmp/ca.pem",
        "--tls-name=arm.example.com,10.0.0.1",
        "--require-token",
        "--token-lifetime=90s",
        "--client=app:se:cret",
        "--dns-suffix=trafficmanager.cn",
        "--allow-private-targets",
        "--resource-group=a",
        "--resource-group=b,c",
        "--zone-record=east.example.com=127.0.0.1",
        "--zone-record=west.example.com=::1,third.example.com=192.0.2.3",
        "--probe-route=east.example.com:443=127.0.0.1:18443",
        "--client-location=10.0.0.0/8=westeurope,NL,GEO-EU;172.16.0.0/12=eastus",
        "--throttle",
        "--throttle-silently",
        "--throttle-limit=writes=20+5/s,endpoint-writes=25",
        "--throttle-limit=window=10s",
        "--latency=200ms",
        "--list-lag=5s",
        "--no-probes",
        "--probe-interval=500ms",
        "--quirk=auto-priority=lowest-free,no-endpoints=nodata",
        "--quirk=keep-priority=false",
        "--seed=7",
    ])
    .expect("valid flags");
    assert_eq!(options.arm_listen.to_string(), "[::1]:0");
    let tls = options.tls.expect("TLS");
    assert_eq!(tls.ca_file.as_deref(), Some(Path::new("/tmp/ca.pem")));
    assert_eq!(tls.names, ["arm.example.com", "10.0.0.1"]);
    assert!(options.authority.require_token);
    assert_eq!(options.authority.token_lifetime, Duration::from_secs(90));
    assert_eq!(options.authority.clients.len(), 1);
    assert_eq!(options.cloud.dns_suffix.as_str(), "trafficmanager.cn");
    assert!(options.cloud.allow_private_targets);
    assert_eq!(options.cloud.resource_groups, ["a", "b", "c"]);
    assert_eq!(options.zone_records.len(), 3);
    assert_eq!(options.probe_routes.len(), 1);
    assert_eq!(options.client_locations.len(), 2);
    assert!(options.throttle.enforced && !options.throttle.names_wait);
    let limits = &options.throttle.limits;
    assert_eq!((limits.writes.size, limits.writes.per_second), (20, 5));
    assert_eq!(
        (limits.endpoint_writes, limits.window),
        (25, Duration::from_secs(10))
    );
    assert_eq!(options.latency, Duration::from_millis(200));
    assert_eq!(options.cloud.list_lag, Duration::from_secs(5));
    assert!(!options.probes);
    assert_eq!(options.probe_interval, Some(Duration::from_millis(500)));
    assert_eq!(options.cloud.quirks.auto_priority, AutoPriority::LowestFree);
    assert!(!options.cloud.quirks.keep_priority);
    assert_eq!(options.dns_quirks.no_endpoints, Negative::NoData);
    assert_eq!(options.seed, Some(7));
}

#[rstest]
#[case("--arm-listen=here")]
#[case("--dns-suffix=a b")]
#[case("--zone-record=east.example.com")]
#[case("--zone-record=east.example.com=somewhere")]
#[case("--probe-route=east.example.com=127.0.0.1:1")]
#[case("--client-location=10.0.0.0/8")]
#[case("--client-location=10.0.0.0/8=atlantis")]
#[case("--throttle-limit=writes=5")]
#[case("--latency=5")]
#[case("--list-lag=5")]
#[case("--probe-interval=often")]
#[case("--quirk=keep-priority")]
#[case("--quirk=keep-priority=no")]
#[case("--quirk=no-such=true")]
#[case("--seed=x")]
#[case("--token-lifetime=5")]
#[case("--client=app")]
#[case("--tls-ca-file=/tmp/ca.pem")]
#[case("--tls-name=arm.example.com")]
fn a_wrong_value_is_refused_by_its_flag(#[case] flag: &str) {
    let error = parse(&[flag]).expect_err("a wrong value").to_string();
    let name = flag.split('=').next().expect("a name");
    assert!(error.contains(name), "{error}");
}
