//! The plan: from one profile's change and what Azure holds to the writes, in
//! an order in which no intermediate state is refused, nothing that we created
//! is ever unclaimed, and nothing of anybody else is touched.

mod claims;
mod create;
mod last;
mod leaving;
mod migrate;
mod order;
mod retire;
mod tags;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use traffic_manager::profile::{Endpoint, Profile, ProfilePatch};
use traffic_manager::{EndpointKind, EndpointName};

use crate::batch::ProfileChange;
use crate::destination::Destination;
use crate::finding::{Finding, Reason};
use crate::member::{Management, Member, MemberKey, Settings};
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;
use crate::want::Scope;

pub use claims::{contested, retract};
use leaving::Departures;
use migrate::Migration;
pub use retire::{Upkeep, upkeep, upkeep_of};
use tags::NoRoom;

/// Writes in order, and what cannot be done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The writes.
    pub steps: Vec<Step>,
    /// Members that are left out, and why.
    pub refused: Vec<Finding>,
    /// Endpoints that this owner claims now and had not claimed before. Should
    /// another owner turn out to have claimed one since the profile was read, it
    /// was first: see [`contested`].
    pub claimed_anew: BTreeSet<EndpointName>,
}

impl Plan {
    /// Whether the profile is deleted.
    pub fn ends_the_profile(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.write == Write::DeleteProfile)
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is written.
    pub write: Write,
    /// The member that it is for, when it is for one. After a failure, later
    /// steps of the same member are skipped.
    pub member: Option<EndpointName>,
    /// What a failure, here or earlier, means.
    pub gate: Gate,
}

/// A write to Azure.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// PUT of a profile that does not exist, with its first members.
    CreateProfile(Box<Profile>),
    /// PATCH of settings.
    PatchProfile(Box<ProfilePatch>),
    /// PUT of one endpoint.
    PutEndpoint(Box<Endpoint>),
    /// DELETE of one endpoint; its type is part of its path.
    DeleteEndpoint(EndpointKind, EndpointName),
    /// Tags API, Merge.
    MergeTags(BTreeMap<String, String>),
    /// Tags API, Delete.
    DeleteTags(BTreeMap<String, String>),
    /// DELETE of the profile.
    DeleteProfile,
}

/// How a step depends on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// When it fails, nothing after it is done.
    Vital,
    /// When it fails, the others go on.
    Alone,
    /// It is done only when nothing before it has failed.
    AfterSuccess,
    /// It is done only when an earlier step of its member has failed.
    Undo,
}

/// Plans the change of one profile. `observed` is the profile as it is now,
/// read just before: `None` when it does not exist.
pub fn plan(
    observed: Option<&ObservedProfile>,
    change: &ProfileChange,
    scope: &Scope,
    now: Timestamp,
) -> Plan {
    let owner = &scope.owner;
    let Some(profile) = observed else {
        return create::plan(change, owner, now);
    };
    let mut plan = Plan::default();
    let mut upserts = admit(profile, change, owner, &mut plan);
    let departures = Departures::of(profile, change, scope);
    let refused = others(change.upserts.iter(), &upserts);
    let mut departures = departures.without_heirs(profile, &refused);
    if scope.brakes.keep_last_member {
        let kept = last::keep(profile, &mut upserts, &mut departures, owner);
        plan.refused.extend(kept);
    }
    let writing = Writing {
        profile,
        owner,
        now,
    };
    // When the tags have no room, new members are left out: their claims are the
    // longest. A departure whose mark has no room is not put off.
    let claimed = |member: &&Member| {
        let claim = profile.claim(&member.key.endpoint);
        claim.is_some_and(|claim| profile.stands(claim))
    };
    let there: Vec<&Member> = upserts.iter().copied().filter(claimed).collect();
    let mut no_room = String::new();
    for written in [upserts.as_slice(), &there, &[]] {
        let left_out = others(upserts.iter().copied(), written);
        let departures = departures.clone().without_heirs(profile, &left_out);
        let added = writing
            .add(written, &departures, &mut plan)
            .or_else(|_| writing.add(written, &departures.at_once(), &mut plan));
        let refuse =
            |member: &Member| Finding::new(Reason::AzureRefused, &member.subject, no_room.as_str());
        match added {
            Ok(()) => {
                plan.refused.extend(left_out.into_iter().map(refuse));
                break;
            }
            Err(error) if written.is_empty() => {
                plan.refused.extend(upserts.first().map(|member| {
                    Finding::new(Reason::AzureRefused, &member.subject, error.to_string())
                }));
            }
            Err(error) => no_room = error.to_string(),
        }
    }
    let is_new = |name: &EndpointName| {
        let mut own = profile.claims_of(owner);
        own.all(|claim| claim.endpoint != *name)
    };
    let wanted = upserts.iter().map(|member| member.key.endpoint.clone());
    plan.claimed_anew = wanted.filter(is_new).collect();
    plan
}

/// Those of `all` that are not among `some`.
fn others<'a>(all: impl Iterator<Item = &'a Member>, some: &[&Member]) -> Vec<&'a Member> {
    all.filter(|member| some.iter().all(|other| other.key != member.key))
        .collect()
}

/// The writing of one existing profile.
struct Writing<'a> {
    profile: &'a ObservedProfile,
    owner: &'a OwnerId,
    now: Timestamp,
}

