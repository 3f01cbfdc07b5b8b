//! The end of a profile with a vanity host: a deleted profile frees its name for
//! anybody, so it stays as long as users are led to it, and until resolvers have
//! forgotten that they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_dns::{RecordSet, RecordSetKind, RelativeRecordName, Zone, ZoneId};
use futures::stream::{self, StreamExt};
use members::{Observed, ObservedProfile, Vanity, VanityMode};
use traffic_manager::{Hostname, ProfileId};
use vanity::record_set;

use crate::cluster::Cluster;
use crate::provider::Inner;
use crate::provider_api::error_chain;

/// How long one look at what leads to a profile may take.
const LOOK: Duration = Duration::from_secs(30);
/// How many profiles are looked at together.
const AT_ONCE: usize = 4;

/// A record under a name that the profile had before.
const LED_TO: &str = "a record set of this system in Azure DNS still leads to it";

/// Since when nothing has led to a profile that is about to go. Monotonic time;
/// it is in memory, so a restart deletes later, never sooner.
#[derive(Debug, Default)]
pub(in crate::provider) struct Endings(Mutex<Ends>);

#[derive(Debug, Default)]
struct Ends {
    gone: BTreeMap<ProfileId, Duration>,
    /// The longest TTL of a record of ours that was seen.
    ttl: BTreeMap<ProfileId, Duration>,
    /// The record sets of ours that lead to profiles, under whatever names; `None`
    /// before a look has shown them.
    leading: Option<Leading>,
}

/// Record sets of ours, by the profile that they lead to.
pub(super) type Leading = BTreeMap<ProfileId, BTreeSet<Place>>;

/// Where a record set is.
pub(super) type Place = (ZoneId, RelativeRecordName, RecordSetKind);

/// Whether a profile may be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider) enum Ending {
    /// It may.
    Now,
    /// Nothing leads to it, but resolvers may still remember.
    Soon(Duration),
    /// Users are led to it, or nobody knows.
    Kept(String),
}

// === impl Endings ===

impl Endings {
    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self, id: &ProfileId, now: Duration) -> Duration {
        *self.ends().gone.entry(id.clone()).or_insert(now)
    }

    fn back(&self, id: &ProfileId) {
        self.ends().gone.remove(id);
    }

    /// A record that leads to the profile has this TTL, in seconds.
    pub(super) fn saw(&self, id: ProfileId, ttl: u32) {
        let ttl = Duration::from_secs(ttl.into());
        let mut ends = self.ends();
        let longest = ends.ttl.entry(id).or_default();
        *longest = ttl.max(*longest);
    }

    /// The longest TTL of a record of ours that has led to the profile.
    fn ttl(&self, id: &ProfileId) -> Option<Duration> {
        self.ends().ttl.get(id).copied()
    }

    /// Takes in the record sets of ours in the zones that were read. What was seen in
    /// another zone before is still there as far as is known.
    pub(super) fn seen(&self, mut seen: Leading, is_read: impl Fn(&ZoneId) -> bool) {
        let mut ends = self.ends();
        for (profile, places) in ends.leading.take().unwrap_or_default() {
            let unread = places.into_iter().filter(|(zone, ..)| !is_read(zone));
            let mut unread = unread.peekable();
            if unread.peek().is_some() {
                seen.entry(profile).or_default().extend(unread);
            }
        }
        ends.leading = Some(seen);
    }

    /// A record set of ours is gone.
    pub(super) fn deleted(&self, profile: &ProfileId, place: &Place) {
        if let Some(leading) = &mut self.ends().leading
            && let Some(places) = leading.get_mut(profile)
        {
            places.remove(place);
        }
    }

    /// Whether a record set of ours leads to the profile; `None` when that is not
    /// known yet.
    fn is_led_to(&self, id: &ProfileId) -> Option<bool> {
        let ends = self.ends();
        let leading = ends.leading.as_ref()?;
        Some(leading.get(id).is_some_and(|places| !places.is_empty()))
    }

    /// Forgets profiles that are not there, or not about to go, any more.
    fn retain(&self, is_there: impl Fn(&ProfileId) -> bool, ends: impl Fn(&ProfileId) -> bool) {
        let mut all = self.ends();
        all.gone.retain(|id, _| ends(id));
        all.ttl.retain(|id, _| is_there(id));
    }
}

// === impl Inner ===

