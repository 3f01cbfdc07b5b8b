//! Every kind of object that ExternalDNS reads.

use super::{report, said, service};

const INGRESS: &str = r#"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: web
  annotations:
    external-dns.alpha.kubernetes.io/webhook-traffic-manager-enabled: "true"
    external-dns.alpha.kubernetes.io/webhook-traffic-manager-weight: "70%"
    external-dns.alpha.kubernetes.io/webhook-traffic-manager-hostname: shop.example.com
    external-dns.alpha.kubernetes.io/webhook-traffic-manager-target: hostname
spec:
  tls:
    - hosts: [shop.example.com, shop-east.example.com]
  rules:
    - host: shop-east.example.com
"#;

const ROUTES: &str = r#"
apiVersion: v1
kind: List
items:
  - apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: http
      annotations:
        external-dns.kubernetes.io/webhook-traffic-manager-enabled: "true"
        external-dns.kubernetes.io/webhook-traffic-manager-routing-method: MultiValue
    spec:
      hostnames: [http.example.com]
  - apiVersion: gateway.networking.k8s.io/v1
    kind: GRPCRouteList
    items:
      - apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata:
          name: grpc
          annotations:
            external-dns.kubernetes.io/webhook-traffic-manager-enabled: "yes"
        spec:
          hostnames: [grpc.example.com]
  - apiVersion: gateway.networking.k8s.io/v1alpha2
    kind: TCPRoute
    metadata:
      name: tcp
      annotations:
        external-dns.kubernetes.io/webhook-traffic-manager-enabled: "true"
        external-dns.kubernetes.io/webhook-traffic-manager-monitor-protocol: TCP
    spec: {}
"#;

const DNS_ENDPOINT: &str = r#"
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata:
  name: by-hand
  namespace: web
spec:
  endpoints:
    - dnsName: by-hand.example.com
      recordType: A
      targets: [20.1.2.3]
      providerSpecific:
        - name: webhook/traffic-manager-enabled
          value: "true"
        - name: webhook/traffic-manager-priority
          value: first
        - name: aws/weight
          value: "1"
"#;

