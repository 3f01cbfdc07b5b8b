//! Reading a profile's settings: what a PUT may say under `properties` apart from the endpoints.

use serde_json::Value;

use super::{Fields, Problems, ranged};
use crate::api_version::ApiVersion;
use crate::model::{
    AllowedRecordType, Monitor, Protocol, RecordType, RoutingMethod, Settings, StatusRange, Toggle,
};
use crate::quirks::Quirks;

/// Longest path of a probe.
const PATH_LIMIT: usize = 1024;

/// Reads the settings. Returns `None` when a required part is missing, which is then among the problems.
pub(crate) fn settings(
    properties: &Value,
    version: ApiVersion,
    suffix: &str,
    quirks: &Quirks,
    problems: &mut Problems,
) -> Option<Settings> {
    let fields = Fields::of(Some(properties), "properties", problems);
    let status = fields.toggle("profileStatus", Toggle::Enabled, problems);
    let routing = routing(&fields, version, problems);
    let dns = fields.object("dnsConfig", problems);
    let relative_name = relative_name(&dns, suffix, problems);
    // The service has no default for the TTL: omitted, it is stored and shown as 0.
    let ttl = ranged(
        Some(dns.integer("ttl", problems).unwrap_or(0)),
        (0, i64::from(i32::MAX)),
        || "The DNS TTL must be between 0 and 2147483647 seconds.".to_owned(),
        problems,
    );
    let monitor = monitor(&fields.object("monitorConfig", problems), problems);
    let traffic_view = fields.toggle("trafficViewEnrollmentStatus", Toggle::Disabled, problems);
    let max_return = max_return(&fields, routing, quirks, problems);
    let names: Vec<_> = RecordType::ALL.iter().map(|t| t.as_str()).collect();
    let record_type = fields.word("recordType", RecordType::parse, &names, problems);
    Some(Settings {
        status,
        routing: routing?,
        relative_name: relative_name?,
        ttl: ttl?,
        monitor: monitor?,
        traffic_view,
        max_return,
        record_type,
        allowed_record_types: allowed_record_types(&fields, problems),
    })
}

fn routing(
    fields: &Fields<'_>,
    version: ApiVersion,
    problems: &mut Problems,
) -> Option<RoutingMethod> {
    let key = "trafficRoutingMethod";
    let known = |method: &RoutingMethod| method.known_to(version);
    let valid: Vec<_> = RoutingMethod::ALL
        .iter()
        .filter(|method| known(method))
        .map(|method| method.as_str())
        .collect();
    if fields.get(key).is_none() {
        problems.say("The traffic routing method must be specified.");
    }
    fields.word(
        key,
        |text| RoutingMethod::parse(text).filter(known),
        &valid,
        problems,
    )
}

fn relative_name(dns: &Fields<'_>, suffix: &str, problems: &mut Problems) -> Option<String> {
    let name = dns.text("relativeName", problems);
    if dns.get("relativeName").is_none() {
        problems.say("The DNS relative name must be specified.");
    }
    let name = name?;
    if !is_relative_name(name, suffix) {
        problems.say(format!(
            "The DNS relative name '{name}' is invalid. It must consist of labels of up to 63 letters, digits and hyphens, which neither start nor end with a hyphen."
        ));
        return None;
    }
    Some(name.to_owned())
}

/// Whether a name can stand before the cloud's suffix. Dots are allowed.
pub(crate) fn is_relative_name(name: &str, suffix: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() + 1 + suffix.len() <= 253 && name.split('.').all(is_label)
}

fn max_return(
    fields: &Fields<'_>,
    routing: Option<RoutingMethod>,
    quirks: &Quirks,
    problems: &mut Problems,
) -> Option<u8> {
    let limit = quirks.max_return_limit;
    let given = fields.integer("maxReturn", problems);
    let max_return = ranged(
        given,
        (1, i64::from(limit)),
        || format!("The maximum number of endpoints to return must be between 1 and {limit}."),
        problems,
    );
    match routing {
        Some(RoutingMethod::MultiValue) => {
            if quirks.max_return_required && fields.get("maxReturn").is_none() {
                problems.say("The 'maxReturn' property must be specified for a profile with traffic routing method 'MultiValue'.");
            }
            max_return.or(Some(2))
        }
        // Other methods do not use the number, and the service shows null.
        _ => None,
    }
}

fn allowed_record_types(fields: &Fields<'_>, problems: &mut Problems) -> Vec<AllowedRecordType> {
    let mut types = Vec::new();
    for value in fields.list("allowedEndpointRecordTypes", problems) {
        match value.as_str().and_then(AllowedRecordType::parse) {
            Some(known) => types.push(known),
            None => {
                problems.say(format!("The endpoint record type {value} is invalid. Valid values are: 'DomainName', 'IPv4Address', 'IPv6Address', 'Any'."));
            }
        }
    }
    types
}