impl Inner {
    /// Looks at the profiles that this owner is going to delete, so that by then it
    /// is known since when nothing has led to them.
    pub(super) async fn look_at_endings(&self, observed: &Observed) {
        let owner = &self.behaviour.scope.owner;
        let ends = |profile: &&ObservedProfile| {
            profile.marks.managed
                && profile.is_empty()
                && profile.marks.retired.is_some()
                && profile.marks.ended_by() == Some(owner)
                && self.may_be_led_to(profile)
        };
        let ending: Vec<_> = observed.profiles().filter(ends).collect();
        self.endings.retain(
            |id| observed.profile(id).is_some(),
            |id| ending.iter().any(|profile| profile.id == *id),
        );
        // The listing may be old, and what is found here is removed.
        stream::iter(ending)
            .for_each_concurrent(AT_ONCE, |profile| async move {
                let fresh = self.api.get_profile(&profile.id).await.ok().flatten();
                let fresh = fresh.and_then(ObservedProfile::new);
                if let Some(fresh) = fresh.filter(|fresh| ends(&fresh)) {
                    self.may_end(&fresh).await;
                }
            })
            .await;
    }

    /// Whether nothing leads to a profile any more. What leads there and is ours
    /// is removed.
    pub(in crate::provider) async fn may_end(&self, profile: &ObservedProfile) -> Ending {
        let kept = match &profile.marks.vanity {
            Some(vanity) => {
                let looked = tokio::time::timeout(LOOK, self.leads_to(profile, vanity)).await;
                looked.unwrap_or_else(|_| {
                    Some(format!(
                        "whether the vanity host {} still leads there could not be seen within {} s",
                        vanity.host,
                        LOOK.as_secs()
                    ))
                })
            }
            None => self.other_records(profile),
        };
        if let Some(kept) = kept {
            self.endings.back(&profile.id);
            return Ending::Kept(kept);
        }
        let seen = self.endings.ttl(&profile.id);
        if seen.is_none() && !self.has_record_to_see(profile) {
            return Ending::Now;
        }
        let now = self.clock.monotonic();
        let since = self.endings.gone(&profile.id, now);
        // It may have been in use again between two looks.
        let retired = profile.marks.retired.as_ref();
        let empty = retired.map(|retired| self.clock.now().duration_since(retired.since));
        let empty = empty.map_or(Duration::MAX, |empty| empty.try_into().unwrap_or_default());
        let ttl = self.behaviour.vanity.ttl.max(seen.unwrap_or_default());
        let left = ttl.saturating_sub(now.saturating_sub(since).min(empty));
        if left.is_zero() {
            Ending::Now
        } else {
            Ending::Soon(left)
        }
    }

    /// Whether the record of the vanity host can be seen, if there is one: it is ours, or DNS is asked.
    fn has_record_to_see(&self, profile: &ObservedProfile) -> bool {
        let vanity = profile.marks.vanity.as_ref();
        vanity.is_some_and(|vanity| {
            vanity.mode != VanityMode::None || self.behaviour.vanity.resolver.is_some()
        })
    }

    /// What leads to the profile, or keeps from knowing it.
    async fn leads_to(&self, profile: &ObservedProfile, vanity: &Vanity) -> Option<String> {
        let host = &vanity.host;
        let held = match vanity.mode {
            VanityMode::None => None,
            VanityMode::DnsEndpoint => self.held_by_object(profile, host).await,
            VanityMode::AzureDns | VanityMode::AzureDnsAlias => {
                self.held_by_record_set(profile, host).await
            }
        };
        if held.is_some() {
            return held;
        }
        if let Some(kept) = self.other_records(profile) {
            return Some(kept);
        }
        let resolver = self.behaviour.vanity.resolver.as_ref()?;
        match resolver.cname(host.as_str()).await {
            Ok(Some(target)) if target.eq_ignore_ascii_case(&profile.fqdn()) => Some(format!(
                "the vanity host {host} is still a CNAME for {target}; delete that record"
            )),
            Ok(_) => None,
            Err(error) => Some(format!(
                "whether the vanity host {host} still leads there is not known: {}; mend that, name a server that knows with --resolver, or turn the look-up off with --vanity-check=false",
                error_chain(&error)
            )),
        }
    }

