//! Manifests, and what is said about them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod kinds;
mod laws;
mod output;
mod together;
mod unknowns;

use admission::{Input, Known, Report, check};

/// The report about one file.
fn report(text: &str) -> Report {
    report_of(text, &Known::default())
}

/// The report about one file, with this known about the webhook.
fn report_of(text: &str, known: &Known) -> Report {
    let input = Input {
        name: "app.yaml",
        text,
    };
    check(&[input], known).unwrap()
}

/// The problems, one a line.
fn said(text: &str) -> String {
    report(text).lines().join("\n")
}

/// A Service of this name with these `traffic-manager-…` annotations, each with a line of its own.
fn service(name: &str, annotations: &[&str]) -> String {
    let mut text = format!(
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    external-dns.kubernetes.io/hostname: {name}.example.com\n"
    );
    for annotation in annotations {
        text.push_str("    external-dns.kubernetes.io/webhook-traffic-manager-");
        text.push_str(annotation);
        text.push('\n');
    }
    text.push_str("spec:\n  type: LoadBalancer\n");
    text
}
