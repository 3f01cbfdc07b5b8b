//! Record sets in Azure DNS.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use arm_client::{DnsApi, ListScope};
use azure_dns::{Zone, ZoneId};
use members::{Observed, Reason};
use traffic_manager::{Hostname, ProfileId};
use vanity::record_set::{self, Held, Setting, Write};
use vanity::{Picture, Subjects};

use super::ending::Leading;
use super::{Look, State, ZONES_FOR};
use crate::provider::Inner;
use crate::provider_api::error_chain;

/// How long a profile in use has to be without a vanity host before its record goes.
const HOSTLESS: Duration = Duration::from_mins(5);

// === impl Inner ===

impl Inner {
    pub(super) async fn look_at_record_sets(
        &self,
        observed: &Observed,
        picture: &Picture,
        state: &mut State,
        look: &mut Look,
    ) {
        let tools = &self.behaviour.vanity;
        // A record may have outlived its profile, or its host's being asked for: where one was seen, where records
        // may be at all if that was said, and after a start everywhere.
        let may_be_left = match &state.ours {
            Some(ours) => !ours.is_empty(),
            None => self.behaviour.scope.vanity.is_shared(),
        };
        let is_due = picture.has_shared() || may_be_left || !tools.zones.is_empty();
        let Some(dns) = tools.dns.as_deref().filter(|_| is_due) else {
            self.endings.seen(Leading::new(), |_| true);
            return;
        };
        let zones = match self.zones(dns).await {
            Ok(zones) => zones,
            Err(error) => {
                let reason = format!(
                    "the Azure DNS zones could not be listed: {}",
                    error_chain(&error)
                );
                self.say_to(observed, look, &reason, |_| true);
                return;
            }
        };
        let known: BTreeSet<ZoneId> = match &state.ours {
            Some(ours) => ours.iter().chain(&tools.zones).cloned().collect(),
            None if self.behaviour.scope.vanity.is_shared() => {
                zones.iter().map(|zone| zone.id.clone()).collect()
            }
            None => tools.zones.iter().cloned().collect(),
        };
        let held = self.held(dns, observed, &zones, &known, look).await;
        for record in held.values().flatten() {
            if let Some((profile, ttl)) = record_set::profile_of(record).zip(record.ttl) {
                self.endings.saw(profile, ttl);
            }
        }
        let ours = held.iter().filter(|(_, records)| {
            let profiles = records.iter().filter_map(record_set::profile_of);
            profiles
                .into_iter()
                .any(|profile| self.behaviour.scope.contains(&profile))
        });
        let mut ours: BTreeSet<ZoneId> = ours.map(|(zone, _)| zone.clone()).collect();
        // What could not be read may hold some.
        ours.extend(
            known
                .iter()
                .filter(|zone| !held.contains_key(*zone))
                .cloned(),
        );
        let setting = Setting {
            scope: &self.behaviour.scope,
            zones: &zones,
            ttl: tools.ttl_seconds(),
        };
        let plan = record_set::plan(observed, &held, setting);
        look.findings.extend(plan.findings);
        self.endings
            .seen(leading(&held), |zone| held.contains_key(zone));
        ours.extend(plan.steps.iter().map(|step| step.zone.clone()));
        state.ours = Some(ours);
        for step in plan.steps {
            if self.stop.is_cancelled() {
                return;
            }
            // What works stays until what replaces it is there.
            let is_delete = matches!(step.write, Write::Delete(_));
            if is_delete && look.failed.contains(&step.profile) {
                continue;
            }
            if let Some(said) = state.refused.said(&step, self.clock.monotonic()) {
                self.say_of(observed, &step, said, look);
                look.failed.insert(step.profile);
                continue;
            }
            let Some(fresh) = look.refresh(self, observed, &step.profile).await else {
                look.failed.insert(step.profile.clone());
                continue;
            };
            if is_delete && let Some(left) = self.is_newly_hostless(&fresh, &step.profile, state) {
                look.wait(left);
                continue;
            }
            // The listing may have been old: what is still right, is done.
            if record_set::plan(&fresh, &held, setting)
                .steps
                .contains(&step)
            {
                let refused = &mut state.refused;
                let done = self.write_record_set(dns, &fresh, &step, refused, look);
                if !done.await {
                    look.failed.insert(step.profile.clone());
                }
            } else {
                look.unfinished = true;
            }
        }
    }

