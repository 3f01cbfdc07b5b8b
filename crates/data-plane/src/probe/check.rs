//! One probe: connect, ask, judge.

use std::io;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::net::TcpStream;

use super::job::{HttpCheck, ProbeCheck, ProbeJob, ProbeTarget};
use super::report::ProbeFailure;
use super::resolver::{ResolveError, TargetResolver};
use crate::name::Fqdn;

/// What Azure's own probes call themselves; applications filter their access logs by it.
const USER_AGENT: &str = "Azure Traffic Manager Endpoint Monitor";

/// Makes probes; shared by all loops.
#[derive(Debug, Clone)]
pub(super) struct Checker {
    client: Client,
    resolver: Arc<dyn TargetResolver>,
}

impl Checker {
    pub(super) fn new(resolver: Arc<dyn TargetResolver>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .dns_resolver(Arc::new(HttpResolver(Arc::clone(&resolver))))
            // A probe asks the endpoint itself, over a connection of its own, and takes the first answer.
            .no_proxy()
            .pool_max_idle_per_host(0)
            .redirect(Policy::none())
            .referer(false)
            .no_gzip()
            .http1_only()
            // The certificate has to be there; nothing in it matters.
            .tls_danger_accept_invalid_certs(true)
            .build()?;
        Ok(Self { client, resolver })
    }

    /// Makes one probe, without regard to its timeout.
    pub(super) async fn check(&self, job: &ProbeJob) -> Result<(), ProbeFailure> {
        match &job.check {
            ProbeCheck::Tcp => self.connect(&job.target, job.port).await,
            ProbeCheck::Http(check) => self.get(check, &job.target, job.port).await,
        }
    }

    /// Connects to the first address that accepts.
    async fn connect(&self, target: &ProbeTarget, port: NonZeroU16) -> Result<(), ProbeFailure> {
        let addresses = match target {
            ProbeTarget::Ip(address) => vec![*address],
            ProbeTarget::Fqdn(name) => self.resolve(name).await?,
        };
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpStream::connect((address, port.get())).await {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(ProbeFailure::Connect(last))
    }

    async fn get(
        &self,
        check: &HttpCheck,
        target: &ProbeTarget,
        port: NonZeroU16,
    ) -> Result<(), ProbeFailure> {
        let url = check.url(target, port).ok_or(ProbeFailure::Url)?;
        let request = self.client.get(url).headers(check.request_headers(target));
        // The body is not read: the status decides.
        let response = request.send().await.map_err(ProbeFailure::Http)?;
        let status: StatusCode = response.status();
        if check.accepts(status) {
            Ok(())
        } else {
            Err(ProbeFailure::Status(status.as_u16()))
        }
    }

    async fn resolve(&self, name: &Fqdn) -> Result<Vec<IpAddr>, ProbeFailure> {
        self.resolver
            .resolve(name)
            .await
            .map_err(|source| ProbeFailure::Resolve {
                name: name.clone(),
                source,
            })
    }
}

/// Lets the HTTP client look names up where TCP probes do.
#[derive(Debug)]
struct HttpResolver(Arc<dyn TargetResolver>);

impl Resolve for HttpResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = Arc::clone(&self.0);
        let lookup: BoxFuture<'static, Result<Addrs, _>> = Box::pin(async move {
            let name = Fqdn::new(name.as_str()).map_err(|_| ResolveError::NoAddress)?;
            let addresses = resolver.resolve(&name).await?;
            // Port 0 stands for the port of the URL.
            let addresses: Addrs =
                Box::new(addresses.into_iter().map(|address| (address, 0).into()));
            Ok(addresses)
        });
        lookup
    }
}
