//! Every value that is accepted has one canonical text, and that text is
//! accepted as the same value: this is what keeps a second loop quiet.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use members::annotation::{Annotations, Name};
use members::properties::Properties;
use members::want::{Source, Want};
use members::{Member, OwnerId, Scope, Subject};
use proptest::prelude::*;

fn scope() -> Scope {
    Scope {
        owner: "east".parse::<OwnerId>().unwrap(),
        subscription: "00000000-0000-0000-0000-000000000000".parse().unwrap(),
        resource_groups: Vec::new(),
        other_subscriptions: std::collections::BTreeMap::new(),
        dns_suffix: "trafficmanager.net".to_owned(),
        brakes: members::want::Brakes::default(),
        api_version: traffic_manager::ApiVersion::V2026_09_01,
        vanity: members::VanityMode::None,
        private_targets: true,
    }
}

/// Texts that look like values of the annotation, and some that do not.
fn text(name: Name) -> BoxedStrategy<String> {
    let likely = match name {
        Name::Enabled => "true|TRUE| true ",
        Name::AlwaysServe => "enabled|Disabled",
        Name::EndpointHeaders => "X-[a-c]: [a-z]{1,4}(;  Host:app.example.com ?){0,1}",
        Name::EndpointType => "external|EXTERNAL|External|azure|Nested",
        Name::TargetProfile => {
            "child-[a-z]|/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/R[a-z]/providers/microsoft.network/trafficmanagerprofiles/Other"
        }
        Name::TargetResourceId => {
            "/subscriptions/00000000-0000-0000-0000-00000000000A/resourcegroups/R[a-z]/providers/(Microsoft.network/PublicIPAddresses|microsoft.web/sites)/[A-Z][a-z]{0,3}"
        }
        Name::MinChildEndpoints => "[1-9][0-9]?",
        Name::MinChildEndpointsIpv4 | Name::MinChildEndpointsIpv6 => "0|[1-9][0-9]?",
        Name::HealthChecksEnabled => "true|false|False",
        Name::DnsTtl => "[0-9]{1,10}",
        Name::Weight | Name::Priority => "0|[1-9][0-9]{0,3}",
        Name::MonitorPort => "[1-9][0-9]{1,4}",
        Name::MaxReturn => "[0-9]{1,2}",
        Name::EndpointStatus | Name::ProfileStatus => "[eE]nabled|DISABLED",
        Name::MonitorProtocol => "http|HTTPS|Tcp",
        Name::MonitorInterval => "10|30",
        Name::MonitorTimeout => "5|7|9|10",
        Name::MonitorToleratedFailures => "[0-9]",
        Name::MonitorExpectedStatusCodes => "20[0-4]-29[0-9](, ?30[1-8]){0,2}",
        Name::MonitorHeaders => {
            "[Hh]ost: [a-c]\\.example\\.com|X-[A-C]: [a-z\\\\ :]{1,5}[a-z](; ?x-d: 1)?"
        }
        Name::MonitorHost => "none|None|[A-Ca-c]\\.example\\.com(:8080)?",
        Name::RecordType => "a|AAAA|Cname",
        Name::Tags => "[a-c]{1,2}=[a-z\\\\,]{0,3}[a-z](,Team=web)?",
        Name::TrafficView => "true|False|enabled|Disabled",
        Name::MonitorPath => "/[a-z?=&./]{0,12}",
        Name::ProfileManagement => "manage|Join",
        Name::RoutingMethod => "weighted|Priority|PERFORMANCE|Geographic|subnet|multiValue",
        Name::GeoMapping => "(world|de|GEO-eu|us-ca|Germany|new zealand)(, ?(fr|GB|au-nsw)){0,2}",
        Name::Subnets => {
            "10\\.[0-9]{1,2}\\.0\\.0/(16|24)(,192\\.0\\.2\\.[0-9]-192\\.0\\.2\\.[1-9][0-9])?|2001:db8::[0-9a-f]{1,4}"
        }
        Name::EndpointLocation => "West US 2|westeurope|East Asia",
        Name::Target => {
            "hostname|address|Address|[a-z]{1,5}\\.Example\\.com\\.?|20\\.0\\.0\\.[0-9]{1,2}|2001:DB8::[0-9a-f]{1,4}"
        }
        Name::Vanity => "none|DNSEndpoint|azure-dns(-ALIAS)?",
        Name::Hostname => "(\\*\\.)?[a-zA-Z]{1,8}\\.example\\.com\\.?",
        Name::ResourceGroup => "[A-Za-z0-9_().-]{1,12}",
        Name::SubscriptionId => "0{8}-0{4}-0{4}-0{4}-0{12}",
        Name::ProfileName | Name::DnsName => "[A-Za-z0-9.-]{1,12}",
        Name::EndpointName => "[A-Za-z0-9 #._-]{1,20}",
    };
    prop_oneof![29 => likely, 1 => "[ -~]{0,12}"].boxed()
}

