//! Whatever is asked for and whatever is there: one plan, carried out, leaves
//! nothing to do, touches nothing of others, and leads nobody to a free name.

use azure_dns::RecordSet;
use proptest::prelude::*;
use vanity::record_set::{Held, Setting, plan, profile_of};

use crate::world::{App, app, carry_out, observed, ours, scope, theirs, zone};

fn apps() -> impl Strategy<Value = Vec<App>> {
    let host = prop_oneof![
        Just("a.example.com"),
        Just("b.example.com"),
        Just("example.com"),
        Just("c.example.org"),
    ];
    let mode = prop_oneof![
        4 => Just(" azure-dns"),
        2 => Just(" azure-dns-alias"),
        1 => Just(" dnsendpoint"),
        1 => Just(""),
    ];
    let targets = prop_oneof![
        Just(vec![]),
        Just(vec!["20.1.2.3"]),
        Just(vec!["2001:db8::1"]),
        Just(vec!["x.example.net"]),
        Just(vec!["20.1.2.3", "x.example.net"]),
    ];
    let one = |name: &'static str| {
        let app = (
            host.clone(),
            mode.clone(),
            targets.clone(),
            prop::bool::weighted(0.85),
        );
        let app = app.prop_map(move |(host, mode, targets, managed)| App {
            managed,
            ..app_of(name, &format!("{host}{mode}"), &targets)
        });
        prop::option::weighted(0.8, app)
    };
    (one("p1"), one("p2"), one("p3"))
        .prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect())
}

fn app_of(name: &'static str, host: &str, targets: &[&'static str]) -> App {
    app(name, host, targets)
}

/// At most one record set of a name and type, and a CNAME alone, as in DNS.
fn records() -> impl Strategy<Value = Vec<RecordSet>> {
    let at = |name: &'static str| {
        prop_oneof![
            3 => Just(vec![]),
            2 => prop_oneof![Just("p1"), Just("p2"), Just("gone")]
                .prop_map(move |profile| vec![ours(name, profile)]),
            1 => Just(vec![theirs("CNAME", name)]),
            1 => Just(vec![theirs("A", name), theirs("TXT", name)]),
        ]
    };
    let apex = prop_oneof![Just(vec![]), Just(vec![theirs("A", "@")])];
    (at("a"), at("b"), at("old"), apex).prop_map(|(a, b, old, apex)| [a, b, old, apex].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn one_plan_settles_everything(apps in apps(), records in records()) {
        let observed = observed(&apps);
        let zones = [zone("example.com")];
        let scope = scope();
        let setting = Setting { scope: &scope, zones: &zones, ttl: 300 };
        let mut held = Held::from([(zones[0].id.clone(), records.clone())]);
        let first = plan(&observed, &held, setting);
        carry_out(&mut held, &first);
        let second = plan(&observed, &held, setting);
        prop_assert!(second.steps.is_empty(), "{first:?}\nand then {second:?}");
        prop_assert_eq!(&second.findings, &first.findings);

        let after = &held[&zones[0].id];
        let foreign = |records: &[RecordSet]| -> Vec<RecordSet> {
            records.iter().filter(|record| profile_of(record).is_none()).cloned().collect()
        };
        prop_assert_eq!(foreign(after), foreign(&records));

        // Who had a record and still wants one has one, whatever became of the new
        // wish, unless another profile wants the name.
        for profile in observed.profiles() {
            let vanity = profile.marks.vanity.as_ref();
            let wants = vanity.is_some_and(|vanity| vanity.mode.is_shared());
            let is_wanted = |record: &RecordSet| {
                let host = record.name.fqdn(&zones[0].name);
                observed.profiles().any(|other| {
                    let vanity = other.marks.vanity.as_ref();
                    other.id != profile.id && vanity.is_some_and(|vanity| vanity.host.as_str() == host)
                })
            };
            let leads = |record: &RecordSet| profile_of(record).as_ref() == Some(&profile.id);
            let had = records.iter().any(|record| leads(record) && !is_wanted(record));
            if wants && profile.marks.managed && !profile.is_empty() && had {
                prop_assert!(after.iter().any(leads), "profile {} has lost its record", profile.id.name);
            }
        }

        for record in after {
            let Some(id) = profile_of(record) else { continue };
            let profile = observed.profile(&id);
            prop_assert!(profile.is_some(), "{record:?} leads to a profile that is gone");
            if let Some(profile) = profile.filter(|profile| profile.marks.managed) {
                prop_assert!(!profile.is_empty(), "{record:?} leads to an empty profile");
            }
        }
    }
}
