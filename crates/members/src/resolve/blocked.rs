//! What Azure has refused lately.

use std::collections::BTreeMap;

use traffic_manager::{ProfileId, RelativeName};

use crate::finding::{Finding, Reason};
use crate::member::{EndpointSpec, Member, MemberKey, Settings};

/// Wishes that Azure has refused and that shall not be tried for a while:
/// trying again each loop would spend the write budget of everybody on a thing
/// that only a person can mend. A wish that has changed since is tried at once.
#[derive(Debug, Clone, Default)]
pub struct Blocked {
    names: BTreeMap<ProfileId, (RelativeName, String)>,
    settings: BTreeMap<ProfileId, (Settings, String)>,
    endpoints: BTreeMap<MemberKey, (EndpointSpec, String)>,
}

// === impl Blocked ===

impl Blocked {
    /// Somebody else has the DNS name.
    pub fn block_name(&mut self, id: ProfileId, name: RelativeName, message: String) {
        self.names.insert(id, (name, message));
    }

    /// Azure refuses to create the profile with these settings.
    pub fn block_settings(&mut self, id: ProfileId, settings: Settings, message: String) {
        self.settings.insert(id, (settings, message));
    }

    /// Azure refuses this endpoint.
    pub fn block_endpoint(&mut self, key: MemberKey, spec: EndpointSpec, message: String) {
        self.endpoints.insert(key, (spec, message));
    }

    /// Why a member is blocked, if it is.
    pub(super) fn finding(&self, member: &Member) -> Option<Finding> {
        let finding =
            |reason, message: &String| Finding::new(reason, &member.subject, message.as_str());
        if let Some((name, message)) = self.names.get(&member.key.profile)
            && *name == member.settings.relative_name
        {
            return Some(finding(Reason::NameUnavailable, message));
        }
        if let Some((settings, message)) = self.settings.get(&member.key.profile)
            && *settings == member.settings
        {
            return Some(finding(Reason::AzureRefused, message));
        }
        let (spec, message) = self.endpoints.get(&member.key)?;
        let same = EndpointSpec {
            priority: member.endpoint.priority,
            ..spec.clone()
        };
        (same == member.endpoint).then(|| finding(Reason::AzureRefused, message))
    }
}