fn annotations() -> impl Strategy<Value = Vec<(Name, String)>> {
    let each: Vec<_> = Name::ALL
        .iter()
        .map(|name| {
            let given = match name {
                Name::Enabled | Name::ResourceGroup => 0.97,
                // Each belongs to one type of endpoint.
                Name::TargetProfile
                | Name::TargetResourceId
                | Name::MinChildEndpoints
                | Name::MinChildEndpointsIpv4
                | Name::MinChildEndpointsIpv6 => 0.6,
                // Seldom right beside the others.
                Name::MaxReturn | Name::RecordType | Name::MonitorHost | Name::SubscriptionId => {
                    0.1
                }
                _ => 0.4,
            };
            let name = *name;
            proptest::option::weighted(given, text(name).prop_map(move |text| (name, text)))
        })
        .collect();
    (each, proptest::bool::weighted(0.9)).prop_map(|(given, tidy)| {
        let mut given: Vec<_> = given.into_iter().flatten().collect();
        if tidy {
            let of_type = of_type(&given);
            given.retain(|(name, _)| !OF_A_TYPE.contains(name) || of_type.contains(name));
            let has_host = given.iter().any(|(name, _)| *name == Name::Hostname);
            given.retain(|(name, _)| has_host || *name != Name::Vanity);
        }
        given
    })
}

/// What not every type of endpoint has.
const OF_A_TYPE: &[Name] = &[
    Name::Target,
    Name::EndpointLocation,
    Name::AlwaysServe,
    Name::HealthChecksEnabled,
    Name::TargetResourceId,
    Name::TargetProfile,
    Name::MinChildEndpoints,
    Name::MinChildEndpointsIpv4,
    Name::MinChildEndpointsIpv6,
];

fn of_type(given: &[(Name, String)]) -> &'static [Name] {
    let mut types = given.iter().filter(|(name, _)| *name == Name::EndpointType);
    match types.next().map(|(_, text)| text.as_str()) {
        Some("azure") => &[Name::TargetResourceId, Name::HealthChecksEnabled],
        Some("Nested") => &[
            Name::EndpointLocation,
            Name::TargetProfile,
            Name::MinChildEndpoints,
            Name::MinChildEndpointsIpv4,
            Name::MinChildEndpointsIpv6,
        ],
        _ => &[
            Name::Target,
            Name::EndpointLocation,
            Name::HealthChecksEnabled,
        ],
    }
}

fn want(annotations: &[(Name, String)]) -> Option<Member> {
    let properties: Vec<_> = annotations
        .iter()
        .map(|(name, text)| (name.property(), text.as_str()))
        .collect();
    let source = Source {
        subject: Subject {
            resource: "service/default/app".to_owned(),
            host: "app.example.com".to_owned(),
        },
        set_identifier: String::new(),
        ttl: None,
        addresses: vec!["20.1.2.3".parse().unwrap()],
        annotations: Annotations::from_properties(
            properties.iter().map(|(name, text)| (name.as_str(), *text)),
        ),
    };
    match source.want(&scope()) {
        (Want::Member(member), _) => Some(*member),
        (Want::Invalid, findings) => {
            assert!(!findings.is_empty(), "an invalid object without a reason");
            None
        }
        (Want::Nothing, _) => None,
    }
}

fn canonical(member: &Member) -> Vec<(Name, String)> {
    Properties::identity(&member.key)
        .and(Properties::endpoint(&member.endpoint))
        .and(Properties::settings(&member.settings))
        .iter()
        .map(|(name, text)| (name, text.to_owned()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn canonical_texts_are_accepted_as_the_same_member(given in annotations()) {
        if let Some(member) = want(&given) {
            let texts = canonical(&member);
            let again = want(&texts);
            prop_assert_eq!(again.as_ref().map(canonical), Some(texts));
            let again = again.unwrap();
            prop_assert_eq!(again.key, member.key);
            prop_assert_eq!(again.endpoint, member.endpoint);
            prop_assert_eq!(again.settings, member.settings);
        }
    }
}

/// The law above would hold trivially if nothing were ever accepted.
#[test]
fn the_generator_reaches_members() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..1000)
        .filter(|_| want(&annotations().new_tree(&mut runner).unwrap().current()).is_some())
        .count();
    assert!(accepted >= 20, "{accepted} of 1000");
}
