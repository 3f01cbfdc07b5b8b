//! Profiles that others made: joined, adopted, or left alone.

use std::collections::BTreeMap;

use members::Reason;
use rstest::rstest;
use serde_json::{Value, json};
use traffic_manager::profile::{Endpoint, Profile};

use crate::azure::Azure;
use crate::cluster::{Cluster, Object, object, profile};

const NOW: i64 = 1_800_000_000;

fn terraform() -> Azure {
    let mut azure = Azure::default();
    let body = serde_json::json!({
        "id": profile("p").arm_id(),
        "name": "p",
        "location": "global",
        "tags": {"team": "web", "hostname": "not-ours.example.com"},
        "properties": {
            "profileStatus": "Enabled",
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": "p", "fqdn": "p.trafficmanager.net", "ttl": 300},
            "monitorConfig": {
                "protocol": "HTTP", "port": 8080, "path": "/live",
                "customHeaders": [{"name": "host", "value": "web.example.com"}],
                "expectedStatusCodeRanges": [{"min": 200, "max": 299}]
            },
            "endpoints": [{
                "name": "static",
                "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                "properties": {"target": "static.example.com", "weight": 7, "priority": 1, "endpointStatus": "Enabled"}
            }]
        }
    });
    let body: Profile = serde_json::from_value(body).unwrap();
    azure.profiles.insert(profile("p"), body);
    azure
}

/// The profile without what this system put there.
fn foreign(azure: &Azure, ours: &[&str]) -> Profile {
    let mut held = azure.profiles[&profile("p")].clone();
    if let Some(tags) = &mut held.tags {
        tags.retain(|name, _| !name.starts_with("externaldns-"));
    }
    let endpoints = held.properties.endpoints.as_mut().unwrap();
    endpoints.retain(|endpoint| !ours.contains(&endpoint.name.as_deref().unwrap_or_default()));
    held
}

fn joining(weight: &str) -> [Object; 1] {
    [object(
        "a.example.com",
        &[
            ("profile-management", "join"),
            ("profile-name", "p"),
            ("endpoint-name", "e"),
            ("weight", weight),
        ],
    )]
}

#[test]
fn without_the_annotation_nothing_is_written() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    let objects = [object("a.example.com", &[("profile-name", "p")])];
    let looped = east.run(&mut azure, &objects, NOW);
    assert!(looped.changes.is_none());
    assert_eq!(azure.writes, 0);
    insta::assert_snapshot!(looped.findings[0], @"service/default/a.example.com (a.example.com): profile p in resource group rg exists and was not made by this system; set webhook-traffic-manager-profile-management to `join` to be a member and nothing more, hand the profile over with `external-dns-traffic-manager adopt p`, or choose another webhook-traffic-manager-profile-name");
}

#[test]
fn a_profile_of_others_is_joined_by_members_only() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    let before = foreign(&azure, &["e"]);
    for (weight, writes) in [("70", 2), ("70", 0), ("50", 1), ("50", 0)] {
        let looped = east.run(&mut azure, &joining(weight), NOW);
        assert_eq!(looped.writes, writes, "{looped:#?}");
        assert_eq!(looped.findings, []);
        assert_eq!(foreign(&azure, &["e"]), before);
    }
    let held = azure.endpoint(&profile("p"), "e").unwrap();
    assert_eq!(held.properties.weight, Some(50));
    east.run(&mut azure, &[], NOW);
    assert_eq!(
        azure.profiles[&profile("p")],
        before,
        "and nothing is left behind"
    );
    assert!(east.run(&mut azure, &[], NOW).changes.is_none());
}

#[test]
fn the_last_member_leaves_a_joined_profile_as_it_was() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    azure
        .profiles
        .get_mut(&profile("p"))
        .unwrap()
        .properties
        .endpoints = Some(Vec::new());
    let before = foreign(&azure, &[]);
    east.run(&mut azure, &joining("70"), NOW);
    east.run(&mut azure, &[], NOW);
    assert_eq!(azure.profiles[&profile("p")], before);
}

#[test]
fn settings_of_a_joined_profile_are_reported_and_never_written() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    let before = foreign(&azure, &["e"]);
    let [(host, mut annotations)] = joining("70");
    annotations.push(("dns-ttl", "10".to_owned()));
    annotations.push(("hostname", "www.example.com".to_owned()));
    let objects = [(host, annotations)];
    let looped = east.run(&mut azure, &objects, NOW);
    insta::assert_snapshot!(looped.findings[0], @r#"service/default/a.example.com (a.example.com): the settings of profile p are shared and whoever made it decides: webhook-traffic-manager-dns-ttl is "10" here and "300" there"#);
    assert_eq!(looped.findings.len(), 1);
    assert_eq!(foreign(&azure, &["e"]), before);
    assert!(east.run(&mut azure, &objects, NOW).changes.is_none());
}

