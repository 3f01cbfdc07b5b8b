//! From Services to the body of `/adjustendpoints`.

use external_dns::labels::RESOURCE;
use external_dns::model::{
    ALPHA_PREFIX, LoadBalancerIngress, PREFIX, Service, ServiceSource, SharedProperties,
};
use external_dns::{Endpoint, ProviderSpecificProperty, RecordType};
use proptest::prelude::*;
use rstest::rstest;

const MANIFEST: &str = r#"{
  "apiVersion": "v1", "kind": "Service",
  "metadata": {
    "name": "my-app-east",
    "labels": {"app": "my-app"},
    "annotations": {
      "external-dns.kubernetes.io/hostname": "my-app-east.example.com",
      "external-dns.kubernetes.io/ttl": "1m",
      "external-dns.kubernetes.io/webhook-traffic-manager-weight": "70",
      "external-dns.kubernetes.io/webhook-traffic-manager-enabled": "true",
      "external-dns.kubernetes.io/azure-tags": "team=web",
      "external-dns.alpha.kubernetes.io/webhook-traffic-manager-weight": "10",
      "unrelated": "x"
    }
  },
  "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1", "externalIPs": null, "ports": [{"port": 443}]},
  "status": {"loadBalancer": {"ingress": [{"ip": "20.1.2.3"}]}}
}"#;

fn service(name: &str) -> Service {
    Service::load_balancer("default", name)
}

fn annotated(name: &str, annotations: &[(&str, &str)]) -> Service {
    annotations
        .iter()
        .fold(service(name), |service, (key, value)| {
            service.with_annotation(format!("{PREFIX}{key}"), *value)
        })
}

fn endpoints(services: &[Service]) -> Vec<Endpoint> {
    ServiceSource::default().endpoints(services)
}

fn property(name: &str, value: &str) -> ProviderSpecificProperty {
    ProviderSpecificProperty::new(name, value)
}

fn brief(records: &[Endpoint]) -> Vec<String> {
    records
        .iter()
        .map(|record| {
            format!(
                "{} {} {}",
                record.dns_name,
                record.record_type,
                record.targets.join(",")
            )
        })
        .collect()
}

#[test]
fn a_manifest_becomes_a_record() {
    let service: Service = serde_json::from_str(MANIFEST).unwrap();
    let expected = Endpoint::new("my-app-east.example.com", RecordType::A, ["20.1.2.3"])
        .with_ttl(60)
        .with_label(RESOURCE, "service/default/my-app-east")
        .with_property("webhook/traffic-manager-enabled", "true")
        .with_property("webhook/traffic-manager-weight", "70");
    assert_eq!(endpoints(std::slice::from_ref(&service)), [expected]);

    // The other prefix reads the other annotations: no host, no record.
    assert!(
        ServiceSource::new(ALPHA_PREFIX)
            .endpoints(&[service])
            .is_empty()
    );
}

#[rstest]
#[case::none("{}")]
#[case::nulls(
    r#"{"metadata":{"annotations":null,"name":"x"},"spec":null,"status":{"loadBalancer":null}}"#
)]
fn a_manifest_may_be_bare(#[case] json: &str) {
    let service: Service = serde_json::from_str(json).unwrap();
    assert_eq!(service.namespace, "default");
    assert_eq!(service.service_type, "ClusterIP");
    assert!(endpoints(&[service]).is_empty());
}

#[test]
fn every_host_and_type_of_target_makes_a_record() {
    let mut service = annotated("app", &[("hostname", "a.example.com., b.example.com")])
        .with_ip("20.1.2.3")
        .with_ip("2001:db8::1");
    service.load_balancer.push(LoadBalancerIngress {
        ip: String::new(),
        hostname: "lb.example.net.".to_owned(),
    });
    assert_eq!(
        brief(&endpoints(&[service])),
        [
            "a.example.com A 20.1.2.3",
            "a.example.com AAAA 2001:db8::1",
            "a.example.com CNAME lb.example.net",
            "b.example.com A 20.1.2.3",
            "b.example.com AAAA 2001:db8::1",
            "b.example.com CNAME lb.example.net",
        ]
    );
}

