//! The check whether a relative name is free, in its tenant form and in the form that belongs to a subscription.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::{State, done};
use crate::read::profile::is_relative_name;
use crate::read::{Fields, Problems};
use crate::refusal::Refusal;
use crate::request::Response;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NameAvailability<'a> {
    name: &'a str,
    r#type: &'static str,
    name_available: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

impl State {
    pub(super) fn check_name(&self, body: &Value) -> Result<Response, Refusal> {
        let mut problems = Problems::default();
        let fields = Fields::of(Some(body), "", &mut problems);
        let name = fields.text("name", &mut problems);
        if name.is_none() {
            problems.say("The name to check must be specified.");
        }
        let kind = fields.text("type", &mut problems);
        if !kind.is_some_and(|kind| {
            kind.eq_ignore_ascii_case("Microsoft.Network/trafficManagerProfiles")
        }) {
            problems.say("The type must be 'Microsoft.Network/trafficManagerProfiles'.");
        }
        let name = problems.or(name).map_err(Refusal::Invalid)?;
        let suffix = &self.cloud.dns_suffix;
        let is_taken = self
            .fqdn(name)
            .is_some_and(|fqdn| self.names.contains_key(&fqdn));
        let (reason, message) = if !is_relative_name(name, suffix.as_str()) {
            let message = format!("Domain name {name}.{suffix} is invalid.");
            (Some("Invalid"), Some(message))
        } else if is_taken {
            let message = format!(
                "Domain name {name}.{suffix} already exists. Please choose a different DNS prefix."
            );
            (Some("AlreadyExists"), Some(message))
        } else {
            (None, None)
        };
        Ok(done(
            StatusCode::OK,
            &NameAvailability {
                name,
                r#type: "Microsoft.Network/trafficManagerProfiles",
                name_available: reason.is_none(),
                reason,
                message,
            },
        ))
    }
}
