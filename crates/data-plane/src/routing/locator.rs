//! Where a client is, by its address.
//!
//! Azure locates clients with a commercial database. This is a table small enough to read: entries given by the
//! embedder come first, then a built-in table that places documentation prefixes exactly and the rest of the Internet
//! by the registry that its address block was assigned to, which is right about the continent most of the time.

mod builtin;

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::region::{InvalidRegion, Region};
use crate::values::{GeoCode, InvalidValue};

/// A place that a client can be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The Azure region next to the client, for performance routing; `None` if nothing is known.
    pub region: Option<Region>,
    /// The client's geographic codes from the most specific to `WORLD`, for geographic routing.
    pub geo_codes: Vec<GeoCode>,
}

impl Location {
    /// Somewhere in the world.
    pub fn unknown() -> Self {
        Self {
            region: None,
            geo_codes: vec![GeoCode::world()],
        }
    }

    /// In or near an Azure region, with that region's geographic codes.
    pub fn near(region: Region) -> Self {
        Self {
            geo_codes: region.geo_codes(),
            region: Some(region),
        }
    }
}

/// One `CIDR=REGION[,GEO...]`: the clients of a network are in this place.
///
/// Without geographic codes the region's own apply. With them, they are taken from the most specific to the most
/// general in the order given, and `WORLD` is added at the end where it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLocation {
    /// The clients' network; the host part is ignored.
    pub network: IpNet,
    /// Where they are.
    pub location: Location,
}

/// Why a text is not a `CIDR=REGION[,GEO...]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientLocation {
    /// There is no equals sign.
    #[error("{0:?} is not of the form CIDR=REGION[,GEO...]")]
    Form(String),
    /// The network is neither an address nor an address with a prefix length.
    #[error("{0:?} does not start with a network such as 10.1.0.0/16 or 2001:db8::/32")]
    Network(String),
    /// The region is malformed.
    #[error("{text:?} does not name a region")]
    Region {
        /// The entry as given.
        text: String,
        /// What is wrong with the region.
        #[source]
        source: InvalidRegion,
    },
    /// The region is not known to this build, so no distance can be computed.
    #[error("{text:?} names the region {region}, which has no known place")]
    UnknownRegion {
        /// The entry as given.
        text: String,
        /// The region.
        region: Region,
    },
    /// A geographic code is malformed.
    #[error("{text:?} holds a bad geographic code")]
    GeoCode {
        /// The entry as given.
        text: String,
        /// What is wrong with the code.
        #[source]
        source: InvalidValue,
    },
}

impl FromStr for ClientLocation {
    type Err = InvalidClientLocation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((network, place)) = text.split_once('=') else {
            return Err(InvalidClientLocation::Form(text.to_owned()));
        };
        let network = network.trim();
        let network = network
            .parse::<IpNet>()
            .or_else(|_| network.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| InvalidClientLocation::Network(text.to_owned()))?;
        let mut parts = place.split(',').map(str::trim);
        let region = Region::new(parts.next().unwrap_or_default()).map_err(|source| {
            InvalidClientLocation::Region {
                text: text.to_owned(),
                source,
            }
        })?;
        if !region.is_known() {
            return Err(InvalidClientLocation::UnknownRegion {
                text: text.to_owned(),
                region,
            });
        }
        let mut location = Location::near(region);
        let mut codes = parts
            .map(GeoCode::new)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| InvalidClientLocation::GeoCode {
                text: text.to_owned(),
                source,
            })?;
        if !codes.is_empty() {
            codes.retain(|code| *code != GeoCode::world());
            codes.push(GeoCode::world());
            location.geo_codes = codes;
        }
        Ok(Self {
            network: network.trunc(),
            location,
        })
    }
}

/// Finds the place of a client.
#[derive(Debug, Clone)]
pub struct Locator {
    given: Vec<ClientLocation>,
    builtin: Vec<ClientLocation>,
}

impl Locator {
    /// Uses the entries given, then the built-in table.
    pub fn new(given: Vec<ClientLocation>) -> Self {
        Self {
            given,
            builtin: builtin::table(),
        }
    }

    /// Uses nothing but the entries given.
    pub const fn without_builtin(given: Vec<ClientLocation>) -> Self {
        Self {
            given,
            builtin: Vec::new(),
        }
    }

