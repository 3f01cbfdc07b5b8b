//! The end of a profile with a vanity host: a deleted profile frees its name for
//! anybody, so it stays as long as users are led to it, and until resolvers have
//! forgotten that they were.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_dns::{RecordSet, RecordSetKind, RelativeRecordName, Zone};
use members::{Observed, ObservedProfile, Vanity, VanityMode};
use traffic_manager::{Hostname, ProfileId};
use vanity::record_set;

use crate::cluster::Cluster;
use crate::provider::Inner;
use crate::provider_api::error_chain;

/// Since when nothing has led to a profile that is about to go. Monotonic time;
/// it is in memory, so a restart deletes later, never sooner.
#[derive(Debug, Default)]
pub(in crate::provider) struct Endings(Mutex<BTreeMap<ProfileId, Duration>>);

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
    fn gone(&self, id: &ProfileId, now: Duration) -> Duration {
        let mut gone = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *gone.entry(id.clone()).or_insert(now)
    }

    fn back(&self, id: &ProfileId) {
        let mut gone = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gone.remove(id);
    }

    /// Forgets profiles that are not about to go any more.
    fn retain(&self, keep: impl Fn(&ProfileId) -> bool) {
        let mut gone = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gone.retain(|id, _| keep(id));
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
        };
        let ending: Vec<_> = observed.profiles().filter(ends).collect();
        self.endings
            .retain(|id| ending.iter().any(|profile| profile.id == *id));
        for profile in ending {
            self.may_end(profile).await;
        }
    }

    /// Whether nothing leads to a profile any more. What leads there and is ours
    /// is removed.
    pub(in crate::provider) async fn may_end(&self, profile: &ObservedProfile) -> Ending {
        let Some(vanity) = &profile.marks.vanity else {
            return Ending::Now;
        };
        if let Some(kept) = self.leads_to(profile, vanity).await {
            self.endings.back(&profile.id);
            return Ending::Kept(kept);
        }
        let tools = &self.behaviour.vanity;
        let nobody_knew = tools.resolver.is_none() && vanity.mode == VanityMode::None;
        if nobody_knew {
            return Ending::Now;
        }
        let now = self.clock.monotonic();
        let since = self.endings.gone(&profile.id, now);
        let left = tools.ttl.saturating_sub(now.saturating_sub(since));
        if left.is_zero() {
            Ending::Now
        } else {
            Ending::Soon(left)
        }
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

    /// An object of this owner, which the next look removes.
    async fn held_by_object(&self, profile: &ObservedProfile, host: &Hostname) -> Option<String> {
        let Cluster::Api { api, .. } = &self.behaviour.vanity.cluster else {
            return None;
        };
        let label = kubernetes::label_value(self.behaviour.scope.owner.as_str());
        // What cannot be listed was not made by us; DNS knows better.
        let objects = api.list_dns_endpoints().await.unwrap_or_default();
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
        let zones = match self.zones(dns, &mut None).await {
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
