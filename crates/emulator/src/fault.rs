//! Faults: rules that make ARM calls fail, wait or lose their connection.
//!
//! The first rule that matches a request and fires applies. A rule acts before the request has its effect, which then
//! does not happen unless the rule only delays, or after it, so that the client does not learn what was done.

mod answer;
mod body;

use std::time::Duration;

use axum::http::StatusCode;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::operation::{Operation, Resource};
use crate::request::Response;

pub(crate) use body::RuleView;

/// Why a set of fault rules is refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFaults {
    /// The document is not what the control API takes.
    #[error("the rules cannot be read")]
    Document(#[from] serde_json::Error),
    /// One rule is wrong; counted from 1.
    #[error("rule {number}: {problem}")]
    Rule {
        /// Which rule.
        number: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    scope: Scope,
    action: Fault,
    /// How many more calls it applies to; `None` for all.
    remaining: Option<u64>,
    /// How many calls it applied to.
    fired: u64,
    fraction: f64,
    random: StdRng,
}

/// Which requests a rule is about. What is absent matches everything.
#[derive(Debug, Clone, Default)]
struct Scope {
    operation: Pattern,
    subscription: Option<String>,
    resource_group: Option<String>,
    profile: Option<String>,
    endpoint: Option<String>,
}

/// Which operations a rule is about.
#[derive(Debug, Clone, Copy, Default)]
enum Pattern {
    #[default]
    All,
    Reads,
    Writes,
    One(Operation),
    /// `endpoints.*`: the operations whose name starts so.
    Family(&'static str),
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) when: When,
    pub(crate) delay: Duration,
    pub(crate) outcome: Option<Outcome>,
}

/// Whether a fault acts before or after the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    #[default]
    Before,
    After,
}

/// What the client gets in place of the answer.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// This status. Without a body, the one that the service sends with it.
    Answer {
        status: StatusCode,
        body: Option<serde_json::Value>,
        retry_after: Option<String>,
    },
    /// A refusal of Azure's by its name.
    Refusal {
        named: answer::Named,
        retry_after: Option<String>,
    },
    /// Nothing: the connection is reset.
    Reset,
}

// === impl Faults ===

impl Faults {
    /// Reads a document of rules and puts them in force in place of the ones before. `seed` serves rules that state
    /// none of their own.
    pub fn replace(&mut self, document: &[u8], seed: u64) -> Result<(), InvalidFaults> {
        self.rules = body::read(document, seed)?;
        Ok(())
    }

    /// Puts no rule in force.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault that a request meets, if any. Counts against the rule.
    pub(crate) fn pick(
        &mut self,
        operation: Operation,
        resource: Option<&Resource>,
    ) -> Option<Fault> {
        self.rules
            .iter_mut()
            .filter(|rule| rule.scope.matches(operation, resource))
            .find_map(Rule::fire)
    }

    /// The rules as the control API shows them.
    pub(crate) fn view(&self) -> Vec<RuleView> {
        self.rules.iter().map(RuleView::from).collect()
    }
}

// === impl Rule ===

impl Rule {
    fn new(scope: Scope, action: Fault, calls: Option<u64>, fraction: f64, seed: u64) -> Self {
        Self {
            scope,
            action,
            remaining: calls,
            fired: 0,
            fraction,
            random: StdRng::seed_from_u64(seed),
        }
    }

    fn fire(&mut self) -> Option<Fault> {
        if self.remaining == Some(0) {
            return None;
        }
        // Every matching call draws, so that a seed gives the same pattern however the calls are spaced.
        if self.fraction < 1.0 && self.random.random::<f64>() >= self.fraction {
            return None;
        }
        if let Some(remaining) = &mut self.remaining {
            *remaining -= 1;
        }
        self.fired += 1;
        Some(self.action.clone())
    }
}

// === impl Scope ===

impl Scope {
    fn matches(&self, operation: Operation, resource: Option<&Resource>) -> bool {
        let is = |wanted: &Option<String>, actual: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| {
                actual.is_some_and(|actual| actual.eq_ignore_ascii_case(wanted))
            })
        };
        let profile = resource.and_then(Resource::profile);
        let endpoint = match resource {
            Some(Resource::Endpoint { name, .. }) => Some(name.as_str()),
            _ => None,
        };
        self.operation.matches(operation)
            && is(
                &self.subscription,
                resource.and_then(Resource::subscription),
            )
            && is(
                &self.resource_group,
                resource.and_then(Resource::resource_group),
            )
            && is(&self.profile, profile.map(|profile| profile.name.as_str()))
            && is(&self.endpoint, endpoint)
    }
}

// === impl Pattern ===

impl Pattern {
    fn matches(self, operation: Operation) -> bool {
        match self {
            Self::All => true,
            Self::Reads => !operation.is_write(),
            Self::Writes => operation.is_write(),
            Self::One(wanted) => operation == wanted,
            Self::Family(prefix) => operation.as_str().starts_with(prefix),
        }
    }
}

// === impl Outcome ===

impl Outcome {
    /// The answer in place of the real one; `None` is a reset.
    pub(crate) fn response(
        &self,
        operation: Operation,
        resource: Option<&Resource>,
    ) -> Option<Response> {
        match self {
            Self::Reset => None,
            Self::Refusal { named, retry_after } => {
                let response = named.response(operation, resource, retry_after.as_deref());
                Some(match retry_after {
                    Some(wait) => response.with("retry-after", wait.clone()),
                    None => response,
                })
            }
            Self::Answer {
                status,
                body,
                retry_after,
            } => {
                let mut response = match body {
                    Some(serde_json::Value::Null) => Response::empty(*status),
                    Some(body) => Response::text(*status, body.to_string()),
                    None => answer::usual(*status, operation, resource, retry_after.as_deref()),
                };
                if let Some(retry_after) = retry_after {
                    response = response.with("retry-after", retry_after.clone());
                }
                Some(response)
            }
        }
    }
}
