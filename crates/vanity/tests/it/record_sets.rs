//! Record sets in Azure DNS: what is written, and what is said.

use azure_dns::{RecordSet, Zone};
use insta::assert_snapshot;
use members::Observed;
use serde_json::json;
use vanity::record_set::{Held, Plan, Setting, Write, plan};

use crate::world::{app, fqdn, observed, ours, profile_id, scope, shown, theirs, zone};

fn planned(observed: &Observed, records: Vec<RecordSet>) -> Plan {
    let zones = [zone("example.com")];
    let held = Held::from([(zones[0].id.clone(), records)]);
    let scope = scope();
    let setting = Setting {
        scope: &scope,
        zones: &zones,
        ttl: 300,
    };
    plan(observed, &held, setting)
}

/// The plan as a person would write it down.
fn text(plan: &Plan) -> String {
    let steps = plan.steps.iter().map(|step| {
        let name = step.name.fqdn(&step.zone.name);
        let write = match &step.write {
            Write::Create(body) => format!("create, ttl {}: {:?}", body.ttl, body.content),
            Write::Change(body, _) => format!("change, ttl {}: {:?}", body.ttl, body.content),
            Write::Replace(body, others) => {
                let others: Vec<_> = others.iter().map(|other| other.kind.to_string()).collect();
                let others = others.join(", ");
                format!("in place of {others}, ttl {}: {:?}", body.ttl, body.content)
            }
            Write::Delete(_) => "delete".to_owned(),
        };
        format!("{name} {}: {write}", step.kind)
    });
    let findings = plan
        .findings
        .iter()
        .map(|finding| format!("{}: {finding}", finding.reason));
    steps.chain(findings).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_record_is_made_and_is_then_as_it_shall_be() {
    let observed = observed(&[app(
        "global",
        "my-app.example.com azure-dns",
        &["a.example.com"],
    )]);
    assert_snapshot!(text(&planned(&observed, vec![])), @r#"my-app.example.com CNAME: create, ttl 300: Cname(Hostname("global.trafficmanager.net"))"#);
    let plan = planned(&observed, vec![ours("my-app", "global")]);
    assert_eq!(plan, Plan::default());
}

#[test]
fn no_zone_holds_the_host() {
    let observed = observed(&[app(
        "global",
        "my-app.example.org azure-dns",
        &["a.example.com"],
    )]);
    assert_snapshot!(text(&planned(&observed, vec![])), @"VanityFailed: service/default/global (global-east.example.com): none of the Azure DNS zones in which records may be made holds the vanity host my-app.example.org; they are example.com; add its zone with --dns-zones, or choose who makes the record with webhook-traffic-manager-vanity");
    let none: [Zone; 0] = [];
    let scope = scope();
    let setting = Setting {
        scope: &scope,
        zones: &none,
        ttl: 300,
    };
    let plan = plan(&observed, &Held::new(), setting);
    assert_snapshot!(text(&plan), @"VanityFailed: service/default/global (global-east.example.com): none of the Azure DNS zones in which records may be made holds the vanity host my-app.example.org; there are none; add its zone with --dns-zones, or choose who makes the record with webhook-traffic-manager-vanity");
}

#[test]
fn records_of_others_stay() {
    let observed = observed(&[app(
        "global",
        "my-app.example.com azure-dns",
        &["a.example.com"],
    )]);
    let said: Vec<_> = ["CNAME", "A", "TXT"]
        .into_iter()
        .map(|kind| text(&planned(&observed, vec![theirs(kind, "my-app")])))
        .collect();
    assert_snapshot!(said.join("\n"), @r"
    VanityConflict: service/default/global (global-east.example.com): my-app.example.com in the zone example.com has a record set of type CNAME for elsewhere.example.net that this system has not made; it stays, and this name does not lead to profile global; delete it, or choose another name with webhook-traffic-manager-hostname
    VanityConflict: service/default/global (global-east.example.com): my-app.example.com in the zone example.com has a record set of type A that this system has not made; it stays, and this name does not lead to profile global; delete it, or choose another name with webhook-traffic-manager-hostname
    VanityConflict: service/default/global (global-east.example.com): my-app.example.com in the zone example.com has a record set of type TXT that this system has not made; it stays, and this name does not lead to profile global; delete it, or choose another name with webhook-traffic-manager-hostname
    ");
    // Whoever made it, it leads where it shall.
    let by_hand = json!({"TTL": 60, "CNAMERecord": {"cname": format!("{}.", fqdn("Global"))}});
    let plan = planned(&observed, vec![shown("CNAME", "my-app", &by_hand)]);
    assert_eq!(plan, Plan::default());
}

#[test]
fn a_record_of_another_scope_is_somebody_elses() {
    let observed = observed(&[app(
        "global",
        "my-app.example.com azure-dns",
        &["a.example.com"],
    )]);
    let elsewhere = profile_id("other")
        .arm_id()
        .replace("my-tm-rg", "another-rg");
    let record = json!({
        "TTL": 300,
        "metadata": {
            "externaldns-managed-by": "external-dns-traffic-manager",
            "externaldns-profile": elsewhere
        },
        "CNAMERecord": {"cname": "other.trafficmanager.net"}
    });
    let plan = planned(&observed, vec![shown("CNAME", "my-app", &record)]);
    assert_snapshot!(text(&plan), @"VanityConflict: service/default/global (global-east.example.com): my-app.example.com in the zone example.com has a record set of type CNAME for other.trafficmanager.net that leads to profile /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/another-rg/providers/Microsoft.Network/trafficManagerProfiles/other, which this webhook does not look after; it stays, and this name does not lead to profile global; delete it, or choose another name with webhook-traffic-manager-hostname");
}

#[test]
fn two_profiles_with_one_host() {
    let apps = [
        app("first", "my-app.example.com azure-dns", &["a.example.com"]),
        app("second", "my-app.example.com azure-dns", &["b.example.com"]),
    ];
    let held = vec![ours("my-app", "second")];
    assert_snapshot!(text(&planned(&observed(&apps), held.clone())), @"VanityConflict: service/default/first (first-east.example.com): the vanity host my-app.example.com is asked for by the profiles second and first and leads to second; give one of them another name with webhook-traffic-manager-hostname");
    // It changes hands in one write, when the one that has it goes.
    let plan = planned(&observed(&apps[..1]), held);
    assert_snapshot!(text(&plan), @r#"my-app.example.com CNAME: change, ttl 300: Cname(Hostname("first.trafficmanager.net"))"#);
    // One that has lost its marks keeps what it has.
    let unmarked = [apps[0].clone(), apps[1].clone().unmarked()];
    let plan = planned(&observed(&unmarked), vec![ours("my-app", "second")]);
    assert!(plan.steps.is_empty(), "{plan:?}");
}

#[test]
fn at_the_apex_there_is_an_alias_or_a_reason() {
    let said: Vec<_> = [
        vec!["20.1.2.3", "20.1.2.4"],
        vec!["2001:db8::1"],
        vec!["20.1.2.3", "2001:db8::1"],
        vec!["a.example.com"],
    ]
    .into_iter()
    .map(|targets| {
        let app = app("global", "example.com azure-dns", &targets);
        text(&planned(&observed(&[app]), vec![]))
    })
    .collect();
    assert_snapshot!(said.join("\n"), @r#"
    example.com A: create, ttl 300: Alias(ResourceId("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/global"))
    example.com AAAA: create, ttl 300: Alias(ResourceId("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/global"))
    VanityFailed: service/default/global (global-east.example.com): the vanity host example.com is the zone's own name, where DNS allows no CNAME, and Azure DNS makes an alias of a profile only if all its endpoints are of type External and point at IPv4 addresses, or all at IPv6 addresses: in profile global its endpoints have IPv4 and IPv6 addresses; set webhook-traffic-manager-target to `address`, or use a name below example.com
    VanityFailed: service/default/global (global-east.example.com): the vanity host example.com is the zone's own name, where DNS allows no CNAME, and Azure DNS makes an alias of a profile only if all its endpoints are of type External and point at IPv4 addresses, or all at IPv6 addresses: in profile global the endpoint e0 points at the name a.example.com; set webhook-traffic-manager-target to `address`, or use a name below example.com
    "#);
}

#[test]
fn an_alias_on_request_is_one_of_names_where_there_are_no_addresses() {
    let names = observed(&[app(
        "global",
        "my-app.example.com azure-dns-alias",
        &["a.example.com"],
    )]);
    assert_snapshot!(text(&planned(&names, vec![])), @r#"my-app.example.com CNAME: create, ttl 300: Alias(ResourceId("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/global"))"#);
    let addresses = observed(&[app(
        "global",
        "my-app.example.com azure-dns-alias",
        &["20.1.2.3"],
    )]);
    assert_snapshot!(text(&planned(&addresses, vec![ours("my-app", "global")])), @r#"my-app.example.com A: in place of CNAME, ttl 300: Alias(ResourceId("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/my-tm-rg/providers/Microsoft.Network/trafficManagerProfiles/global"))"#);
}

#[test]
fn what_has_outlived_its_profile_goes() {
    let cases = [
        (
            "the profile is empty",
            vec![app("global", "my-app.example.com azure-dns", &[])],
        ),
        (
            "it has another host",
            vec![app(
                "global",
                "shop.example.com azure-dns",
                &["a.example.com"],
            )],
        ),
        (
            "it wants none",
            vec![app("global", "my-app.example.com", &["a.example.com"])],
        ),
        ("it is gone", vec![]),
    ];
    for (why, apps) in cases {
        let plan = planned(
            &observed(&apps),
            vec![ours("my-app", "global"), theirs("A", "www")],
        );
        let last = plan.steps.last().unwrap();
        assert!(matches!(last.write, Write::Delete(_)), "{why}: {plan:?}");
        assert_eq!(last.name.as_str(), "my-app");
        assert!(
            plan.steps[..plan.steps.len() - 1]
                .iter()
                .all(|step| !matches!(step.write, Write::Delete(_)))
        );
    }
    let unmarked = [app("global", "my-app.example.com azure-dns", &["a.example.com"]).unmarked()];
    let plan = planned(&observed(&unmarked), vec![ours("my-app", "global")]);
    assert_eq!(plan, Plan::default(), "a tool has wiped its tags");
}

#[test]
fn a_wish_that_cannot_come_true_costs_nobody_the_record_that_works() {
    let held = vec![ours("my-app", "global"), theirs("A", "taken")];
    for host in ["my-app.exmaple.com", "taken.example.com", "example.com"] {
        let app = app("global", &format!("{host} azure-dns"), &["a.example.com"]);
        let plan = planned(&observed(&[app]), held.clone());
        assert!(plan.steps.is_empty(), "{host}: {plan:?}");
        assert_eq!(plan.findings.len(), 1, "{host}");
    }
}

#[test]
fn what_somebody_adds_to_the_metadata_stays() {
    let observed = observed(&[app(
        "global",
        "my-app.example.com azure-dns",
        &["a.example.com"],
    )]);
    let mut record = ours("my-app", "global");
    record
        .metadata
        .insert("cost-centre".to_owned(), "42".to_owned());
    assert_eq!(planned(&observed, vec![record]), Plan::default());
}

#[test]
fn hosts_that_are_asked_for_in_two_ways() {
    let apps = [
        app("first", "my-app.example.com azure-dns", &["a.example.com"]),
        app(
            "second",
            "my-app.example.com dnsendpoint",
            &["b.example.com"],
        ),
        app("third", "shop.example.com dnsendpoint", &["c.example.com"]),
    ];
    let findings = vanity::disputes(&observed(&apps), &"east".parse().unwrap());
    let said: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_snapshot!(said.join("\n"), @r"
    service/default/first (first-east.example.com): the vanity host my-app.example.com is asked for by the profiles first and second, and their records are not made in one place: users get to whichever was made first; give each its own name with webhook-traffic-manager-hostname
    service/default/second (second-east.example.com): the vanity host my-app.example.com is asked for by the profiles first and second, and their records are not made in one place: users get to whichever was made first; give each its own name with webhook-traffic-manager-hostname
    ");
}

#[test]
fn the_ttl_is_the_settings_owners() {
    let apps = [app(
        "global",
        "my-app.example.com azure-dns",
        &["a.example.com"],
    )];
    let mut record = ours("my-app", "global");
    record.ttl = Some(60);
    assert_snapshot!(text(&planned(&observed(&apps), vec![record.clone()])), @r#"my-app.example.com CNAME: change, ttl 300: Cname(Hostname("global.trafficmanager.net"))"#);
    let zones = [zone("example.com")];
    let held = Held::from([(zones[0].id.clone(), vec![record])]);
    let mut west = scope();
    west.owner = "west".parse().unwrap();
    let setting = Setting {
        scope: &west,
        zones: &zones,
        ttl: 300,
    };
    assert_eq!(plan(&observed(&apps), &held, setting), Plan::default());
}
