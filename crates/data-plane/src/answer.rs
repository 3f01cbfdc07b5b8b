//! From a question to an answer, apart from the wire format.

mod quirks;

use std::net::IpAddr;
use std::sync::Arc;

use rand::RngCore;

use crate::directory::Directory;
use crate::profile::Profile;
use crate::routing::{self, Absence, Client, Destination, Families, Locator, Route, Served};
use crate::values::Ttl;

pub use quirks::{Negative, NestedTtl, OtherTypes, Quirks};

/// The types of queries that make a difference to Traffic Manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// A name only.
    Cname,
    /// Whatever there is.
    Any,
    /// Any other type.
    Other,
}

impl QueryType {
    /// The addresses that a multi-value answer to this query may hold.
    const fn families(self) -> Families {
        Families {
            v4: matches!(self, Self::A | Self::Any),
            v6: matches!(self, Self::Aaaa | Self::Any),
        }
    }

    /// Whether a destination can be expressed in an answer to this query.
    const fn admits(self, destination: &Destination, quirks: Quirks) -> bool {
        match (self, destination) {
            (Self::Any, _)
            | (Self::A | Self::Aaaa | Self::Cname, Destination::Name(_))
            | (Self::A, Destination::V4(_))
            | (Self::Aaaa, Destination::V6(_)) => true,
            (Self::Other, Destination::Name(_)) => {
                matches!(quirks.other_types, OtherTypes::Cname)
            }
            (Self::A | Self::Aaaa | Self::Cname | Self::Other, _) => false,
        }
    }
}

/// The answer to one query for the name of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The destinations, or why there are none.
    pub outcome: Result<Vec<Served>, (Negative, Absence)>,
    /// The time to live of the records.
    pub ttl: Ttl,
    /// Whether the answer holds only for the client subnet that it was given for.
    pub depends_on_client: bool,
}

impl Answer {
    /// The names of the endpoints in the answer, each once.
    pub fn endpoints(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for served in self.outcome.iter().flatten() {
            if !names.contains(&served.endpoint) {
                names.push(served.endpoint.clone());
            }
        }
        names
    }
}

/// Answers queries for profiles.
#[derive(Debug, Clone, Default)]
pub struct Answerer {
    /// Where clients are.
    pub locator: Locator,
    /// Choices where Azure's behaviour is not known for sure.
    pub quirks: Quirks,
}

impl Answerer {
    /// Answers one query. `client` is the address out of the EDNS client subnet option where there is one.
    pub fn answer(
        &self,
        profile: &Profile,
        query_type: QueryType,
        client: IpAddr,
        directory: &dyn Directory,
        rng: &mut dyn RngCore,
    ) -> Answer {
        let client = Client {
            address: client,
            locator: &self.locator,
        };
        let Route {
            served,
            innermost_ttl,
            depends_on_client,
        } = routing::route(profile, client, query_type.families(), directory, rng);
        let outcome = served
            .and_then(|served| {
                let fits = |served: &Served| query_type.admits(&served.destination, self.quirks);
                if served.iter().all(fits) {
                    Ok(served)
                } else {
                    Err(Absence::WrongType)
                }
            })
            .map_err(|absence| (self.quirks.negative(absence), absence));
        Answer {
            outcome,
            ttl: match self.quirks.nested_ttl {
                NestedTtl::Asked => profile.ttl,
                NestedTtl::Innermost => innermost_ttl,
            },
            depends_on_client,
        }
    }
}
