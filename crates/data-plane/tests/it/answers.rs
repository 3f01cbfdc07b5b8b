//! Answers by query type, the undocumented cases and their switches.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use data_plane::RoutingMethod::{MultiValue, Priority, Subnet};
use data_plane::answer::{Answer, Answerer, Negative, NestedTtl, OtherTypes, QueryType, Quirks};
use data_plane::routing::{Absence, Destination};
use data_plane::{Fqdn, Profile};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rstest::rstest;

use crate::fixtures::{directory, disabled, profile, returning, with_ttl};

fn ask(
    quirks: Quirks,
    profile: &Profile,
    query_type: QueryType,
    children: &HashMap<Fqdn, Arc<Profile>>,
) -> Answer {
    let answerer = Answerer {
        quirks,
        ..Answerer::default()
    };
    let client: IpAddr = "203.0.113.7".parse().unwrap();
    let mut rng = StdRng::seed_from_u64(7);
    answerer.answer(profile, query_type, client, children, &mut rng)
}

fn text(answer: &Answer) -> String {
    match &answer.outcome {
        Err((Negative::NoData, absence)) => format!("NODATA {absence:?}"),
        Err((Negative::NxDomain, absence)) => format!("NXDOMAIN {absence:?}"),
        Ok(served) => {
            let mut records: Vec<String> = served
                .iter()
                .map(|served| match &served.destination {
                    Destination::Name(name) => format!("CNAME {name}"),
                    Destination::V4(address) => format!("A {address}"),
                    Destination::V6(address) => format!("AAAA {address}"),
                })
                .collect();
            records.sort();
            records.join(", ")
        }
    }
}

const NAME: &str = "a:Online,t=a.example.com";
const V4: &str = "a:Online,t=192.0.2.1";
const V6: &str = "a:Online,t=2001:db8::1";

// faq: "What type of DNS record is returned", and the table of query types against endpoint types.
#[rstest]
#[case(QueryType::A, NAME, "CNAME a.example.com")]
#[case(QueryType::Aaaa, NAME, "CNAME a.example.com")]
#[case(QueryType::Cname, NAME, "CNAME a.example.com")]
#[case(QueryType::Any, NAME, "CNAME a.example.com")]
#[case(QueryType::A, V4, "A 192.0.2.1")]
#[case(QueryType::Aaaa, V4, "NODATA WrongType")]
#[case(QueryType::Cname, V4, "NODATA WrongType")]
#[case(QueryType::Any, V4, "A 192.0.2.1")]
#[case(QueryType::A, V6, "NODATA WrongType")]
#[case(QueryType::Aaaa, V6, "AAAA 2001:db8::1")]
#[case(QueryType::Cname, V6, "NODATA WrongType")]
#[case(QueryType::Any, V6, "AAAA 2001:db8::1")]
// Inferred: a type that no page mentions is a mismatch.
#[case(QueryType::Other, NAME, "NODATA WrongType")]
#[case(QueryType::Other, V4, "NODATA WrongType")]
fn one_endpoint(#[case] query_type: QueryType, #[case] spec: &str, #[case] want: &str) {
    let app = profile("app", Priority, spec);
    let answer = ask(Quirks::default(), &app, query_type, &HashMap::new());
    assert_eq!(text(&answer), want);
    assert_eq!(answer.ttl.seconds(), 30);
}

/// faq: the endpoint is chosen first and compared with the type of the query afterwards.
#[test]
fn the_type_of_the_query_does_not_change_the_choice() {
    let app = profile(
        "app",
        Priority,
        "a:Online,t=2001:db8::1 b:Online,t=192.0.2.1",
    );
    let answer = ask(Quirks::default(), &app, QueryType::A, &HashMap::new());
    assert_eq!(text(&answer), "NODATA WrongType");
    assert!(answer.endpoints().is_empty());
}

// faq: the table for MultiValue.
#[rstest]
#[case(QueryType::A, "A 192.0.2.1, A 192.0.2.2")]
#[case(QueryType::Aaaa, "AAAA 2001:db8::1")]
#[case(QueryType::Any, "A 192.0.2.1, A 192.0.2.2, AAAA 2001:db8::1")]
#[case(QueryType::Cname, "NODATA WrongType")]
#[case(QueryType::Other, "NODATA WrongType")]
fn several_endpoints(#[case] query_type: QueryType, #[case] want: &str) {
    let spec = "a:Online,t=192.0.2.1 b:Online,t=192.0.2.2 c:Online,t=2001:db8::1";
    let app = returning(8, profile("app", MultiValue, spec));
    let answer = ask(Quirks::default(), &app, query_type, &HashMap::new());
    assert_eq!(text(&answer), want);
}

