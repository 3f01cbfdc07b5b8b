//! The policies as YAML.

use std::fmt::Write as _;

use members::Scope;
use members::annotation::Name;

use super::rule::PolicyError;
use super::{Action, cel, doubts, rules};
use crate::sources::OURS;

/// What the policies look at: group and resources.
const RESOURCES: &[(&str, &[&str])] = &[
    ("", &["services"]),
    ("networking.k8s.io", &["ingresses"]),
    (
        "gateway.networking.k8s.io",
        &[
            "httproutes",
            "grpcroutes",
            "tlsroutes",
            "tcproutes",
            "udproutes",
        ],
    ),
];

/// One policy.
struct Policy {
    name: String,
    comment: &'static str,
    fails_closed: bool,
    conditions: Vec<(&'static str, String)>,
    variables: Vec<(String, String)>,
    /// Conditions and messages.
    validations: Vec<(String, String)>,
    actions: &'static str,
}

/// The policy about mistakes, and its binding.
pub(super) fn mistakes(
    prefix: &str,
    action: Action,
    scope: &Scope,
) -> Result<Vec<String>, PolicyError> {
    let rules = rules::all();
    let validations: Result<Vec<_>, PolicyError> = rules
        .iter()
        .map(|rule| Ok((rule.holds.clone(), rule.message(scope)?)))
        .collect();
    let enabled = cel::text(&format!("{prefix}{}", Name::Enabled));
    let takes_part = format!(
        "object.metadata.?annotations[?{enabled}].hasValue() && object.metadata.annotations[{enabled}].trim().lowerAscii() != 'false'"
    );
    let policy = Policy {
        name: name("mistakes", prefix),
        comment: "Mistakes: with any of these the webhook leaves the object as it was.",
        fails_closed: action == Action::Deny,
        conditions: vec![("takes-part", takes_part), ("is-new", is_new(prefix))],
        variables: rules::variables(prefix),
        validations: validations?,
        actions: match action {
            Action::Warn => "[Warn, Audit]",
            Action::Deny => "[Deny, Audit]",
        },
    };
    Ok(policy.documents())
}

/// The policy about doubts, and its binding.
pub(super) fn doubts(prefix: &str) -> Vec<String> {
    let doubts = doubts::all(prefix);
    let ours = cel::text(&format!("{prefix}{OURS}"));
    let takes_part =
        format!("object.metadata.?annotations.orValue({{}}).exists(key, key.startsWith({ours}))");
    let policy = Policy {
        name: name("doubts", prefix),
        comment: "Doubts: the webhook takes the object as it is. Never a reason to refuse it.",
        fails_closed: false,
        conditions: vec![("takes-part", takes_part), ("is-new", is_new(prefix))],
        variables: doubts::variables(prefix),
        validations: doubts
            .into_iter()
            .map(|doubt| (doubt.holds, doubt.message))
            .collect(),
        actions: "[Warn]",
    };
    policy.documents()
}

fn name(what: &str, prefix: &str) -> String {
    let prefix = prefix.trim_end_matches('/');
    format!("external-dns-traffic-manager-{what}.{prefix}")
}

/// Whether our annotations are new or have changed. Controllers that write to an
/// object for reasons of their own, or take their finalizers away, are left alone.
fn is_new(prefix: &str) -> String {
    let ours = cel::text(&format!("{prefix}{OURS}"));
    let of = |whose: &str| format!("{whose}.metadata.?annotations.orValue({{}})");
    let (new, old) = (of("object"), of("oldObject"));
    let same = |these: &str, those: &str| {
        format!(
            "{these}.all(key, !key.startsWith({ours}) || (key in {those} && {those}[key] == {these}[key]))"
        )
    };
    format!(
        "request.operation != 'UPDATE' || !({} && {})",
        same(&new, &old),
        same(&old, &new)
    )
}

// === impl Policy ===

impl Policy {
    fn documents(self) -> Vec<String> {
        let binding = format!(
            "apiVersion: admissionregistration.k8s.io/v1\n\
             kind: ValidatingAdmissionPolicyBinding\n\
             metadata:\n  name: {name}\n\
             spec:\n  policyName: {name}\n  validationActions: {actions}\n",
            name = self.name,
            actions = self.actions
        );
        vec![self.policy(), binding]
    }

    fn policy(&self) -> String {
        let mut yaml = format!(
            "# {}\n\
             apiVersion: admissionregistration.k8s.io/v1\n\
             kind: ValidatingAdmissionPolicy\n\
             metadata:\n  name: {}\n\
             spec:\n  failurePolicy: {}\n  matchConstraints:\n    resourceRules:\n",
            self.comment,
            self.name,
            if self.fails_closed { "Fail" } else { "Ignore" }
        );
        for (group, resources) in RESOURCES {
            line(&mut yaml, 6, &format!("- apiGroups: [\"{group}\"]"));
            line(&mut yaml, 8, "apiVersions: [\"*\"]");
            line(&mut yaml, 8, "operations: [CREATE, UPDATE]");
            line(
                &mut yaml,
                8,
                &format!("resources: [{}]", resources.join(", ")),
            );
        }
        line(&mut yaml, 2, "matchConditions:");
        for (name, expression) in &self.conditions {
            line(&mut yaml, 4, &format!("- name: {name}"));
            block(&mut yaml, 6, "expression", expression);
        }
        line(&mut yaml, 2, "variables:");
        for (name, expression) in self.used_variables() {
            line(
                &mut yaml,
                4,
                &format!("- name: {}", name.trim_start_matches('@')),
            );
            block(&mut yaml, 6, "expression", expression);
        }
        line(&mut yaml, 2, "validations:");
        for (expression, message) in &self.validations {
            line(&mut yaml, 4, "- expression: |-");
            line(&mut yaml, 8, &resolved(expression));
            block(&mut yaml, 6, "messageExpression", message);
        }
        yaml
    }

    /// The variables that something reads, in an order in which each comes after
    /// those that it reads.
    fn used_variables(&self) -> Vec<(&str, &str)> {
        let texts = self.validations.iter();
        let mut read: String = texts
            .flat_map(|(expression, message)| [expression.as_str(), message.as_str()])
            .collect();
        let mut used = Vec::new();
        for (name, expression) in self.variables.iter().rev() {
            if reads(&read, name) {
                read.push_str(expression);
                used.push((name.as_str(), expression.as_str()));
            }
        }
        used.reverse();
        used
    }
}

fn reads(expression: &str, variable: &str) -> bool {
    expression.match_indices(variable).any(|(at, _)| {
        let after = expression.get(at + variable.len()..).unwrap_or_default();
        !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn block(yaml: &mut String, indent: usize, key: &str, expression: &str) {
    line(yaml, indent, &format!("{key}: |-"));
    line(yaml, indent + 2, &resolved(expression));
}

fn line(yaml: &mut String, indent: usize, text: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(yaml, "{:indent$}{text}", "");
}

/// An expression with its variables as the policy names them.
fn resolved(expression: &str) -> String {
    expression.replace('@', "variables.")
}