impl Writing<'_> {
    /// Adds the steps to a plan; on an error the plan is as it was.
    fn add(
        &self,
        upserts: &[&Member],
        departures: &Departures,
        plan: &mut Plan,
    ) -> Result<(), NoRoom> {
        let Self {
            profile,
            owner,
            now,
        } = *self;
        let decides = profile.marks.managed
            && profile
                .settings_owner()
                .is_none_or(|decider| decider == owner);
        // Who was to join a profile of others knows nothing about its settings,
        // should it have been adopted this very moment.
        let leader = upserts
            .first()
            .filter(|leader| decides && leader.management == Management::Manage);
        let mut settings = leader.map(|leader| &leader.settings);
        let mut draft = Draft::new(profile, upserts, departures, settings);
        if settings.is_some_and(|wanted| migrate::is_blocked(profile, wanted.method, &draft)) {
            settings = None;
            draft = Draft::new(profile, upserts, departures, None);
        }
        let Draft {
            migration,
            departures,
            writes,
            refused,
            written,
        } = draft;
        let put_back = |name: &EndpointName| {
            writes.iter().any(|step| match &step.write {
                Write::PutEndpoint(body) => {
                    step.gate != Gate::Undo && body.endpoint_name().as_ref() == Some(name)
                }
                _ => false,
            })
        };
        // Only what is really written is claimed, and only what is really
        // deleted is given up.
        let deleted: BTreeSet<_> = writes
            .iter()
            .filter_map(|step| match &step.write {
                Write::DeleteEndpoint(_, name) if departures.has(name) => Some(name.clone()),
                _ => None,
            })
            .filter(|name| !put_back(name))
            .collect();
        let leaving: BTreeSet<_> = departures.later.difference(&deleted).cloned().collect();
        let settings = settings.filter(|_| !written.is_empty());
        let tags = tags::plan(profile, &written, &deleted, &leaving, settings, owner, now)?;

        plan.steps.extend(tags.first);
        if settings.is_some() {
            plan.steps.extend(
                migration
                    .aside
                    .iter()
                    .map(|name| order::delete(profile, name)),
            );
            plan.steps.extend(migration.before);
        }
        plan.steps.extend(writes);
        plan.steps.extend(leaving::disable(profile, &leaving));
        if settings.is_some() {
            plan.steps.extend(migration.after);
        }
        plan.refused
            .extend(refused.into_iter().map(|(_, finding)| finding));
        let empty = written.is_empty()
            && profile.wire.endpoints().iter().all(|endpoint| {
                endpoint
                    .endpoint_name()
                    .is_some_and(|name| deleted.contains(&name))
            });
        // Whoever has just claimed an endpoint is about to create it.
        let awaited = retire::is_awaited(profile, now, |claim| claim.owner != *owner);
        if empty && !awaited && !deleted.is_empty() && profile.marks.managed {
            plan.steps.extend(retire::steps(profile, owner, now));
        }
        plan.steps.extend(tags.last);
        Ok(())
    }
}

/// The endpoint writes of a plan, under these settings.
struct Draft<'a> {
    migration: Migration,
    departures: Departures,
    writes: Vec<Step>,
    refused: Vec<(MemberKey, Finding)>,
    /// Those that are not refused.
    written: Vec<&'a Member>,
}

impl<'a> Draft<'a> {
    fn new(
        profile: &ObservedProfile,
        upserts: &[&'a Member],
        departures: &Departures,
        settings: Option<&Settings>,
    ) -> Self {
        let migration = migrate::plan(profile, upserts, settings);
        let departures = departures.under(profile, settings);
        let (writes, refused) = order::order(
            profile,
            upserts,
            &departures,
            &migration.aside,
            migration.method,
        );
        let written = upserts
            .iter()
            .copied()
            .filter(|member| refused.iter().all(|(key, _)| *key != member.key))
            .collect();
        Self {
            migration,
            departures,
            writes,
            refused,
            written,
        }
    }
}

/// The members that may be written: not those whose endpoint is somebody else's.
fn admit<'a>(
    profile: &ObservedProfile,
    change: &'a ProfileChange,
    owner: &OwnerId,
    plan: &mut Plan,
) -> Vec<&'a Member> {
    let mut admitted = Vec::new();
    for member in &change.upserts {
        let name = &member.key.endpoint;
        let mut refuse = |reason, message: String| {
            plan.refused
                .push(Finding::new(reason, &member.subject, message));
        };
        if !profile.marks.managed && member.management != Management::Join {
            refuse(
                Reason::ForeignProfile,
                format!("profile {} was not made by this system", profile.id.name),
            );
            continue;
        }
        let stranger = profile.claim(name).filter(|claim| claim.owner != *owner);
        if let Some(claim) = stranger {
            refuse(
                Reason::EndpointConflict,
                format!("endpoint {name} belongs to owner {}", claim.owner),
            );
            continue;
        }
        let unclaimed = profile
            .endpoints()
            .get(name)
            .filter(|_| profile.claim(name).is_none());
        let same_target = |endpoint: &Endpoint| {
            Destination::of(endpoint).as_ref() == Some(&member.endpoint.destination)
        };
        if unclaimed.is_some_and(|endpoint| !same_target(endpoint)) {
            refuse(
                Reason::EndpointConflict,
                format!(
                    "endpoint {name} exists with another target and belongs to nobody that this system knows"
                ),
            );
            continue;
        }
        admitted.push(member);
    }
    admitted.sort_by_key(|member| {
        let since = profile
            .claim(&member.key.endpoint)
            .map_or(Timestamp::MAX, |claim| claim.since);
        (since, &member.subject, &member.key)
    });
    admitted
}
