//! The outputs, each as a whole.

use admission::{Input, Known, check, sarif};

use super::service;

fn report() -> admission::Report {
    let good = service(
        "good",
        &["enabled: \"true\"", "endpoint-location: westeurop"],
    );
    let bad = service("bad", &["enabled: \"true\"", "weight: \"1001\""]);
    let inputs = [
        Input {
            name: "a b/good.yaml",
            text: &good,
        },
        Input {
            name: "-",
            text: &bad,
        },
        Input {
            name: "chart.yaml",
            text: "metadata:\n  name: {{ .Release.Name }}: x\n",
        },
    ];
    check(&inputs, &Known::default()).unwrap()
}

#[test]
fn text() {
    let report = report();
    let unreadable: Vec<_> = report.unreadable.iter().map(ToString::to_string).collect();
    let parts = [report.lines(), unreadable, report.summary()];
    insta::assert_snapshot!(parts.concat().join("\n"), @r#"
    -:9:64: error: Service bad: webhook-traffic-manager-weight: "1001" is not valid: must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it
    a b/good.yaml:9:75: warning: Service good: webhook-traffic-manager-endpoint-location: "westeurop" may be wrong: this version knows no such Azure region and leaves it to Azure; did you mean westeurope?
    chart.yaml:2:28: mapping values are not allowed in this context
    2 objects that take part in 3 files: 1 error, 1 warning
    not judged:
      which resource groups may be named, and whether one has to be: give --resource-groups
      what other clusters and Azure have already
    "#);
}

#[test]
fn json() {
    insta::assert_json_snapshot!(report().json());
}

#[test]
fn sarif_log() {
    insta::assert_json_snapshot!(sarif(&report(), "1.2.3"));
}
