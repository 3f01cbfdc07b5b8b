//! The steps of a removal. Pure: what is shown is what is done.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use members::marks::{RETIRED, Retirement};
use members::{Observed, ObservedProfile, OwnerId, claim};
use traffic_manager::Switch;
use traffic_manager::profile::Endpoint;

use super::{Options, RECENT, Refused, Remark, Removal};
use crate::life;
use crate::owners::endpoints;
use crate::place::Place;
use crate::step::{Disabled, Step, Write};

/// Plans the removal of an owner from everything that was listed.
pub fn plan(
    observed: &Observed,
    owner: &OwnerId,
    options: &Options,
    now: Timestamp,
) -> Result<Removal, Refused> {
    if options.successor.as_ref() == Some(owner) {
        return Err(Refused::OwnSuccessor(owner.clone()));
    }
    let last_seen = life::last_sign_anywhere(observed, owner);
    // A time in the future is that of a clock that is ahead: recent enough.
    let recent = |at: &Timestamp| {
        let age = now.duration_since(*at);
        age.is_negative() || age.unsigned_abs() < RECENT
    };
    if let Some(last_seen) = last_seen.filter(recent).filter(|_| !options.force) {
        let owner = owner.clone();
        return Err(Refused::SeenRecently { owner, last_seen });
    }
    let leaving: Vec<_> = observed
        .profiles()
        .map(|profile| Leaving {
            profile,
            owner,
            successor: options.successor.as_ref(),
        })
        .filter(Leaving::is_concerned)
        .collect();
    let wait = options.wait.unwrap_or_else(|| {
        let ttls = leaving.iter().filter_map(Leaving::ttl);
        ttls.max().unwrap_or_default()
    });
    // Nobody has to forget what was not there.
    let wait = if leaving.iter().any(|leaving| leaving.ttl().is_some()) {
        wait
    } else {
        Duration::ZERO
    };
    let end = now.saturating_add(wait).unwrap_or(now);
    let remove = |leaving: &Leaving<'_>| {
        let mut steps = leaving.delete();
        steps.extend(leaving.on(&leaving.afterwards()).close(end));
        steps
    };
    Ok(Removal {
        owner: owner.to_string(),
        last_seen,
        disable: leaving.iter().flat_map(Leaving::disable).collect(),
        wait,
        remove: leaving.iter().flat_map(remove).collect(),
        remarks: leaving.iter().flat_map(Leaving::remarks).collect(),
    })
}

/// An owner that leaves a profile.
#[derive(Clone, Copy)]
pub(super) struct Leaving<'a> {
    /// The profile as it is.
    pub(super) profile: &'a ObservedProfile,
    /// Who leaves.
    pub(super) owner: &'a OwnerId,
    /// Who is to delete the profile if it becomes empty.
    pub(super) successor: Option<&'a OwnerId>,
}

// === impl Leaving ===

