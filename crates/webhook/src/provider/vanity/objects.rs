//! `DNSEndpoint` objects.

use std::collections::BTreeSet;

use members::{Observed, ObservedProfile, Reason};
use vanity::dns_endpoint::{self, Held, Removal, Setting, When};
use vanity::{Picture, Subjects};

use super::{Look, State};
use crate::cluster::Cluster;
use crate::provider::Inner;
use crate::provider_api::error_chain;
use kubernetes::{ClusterApi, DnsEndpoint};

// === impl Inner ===

impl Inner {
    pub(super) async fn look_at_objects(
        &self,
        observed: &Observed,
        picture: &Picture,
        state: &mut State,
        look: &mut Look,
    ) {
        let (api, namespace) = match &self.behaviour.vanity.cluster {
            Cluster::Api { api, namespace } => (api.as_ref(), namespace.as_str()),
            Cluster::Absent { why } => {
                let reason = format!(
                    "the vanity record is to be a DNSEndpoint object, and there is no cluster to make it in: {why}; choose who makes it with {}",
                    members::annotation::Name::Vanity
                );
                self.say_to_wanting(observed, look, &reason);
                return;
            }
        };
        let listed = match api.list_dns_endpoints().await {
            Ok(listed) => listed,
            Err(error) => {
                // Without the permission or the kind there is nothing to look at, unless somebody wants one.
                let expected = error.is_forbidden() || error.is_missing_kind();
                look.unfinished |= picture.has_objects() || !expected;
                look.unjudged = true;
                self.say_to_wanting(observed, look, &said(&error));
                return;
            }
        };
        // Only its own namespace may be open to this service account.
        let old = api.list_old_dns_endpoints().await.unwrap_or_default();
        let setting = Setting {
            owner: &self.behaviour.scope.owner,
            namespace,
            ttl: self.behaviour.vanity.ttl_seconds(),
            dns_suffix: &self.behaviour.scope.dns_suffix,
        };
        let held = Held {
            ours: &listed,
            old: &old,
        };
        let plan = dns_endpoint::plan(observed, held, setting);
        look.findings.extend(plan.findings);
        let mut failed = BTreeSet::new();
        for (id, wanted) in plan.apply {
            let fresh = look.refresh(self, observed, &id).await;
            let still = fresh.as_ref().and_then(|fresh| fresh.profile(&id));
            let owner = &self.behaviour.scope.owner;
            let Some(profile) =
                still.filter(|profile| dns_endpoint::is_wanted(&wanted, profile, owner))
            else {
                look.unfinished = true;
                failed.insert(id);
                continue;
            };
            if let Err(error) = self.apply_object(api, &wanted).await {
                look.unfinished = true;
                let subjects = Subjects::of(owner);
                let finding = subjects.finding(profile, Reason::VanityFailed, || said(&error));
                look.findings.extend(finding);
                failed.insert(id);
            }
        }
        for removal in plan.remove {
            // What replaces it has to be there first.
            let waits = match &removal.when {
                When::Unwanted(id) | When::Replaced(id) => failed.contains(id),
                When::Empty(_) | When::Free(_) | When::Now => false,
            };
            if waits {
                look.unfinished = true;
            } else {
                self.remove_object(api, observed, &removal, state, look)
                    .await;
            }
        }
    }

    /// What holds up every object, said to every profile of this owner that wants one.
    fn say_to_wanting(&self, observed: &Observed, look: &mut Look, reason: &str) {
        let owner = &self.behaviour.scope.owner;
        let subjects = Subjects::of(owner);
        let wanting = observed
            .profiles()
            .filter(|profile| dns_endpoint::wants(profile, owner));
        look.findings.extend(wanting.filter_map(|profile| {
            subjects.finding(profile, Reason::VanityFailed, || reason.to_owned())
        }));
    }

    async fn apply_object(
        &self,
        api: &dyn ClusterApi,
        wanted: &DnsEndpoint,
    ) -> Result<(), kubernetes::Error> {
        let (host, object) = (&wanted.host, &wanted.key.name);
        if self.behaviour.dry_run {
            tracing::info!(%host, %object, target = %wanted.target, "dry run, not done: applying the DNSEndpoint");
            return Ok(());
        }
        api.apply_dns_endpoint(wanted).await?;
        tracing::info!(%host, %object, namespace = %wanted.key.namespace, target = %wanted.target, "vanity record: DNSEndpoint applied");
        Ok(())
    }

    async fn remove_object(
        &self,
        api: &dyn ClusterApi,
        observed: &Observed,
        removal: &Removal,
        state: &mut State,
        look: &mut Look,
    ) {
        let Removal { object, when } = removal;
        let owner = &self.behaviour.scope.owner;
        let is_right = match when {
            When::Now | When::Replaced(_) => true,
            When::Unwanted(id) => {
                let fresh = look.refresh(self, observed, id).await;
                let has_member = |fresh: &Observed| {
                    let profile = fresh.profile(id);
                    profile.is_some_and(|profile| Subjects::of(owner).first(profile).is_some())
                };
                if let Some(fresh) = fresh.as_ref().filter(|fresh| has_member(fresh))
                    && let Some(left) = self.is_newly_hostless(fresh, id, state)
                {
                    look.wait(left);
                    return;
                }
                let profile = fresh.as_ref().map(|fresh| fresh.profile(id));
                match profile {
                    Some(Some(profile)) => {
                        profile.marks.managed && !dns_endpoint::is_wanted(object, profile, owner)
                    }
                    Some(None) => true,
                    None => false,
                }
            }
            When::Empty(id) => {
                let fresh = look.refresh(self, observed, id).await;
                let profile = fresh.as_ref().map(|fresh| fresh.profile(id));
                profile.is_some_and(|profile| profile.is_none_or(ObservedProfile::is_empty))
            }
            When::Free(name) => {
                let subscription = &self.behaviour.scope.subscription;
                let check = self.api.check_name(subscription, name).await;
                check.is_ok_and(|answer| answer.available)
            }
        };
        let (host, name, namespace) = (&object.host, &object.key.name, &object.key.namespace);
        if !is_right {
            tracing::debug!(%host, object = %name, %namespace, target = %object.target, "the DNSEndpoint leads to a profile that this webhook does not see; it stays");
            look.unfinished = true;
            return;
        }
        if self.behaviour.dry_run {
            tracing::info!(%host, object = %name, "dry run, not done: deleting the DNSEndpoint");
            return;
        }
        match api.delete_dns_endpoint(&object.key).await {
            Ok(()) => {
                tracing::info!(%host, object = %name, %namespace, target = %object.target, "vanity record: DNSEndpoint deleted");
                look.removed = true;
            }
            Err(error) => {
                look.unfinished = true;
                self.report
                    .write_failed(&format!("vanity host {host}: {}", said(&error)));
            }
        }
    }
}

/// What the API server said, and what is to be done.
fn said(error: &kubernetes::Error) -> String {
    let chain = error_chain(error);
    let mode = members::annotation::Name::Vanity;
    if error.is_missing_kind() {
        format!(
            "the vanity record is to be a DNSEndpoint object, and the cluster has no such kind: install the CRD of ExternalDNS, or choose who makes the record with {mode} ({chain})"
        )
    } else if error.is_forbidden() {
        format!(
            "the vanity record is to be a DNSEndpoint object, and the service account may not make it: give it the role of the documentation, or choose who makes the record with {mode} ({chain})"
        )
    } else {
        format!("the DNSEndpoint object of the vanity record could not be written: {chain}")
    }
}
