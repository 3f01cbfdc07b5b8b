//! From flags and environment to [`Settings`], collecting every problem on the way.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;
use super::error::{Problem, SettingsError};
use super::field;
use super::reader::Reader;
use super::values::EXTERNAL_DNS_TIMEOUT;
use super::{
    KubernetesEvents, MaxDeletions, ProfileRetention, RequestShare, ServeArgs, Settings, Warning,
    parse,
};
use crate::log::{LogFilter, LogFormat};

const DEADLINE: Duration = Duration::from_secs(10);
const PROFILE_GRACE: Duration = Duration::from_hours(1);
const HEALTH_INTERVAL: Duration = Duration::from_mins(1);
const API_HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const API_PORT: u16 = 8888;
const OPS_HOST: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const OPS_PORT: u16 = 8080;

/// Every field is read before the first problem is reported: no early return in here.
pub(super) fn resolve(
    args: &ServeArgs,
    environment: &Environment,
) -> Result<Settings, SettingsError> {
    let mut read = Reader::new(environment);

    let owner = read.required(
        field::OWNER_ID,
        args.owner_id.as_deref(),
        "the value of ExternalDNS's --txt-owner-id, for example cluster-east",
    );
    let azure = read.azure(&args.azure);
    let request_share = read
        .value(field::REQUEST_SHARE, args.request_share.as_deref())
        .or_default(|| Some(RequestShare::default()));
    let dry_run = read
        .with(field::DRY_RUN, args.dry_run.as_deref(), parse::boolean)
        .or_default(|| Some(false));
    let profile_grace = read
        .with(
            field::PROFILE_GRACE,
            args.profile_grace.as_deref(),
            parse::duration,
        )
        .or_default(|| Some(PROFILE_GRACE));
    let profile_retention = read
        .value(field::PROFILE_RETENTION, args.profile_retention.as_deref())
        .or_default(|| Some(ProfileRetention::Delete));
    let max_deletions = read
        .value(field::MAX_DELETIONS, args.max_deletions.as_deref())
        .or_default(|| Some(MaxDeletions::default()));
    let keep_last_member = read
        .with(
            field::KEEP_LAST_MEMBER,
            args.keep_last_member.as_deref(),
            parse::boolean,
        )
        .or_default(|| Some(false));
    let delete_grace = read
        .with(
            field::DELETE_GRACE,
            args.delete_grace.as_deref(),
            parse::duration,
        )
        .or_default(|| Some(Duration::ZERO));
    let health_interval = read
        .with(
            field::HEALTH_INTERVAL,
            args.health_interval.as_deref(),
            parse::duration,
        )
        .or_default(|| Some(HEALTH_INTERVAL));
    let subscription = azure.as_ref().map(|azure| &azure.subscription);
    let kubeconfig: Option<PathBuf> = read
        .value(field::KUBECONFIG, args.kubeconfig.as_deref())
        .value();
    let kubernetes_events = read
        .value(field::KUBERNETES_EVENTS, args.kubernetes_events.as_deref())
        .or_default(|| Some(KubernetesEvents::Auto));
    let vanity = read.vanity(&args.vanity, subscription, kubeconfig.is_some());
    let domain_filter = read.domain_filter(args);
    let api_host = read
        .with(field::SERVER_HOST, args.server_host.as_deref(), parse::host)
        .or_default(|| Some(API_HOST));
    let api_port = read
        .with(field::SERVER_PORT, args.server_port.as_deref(), parse::port)
        .or_default(|| Some(API_PORT));
    let ops_host = read
        .with(
            field::METRICS_HOST,
            args.metrics_host.as_deref(),
            parse::host,
        )
        .or_default(|| Some(OPS_HOST));
    let ops_port = read
        .with(
            field::METRICS_PORT,
            args.metrics_port.as_deref(),
            parse::port,
        )
        .or_default(|| Some(OPS_PORT));
    let deadline = read
        .with(
            field::DEADLINE,
            args.deadline.as_deref(),
            parse::positive_duration,
        )
        .or_default(|| Some(DEADLINE));
    let resolver = read
        .value(field::RESOLVER, args.resolver.as_deref())
        .map(Some)
        .or_default(|| Some(None));
    let log_filter = read
        .value(field::LOG_LEVEL, args.log_level.as_deref())
        .or_default(|| Some(LogFilter::default()));
    let log_format = read
        .value(field::LOG_FORMAT, args.log_format.as_deref())
        .or_default(|| Some(LogFormat::Text));

    let api_address = api_host.zip(api_port).map(SocketAddr::from);
    let ops_address = ops_host.zip(ops_port).map(SocketAddr::from);
    if let (Some(api), Some(ops)) = (api_address, ops_address) {
        check_ports(&mut read.problems, api, ops);
    }

    let problems = read.problems;
    let settings = (|| {
        let mut settings = Settings {
            owner: owner?,
            azure: azure?,
            api_address: api_address?,
            ops_address: ops_address?,
            domain_filter: domain_filter?,
            deadline: deadline?,
            request_share: request_share?,
            dry_run: dry_run?,
            profile_grace: profile_grace?,
            profile_retention: profile_retention?,
            max_deletions: max_deletions?,
            keep_last_member: keep_last_member?,
            delete_grace: delete_grace?,
            health_interval: health_interval?,
            kubernetes_events: kubernetes_events?,
            resolver: resolver?,
            kubeconfig,
            vanity: vanity?,
            log_filter: log_filter?,
            log_format: log_format?,
            warnings: Vec::new(),
        };
        settings.warnings = warnings(&settings);
        Some(settings)
    })();
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        _ => Err(SettingsError::new(problems)),
    }
}

fn warnings(settings: &Settings) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if settings.deadline >= EXTERNAL_DNS_TIMEOUT {
        warnings.push(Warning::DeadlineTooLong(settings.deadline));
    }
    if !settings.api_address.ip().is_loopback() {
        warnings.push(Warning::ApiNotOnLoopback(settings.api_address));
    }
    warnings
}

/// One port cannot serve both, unless the system chooses it.
fn check_ports(problems: &mut Vec<Problem>, api: SocketAddr, ops: SocketAddr) {
    let overlap = api.ip() == ops.ip() || api.ip().is_unspecified() || ops.ip().is_unspecified();
    if api.port() != 0 && api.port() == ops.port() && overlap {
        problems.push(Problem::Conflict {
            first: field::SERVER_PORT,
            second: field::METRICS_PORT,
            reason: format!("both are {}; give different ports", api.port()),
        });
    }
}
