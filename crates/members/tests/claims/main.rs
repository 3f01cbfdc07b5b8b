//! The claims in tags: they come back as they were written, many fit, the same
//! ones never lead to a write, and no damage makes one up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod fit;
mod layout;
mod realistic;

use std::collections::BTreeMap;

use jiff::Timestamp;
use members::claim::{Claim, arrange, read};
use members::{OwnerId, Subject};
use proptest::prelude::*;
use traffic_manager::EndpointName;
use traffic_manager::tag::{check_name, check_value};

pub(crate) type Tags = BTreeMap<String, String>;

pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn claim(owner: &str, endpoint: &str, resource: &str, host: &str) -> Claim {
    Claim {
        owner: owner.parse().unwrap(),
        endpoint: endpoint.parse().unwrap(),
        since: at(1_795_000_000),
        subject: Subject {
            resource: resource.into(),
            host: host.into(),
        },
        leaving: None,
    }
}

/// The tags of claims that are written for the first time.
pub(crate) fn tags_of(claims: &[Claim]) -> Tags {
    arrange(&claims[0].owner, claims, &Tags::new(), at(NOW)).unwrap()
}

pub(crate) fn by_endpoint(mut claims: Vec<Claim>) -> Vec<Claim> {
    claims.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    claims
}

/// Claims of one owner as strange as they can be.
pub(crate) fn any_claims(most: usize) -> impl Strategy<Value = Vec<Claim>> {
    let time = -377_000_000_000_000_i64..253_000_000_000_000;
    let real_time = 0..4_000_000_000_000_i64;
    let name = prop_oneof![
        3 => "[a-z0-9 #._-]{1,40}",
        1 => "OWNER-[a-z]{1,9}",
        1 => "DERIVED",
        1 => "DERIVED[a-z]{1,9}",
        1 => "\\PC{1,20}",
    ];
    let resource = prop_oneof![
        "(service|ingress|httproute|crd)/[a-z]{1,9}/[a-z]{1,9}",
        "([a-z]{1,8}/[a-z]{1,9}/[a-z,;%~]{1,30})?",
        "\\PC{0,20}"
    ];
    let host = prop_oneof![
        "[a-z]{1,9}\\.OWNER\\.example\\.com",
        "[a-z*.,;-]{0,40}",
        "(?s).{0,10}"
    ];
    let one = (
        name,
        prop_oneof![9 => real_time.clone(), 1 => 0..time.end],
        resource,
        host,
        proptest::option::weighted(0.2, real_time),
    );
    (
        "[!-+\\-.-<>-~]{1,100}",
        proptest::collection::vec(one, 1..most),
    )
        .prop_filter_map("no owner", |(owner, claims)| {
            let owner: OwnerId = owner.parse().ok()?;
            let time = |at| Timestamp::from_millisecond(at).unwrap();
            let claims: BTreeMap<EndpointName, Claim> = claims
                .into_iter()
                .filter_map(|(name, since, resource, host, leaving)| {
                    let host = host.replace("OWNER", &owner.as_str().to_ascii_lowercase());
                    let derived = |set: &str| {
                        let host = host.parse().ok()?;
                        members::derive::endpoint_name(&owner, set, &host).ok()
                    };
                    let endpoint: EndpointName = match name.strip_prefix("DERIVED") {
                        Some(set) => derived(set)?,
                        None => name.replace("OWNER", owner.as_str()).parse().ok()?,
                    };
                    let claim = Claim {
                        owner: owner.clone(),
                        endpoint: endpoint.clone(),
                        since: time(since),
                        subject: Subject { resource, host },
                        leaving: leaving.map(time),
                    };
                    Some((endpoint, claim))
                })
                .collect();
            (!claims.is_empty()).then(|| claims.into_values().collect())
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read(claims in any_claims(30)) {
        if let Ok(tags) = arrange(&claims[0].owner, &claims, &Tags::new(), at(NOW)) {
            for (name, value) in &tags {
                prop_assert!(check_name(name).is_ok(), "{}", name);
                prop_assert!(check_value(value).is_ok(), "{}", value);
            }
            prop_assert_eq!(by_endpoint(read(&tags)), by_endpoint(claims));
        }
    }
}

#[test]
fn a_tag_reads_well() {
    let east = claim(
        "Cluster/East",
        "east-us",
        "service/default/my-app-east",
        "my-app-east.example.com",
    );
    let leaving = Claim {
        leaving: Some(at(1_800_000_000)),
        ..claim(
            "Cluster/East",
            "east-eu",
            "httproute/shop/web",
            "web.example.com",
        )
    };
    let tags = tags_of(&[east.clone(), leaving.clone()]);
    insta::assert_debug_snapshot!(tags, @r#"
    {
        "externaldns-claims-0-_43luster_2f_45ast": "@hv05c;east-eu,mwm0nk74,h/shop/web,web.example.com,mywpiww0;east-us,mwm0nk74,s/default/my-app-east,my-app-east.example.com",
    }
    "#);
    assert_eq!(read(&tags), [leaving, east]);
}
