//! The environment variables that are settings, as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::field;

/// What Kubernetes sets in every container. No setting.
const KUBERNETES: &str = "KUBERNETES_SERVICE_HOST";

/// A set of environment variables: the process's own, or one made up.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The settings among the variables of this process. The others are none of our business, and may be secret.
    pub fn of_process() -> Self {
        let names = field::ALL.iter().flat_map(|field| field.env);
        names
            .chain([&KUBERNETES])
            .filter_map(|&name| Some((name, std::env::var_os(name)?)))
            .collect()
    }

    /// Whether the process runs in a pod of a Kubernetes cluster.
    pub(super) fn is_in_cluster(&self) -> bool {
        self.get(KUBERNETES).is_some_and(|host| !host.is_empty())
    }

    /// The variable's value, if there is one.
    pub(super) fn get(&self, name: &str) -> Option<&OsString> {
        self.0.get(name)
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
