//! The kinds of credential that can be asked for.

use std::fmt;
use std::str::FromStr;

/// How to get access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CredentialKind {
    /// The first of these that is described:
    ///
    /// 1. what `azure.json` says, when there is one and it says something;
    /// 2. a client secret: `AZURE_CLIENT_SECRET`;
    /// 3. a client certificate: `AZURE_CLIENT_CERTIFICATE_PATH`;
    /// 4. Kubernetes workload identity: `AZURE_FEDERATED_TOKEN_FILE`;
    /// 5. otherwise the managed identity of the machine, and if the machine has
    ///    no identity service, the account that is logged in to Azure CLI or
    ///    Azure Developer CLI.
    ///
    /// What is described is used or fails; it is never passed over for a weaker
    /// choice.
    #[default]
    Auto,
    /// Kubernetes workload identity: `AZURE_FEDERATED_TOKEN_FILE`, with
    /// `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`, all three set by AKS.
    WorkloadIdentity,
    /// The managed identity of the machine: the one that `AZURE_CLIENT_ID`,
    /// `AZURE_MANAGED_IDENTITY_OBJECT_ID` or `AZURE_MANAGED_IDENTITY_RESOURCE_ID`
    /// names, else the system-assigned or only one.
    ManagedIdentity,
    /// `AZURE_CLIENT_SECRET`, with `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`.
    ClientSecret,
    /// `AZURE_CLIENT_CERTIFICATE_PATH`, with `AZURE_TENANT_ID` and
    /// `AZURE_CLIENT_ID`.
    ClientCertificate,
    /// The account that is logged in to Azure CLI.
    AzureCli,
    /// What `azure.json` says, the file that ExternalDNS's azure provider reads.
    AzureJson,
    /// No token at all, for an emulator.
    None,
}

/// Not the name of a kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be auto, workload-identity, managed-identity, client-secret, client-certificate, azure-cli, azure-json or none"
)]
pub struct UnknownCredentialKind;

// === impl CredentialKind ===

impl CredentialKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Auto,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::ClientSecret,
        Self::ClientCertificate,
        Self::AzureCli,
        Self::AzureJson,
        Self::None,
    ];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::AzureCli => "azure-cli",
            Self::AzureJson => "azure-json",
            Self::None => "none",
        }
    }
}

impl FromStr for CredentialKind {
    type Err = UnknownCredentialKind;

    fn from_str(text: &str) -> Result<Self, UnknownCredentialKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(UnknownCredentialKind)
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_name_and_named_in_the_error() {
        for kind in CredentialKind::ALL {
            let shouted = format!(" {} ", kind.as_str().to_uppercase());
            assert_eq!(shouted.parse(), Ok(kind));
            assert!(UnknownCredentialKind.to_string().contains(kind.as_str()));
        }
        assert!("managed".parse::<CredentialKind>().is_err());
        assert!("".parse::<CredentialKind>().is_err());
    }
}
