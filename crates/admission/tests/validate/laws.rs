//! What holds for any text.

use admission::{Grade, Input, Known, Report, check};
use proptest::prelude::*;

/// Lines that make an object when they come in a good order, which they seldom do.
fn line() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "---",
        "apiVersion: v1",
        "kind: Service",
        "kind: List",
        "items:",
        "- &a",
        "  <<: *a",
        "metadata:",
        "  name: app",
        "  annotations:",
        "spec: {endpoints: [{providerSpecific: [{name: webhook/traffic-manager-enabled, value: 1}]}]}",
        "status: {loadBalancer: {ingress: [{ip: 20.1.2.3}, {hostname: x}]}}",
    ]);
    let annotation = (
        prop::sample::select(vec![
            "enabled", "weight", "target", "subnets", "tags", "wieght",
        ]),
        "[a-zA-Z0-9 ,:.\\-\"'\\\\=]{0,12}",
    );
    let annotation = annotation.prop_map(|(name, value)| {
        format!("    external-dns.kubernetes.io/webhook-traffic-manager-{name}: {value}")
    });
    prop_oneof![fixed.prop_map(str::to_owned), annotation]
}

fn object() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..12).prop_map(|lines| {
        let begin = "apiVersion: v1\nkind: Service\nmetadata:\n  name: app\n  annotations:\n    external-dns.kubernetes.io/webhook-traffic-manager-enabled: 'true'\n";
        format!("{begin}{}\n", lines.join("\n"))
    })
}

fn report(inputs: &[(&str, &str)]) -> Report {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(name, text)| Input { name, text })
        .collect();
    check(&inputs, &Known::default()).unwrap()
}

proptest! {
    /// Whatever it is, it is checked or refused, and what is said has a place in it.
    #[test]
    fn any_text_is_checked_or_refused(text in object()) {
        let report = report(&[("a", &text)]);
        let lines: Vec<_> = text.lines().collect();
        for problem in &report.problems {
            let at = problem.place.position;
            let line = lines.get(at.line - 1);
            prop_assert!(line.is_some_and(|line| at.column <= line.chars().count() + 1), "{problem}");
            prop_assert!(!problem.message.contains('\n'));
        }
        prop_assert!(report.problems.is_sorted());
        prop_assert!(report.unreadable.len() <= 1);
    }

    /// A file that cannot be read hides nothing in another one, and files can come in any order.
    #[test]
    fn files_do_not_hide_each_other(text in object(), broken in "[{\\[]{1,4}") {
        let alone = report(&[("a", &text)]);
        for pair in [[("a", text.as_str()), ("b", broken.as_str())], [("b", &broken), ("a", &text)]] {
            let both = report(&pair);
            prop_assert_eq!(&alone.problems, &both.problems);
            prop_assert_eq!(alone.unreadable.len() + 1, both.unreadable.len());
            prop_assert_eq!(alone.count(Grade::Error), both.count(Grade::Error));
        }
    }
}
