//! Members that leave: at once, or after a grace in which they are only
//! disabled, because an object that disappears for a moment comes back.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use traffic_manager::{EndpointName, Switch};

use super::{Gate, Plan, Step, Write, Writing};
use crate::batch::ProfileChange;
use crate::member::{Member, Settings};
use crate::observe::{ObservedProfile, OwnMember};
use crate::owner::OwnerId;
use crate::want::Scope;

/// This owner's members that leave a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Departures {
    /// Deleted now.
    pub(super) now: BTreeSet<EndpointName>,
    /// Those of them whose object is to have another endpoint instead.
    replaced: BTreeSet<EndpointName>,
    /// Disabled now and deleted after the grace.
    pub(super) later: BTreeSet<EndpointName>,
    /// Those that stay for a grace, from now or from earlier, and make way for
    /// whoever needs what they have.
    pub(super) yielding: BTreeSet<EndpointName>,
}

// === impl Departures ===

impl Departures {
    pub(super) fn of(profile: &ObservedProfile, change: &ProfileChange, scope: &Scope) -> Self {
        let mut departures = Self::default();
        for member in profile.members(&scope.owner) {
            let name = &member.key.endpoint;
            let at_once = scope.brakes.delete_grace.is_zero() || change.replaced.contains(name);
            let wanted = change.upserts.iter().any(|upsert| upsert.key == member.key);
            if change.removals.contains(name) && at_once {
                departures.now.insert(name.clone());
                if change.replaced.contains(name) {
                    departures.replaced.insert(name.clone());
                }
            } else if change.removals.contains(name) && !member.is_leaving() {
                departures.later.insert(name.clone());
                departures.yielding.insert(name.clone());
            } else if member.is_leaving() && !wanted {
                departures.yielding.insert(name.clone());
            }
        }
        departures
    }

    /// The departures when the profile gets these settings: what is leaving does
    /// not hold up a change of the routing method.
    pub(super) fn under(&self, profile: &ObservedProfile, settings: Option<&Settings>) -> Self {
        let mut departures = self.clone();
        let changes = settings.is_some_and(|wanted| profile.wire.method() != Some(wanted.method));
        if changes {
            departures.later.clear();
            departures.now.append(&mut departures.yielding);
        }
        departures
    }

    /// The same without those whose objects do not get another endpoint, because
    /// it is refused.
    pub(super) fn without_heirs(mut self, profile: &ObservedProfile, refused: &[&Member]) -> Self {
        for name in &self.replaced {
            let Some(claim) = profile.claim(name) else {
                continue;
            };
            if refused
                .iter()
                .any(|member| claim.subject.resembles(&member.subject))
            {
                self.now.remove(name);
            }
        }
        self
    }

    /// The same without a grace for those that leave now.
    pub(super) fn at_once(&self) -> Self {
        let mut departures = self.clone();
        departures.now.append(&mut departures.later);
        departures
    }

    /// Whether the endpoint may be deleted.
    pub(super) fn has(&self, name: &EndpointName) -> bool {
        self.now.contains(name) || self.yielding.contains(name)
    }
}

/// Disables these endpoints where they are enabled.
pub(super) fn disable<'a>(
    profile: &'a ObservedProfile,
    names: &'a BTreeSet<EndpointName>,
) -> impl Iterator<Item = Step> + 'a {
    profile
        .endpoints()
        .iter()
        .filter(|(name, endpoint)| names.contains(*name) && endpoint.is_enabled())
        .map(|(name, endpoint)| {
            let mut body = endpoint.to_request();
            body.properties.endpoint_status = Some(Switch::Disabled.to_string());
            Step {
                write: Write::PutEndpoint(Box::new(body)),
                member: Some(name.clone()),
                gate: Gate::Alone,
            }
        })
}

/// The steps for this owner's members whose grace is over, and for those that
/// were to be disabled and are not.
pub(super) fn upkeep(
    profile: &ObservedProfile,
    owner: &OwnerId,
    grace: Duration,
    now: Timestamp,
) -> Vec<Step> {
    let over = |member: &OwnMember<'_>| {
        let Some(since) = member.claim.leaving else {
            return false;
        };
        now >= since && now.duration_since(since).unsigned_abs() >= grace
    };
    let mut departures = Departures::default();
    let mut enabled = BTreeSet::new();
    for member in profile.members(owner).filter(OwnMember::is_leaving) {
        if over(&member) {
            departures.now.insert(member.key.endpoint);
        } else if member.endpoint.is_enabled() {
            enabled.insert(member.key.endpoint);
        }
    }
    let mut plan = Plan::default();
    if !departures.now.is_empty() {
        let writing = Writing {
            profile,
            owner,
            now,
        };
        if writing.add(&[], &departures, &mut plan).is_err() {
            // Fewer claims always fit where more have stood.
            return Vec::new();
        }
    }
    let disabled: Vec<_> = disable(profile, &enabled).collect();
    disabled.into_iter().chain(plan.steps).collect()
}