    /// Whether there is, or was, anything that could lead to a profile and can be looked at.
    pub(in crate::provider) fn may_be_led_to(&self, profile: &ObservedProfile) -> bool {
        let was_led_to = self.endings.ttl(&profile.id).is_some();
        let known = self.endings.is_led_to(&profile.id);
        self.has_record_to_see(profile)
            || was_led_to
            || known.unwrap_or_else(|| self.makes_record_sets())
    }

    /// Whether record sets of ours may lead to profiles at all, of whichever host.
    fn makes_record_sets(&self) -> bool {
        let tools = &self.behaviour.vanity;
        tools.dns.is_some() && (self.behaviour.scope.vanity.is_shared() || !tools.zones.is_empty())
    }

    /// Record sets of ours under other names: one that the host had before, and that could not be deleted.
    fn other_records(&self, profile: &ObservedProfile) -> Option<String> {
        match self.endings.is_led_to(&profile.id) {
            Some(true) => Some(LED_TO.to_owned()),
            Some(false) => None,
            None => self.makes_record_sets().then(|| {
                "whether a record set of this system leads to it is not known before the zones have been read".to_owned()
            }),
        }
    }

    /// An object of this owner, which the next look removes.
    async fn held_by_object(&self, profile: &ObservedProfile, host: &Hostname) -> Option<String> {
        let Cluster::Api { api, .. } = &self.behaviour.vanity.cluster else {
            return None;
        };
        let label = kubernetes::label_value(self.behaviour.scope.owner.as_str());
        let objects = match api.list_dns_endpoints().await {
            Ok(objects) => objects,
            // Without kind or permission none was made by us.
            Err(error) if error.is_missing_kind() || error.is_forbidden() => Vec::new(),
            Err(error) => {
                return Some(format!(
                    "whether a DNSEndpoint still leads from {host} to it is not known: {}",
                    error_chain(&error)
                ));
            }
        };
        let object = objects.iter().find(|object| {
            let own = object.labels.get(kubernetes::OWNER);
            own.is_some_and(|own| *own == label)
                && object.target.eq_ignore_ascii_case(&profile.fqdn())
        })?;
        Some(format!(
            "the DNSEndpoint {}/{} still leads from {host} to it",
            object.key.namespace, object.key.name
        ))
    }

    /// A record set of ours, which is removed, or one of somebody else's.
    async fn held_by_record_set(
        &self,
        profile: &ObservedProfile,
        host: &Hostname,
    ) -> Option<String> {
        let tools = &self.behaviour.vanity;
        let dns = tools.dns.as_deref()?;
        let failed = |error: arm_client::Error| {
            format!(
                "the record of the vanity host {host} in Azure DNS could not be looked at: {}",
                error_chain(&error)
            )
        };
        let zones = match self.zones(dns).await {
            Ok(zones) => zones,
            Err(error) => return Some(failed(error)),
        };
        let zone = Zone::holding(host, &zones)?;
        let name = RelativeRecordName::of(host, &zone.name)?;
        for kind in [RecordSetKind::Cname, RecordSetKind::A, RecordSetKind::Aaaa] {
            let record = match dns.get_record_set(&zone.id, kind, &name).await {
                Ok(Some(record)) => record,
                Ok(None) => continue,
                Err(error) => return Some(failed(error)),
            };
            if record_set::profile_of(&record).as_ref() != Some(&profile.id) {
                if leads_to(&record, profile) {
                    return Some(format!(
                        "the {kind} record set of the vanity host {host} in the zone {} still leads to it, and this system has not made it; delete it",
                        zone.name
                    ));
                }
                continue;
            }
            if self.behaviour.dry_run {
                return Some(format!(
                    "the vanity record of {host} is there; nothing is deleted in a dry run"
                ));
            }
            let deleted = dns
                .delete_record_set(&zone.id, kind, &name, &record.etag)
                .await;
            if let Err(error) = deleted {
                return Some(failed(error));
            }
            let place = (zone.id.clone(), name.clone(), kind);
            self.endings.deleted(&profile.id, &place);
            tracing::info!(%host, %kind, profile = %profile.id.name, "vanity record deleted");
        }
        None
    }
}

fn leads_to(record: &RecordSet, profile: &ObservedProfile) -> bool {
    let fqdn = profile.fqdn().to_ascii_lowercase();
    let alias = record.target_resource.as_ref();
    record.cname.as_deref() == Some(fqdn.as_str())
        || alias.and_then(azure_dns::ResourceId::profile).as_ref() == Some(&profile.id)
}
