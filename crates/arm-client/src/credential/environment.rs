//! The environment variables that describe a credential.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use azure_core::credentials::Secret;

const TENANT_ID: &str = "AZURE_TENANT_ID";
const CLIENT_ID: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const AUTHORITY_HOST: &str = "AZURE_AUTHORITY_HOST";

/// The variables that the credentials read, as they were at one moment. An empty
/// variable counts as not set, because templates of manifests leave such behind.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// The environment begins to describe a credential and does not finish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{present} is set but {}{hint}", not_set(missing))]
pub struct MissingVariables {
    /// The variable that chooses the credential.
    pub present: &'static str,
    /// The variables that it needs.
    pub missing: Vec<&'static str>,
    hint: &'static str,
}

/// Which credential an environment describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Described {
    /// A client secret.
    ClientSecret {
        tenant: String,
        client: String,
        secret: Secret,
    },
    /// Kubernetes workload identity.
    WorkloadIdentity {
        tenant: String,
        client: String,
        token_file: PathBuf,
    },
    /// Nothing, except perhaps which managed identity to use.
    Nothing { client: Option<String> },
}

fn not_set(missing: &[&str]) -> String {
    let verb = if missing.len() == 1 { "is" } else { "are" };
    format!("{} {verb} not", missing.join(" and "))
}

// === impl Environment ===

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        [
            TENANT_ID,
            CLIENT_ID,
            CLIENT_SECRET,
            FEDERATED_TOKEN_FILE,
            AUTHORITY_HOST,
        ]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect()
    }

    /// The login service, when the environment names one.
    pub(super) fn authority(&self) -> Option<&str> {
        self.get(AUTHORITY_HOST)
    }

    /// The credential. What is begun must be complete: falling through to another
    /// identity would act with other permissions than the operator meant.
    pub(super) fn described(&self) -> Result<Described, MissingVariables> {
        let pair = |present, hint| match (self.get(TENANT_ID), self.get(CLIENT_ID)) {
            (Some(tenant), Some(client)) => Ok((tenant.to_owned(), client.to_owned())),
            (tenant, client) => Err(MissingVariables {
                present,
                missing: [(TENANT_ID, tenant), (CLIENT_ID, client)]
                    .into_iter()
                    .filter(|(_, value)| value.is_none())
                    .map(|(name, _)| name)
                    .collect(),
                hint,
            }),
        };
        if let Some(secret) = self.get(CLIENT_SECRET) {
            let (tenant, client) = pair(CLIENT_SECRET, "")?;
            let secret = Secret::new(secret.to_owned());
            return Ok(Described::ClientSecret {
                tenant,
                client,
                secret,
            });
        }
        if let Some(file) = self.get(FEDERATED_TOKEN_FILE) {
            let hint = "; annotate the service account with azure.workload.identity/client-id";
            let (tenant, client) = pair(FEDERATED_TOKEN_FILE, hint)?;
            return Ok(Described::WorkloadIdentity {
                tenant,
                client,
                token_file: file.into(),
            });
        }
        Ok(Described::Nothing {
            client: self.get(CLIENT_ID).map(str::to_owned),
        })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    /// The names only; one of the values is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_secret_comes_before_workload_identity() {
        let described = environment(&[
            (TENANT_ID, "t"),
            (CLIENT_ID, "c"),
            (CLIENT_SECRET, "s"),
            (FEDERATED_TOKEN_FILE, "/f"),
        ])
        .described();
        assert!(matches!(described, Ok(Described::ClientSecret { .. })));
    }

    #[test]
    fn workload_identity_comes_before_discovery() {
        let described = environment(&[
            (TENANT_ID, "t"),
            (CLIENT_ID, "c"),
            (CLIENT_SECRET, " "),
            (FEDERATED_TOKEN_FILE, "/f"),
        ])
        .described();
        let expected = Described::WorkloadIdentity {
            tenant: "t".to_owned(),
            client: "c".to_owned(),
            token_file: "/f".into(),
        };
        assert_eq!(described, Ok(expected));
    }

    #[test]
    fn a_client_id_alone_names_a_managed_identity() {
        let described = environment(&[(CLIENT_ID, "c")]).described();
        let expected = Described::Nothing {
            client: Some("c".to_owned()),
        };
        assert_eq!(described, Ok(expected));
    }

    #[test]
    fn what_is_begun_must_be_complete() {
        let error = environment(&[(CLIENT_SECRET, "s"), (CLIENT_ID, "c")])
            .described()
            .unwrap_err();
        insta::assert_snapshot!(error, @"AZURE_CLIENT_SECRET is set but AZURE_TENANT_ID is not");
        let error = environment(&[
            (FEDERATED_TOKEN_FILE, "/f"),
            (TENANT_ID, "t"),
            (CLIENT_ID, ""),
        ])
        .described()
        .unwrap_err();
        insta::assert_snapshot!(error, @"AZURE_FEDERATED_TOKEN_FILE is set but AZURE_CLIENT_ID is not; annotate the service account with azure.workload.identity/client-id");
    }

    #[test]
    fn values_are_not_shown() {
        let environment = environment(&[
            (CLIENT_SECRET, "hunter2"),
            (TENANT_ID, "t"),
            (CLIENT_ID, "c"),
        ]);
        assert!(!format!("{environment:?}").contains("hunter2"));
        assert!(!format!("{:?}", environment.described()).contains("hunter2"));
    }
}
