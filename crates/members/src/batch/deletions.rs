//! Which members a batch takes away for good: for who wants to think twice.

use std::collections::{BTreeMap, BTreeSet};

use super::Batch;
use crate::finding::Subject;
use crate::member::MemberKey;

// === impl Batch ===

impl Batch {
    /// The members that are taken away with nothing in their place, and whose
    /// they are. A member whose object gets another one in the same batch,
    /// under another name, host or profile, is replaced and not deleted.
    /// To be asked before the first stage.
    pub fn deletions(&self) -> BTreeMap<MemberKey, Subject> {
        let mut new: BTreeMap<&str, Vec<&Subject>> = BTreeMap::new();
        for member in self.members() {
            if !self.old.contains_key(&member.key) {
                new.entry(object(&member.subject))
                    .or_default()
                    .push(&member.subject);
            }
        }
        let mut moved: BTreeMap<&str, usize> = BTreeMap::new();
        for departure in &self.departures {
            if let Some(subject) = self.old.get(&departure.from) {
                *moved.entry(object(subject)).or_default() += 1;
            }
        }
        let mut gone: BTreeMap<&str, Vec<(MemberKey, &Subject)>> = BTreeMap::new();
        for (id, change) in &self.profiles {
            for endpoint in &change.removals {
                let key = MemberKey {
                    profile: id.clone(),
                    endpoint: endpoint.clone(),
                };
                if let Some(subject) = self.old.get(&key) {
                    gone.entry(object(subject))
                        .or_default()
                        .push((key, subject));
                }
            }
        }
        let mut deletions = BTreeMap::new();
        for (object, mut members) in gone {
            let arrivals = new.get(object).map(Vec::as_slice).unwrap_or_default();
            let replaced = arrivals
                .len()
                .saturating_sub(moved.get(object).copied().unwrap_or(0));
            // The one whose host stays is the one that was renamed.
            members.sort_by_key(|(_, subject)| !arrivals.contains(subject));
            let deleted = members.into_iter().skip(replaced);
            deletions.extend(deleted.map(|(key, subject)| (key, subject.clone())));
        }
        deletions
    }

    /// Leaves these members where they are.
    pub fn hold_back<'a>(&mut self, members: impl IntoIterator<Item = &'a MemberKey>) {
        let mut touched = BTreeSet::new();
        for key in members {
            if let Some(change) = self.profiles.get_mut(&key.profile) {
                change.removals.remove(&key.endpoint);
                touched.insert(&key.profile);
            }
        }
        let departures = &self.departures;
        self.profiles.retain(|id, change| {
            !touched.contains(id)
                || !change.upserts.is_empty()
                || !change.removals.is_empty()
                || departures
                    .iter()
                    .any(|departure| departure.from.profile == *id)
        });
    }
}

/// What tells objects apart. Some sources do not say which object a record is
/// for; then its host does.
fn object(subject: &Subject) -> &str {
    if subject.resource.is_empty() {
        &subject.host
    } else {
        &subject.resource
    }
}

#[cfg(test)]
mod tests {
    use external_dns::{Changes, Endpoint as Record, RecordType};
    use rstest::rstest;
    use traffic_manager::EndpointName;

    use super::*;
    use crate::want::Scope;

    fn scope() -> Scope {
        Scope {
            owner: "east".parse().expect("an owner"),
            subscription: "00000000-0000-0000-0000-000000000001"
                .parse()
                .expect("an id"),
            resource_groups: vec!["rg".parse().expect("a group")],
            other_subscriptions: BTreeMap::new(),
            dns_suffix: "trafficmanager.net".to_owned(),
            brakes: crate::want::Brakes::default(),
            api_version: traffic_manager::ApiVersion::default(),
            vanity: crate::vanity::VanityMode::None,
            private_targets: true,
        }
    }

