//! A batch: the changes of one `POST /records`, sorted by profile.

mod deletions;

use std::collections::{BTreeMap, BTreeSet};

use external_dns::{Changes, Endpoint as Record, EndpointKey};
use traffic_manager::{EndpointName, ProfileId};

use crate::annotation::Name;
use crate::finding::{Finding, Reason, Subject};
use crate::gather::gather;
use crate::member::{Management, Member, MemberKey};
use crate::record::{self, REPAIR_PROPERTY};
use crate::want::{Scope, Want};

/// What shall change, by profile.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The changes that are not yet staged.
    profiles: BTreeMap<ProfileId, ProfileChange>,
    /// Members that move to another profile and have not left the old one.
    departures: Vec<Departure>,
    /// The endpoints of all old records, changed or taken away, and whose they are.
    old: BTreeMap<MemberKey, Subject>,
    /// The members that are wanted in each profile: together they may create it.
    founders: BTreeMap<ProfileId, BTreeSet<MemberKey>>,
    /// Members that were left out, because the profile that they point at could
    /// not be written.
    orphaned: BTreeSet<MemberKey>,
    /// The objects and rows of new records that cannot be read.
    unreadable: Vec<(Subject, EndpointKey)>,
    /// Records that cannot be acted on.
    pub findings: Vec<Finding>,
}

/// What shall change in one profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Members to create or bring to this state.
    pub upserts: Vec<Member>,
    /// Members to take away.
    pub removals: BTreeSet<EndpointName>,
    /// Those of the removals whose object goes on with another endpoint, here or
    /// in another profile: they make way, and nothing is lost.
    pub replaced: BTreeSet<EndpointName>,
}

/// A member that moves to another profile.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Departure {
    from: MemberKey,
    to: MemberKey,
}

// === impl Batch ===

impl Batch {
    /// Reads the changes of ExternalDNS. The two update lists are parallel in
    /// ExternalDNS, but nothing here depends on it: an old state only says
    /// which endpoint was there, and one that is not in the new state is taken
    /// away. So renames, moves, and a delete with a create of the same endpoint
    /// all come out right, in whatever order ExternalDNS lists them.
    pub fn new(changes: &Changes, scope: &Scope) -> Self {
        let mut batch = Self::default();
        let wanted = changes.create.iter().chain(&changes.update_new);
        for record in wanted.filter(|record| !record.is_txt_ownership()) {
            batch.want(record, scope);
        }
        batch.founders = batch
            .profiles
            .iter()
            .map(|(id, change)| {
                let keys = change.upserts.iter().map(|member| member.key.clone());
                (id.clone(), keys.collect())
            })
            .collect();
        let joined: Vec<(Subject, MemberKey)> = batch
            .members()
            .map(|member| (member.subject.clone(), member.key.clone()))
            .collect();
        // A member that is kept in two profiles says so on both sides.
        let kept_twice: BTreeSet<_> = changes
            .update_new
            .iter()
            .filter(|record| other_profile(record).is_some())
            .map(Record::key)
            .collect();
        let gone = changes.delete.iter().chain(&changes.update_old);
        for record in gone.filter(|record| !record.is_txt_ownership()) {
            if batch.is_unreadable(record) {
                continue;
            }
            for key in removed(record, kept_twice.contains(&record.key()), scope) {
                batch.old.insert(key.clone(), subject(record));
                if let Some(to) = destination(record, &key, &joined) {
                    batch.departures.push(Departure { from: key, to });
                } else {
                    let change = batch.profiles.entry(key.profile).or_default();
                    change.removals.insert(key.endpoint);
                }
            }
        }
        for change in batch.profiles.values_mut() {
            let wanted: BTreeSet<_> = change
                .upserts
                .iter()
                .map(|member| &member.key.endpoint)
                .collect();
            change.removals.retain(|name| !wanted.contains(name));
        }
        let wanted: BTreeSet<_> = batch.members().map(|member| member.key.clone()).collect();
        batch
            .departures
            .retain(|departure| !wanted.contains(&departure.from));
        for departure in &batch.departures {
            batch
                .profiles
                .entry(departure.from.profile.clone())
                .or_default();
        }
        let deletions = batch.deletions();
        for (id, change) in &mut batch.profiles {
            let deleted = |name: &EndpointName| {
                deletions.contains_key(&MemberKey {
                    profile: id.clone(),
                    endpoint: name.clone(),
                })
            };
            let replaced = change.removals.iter().filter(|name| !deleted(name));
            change.replaced = replaced.cloned().collect();
        }
        batch
    }

