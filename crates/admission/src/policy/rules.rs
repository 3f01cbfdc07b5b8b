//! The table of rules, and what they are written in.

mod endpoint;
mod monitor;
mod profile;
mod target;

use std::collections::BTreeMap;

use members::annotation::Name;
use traffic_manager::{EndpointKind, MonitorProtocol, RoutingMethod};

use super::cel;
use super::rule::Rule;

/// What an object says, by annotation; what is not given is not there.
pub type Given = BTreeMap<Name, String>;

/// A parser's rule that no policy of one object can judge, or not in CEL.
#[derive(Debug, Clone, Copy)]
pub struct NotJudged {
    /// The annotation that the parser blames, when it blames one.
    pub annotation: Option<Name>,
    /// What the parser's message has.
    pub message: &'static str,
    /// Of which objects the policy says nothing.
    pub applies: fn(&Given) -> bool,
    /// Why it does not.
    pub why: &'static str,
}

/// Every rule, in the order in which the policy has them.
pub(crate) fn all() -> Vec<Rule> {
    let mut rules = profile::rules();
    rules.extend(monitor::rules());
    rules.extend(endpoint::rules());
    rules.extend(target::rules());
    rules
}

/// What the policy leaves to the webhook, besides what depends on its settings:
/// which resource groups and subscriptions may be named, whether a group has to be,
/// and whether there are record types.
pub const NOT_JUDGED: &[NotJudged] = &[
    NotJudged {
        annotation: Some(Name::RecordType),
        message: "a profile of record type",
        applies: |given| !has_target(given),
        why: "without a target of its own the endpoint points at the host, at the load balancer or at a resource",
    },
    NotJudged {
        annotation: None,
        message: "MultiValue routing answers with addresses, and the target is the name",
        applies: |given| !has_target(given),
        why: "without a target of its own the endpoint points at the host or at the load balancer",
    },
    international(
        None,
        "MultiValue routing answers with addresses, and the target is the name",
        |given| is_international(given, Name::Target),
    ),
    international(
        Some(Name::RecordType),
        "a profile of record type",
        |given| is_international(given, Name::Target),
    ),
    international(
        Some(Name::MonitorHeaders),
        "with the Host header",
        |given| {
            is_international(given, Name::Hostname) || is_international(given, Name::MonitorHost)
        },
    ),
    NotJudged {
        annotation: Some(Name::Target),
        message: "the host is a wildcard or the vanity host itself",
        applies: |_| true,
        why: "each kind of object has its hosts elsewhere",
    },
    NotJudged {
        annotation: Some(Name::TargetProfile),
        message: "this is the profile that the endpoint is in",
        applies: |given| {
            !given.contains_key(&Name::ProfileName)
                || given
                    .get(&Name::TargetProfile)
                    .is_some_and(|child| child.contains('/'))
        },
        why: "the name of the profile is derived from the host, or the webhook's settings say where it is",
    },
    NotJudged {
        annotation: None,
        message: "is a private or reserved address",
        applies: |given| {
            given
                .get(&Name::Target)
                .is_some_and(|target| is_mapped(target))
        },
        why: "IPv4 in IPv6 is no address to Kubernetes",
    },
    NotJudged {
        annotation: Some(Name::RecordType),
        message: "a profile of record type",
        applies: |given| {
            given
                .get(&Name::Target)
                .is_some_and(|target| is_mapped(target))
        },
        why: "IPv4 in IPv6 is no address to Kubernetes",
    },
    international(Some(Name::Hostname), "must be a DNS name", |given| {
        is_international(given, Name::Hostname)
    }),
    international(Some(Name::MonitorHost), "must be a DNS name", |given| {
        is_international(given, Name::MonitorHost)
    }),
    international(
        Some(Name::Target),
        "must be `hostname`, `address`, a DNS name",
        |given| is_international(given, Name::Target),
    ),
    NotJudged {
        annotation: Some(Name::ResourceGroup),
        message: "must be 1 to 90 letters",
        applies: |given| is_international(given, Name::ResourceGroup),
        why: "letters and digits of other alphabets than ASCII's are taken as they are",
    },
    NotJudged {
        annotation: Some(Name::GeoMapping),
        message: "is none of them",
        applies: |given| {
            let text = given.get(&Name::GeoMapping).map_or("", String::as_str);
            text.contains(|c: char| !(c.is_ascii_alphanumeric() || " ,-.'’()&_/".contains(c)))
        },
        why: "names of regions with characters that no region has are taken as they are",
    },
    NotJudged {
        annotation: Some(Name::Subnets),
        message: "must not hold overlapping ranges",
        applies: has_ranges,
        why: "ranges with a hyphen cannot be compared in CEL",
    },
    NotJudged {
        annotation: Some(Name::Subnets),
        message: "must be address ranges",
        applies: has_ranges,
        why: "addresses cannot be put in order in CEL, so a range that ends before it begins is not seen",
    },
];

