//! `docs/ANNOTATIONS.md` says what the code does: its table, its derived names, its examples and its error texts are
//! read from the document and held against the parser.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use members::annotation::{Annotations, Name, PROPERTY_PREFIX};
use members::properties::Properties;
use members::want::{Source, Want};
use members::{Finding, Member, PublicIps, Scope, Subject, derive};
use traffic_manager::PublicIp;

const DOCUMENT: &str = include_str!("../../../docs/ANNOTATIONS.md");
const KUBERNETES_PREFIX: &str = "external-dns.alpha.kubernetes.io/webhook-traffic-manager-";

fn scope() -> Scope {
    Scope {
        owner: "cluster-east".parse().unwrap(),
        subscription: "00000000-0000-0000-0000-000000000000".parse().unwrap(),
        resource_groups: vec!["my-tm-rg".parse().unwrap()],
        other_subscriptions: BTreeMap::new(),
        dns_suffix: "trafficmanager.net".to_owned(),
        brakes: members::want::Brakes::default(),
        api_version: traffic_manager::ApiVersion::default(),
        vanity: members::VanityMode::None,
        private_targets: false,
    }
}

/// What the document's object wants with these annotations.
fn want(annotations: &[(String, String)], scope: &Scope) -> (Want, Vec<Finding>) {
    let properties: Vec<_> = annotations
        .iter()
        .map(|(name, value)| (format!("{PROPERTY_PREFIX}{name}"), value))
        .collect();
    let source = Source {
        subject: Subject {
            resource: "service/default/my-app-east".to_owned(),
            host: "my-app-east.example.com".to_owned(),
        },
        set_identifier: String::new(),
        ttl: None,
        addresses: vec!["20.1.113.10".parse().unwrap()],
        annotations: Annotations::from_properties(
            properties
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        ),
    };
    let my_ip = PublicIp {
        id: "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/my-ip".parse().unwrap(),
        address: "20.1.113.10".parse().ok(),
        fqdn: None,
    };
    source.want_among(scope, &PublicIps::listed([my_ip]))
}

fn member(annotations: &[(String, String)]) -> Member {
    let scope = Scope {
        api_version: traffic_manager::ApiVersion::V2026_09_01,
        ..scope()
    };
    match want(annotations, &scope) {
        (Want::Member(member), findings) if findings.is_empty() => *member,
        other => panic!("{annotations:?} is no member: {other:?}"),
    }
}

/// `name: value`, with or without quotes.
fn annotation(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap();
    (name.to_owned(), value.trim().trim_matches('"').to_owned())
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    DOCUMENT
        .split("\n```")
        .filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

#[test]
fn the_table_has_every_annotation_and_no_other() {
    let everything = [
        ("enabled", "true"),
        ("resource-group", "my-tm-rg"),
        ("profile-name", "p"),
        ("endpoint-name", "e"),
        ("hostname", "my-app.example.com"),
        ("routing-method", "MultiValue"),
        ("target", "address"),
        ("priority", "1"),
        ("endpoint-location", "eastus"),
        ("geo-mapping", "WORLD"),
        ("endpoint-headers", "Host: my-app.example.com"),
        ("subnets", "203.0.113.0/24"),
        ("monitor-expected-status-codes", "200"),
        ("monitor-headers", "X-Probe: yes"),
        ("record-type", "A"),
        ("tags", "env=prod"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let member = member(&everything);
    let others = [
        ("Azure", "target-resource-id", "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/ip"),
        ("Nested", "target-profile", "child"),
    ]
    .map(|(kind, name, value)| {
        let mut annotations = everything.to_vec();
        annotations.retain(|(name, _)| !["target", "endpoint-location", "routing-method", "record-type"].contains(&name.as_str()));
        annotations.push(("endpoint-type".to_owned(), kind.to_owned()));
        annotations.push((name.to_owned(), value.to_owned()));
        self::member(&annotations)
    });
    let belongs: BTreeMap<Name, &str> = [
        (
            "identity",
            Properties::identity(&member.key).and(Properties::joined(true)),
        ),
        ("endpoint", Properties::endpoint(&member.endpoint)),
        ("endpoint", Properties::endpoint(&others[0].endpoint)),
        ("endpoint", Properties::endpoint(&others[1].endpoint)),
        ("profile", Properties::settings(&member.settings)),
    ]
    .into_iter()
    .flat_map(|(part, properties)| {
        let names: Vec<_> = properties.iter().map(|(name, _)| (name, part)).collect();
        names
    })
    .collect();

    let rows: Vec<String> = Name::ALL
        .iter()
        .map(|name| {
            // Two words for one thing have one canonical text.
            let shown = match name {
                Name::AlwaysServe => &Name::HealthChecksEnabled,
                name => name,
            };
            let part = belongs.get(shown).copied().unwrap_or("nothing");
            format!(
                "| `{}` | {part} | {} |",
                name.as_str(),
                name.summary().trim()
            )
        })
        .collect();
    let start = "| annotation | belongs to | meaning |\n|---|---|---|\n";
    let rest = DOCUMENT.split_once(start).unwrap().1;
    let documented = rest.split_once("\n\n").unwrap().0;
    assert_eq!(documented, rows.join("\n"));
}

#[test]
fn derived_names_are_as_documented() {
    let host = "my-app.example.com".parse().unwrap();
    let profile = derive::profile_name(&host).unwrap();
    let endpoint = derive::endpoint_name(&scope().owner, "", &host).unwrap();
    for (name, derived) in [
        ("profile-name", profile.to_string()),
        ("dns-name", profile.to_string()),
        ("endpoint-name", endpoint.to_string()),
    ] {
        let row = DOCUMENT
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}`")) && line.contains(&derived));
        assert!(row.is_some(), "{name}: {derived}");
    }
}

#[test]
fn every_example_is_accepted_as_it_stands() {
    let examples = blocks("yaml");
    assert!(examples.len() >= 8);
    for example in examples {
        let annotations: Vec<_> = example
            .lines()
            .map(|line| annotation(line.strip_prefix(KUBERNETES_PREFIX).unwrap()))
            .collect();
        member(&annotations);
    }
}

#[test]
fn mistakes_are_reported_in_the_documented_words() {
    let blocks = blocks("text");
    let [documented] = blocks.as_slice() else {
        panic!("{} blocks", blocks.len());
    };
    let mut said = String::new();
    for case in documented.trim_end().split("\n\n") {
        let given: Vec<_> = case.lines().filter(|line| !line.starts_with(' ')).collect();
        let mut annotations: Vec<_> = given.iter().map(|line| annotation(line)).collect();
        if annotations.iter().all(|(name, _)| name != "enabled") {
            annotations.push(("enabled".to_owned(), "true".to_owned()));
        }
        let (_, findings) = want(&annotations, &scope());
        assert!(!findings.is_empty(), "{given:?} is no mistake");
        for line in given {
            said.extend([line, "\n"]);
        }
        for finding in findings {
            said.extend(["    ", &finding.message, "\n"]);
        }
        said.push('\n');
    }
    assert_eq!(said.trim_end(), documented.trim_end());
}