/// Terraform can set what no annotation can ask for.
#[rstest]
#[case::path_under_tcp("/properties/monitorConfig", json!({"protocol": "TCP", "port": 443, "path": "/odd"}))]
#[case::path_with_a_space("/properties/monitorConfig/path", json!("/a b"))]
#[case::path_without_a_slash("/properties/monitorConfig/path", json!("health"))]
#[case::no_monitor("/properties/monitorConfig", json!(null))]
#[case::no_ttl("/properties/dnsConfig/ttl", json!(0))]
#[case::a_method_of_tomorrow("/properties/trafficRoutingMethod", json!("Quantum"))]
fn members_join_whatever_the_settings_are(#[case] pointer: &str, #[case] value: Value) {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    let mut body = serde_json::to_value(&azure.profiles[&profile("p")]).unwrap();
    *body.pointer_mut(pointer).unwrap() = value;
    let body: Profile = serde_json::from_value(body).unwrap();
    azure.profiles.insert(profile("p"), body);
    let before = foreign(&azure, &["e"]);
    for (weight, writes) in [("70", 2), ("50", 1), ("50", 0)] {
        let looped = east.run(&mut azure, &joining(weight), NOW);
        assert_eq!(looped.writes, writes, "{looped:#?}");
        assert_eq!(foreign(&azure, &["e"]), before);
    }
}

/// Between the listing and the write.
#[test]
fn who_joins_a_profile_that_is_adopted_this_moment_leaves_its_settings_alone() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    let (wanted, _) = east.adjust(&azure, &Cluster::sources(&joining("70")));
    let tags = &mut azure.profiles.get_mut(&profile("p")).unwrap().tags;
    let mark = ("externaldns-managed-by", "external-dns-traffic-manager");
    tags.as_mut()
        .unwrap()
        .insert(mark.0.to_owned(), mark.1.to_owned());
    let before = foreign(&azure, &["e"]);
    let changes = external_dns::Changes {
        create: wanted,
        ..external_dns::Changes::default()
    };
    assert_eq!(east.carry_out(&mut azure, &changes, NOW), []);
    assert!(azure.endpoint(&profile("p"), "e").is_some());
    assert_eq!(foreign(&azure, &["e"]), before);
}

#[test]
fn an_endpoint_of_others_is_not_taken_over_by_joining() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    for annotations in [
        [("endpoint-name", "static"), ("target", "other.example.com")],
        [("endpoint-name", "mine"), ("target", "static.example.com")],
    ] {
        let mut annotations = annotations.to_vec();
        annotations.extend([("profile-management", "join"), ("profile-name", "p")]);
        let looped = east.run(&mut azure, &[object("a.example.com", &annotations)], NOW);
        assert_eq!(looped.findings[0].reason, Reason::EndpointConflict);
        assert_eq!(azure.writes, 0);
    }
}

#[test]
fn joining_does_not_create_a_profile() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let looped = east.run(&mut azure, &joining("70"), NOW);
    assert_eq!(azure.writes, 0);
    insta::assert_snapshot!(looped.findings[0], @"service/default/a.example.com (a.example.com): profile p in resource group rg does not exist, and webhook-traffic-manager-profile-management is `join`: it is made by others first, or by this system without that annotation");
}

#[test]
fn a_member_stays_when_its_object_no_longer_joins() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    east.run(&mut azure, &joining("70"), NOW);
    let before = azure.profiles.clone();
    let manages = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    let looped = east.run(&mut azure, &manages, NOW);
    assert_eq!(looped.findings[0].reason, Reason::ForeignProfile);
    assert!(looped.changes.is_none());
    assert_eq!(azure.profiles, before);
}

#[test]
fn members_of_a_joined_profile_are_claimed_again_when_all_tags_are_wiped() {
    let (east, mut azure) = (Cluster::new("east"), terraform());
    east.run(&mut azure, &joining("70"), NOW);
    azure.profiles.get_mut(&profile("p")).unwrap().tags = Some(BTreeMap::new());
    let before = foreign(&azure, &[]);
    let looped = east.run(&mut azure, &joining("70"), NOW);
    assert_eq!(looped.writes, 1, "the claim");
    assert_eq!(foreign(&azure, &[]), before);
    assert!(east.run(&mut azure, &joining("70"), NOW).changes.is_none());
}

