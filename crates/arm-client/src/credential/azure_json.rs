//! `azure.json`, the file that ExternalDNS's azure provider reads, and that
//! Kubernetes has on every node of Azure.
//!
//! As there, names of fields count without regard to case, what is not known is
//! ignored, and an empty text is no text. Unlike there, a file that contradicts
//! itself is refused, because the one credential that would be taken is not
//! always the one that was meant. No value of the file is ever part of an error.

use std::fmt;

use azure_core::credentials::Secret;
use serde_json::{Map, Value};

use super::described::Application;

/// What such a file says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AzureJson {
    cloud: Option<String>,
    tenant: Option<String>,
    subscription: Option<String>,
    resource_group: Option<String>,
    client: Option<String>,
    secret: Option<Secret>,
    workload_identity: bool,
    managed_identity: bool,
    user_assigned: Option<String>,
    authority: Option<String>,
    audience: Option<String>,
    endpoint: Option<String>,
}

/// Why a file is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAzureJson {
    /// Not JSON at all.
    #[error("it is not JSON: see line {line}, column {column}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// Another kind of JSON.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A field with another kind of value.
    #[error("{field} must be {expected}")]
    Kind {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// One field, in two spellings.
    #[error("{field} is there twice, in different letter case")]
    Twice {
        /// The field.
        field: &'static str,
    },
    /// A field that makes no sense without another.
    #[error("{present} is there and {missing} is not")]
    Unfinished {
        /// The one.
        present: &'static str,
        /// The other.
        missing: &'static str,
    },
    /// Two credentials.
    #[error("it describes two credentials, {first} and {second}; keep one")]
    TwoCredentials {
        /// The one.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

const TENANT: &str = "tenantId";
const CLIENT: &str = "aadClientId";
const SECRET: &str = "aadClientSecret";
const WORKLOAD: &str = "useWorkloadIdentityExtension";
const MANAGED: &str = "useManagedIdentityExtension";
const USER_ASSIGNED: &str = "userAssignedIdentityID";

/// What stands in the files of clusters that sign in with managed identities, in
/// the place of an application and its secret.
const PLACEHOLDER: &str = "msi";

// === impl AzureJson ===

impl AzureJson {
    /// Reads the contents of a file.
    pub fn parse(contents: &str) -> Result<Self, InvalidAzureJson> {
        // Editors of some systems put this mark in front.
        let contents = contents.strip_prefix('\u{feff}').unwrap_or(contents);
        let value: Value =
            serde_json::from_str(contents).map_err(|error| InvalidAzureJson::Syntax {
                line: error.line(),
                column: error.column(),
            })?;
        let Value::Object(fields) = value else {
            return Err(InvalidAzureJson::NotAnObject);
        };
        let text = |field| text(&fields, field);
        let file = Self {
            cloud: text("cloud")?,
            tenant: text(TENANT)?,
            subscription: text("subscriptionId")?,
            resource_group: text("resourceGroup")?,
            client: text(CLIENT)?.filter(|id| !id.eq_ignore_ascii_case(PLACEHOLDER)),
            secret: text(SECRET)?
                .filter(|secret| !secret.eq_ignore_ascii_case(PLACEHOLDER))
                .map(Secret::new),
            workload_identity: flag(&fields, WORKLOAD)?,
            managed_identity: flag(&fields, MANAGED)?,
            user_assigned: text(USER_ASSIGNED)?,
            authority: text("activeDirectoryAuthorityHost")?,
            audience: text("resourceManagerAudience")?,
            endpoint: text("resourceManagerEndpoint")?,
        };
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), InvalidAzureJson> {
        let two = |first, second| Err(InvalidAzureJson::TwoCredentials { first, second });
        let unfinished = |present, missing| Err(InvalidAzureJson::Unfinished { present, missing });
        let has_secret = self.secret.is_some();
        match (has_secret, self.workload_identity, self.managed_identity) {
            (true, true, _) => return two(SECRET, WORKLOAD),
            (true, _, true) => return two(SECRET, MANAGED),
            (_, true, true) => return two(WORKLOAD, MANAGED),
            _ => {}
        }
        if has_secret && self.client.is_none() {
            return unfinished(SECRET, CLIENT);
        }
        if has_secret && self.tenant.is_none() {
            return unfinished(SECRET, TENANT);
        }
        if self.client.is_some() && !has_secret && !self.workload_identity {
            return unfinished(CLIENT, SECRET);
        }
        Ok(())
    }

    /// The value of a field that is a setting too, by the name in the file.
    pub fn setting(&self, field: &str) -> Option<&str> {
        match field {
            "cloud" => self.cloud.as_deref(),
            "subscriptionId" => self.subscription.as_deref(),
            "resourceGroup" => self.resource_group.as_deref(),
            "activeDirectoryAuthorityHost" => self.authority.as_deref(),
            "resourceManagerAudience" => self.audience.as_deref(),
            "resourceManagerEndpoint" => self.endpoint.as_deref(),
            _ => None,
        }
    }

    pub(super) fn secret(&self) -> Option<(Application, Secret)> {
        let app = Application {
            tenant: self.tenant.clone()?,
            client: self.client.clone()?,
        };
        Some((app, self.secret.clone()?))
    }

    pub(super) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    pub(super) fn application(&self) -> Option<&str> {
        self.client.as_deref()
    }

    pub(super) fn uses_workload_identity(&self) -> bool {
        self.workload_identity
    }

    pub(super) fn uses_managed_identity(&self) -> bool {
        self.managed_identity
    }

    /// The client id of the managed identity.
    pub(super) fn user_assigned(&self) -> Option<String> {
        self.user_assigned.clone()
    }
}

impl fmt::Debug for AzureJson {
    /// Without what a reader of logs has no use for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureJson")
            .field("cloud", &self.cloud)
            .field("subscription", &self.subscription)
            .field("resource_group", &self.resource_group)
            .finish_non_exhaustive()
    }
}

/// The value of a field in whatever letter case; `null` is none.
fn find<'a>(
    fields: &'a Map<String, Value>,
    field: &'static str,
) -> Result<Option<&'a Value>, InvalidAzureJson> {
    let mut found = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(field))
        .map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() {
        return Err(InvalidAzureJson::Twice { field });
    }
    Ok(first.filter(|value| !value.is_null()))
}