/// A rule about a name that has characters of other alphabets.
const fn international(
    annotation: Option<Name>,
    message: &'static str,
    applies: fn(&Given) -> bool,
) -> NotJudged {
    NotJudged {
        annotation,
        message,
        applies,
        why: "international names have an ASCII form that is beyond CEL",
    }
}

fn has_target(given: &Given) -> bool {
    let target = given.get(&Name::Target).map(|text| text.to_lowercase());
    target.is_some_and(|target| !["hostname", "address"].contains(&target.as_str()))
}

fn is_mapped(target: &str) -> bool {
    let address = target.parse::<std::net::Ipv6Addr>();
    address.is_ok_and(|address| address.to_ipv4_mapped().is_some())
}

fn is_international(given: &Given, name: Name) -> bool {
    given.get(&name).is_some_and(|text| !text.is_ascii())
}

fn has_ranges(given: &Given) -> bool {
    let ranges = given.get(&Name::Subnets);
    ranges.is_some_and(|ranges| ranges.contains('-'))
}

/// The variables: every annotation's text, and what several rules have in common.
pub(crate) fn variables(prefix: &str) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = Name::ALL
        .iter()
        .map(|name| {
            let key = cel::text(&format!("{prefix}{name}"));
            (
                cel::variable(*name),
                format!("object.metadata.?annotations[?{key}].orValue('').trim()"),
            )
        })
        .collect();
    let words = |name, words: Vec<&str>, default| cel::word(&cel::variable(name), words, default);
    let methods = RoutingMethod::ALL.iter().map(|method| method.as_str());
    let protocols = MonitorProtocol::ALL
        .iter()
        .map(|protocol| protocol.as_str());
    let kinds = EndpointKind::ALL.iter().map(|kind| kind.word());
    let vanity = cel::variable(Name::Hostname);
    let mut add = |name: &str, expression: String| {
        variables.push((name.to_owned(), expression));
    };
    add(
        "@method",
        words(Name::RoutingMethod, methods.collect(), "Weighted"),
    );
    add(
        "@protocol",
        words(Name::MonitorProtocol, protocols.collect(), "HTTPS"),
    );
    add(
        "@kind",
        words(Name::EndpointType, kinds.collect(), "External"),
    );
    add(
        "@vanity_host",
        format!(
            "{} && {} ? {} : ''",
            cel::is_ascii(&vanity),
            cel::is_hostname(&vanity),
            cel::canonical(&vanity)
        ),
    );
    variables.extend(
        profile::variables()
            .into_iter()
            .chain(monitor::variables())
            .chain(endpoint::variables())
            .chain(target::variables())
            .map(|(name, expression)| (name.to_owned(), expression)),
    );
    variables
}

/// A word out of a set, in any letter case.
fn word<'a>(name: Name, bad: &str, words: impl IntoIterator<Item = &'a str>) -> Rule {
    let words: Vec<_> = words.into_iter().map(str::to_ascii_lowercase).collect();
    let list = cel::list(words.iter().map(String::as_str));
    let variable = cel::variable(name);
    Rule::on(name, bad).unless_absent(&format!("{variable}.lowerAscii() in {list}"))
}

/// A whole number in plain digits.
fn number(name: Name, bad: &str, min: u32, max: u32) -> Rule {
    let variable = cel::variable(name);
    let digits = cel::matches(&variable, "0|[1-9][0-9]{0,9}");
    Rule::on(name, bad).unless_absent(&format!(
        "({digits} && int({variable}) >= {min} && int({variable}) <= {max})"
    ))
}
