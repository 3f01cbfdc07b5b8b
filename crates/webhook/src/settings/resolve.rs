//! From flags and environment to [`Settings`], collecting every problem on the way.

use std::error::Error as _;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use external_dns::{DomainFilter, DomainFilterError};
use url::Url;

use super::environment::Environment;
use super::error::{Origin, Problem, SettingsError};
use super::field::{self, Field};
use super::values::EXTERNAL_DNS_TIMEOUT;
use super::{CredentialKind, ProfileRetention, ServeArgs, Settings, Warning, parse};
use crate::log::{LogFilter, LogFormat};
use crate::provider_api::error_chain;

const PUBLIC_ARM: &str = "https://management.azure.com";
const DEADLINE: Duration = Duration::from_secs(10);
const PROFILE_GRACE: Duration = Duration::from_hours(1);
const API_HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const API_PORT: u16 = 8888;
const OPS_HOST: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const OPS_PORT: u16 = 8080;

/// Every field is read before the first problem is reported: no early return in here.
pub(super) fn resolve(
    args: &ServeArgs,
    environment: &Environment,
) -> Result<Settings, SettingsError> {
    let mut read = Reader {
        environment,
        problems: Vec::new(),
    };

    let owner = read.required(field::OWNER_ID, args.owner_id.as_deref());
    let subscription = read.required(field::SUBSCRIPTION_ID, args.subscription_id.as_deref());
    let groups = joined(&args.resource_groups);
    let mut resource_groups = read.list(field::RESOURCE_GROUPS, groups.as_deref());
    resource_groups.sort();
    resource_groups.dedup();
    let arm_endpoint = read
        .with(
            field::ARM_ENDPOINT,
            args.arm_endpoint.as_deref(),
            parse::arm_endpoint,
        )
        .or_default(|| Url::parse(PUBLIC_ARM).ok());
    let credential = read
        .value(field::CREDENTIAL, args.credential.as_deref())
        .or_default(|| Some(CredentialKind::Auto));
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
    let log_filter = read
        .value(field::LOG_LEVEL, args.log_level.as_deref())
        .or_default(|| Some(LogFilter::default()));
    let log_format = read
        .value(field::LOG_FORMAT, args.log_format.as_deref())
        .or_default(|| Some(LogFormat::Text));

    let api_address = api_host.zip(api_port).map(SocketAddr::from);
    let ops_address = ops_host.zip(ops_port).map(SocketAddr::from);
    if let (Some(api), Some(ops)) = (api_address, ops_address) {
        read.check_ports(api, ops);
    }
    if let (Some(endpoint), Some(credential)) = (&arm_endpoint, credential) {
        read.check_encryption(endpoint, credential);
    }

    let problems = read.problems;
    let settings = (|| {
        let mut settings = Settings {
            owner: owner?,
            subscription: subscription?,
            resource_groups,
            arm_endpoint: arm_endpoint?,
            credential: credential?,
            api_address: api_address?,
            ops_address: ops_address?,
            domain_filter: domain_filter?,
            deadline: deadline?,
            dry_run: dry_run?,
            profile_grace: profile_grace?,
            profile_retention: profile_retention?,
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
    if settings.credential == CredentialKind::None && settings.arm_endpoint.scheme() == "https" {
        warnings.push(Warning::NoCredential(settings.arm_endpoint.clone()));
    }
    warnings
}

/// A list flag may be repeated, and each occurrence may hold several elements.
fn joined(values: &[String]) -> Option<String> {
    if values.is_empty() {
        None
    } else {
        Some(values.join(","))
    }
}

/// The regular expression library draws its faults over several lines; the last one says what is wrong.
fn one_line(text: &str) -> String {
    let last = text
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or(text);
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// A value as given, before it is understood.
struct Given {
    text: String,
    origin: Origin,
}

/// What became of an optional setting.
enum Read<T> {
    /// It has a value.
    Value(T),
    /// It was not given.
    NotGiven,
    /// It was given, and is wrong. The problem is on record.
    Wrong,
}

impl<T> Read<T> {
    /// The value, or the default where nothing was given. A wrong value has no default.
    fn or_default(self, default: impl FnOnce() -> Option<T>) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::NotGiven => default(),
            Self::Wrong => None,
        }
    }
}

struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The first source that has something: flag, then the environment variables in their order.
    fn given(&mut self, field: Field, flag: Option<&str>) -> Option<Given> {
        if let Some(text) = flag.map(str::trim).filter(|text| !text.is_empty()) {
            return Some(Given {
                text: text.to_owned(),
                origin: Origin::Flag,
            });
        }
        for &name in field.env {
            let Some(raw) = self.environment.get(name) else {
                continue;
            };
            let Some(text) = raw.to_str() else {
                self.problems.push(Problem::Invalid {
                    field,
                    origin: Origin::Environment(name),
                    value: raw.to_string_lossy().into_owned(),
                    reason: "is not UTF-8".to_owned(),
                });
                continue;
            };
            let text = text.trim();
            if !text.is_empty() {
                return Some(Given {
                    text: text.to_owned(),
                    origin: Origin::Environment(name),
                });
            }
        }
        None
    }

    fn invalid(&mut self, field: Field, origin: Origin, value: &str, reason: &impl Display) {
        self.problems.push(Problem::Invalid {
            field,
            origin,
            // A URL with a password in it is refused, and must not be repeated in a log.
            value: if value.contains("://") && value.contains('@') {
                "(hidden)"
            } else {
                value
            }
            .to_owned(),
            reason: reason.to_string(),
        });
    }

    fn with<T, E: Display>(
        &mut self,
        field: Field,
        flag: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Read<T> {
        let Some(given) = self.given(field, flag) else {
            return Read::NotGiven;
        };
        match parse(&given.text) {
            Ok(value) => Read::Value(value),
            Err(reason) => {
                self.invalid(field, given.origin, &given.text, &reason);
                Read::Wrong
            }
        }
    }

    fn value<T: FromStr<Err: Display>>(&mut self, field: Field, flag: Option<&str>) -> Read<T> {
        self.with(field, flag, str::parse)
    }

    fn required<T: FromStr<Err: Display>>(
        &mut self,
        field: Field,
        flag: Option<&str>,
    ) -> Option<T> {
        match self.value(field, flag) {
            Read::Value(value) => Some(value),
            Read::Wrong => None,
            Read::NotGiven => {
                self.problems.push(Problem::Missing { field });
                None
            }
        }
    }

    /// The valid elements; each wrong one is a problem of its own.
    fn list<T: FromStr<Err: Display>>(&mut self, field: Field, flag: Option<&str>) -> Vec<T> {
        let Some(given) = self.given(field, flag) else {
            return Vec::new();
        };
        let mut valid = Vec::new();
        for element in parse::list(&given.text) {
            match element.parse() {
                Ok(value) => valid.push(value),
                Err(reason) => self.invalid(field, given.origin, element, &reason),
            }
        }
        valid
    }

    /// ExternalDNS's rule: either lists or expressions, because it refuses to start when it is told both.
    fn domain_filter(&mut self, args: &ServeArgs) -> Option<DomainFilter> {
        let include = self.given(field::DOMAIN_FILTER, joined(&args.domain_filter).as_deref());
        let exclude = self.given(
            field::EXCLUDE_DOMAIN_FILTER,
            joined(&args.exclude_domain_filter).as_deref(),
        );
        let regex_include = self.given(
            field::REGEXP_DOMAIN_FILTER,
            args.regexp_domain_filter.as_deref(),
        );
        let regex_exclude = self.given(
            field::REGEXP_DOMAIN_FILTER_EXCLUSION,
            args.regexp_domain_filter_exclusion.as_deref(),
        );

        let lists_field = if include.is_some() {
            field::DOMAIN_FILTER
        } else {
            field::EXCLUDE_DOMAIN_FILTER
        };
        let regex_field = if regex_include.is_some() {
            field::REGEXP_DOMAIN_FILTER
        } else {
            field::REGEXP_DOMAIN_FILTER_EXCLUSION
        };
        let include_ok = self.check_regex(field::REGEXP_DOMAIN_FILTER, regex_include.as_ref());
        let exclude_ok = self.check_regex(
            field::REGEXP_DOMAIN_FILTER_EXCLUSION,
            regex_exclude.as_ref(),
        );

        let text = |given: Option<Given>| given.map(|given| given.text).unwrap_or_default();
        let (include, exclude) = (text(include), text(exclude));
        let filter = DomainFilter::new(
            parse::list(&include),
            parse::list(&exclude),
            &text(regex_include),
            &text(regex_exclude),
        );
        match filter {
            Ok(filter) => Some(filter),
            Err(DomainFilterError::ListsAndRegexes) => {
                self.problems.push(Problem::Conflict {
                    first: lists_field,
                    second: regex_field,
                    reason: "ExternalDNS accepts domain lists or regular expressions, not both; give one kind"
                        .to_owned(),
                });
                None
            }
            // Each expression was checked by itself, and its fault is on record.
            Err(_) if !(include_ok && exclude_ok) => None,
            Err(error) => {
                self.invalid(regex_field, Origin::Default, "", &error_chain(&error));
                None
            }
        }
    }

    /// Whether one expression is usable by itself, so that two wrong ones are two problems.
    fn check_regex(&mut self, field: Field, given: Option<&Given>) -> bool {
        let Some(given) = given else { return true };
        match DomainFilter::new(None::<&str>, None, &given.text, "") {
            Ok(_) => true,
            Err(error) => {
                let cause = error
                    .source()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                self.invalid(field, given.origin, &given.text, &one_line(&cause));
                false
            }
        }
    }

    fn check_ports(&mut self, api: SocketAddr, ops: SocketAddr) {
        let overlap =
            api.ip() == ops.ip() || api.ip().is_unspecified() || ops.ip().is_unspecified();
        if api.port() != 0 && api.port() == ops.port() && overlap {
            self.problems.push(Problem::Conflict {
                first: field::SERVER_PORT,
                second: field::METRICS_PORT,
                reason: format!("both are {}; give different ports", api.port()),
            });
        }
    }

    fn check_encryption(&mut self, endpoint: &Url, credential: CredentialKind) {
        if endpoint.scheme() == "http" && credential != CredentialKind::None {
            self.problems.push(Problem::Conflict {
                first: field::ARM_ENDPOINT,
                second: field::CREDENTIAL,
                reason:
                    "a token would travel unencrypted; give an https URL, or the credential none"
                        .to_owned(),
            });
        }
    }
}
