//! Mistakes made on purpose: each stands between the provider and the real
//! client and breaks a law that the simulation must notice. They exist in this
//! crate only.

mod dns;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arm_client::{
    Deleted, Error, GeographicRegion, ListScope, NameAvailability, PutOutcome, TrafficManagerApi,
};
use async_trait::async_trait;
use traffic_manager::profile::{
    DnsConfig, Endpoint, Profile, ProfilePatch, ProfilePatchProperties,
};
use traffic_manager::{
    EndpointKind, EndpointName, ProfileId, PublicIp, RelativeName, SubscriptionId,
};

use crate::law::Law;
use crate::line::lock;
use crate::view;

macro_rules! mutations {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal breaks $law:ident),+ $(,)?) => {
        /// A mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutation {
            $($(#[doc = $doc])* $variant),+
        }

        impl Mutation {
            /// Every mistake.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The law that it breaks.
            pub const fn law(self) -> Law {
                match self { $(Self::$variant => Law::$law),+ }
            }
        }
    };
}

mutations! {
    /// A profile without our mark is taken for one of ours.
    IgnoresTheMark = "ignores-the-mark" breaks Foreign,
    /// Writing our tags removes those of others.
    ReplacesTags = "replaces-tags" breaks Foreign,
    /// An endpoint is written by a PUT of the whole profile.
    WritesTheWholeProfile = "writes-the-whole-profile" breaks OtherOwner,
    /// Writing an endpoint deletes the first one of the profile.
    DeletesANeighbour = "deletes-a-neighbour" breaks OtherOwner,
    /// Writing an endpoint changes the profile's TTL.
    ChangesSharedSettings = "changes-shared-settings" breaks OtherOwner,
    /// An endpoint that was written is deleted again.
    TakesBackWhatItWrote = "takes-back-what-it-wrote" breaks Lost,
    /// Writing claims does nothing.
    DropsClaims = "drops-claims" breaks Unclaimed,
    /// A claim that could not be written is taken for written.
    TakesAFailedClaimForOne = "takes-a-failed-claim-for-one" breaks Unclaimed,
    /// The claim goes before the endpoint.
    UnclaimsFirst = "unclaims-first" breaks Unclaimed,
    /// An empty profile is deleted at once.
    HasNoGrace = "has-no-grace" breaks Deletion,
    /// Deleting an endpoint deletes the profile.
    DeletesTheProfile = "deletes-the-profile" breaks Deletion,
    /// An endpoint that exists is not written again.
    DropsUpdates = "drops-updates" breaks Converges,
    /// Deleting an endpoint does nothing.
    DropsDeletions = "drops-deletions" breaks Converges,
    /// Settings are never written.
    DropsSettings = "drops-settings" breaks Converges,
    /// Claims without an endpoint are never given up.
    KeepsStaleClaims = "keeps-stale-claims" breaks Quiet,
    /// Every list is followed by a write.
    WritesInEveryLoop = "writes-in-every-loop" breaks Converges,
    /// A record set of somebody else is taken for one of ours.
    TakesOverNames = "takes-over-names" breaks Foreign,
    /// Deleting a record set does nothing.
    KeepsNames = "keeps-names" breaks Names,
    /// A record set that was made is deleted again.
    DropsNames = "drops-names" breaks Lost,
    /// A drained endpoint is too much for it.
    Panics = "panics" breaks Survives,
}

pub(crate) use dns::MutantDns;

/// A client with a mistake.
pub(crate) struct Mutant {
    api: Arc<dyn TrafficManagerApi>,
    mutation: Mutation,
    deleted: Mutex<Vec<(ProfileId, EndpointName)>>,
}

// === impl Mutation ===

impl std::str::FromStr for Mutation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|known| known.as_str() == text);
        let names: Vec<_> = Self::ALL.iter().map(|known| known.as_str()).collect();
        found
            .copied()
            .ok_or_else(|| format!("must be one of {}", names.join(", ")))
    }
}

// === impl Mutant ===

impl Mutant {
    pub(crate) fn new(api: Arc<dyn TrafficManagerApi>, mutation: Mutation) -> Self {
        Self {
            api,
            mutation,
            deleted: Mutex::default(),
        }
    }

    fn seen(&self, mut profile: Profile) -> Profile {
        if self.mutation == Mutation::IgnoresTheMark {
            profile.tags.get_or_insert_default().insert(
                "externaldns-managed-by".to_owned(),
                "external-dns-traffic-manager".to_owned(),
            );
        }
        profile
    }
}

#[async_trait]
impl TrafficManagerApi for Mutant {
    async fn list_profiles(&self, scope: &ListScope) -> Result<Vec<Profile>, Error> {
        let profiles = self.api.list_profiles(scope).await?;
        if self.mutation == Mutation::WritesInEveryLoop
            && let Some(profile) = profiles.first()
            && let Some(id) = profile.id.as_deref().and_then(|id| id.parse().ok())
        {
            self.api.merge_tags(&id, &BTreeMap::new()).await?;
        }
        Ok(profiles
            .into_iter()
            .map(|profile| self.seen(profile))
            .collect())
    }

    async fn get_profile(&self, id: &ProfileId) -> Result<Option<Profile>, Error> {
        let read = self.api.get_profile(id).await?;
        Ok(read.map(|profile| self.seen(profile)))
    }

