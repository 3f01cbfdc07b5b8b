//! What objects do to each other.

use super::{report, said, service};

const PROFILE: &str = "profile-name: shop";
const ENABLED: &str = "enabled: \"true\"";

fn two(one: &[&str], other: &[&str]) -> String {
    let object = |name, more: &[&str]| {
        let annotations = [ENABLED, PROFILE].into_iter().chain(more.iter().copied());
        service(name, &annotations.collect::<Vec<_>>())
    };
    object("blue", one) + &object("green", other)
}

#[test]
fn one_endpoint_name() {
    let text = two(&["endpoint-name: east"], &["endpoint-name: EAST"]);
    insta::assert_snapshot!(said(&text), @"app.yaml:20:65: error: Service green: endpoint east of profile shop is already described by service/default/blue (blue.example.com); give this object another webhook-traffic-manager-endpoint-name");
}

#[test]
fn one_target() {
    let text = two(&["target: lb.example.net"], &["target: lb.example.net"]);
    insta::assert_snapshot!(said(&text), @"app.yaml:20:65: error: Service green: target lb.example.net is already that of endpoint this-cluster.blue.example.com-zr5cmw of profile shop; targets are unique in a profile");
}

#[test]
fn one_priority() {
    let priority = ["routing-method: Priority", "priority: \"1\""];
    insta::assert_snapshot!(said(&two(&priority, &priority)), @r#"app.yaml:24:66: error: Service green: webhook-traffic-manager-priority: "1" is not valid: endpoint this-cluster.blue.example.com-zr5cmw of profile shop has this priority, and priorities are unique in a profile; choose another"#);
}

#[test]
fn other_settings() {
    let text = two(&["dns-ttl: \"30\""], &["dns-ttl: \"60\""]);
    insta::assert_snapshot!(said(&text), @r#"app.yaml:20:65: warning: Service green: the settings of profile shop are shared and service/default/blue (blue.example.com) decides: webhook-traffic-manager-dns-ttl is "60" here and "30" there"#);
}

/// Load balancers have addresses that nobody knows yet, and never the same.
#[test]
fn addresses_that_are_not_known_do_not_collide() {
    let address = ["target: address"];
    assert_eq!(said(&two(&address, &address)), "");
    assert_eq!(said(&two(&address, &["target: \"2603:1030::1\""])), "");
}

/// Profiles of other clusters are not in the manifests.
#[test]
fn a_nested_profile_may_be_elsewhere() {
    let nested = ["endpoint-type: Nested", "target-profile: elsewhere"];
    assert_eq!(said(&two(&nested, &[])), "");
    let join = ["profile-management: join"];
    assert_eq!(said(&two(&join, &join)), "");
}

#[test]
fn profiles_in_a_circle() {
    let object = |name, target: &str| {
        let profile = format!("profile-name: {name}");
        let target = format!("target-profile: {target}");
        service(name, &[ENABLED, &profile, "endpoint-type: Nested", &target])
    };
    let text = object("one", "two") + &object("two", "one");
    insta::assert_snapshot!(said(&text), @r#"app.yaml:24:72: error: Service two: webhook-traffic-manager-target-profile: "one" is not valid: profile two is in it already, itself or by way of others, and users would go round in circles"#);
}

/// Two renderings of one chart, for two clusters, are no two members of one cluster.
#[test]
fn one_object_twice() {
    let one = service("app", &[ENABLED, "endpoint-name: east"]);
    assert_eq!(said(&(one.clone() + &one)), "");
    assert_eq!(report(&(one.clone() + &one)).objects, 2);
}
