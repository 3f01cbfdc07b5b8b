//! The boundary between Azure and those who use it: the operations on Traffic
//! Manager that this system needs, as one object-safe trait. [`Client`](crate::Client)
//! is the real one; a simulation implements the same trait without a network.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use traffic_manager::profile::{Endpoint, Profile, ProfilePatch};
use traffic_manager::{
    EndpointKind, EndpointName, ProfileId, PublicIp, RelativeName, ResourceGroup, SubscriptionId,
};

use crate::{Error, GeographicRegion, NameAvailability};

/// Operations on Traffic Manager.
///
/// Every operation may be repeated without harm. There is no version check in
/// this API, so the last writer wins: a caller that shares a profile with others
/// writes single endpoints and single tags, never the whole profile.
#[async_trait]
pub trait TrafficManagerApi: Send + Sync {
    /// Every profile of a subscription or resource group, with its endpoints and
    /// tags. Health is not in lists: Azure sends it as null.
    ///
    /// Either the whole list or an error. A missing resource group is an error,
    /// because an empty list would read as "delete everything".
    async fn list_profiles(&self, scope: &ListScope) -> Result<Vec<Profile>, Error>;

    /// One profile; `None` when it, or its resource group, does not exist.
    async fn get_profile(&self, id: &ProfileId) -> Result<Option<Profile>, Error>;

    /// Creates a profile. Azure has no request that only creates: should the
    /// profile exist, it is replaced **with all its endpoints and tags**, so the
    /// caller makes sure that it does not, and looks at the outcome. A try that
    /// is not the first reads before it writes.
    ///
    /// [`Error::is_name_taken`] tells a DNS name that somebody else has.
    async fn put_profile(
        &self,
        id: &ProfileId,
        body: &Profile,
    ) -> Result<PutOutcome<Profile>, Error>;

    /// Changes settings of a profile. Endpoints and tags stay as they are.
    async fn patch_profile(&self, id: &ProfileId, body: &ProfilePatch) -> Result<Profile, Error>;

    /// Deletes a profile with its endpoints, and frees its DNS name for anybody.
    async fn delete_profile(&self, id: &ProfileId) -> Result<Deleted, Error>;

    /// Creates or replaces one endpoint, whose name and type must be set. What
    /// the body leaves out goes back to Azure's default. Azure does not tell
    /// whether it created or replaced.
    ///
    /// A missing profile is an error ([`Error::is_not_found`]).
    async fn put_endpoint(&self, id: &ProfileId, endpoint: &Endpoint) -> Result<Endpoint, Error>;

    /// Deletes one endpoint. A missing profile means that the endpoint is absent
    /// as well.
    async fn delete_endpoint(
        &self,
        id: &ProfileId,
        kind: EndpointKind,
        name: &EndpointName,
    ) -> Result<Deleted, Error>;

    /// Sets the given tags and leaves the others alone, atomically per tag.
    /// Returns all tags as they are afterwards.
    async fn merge_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error>;

    /// Removes the given tags where they have the given values, and leaves the
    /// others alone. Returns all tags as they are afterwards.
    async fn delete_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error>;

    /// Replaces **all** tags of a profile, whoever's, by a PATCH of the profile.
    /// One request that is not repeated: what somebody else has written since
    /// the tags were read would be undone again. Only for [`TagsFallback`](crate::TagsFallback).
    async fn replace_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<Profile, Error>;

    /// Whether nobody in this cloud has the DNS name. The answer may be out of
    /// date when it arrives.
    async fn check_name(
        &self,
        subscription: &SubscriptionId,
        name: &RelativeName,
    ) -> Result<NameAvailability, Error>;

    /// Every public IP address of a subscription, in whichever resource group.
    /// Either the whole list or an error.
    async fn list_public_ips(&self, subscription: &SubscriptionId) -> Result<Vec<PublicIp>, Error>;

    /// The regions that Geographic routing knows, from the root `WORLD` down.
    async fn geographic_hierarchy(&self) -> Result<GeographicRegion, Error>;
}

/// Where to list profiles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListScope {
    /// Every resource group of a subscription.
    Subscription(SubscriptionId),
    /// One resource group.
    ResourceGroup(SubscriptionId, ResourceGroup),
}

/// What the PUT of a profile that was believed absent did. With each, the
/// profile as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome<T> {
    /// There was nothing before (201).
    Created(T),
    /// There was something, and it is gone (200): somebody else's.
    Replaced(T),
    /// An earlier try of the same call got no answer and did the work. Whether
    /// it replaced something is not known.
    Repeated(T),
    /// An earlier try failed, and when this call came to try again, somebody
    /// else had created the profile. It was left as it is.
    Preempted(T),
}

/// What a DELETE did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It was there and is gone.
    Deleted,
    /// There was nothing to delete.
    Absent,
}

// === impl ListScope ===

impl ListScope {
    /// The lists that together show these groups, or the whole subscription
    /// when no group is given.
    pub fn covering(subscription: &SubscriptionId, groups: &[ResourceGroup]) -> Vec<Self> {
        if groups.is_empty() {
            return vec![Self::Subscription(subscription.clone())];
        }
        let group =
            |group: &ResourceGroup| Self::ResourceGroup(subscription.clone(), group.clone());
        groups.iter().map(group).collect()
    }

    /// The subscription.
    pub fn subscription(&self) -> &SubscriptionId {
        match self {
            Self::Subscription(subscription) | Self::ResourceGroup(subscription, _) => subscription,
        }
    }
}

impl fmt::Display for ListScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(subscription) => write!(f, "subscription {subscription}"),
            Self::ResourceGroup(subscription, group) => {
                write!(f, "resource group {group} of subscription {subscription}")
            }
        }
    }
}

// === impl PutOutcome ===

impl<T> PutOutcome<T> {
    /// What is there now.
    pub fn value(&self) -> &T {
        match self {
            Self::Created(value)
            | Self::Replaced(value)
            | Self::Repeated(value)
            | Self::Preempted(value) => value,
        }
    }

    /// What is there now, owned.
    pub fn into_value(self) -> T {
        match self {
            Self::Created(value)
            | Self::Replaced(value)
            | Self::Repeated(value)
            | Self::Preempted(value) => value,
        }
    }
}
