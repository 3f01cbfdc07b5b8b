//! What Azure has refused lately.

use std::collections::BTreeMap;

use traffic_manager::{ProfileId, RelativeName, RoutingMethod};

use crate::annotation::Name;
use crate::finding::{Finding, Reason};
use crate::member::{EndpointSpec, Member, MemberKey, Settings};
use crate::properties::Properties;

/// Wishes that Azure has refused and that shall not be tried for a while:
/// trying again each loop would spend the write budget of everybody on a thing
/// that only a person can mend. A wish that has changed since is tried at once.
#[derive(Debug, Clone, Default)]
pub struct Blocked {
    names: BTreeMap<ProfileId, (RelativeName, String)>,
    members: BTreeMap<MemberKey, (EndpointSpec, Circumstances, String)>,
    settings: BTreeMap<ProfileId, (Settings, String)>,
}

/// What else was the case when Azure refused an endpoint.
#[derive(Debug, Clone)]
enum Circumstances {
    /// The profile had this method.
    Method(RoutingMethod),
    /// The profile was to be created with these settings.
    Settings(Box<Settings>),
}

// === impl Blocked ===

impl Blocked {
    /// Somebody else has the DNS name.
    pub fn block_name(&mut self, id: ProfileId, name: RelativeName, message: String) {
        self.names.insert(id, (name, message));
    }

    /// Azure refuses this endpoint in a profile with the member's method.
    pub fn block_endpoint(&mut self, member: Member, message: String) {
        let circumstances = Circumstances::Method(member.settings.method);
        self.members
            .insert(member.key, (member.endpoint, circumstances, message));
    }

    /// Azure refuses to create a profile with the member's settings and this
    /// endpoint alone. It may mean the one or the other.
    pub fn block_founder(&mut self, member: Member, message: String) {
        let circumstances = Circumstances::Settings(Box::new(member.settings));
        self.members
            .insert(member.key, (member.endpoint, circumstances, message));
    }

    /// Azure refuses to change the profile to these settings.
    pub fn block_settings(&mut self, id: ProfileId, settings: Settings, message: String) {
        self.settings.insert(id, (settings, message));
    }

    /// Why a profile cannot have these settings, if it cannot.
    pub(super) fn settings(&self, id: &ProfileId, wanted: &Properties) -> Option<&str> {
        let (settings, message) = self.settings.get(id)?;
        (Properties::settings(settings) == *wanted).then_some(message.as_str())
    }

    /// Why a member of a profile with these settings is blocked, if it is. What
    /// was refused to the creation of a profile says nothing about one that exists.
    pub(super) fn finding(
        &self,
        member: &Member,
        decided: &Properties,
        exists: bool,
    ) -> Option<Finding> {
        let finding =
            |reason, message: &String| Finding::new(reason, &member.subject, message.as_str());
        if let Some((name, message)) = self.names.get(&member.key.profile)
            && !exists
            && decided.get(Name::DnsName) == Some(name.as_str())
        {
            return Some(finding(Reason::NameUnavailable, message));
        }
        let (spec, circumstances, message) = self.members.get(&member.key)?;
        // Where the priority makes no difference it is whatever was free then.
        let matters = decided.get(Name::RoutingMethod) == Some(RoutingMethod::Priority.as_str());
        let wish = member.endpoint.priority.filter(|_| matters);
        let wanted = EndpointSpec {
            priority: wish.or(spec.priority),
            ..member.endpoint.clone()
        };
        let still = match circumstances {
            Circumstances::Method(method) => {
                decided.get(Name::RoutingMethod) == Some(method.as_str())
            }
            Circumstances::Settings(settings) => {
                !exists && Properties::settings(settings) == *decided
            }
        };
        (wanted == *spec && still).then(|| finding(Reason::AzureRefused, message))
    }
}
