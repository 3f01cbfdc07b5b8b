//! Where the data plane finds profiles, and the DNS zones of their users.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::name::Fqdn;
use crate::profile::Profile;
use crate::values::Ttl;

/// What a hosted zone says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosted {
    /// The zone that has the say.
    pub authority: ZoneAuthority,
    /// The record sets of the name, or of the wildcard that stands for it; empty where the name exists for the sake of
    /// those below it; `None` where it does not exist.
    pub sets: Option<Vec<HostedSet>>,
}

/// A zone's start of authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneAuthority {
    /// The name of the zone.
    pub zone: Fqdn,
    /// Its first name server.
    pub primary: Fqdn,
    /// Who is responsible for it, as a name.
    pub mailbox: Fqdn,
    /// Seconds that the absence of a name may be remembered.
    pub negative_ttl: u32,
}

/// The records of one name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedSet {
    /// Seconds that they may be remembered. An alias has those of what it stands for.
    pub ttl: Ttl,
    /// What they hold.
    pub data: HostedData,
}

/// What the records of a set hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostedData {
    /// IPv4 addresses.
    A(Vec<Ipv4Addr>),
    /// IPv6 addresses.
    Aaaa(Vec<Ipv6Addr>),
    /// Another name, for every type of query.
    Cname(Fqdn),
    /// Texts, each in pieces.
    Txt(Vec<Vec<String>>),
    /// Name servers.
    Ns(Vec<Fqdn>),
    /// The addresses that a profile would answer, under the name of the set.
    AliasA(Fqdn),
    /// The same for IPv6.
    AliasAaaa(Fqdn),
}

/// The profiles that exist right now.
///
/// The DNS server asks for every query, so that a change of a profile or of its health shows in the next answer. An
/// implementation must not block: it is called on the server's task.
pub trait Directory: Send + Sync {
    /// The profile with this global name, as it is at this moment. A disabled profile is returned too.
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<Profile>>;

    /// Whether some profile's name lies below `name`. Relative names may hold dots, and a name between such a profile
    /// and the zone exists without data: resolvers that minimise queries (RFC 9156) give up at an NXDOMAIN (RFC 8020).
    fn has_descendants(&self, name: &Fqdn) -> bool {
        let _ = name;
        false
    }

    /// What a DNS zone that is hosted beside the profiles says about a name; `None` when no zone holds it.
    fn hosted(&self, name: &Fqdn) -> Option<Hosted> {
        let _ = name;
        None
    }

    /// Called for every DNS answer that carried an endpoint: `profile` is the name that was asked for and `endpoint`
    /// the one of its endpoints that was chosen (for a nested profile, the endpoint of the outer profile).
    fn served(&self, profile: &Fqdn, endpoint: &str) {
        let _ = (profile, endpoint);
    }
}

/// A fixed set of profiles.
impl<S: BuildHasher + Send + Sync> Directory for HashMap<Fqdn, Arc<Profile>, S> {
    fn profile(&self, fqdn: &Fqdn) -> Option<Arc<Profile>> {
        self.get(fqdn).cloned()
    }

    fn has_descendants(&self, name: &Fqdn) -> bool {
        self.keys().any(|key| key.is_below(name))
    }
}
