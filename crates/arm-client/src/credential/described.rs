//! Which credential the surroundings describe.

use std::path::PathBuf;

use azure_core::credentials::Secret;

use super::CredentialKind;
use super::environment::{
    CLIENT_CERTIFICATE_PATH, CLIENT_ID, CLIENT_SECRET, Environment, FEDERATED_TOKEN_FILE,
    IDENTITY_OBJECT_ID, IDENTITY_RESOURCE_ID, TENANT_ID,
};

/// A credential, with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Described {
    /// An application and its secret.
    ClientSecret { app: Application, secret: Secret },
    /// An application and the file with its certificate and key.
    ClientCertificate { app: Application, file: PathBuf },
    /// An application and the file with the token of its service account.
    WorkloadIdentity { app: Application, file: PathBuf },
    /// An identity of the machine; the system-assigned or only one when none is
    /// named.
    ManagedIdentity(Option<UserAssigned>),
    /// The account that is logged in to Azure CLI.
    AzureCli,
    /// Whatever the machine has: an identity, perhaps this one, or the account of
    /// a person.
    Machine(Option<UserAssigned>),
}

/// An application that is registered in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Application {
    pub(super) tenant: String,
    pub(super) client: String,
}

/// The name of a user-assigned identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UserAssigned {
    Client(String),
    Object(String),
    Resource(String),
}

/// A credential that is described by halves, or twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotDescribed {
    /// The credential that was asked for is not described.
    #[error("the credential {kind} needs {}, and {} not set{hint}", missing.join(" and "), if missing.len() == 1 { "it is" } else { "they are" })]
    Missing {
        /// What was asked for.
        kind: CredentialKind,
        /// The variables that it needs and that are not set.
        missing: Vec<&'static str>,
        /// What to do.
        hint: &'static str,
    },
    /// The environment begins to describe a credential and does not finish.
    #[error("{present} is set but {} not{hint}", not_set(missing))]
    Unfinished {
        /// The variable that chooses the credential.
        present: &'static str,
        /// The variables that it needs.
        missing: Vec<&'static str>,
        /// What to do.
        hint: &'static str,
    },
    /// Two names for one identity.
    #[error("{first} and {second} are both set; a managed identity is named by one of them")]
    NamedTwice {
        /// The one variable.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// There is no `azure.json`.
    #[error(
        "the credential azure-json needs the file: give --azure-config-file or AZURE_CONFIG_FILE"
    )]
    NoFile,
    /// The file describes no credential.
    #[error(
        "the file describes no credential: it has neither aadClientId with aadClientSecret, nor useWorkloadIdentityExtension, nor useManagedIdentityExtension"
    )]
    NothingInFile,
}

const AKS_HINT: &str = "; annotate the service account with azure.workload.identity/client-id and give the pod the label azure.workload.identity/use: \"true\"";

fn not_set(missing: &[&str]) -> String {
    let verb = if missing.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", missing.join(" and "))
}

// === impl Described ===

impl Described {
    /// What the surroundings say about the kind; `None` when no tokens are sent.
    ///
    /// What is begun must be complete: falling through to another identity would
    /// act with other permissions than the operator meant.
    pub(super) fn new(
        kind: CredentialKind,
        from: &Environment,
    ) -> Result<Option<Self>, NotDescribed> {
        let described = match kind {
            CredentialKind::None => return Ok(None),
            CredentialKind::Auto => Self::auto(from)?,
            CredentialKind::ClientSecret => Self::client_secret(from, Some(kind))?,
            CredentialKind::ClientCertificate => Self::client_certificate(from, Some(kind))?,
            CredentialKind::WorkloadIdentity => Self::workload_identity(from, Some(kind))?,
            CredentialKind::ManagedIdentity => Self::ManagedIdentity(UserAssigned::new(from)?),
            CredentialKind::AzureCli => Self::AzureCli,
            CredentialKind::AzureJson => {
                if from.azure_json().is_none() {
                    return Err(NotDescribed::NoFile);
                }
                Self::azure_json(from)?.ok_or(NotDescribed::NothingInFile)?
            }
        };
        Ok(Some(described))
    }