#[test]
fn a_profile_that_lost_its_mark_is_left_alone_until_it_is_adopted() {
    let (east, mut azure) = (Cluster::new("east"), Azure::default());
    let objects = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    east.run(&mut azure, &objects, NOW);
    let tags = &mut azure.profiles.get_mut(&profile("p")).unwrap().tags;
    let mark = tags
        .as_mut()
        .unwrap()
        .remove("externaldns-managed-by")
        .unwrap();
    let looped = east.run(&mut azure, &objects, NOW);
    assert!(looped.changes.is_none());
    insta::assert_snapshot!(looped.findings[0], @"service/default/a.example.com (a.example.com): profile p in resource group rg has lost the tag externaldns-managed-by and is left alone; `external-dns-traffic-manager adopt p --preview` tells how to give it back");

    let tags = &mut azure.profiles.get_mut(&profile("p")).unwrap().tags;
    tags.as_mut()
        .unwrap()
        .insert("externaldns-managed-by".to_owned(), mark);
    let looped = east.run(&mut azure, &objects, NOW);
    assert!(looped.changes.is_none());
    assert_eq!(looped.findings, []);
}

/// A profile as the proof of concept leaves it: an endpoint under its tags.
fn proof_of_concept() -> Azure {
    let mut azure = terraform();
    let held = azure.profiles.get_mut(&profile("p")).unwrap();
    held.tags = Some(BTreeMap::from([
        (
            "managedBy".to_owned(),
            "external-dns-traffic-manager-webhook".to_owned(),
        ),
        ("hostname".to_owned(), "www.example.com".to_owned()),
    ]));
    azure
}

#[test]
fn a_profile_of_the_proof_of_concept_is_adopted_with_the_endpoints_that_are_described() {
    let (east, mut azure) = (Cluster::new("east"), proof_of_concept());
    let settings = [
        ("profile-name", "p"),
        ("hostname", "www.example.com"),
        ("monitor-protocol", "HTTP"),
        ("monitor-port", "8080"),
        ("monitor-path", "/live"),
        ("dns-ttl", "300"),
        ("monitor-host", "web.example.com"),
        ("monitor-expected-status-codes", "200-299"),
    ];
    let describe = |weight| {
        let mut annotations = settings.to_vec();
        annotations.extend([("endpoint-name", "static"), ("weight", weight)]);
        [object("static.example.com", &annotations)]
    };
    let before = azure
        .endpoint(&profile("p"), "static")
        .map(Endpoint::to_request);
    let looped = east.run(&mut azure, &describe("7"), NOW);
    assert_eq!(looped.findings, []);
    assert_eq!(looped.writes, 1, "the tags, and no traffic changes");
    assert_eq!(
        azure
            .endpoint(&profile("p"), "static")
            .map(Endpoint::to_request),
        before
    );
    assert!(east.run(&mut azure, &describe("7"), NOW).changes.is_none());
    assert_eq!(east.run(&mut azure, &describe("8"), NOW).writes, 1);
    insta::assert_debug_snapshot!(azure.profiles[&profile("p")].tags, @r#"
    Some(
        {
            "externaldns-claims-0-east": "@hv05c;static,mywpiww0,s/default/static.example.com,static.example.com",
            "externaldns-hostname": "www.example.com",
            "externaldns-managed-by": "external-dns-traffic-manager",
            "externaldns-settings-owner": "east",
            "hostname": "www.example.com",
            "managedBy": "external-dns-traffic-manager-webhook",
        },
    )
    "#);
}

#[test]
fn an_endpoint_of_the_proof_of_concept_that_nobody_describes_stays() {
    let (east, mut azure) = (Cluster::new("east"), proof_of_concept());
    let objects = [object(
        "a.example.com",
        &[("profile-name", "p"), ("endpoint-name", "e")],
    )];
    let before = azure.endpoint(&profile("p"), "static").cloned();
    east.run(&mut azure, &objects, NOW);
    assert!(east.run(&mut azure, &objects, NOW).changes.is_none());
    east.run(&mut azure, &[], NOW);
    assert_eq!(azure.endpoint(&profile("p"), "static").cloned(), before);
    let status = azure.profiles[&profile("p")]
        .properties
        .profile_status
        .as_deref();
    assert_eq!(status, Some("Enabled"), "it is in use");
}