fn text(
    fields: &Map<String, Value>,
    field: &'static str,
) -> Result<Option<String>, InvalidAzureJson> {
    let expected = "a text";
    match find(fields, field)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
        Some(_) => Err(InvalidAzureJson::Kind { field, expected }),
    }
}

fn flag(fields: &Map<String, Value>, field: &'static str) -> Result<bool, InvalidAzureJson> {
    let expected = "true or false, without quotes";
    match find(fields, field)? {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(InvalidAzureJson::Kind { field, expected }),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_file_of_external_dns() {
        let file = AzureJson::parse(
            r#"{
                "tenantId": "t", "subscriptionId": "s", "resourceGroup": "my-rg", "location": "westeurope",
                "aadClientId": "c", "aadClientSecret": "hunter2", "cloud": "AzurePublicCloud"
            }"#,
        )
        .unwrap();
        assert_eq!(file.setting("subscriptionId"), Some("s"));
        assert_eq!(file.setting("resourceGroup"), Some("my-rg"));
        assert_eq!(file.setting("cloud"), Some("AzurePublicCloud"));
        assert_eq!(file.setting("aadClientSecret"), None);
        let (app, secret) = file.secret().unwrap();
        assert_eq!(
            (app.tenant.as_str(), app.client.as_str(), secret.secret()),
            ("t", "c", "hunter2")
        );
        assert!(!format!("{file:?}").contains("hunter2"));
    }

    #[test]
    fn a_file_of_a_node() {
        let file = AzureJson::parse(
            r#"{"TENANTID": "t", "aadClientId": "msi", "aadClientSecret": "msi",
                "useManagedIdentityExtension": true, "userAssignedIdentityID": "u",
                "cloudProviderRateLimit": true, "vmType": null, "cloud": ""}"#,
        )
        .unwrap();
        assert_eq!(file.secret(), None);
        assert!(file.uses_managed_identity());
        assert_eq!(file.user_assigned().as_deref(), Some("u"));
        assert_eq!(file.setting("cloud"), None);
    }

    #[rstest]
    #[case::syntax("{\"aadClientSecret\": \"hunter2\",}", "line 1")]
    #[case::array("[\"hunter2\"]", "not a JSON object")]
    #[case::number("{\"aadClientSecret\": 4711}", "aadClientSecret must be a text")]
    #[case::quoted(
        "{\"useManagedIdentityExtension\": \"true\", \"aadClientSecret\": \"hunter2\"}",
        "useManagedIdentityExtension must be true or false, without quotes"
    )]
    #[case::twice(
        "{\"aadClientSecret\": \"hunter2\", \"AADCLIENTSECRET\": \"hunter3\"}",
        "aadClientSecret is there twice"
    )]
    #[case::no_client(
        "{\"aadClientSecret\": \"hunter2\", \"tenantId\": \"t\"}",
        "aadClientSecret is there and aadClientId is not"
    )]
    #[case::no_tenant(
        "{\"aadClientSecret\": \"hunter2\", \"aadClientId\": \"c\"}",
        "aadClientSecret is there and tenantId is not"
    )]
    #[case::no_secret(
        "{\"aadClientId\": \"c\", \"tenantId\": \"t\"}",
        "aadClientId is there and aadClientSecret is not"
    )]
    #[case::secret_and_machine(
        "{\"aadClientId\": \"c\", \"aadClientSecret\": \"hunter2\", \"tenantId\": \"t\", \"useManagedIdentityExtension\": true}",
        "two credentials, aadClientSecret and useManagedIdentityExtension"
    )]
    #[case::both(
        "{\"useWorkloadIdentityExtension\": true, \"useManagedIdentityExtension\": true}",
        "two credentials, useWorkloadIdentityExtension and useManagedIdentityExtension"
    )]
    fn files_that_are_refused(#[case] text: &str, #[case] says: &str) {
        let error = AzureJson::parse(text).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(!format!("{error:?} {error}").contains("hunter"));
        assert!(!format!("{error:?} {error}").contains("4711"));
    }
}