    fn auto(from: &Environment) -> Result<Self, NotDescribed> {
        if let Some(described) = Self::azure_json(from)? {
            return Ok(described);
        }
        if from.get(CLIENT_SECRET).is_some() {
            return Self::client_secret(from, None);
        }
        if from.get(CLIENT_CERTIFICATE_PATH).is_some() {
            return Self::client_certificate(from, None);
        }
        if from.get(FEDERATED_TOKEN_FILE).is_some() {
            return Self::workload_identity(from, None);
        }
        Ok(Self::Machine(UserAssigned::new(from)?))
    }

    fn client_secret(
        from: &Environment,
        kind: Option<CredentialKind>,
    ) -> Result<Self, NotDescribed> {
        let (app, secret) = application(from, kind, CLIENT_SECRET, "")?;
        let secret = Secret::new(secret.to_owned());
        Ok(Self::ClientSecret { app, secret })
    }

    fn client_certificate(
        from: &Environment,
        kind: Option<CredentialKind>,
    ) -> Result<Self, NotDescribed> {
        let (app, file) = application(from, kind, CLIENT_CERTIFICATE_PATH, "")?;
        let file = file.into();
        Ok(Self::ClientCertificate { app, file })
    }

    fn workload_identity(
        from: &Environment,
        kind: Option<CredentialKind>,
    ) -> Result<Self, NotDescribed> {
        let (app, file) = application(from, kind, FEDERATED_TOKEN_FILE, AKS_HINT)?;
        let file = file.into();
        Ok(Self::WorkloadIdentity { app, file })
    }

    /// What the file says, in the order in which ExternalDNS looks.
    fn azure_json(from: &Environment) -> Result<Option<Self>, NotDescribed> {
        let Some(file) = from.azure_json() else {
            return Ok(None);
        };
        if let Some((app, secret)) = file.secret() {
            return Ok(Some(Self::ClientSecret { app, secret }));
        }
        if file.uses_workload_identity() {
            // The tenant and the application may stand in the file; the token
            // never does.
            let from = from.with_application(file.tenant(), file.application());
            let kind = Some(CredentialKind::WorkloadIdentity);
            return Self::workload_identity(&from, kind).map(Some);
        }
        if file.uses_managed_identity() {
            let name = file.user_assigned().map(UserAssigned::Client);
            return Ok(Some(Self::ManagedIdentity(name)));
        }
        Ok(None)
    }
}

/// The application, and the variable that the credential cannot do without.
/// `kind` is what was asked for; without it, the variable has chosen the kind.
fn application<'a>(
    from: &'a Environment,
    kind: Option<CredentialKind>,
    main: &'static str,
    hint: &'static str,
) -> Result<(Application, &'a str), NotDescribed> {
    let (value, tenant, client) = (from.get(main), from.get(TENANT_ID), from.get(CLIENT_ID));
    if let (Some(value), Some(tenant), Some(client)) = (value, tenant, client) {
        let app = Application {
            tenant: tenant.to_owned(),
            client: client.to_owned(),
        };
        return Ok((app, value));
    }
    let missing = [(main, value), (TENANT_ID, tenant), (CLIENT_ID, client)]
        .into_iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name)
        .collect();
    Err(match kind {
        Some(kind) => NotDescribed::Missing {
            kind,
            missing,
            hint,
        },
        None => NotDescribed::Unfinished {
            present: main,
            missing,
            hint,
        },
    })
}

// === impl UserAssigned ===

impl UserAssigned {
    fn new(from: &Environment) -> Result<Option<Self>, NotDescribed> {
        let id = |variable| from.get(variable).map(str::to_owned);
        let mut given = [
            (CLIENT_ID, id(CLIENT_ID).map(Self::Client)),
            (IDENTITY_OBJECT_ID, id(IDENTITY_OBJECT_ID).map(Self::Object)),
            (
                IDENTITY_RESOURCE_ID,
                id(IDENTITY_RESOURCE_ID).map(Self::Resource),
            ),
        ]
        .into_iter()
        .filter_map(|(variable, identity)| Some((variable, identity?)));
        match (given.next(), given.next()) {
            (Some((first, _)), Some((second, _))) => {
                Err(NotDescribed::NamedTwice { first, second })
            }
            (first, _) => Ok(first.map(|(_, identity)| identity)),
        }
    }
}

#[cfg(test)]
mod tests;
