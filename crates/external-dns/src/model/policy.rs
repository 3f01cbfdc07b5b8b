//! Which kinds of changes ExternalDNS may make.

use std::str::FromStr;

use crate::changes::Changes;

/// `--policy` of ExternalDNS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy {
    /// Creates, updates and deletes.
    #[default]
    Sync,
    /// Never deletes. A change of type is then a creation without its deletion.
    UpsertOnly,
    /// Creates only.
    CreateOnly,
}

/// The text names no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown policy {0:?}: use sync, upsert-only or create-only")]
pub struct UnknownPolicy(pub String);

// === impl Policy ===

impl Policy {
    /// Takes out what the policy forbids.
    pub(super) fn apply(self, changes: Changes) -> Changes {
        match self {
            Self::Sync => changes,
            Self::UpsertOnly => Changes {
                delete: Vec::new(),
                ..changes
            },
            Self::CreateOnly => Changes {
                create: changes.create,
                ..Changes::default()
            },
        }
    }
}

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(text: &str) -> Result<Self, UnknownPolicy> {
        match text {
            "sync" => Ok(Self::Sync),
            "upsert-only" => Ok(Self::UpsertOnly),
            "create-only" => Ok(Self::CreateOnly),
            _ => Err(UnknownPolicy(text.to_owned())),
        }
    }
}
