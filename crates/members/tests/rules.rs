//! Azure's rules, each broken by annotations, and what is said about it before
//! Azure is asked. `snapshots/rules__every_rule_is_explained.snap` is the table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use members::annotation::{Annotations, PROPERTY_PREFIX};
use members::observe::Observed;
use members::resolve::{Blocked, resolve};
use members::want::{Brakes, Source};
use members::{Scope, Subject};
use traffic_manager::ApiVersion;

type Annotation<'a> = (&'a str, &'a str);

/// A rule, and objects whose annotations break it. What follows `;` is another object.
const RULES: &[(&str, &str)] = &[
    (
        "A profile's name has 1 to 63 letters, digits, hyphens and periods",
        "profile-name: my_app",
    ),
    (
        "A DNS name has labels of letters, digits and hyphens",
        "dns-name: my_app",
    ),
    (
        "An endpoint's name has none of < > * % $ : \\ ? + /",
        "endpoint-name: east/us",
    ),
    ("A TTL is 0 to 2147483647 seconds", "dns-ttl: 2147483648"),
    ("A weight is 1 to 1000", "weight: 1001"),
    ("A priority is 1 to 1000", "priority: 0"),
    (
        "Priorities are unique in a profile",
        "routing-method: Priority, priority: 1; routing-method: Priority, priority: 1",
    ),
    (
        "Targets are unique in a profile",
        "target: lb.example.net; target: lb.example.net",
    ),
    (
        "All targets of a profile are names, or IPv4 addresses, or IPv6 addresses",
        "target: hostname; target: address",
    ),
    ("Targets are public addresses", "target: 10.1.2.3"),
    ("A target has no port", "target: 20.1.2.3:443"),
    (
        "MultiValue has IP addresses only",
        "routing-method: MultiValue",
    ),
    (
        "MultiValue answers with 1 to 10 addresses",
        "routing-method: MultiValue, target: address, max-return: 11",
    ),
    (
        "Other methods answer with one",
        "routing-method: Weighted, max-return: 2",
    ),
    ("Performance needs locations", "routing-method: Performance"),
    (
        "Geographic needs a code for every endpoint",
        "routing-method: Geographic",
    ),
    (
        "Geographic codes are those of Azure",
        "routing-method: Geographic, geo-mapping: Germny",
    ),
    (
        "A geographic code belongs to one endpoint",
        "routing-method: Geographic, geo-mapping: DE+FR; routing-method: Geographic, geo-mapping: FR",
    ),
    (
        "Address ranges of different endpoints do not overlap",
        "routing-method: Subnet, subnets: 20.0.0.0/16; routing-method: Subnet, subnets: 20.0.1.0/24",
    ),
    (
        "A range begins before it ends",
        "routing-method: Subnet, subnets: 20.0.0.9-20.0.0.1",
    ),
    (
        "A block begins at its network address",
        "routing-method: Subnet, subnets: 20.0.0.7/24",
    ),
    (
        "One endpoint without ranges takes all other clients",
        "routing-method: Subnet; routing-method: Subnet",
    ),
    ("Probes speak HTTP, HTTPS or TCP", "monitor-protocol: UDP"),
    ("A port is 1 to 65535", "monitor-port: 65536"),
    ("TCP implies no port", "monitor-protocol: TCP"),
    ("A path begins with a slash", "monitor-path: health"),
    (
        "TCP has no path",
        "monitor-protocol: TCP, monitor-port: 5432, monitor-path: /health",
    ),
    (
        "Probes follow each other every 10 or 30 seconds",
        "monitor-interval: 15",
    ),
    ("A probe may take 5 to 10 seconds", "monitor-timeout: 4"),
    (
        "A probe ends before the next one begins",
        "monitor-interval: 10, monitor-timeout: 10",
    ),
    (
        "0 to 9 failures are tolerated",
        "monitor-tolerated-failures: 10",
    ),
    (
        "Status codes are 100 to 999",
        "monitor-expected-status-codes: 2xx",
    ),
    (
        "There are at most 8 ranges of status codes",
        "monitor-expected-status-codes: 200+202+204+206+208+210+212+214+216",
    ),
    (
        "TCP has no status codes",
        "monitor-protocol: TCP, monitor-port: 5432, monitor-expected-status-codes: 200",
    ),
    (
        "There are at most 8 headers",
        "monitor-headers: A: 1;; B: 1;; C: 1;; D: 1;; E: 1;; F: 1;; G: 1;; H: 1;; I: 1",
    ),
    (
        "The Host header is one of them",
        "hostname: my-app.example.com, monitor-headers: A: 1;; B: 1;; C: 1;; D: 1;; E: 1;; F: 1;; G: 1;; H: 1",
    ),
    (
        "A Host header has no wildcard",
        "monitor-headers: Host: *.example.com",
    ),
    (
        "There is one Host header",
        "monitor-headers: Host: a.example.com, monitor-host: b.example.com",
    ),
    (
        "TCP has no headers",
        "monitor-protocol: TCP, monitor-port: 5432, monitor-headers: X-Probe: yes",
    ),
    (
        "An endpoint has at most 8 headers",
        "endpoint-headers: A: 1;; B: 1;; C: 1;; D: 1;; E: 1;; F: 1;; G: 1;; H: 1;; I: 1",
    ),
    (
        "TCP has no headers of endpoints either",
        "monitor-protocol: TCP, monitor-port: 5432, endpoint-headers: X-Probe: yes",
    ),
    (
        "An Azure endpoint is a resource",
        "endpoint-type: Azure, target-resource-id: my-ip",
    ),
    (
        "A nested profile exists",
        "endpoint-type: Nested, target-profile: nowhere",
    ),
    (
        "A profile does not nest itself",
        "endpoint-type: Nested, target-profile: my-app",
    ),
    (
        "Profiles do not nest in circles",
        "profile-name: one, endpoint-type: Nested, target-profile: two; profile-name: two, endpoint-type: Nested, target-profile: one",
    ),
    (
        "MultiValue does not nest",
        "profile-name: one, routing-method: MultiValue, endpoint-type: Nested, target-profile: two; profile-name: two",
    ),
    (
        "Minimal children belong to nested profiles",
        "min-child-endpoints: 2",
    ),
    (
        "A nested endpoint is not served unprobed",
        "profile-name: one, endpoint-type: Nested, target-profile: two, always-serve: Enabled; profile-name: two",
    ),
    (
        "Tag names have no spaces and none of < > % & \\ ? / # :",
        "tags: cost centre=42",
    ),
    ("Tag names do not begin with a digit", "tags: 1st=yes"),
    (
        "Tag names differ by more than letter case",
        "tags: env=prod+ENV=test",
    ),
    (
        "Tags of this system are its own",
        "tags: externaldns-managed-by=me",
    ),
    ("Traffic View is on or off", "traffic-view: maybe"),
    ("A record type is one of three", "record-type: TXT"),
    (
        "A typed profile has targets of its type",
        "record-type: A, target: hostname",
    ),
];