#[test]
fn a_pending_load_balancer_has_no_records() {
    assert!(endpoints(&[annotated("app", &[("hostname", "a.example.com")])]).is_empty());
}

#[rstest]
#[case::by_annotation(&[("target", "x.example.net., 192.0.2.7")], "LoadBalancer", &["a.example.com A 192.0.2.7", "a.example.com CNAME x.example.net"])]
#[case::empty_annotation(&[("target", "")], "LoadBalancer", &["a.example.com A 20.1.2.3"])]
#[case::cluster_ip(&[], "ClusterIP", &[])]
#[case::node_port(&[], "NodePort", &[])]
#[case::node_port_with_target(&[("target", "192.0.2.7")], "NodePort", &["a.example.com A 192.0.2.7"])]
#[case::external_name(&[], "ExternalName", &["a.example.com CNAME ext.example.net"])]
#[case::internal(&[("internal-hostname", "int.example.com")], "ClusterIP", &["int.example.com A 10.0.0.1"])]
#[case::for_us(&[("controller", "dns-controller")], "LoadBalancer", &["a.example.com A 20.1.2.3"])]
#[case::for_another(&[("controller", "other")], "LoadBalancer", &[])]
fn where_targets_come_from(
    #[case] more: &[(&str, &str)],
    #[case] service_type: &str,
    #[case] expected: &[&str],
) {
    let mut service = annotated("app", &[("hostname", "a.example.com")]).with_ip("20.1.2.3");
    for (key, value) in more {
        service = service.with_annotation(format!("{PREFIX}{key}"), *value);
    }
    service.service_type = service_type.to_owned();
    service.cluster_ip = Some("10.0.0.1".to_owned());
    service.external_name = "ext.example.net.".to_owned();
    assert_eq!(brief(&endpoints(&[service])), expected);
}

#[test]
fn external_addresses_replace_those_of_the_load_balancer() {
    let mut service = annotated("app", &[("hostname", "a.example.com")]).with_ip("20.1.2.3");
    service.external_ips = vec!["198.51.100.7".to_owned()];
    assert_eq!(
        brief(&endpoints(&[service])),
        ["a.example.com A 198.51.100.7"]
    );
}

#[test]
fn a_headless_service_has_no_address() {
    let mut service = annotated("app", &[("internal-hostname", "int.example.com")]);
    service.service_type = "ClusterIP".to_owned();
    service.cluster_ip = Some("None".to_owned());
    assert!(endpoints(&[service]).is_empty());
}

#[rstest]
#[case("60", 60)]
#[case("+60", 60)]
#[case("10m", 600)]
#[case("1h30m", 5400)]
#[case("1.5s", 1)]
#[case(".5m", 30)]
#[case("1.s", 1)]
#[case("90000ms", 90)]
#[case("61000000µs", 61)]
#[case("2147483647", 2_147_483_647)]
#[case("2147483648", 0)]
#[case("0", 0)]
#[case("0s", 0)]
#[case("-5", 0)]
#[case("-1m", 0)]
#[case("1ns", 0)]
#[case("1h1", 0)]
#[case("1h-1m", 0)]
#[case("m", 0)]
#[case("60 ", 0)]
#[case("", 0)]
#[case("-", 0)]
#[case("99999999999999999999h", 0)]
fn times_to_live(#[case] annotation: &str, #[case] seconds: i64) {
    let service =
        annotated("app", &[("hostname", "a.example.com"), ("ttl", annotation)]).with_ip("20.1.2.3");
    assert_eq!(endpoints(&[service])[0].record_ttl.0, seconds);
}

#[test]
fn a_least_time_to_live_fills_gaps_only() {
    let source = ServiceSource {
        min_ttl: 120,
        ..ServiceSource::default()
    };
    let unset = annotated("a", &[("hostname", "a.example.com")]).with_ip("20.1.2.3");
    let set = annotated("b", &[("hostname", "b.example.com"), ("ttl", "60")]).with_ip("20.1.2.3");
    let ttls: Vec<_> = source
        .endpoints(&[unset, set])
        .iter()
        .map(|record| record.record_ttl.0)
        .collect();
    assert_eq!(ttls, [120, 60]);
}

