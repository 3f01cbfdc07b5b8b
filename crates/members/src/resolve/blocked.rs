//! What Azure has refused lately.

use std::collections::BTreeMap;

use traffic_manager::ProfileId;

use crate::finding::{Finding, Reason};
use crate::member::{Member, MemberKey};

/// Members and profiles that Azure has refused and that shall not be tried for
/// a while: trying again each loop would spend the write budget of everybody
/// on a thing that only a person can mend.
#[derive(Debug, Clone, Default)]
pub struct Blocked {
    profiles: BTreeMap<ProfileId, (Reason, String)>,
    members: BTreeMap<MemberKey, (Reason, String)>,
}

// === impl Blocked ===

impl Blocked {
    /// Blocks all new members of a profile.
    pub fn block_profile(&mut self, id: ProfileId, reason: Reason, message: String) {
        self.profiles.insert(id, (reason, message));
    }

    /// Blocks one member.
    pub fn block_member(&mut self, key: MemberKey, reason: Reason, message: String) {
        self.members.insert(key, (reason, message));
    }

    /// Why a member is blocked, if it is.
    pub(super) fn finding(&self, member: &Member) -> Option<Finding> {
        let (reason, message) = self
            .profiles
            .get(&member.key.profile)
            .or_else(|| self.members.get(&member.key))?;
        Some(Finding::new(*reason, &member.subject, message.as_str()))
    }
}
