//! DNS names: asked for before a profile is created, and one that is free in
//! place of one that is taken.

use members::annotation::Name;
use members::batch::ProfileChange;
use members::derive::other_names;
use members::{Finding, Observed, Reason};
use traffic_manager::{ProfileId, RelativeName};

use super::Inner;
use super::refusals::Refused;

// === impl Inner ===

impl Inner {
    /// Whether somebody else has the DNS name of a profile that is to be created.
    ///
    /// Asked before the profile is read and not between that and its creation,
    /// where every moment is one in which somebody else can come first. Costs a
    /// request only when the listing of this loop shows that a creation is due.
    /// Who gets no answer goes on: the creation itself will tell.
    pub(super) async fn name_may_be_taken(
        &self,
        id: &ProfileId,
        change: &ProfileChange,
        listed: Option<&Observed>,
    ) -> Option<RelativeName> {
        let due = listed.is_some_and(|listed| listed.profile(id).is_none());
        let leader = change.upserts.first().filter(|_| due)?;
        let name = &leader.settings.relative_name;
        let asked = self.api.check_name(&id.subscription, name);
        match self.stop.run_until_cancelled(asked).await? {
            Ok(answer) if !answer.available => Some(name.clone()),
            _ => None,
        }
    }

    /// Remembers that somebody else has the name, and says so.
    pub(super) async fn name_is_refused(
        &self,
        id: &ProfileId,
        change: &ProfileChange,
        name: &RelativeName,
    ) -> Vec<Finding> {
        let free = match self.free_name(id, name).await {
            Some(free) => format!(", for example {free}, which is free"),
            None => String::new(),
        };
        let message = format!(
            "the DNS name {name}.{} belongs to somebody else; choose another {}{free}",
            self.behaviour.scope.dns_suffix,
            Name::DnsName
        );
        self.remember(Refused::Name(id.clone(), name.clone()), message.clone());
        let found = |member: &members::Member| {
            Finding::new(Reason::NameUnavailable, &member.subject, message.as_str())
        };
        change.upserts.iter().map(found).collect()
    }

    /// A name like this one that nobody has at the moment. A few are tried.
    async fn free_name(&self, id: &ProfileId, taken: &RelativeName) -> Option<RelativeName> {
        for name in other_names(taken, &id.to_string()) {
            let asked = self.api.check_name(&id.subscription, &name);
            match self.stop.run_until_cancelled(asked).await? {
                Ok(answer) if answer.available => return Some(name),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
        None
    }
}
