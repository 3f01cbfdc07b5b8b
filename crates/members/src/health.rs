//! Health: what Azure's probes have found of one owner's members, and what has
//! changed since the last look.

use std::collections::{BTreeMap, BTreeSet};

use traffic_manager::{EndpointName, MonitorStatus, ProfileId};

use crate::finding::Subject;
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;

/// What has been seen of a profile and of one owner's members in it.
#[derive(Debug, Clone, Default)]
pub struct HealthSeen {
    profile: Seen,
    members: BTreeMap<EndpointName, (Subject, Seen)>,
}

/// One status over time.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// As it was last read; `None` when Azure did not say.
    status: Option<MonitorStatus>,
    /// The last one that says something: every change of an endpoint is
    /// followed by a time in which Azure is still checking.
    settled: Option<MonitorStatus>,
}

/// A status that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The profile.
    pub profile: ProfileId,
    /// The member; `None` when it is the profile as a whole.
    pub member: Option<ChangedMember>,
    /// What it was; `None` at the first sight.
    pub from: Option<MonitorStatus>,
    /// What it is, and never that it is being checked.
    pub to: MonitorStatus,
}

/// The member of a [`StatusChange`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedMember {
    /// Its endpoint.
    pub endpoint: EndpointName,
    /// The object that it stands for.
    pub subject: Subject,
}

// === impl HealthSeen ===

impl HealthSeen {
    /// Takes in a profile that was read by itself; lists do not say. Returns
    /// what has changed, the members by name and then the profile.
    pub fn update(&mut self, read: &ObservedProfile, owner: &OwnerId) -> Vec<StatusChange> {
        let mut changes = Vec::new();
        let mut change = |member, changed: Option<(Option<MonitorStatus>, MonitorStatus)>| {
            if let Some((from, to)) = changed {
                changes.push(StatusChange {
                    profile: read.id.clone(),
                    member,
                    from,
                    to,
                });
            }
        };
        let present = read
            .members(owner)
            .filter(|member| !member.is_leaving())
            .map(|member| {
                let status = &member.endpoint.properties.endpoint_monitor_status;
                let endpoint = member.key.endpoint.clone();
                (endpoint, member.subject().clone(), status.as_deref())
            });
        let mut before = std::mem::take(&mut self.members);
        for (endpoint, subject, status) in present {
            let mut seen = before
                .remove(&endpoint)
                .map(|(_, seen)| seen)
                .unwrap_or_default();
            let changed = seen.take_in(status);
            let member = ChangedMember {
                endpoint: endpoint.clone(),
                subject: subject.clone(),
            };
            change(Some(member), changed);
            self.members.insert(endpoint, (subject, seen));
        }
        let monitor = read.wire.properties.monitor_config.as_ref();
        let status = monitor.and_then(|monitor| monitor.profile_monitor_status.as_deref());
        change(None, self.profile.take_in(status));
        changes
    }

    /// Forgets the members that are not among these.
    pub fn retain(&mut self, present: &BTreeSet<EndpointName>) {
        self.members
            .retain(|endpoint, _| present.contains(endpoint));
    }

    /// The profile's status.
    pub fn profile(&self) -> Option<MonitorStatus> {
        self.profile.status
    }

    /// The status of each member, by name.
    pub fn members(&self) -> impl Iterator<Item = (&EndpointName, MonitorStatus)> {
        let members = self.members.iter();
        members.filter_map(|(endpoint, (_, seen))| Some((endpoint, seen.status?)))
    }
}

// === impl Seen ===

impl Seen {
    /// Takes in what Azure says. A word that is not known says nothing.
    fn take_in(&mut self, said: Option<&str>) -> Option<(Option<MonitorStatus>, MonitorStatus)> {
        self.status = said.and_then(|said| said.parse().ok());
        let settled = self.status.filter(|status| !status.is_checking())?;
        let from = self.settled.replace(settled);
        (from != Some(settled)).then_some((from, settled))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Azure may say, a word of a later version among it.
    const WORDS: &[Option<&str>] = &[
        Some("Online"),
        Some("Degraded"),
        Some("Disabled"),
        Some("CheckingEndpoint"),
        Some("Wondrous"),
        None,
    ];

    proptest! {
        /// What is told is what was settled, without repetitions: each starts
        /// where the one before it ended.
        #[test]
        fn each_change_is_told_once(words in prop::collection::vec(prop::sample::select(WORDS), 0..12)) {
            let mut seen = Seen::default();
            let told: Vec<_> = words.iter().filter_map(|word| seen.take_in(*word)).collect();
            let settled = words.iter().filter_map(|word| word.as_ref()?.parse().ok());
            let mut settled: Vec<MonitorStatus> = settled.collect();
            settled.retain(|status| !status.is_checking());
            settled.dedup();
            let ends: Vec<_> = told.iter().map(|(_, to)| *to).collect();
            prop_assert_eq!(&ends, &settled);
            let starts: Vec<_> = told.iter().map(|(from, _)| *from).collect();
            let before: Vec<_> = std::iter::once(None).chain(settled.into_iter().map(Some)).collect();
            prop_assert_eq!(&starts[..], &before[..starts.len()]);
        }
    }
}
