//! Objects with annotations, good and bad, always the same ones.

use std::collections::BTreeMap;

use admission::policy::{Given, outline};
use members::annotation::Name;
use members::derive;
use serde_json::{Value, json};

use crate::values;

/// How many objects are put together by chance.
const RANDOM: usize = 3_500;
/// Where the numbers begin.
const SEED: u64 = 20_261_121;
/// An object's load balancer.
pub(crate) const ADDRESS: &str = "20.1.113.10";
pub(crate) const HOST: &str = "sample.example.com";

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) prefix: &'static str,
    pub(crate) kind: &'static Kind,
    pub(crate) given: Given,
    /// Annotations that do not exist.
    pub(crate) unknown: Vec<&'static str>,
}

/// A kind that the policy looks at.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) word: &'static str,
}

const PREFIXES: [&str; 2] = external_dns_prefixes();
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        group: "",
        version: "v1",
        word: "Service",
    },
    Kind {
        group: "networking.k8s.io",
        version: "v1",
        word: "Ingress",
    },
    route("v1", "HTTPRoute"),
    route("v1", "GRPCRoute"),
    route("v1alpha2", "TLSRoute"),
    route("v1alpha2", "TCPRoute"),
    route("v1alpha2", "UDPRoute"),
];

const fn external_dns_prefixes() -> [&'static str; 2] {
    [
        external_dns::model::PREFIX,
        external_dns::model::ALPHA_PREFIX,
    ]
}

const fn route(version: &'static str, word: &'static str) -> Kind {
    Kind {
        group: "gateway.networking.k8s.io",
        version,
        word,
    }
}

/// Numbers that look random (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % (bound.max(1) as u64)).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }
}

/// The corpus: what breaks each rule, each value in several company, and chance.
pub(crate) fn corpus() -> Vec<Case> {
    let mut givens: Vec<(Given, Vec<&'static str>)> = Vec::new();
    for rule in outline() {
        givens.push((rule.sample, Vec::new()));
    }
    for name in Name::ALL {
        let (good, bad) = values::of(*name);
        for value in good.iter().chain(bad) {
            for company in companies() {
                let mut given = company;
                given.insert(*name, (*value).to_owned());
                givens.push((given, Vec::new()));
            }
        }
    }
    givens.extend(rare().into_iter().map(|given| (given, Vec::new())));
    let mut chance = Chance(SEED);
    for _ in 0..RANDOM {
        givens.push(random(&mut chance));
    }
    let cases = givens.into_iter().enumerate();
    cases
        .filter_map(|(index, (mut given, unknown))| {
            given
                .entry(Name::Enabled)
                .or_insert_with(|| "true".to_owned());
            Some(Case {
                prefix: PREFIXES.get(index % PREFIXES.len())?,
                kind: KINDS.get(index / PREFIXES.len() % KINDS.len())?,
                given,
                unknown,
            })
        })
        .collect()
}

/// What chance would hardly ever put together.
fn rare() -> Vec<Given> {
    const EIGHT: &str = "A: 1; B: 1; C: 1; D: 1; E: 1; F: 1; G: 1; H: 1";
    let own_profile = HOST
        .parse()
        .ok()
        .and_then(|host| derive::profile_name(&host).ok());
    let own_profile = own_profile.map_or_else(String::new, |name| name.to_string());
    let texts: [&[(Name, &str)]; 8] = [
        &[(Name::Hostname, HOST), (Name::Target, "hostname")],
        &[(Name::Hostname, HOST), (Name::RoutingMethod, "MultiValue")],
        &[
            (Name::EndpointType, "Nested"),
            (Name::TargetProfile, &own_profile),
        ],
        &[(Name::RecordType, "A"), (Name::Target, "::ffff:20.1.2.3")],
        &[
            (Name::RecordType, "A"),
            (Name::Target, "bücher.example.net"),
        ],
        &[
            (Name::Hostname, "bücher.example.com"),
            (Name::MonitorHeaders, EIGHT),
        ],
        &[
            (Name::Hostname, "my-app.example.com"),
            (Name::MonitorHeaders, EIGHT),
        ],
        &[(Name::RecordType, "AAAA"), (Name::Target, "2603:1030::1")],
    ];
    texts.iter().map(|pairs| given(pairs)).collect()
}

fn given(pairs: &[(Name, &str)]) -> Given {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// Annotations beside which others mean something else.
fn companies() -> Vec<Given> {
    let texts: [&[(Name, &str)]; 6] = [
        &[],
        &[
            (Name::EndpointType, "Azure"),
            (
                Name::TargetResourceId,
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/my-ip",
            ),
        ],
        &[
            (Name::EndpointType, "Nested"),
            (Name::TargetProfile, "my-app-europe"),
            (Name::ProfileName, "my-app"),
        ],
        &[(Name::MonitorProtocol, "TCP"), (Name::MonitorPort, "5432")],
        &[
            (Name::RoutingMethod, "MultiValue"),
            (Name::Target, "20.1.2.3"),
        ],
        &[
            (Name::Hostname, "my-app.example.com"),
            (Name::MonitorInterval, "10"),
            (
                Name::MonitorHeaders,
                "A: 1; B: 1; C: 1; D: 1; E: 1; F: 1; G: 1; H: 1",
            ),
            (Name::MonitorHost, "none"),
        ],
    ];
    texts.iter().map(|pairs| given(pairs)).collect()
}

fn random(chance: &mut Chance) -> (Given, Vec<&'static str>) {
    let mut given = BTreeMap::new();
    for _ in 0..=chance.below(7) {
        let Some(name) = chance.pick(Name::ALL) else {
            continue;
        };
        let (good, bad) = values::of(name);
        let from = if chance.below(4) == 0 { bad } else { good };
        if let Some(value) = chance.pick(from) {
            given.insert(name, value.to_owned());
        }
    }
    let unknown = match chance.below(20) {
        0 => vec!["wieght"],
        1 => vec!["Monitor-Pat", "zzz"],
        _ => Vec::new(),
    };
    (given, unknown)
}

impl Case {
    /// The manifest. Its load balancer's address is known.
    pub(crate) fn object(&self) -> Value {
        let Kind {
            group,
            version,
            word,
        } = self.kind;
        let prefix = self.prefix;
        let mut annotations = json!({
            format!("{prefix}hostname"): HOST,
            format!("{prefix}target"): ADDRESS,
        });
        for (name, value) in &self.given {
            annotations[format!("{prefix}{name}")] = json!(value);
        }
        for name in &self.unknown {
            annotations[format!("{prefix}webhook-traffic-manager-{name}")] = json!("1");
        }
        let api_version = match *group {
            "" => (*version).to_owned(),
            group => format!("{group}/{version}"),
        };
        json!({
            "apiVersion": api_version,
            "kind": word,
            "metadata": { "name": "sample", "namespace": "default", "annotations": annotations },
        })
    }
}