    /// Whether every change has been staged.
    pub fn is_done(&self) -> bool {
        self.profiles.is_empty() && self.departures.is_empty()
    }

    /// The next profiles to write, all at the same time; empty when nothing is
    /// left. `missing` are the members that the stages before were to write and
    /// could not.
    ///
    /// A member that moves joins its new profile before it leaves the old one,
    /// so a profile comes after those that its members move to; a member that
    /// has not arrived stays. A profile comes after those that it has as nested
    /// endpoints, because they may not exist yet; when one of these could not be
    /// written, its endpoint waits for the next loop. Where profiles wait for each
    /// other in a circle, all are written first and left afterwards.
    pub fn next_stage(
        &mut self,
        missing: &BTreeSet<MemberKey>,
    ) -> BTreeMap<ProfileId, ProfileChange> {
        let waits = |(id, change): &(&ProfileId, &ProfileChange)| {
            let is_ahead = |profile: &ProfileId| self.profiles.contains_key(profile);
            let children = change.upserts.iter().filter_map(nested);
            self.departures
                .iter()
                .any(|departure| departure.from.profile == **id && is_ahead(&departure.to.profile))
                || children.into_iter().any(is_ahead)
        };
        let ready: BTreeSet<_> = self
            .profiles
            .iter()
            .filter(|profile| !waits(profile))
            .map(|(id, _)| id.clone())
            .collect();
        if ready.is_empty() && !self.profiles.is_empty() {
            return std::mem::take(&mut self.profiles);
        }
        let all = std::mem::take(&mut self.profiles);
        let (mut stage, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(id, _)| ready.contains(id));
        self.profiles = rest;
        let last = self.profiles.is_empty();
        let (leaving, staying) = std::mem::take(&mut self.departures)
            .into_iter()
            .partition::<Vec<_>, _>(|departure| {
                last || stage.contains_key(&departure.from.profile)
            });
        self.departures = staying;
        self.orphan(&mut stage, missing);
        for Departure { from, to } in leaving {
            if !missing.contains(&to) && !self.orphaned.contains(&to) {
                let change: &mut ProfileChange = stage.entry(from.profile).or_default();
                change.replaced.insert(from.endpoint.clone());
                change.removals.insert(from.endpoint);
            }
        }
        stage
    }

    /// Leaves out the members that point at a profile of which nothing could be
    /// written: it may not exist.
    fn orphan(
        &mut self,
        stage: &mut BTreeMap<ProfileId, ProfileChange>,
        missing: &BTreeSet<MemberKey>,
    ) {
        for change in stage.values_mut() {
            change.upserts.retain(|member| {
                let founders = nested(member).and_then(|child| self.founders.get(child));
                let lost = |key: &MemberKey| missing.contains(key) || self.orphaned.contains(key);
                let stays = founders.is_none_or(|founders| !founders.iter().all(lost));
                if !stays {
                    self.orphaned.insert(member.key.clone());
                }
                stays
            });
        }
    }

    fn want(&mut self, record: &Record, scope: &Scope) {
        if let Some(finding) = other_owner(record, scope) {
            self.findings.push(finding);
            return;
        }
        for mut source in gather(std::slice::from_ref(record)) {
            // The settings of a profile of others are whatever they are.
            if source.annotations.get(Name::ProfileManagement) == Some(Management::JOIN) {
                source.annotations.forget(Name::SETTINGS);
            }
            let (mut want, findings) = source.want(scope);
            if want == Want::Invalid {
                // `/adjustendpoints` answers with settings as the profile has
                // them when somebody else decides: maybe some that nobody may
                // ask for. A member and no more needs none.
                source.annotations.forget(Name::SETTINGS);
                source
                    .annotations
                    .set(Name::ProfileManagement, Management::JOIN);
                want = source.want(scope).0;
            }
            match want {
                Want::Member(member) => {
                    let change = self.profiles.entry(member.key.profile.clone()).or_default();
                    change.upserts.retain(|other| other.key != member.key);
                    change.upserts.push(*member);
                }
                Want::Invalid => {
                    self.findings.extend(findings);
                    self.unreadable.push((subject(record), record.key()));
                }
                Want::Nothing => {}
            }
        }
    }

