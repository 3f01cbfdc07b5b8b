//! Where probes really connect to when a target's own address cannot be used.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::str::FromStr;

use super::job::ProbeTarget;
use crate::name::{Fqdn, InvalidName};

/// One `HOST:PORT=ADDRESS:PORT`: probes of that host and port connect to that socket instead.
///
/// Nothing else about the probe changes: the request still names the target as its host, and a TLS handshake asks for
/// the target's name. So a profile can keep a monitor on port 443, which no ordinary process may listen on, while the
/// application is a process on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRoute {
    /// The target of the endpoint.
    pub target: ProbeTarget,
    /// The port of the monitor.
    pub port: NonZeroU16,
    /// Where to connect to.
    pub to: SocketAddr,
}

/// Why a text is not a `HOST:PORT=ADDRESS:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProbeRoute {
    /// There is no equals sign, or no colon before it.
    #[error("{0:?} is not of the form HOST:PORT=ADDRESS:PORT")]
    Form(String),
    /// The host is neither an IP address nor a domain name.
    #[error("{text:?} does not start with a domain name or an IP address")]
    Host {
        /// The route as given.
        text: String,
        /// What is wrong with the name.
        #[source]
        source: InvalidName,
    },
    /// The port of the monitor is not one.
    #[error("{0:?} has no port from 1 to 65535 before the equals sign")]
    Port(String),
    /// What follows the equals sign is not the address of a socket.
    #[error("{text:?} does not end with an IP address and a port")]
    Address {
        /// The route as given.
        text: String,
        /// What is wrong with the address.
        #[source]
        source: std::net::AddrParseError,
    },
}

// === impl ProbeRoute ===

impl FromStr for ProbeRoute {
    type Err = InvalidProbeRoute;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || InvalidProbeRoute::Form(text.to_owned());
        let (from, to) = text.split_once('=').ok_or_else(form)?;
        let (host, port) = from.trim().rsplit_once(':').ok_or_else(form)?;
        let target = target(host).map_err(|source| InvalidProbeRoute::Host {
            text: text.to_owned(),
            source,
        })?;
        let port = port
            .parse()
            .map_err(|_| InvalidProbeRoute::Port(text.to_owned()))?;
        let to = to
            .trim()
            .parse()
            .map_err(|source| InvalidProbeRoute::Address {
                text: text.to_owned(),
                source,
            })?;
        Ok(Self { target, port, to })
    }
}

impl fmt::Display for ProbeRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}={}", self.target, self.port, self.to)
    }
}

/// An IPv6 address stands in brackets, as in a URL.
fn target(host: &str) -> Result<ProbeTarget, InvalidName> {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    match bare.parse() {
        Ok(address) => Ok(ProbeTarget::Ip(address)),
        Err(_) => Fqdn::new(host).map(ProbeTarget::Fqdn),
    }
}

/// Something for each route, found by target and port. Of several routes for one target and port the last one holds.
#[derive(Debug)]
pub(super) struct RouteTable<T>(HashMap<ProbeTarget, HashMap<NonZeroU16, T>>);

// === impl RouteTable ===

impl<T> RouteTable<T> {
    /// What belongs to probes of that target and port.
    pub(super) fn get(&self, target: &ProbeTarget, port: NonZeroU16) -> Option<&T> {
        self.0.get(target)?.get(&port)
    }
}

impl<T> FromIterator<(ProbeRoute, T)> for RouteTable<T> {
    fn from_iter<I: IntoIterator<Item = (ProbeRoute, T)>>(routes: I) -> Self {
        let mut table: HashMap<ProbeTarget, HashMap<NonZeroU16, T>> = HashMap::new();
        for (route, value) in routes {
            table
                .entry(route.target)
                .or_default()
                .insert(route.port, value);
        }
        Self(table)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("app.example.com:443=127.0.0.1:8443")]
    #[case("192.0.2.1:80=[::1]:8080")]
    #[case("[2001:db8::1]:443=127.0.0.1:8443")]
    fn round_trips(#[case] text: &str) {
        let route: ProbeRoute = text.parse().unwrap();
        assert_eq!(route.to_string(), text);
    }

    #[rstest]
    #[case(
        "app.example.com:443",
        "\"app.example.com:443\" is not of the form HOST:PORT=ADDRESS:PORT"
    )]
    #[case(
        "app=127.0.0.1:1",
        "\"app=127.0.0.1:1\" is not of the form HOST:PORT=ADDRESS:PORT"
    )]
    #[case(
        "a b:443=127.0.0.1:1",
        "\"a b:443=127.0.0.1:1\" does not start with a domain name or an IP address"
    )]
    #[case(
        "app:0=127.0.0.1:1",
        "\"app:0=127.0.0.1:1\" has no port from 1 to 65535 before the equals sign"
    )]
    #[case(
        "app:443=127.0.0.1",
        "\"app:443=127.0.0.1\" does not end with an IP address and a port"
    )]
    #[case(
        "app:443=localhost:1",
        "\"app:443=localhost:1\" does not end with an IP address and a port"
    )]
    fn refuses(#[case] text: &str, #[case] want: &str) {
        assert_eq!(text.parse::<ProbeRoute>().unwrap_err().to_string(), want);
    }

    #[test]
    fn the_last_route_of_a_target_and_port_holds() {
        let routes = [
            "app:443=127.0.0.1:1",
            "app:80=127.0.0.1:2",
            "APP.:443=127.0.0.1:3",
        ];
        let table: RouteTable<u16> = routes
            .iter()
            .map(|text| {
                let route: ProbeRoute = text.parse().unwrap();
                let marker = route.to.port();
                (route, marker)
            })
            .collect();
        let app = ProbeTarget::Fqdn(Fqdn::new("app").unwrap());
        let found = |port| table.get(&app, NonZeroU16::new(port).unwrap()).copied();
        assert_eq!([found(443), found(80), found(81)], [Some(3), Some(2), None]);
    }
}
