//! Fault rules as the control API reads and shows them.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Named;
use super::{Fault, InvalidFaults, Outcome, Pattern, Rule, Scope, When};
use crate::duration;
use crate::operation::Operation;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the field `rules`")]
struct Document {
    rules: Vec<RuleBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleBody {
    #[serde(default = "everything")]
    operation: String,
    subscription: Option<String>,
    resource_group: Option<String>,
    profile: Option<String>,
    endpoint: Option<String>,
    #[serde(default)]
    when: When,
    delay: Option<String>,
    status: Option<u16>,
    body: Option<Value>,
    refusal: Option<Named>,
    retry_after: Option<RetryAfter>,
    #[serde(default)]
    reset: bool,
    calls: Option<u64>,
    fraction: Option<f64>,
    seed: Option<u64>,
}

/// Seconds, or the text of the header: an HTTP date, or something that no client should trip over.
#[derive(Deserialize)]
#[serde(untagged)]
enum RetryAfter {
    Seconds(u64),
    Text(String),
}

/// A rule as the control API shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleView {
    operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    when: When,
    delay_milliseconds: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    reset: bool,
    fraction: f64,
    /// Null when the rule has no end.
    remaining: Option<u64>,
    fired: u64,
}

fn everything() -> String {
    "*".to_owned()
}

/// Reads `{"rules":[…]}`.
pub(super) fn read(document: &[u8], seed: u64) -> Result<Vec<Rule>, InvalidFaults> {
    let document: Document = serde_json::from_slice(document)?;
    document
        .rules
        .into_iter()
        .zip(1_usize..)
        .map(|(body, number)| {
            rule(body, seed).map_err(|problem| InvalidFaults::Rule { number, problem })
        })
        .collect()
}

fn rule(body: RuleBody, seed: u64) -> Result<Rule, String> {
    let delay = match &body.delay {
        Some(text) => duration::parse(text).map_err(|error| error.to_string())?,
        None => Duration::ZERO,
    };
    let outcome = outcome(&body)?;
    if outcome.is_none() && delay.is_zero() {
        return Err("nothing to do: give status, refusal, reset or delay".to_owned());
    }
    let fraction = body.fraction.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&fraction) {
        return Err(format!("fraction {fraction} is not between 0 and 1"));
    }
    let scope = Scope {
        operation: pattern(&body.operation)?,
        subscription: body.subscription,
        resource_group: body.resource_group,
        profile: body.profile,
        endpoint: body.endpoint,
    };
    let action = Fault {
        when: body.when,
        delay,
        outcome,
    };
    let seed = body.seed.unwrap_or(seed);
    Ok(Rule::new(scope, action, body.calls, fraction, seed))
}

fn outcome(body: &RuleBody) -> Result<Option<Outcome>, String> {
    let retry_after = match &body.retry_after {
        None => None,
        Some(RetryAfter::Seconds(seconds)) => Some(seconds.to_string()),
        Some(RetryAfter::Text(text)) => {
            HeaderValue::from_str(text).map_err(|_| format!("retryAfter {text:?} is no header"))?;
            Some(text.clone())
        }
    };
    if let Some(named) = body.refusal {
        if body.status.is_some() || body.reset || body.body.is_some() {
            return Err("refusal excludes status, body and reset".to_owned());
        }
        return Ok(Some(Outcome::Refusal { named, retry_after }));
    }
    match (body.status, body.reset) {
        (Some(_), true) => Err("status and reset exclude each other".to_owned()),
        (None, true) if body.body.is_some() || retry_after.is_some() => {
            Err("a reset connection carries neither body nor retryAfter".to_owned())
        }
        (None, true) => Ok(Some(Outcome::Reset)),
        (None, false) if body.body.is_some() || retry_after.is_some() => {
            Err("body and retryAfter need a status".to_owned())
        }
        (None, false) => Ok(None),
        (Some(status), false) => {
            let status = StatusCode::from_u16(status)
                .ok()
                .filter(|status| (200..600).contains(&status.as_u16()))
                .ok_or_else(|| format!("status {status} is not between 200 and 599"))?;
            Ok(Some(Outcome::Answer {
                status,
                body: body.body.clone(),
                retry_after,
            }))
        }
    }
}

fn pattern(text: &str) -> Result<Pattern, String> {
    let operations = || Operation::ALL.iter().copied();
    match text {
        "*" => return Ok(Pattern::All),
        "reads" => return Ok(Pattern::Reads),
        "writes" => return Ok(Pattern::Writes),
        _ => {}
    }
    if let Some(operation) = operations().find(|operation| operation.as_str() == text) {
        return Ok(Pattern::One(operation));
    }
    let family = text
        .strip_suffix('*')
        .filter(|prefix| prefix.ends_with('.'));
    family
        .and_then(|prefix| {
            operations()
                .map(Operation::as_str)
                .find_map(|name| name.get(..prefix.len()).filter(|start| *start == prefix))
        })
        .map(Pattern::Family)
        .ok_or_else(|| {
            let names: Vec<_> = operations().map(Operation::as_str).collect();
            format!(
                "operation {text:?} is not known; known are *, reads, writes, profiles.*, endpoints.*, tags.*, zones.*, recordSets.*, {}",
                names.join(", ")
            )
        })
}

// === impl RuleView ===

impl From<&Rule> for RuleView {
    fn from(rule: &Rule) -> Self {
        let status = match &rule.action.outcome {
            Some(Outcome::Answer { status, .. }) => Some(status.as_u16()),
            Some(Outcome::Refusal { named, .. }) => Some(named.status().as_u16()),
            _ => None,
        };
        Self {
            operation: match rule.scope.operation {
                Pattern::All => "*".to_owned(),
                Pattern::Reads => "reads".to_owned(),
                Pattern::Writes => "writes".to_owned(),
                Pattern::One(operation) => operation.as_str().to_owned(),
                Pattern::Family(prefix) => format!("{prefix}*"),
            },
            subscription: rule.scope.subscription.clone(),
            resource_group: rule.scope.resource_group.clone(),
            profile: rule.scope.profile.clone(),
            endpoint: rule.scope.endpoint.clone(),
            when: rule.action.when,
            delay_milliseconds: rule.action.delay.as_millis(),
            status,
            reset: matches!(rule.action.outcome, Some(Outcome::Reset)),
            fraction: rule.fraction,
            remaining: rule.remaining,
            fired: rule.fired,
        }
    }
}
