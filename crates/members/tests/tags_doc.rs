//! `docs/TAGS.md` shows the tags that are really written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use members::annotation::{Annotations, PROPERTY_PREFIX};
use members::batch::ProfileChange;
use members::marks::{
    MANAGED_BY, MANAGED_BY_VALUE, RETIRED, SETTINGS_OWNER, USER_TAGS, VANITY_HOST,
};
use members::plan::{Step, Write, plan};
use members::resolve::{Blocked, resolve};
use members::want::{Source, Want};
use members::{Member, Observed, Reason, Scope, Subject, claim};
use traffic_manager::profile::Profile;

const DOCUMENT: &str = include_str!("../../../docs/TAGS.md");

fn source() -> Source {
    let annotations = [
        ("enabled", "true"),
        ("profile-name", "my-app-global"),
        ("hostname", "my-app.example.com"),
        ("endpoint-name", "east-us"),
    ]
    .map(|(name, value)| (format!("{PROPERTY_PREFIX}{name}"), value));
    let properties = annotations
        .iter()
        .map(|(name, value)| (name.as_str(), *value));
    Source {
        subject: Subject {
            resource: "service/default/my-app-east".to_owned(),
            host: "my-app-east.example.com".to_owned(),
        },
        set_identifier: String::new(),
        ttl: None,
        addresses: vec!["20.1.113.10".parse().unwrap()],
        annotations: Annotations::from_properties(properties),
    }
}

fn member(scope: &Scope) -> Member {
    match source().want(scope).0 {
        Want::Member(member) => *member,
        other => panic!("no member: {other:?}"),
    }
}

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
        private_targets: true,
    }
}

/// The body with which the documented profile is created.
fn created(scope: &Scope) -> Profile {
    let change = ProfileChange {
        upserts: vec![member(scope)],
        ..ProfileChange::default()
    };
    let midnight: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    let steps = plan(None, &change, scope, midnight).steps;
    match steps.as_slice() {
        [
            Step {
                write: Write::CreateProfile(profile),
                ..
            },
        ] => (**profile).clone(),
        other => panic!("{other:?}"),
    }
}

/// Why the documented object is not what it wants to be, when its profile has only these tags.
fn reasons(tags: &[(&str, &str)], target: &str) -> Vec<Reason> {
    let scope = scope();
    let mut profile = created(&scope);
    profile.id = Some(member(&scope).key.profile.to_string());
    profile.tags = Some(
        tags.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    );
    for endpoint in profile.properties.endpoints.iter_mut().flatten() {
        endpoint.properties.target = Some(target.to_owned());
    }
    let observed = Observed::new([profile], &scope);
    assert!(observed.records(&scope.owner).is_empty());
    let resolution = resolve(
        &[source()],
        &observed,
        &members::PublicIps::Unknown,
        &scope,
        &Blocked::default(),
    );
    assert_ne!(
        resolution.records.is_empty(),
        resolution.findings.is_empty()
    );
    let reasons = resolution.findings.iter();
    reasons.map(|finding| finding.reason).collect()
}

#[test]
fn a_new_profile_has_the_documented_tags() {
    let profile = created(&scope());
    let tags: Vec<_> = profile
        .tags
        .iter()
        .flatten()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let (_, rest) = DOCUMENT.split_once("```text\n").unwrap();
    let (documented, _) = rest.split_once("\n```").unwrap();
    assert_eq!(documented, tags.join("\n"));
}

#[test]
fn every_tag_is_in_the_table() {
    let rows: Vec<_> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let claims = format!("{}<n>-<owner>", claim::CLAIM_TAG_PREFIX);
    let known = [
        MANAGED_BY,
        &claims,
        SETTINGS_OWNER,
        VANITY_HOST,
        USER_TAGS,
        RETIRED,
    ];
    assert_eq!(rows, known);
}

#[test]
fn the_documented_tag_name_is_that_of_its_owner() {
    let owner = claim::owner_of("externaldns-claims-0-_43luster_5f1").unwrap();
    assert_eq!(owner.as_str(), "Cluster_1");
    assert!(DOCUMENT.contains("`externaldns-claims-0-_43luster_5f1`"));

    let claim = claim::Claim {
        owner: owner.clone(),
        endpoint: "e".parse().unwrap(),
        since: Timestamp::UNIX_EPOCH,
        subject: Subject {
            resource: String::new(),
            host: "a.example.com".to_owned(),
        },
        leaving: None,
    };
    let tags: BTreeMap<_, _> =
        claim::arrange(&owner, &[claim], &BTreeMap::new(), Timestamp::UNIX_EPOCH).unwrap();
    assert!(tags.contains_key("externaldns-claims-0-_43luster_5f1"));
}

#[test]
fn without_tags_a_profile_is_left_alone_and_its_mark_brings_it_back() {
    let mark = (MANAGED_BY, MANAGED_BY_VALUE);
    let wanted = "my-app-east.example.com";
    assert_eq!(reasons(&[], wanted), [Reason::ForeignProfile]);
    assert_eq!(reasons(&[mark], wanted), []);
    assert_eq!(
        reasons(&[mark], "other.example.com"),
        [Reason::EndpointConflict]
    );
}

#[test]
fn the_documented_packed_claims_are_those_below_them() {
    let (_, rest) = DOCUMENT.split_once("### Packed claims").unwrap();
    let mut blocks = rest.split("```text\n").skip(1);
    let mut block = || blocks.next().unwrap().split_once("\n```").unwrap().0;
    let (name, value) = block().split_once(" = ").unwrap();
    let tag = |value: String| BTreeMap::from([(name.to_owned(), value)]);
    let packed = claim::read(&tag(value.to_owned()));
    assert_eq!(packed, claim::read(&tag(block().replace('\n', ";"))));

    // What has been packed once stays readable, whatever becomes of the packing:
    // the value in the document is never to be replaced by a newer one.
    assert_eq!(packed.len(), 4);
    assert!(packed[2].leaving.is_some());
    let seen: Vec<_> = claim::seen(&tag(value.to_owned())).into_iter().collect();
    let noted: Timestamp = "2026-11-25T08:00:00Z".parse().unwrap();
    assert_eq!(seen, [(packed[0].owner.clone(), noted)]);
}
