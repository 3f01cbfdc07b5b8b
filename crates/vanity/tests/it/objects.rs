//! `DNSEndpoint` objects: names, and what is planned.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use kubernetes::{DnsEndpoint, DnsEndpointKey};
use rstest::rstest;
use vanity::dns_endpoint::{Held, Plan, Setting, When, name, plan};

use crate::world::{App, app, fqdn, observed};

fn planned(apps: &[App], ours: &[DnsEndpoint], old: &[DnsEndpoint]) -> Plan {
    let owner = "east".parse().unwrap();
    let setting = Setting {
        owner: &owner,
        namespace: "dns",
        ttl: 300,
        dns_suffix: "trafficmanager.net",
    };
    plan(&observed(apps), Held { ours, old }, setting)
}

/// The objects after a plan of which every condition is met.
fn after(ours: &[DnsEndpoint], plan: &Plan) -> Vec<DnsEndpoint> {
    let mut objects: BTreeMap<_, _> = ours
        .iter()
        .map(|object| (object.key.name.clone(), object.clone()))
        .collect();
    for (_, object) in &plan.apply {
        objects.insert(object.key.name.clone(), object.clone());
    }
    for removal in &plan.remove {
        objects.remove(&removal.object.key.name);
    }
    objects.into_values().collect()
}