    /// A record of `resource`, as `resource host profile endpoint`.
    fn record(text: &str) -> Record {
        let [resource, host, profile, endpoint] = text.split(' ').collect::<Vec<_>>()[..] else {
            panic!("four words: {text}");
        };
        let properties = [
            ("enabled", "true"),
            ("resource-group", "rg"),
            ("profile-name", profile),
            ("endpoint-name", endpoint),
            ("target", "lb.example.net"),
        ];
        let record = Record::new(host, RecordType::CNAME, ["p.trafficmanager.net"])
            .with_label("resource", resource);
        properties
            .into_iter()
            .fold(record, |record, (name, value)| {
                record.with_property(&format!("webhook/traffic-manager-{name}"), value)
            })
    }

    fn records(texts: &[&str]) -> Vec<Record> {
        texts.iter().map(|text| record(text)).collect()
    }

    /// What is deleted is held back, what was replaced still leaves.
    #[rstest]
    #[case::plain(&[], &["a a.example.com p e1", "b b.example.com p e2"], &["e1", "e2"], &[])]
    #[case::renamed(
        &["a a.example.com p new"],
        &["a a.example.com p old", "b b.example.com p e"],
        &["e"],
        &["old"],
    )]
    #[case::other_host(
        &["a new.example.com p new"],
        &["a old.example.com p old"],
        &[],
        &["old"],
    )]
    #[case::the_host_that_stays_is_the_renamed_one(
        &["a b.example.com p new"],
        &["a a.example.com p e1", "a b.example.com p e2"],
        &["e1"],
        &["e2"],
    )]
    #[case::moved(&["a a.example.com other e"], &["a a.example.com p e"], &[], &["e"])]
    #[case::moved_and_one_gone(
        &["a a.example.com other e1"],
        &["a a.example.com p e1", "a b.example.com p e2"],
        &["e2"],
        &["e1"],
    )]
    #[case::in_place(&["a a.example.com p e"], &["a a.example.com p e"], &[], &[])]
    #[case::another_object(&["b b.example.com p e"], &["a a.example.com p e"], &[], &[])]
    #[case::unknown_objects(
        &[" a.example.com p new"],
        &[" a.example.com p e1", " b.example.com p e2"],
        &["e2"],
        &["e1"],
    )]
    fn what_is_deleted(
        #[case] new: &[&str],
        #[case] gone: &[&str],
        #[case] deleted: &[&str],
        #[case] left: &[&str],
    ) {
        let changes = Changes {
            create: records(new),
            delete: records(gone),
            ..Changes::default()
        };
        let mut batch = Batch::new(&changes, &scope());
        assert!(batch.findings.is_empty(), "{:?}", batch.findings);
        let deletions = batch.deletions();
        let names: Vec<_> = deletions.keys().map(|key| key.endpoint.as_str()).collect();
        assert_eq!(names, deleted);

        batch.hold_back(deletions.keys());
        let mut done = Vec::new();
        while !batch.is_done() {
            let stage = batch.next_stage(&BTreeSet::new());
            done.extend(stage.into_values().flat_map(|change| change.removals));
        }
        let names: Vec<_> = done.iter().map(EndpointName::as_str).collect();
        assert_eq!(names, left);
    }

    #[test]
    fn an_update_deletes_nothing() {
        let changes = Changes {
            update_old: records(&["a a.example.com p e"]),
            update_new: records(&["a a.example.com p e"]),
            ..Changes::default()
        };
        assert!(Batch::new(&changes, &scope()).deletions().is_empty());
    }

    /// A profile about which nothing else was to change is not even read.
    #[test]
    fn what_is_held_back_is_no_change() {
        let changes = Changes {
            create: records(&["a a.example.com q e"]),
            delete: records(&["b b.example.com p e"]),
            ..Changes::default()
        };
        let mut batch = Batch::new(&changes, &scope());
        let deletions = batch.deletions();
        batch.hold_back(deletions.keys());
        let stage = batch.next_stage(&BTreeSet::new());
        let profiles: Vec<_> = stage.keys().map(|id| id.name.as_str()).collect();
        assert_eq!(profiles, ["q"]);
        assert!(batch.is_done());
    }
}