fn scope(api_version: ApiVersion) -> Scope {
    Scope {
        owner: "cluster-east".parse().unwrap(),
        subscription: "00000000-0000-0000-0000-000000000000".parse().unwrap(),
        resource_groups: vec!["my-tm-rg".parse().unwrap()],
        other_subscriptions: std::collections::BTreeMap::new(),
        dns_suffix: "trafficmanager.net".to_owned(),
        brakes: Brakes::default(),
        api_version,
        vanity: members::VanityMode::None,
        private_targets: false,
    }
}

/// The name of an object.
fn app(index: usize) -> String {
    match index {
        0 => "blue".to_owned(),
        1 => "green".to_owned(),
        more => format!("app-{more}"),
    }
}

fn source(index: usize, annotations: &[Annotation<'_>]) -> Source {
    let app = app(index);
    let base = [("enabled", "true"), ("profile-name", "my-app")];
    let is_given = |name: &str| annotations.iter().any(|(given, _)| *given == name);
    let base = base.into_iter().filter(|(name, _)| !is_given(name));
    let properties: Vec<_> = base
        .chain(annotations.iter().copied())
        .map(|(name, value)| (format!("{PROPERTY_PREFIX}{name}"), value))
        .collect();
    let pairs = properties
        .iter()
        .map(|(name, value)| (name.as_str(), *value));
    Source {
        subject: Subject {
            resource: format!("service/default/{app}"),
            host: format!("{app}.example.com"),
        },
        set_identifier: String::new(),
        ttl: None,
        addresses: vec![format!("20.1.2.{}", index + 1).parse().unwrap()],
        annotations: Annotations::from_properties(pairs),
    }
}

/// What is said about these objects.
fn said(objects: &[Vec<Annotation<'_>>], scope: &Scope) -> Vec<String> {
    let sources: Vec<_> = objects
        .iter()
        .enumerate()
        .map(|(index, annotations)| source(index, annotations))
        .collect();
    let resolution = resolve(
        &sources,
        &Observed::default(),
        &members::PublicIps::Unknown,
        scope,
        &Blocked::default(),
    );
    let findings = resolution.findings.iter();
    findings.map(ToString::to_string).collect()
}

fn row(rule: &str, objects: &[Vec<Annotation<'_>>], scope: &Scope) -> String {
    let mut text = format!("# {rule}\n");
    for (index, annotations) in objects.iter().enumerate() {
        let app = app(index);
        for (name, value) in annotations {
            writeln!(text, "  {app}: {name}: {value:?}").unwrap();
        }
    }
    let said = said(objects, scope);
    assert!(!said.is_empty(), "nothing is said about: {rule}");
    for message in said {
        writeln!(text, "  -> {message}").unwrap();
    }
    text
}

#[test]
fn every_rule_is_explained() {
    let newest = scope(ApiVersion::V2026_09_01);
    let mut rows: Vec<String> = RULES
        .iter()
        .map(|(rule, objects)| {
            // Two semicolons and a plus sign stand for what separates headers
            // and the members of lists in the annotation itself.
            let objects = objects.replace(";;", "\u{1}");
            let texts: Vec<Vec<(String, String)>> = objects
                .split("; ")
                .map(|annotations| {
                    let each = annotations.split(", ");
                    let pair = |text: &str| {
                        let (name, value) = text.split_once(": ").unwrap();
                        (
                            name.to_owned(),
                            value.replace('\u{1}', ";").replace('+', ","),
                        )
                    };
                    each.map(pair).collect()
                })
                .collect();
            let objects: Vec<Vec<Annotation<'_>>> = texts
                .iter()
                .map(|one| {
                    one.iter()
                        .map(|(name, value)| (name.as_str(), value.as_str()))
                        .collect()
                })
                .collect();
            row(rule, &objects, &newest)
        })
        .collect();
    let long = "x".repeat(257);
    let long = format!("note={long}");
    let many: Vec<String> = (1..=45).map(|index| format!("t{index}=x")).collect();
    let many = many.join(",");
    let levels: Vec<(String, String)> = (1..=11)
        .map(|level| (format!("level-{level}"), format!("level-{}", level + 1)))
        .collect();
    let mut levels: Vec<Vec<Annotation<'_>>> = levels
        .iter()
        .map(|(own, child)| {
            vec![
                ("profile-name", own.as_str()),
                ("endpoint-type", "Nested"),
                ("target-profile", child.as_str()),
            ]
        })
        .collect();
    levels.push(vec![("profile-name", "level-12")]);
    rows.extend([
        row(
            "A tag's value has at most 256 characters",
            &[vec![("tags", &long)]],
            &newest,
        ),
        row(
            "A profile has at most 50 tags",
            &[vec![("tags", &many)]],
            &newest,
        ),
        row("Profiles nest at most 10 levels deep", &levels, &newest),
        row(
            "Older api-versions have no record types",
            &[vec![("record-type", "CNAME")]],
            &scope(ApiVersion::default()),
        ),
    ]);
    insta::assert_snapshot!(rows.join("\n"));
}
