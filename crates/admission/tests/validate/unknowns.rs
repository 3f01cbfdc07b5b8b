//! What is not known is not judged; what is known is.

use admission::{Known, Places};
use traffic_manager::ApiVersion;

use super::{report, report_of, said, service};

const OTHER: &str = "subscription-id: 11111111-1111-1111-1111-111111111111";

fn known() -> Known {
    Known {
        owner: "cluster-east".parse().ok(),
        places: Places {
            default: "00000000-0000-0000-0000-000000000000".parse().ok(),
            resource_groups: Some(vec!["my-tm-rg".parse().unwrap(), "other".parse().unwrap()]),
            ..Places::default()
        },
        api_version: Some(ApiVersion::V2022_04_01),
        ..Known::default()
    }
}

fn object() -> String {
    service(
        "app",
        &[
            "enabled: \"true\"",
            OTHER,
            "record-type: A",
            "target: address",
        ],
    )
}

#[test]
fn what_nobody_has_said_is_not_judged() {
    let report = report(&object());
    assert_eq!(report.lines(), Vec::<String>::new());
    insta::assert_snapshot!(report.summary().join("\n"), @r"
    1 object that takes part in 1 file: 0 errors, 0 warnings
    not judged:
      which resource groups may be named, and whether one has to be: give --resource-groups
      which subscriptions may be named: give --subscription-id
      whether Azure's API has record types as it is used: give --api-version
      the addresses of load balancers, which only the cluster knows
      what other clusters and Azure have already
    ");
}

#[test]
fn what_is_known_is_judged() {
    let report = report_of(&object(), &known());
    insta::assert_snapshot!(report.lines().join("\n"), @r#"
    app.yaml:9:73: error: Service app: webhook-traffic-manager-subscription-id: "11111111-1111-1111-1111-111111111111" is not valid: this webhook is limited to the subscription 00000000-0000-0000-0000-000000000000
    app.yaml:10:69: error: Service app: webhook-traffic-manager-record-type: "A" is not valid: api-version 2022-04-01 of Azure, which this webhook uses, has no record types; start it with --api-version 2026-09-01
    "#);
    let only = Places {
        resource_groups: Some(vec!["my-tm-rg".parse().unwrap()]),
        ..known().places
    };
    let known = Known {
        places: only,
        ..known()
    };
    let fits = service("app", &["enabled: \"true\"", "resource-group: MY-TM-RG"]);
    let report = report_of(&fits, &known);
    insta::assert_snapshot!(report.summary().join("\n"), @r"
    1 object that takes part in 1 file: 0 errors, 0 warnings
    not judged:
      what other clusters and Azure have already
    ");
}

#[test]
fn hosts_and_addresses_may_be_missing() {
    let bare = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: app
  annotations:
    external-dns.kubernetes.io/webhook-traffic-manager-enabled: 'true'
    external-dns.kubernetes.io/webhook-traffic-manager-routing-method: MultiValue
";
    assert_eq!(said(bare), "");
    let azure = service("app", &["enabled: \"true\"", "endpoint-type: Azure"]);
    assert_eq!(said(&azure), "");
}

#[test]
fn addresses_in_the_manifest_count() {
    let text =
        service("app", &["enabled: \"true\"", "target: address"]) + "  externalIPs: [10.1.2.3]\n";
    insta::assert_snapshot!(said(&text), @"app.yaml:8:65: error: Service app: the target 10.1.2.3 is a private or reserved address, which neither Azure nor users on the internet can reach; name a public one with webhook-traffic-manager-target");
}