    /// The place of a client. In each table the longest prefix wins, and of equal ones the last; an entry given wins
    /// over any built-in one.
    pub fn locate(&self, client: IpAddr) -> Location {
        let client = client.to_canonical();
        longest(&self.given, client)
            .or_else(|| longest(&self.builtin, client))
            .cloned()
            .unwrap_or_else(Location::unknown)
    }
}

impl Default for Locator {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

fn longest(entries: &[ClientLocation], client: IpAddr) -> Option<&Location> {
    entries
        .iter()
        .filter(|entry| entry.network.contains(&client))
        .max_by_key(|entry| entry.network.prefix_len())
        .map(|entry| &entry.location)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn codes(location: &Location) -> Vec<&str> {
        location.geo_codes.iter().map(GeoCode::as_str).collect()
    }

    fn region(location: &Location) -> &str {
        location.region.as_ref().map_or("", Region::as_str)
    }

    #[rstest]
    #[case::codes_of_the_region("10.1.2.3/16=West Europe", "10.1.0.0/16", "westeurope", &["NL", "GEO-EU", "WORLD"])]
    #[case::codes_given("10.0.0.0/8=eastus,us-ny,US,GEO-NA", "10.0.0.0/8", "eastus", &["US-NY", "US", "GEO-NA", "WORLD"])]
    #[case::world_stays_last("::/0=uksouth,WORLD,GB", "::/0", "uksouth", &["GB", "WORLD"])]
    #[case::single_address("127.0.0.1 = japaneast", "127.0.0.1/32", "japaneast", &["JP", "GEO-AS", "WORLD"])]
    fn parses(
        #[case] text: &str,
        #[case] network: &str,
        #[case] want_region: &str,
        #[case] want_codes: &[&str],
    ) {
        let entry: ClientLocation = text.parse().unwrap();
        assert_eq!(entry.network.to_string(), network);
        assert_eq!(region(&entry.location), want_region);
        assert_eq!(codes(&entry.location), want_codes);
    }

    #[rstest]
    #[case("10.0.0.0/8", "\"10.0.0.0/8\" is not of the form CIDR=REGION[,GEO...]")]
    #[case(
        "10/8=eastus",
        "\"10/8=eastus\" does not start with a network such as 10.1.0.0/16 or 2001:db8::/32"
    )]
    #[case("10.0.0.0/8=", "\"10.0.0.0/8=\" does not name a region")]
    #[case(
        "10.0.0.0/8=moonbase",
        "\"10.0.0.0/8=moonbase\" names the region moonbase, which has no known place"
    )]
    #[case(
        "10.0.0.0/8=eastus,U S",
        "\"10.0.0.0/8=eastus,U S\" holds a bad geographic code"
    )]
    fn refuses(#[case] text: &str, #[case] want: &str) {
        let error = text.parse::<ClientLocation>().unwrap_err();
        assert_eq!(error.to_string(), want);
    }

    #[rstest]
    #[case::documentation_prefix("198.51.100.7", "westeurope", &["NL", "GEO-EU", "WORLD"])]
    #[case::documentation_prefix_v6("2001:db8:c::1", "southeastasia", &["SG", "GEO-AS", "WORLD"])]
    #[case::mapped_address("::ffff:198.51.100.7", "westeurope", &["NL", "GEO-EU", "WORLD"])]
    #[case::registry("200.1.2.3", "brazilsouth", &["GEO-SA", "WORLD"])]
    #[case::registry_v6("2c0f::1", "southafricanorth", &["GEO-AF", "WORLD"])]
    #[case::nobody("127.0.0.1", "", &["WORLD"])]
    #[case::given_wins("203.0.113.200", "uksouth", &["GB", "GEO-EU", "WORLD"])]
    #[case::longest_given_wins("203.0.113.1", "japaneast", &["JP", "GEO-AS", "WORLD"])]
    fn locates(#[case] client: IpAddr, #[case] want_region: &str, #[case] want_codes: &[&str]) {
        let given = ["203.0.113.0/28=japaneast", "203.0.0.0/8=uksouth"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let location = Locator::new(given).locate(client);
        assert_eq!(region(&location), want_region);
        assert_eq!(codes(&location), want_codes);
    }
}