    /// Whether the object of an old record has a new one that says nothing. It is
    /// that of a member that is kept as it is, and Azure holds something of it
    /// that no annotation can say: that is no reason to take the member away.
    fn is_unreadable(&self, old: &Record) -> bool {
        let (of, row) = (subject(old), old.key());
        let mut unreadable = self.unreadable.iter();
        unreadable.any(|(subject, key)| *subject == of || *key == row)
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.profiles.values().flat_map(|change| &change.upserts)
    }
}

/// The profile that a member points at.
fn nested(member: &Member) -> Option<&ProfileId> {
    member.endpoint.destination.profile()
}

/// Where the object of an old record goes, when it goes to another profile:
/// with the same endpoint name if it has several members, else with any.
fn destination(
    record: &Record,
    key: &MemberKey,
    joined: &[(Subject, MemberKey)],
) -> Option<MemberKey> {
    let subject = subject(record);
    // An object that was made again under another name is still known by the
    // old one; its record is in the same row.
    let same_row = |joined: &Subject, to: &MemberKey| {
        joined.host == subject.host && to.endpoint == key.endpoint
    };
    let own = || {
        joined
            .iter()
            .filter(|(joined, to)| *joined == subject || same_row(joined, to))
            .map(|(_, to)| to)
    };
    if own().any(|to| to.profile == key.profile) {
        return None;
    }
    let same_name = own().find(|to| to.endpoint == key.endpoint);
    same_name.or_else(|| own().next()).cloned()
}

/// The object of a record.
fn subject(record: &Record) -> Subject {
    Subject {
        resource: record.resource().unwrap_or_default().to_owned(),
        host: record.dns_name.clone(),
    }
}

/// The endpoints that an old record stands for and that are not to stay whatever
/// the new one is.
fn removed(record: &Record, kept_twice: bool, scope: &Scope) -> Vec<MemberKey> {
    if other_owner(record, scope).is_some() {
        return Vec::new();
    }
    let Some(key) = identity(record, scope) else {
        return Vec::new();
    };
    // While a member stands in two profiles, its record names the second.
    let second = other_profile(record).filter(|_| !kept_twice);
    let elsewhere = second.map(|profile| MemberKey {
        profile,
        endpoint: key.endpoint.clone(),
    });
    elsewhere.into_iter().chain([key]).collect()
}

/// The second profile of a record whose member stands in two.
fn other_profile(record: &Record) -> Option<ProfileId> {
    record.property(REPAIR_PROPERTY)?.parse().ok()
}

/// The endpoint that a canonical record stands for.
fn identity(record: &Record, scope: &Scope) -> Option<MemberKey> {
    let texts: BTreeMap<_, _> = record::properties(record).into_iter().collect();
    let subscription = match texts.get(&Name::SubscriptionId) {
        Some(text) => text.parse().ok()?,
        None => scope.subscription.clone(),
    };
    Some(MemberKey {
        profile: ProfileId {
            subscription,
            resource_group: texts.get(&Name::ResourceGroup)?.parse().ok()?,
            name: texts.get(&Name::ProfileName)?.parse().ok()?,
        },
        endpoint: texts.get(&Name::EndpointName)?.parse().ok()?,
    })
}

/// A record that another owner is named in. ExternalDNS stamps its own owner on
/// what it creates, so this means that the two are configured differently, and
/// that updates and deletes would never arrive.
fn other_owner(record: &Record, scope: &Scope) -> Option<Finding> {
    let owner = record.owner().filter(|owner| !owner.is_empty())?;
    if owner == scope.owner.as_str() {
        return None;
    }
    Some(Finding::new(
        Reason::OwnerMismatch,
        &subject(record),
        format!(
            "the record carries owner {owner:?}, and this webhook runs with --owner-id {:?}; make it equal to ExternalDNS's --txt-owner-id",
            scope.owner.as_str()
        ),
    ))
}