    async fn put_profile(
        &self,
        id: &ProfileId,
        body: &Profile,
    ) -> Result<PutOutcome<Profile>, Error> {
        self.api.put_profile(id, body).await
    }

    async fn patch_profile(&self, id: &ProfileId, body: &ProfilePatch) -> Result<Profile, Error> {
        if self.mutation == Mutation::DropsSettings
            && let Some(profile) = self.api.get_profile(id).await?
        {
            return Ok(profile);
        }
        self.api.patch_profile(id, body).await
    }

    async fn delete_profile(&self, id: &ProfileId) -> Result<Deleted, Error> {
        self.api.delete_profile(id).await
    }

    async fn put_endpoint(&self, id: &ProfileId, endpoint: &Endpoint) -> Result<Endpoint, Error> {
        let name = endpoint.name.as_deref().unwrap_or_default();
        let held = || async {
            let profile = self.api.get_profile(id).await.ok().flatten();
            profile.map(|profile| {
                let endpoints = profile.endpoints().to_vec();
                (profile, endpoints)
            })
        };
        let same = |other: &Endpoint| other.name.as_deref() == Some(name);
        match self.mutation {
            #[expect(clippy::panic, reason = "this is the mistake")]
            Mutation::Panics if endpoint.properties.weight == Some(1) => panic!("on purpose"),
            Mutation::TakesBackWhatItWrote => {
                let written = self.api.put_endpoint(id, endpoint).await?;
                if let Some(name) = endpoint.endpoint_name() {
                    self.api
                        .delete_endpoint(id, EndpointKind::External, &name)
                        .await?;
                }
                return Ok(written);
            }
            Mutation::DropsUpdates => {
                if let Some((_, endpoints)) = held().await
                    && endpoints.iter().any(same)
                {
                    return Ok(endpoint.clone());
                }
            }
            Mutation::DeletesANeighbour => {
                if let Some((_, endpoints)) = held().await
                    && let Some(name) = endpoints
                        .iter()
                        .find(|other| !same(other))
                        .and_then(Endpoint::endpoint_name)
                {
                    self.api
                        .delete_endpoint(id, EndpointKind::External, &name)
                        .await?;
                }
            }
            Mutation::ChangesSharedSettings => {
                let properties = ProfilePatchProperties {
                    dns_config: Some(DnsConfig {
                        ttl: Some(1),
                        ..DnsConfig::default()
                    }),
                    ..ProfilePatchProperties::default()
                };
                self.api
                    .patch_profile(id, &ProfilePatch { properties })
                    .await?;
            }
            Mutation::WritesTheWholeProfile => {
                if let Some((mut profile, mut endpoints)) = held().await {
                    endpoints.retain(|other| !same(other));
                    endpoints.push(endpoint.clone());
                    profile.properties.endpoints = Some(endpoints);
                    self.api.put_profile(id, &profile).await?;
                    return Ok(endpoint.clone());
                }
            }
            _ => {}
        }
        self.api.put_endpoint(id, endpoint).await
    }

    async fn delete_endpoint(
        &self,
        id: &ProfileId,
        kind: EndpointKind,
        name: &EndpointName,
    ) -> Result<Deleted, Error> {
        match self.mutation {
            Mutation::DropsDeletions => return Ok(Deleted::Absent),
            Mutation::DeletesTheProfile => return self.api.delete_profile(id).await,
            Mutation::UnclaimsFirst => {
                lock(&self.deleted).push((id.clone(), name.clone()));
                return Ok(Deleted::Deleted);
            }
            _ => {}
        }
        self.api.delete_endpoint(id, kind, name).await
    }

    async fn merge_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut tags = tags.clone();
        match self.mutation {
            Mutation::DropsClaims => {
                tags.retain(|name, _| members::claim::owner_of(name).is_none());
            }
            Mutation::TakesAFailedClaimForOne => {
                return Ok(self.api.merge_tags(id, &tags).await.unwrap_or_default());
            }
            Mutation::ReplacesTags => {
                let profile = self.api.get_profile(id).await?;
                let mut foreign = profile.and_then(|profile| profile.tags).unwrap_or_default();
                foreign.retain(|name, _| view::is_foreign_tag(name));
                self.api.delete_tags(id, &foreign).await?;
            }
            _ => {}
        }
        self.api.merge_tags(id, &tags).await
    }

    async fn delete_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        if self.mutation == Mutation::KeepsStaleClaims {
            return Ok(BTreeMap::new());
        }
        let left = self.api.delete_tags(id, tags).await?;
        if self.mutation == Mutation::UnclaimsFirst {
            let deleted = std::mem::take(&mut *lock(&self.deleted));
            for (id, name) in deleted {
                self.api
                    .delete_endpoint(&id, EndpointKind::External, &name)
                    .await?;
            }
        }
        Ok(left)
    }

    async fn replace_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<Profile, Error> {
        self.api.replace_tags(id, tags).await
    }

    async fn check_name(
        &self,
        subscription: &SubscriptionId,
        name: &RelativeName,
    ) -> Result<NameAvailability, Error> {
        self.api.check_name(subscription, name).await
    }

    async fn list_public_ips(&self, subscription: &SubscriptionId) -> Result<Vec<PublicIp>, Error> {
        self.api.list_public_ips(subscription).await
    }

    async fn geographic_hierarchy(&self) -> Result<GeographicRegion, Error> {
        self.api.geographic_hierarchy().await
    }
}