fn monitor(fields: &Fields<'_>, problems: &mut Problems) -> Option<Monitor> {
    let names: Vec<_> = Protocol::ALL.iter().map(|p| p.as_str()).collect();
    if fields.get("protocol").is_none() {
        problems.say("The monitor protocol must be specified.");
    }
    let protocol = fields.word("protocol", Protocol::parse, &names, problems);
    if fields.get("port").is_none() {
        problems.say("The monitor port must be specified.");
    }
    let port = ranged(
        fields.integer("port", problems),
        (1, 65535),
        || "The monitor port must be between 1 and 65535.".to_owned(),
        problems,
    );
    let path = path(fields, protocol, problems);
    let (interval, timeout) = timings(fields, problems);
    let tolerated_failures = ranged(
        Some(
            fields
                .integer("toleratedNumberOfFailures", problems)
                .unwrap_or(3),
        ),
        (0, 9),
        || "Monitor tolerated number of failures must be between 0 and 9.".to_owned(),
        problems,
    );
    let headers = fields.headers(problems);
    let expected_status_codes = expected_status_codes(fields, problems);
    if protocol == Some(Protocol::Tcp) && !(headers.is_empty() && expected_status_codes.is_empty())
    {
        problems.say("Custom headers and expected status code ranges can only be specified for monitor protocols 'HTTP' and 'HTTPS'.");
    }
    Some(Monitor {
        protocol: protocol?,
        port: port?,
        path: path?,
        interval: interval?,
        timeout: timeout?,
        tolerated_failures: tolerated_failures?,
        headers,
        expected_status_codes,
    })
}

/// The path of HTTP probes. The outer `None` is a problem.
#[expect(
    clippy::option_option,
    reason = "the outer level is a failure that was reported, the inner one is the absence that TCP demands"
)]
fn path(
    fields: &Fields<'_>,
    protocol: Option<Protocol>,
    problems: &mut Problems,
) -> Option<Option<String>> {
    let path = fields.text("path", problems).filter(|p| !p.is_empty());
    match (protocol?, path) {
        (Protocol::Tcp, None) => Some(None),
        (Protocol::Tcp, Some(_)) => {
            problems.say("The monitor path cannot be specified for monitor protocol 'TCP'.");
            None
        }
        (_, None) => {
            problems.say(
                "The monitor path must be specified for monitor protocols 'HTTP' and 'HTTPS'.",
            );
            None
        }
        (_, Some(path)) => {
            let is_good = path.starts_with('/')
                && path.len() <= PATH_LIMIT
                && !path.chars().any(|c| c.is_control() || c.is_whitespace());
            if !is_good {
                problems.say(format!(
                    "The monitor path '{path}' is invalid. It must start with '/' and be up to {PATH_LIMIT} characters long."
                ));
            }
            is_good.then(|| Some(path.to_owned()))
        }
    }
}

/// Interval and timeout. With fast probing the timeout must be below the interval; the service's text for that case
/// names the bounds of the slow one.
fn timings(fields: &Fields<'_>, problems: &mut Problems) -> (Option<u8>, Option<u8>) {
    let interval = match fields.integer("intervalInSeconds", problems).unwrap_or(30) {
        10 => Some(10),
        30 => Some(30),
        _ => {
            problems.say("Monitor interval must be either 10 or 30 seconds.");
            None
        }
    };
    let longest = if interval == Some(10) { 9 } else { 10 };
    let timeout = ranged(
        Some(
            fields
                .integer("timeoutInSeconds", problems)
                .unwrap_or(longest),
        ),
        (5, longest),
        || "Monitor timeout must be between 5 and 10 seconds.".to_owned(),
        problems,
    );
    (interval, timeout)
}

fn expected_status_codes(fields: &Fields<'_>, problems: &mut Problems) -> Vec<StatusRange> {
    let key = "expectedStatusCodeRanges";
    let values = fields.list(key, problems);
    fields.limit(key, values.len(), problems);
    let mut ranges = Vec::new();
    for value in values {
        let item = Fields::of(Some(value), key, problems);
        let mut bound = |name| item.integer(name, problems).unwrap_or(-1);
        let (min, max) = (bound("min"), bound("max"));
        let known = |code: i64| u16::try_from(code).ok().filter(|c| (100..=999).contains(c));
        match (known(min), known(max)) {
            (Some(min), Some(max)) if min <= max => ranges.push(StatusRange { min, max }),
            _ => problems.say("An expected status code range must have a 'min' and a 'max' between 100 and 999, and 'min' cannot be greater than 'max'."),
        }
    }
    ranges
}