fn object(name: &str, host: &str, target: &str) -> DnsEndpoint {
    DnsEndpoint {
        key: DnsEndpointKey {
            namespace: "dns".to_owned(),
            name: name.to_owned(),
            uid: Some("u".to_owned()),
        },
        labels: [
            (
                "app.kubernetes.io/managed-by",
                "external-dns-traffic-manager",
            ),
            ("external-dns-traffic-manager/owner", "east"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        host: host.to_owned(),
        target: target.to_owned(),
        ttl: Some(300),
    }
}

#[rstest]
#[case("my-app.example.com", "my-app.example.com-")]
#[case("*.Apps.example.com", "wildcard.apps.example.com-")]
#[case("_sip._tcp.example.com", "sip.tcp.example.com-")]
fn names_can_be_read(#[case] host: &str, #[case] begins: &str) {
    let name = name(&host.parse().unwrap(), &"east".parse().unwrap());
    assert!(name.starts_with(begins), "{name}");
    assert_eq!(name.len(), begins.len() + 10);
}

#[test]
fn names_are_valid_and_told_apart() {
    let long = format!("{}.example.com", ["a".repeat(60).as_str(); 3].join("."));
    let longest = format!("{}.{long}", "b".repeat(50));
    let hosts = [
        "*.a.example.com",
        "wildcard.a.example.com",
        "_a.example.com",
        "a.example.com",
        &long,
        &longest,
    ];
    let mut names = Vec::new();
    for host in hosts {
        for owner in ["east", "west"] {
            let name = name(&host.parse().unwrap(), &owner.parse().unwrap());
            assert!(name.len() <= 253, "{name}");
            let valid = |label: &str| {
                let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                label.starts_with(edge)
                    && label.ends_with(edge)
                    && label.chars().all(|c| edge(c) || c == '-')
            };
            assert!(name.split('.').all(valid), "{name}");
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 2 * hosts.len());
}

#[test]
fn an_object_is_made_and_is_then_as_it_shall_be() {
    let apps = [app(
        "global",
        "my-app.example.com dnsendpoint",
        &["a.example.com"],
    )];
    let plan = planned(&apps, &[], &[]);
    assert_eq!(plan.apply.len(), 1);
    let made = after(&[], &plan);
    assert_eq!(made[0].target, fqdn("global"));
    assert_eq!(planned(&apps, &made, &[]), Plan::default());
    // Whatever is edited is put right.
    for change in [
        |object: &mut DnsEndpoint| object.target = "x.example.net".to_owned(),
        |object: &mut DnsEndpoint| object.ttl = None,
        |object: &mut DnsEndpoint| object.host.clear(),
    ] {
        let mut edited = made.clone();
        change(&mut edited[0]);
        let plan = planned(&apps, &edited, &[]);
        assert_eq!(after(&edited, &plan), made);
    }
}

#[test]
fn what_nobody_asks_for_goes_on_conditions() {
    let apps = [
        app("global", "my-app.example.com", &["a.example.com"]),
        app("wiped", "shop.example.com dnsendpoint", &["b.example.com"]).unmarked(),
    ];
    let held = [
        object("a", "my-app.example.com", &fqdn("global")),
        object("b", "shop.example.com", &fqdn("wiped")),
        object("c", "old.example.com", &fqdn("nobody")),
        object("d", "", ""),
    ];
    let plan = planned(&apps, &held, &[]);
    let said: Vec<_> = plan
        .remove
        .iter()
        .map(|removal| {
            let when = match &removal.when {
                When::Unwanted(id) => format!("unless profile {} wants it", id.name),
                When::Empty(id) => format!("if profile {} has no endpoints", id.name),
                When::Free(name) => format!("if nobody has the name {name}"),
                When::Replaced(id) => format!("as there is another one for {}", id.name),
                When::Now => "at once".to_owned(),
            };
            format!("{}: {when}", removal.object.key.name)
        })
        .collect();
    assert_snapshot!(said.join("\n"), @r"
    a: unless profile global wants it
    c: if nobody has the name nobody
    d: at once
    ");
}

#[test]
fn another_object_that_says_the_same_goes_as_well() {
    let apps = [app(
        "global",
        "my-app.example.com dnsendpoint",
        &["a.example.com"],
    )];
    let former = object("former", "my-app.example.com", &fqdn("global"));
    let plan = planned(&apps, std::slice::from_ref(&former), &[]);
    let made = after(&[former], &plan);
    assert_eq!(made.len(), 1);
    assert_ne!(made[0].key.name, "former");
    assert_eq!(planned(&apps, &made, &[]), Plan::default());
    let id = crate::world::profile_id("global");
    assert_eq!(plan.remove[0].when, When::Replaced(id));
}

#[test]
fn objects_of_other_owners_are_theirs() {
    let mut foreign = object("a", "old.example.com", &fqdn("gone"));
    foreign.labels.insert(
        "external-dns-traffic-manager/owner".to_owned(),
        "west".to_owned(),
    );
    assert_eq!(planned(&[], &[foreign], &[]), Plan::default());
}

#[test]
fn two_profiles_with_one_host() {
    let apps = [
        app(
            "first",
            "my-app.example.com dnsendpoint",
            &["a.example.com"],
        ),
        app(
            "second",
            "my-app.example.com dnsendpoint",
            &["b.example.com"],
        ),
    ];
    let made = after(&[], &planned(&apps[1..], &[], &[]));
    let plan = planned(&apps, &made, &[]);
    assert!(plan.apply.is_empty() && plan.remove.is_empty(), "{plan:?}");
    assert_snapshot!(plan.findings[0], @"service/default/first (first-east.example.com): the vanity host my-app.example.com is asked for by the profiles second and first and leads to second; give one of them another name with webhook-traffic-manager-hostname");
}

#[test]
fn what_the_proof_of_concept_left() {
    let apps = [
        app(
            "global",
            "my-app.example.com dnsendpoint",
            &["a.example.com"],
        ),
        app("empty", "shop.example.com", &[]),
    ];
    let old = [
        object("my-app-tm-cname", "my-app.example.com", &fqdn("global")),
        object("shop-tm-cname", "shop.example.com", &fqdn("empty")),
        object("www-tm-cname", "www.example.com", &fqdn("global")),
        object(
            "other-tm-cname",
            "other.example.com",
            "elsewhere.example.net",
        ),
    ];
    let plan = planned(&apps, &[], &old);
    let removed: Vec<_> = plan
        .remove
        .iter()
        .map(|removal| removal.object.key.name.as_str())
        .collect();
    assert_eq!(removed, ["my-app-tm-cname", "shop-tm-cname"]);
}
