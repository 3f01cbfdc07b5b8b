//! What describes a credential: environment variables, and `azure.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::AzureJson;

pub(super) const TENANT_ID: &str = "AZURE_TENANT_ID";
pub(super) const CLIENT_ID: &str = "AZURE_CLIENT_ID";
pub(super) const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
pub(super) const CLIENT_CERTIFICATE_PATH: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
pub(super) const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
pub(super) const IDENTITY_OBJECT_ID: &str = "AZURE_MANAGED_IDENTITY_OBJECT_ID";
pub(super) const IDENTITY_RESOURCE_ID: &str = "AZURE_MANAGED_IDENTITY_RESOURCE_ID";
pub(super) const IDENTITY_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The variables that the credentials read, as they were at one moment, and the
/// `azure.json` if there is one. An empty variable counts as not set, because
/// templates of manifests leave such behind.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    azure_json: Option<Arc<AzureJson>>,
}

// === impl Environment ===

impl Environment {
    /// The variables that the credentials read.
    pub const VARIABLES: [&str; 8] = [
        TENANT_ID,
        CLIENT_ID,
        CLIENT_SECRET,
        CLIENT_CERTIFICATE_PATH,
        FEDERATED_TOKEN_FILE,
        IDENTITY_OBJECT_ID,
        IDENTITY_RESOURCE_ID,
        IDENTITY_HOST,
    ];

    /// The variables of this process.
    pub fn of_process() -> Self {
        Self::VARIABLES
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
            .collect()
    }

    /// The same, with what the file says.
    #[must_use]
    pub fn with_azure_json(mut self, file: Option<Arc<AzureJson>>) -> Self {
        self.azure_json = file;
        self
    }

    /// The same, with another tenant and application where they are given.
    pub(super) fn with_application(&self, tenant: Option<&str>, client: Option<&str>) -> Self {
        let mut changed = self.clone();
        for (name, value) in [(TENANT_ID, tenant), (CLIENT_ID, client)] {
            if let Some(value) = value {
                changed.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        changed
    }

    pub(super) fn azure_json(&self) -> Option<&AzureJson> {
        self.azure_json.as_deref()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            azure_json: None,
        }
    }
}

impl fmt::Debug for Environment {
    /// The names only; one of the values is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
