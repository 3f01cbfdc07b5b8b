//! Every rule of the service's health and DNS model, in one table: a profile with the health of its endpoints, a query,
//! and the answer that the DNS server gives to it over the wire.
//!
//! The first column says how the rule is known: `documented` names the page (see the head of this crate's tests),
//! `recorded` is an answer of the real service that was kept, `specified` is the specification of the API, and
//! `inferred` is nobody's word. What is inferred is a switch, or harmless.

mod ask;

use hickory_proto::rr::RecordType;
use rstest::rstest;

use ask::Ask::{self, From, Scope, Status, Tenths, Type};
use ask::{EUROPE, answer};

/// Networks of the built-in table: next to `eastus` and `southeastasia`.
const AMERICA: &str = "192.0.2.0/24";
const ASIA: &str = "203.0.113.0/24";
/// A client that nobody knows a place of.
const NOWHERE: &str = "127.0.0.0/24";

const A: Ask = Type(RecordType::A);
const AAAA: Ask = Type(RecordType::AAAA);
const ANY: Ask = Type(RecordType::ANY);
const CNAME: Ask = Type(RecordType::CNAME);

#[rstest]
// --- What kind of record ---------------------------------------------------------------------------------------------
#[case::a_name_is_answered_as_cname(
    "documented: faq",
    "app=Priority a:Online",
    A,
    "30 CNAME a.example.com"
)]
#[case::a_name_is_the_same_for_the_other_family(
    "documented: faq",
    "app=Priority a:Online",
    AAAA,
    "30 CNAME a.example.com"
)]
#[case::a_name_asked_as_cname(
    "documented: faq",
    "app=Priority a:Online",
    CNAME,
    "30 CNAME a.example.com"
)]
#[case::a_name_asked_as_any(
    "documented: faq",
    "app=Priority a:Online",
    ANY,
    "30 CNAME a.example.com"
)]
#[case::v4_is_answered_as_a(
    "documented: faq",
    "app=Priority a:Online,t=192.0.2.1",
    A,
    "30 A 192.0.2.1"
)]
#[case::v4_asked_as_any(
    "documented: faq",
    "app=Priority a:Online,t=192.0.2.1",
    ANY,
    "30 A 192.0.2.1"
)]
#[case::v4_asked_as_aaaa_is_a_mismatch(
    "documented: faq",
    "app=Priority a:Online,t=192.0.2.1",
    AAAA,
    "NODATA"
)]
#[case::v4_asked_as_cname_is_a_mismatch(
    "documented: faq",
    "app=Priority a:Online,t=192.0.2.1",
    CNAME,
    "NODATA"
)]
#[case::v6_is_answered_as_aaaa(
    "documented: faq",
    "app=Priority a:Online,t=2001:db8::1",
    AAAA,
    "30 AAAA 2001:db8::1"
)]
#[case::v6_asked_as_any(
    "documented: faq",
    "app=Priority a:Online,t=2001:db8::1",
    ANY,
    "30 AAAA 2001:db8::1"
)]
#[case::v6_asked_as_a_is_a_mismatch(
    "documented: faq",
    "app=Priority a:Online,t=2001:db8::1",
    A,
    "NODATA"
)]
#[case::v6_asked_as_cname_is_a_mismatch(
    "documented: faq",
    "app=Priority a:Online,t=2001:db8::1",
    CNAME,
    "NODATA"
)]
#[case::the_endpoint_is_chosen_before_its_type_is_looked_at(
    "documented: faq",
    "app=Priority a:Online,t=2001:db8::1 b:Online,t=192.0.2.1",
    A,
    "NODATA"
)]
#[case::other_types_are_a_mismatch(
    "inferred",
    "app=Priority a:Online",
    Type(RecordType::HTTPS),
    "NODATA"
)]
#[case::the_ttl_is_that_of_the_profile(
    "documented: faq",
    "app=Priority,ttl=300 a:Online",
    A,
    "300 CNAME a.example.com"
)]
#[case::a_ttl_of_zero_is_zero(
    "documented: faq",
    "app=Priority,ttl=0 a:Online",
    A,
    "0 CNAME a.example.com"
)]
// --- Who takes part --------------------------------------------------------------------------------------------------
#[case::online_takes_part(
    "documented: monitoring",
    "app=Weighted a:Online b:Degraded",
    A,
    "30 CNAME a.example.com"
)]
#[case::being_checked_takes_part(
    "documented: monitoring",
    "app=Weighted a:Online b:Checking",
    A,
    "30 CNAME a.example.com or 30 CNAME b.example.com"
)]
#[case::unmonitored_takes_part(
    "documented: monitoring",
    "app=Weighted a:Online b:Unmonitored",
    A,
    "30 CNAME a.example.com or 30 CNAME b.example.com"
)]
#[case::disabled_and_stopped_do_not(
    "documented: monitoring",
    "app=Weighted a:Online b:Disabled c:Stopped",
    A,
    "30 CNAME a.example.com"
)]
#[case::all_degraded_are_served_as_if_online(
    "documented: monitoring",
    "app=Weighted a:Degraded b:Degraded",
    A,
    "30 CNAME a.example.com or 30 CNAME b.example.com"
)]
#[case::all_degraded_leaves_out_disabled_and_stopped(
    "documented: monitoring",
    "app=Weighted a:Degraded b:Disabled c:Stopped",
    A,
    "30 CNAME a.example.com"
)]
#[case::one_being_checked_keeps_the_degraded_out(
    "documented: monitoring",
    "app=Weighted a:Degraded b:Checking",
    A,
    "30 CNAME b.example.com"
)]
#[case::all_disabled_do_not_exist(
    "documented: faq",
    "app=Weighted a:Disabled b:Disabled",
    A,
    "NXDOMAIN"
)]
#[case::a_disabled_profile_does_not_exist(
    "documented: faq",
    "app=Weighted,off a:Online",
    A,
    "NXDOMAIN"
)]
#[case::no_endpoints_do_not_exist("inferred", "app=Weighted", A, "NXDOMAIN")]
#[case::all_stopped_have_no_data("inferred", "app=Weighted a:Stopped b:Disabled", A, "NODATA")]
// --- Priority --------------------------------------------------------------------------------------------------------
#[case::priority_smallest_number(
    "documented: methods",
    "app=Priority a:Online,p=20 b:Online,p=3 c:Online,p=1000",
    A,
    "30 CNAME b.example.com"
)]
#[case::priority_next_on_failure(
    "documented: methods",
    "app=Priority a:Degraded,p=1 b:Online,p=2 c:Online,p=3",
    A,
    "30 CNAME b.example.com"
)]
#[case::priority_best_of_the_degraded(
    "documented: monitoring",
    "app=Priority a:Degraded,p=2 b:Degraded,p=1",
    A,
    "30 CNAME b.example.com"
)]
// --- Weighted --------------------------------------------------------------------------------------------------------
#[case::weighted_in_proportion(
    "documented: methods",
    "app=Weighted a:Online,w=70 b:Online,w=30",
    Tenths,
    "7 of 10: 30 CNAME a.example.com or 3 of 10: 30 CNAME b.example.com"
)]
#[case::weighted_evenly_by_default(
    "documented: methods",
    "app=Weighted a:Online b:Online",
    Tenths,
    "5 of 10: 30 CNAME a.example.com or 5 of 10: 30 CNAME b.example.com"
)]
#[case::weighted_among_the_healthy(
    "documented: methods",
    "app=Weighted a:Degraded,w=1000 b:Online,w=4 c:Online,w=1",
    Tenths,
    "8 of 10: 30 CNAME b.example.com or 2 of 10: 30 CNAME c.example.com"
)]
// --- Performance -----------------------------------------------------------------------------------------------------
#[case::performance_closest_region(
    "documented: methods",
    "app=Performance us:Online,r=eastus eu:Online,r=westeurope",
    From(EUROPE),
    "30 CNAME eu.example.com"
)]
#[case::performance_depends_on_the_client(
    "documented: methods",
    "app=Performance us:Online,r=eastus eu:Online,r=westeurope",
    From(AMERICA),
    "30 CNAME us.example.com"
)]
#[case::performance_next_closest_on_failure(
    "documented: methods",
    "app=Performance us:Online,r=eastus eu:Degraded,r=westeurope ie:Online,r=northeurope",
    From(EUROPE),
    "30 CNAME ie.example.com"
)]
#[case::performance_one_region_is_shared(
    "documented: methods",
    "app=Performance x:Online,r=westeurope y:Online,r=westeurope z:Online,r=uksouth",
    From(EUROPE),
    "30 CNAME x.example.com or 30 CNAME y.example.com"
)]
#[case::performance_honours_the_client_subnet(
    "documented: faq",
    "app=Performance us:Online,r=eastus eu:Online,r=westeurope",
    Scope,
    "24"
)]
// --- Geographic ------------------------------------------------------------------------------------------------------
#[case::geographic_state_before_country(
    "documented: methods",
    "app=Geographic c:Online,g=US s:Online,g=US-VA",
    From(AMERICA),
    "30 CNAME s.example.com"
)]
#[case::geographic_country_before_group(
    "documented: methods",
    "app=Geographic g:Online,g=GEO-EU c:Online,g=NL w:Online,g=WORLD",
    From(EUROPE),
    "30 CNAME c.example.com"
)]
#[case::geographic_group_before_world(
    "documented: methods",
    "app=Geographic g:Online,g=GEO-EU w:Online,g=WORLD",
    From(EUROPE),
    "30 CNAME g.example.com"
)]
#[case::geographic_world_takes_the_rest(
    "documented: methods",
    "app=Geographic g:Online,g=GEO-EU w:Online,g=WORLD",
    From(ASIA),
    "30 CNAME w.example.com"
)]
#[case::geographic_unknown_clients_are_in_the_world(
    "documented: faq",
    "app=Geographic g:Online,g=GEO-EU w:Online,g=WORLD",
    From(NOWHERE),
    "30 CNAME w.example.com"
)]
#[case::geographic_no_match_has_no_data(
    "documented: methods",
    "app=Geographic g:Online,g=GEO-EU",
    From(ASIA),
    "NODATA"
)]
#[case::geographic_health_plays_no_part(
    "documented: methods",
    "app=Geographic c:Degraded,g=NL w:Online,g=WORLD",
    From(EUROPE),
    "30 CNAME c.example.com"
)]
#[case::geographic_stopped_does_not_climb(
    "documented: methods",
    "app=Geographic c:Stopped,g=NL w:Online,g=WORLD",
    From(EUROPE),
    "NODATA"
)]
#[case::geographic_nested_child_that_is_disabled_does_not_climb(
    "documented: methods",
    "app=Geographic n:Nested,t=@child,g=NL w:Online,g=WORLD | child=Weighted,off x:Online",
    From(EUROPE),
    "NODATA"
)]
#[case::geographic_nested_child_that_is_stopped_does_not_climb(
    "documented: methods",
    "app=Geographic n:Nested,t=@child,g=NL w:Online,g=WORLD | child=Weighted x:Stopped",
    From(EUROPE),
    "NODATA"
)]
#[case::geographic_disabled_is_as_if_absent(
    "documented: methods",
    "app=Geographic c:Disabled,g=NL w:Online,g=WORLD",
    From(EUROPE),
    "30 CNAME w.example.com"
)]
#[case::geographic_honours_the_client_subnet(
    "documented: faq",
    "app=Geographic w:Online,g=WORLD",
    Scope,
    "24"
)]
// --- Subnet ----------------------------------------------------------------------------------------------------------
#[case::subnet_match(
    "documented: methods",
    "app=Subnet a:Online,s=198.51.100.0/24 b:Online",
    From(EUROPE),
    "30 CNAME a.example.com"
)]
#[case::subnet_by_the_address_of_the_sender(
    "documented: methods",
    "app=Subnet a:Online,s=127.0.0.0/8 b:Online",
    A,
    "30 CNAME a.example.com"
)]
#[case::subnet_no_match_falls_back(
    "documented: methods",
    "app=Subnet a:Online,s=198.51.100.0/24 b:Online",
    From(ASIA),
    "30 CNAME b.example.com"
)]
#[case::subnet_no_match_without_fallback(
    "documented: methods (the faq says NXDOMAIN: a switch)",
    "app=Subnet a:Online,s=198.51.100.0/24",
    From(ASIA),
    "NODATA"
)]
#[case::subnet_match_that_is_unhealthy(
    "documented: faq (which says NXDOMAIN: a switch)",
    "app=Subnet a:Degraded,s=198.51.100.0/24 b:Online",
    From(EUROPE),
    "NODATA"
)]
#[case::subnet_disabled_is_as_if_absent(
    "documented: faq",
    "app=Subnet a:Disabled,s=198.51.100.0/24 b:Online",
    From(EUROPE),
    "30 CNAME b.example.com"
)]
#[case::subnet_honours_the_client_subnet(
    "documented: faq",
    "app=Subnet a:Online,s=198.51.100.0/24 b:Online",
    Scope,
    "24"
)]
#[case::priority_does_not_look_at_the_client_subnet(
    "documented: faq",
    "app=Priority a:Online",
    Scope,
    "0"
)]
#[case::weighted_does_not_look_at_the_client_subnet(
    "documented: faq",
    "app=Weighted a:Online",
    Scope,
    "0"
)]
// --- MultiValue ------------------------------------------------------------------------------------------------------
#[case::multivalue_up_to_the_maximum(
    "documented: faq",
    "app=MultiValue,max=1 a:Online,t=192.0.2.1 b:Online,t=192.0.2.2",
    A,
    "30 A 192.0.2.1 or 30 A 192.0.2.2"
)]
#[case::multivalue_two_by_default(
    "documented: monitoring",
    "app=MultiValue a:Online,t=192.0.2.1 b:Online,t=192.0.2.2 c:Online,t=192.0.2.3",
    A,
    "30 A 192.0.2.1, 30 A 192.0.2.2 or 30 A 192.0.2.1, 30 A 192.0.2.3 or 30 A 192.0.2.2, 30 A 192.0.2.3"
)]
#[case::multivalue_only_the_healthy(
    "documented: methods",
    "app=MultiValue,max=8 a:Online,t=192.0.2.1 b:Degraded,t=192.0.2.2 c:Disabled,t=192.0.2.3",
    A,
    "30 A 192.0.2.1"
)]
#[case::multivalue_a_has_v4_only(
    "documented: faq",
    "app=MultiValue,max=8 a:Online,t=192.0.2.1 b:Online,t=2001:db8::1",
    A,
    "30 A 192.0.2.1"
)]
#[case::multivalue_aaaa_has_v6_only(
    "documented: faq",
    "app=MultiValue,max=8 a:Online,t=192.0.2.1 b:Online,t=2001:db8::1",
    AAAA,
    "30 AAAA 2001:db8::1"
)]
#[case::multivalue_any_has_both(
    "documented: faq",
    "app=MultiValue,max=8 a:Online,t=192.0.2.1 b:Online,t=2001:db8::1",
    ANY,
    "30 A 192.0.2.1, 30 AAAA 2001:db8::1"
)]
#[case::multivalue_cname_is_a_mismatch(
    "documented: faq",
    "app=MultiValue a:Online,t=192.0.2.1",
    CNAME,
    "NODATA"
)]
// --- Nested profiles -------------------------------------------------------------------------------------------------
#[case::nested_is_walked_without_showing_the_child(
    "documented: nested",
    "app=Priority n:Nested,t=@child | child=Priority x:Degraded y:Online",
    A,
    "30 CNAME y.example.com"
)]
#[case::nested_routes_by_the_method_of_each_level(
    "documented: nested",
    "app=Performance us:Online,r=eastus eu:Nested,t=@child,r=westeurope | child=Weighted x:Online y:Online",
    From(EUROPE),
    "30 CNAME x.example.com or 30 CNAME y.example.com"
)]
#[case::nested_below_its_minimum_is_passed_over(
    "documented: nested",
    "app=Priority n:Nested,t=@child,n=2 b:Online | child=Weighted x:Online y:Degraded",
    A,
    "30 CNAME b.example.com"
)]
#[case::nested_ttl_is_that_of_the_profile_asked_for(
    "inferred (a switch)",
    "app=Priority,ttl=60 n:Nested,t=@child | child=Priority,ttl=5 x:Online",
    A,
    "60 CNAME x.example.com"
)]
// --- Status of an endpoint -------------------------------------------------------------------------------------------
#[case::status_follows_the_probes(
    "documented: monitoring",
    "app=Priority a:Online b:Degraded c:Checking",
    Status,
    "Degraded: Online Degraded CheckingEndpoint"
)]
#[case::status_disabled_goes_before_everything(
    "documented: monitoring",
    "app=Priority,off a:Disabled,always=yes b:Online",
    Status,
    "Disabled: Disabled Inactive"
)]
#[case::status_of_a_disabled_profile_goes_before_always_serve(
    "documented: monitoring",
    "app=Priority,off a:Degraded,always=yes",
    Status,
    "Disabled: Inactive"
)]
#[case::status_always_serve_goes_before_stopped_and_degraded(
    "recorded",
    "app=Priority a:Degraded,always=yes b:Stopped,always=yes",
    Status,
    "Online: Unmonitored Unmonitored"
)]
#[case::status_of_an_empty_child_is_stopped(
    "recorded",
    "app=Priority n:Nested,t=@child | child=Weighted",
    Status,
    "Inactive: Stopped"
)]
#[case::status_of_a_disabled_child_is_stopped(
    "documented: monitoring",
    "app=Priority n:Nested,t=@child | child=Weighted,off a:Online",
    Status,
    "Inactive: Stopped"
)]
#[case::nested_status_enough_online(
    "documented: nested",
    "app=Priority n:Nested,t=@child,n=2 | child=Weighted a:Online b:Online c:Degraded",
    Status,
    "Online: Online"
)]
#[case::nested_status_enough_with_those_being_checked(
    "documented: nested",
    "app=Priority n:Nested,t=@child,n=2 | child=Weighted a:Online b:Checking",
    Status,
    "CheckingEndpoints: CheckingEndpoint"
)]
#[case::nested_status_too_few(
    "documented: nested",
    "app=Priority n:Nested,t=@child,n=2 | child=Weighted a:Online b:Degraded",
    Status,
    "Degraded: Degraded"
)]
#[case::nested_status_each_family_has_a_minimum(
    "specified",
    "app=Priority n:Nested,t=@child,n4=1,n6=1 | child=Weighted a:Online,t=192.0.2.1 b:Degraded,t=2001:db8::1",
    Status,
    "Degraded: Degraded"
)]
// --- Status of a profile ---------------------------------------------------------------------------------------------
#[case::profile_status_without_endpoints("recorded", "app=Priority", Status, "Inactive:")]
#[case::profile_status_of_a_new_endpoint(
    "recorded",
    "app=Priority a:Checking",
    Status,
    "CheckingEndpoints: CheckingEndpoint"
)]
#[case::profile_status_one_online_ends_checking(
    "documented: monitoring",
    "app=Priority a:Checking b:Online",
    Status,
    "Online: CheckingEndpoint Online"
)]
#[case::profile_status_one_degraded_degrades(
    "documented: monitoring",
    "app=Priority a:Online b:Degraded",
    Status,
    "Degraded: Online Degraded"
)]
#[case::profile_status_all_disabled_or_stopped(
    "documented: monitoring",
    "app=Priority a:Disabled b:Stopped",
    Status,
    "Inactive: Disabled Stopped"
)]
#[case::profile_status_only_unmonitored(
    "inferred",
    "app=Priority a:Unmonitored",
    Status,
    "Online: Unmonitored"
)]
#[tokio::test]
async fn rule(#[case] source: &str, #[case] cloud: &str, #[case] ask: Ask, #[case] want: &str) {
    assert_eq!(answer(cloud, ask).await, want, "{source}: {cloud}, {ask:?}");
}
