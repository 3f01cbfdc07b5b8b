//! How probes find targets whose names are in hosted zones: by their addresses, and the names that lead to them. An alias
//! has no address of its own, so what is behind one is not probed.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use data_plane::probe::ResolveError;
use data_plane::{Directory as _, Fqdn, HostedData, TargetResolver, ZoneRecords, ZoneResolver};

use crate::shared::Shared;

/// How many names are followed.
const MAX_CHASE: usize = 8;

/// Asks the static names, then the hosted zones, then the operating system.
#[derive(Debug)]
pub(crate) struct HostedResolver {
    shared: Shared,
    records: Arc<ZoneRecords>,
    others: ZoneResolver,
}

impl HostedResolver {
    pub(crate) fn new(shared: Shared, records: Arc<ZoneRecords>) -> Self {
        Self {
            shared,
            others: ZoneResolver::new(Arc::clone(&records)),
            records,
        }
    }

    /// The addresses of a name in a hosted zone; or the name outside of them that it leads to.
    fn hosted(&self, name: &Fqdn) -> Result<Vec<IpAddr>, Fqdn> {
        let mut name = name.clone();
        for _ in 0..MAX_CHASE {
            if self.records.addresses(&name).is_some() {
                return Err(name);
            }
            let Some(hosted) = self.shared.hosted(&name) else {
                return Err(name);
            };
            let mut addresses: Vec<IpAddr> = Vec::new();
            let mut next = None;
            for set in hosted.sets.into_iter().flatten() {
                match set.data {
                    HostedData::A(list) => addresses.extend(list.into_iter().map(IpAddr::from)),
                    HostedData::Aaaa(list) => addresses.extend(list.into_iter().map(IpAddr::from)),
                    HostedData::Cname(target) => next = Some(target),
                    _ => {}
                }
            }
            match next {
                Some(target) => name = target,
                None => return Ok(addresses),
            }
        }
        Ok(Vec::new())
    }
}

#[async_trait]
impl TargetResolver for HostedResolver {
    async fn resolve(&self, name: &Fqdn) -> Result<Vec<IpAddr>, ResolveError> {
        match self.hosted(name) {
            Ok(addresses) if addresses.is_empty() => Err(ResolveError::NoAddress),
            Ok(addresses) => Ok(addresses),
            Err(name) => self.others.resolve(&name).await,
        }
    }
}