#[test]
fn an_ingress() {
    insta::assert_snapshot!(said(INGRESS), @r#"
    app.yaml:9:70: error: Ingress web/shop: webhook-traffic-manager-weight: "70%" is not valid: must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it
    app.yaml:11:70: error: Ingress web/shop: webhook-traffic-manager-target: "hostname" is not valid: the host is a wildcard or the vanity host itself; use `address` or name a target
    "#);
}

#[test]
fn routes_in_lists() {
    insta::assert_snapshot!(said(ROUTES), @r#"
    app.yaml:10:69: error: HTTPRoute http: MultiValue routing answers with addresses, and the target is the name http.example.com; set webhook-traffic-manager-target to `address` or to an IP address
    app.yaml:22:73: error: GRPCRoute grpc: webhook-traffic-manager-enabled: "yes" is not valid: must be `true` or `false`
    app.yaml:30:69: error: TCPRoute tcp: webhook-traffic-manager-monitor-port is required with TCP
    "#);
}

#[test]
fn records_by_hand() {
    insta::assert_snapshot!(said(DNS_ENDPOINT), @r#"app.yaml:16:18: error: DNSEndpoint web/by-hand: webhook-traffic-manager-priority: "first" is not valid: must be a whole number from 1 to 1000"#);
}

#[test]
fn values_that_are_no_texts() {
    let text = service(
        "app",
        &["enabled: on", "weight: 50", "priority: \"1\"", "dns-ttl:"],
    );
    insta::assert_snapshot!(said(&text), @r#"
    app.yaml:8:65: error: Service app: webhook-traffic-manager-enabled: "on" is not valid: must be `true` or `false`
    app.yaml:8:65: error: Service app: webhook-traffic-manager-enabled: on is a truth value here, and Kubernetes takes only texts; quote it: "on"
    app.yaml:9:64: error: Service app: webhook-traffic-manager-weight: 50 is a number here, and Kubernetes takes only texts; quote it: "50"
    "#);
}

#[test]
fn given_twice() {
    let text = service(
        "app",
        &["enabled: \"true\"", "weight: \"50\"", "weight: \"70\""],
    );
    insta::assert_snapshot!(said(&text), @"app.yaml:9:64: error: Service app: webhook-traffic-manager-weight is given again in line 10, and only the last one counts; remove one");
}

#[test]
fn given_in_two_spellings() {
    let text = service(
        "app",
        &["enabled: \"true\"", "weight: \"7%\"", "Weight: \"70\""],
    );
    insta::assert_snapshot!(said(&text), @r#"
    app.yaml:9:64: error: Service app: webhook-traffic-manager-weight: "7%" is not valid: must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it
    app.yaml:9:64: error: Service app: webhook-traffic-manager-weight is given again in line 10, and only the spelling in small letters counts; remove one
    "#);
}

#[test]
fn a_service_without_a_name() {
    let text = service("app", &["enabled: \"true\"", "wieght: \"70\""]).replace(
        "    external-dns.kubernetes.io/hostname: app.example.com\n",
        "",
    );
    insta::assert_snapshot!(said(&text), @r"
    app.yaml:7:65: warning: Service app: the Service has no annotation external-dns.kubernetes.io/hostname: ExternalDNS makes a record of it only with a template for names (--fqdn-template)
    app.yaml:8:64: warning: Service app: webhook-traffic-manager-wieght: there is no such annotation; did you mean webhook-traffic-manager-weight?
    ");
}

#[test]
fn a_service_that_takes_no_part_needs_no_name() {
    let text = service("app", &["enabled: \"False\""]).replace(
        "    external-dns.kubernetes.io/hostname: app.example.com\n",
        "",
    );
    assert_eq!(said(&text), "");
}

/// Whoever writes a manifest does not write lines of a CI's log.
#[test]
fn names_with_line_breaks_are_in_one_line() {
    let text = service("\"app\\n::error::it\"", &["enabled: \"maybe\""]).replace(
        "hostname: \"app\\n::error::it\".example.com",
        "hostname: app.example.com",
    );
    insta::assert_snapshot!(said(&text), @r#"app.yaml:8:65: error: Service app ::error::it: webhook-traffic-manager-enabled: "maybe" is not valid: must be `true` or `false`"#);
}

#[test]
fn without_enabled_nothing_is_judged() {
    insta::assert_snapshot!(said(&service("app", &["weight: heavy"])), @r#"app.yaml:8:64: warning: Service app: the annotations have no effect without webhook-traffic-manager-enabled: "true""#);
    assert_eq!(
        said(&service("app", &["enabled: \"false\"", "weight: heavy"])),
        ""
    );
}

#[test]
fn both_prefixes_are_read_and_said_once() {
    let one = service("app", &["enabled: \"true\"", "weight: heavy"]);
    let other = one.replace(
        "external-dns.kubernetes.io",
        "external-dns.alpha.kubernetes.io",
    );
    let messages = |text: &str| {
        let problems = report(text).problems;
        problems
            .into_iter()
            .map(|problem| problem.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(messages(&one), messages(&other));
    assert_eq!(messages(&one).len(), 1);
}

#[test]
fn what_takes_no_part_is_passed_over() {
    let text = "a: 1\n---\n- b\n---\napiVersion: v1\nkind: Service\nmetadata: {name: x, annotations: {weight: 70}}\n---\n";
    let report = report(text);
    assert_eq!((report.objects, report.problems.len()), (0, 0));
    let foreign = service("app", &["enabled: \"true\"", "weight: heavy"]).replace(
        "    external-dns.kubernetes.io/hostname:",
        "    external-dns.kubernetes.io/controller: other\n    external-dns.kubernetes.io/hostname:",
    );
    assert_eq!(said(&foreign), "");
}

/// A template that nobody has rendered is a mapping to YAML.
#[test]
fn values_that_are_lists_and_mappings() {
    let text = service(
        "app",
        &[
            "enabled: {{ .Values.enabled }}",
            "weight: [70]",
            "priority: {first: 1}",
        ],
    );
    insta::assert_snapshot!(said(&text), @r#"
    app.yaml:8:65: error: Service app: webhook-traffic-manager-enabled: "" is not valid: must be `true` or `false`
    app.yaml:8:65: error: Service app: webhook-traffic-manager-enabled is a mapping here, and Kubernetes takes only texts; write it as one text, and render a template first
    app.yaml:9:64: error: Service app: webhook-traffic-manager-weight is a list here, and Kubernetes takes only texts; write it as one text
    app.yaml:10:66: error: Service app: webhook-traffic-manager-priority is a mapping here, and Kubernetes takes only texts; write it as one text, and render a template first
    "#);
    let by_hand = DNS_ENDPOINT.replace("value: first", "value: [1]");
    insta::assert_snapshot!(said(&by_hand), @"app.yaml:16:18: error: DNSEndpoint web/by-hand: webhook-traffic-manager-priority is a list here, and Kubernetes takes only texts; write it as one text");
}

#[test]
fn annotations_in_a_block_that_does_not_count() {
    let more = "  annotations:\n    external-dns.kubernetes.io/webhook-traffic-manager-weight: \"70\"\nspec:\n";
    let text = service("app", &["enabled: \"true\""]).replace("spec:\n", more);
    insta::assert_snapshot!(said(&text), @r#"
    app.yaml:8:65: error: Service app: webhook-traffic-manager-enabled is lost: the object has another block of annotations further down, and only the last one counts; put them into one
    app.yaml:10:64: warning: Service app: the annotations have no effect without webhook-traffic-manager-enabled: "true"
    "#);
    let whole = "metadata:\n  name: app\nspec:\n";
    let text = service("app", &["enabled: \"true\""]).replace("spec:\n", whole);
    insta::assert_snapshot!(said(&text), @"app.yaml:8:65: error: Service app: webhook-traffic-manager-enabled is lost: the object has another block of annotations further down, and only the last one counts; put them into one");
}

/// Addresses are made up for load balancers, and a mistake in one that looks like them is said all the same.
#[test]
fn addresses_that_look_made_up() {
    let text = service("app", &["enabled: \"true\"", "target: 10.223.255.4"]);
    insta::assert_snapshot!(said(&text), @"app.yaml:8:65: error: Service app: the target 10.223.255.4 is a private or reserved address, which neither Azure nor users on the internet can reach; name a public one with webhook-traffic-manager-target");
    let text = service("app", &["enabled: \"true\"", "subnets: 223.255.7.0/33"]);
    insta::assert_snapshot!(said(&text), @r#"app.yaml:9:65: error: Service app: webhook-traffic-manager-subnets: "223.255.7.0/33" is not valid: must be address ranges such as 203.0.113.0/24 or 203.0.113.4-203.0.113.9, separated by commas"#);
}

#[test]
fn json_with_tabs_and_yaml_from_windows() {
    let yaml = service("app", &["enabled: \"true\"", "weight: \"70%\""]);
    let said_of_yaml = said(&yaml);
    assert_eq!(said_of_yaml.lines().count(), 1);
    assert_eq!(said(&yaml.replace('\n', "\r\n")), said_of_yaml);
    assert_eq!(said(&format!("\u{feff}{yaml}")), said_of_yaml);
    let json = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Service\",\n\t\"metadata\": {\n\t\t\"name\": \"app\",\n\t\t\"annotations\": {\n\t\t\t\"external-dns.kubernetes.io\\/hostname\": \"app.example.com\",\n\t\t\t\"external-dns.kubernetes.io/webhook-traffic-manager-enabled\": \"true\",\n\t\t\t\"external-dns.kubernetes.io/webhook-traffic-manager-weight\": \"70%\"\n\t\t}\n\t}\n}\n";
    insta::assert_snapshot!(said(json), @r#"app.yaml:9:65: error: Service app: webhook-traffic-manager-weight: "70%" is not valid: must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it"#);
}