#[rstest]
// monitoring and faq.
#[case::disabled_profile(disabled(profile("app", Priority, NAME)), "NXDOMAIN ProfileDisabled")]
#[case::all_disabled(profile("app", Priority, "a:Disabled"), "NXDOMAIN AllDisabled")]
// Inferred.
#[case::no_endpoints(profile("app", Priority, ""), "NXDOMAIN NoEndpoints")]
#[case::all_stopped(
    profile("app", Priority, "a:Stopped b:Disabled"),
    "NODATA NothingEligible"
)]
// methods says no data, faq says NXDOMAIN.
#[case::subnet(
    profile("app", Subnet, "a:Online,s=10.0.0.0/8"),
    "NODATA NoSubnetMatch"
)]
#[case::subnet_unhealthy(
    profile("app", Subnet, "a:Degraded,s=203.0.113.0/24 b:Online"),
    "NODATA SubnetMatchUnhealthy"
)]
fn absences_whatever_the_type(
    #[values(QueryType::A, QueryType::Cname, QueryType::Any)] query_type: QueryType,
    #[case] app: Profile,
    #[case] want: &str,
) {
    let answer = ask(Quirks::default(), &app, query_type, &HashMap::new());
    assert_eq!(text(&answer), want);
}

/// Each switch turns its own case and no other.
#[rstest]
#[case::no_endpoints(
    Quirks { no_endpoints: Negative::NoData, ..Quirks::default() },
    profile("app", Priority, ""),
    "NODATA NoEndpoints"
)]
#[case::nothing_eligible(
    Quirks { nothing_eligible: Negative::NxDomain, ..Quirks::default() },
    profile("app", Priority, "a:Stopped"),
    "NXDOMAIN NothingEligible"
)]
#[case::subnet_no_match(
    Quirks { subnet_no_match: Negative::NxDomain, ..Quirks::default() },
    profile("app", Subnet, "a:Online,s=10.0.0.0/8"),
    "NXDOMAIN NoSubnetMatch"
)]
#[case::subnet_unhealthy(
    Quirks { subnet_unhealthy: Negative::NxDomain, ..Quirks::default() },
    profile("app", Subnet, "a:Degraded,s=203.0.113.0/24 b:Online"),
    "NXDOMAIN SubnetMatchUnhealthy"
)]
#[case::other_types(
    Quirks { other_types: OtherTypes::Cname, ..Quirks::default() },
    profile("app", Priority, NAME),
    "CNAME a.example.com"
)]
fn switches(#[case] quirks: Quirks, #[case] app: Profile, #[case] want: &str) {
    let turned = ask(quirks, &app, QueryType::Other, &HashMap::new());
    let default = ask(Quirks::default(), &app, QueryType::Other, &HashMap::new());
    assert_eq!(text(&turned), want);
    assert_ne!(text(&default), want);

    let changed = [
        Absence::NoEndpoints,
        Absence::NothingEligible,
        Absence::NoSubnetMatch,
        Absence::SubnetMatchUnhealthy,
        Absence::AllDisabled,
        Absence::ProfileDisabled,
        Absence::NoGeographicMatch,
        Absence::GeographicMatchStopped,
        Absence::WrongType,
    ]
    .into_iter()
    .filter(|absence| quirks.negative(*absence) != Quirks::default().negative(*absence))
    .count();
    let expected = usize::from(quirks.other_types == OtherTypes::NoData);
    assert_eq!(changed, expected);
}

#[rstest]
#[case(NestedTtl::Asked, 30)]
#[case(NestedTtl::Innermost, 5)]
fn the_ttl_of_nested_answers(#[case] nested_ttl: NestedTtl, #[case] want: u32) {
    let quirks = Quirks {
        nested_ttl,
        ..Quirks::default()
    };
    let app = profile("app", Priority, "n:Nested,t=@middle");
    let children = directory([
        with_ttl(60, profile("middle", Priority, "n:Nested,t=@leaf")),
        with_ttl(5, profile("leaf", Priority, V4)),
    ]);
    let answer = ask(quirks, &app, QueryType::A, &children);
    assert_eq!(text(&answer), "A 192.0.2.1");
    assert_eq!(answer.ttl.seconds(), want);
}