#[test]
fn properties_of_others_are_dropped_and_the_rest_sorted() {
    let service = annotated(
        "app",
        &[
            ("hostname", "a.example.com"),
            ("webhook-traffic-manager-weight", " 70 "),
            ("webhook-Other", ""),
            ("alias", "true"),
            ("record-type", "ptr"),
            ("aws-weight", "1"),
            ("scw-x", "1"),
            ("coredns-group", "g"),
            ("azure-tags", "a=b"),
            ("cloudflare-proxied", "true"),
        ],
    )
    .with_ip("20.1.2.3");
    assert_eq!(
        endpoints(&[service])[0].provider_specific,
        [
            property("alias", "true"),
            property("record-type", "ptr"),
            property("webhook/Other", ""),
            property("webhook/traffic-manager-weight", " 70 "),
        ]
    );
}

#[test]
fn services_that_share_a_host_share_the_first_ones_settings() {
    let west = annotated(
        "west",
        &[("hostname", "app.example.com"), ("webhook-w", "30")],
    )
    .with_ip("20.1.2.9");
    let east = annotated(
        "east",
        &[("hostname", "app.example.com"), ("webhook-w", "70")],
    )
    .with_ip("20.1.2.10");
    let merged = endpoints(&[west, east]);
    let expected = Endpoint::new("app.example.com", RecordType::A, ["20.1.2.10", "20.1.2.9"])
        .with_label(RESOURCE, "service/default/east")
        .with_property("webhook/w", "70");
    assert_eq!(merged, [expected]);
}

#[test]
fn set_identifiers_keep_services_apart() {
    let of = |name: &str| {
        annotated(
            name,
            &[("hostname", "app.example.com"), ("set-identifier", name)],
        )
        .with_ip("20.1.2.9")
    };
    let records = endpoints(&[of("west"), of("east")]);
    let identifiers: Vec<_> = records
        .iter()
        .map(|record| &*record.set_identifier)
        .collect();
    assert_eq!(identifiers, ["east", "west"]);
}

#[test]
fn cnames_are_never_merged() {
    let of = |name: &str, target: &str| {
        annotated(name, &[("hostname", "app.example.com"), ("target", target)])
    };
    let records = endpoints(&[
        of("b", "y.example.net"),
        of("a", "x.example.net"),
        of("c", "y.example.net"),
    ]);
    assert_eq!(
        brief(&records),
        [
            "app.example.com CNAME x.example.net",
            "app.example.com CNAME y.example.net"
        ]
    );
}

proptest! {
    /// With one record, or without other providers' annotations, nothing is lost.
    #[test]
    fn sharing_harms_only_together_with_filtering(
        own in prop::collection::btree_map("[a-z]{1,4}", "[a-z]{0,3}", 1..4),
        foreign in prop::collection::btree_set("[a-z]{1,4}", 0..3),
        dual: bool,
    ) {
        let mut service = annotated("app", &[("hostname", "a.example.com")]).with_ip("20.1.2.3");
        if dual {
            service = service.with_ip("2001:db8::1");
        }
        for (name, value) in &own {
            service = service.with_annotation(format!("{PREFIX}webhook-{name}"), value);
        }
        for name in &foreign {
            service = service.with_annotation(format!("{PREFIX}aws-{name}"), "x");
        }
        let expected: Vec<_> = own
            .iter()
            .map(|(name, value)| property(&format!("webhook/{name}"), value))
            .collect();
        let services = [service];
        for record in endpoints(&services) {
            prop_assert_eq!(&record.provider_specific, &expected);
        }
        let aliased = ServiceSource {
            shared_properties: SharedProperties::Aliased,
            ..ServiceSource::default()
        }
        .endpoints(&services);
        let harmless = foreign.is_empty() || !dual;
        for record in &aliased {
            let nameless = record.provider_specific.iter().filter(|p| !p.is_named()).count();
            if harmless {
                prop_assert_eq!(&record.provider_specific, &expected);
            } else {
                prop_assert!(nameless > 0);
            }
        }
        // The last of them always holds everything that the object says.
        let kept: Vec<_> = aliased
            .last()
            .into_iter()
            .flat_map(|record| record.provider_specific.clone())
            .filter(ProviderSpecificProperty::is_named)
            .collect();
        prop_assert_eq!(kept, expected);
    }
}
