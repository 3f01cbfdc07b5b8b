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

/// Asks the static names, then the hosted zones, then the operating system. Names of profiles it asks nobody for: the
/// operating system would say where those of strangers are.
#[derive(Debug)]
pub(crate) struct HostedResolver {
    shared: Shared,
    records: Arc<ZoneRecords>,
    suffix: Fqdn,
    others: ZoneResolver,
}

impl HostedResolver {
    pub(crate) fn new(shared: Shared, records: Arc<ZoneRecords>, suffix: Fqdn) -> Self {
        Self {
            shared,
            suffix,
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
            if name.is_within(&self.suffix) {
                return Ok(Vec::new());
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

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::request::Request;
    use crate::service::Service;
    use crate::state::Cloud;

    /// The name that is left to the static names and the operating system, if any.
    #[rstest]
    #[case("host.example.com", None)]
    #[case("away.example.com", Some("www.example.org"))]
    #[case("www.example.org", Some("www.example.org"))]
    #[case("app.example.com", None)]
    #[case("app.trafficmanager.net", None)]
    #[case("known.trafficmanager.net", Some("known.trafficmanager.net"))]
    fn profiles_of_strangers_are_not_looked_for(#[case] name: &str, #[case] asked: Option<&str>) {
        let mut service = Service::new(Cloud::default(), 7);
        service.state.add_zone(&"example.com".parse().unwrap());
        let zone = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-dns-rg/providers/Microsoft.Network/dnsZones/example.com";
        for (path, record) in [
            ("A/host", json!({"ARecords": [{"ipv4Address": "20.0.0.1"}]})),
            (
                "CNAME/away",
                json!({"CNAMERecord": {"cname": "www.example.org"}}),
            ),
            (
                "CNAME/app",
                json!({"CNAMERecord": {"cname": "app.trafficmanager.net"}}),
            ),
        ] {
            let mut body = json!({"properties": record});
            body["properties"]["TTL"] = 60.into();
            let path = format!("{zone}/{path}");
            let request = Request::new(Method::PUT, &path, "2018-05-01", &body);
            assert_eq!(service.state.answer(&request).status, 201);
        }
        let records = ZoneRecords::parse(["known.trafficmanager.net=127.0.0.1"]).unwrap();
        let suffix = Fqdn::new("trafficmanager.net").unwrap();
        let resolver = HostedResolver::new(Shared::new(service), Arc::new(records), suffix);
        let found = resolver.hosted(&Fqdn::new(name).unwrap());
        let passed_on = found.err();
        assert_eq!(passed_on.as_ref().map(Fqdn::as_str), asked);
    }
}
