//! One probe: connect, ask, judge.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, StatusCode, Url};
use tokio::net::TcpStream;

use super::job::{HttpCheck, ProbeCheck, ProbeJob, ProbeTarget};
use super::report::ProbeFailure;
use super::resolver::{ResolveError, TargetResolver};
use super::route::{ProbeRoute, RouteTable};
use crate::name::Fqdn;

/// What Azure's own probes call themselves; applications filter their access logs by it.
const USER_AGENT: &str = "Azure Traffic Manager Endpoint Monitor";

/// Makes probes; shared by all loops.
#[derive(Debug)]
pub(super) struct Checker {
    client: Client,
    resolver: Arc<dyn TargetResolver>,
    detours: RouteTable<Detour>,
}

/// How to get to where a [`ProbeRoute`] leads.
#[derive(Debug)]
struct Detour {
    to: SocketAddr,
    /// Finds the target's name at `to`, so that the TLS handshake still asks for that name.
    client: Client,
}

impl Checker {
    pub(super) fn new(
        resolver: Arc<dyn TargetResolver>,
        routes: &[ProbeRoute],
    ) -> Result<Self, reqwest::Error> {
        let resolve = || Arc::new(HttpResolver(Arc::clone(&resolver)));
        let detours = routes
            .iter()
            .map(|route| Ok((route.clone(), Detour::new(route)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            client: client().dns_resolver(resolve()).build()?,
            resolver,
            detours,
        })
    }

    /// Makes one probe, without regard to its timeout.
    pub(super) async fn check(&self, job: &ProbeJob) -> Result<(), ProbeFailure> {
        let detour = self.detours.get(&job.target, job.port);
        match (&job.check, detour) {
            (ProbeCheck::Tcp, None) => self.connect(&job.target, job.port).await,
            (ProbeCheck::Tcp, Some(detour)) => connect(&[detour.to]).await,
            (ProbeCheck::Http(check), None) => {
                let url = check.url(&job.target, job.port);
                get(&self.client, url, check, &job.target).await
            }
            (ProbeCheck::Http(check), Some(detour)) => {
                let url = detour.url(check, &job.target);
                get(&detour.client, url, check, &job.target).await
            }
        }
    }

    async fn connect(&self, target: &ProbeTarget, port: NonZeroU16) -> Result<(), ProbeFailure> {
        let addresses = match target {
            ProbeTarget::Ip(address) => vec![*address],
            ProbeTarget::Fqdn(name) => self.resolve(name).await?,
        };
        let sockets: Vec<_> = addresses
            .into_iter()
            .map(|address| (address, port.get()).into())
            .collect();
        connect(&sockets).await
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

// === impl Detour ===

impl Detour {
    fn new(route: &ProbeRoute) -> Result<Self, reqwest::Error> {
        let client = match &route.target {
            ProbeTarget::Fqdn(name) => client().resolve(name.as_str(), route.to),
            ProbeTarget::Ip(_) => client(),
        };
        Ok(Self {
            to: route.to,
            client: client.build()?,
        })
    }

    fn url(&self, check: &HttpCheck, target: &ProbeTarget) -> Option<Url> {
        let port = NonZeroU16::new(self.to.port())?;
        match target {
            ProbeTarget::Fqdn(_) => check.url(target, port),
            ProbeTarget::Ip(_) => check.url(&ProbeTarget::Ip(self.to.ip()), port),
        }
    }
}

/// What all probes over HTTP have in common.
fn client() -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        // A probe asks the endpoint itself, over a connection of its own, and takes the first answer.
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(Policy::none())
        .referer(false)
        .no_gzip()
        .http1_only()
        // The certificate has to be there; nothing in it matters.
        .tls_danger_accept_invalid_certs(true)
}

/// Connects to the first socket that accepts.
async fn connect(sockets: &[SocketAddr]) -> Result<(), ProbeFailure> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for socket in sockets {
        match TcpStream::connect(socket).await {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(ProbeFailure::Connect(last))
}

async fn get(
    client: &Client,
    url: Option<Url>,
    check: &HttpCheck,
    target: &ProbeTarget,
) -> Result<(), ProbeFailure> {
    let url = url.ok_or(ProbeFailure::Url)?;
    let request = client.get(url).headers(check.request_headers(target));
    // The body is not read: the status decides.
    let response = request.send().await.map_err(ProbeFailure::Http)?;
    let status: StatusCode = response.status();
    if check.accepts(status) {
        Ok(())
    } else {
        Err(ProbeFailure::Status(status.as_u16()))
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