impl<'a> Leaving<'a> {
    /// The same about a later state of the profile.
    pub(super) fn on<'b>(&self, profile: &'b ObservedProfile) -> Leaving<'b>
    where
        'a: 'b,
    {
        Leaving {
            profile,
            owner: self.owner,
            successor: self.successor,
        }
    }

    fn is_concerned(&self) -> bool {
        !self.tags().is_empty() || self.is_heirless()
    }

    /// Whether the profile is empty and waits for this owner to end it.
    fn is_heirless(&self) -> bool {
        let ObservedProfile { marks, .. } = self.profile;
        marks.managed
            && self.profile.is_empty()
            && marks.settings_owner.as_ref() == Some(self.owner)
    }

    /// How long resolvers remember the owner's endpoints here, if it has any.
    fn ttl(&self) -> Option<Duration> {
        endpoints(self.profile, self.owner).next()?;
        let dns = self.profile.wire.properties.dns_config.as_ref();
        let seconds = dns.and_then(|dns| dns.ttl).unwrap_or_default();
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// The owner's tags, with the values that they have.
    fn tags(&self) -> BTreeMap<String, String> {
        let held = self.profile.wire.tags.iter().flatten();
        held.filter(|(name, _)| claim::owner_of(name).as_ref() == Some(self.owner))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn step(&self, write: Write) -> Step {
        Step {
            profile: self.profile.id.clone(),
            write,
        }
    }

    /// Every endpoint of the owner that is not disabled is disabled.
    fn disable(&self) -> Vec<Step> {
        endpoints(self.profile, self.owner)
            .filter(|(_, endpoint, _)| !is_disabled(endpoint))
            .map(|(name, endpoint, _)| {
                self.step(Write::DisableEndpoint(Disabled::new(
                    name.clone(),
                    endpoint,
                )))
            })
            .collect()
    }

    /// Every endpoint of the owner is deleted.
    pub(super) fn delete(&self) -> Vec<Step> {
        endpoints(self.profile, self.owner)
            .filter_map(|(name, endpoint, _)| Some((endpoint.kind()?, name)))
            .map(|(kind, name)| self.step(Write::DeleteEndpoint(kind, name.clone())))
            .collect()
    }

    /// The profile without the owner's endpoints.
    fn afterwards(&self) -> ObservedProfile {
        let mut wire = self.profile.wire.clone();
        if let Some(list) = &mut wire.properties.endpoints {
            let gone: Vec<_> = endpoints(self.profile, self.owner)
                .map(|(name, _, _)| name)
                .collect();
            list.retain(|endpoint| {
                let name = endpoint.endpoint_name();
                name.is_none_or(|name| !gone.contains(&&name))
            });
        }
        ObservedProfile::new(wire).unwrap_or_else(|| self.profile.clone())
    }

    /// What comes after the endpoints: an empty profile is retired, as `serve`
    /// does it, and the claims are given up. Nothing while an endpoint is left:
    /// it must not be without its claim.
    pub(super) fn close(&self, now: Timestamp) -> Vec<Step> {
        if endpoints(self.profile, self.owner).next().is_some() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        if self.profile.marks.managed && self.profile.is_empty() {
            steps.extend(self.retire(now));
        }
        let tags = self.tags();
        if !tags.is_empty() {
            steps.push(self.step(Write::DeleteTags(tags)));
        }
        steps
    }

    fn retire(&self, now: Timestamp) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.is_profile_disabled() {
            steps.push(self.step(Write::DisableProfile));
        }
        // A mark on a profile that was in use is left over from an earlier
        // retirement, and would end the grace at once.
        let held = self.profile.marks.retired.as_ref();
        let held = held.filter(|_| self.is_profile_disabled());
        let by = self.heir().cloned();
        let wanted = match held {
            Some(held) => Retirement { by, ..held.clone() },
            None => Retirement::new(now, by),
        };
        if held != Some(&wanted) {
            let tags = BTreeMap::from([(RETIRED.to_owned(), wanted.to_string())]);
            steps.push(self.step(Write::MergeTags(tags)));
        }
        steps
    }

    fn is_profile_disabled(&self) -> bool {
        let status = self.profile.wire.properties.profile_status.as_deref();
        status.map(str::parse) == Some(Ok(Switch::Disabled))
    }

    /// Who deletes the profile once it is empty. Another one than who leaves
    /// keeps its right.
    fn heir(&self) -> Option<&'a OwnerId> {
        let named = self.profile.marks.ended_by();
        named
            .filter(|named| *named != self.owner)
            .or(self.successor)
    }

    fn remarks(&self) -> Vec<Remark> {
        let profile = self.profile;
        let after = self.afterwards();
        let mut remarks = Vec::new();
        let mut remark = |warning, text| {
            remarks.push(Remark {
                profile: Place::from(&profile.id),
                warning,
                text,
            });
        };
        let is_enabled = |endpoint: &Endpoint| !is_disabled(endpoint);
        let was_served = endpoints(profile, self.owner)
            .any(|(_, endpoint, _)| is_enabled(endpoint))
            && !self.is_profile_disabled();
        if was_served && !after.wire.endpoints().iter().any(is_enabled) {
            let fqdn = profile.fqdn();
            remark(
                true,
                format!("no enabled endpoint is left: users of {fqdn} get no answer from then on"),
            );
        }
        if !profile.marks.managed {
            remark(
                false,
                "the profile is not this system's: only the endpoints and claims of the owner go"
                    .to_owned(),
            );
        }
        for claim in profile.claims_of(self.owner) {
            let name = &claim.endpoint;
            let counting = profile
                .claim(name)
                .filter(|counting| counting.owner != *self.owner);
            if let (Some(counting), true) = (counting, profile.endpoints().contains_key(name)) {
                remark(
                    false,
                    format!(
                        "endpoint {name} stays: owner {} has claimed it before",
                        counting.owner
                    ),
                );
            }
        }
        if profile.marks.managed && after.is_empty() {
            remark(false, match self.heir() {
                Some(heir) => format!("empty, the profile is kept disabled; owner {heir} deletes it after its --profile-grace"),
                None => "empty, the profile is kept disabled, so that nobody can take its name while a CNAME points at it; nobody deletes it, unless you name an owner with --successor".to_owned(),
            });
        } else if profile.marks.managed && profile.settings_owner() == Some(self.owner) {
            let mut next = after;
            let tags = self.tags();
            if let Some(held) = &mut next.wire.tags {
                held.retain(|name, _| !tags.contains_key(name));
            }
            let next = ObservedProfile::new(next.wire);
            let next = next.as_ref().and_then(ObservedProfile::settings_owner);
            remark(false, match next {
                Some(next) => format!("owner {next} decides the settings from then on"),
                None => "nobody decides the settings from then on, until an object names the profile".to_owned(),
            });
        }
        remarks
    }
}

pub(super) fn is_disabled(endpoint: &Endpoint) -> bool {
    let status = endpoint.properties.endpoint_status.as_deref();
    status.map(str::parse) == Some(Ok(Switch::Disabled))
}
