//! How probes find the addresses of endpoints that are names.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::lookup_host;

use crate::dns::ZoneRecords;
use crate::name::Fqdn;

/// Turns an endpoint's name into addresses.
#[async_trait]
pub trait TargetResolver: Send + Sync + fmt::Debug {
    /// The addresses of a name in the order in which they are to be tried; never an empty list.
    async fn resolve(&self, name: &Fqdn) -> Result<Vec<IpAddr>, ResolveError>;
}

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The name is known to have none.
    #[error("the name has no address")]
    NoAddress,
    /// The resolver failed.
    #[error("the lookup failed")]
    Lookup(#[source] std::io::Error),
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl TargetResolver for SystemResolver {
    async fn resolve(&self, name: &Fqdn) -> Result<Vec<IpAddr>, ResolveError> {
        let found = lookup_host((name.as_str(), 0))
            .await
            .map_err(ResolveError::Lookup)?;
        let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        if addresses.is_empty() {
            Err(ResolveError::NoAddress)
        } else {
            Ok(addresses)
        }
    }
}

/// Asks the static zone records first and then another resolver, so that what the DNS server answers and what is probed
/// are the same address.
#[derive(Debug, Clone)]
pub struct ZoneResolver<F = SystemResolver> {
    zone: Arc<ZoneRecords>,
    fallback: F,
}

impl ZoneResolver {
    /// Falls back to the resolver of the operating system.
    pub fn new(zone: Arc<ZoneRecords>) -> Self {
        Self::with_fallback(zone, SystemResolver)
    }
}

impl<F> ZoneResolver<F> {
    /// Falls back to the resolver given.
    pub const fn with_fallback(zone: Arc<ZoneRecords>, fallback: F) -> Self {
        Self { zone, fallback }
    }
}

#[async_trait]
impl<F: TargetResolver> TargetResolver for ZoneResolver<F> {
    async fn resolve(&self, name: &Fqdn) -> Result<Vec<IpAddr>, ResolveError> {
        match self.zone.addresses(name) {
            Some(addresses) => Ok(addresses.to_vec()),
            None => self.fallback.resolve(name).await,
        }
    }
}
