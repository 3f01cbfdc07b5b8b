//! The client over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use traffic_manager::profile::{Endpoint, Profile, ProfilePatch};
use traffic_manager::{
    EndpointKind, EndpointName, ProfileId, PublicIp, RelativeName, SubscriptionId,
};

use crate::call::Call;
use crate::credential;
use crate::exchange::Exchange;
use crate::ops;
use crate::pace::Pacer;
use crate::routes::Routes;
use crate::transport::{Transport, check_exposure};
use crate::{
    CallBudget, ClientConfig, ConfigError, CredentialKind, Deleted, Environment, Error,
    GeographicRegion, ListScope, NameAvailability, Operation, PutOutcome, Surroundings, TokenCache,
    TokenSource, TrafficManagerApi,
};

/// Traffic Manager over Azure Resource Manager's REST API.
///
/// Cheap to share behind an [`Arc`]; one client holds one connection pool and one
/// access token.
pub struct Client {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) routes: Routes,
    pub(crate) tokens: Option<TokenCache>,
    pub(crate) budget: CallBudget,
    pub(crate) pacer: Option<Pacer>,
    pub(crate) body_limit: usize,
    pub(crate) surroundings: Surroundings,
    pub(crate) stop: CancellationToken,
}

// === impl Client ===

impl Client {
    /// A client with the credential of the given kind, which the environment
    /// describes. Nothing is sent yet.
    pub fn connect(
        config: &ClientConfig,
        kind: CredentialKind,
        environment: &Environment,
        surroundings: Surroundings,
    ) -> Result<Self, ConfigError> {
        // Before anything else, so that the plainest mistake is the one reported.
        check_exposure(&config.arm, kind != CredentialKind::None)?;
        let source = credential::source(kind, config, environment, &surroundings)?;
        Self::new(config, source, surroundings)
    }

    /// A client that gets its tokens from `source`, or sends none.
    ///
    /// Refuses to send tokens in clear to another machine, and to talk to Azure
    /// without one.
    pub fn new(
        config: &ClientConfig,
        source: Option<Arc<dyn TokenSource>>,
        surroundings: Surroundings,
    ) -> Result<Self, ConfigError> {
        check_exposure(&config.arm, source.is_some())?;
        let exchange = Arc::new(Transport::new(config)?);
        Ok(Self::over(exchange, config, source, surroundings))
    }

    /// A client whose requests go through `exchange`. Of the configuration only
    /// the URLs, the budget and the limit of bodies count; whether tokens may be
    /// sent is the exchange's business.
    pub fn over(
        exchange: Arc<dyn Exchange>,
        config: &ClientConfig,
        source: Option<Arc<dyn TokenSource>>,
        surroundings: Surroundings,
    ) -> Self {
        Self {
            exchange,
            routes: Routes::new(config),
            tokens: source.map(|source| TokenCache::new(source, Arc::clone(&surroundings.clock))),
            budget: config.budget,
            pacer: config.pace.map(Pacer::new),
            body_limit: config.body_limit,
            surroundings,
            stop: CancellationToken::new(),
        }
    }

    /// The same client, which gives up instead of waiting for another try when
    /// `stop` is cancelled. A request that was sent is waited for all the same.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    pub(crate) fn call(&self, operation: Operation) -> Call<'_> {
        Call::begin(self, operation)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("routes", &self.routes)
            .field("tokens", &self.tokens)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TrafficManagerApi for Client {
    async fn list_profiles(&self, scope: &ListScope) -> Result<Vec<Profile>, Error> {
        let mut call = self.call(Operation::ProfilesList);
        let result = ops::list::all(&mut call, &self.routes, scope).await;
        call.finish(result)
    }

    async fn get_profile(&self, id: &ProfileId) -> Result<Option<Profile>, Error> {
        let mut call = self.call(Operation::ProfilesGet);
        let result = ops::profile::get(&mut call, &self.routes, id).await;
        call.finish(result)
    }

    async fn put_profile(
        &self,
        id: &ProfileId,
        body: &Profile,
    ) -> Result<PutOutcome<Profile>, Error> {
        let mut call = self.call(Operation::ProfilesPut);
        let result = ops::profile::put(&mut call, &self.routes, id, body).await;
        call.finish(result)
    }

    async fn patch_profile(&self, id: &ProfileId, body: &ProfilePatch) -> Result<Profile, Error> {
        let mut call = self.call(Operation::ProfilesPatch);
        let result = ops::profile::patch(&mut call, &self.routes, id, body).await;
        call.finish(result)
    }

    async fn delete_profile(&self, id: &ProfileId) -> Result<Deleted, Error> {
        let mut call = self.call(Operation::ProfilesDelete);
        let result = ops::delete(&mut call, self.routes.profile(id)).await;
        call.finish(result)
    }

    async fn put_endpoint(&self, id: &ProfileId, endpoint: &Endpoint) -> Result<Endpoint, Error> {
        let mut call = self.call(Operation::EndpointsPut);
        let result = ops::endpoint::put(&mut call, &self.routes, id, endpoint).await;
        call.finish(result)
    }

    async fn delete_endpoint(
        &self,
        id: &ProfileId,
        kind: EndpointKind,
        name: &EndpointName,
    ) -> Result<Deleted, Error> {
        let mut call = self.call(Operation::EndpointsDelete);
        let url = self.routes.endpoint(id, kind, name.as_str());
        let result = ops::delete(&mut call, url).await;
        call.finish(result)
    }

    async fn merge_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut call = self.call(Operation::TagsMerge);
        let result = ops::tags::patch(&mut call, &self.routes, id, tags).await;
        call.finish(result)
    }

    async fn delete_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut call = self.call(Operation::TagsDelete);
        let result = ops::tags::patch(&mut call, &self.routes, id, tags).await;
        call.finish(result)
    }

    async fn replace_tags(
        &self,
        id: &ProfileId,
        tags: &BTreeMap<String, String>,
    ) -> Result<Profile, Error> {
        let mut call = self.call(Operation::ProfilesPatch);
        let result = ops::profile::replace_tags(&mut call, &self.routes, id, tags).await;
        call.finish(result)
    }

    async fn check_name(
        &self,
        subscription: &SubscriptionId,
        name: &RelativeName,
    ) -> Result<NameAvailability, Error> {
        let mut call = self.call(Operation::NameCheck);
        let result = ops::lookup::check_name(&mut call, &self.routes, subscription, name).await;
        call.finish(result)
    }

    async fn list_public_ips(&self, subscription: &SubscriptionId) -> Result<Vec<PublicIp>, Error> {
        let mut call = self.call(Operation::PublicIpsList);
        let result = ops::list::public_ips(&mut call, &self.routes, subscription).await;
        call.finish(result)
    }

    async fn geographic_hierarchy(&self) -> Result<GeographicRegion, Error> {
        let mut call = self.call(Operation::GeographyGet);
        let result = ops::lookup::geography(&mut call, &self.routes).await;
        call.finish(result)
    }
}