    /// Whether a profile in use has lost its vanity host a moment ago, and for how long its record stays. Who takes
    /// the host away means it; a tool that wipes tags does not, and the settings owner writes it again in its next
    /// loop.
    pub(super) fn is_newly_hostless(
        &self,
        observed: &Observed,
        id: &ProfileId,
        state: &mut State,
    ) -> Option<Duration> {
        let is_hostless = observed
            .profile(id)
            .is_some_and(|profile| profile.marks.vanity.is_none() && !profile.is_empty());
        if !is_hostless {
            state.hostless.remove(id);
            return None;
        }
        let now = self.clock.monotonic();
        let since = *state.hostless.entry(id.clone()).or_insert(now);
        let left = HOSTLESS.saturating_sub(now.saturating_sub(since));
        (!left.is_zero()).then_some(left)
    }

    /// The zones in which records may be made.
    pub(super) async fn zones(&self, dns: &dyn DnsApi) -> Result<Vec<Zone>, arm_client::Error> {
        let named = &self.behaviour.vanity.zones;
        if !named.is_empty() {
            let zone = |id: &ZoneId| Zone {
                name: id.name.clone(),
                id: id.clone(),
                name_servers: Vec::new(),
            };
            return Ok(named.iter().map(zone).collect());
        }
        let now = self.clock.monotonic();
        let known = || {
            self.vanity
                .zones
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some((zones, since)) = &*known()
            && now.saturating_sub(*since) < ZONES_FOR
        {
            return Ok(zones.clone());
        }
        let everywhere = ListScope::Subscription(self.behaviour.scope.subscription.clone());
        let zones = dns.list_zones(&everywhere).await?;
        *known() = Some((zones.clone(), now));
        Ok(zones)
    }

    /// Every record set of the zones in question that can be read. Whose host is in another one hears why, and
    /// keeps what it has.
    async fn held(
        &self,
        dns: &dyn DnsApi,
        observed: &Observed,
        zones: &[Zone],
        known: &BTreeSet<ZoneId>,
        look: &mut Look,
    ) -> Held {
        let mut held = Held::new();
        for zone in record_set::zones_to_read(observed, zones, known) {
            match dns.list_record_sets(&zone.id).await {
                Ok(records) => {
                    held.insert(zone.id.clone(), records);
                }
                Err(error) => {
                    let reason = format!(
                        "the record sets of the zone {} could not be listed: {}",
                        zone.name,
                        error_chain(&error)
                    );
                    self.say_to(observed, look, &reason, |host| {
                        Zone::holding(host, zones).is_some_and(|holding| holding.id == zone.id)
                    });
                }
            }
        }
        held
    }

    /// What holds up records in Azure DNS, said to every profile that wants one for such a host.
    fn say_to(
        &self,
        observed: &Observed,
        look: &mut Look,
        reason: &str,
        concerns: impl Fn(&Hostname) -> bool,
    ) {
        look.unfinished = true;
        look.unjudged = true;
        tracing::debug!("vanity records: {reason}");
        let subjects = Subjects::of(&self.behaviour.scope.owner);
        let wanting = observed.profiles().filter(|profile| {
            let vanity = profile.marks.vanity.as_ref();
            vanity.is_some_and(|vanity| vanity.mode.is_shared() && concerns(&vanity.host))
        });
        look.findings.extend(wanting.filter_map(|profile| {
            subjects.finding(profile, Reason::VanityFailed, || reason.to_owned())
        }));
    }
}

/// The record sets of ours, by the profile that they lead to.
fn leading(held: &Held) -> Leading {
    let mut leading = Leading::new();
    for (zone, records) in held {
        for record in records {
            if let Some((profile, kind)) = record_set::profile_of(record).zip(record.kind.known()) {
                let place = (zone.clone(), record.name.clone(), kind);
                leading.entry(profile).or_default().insert(place);
            }
        }
    }
    leading
}
