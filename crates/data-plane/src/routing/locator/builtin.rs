//! The locations that need no configuration.

use ipnet::{IpNet, Ipv4Net};
use std::net::Ipv4Addr;

use super::{ClientLocation, Location};
use crate::region::Region;
use crate::values::GeoCode;

/// Prefixes reserved for documentation (RFC 5737, RFC 3849) stand for clients next to three regions on three
/// continents, so that examples and tests can ask as a client from there.
const DOCUMENTATION: &[(&str, &str)] = &[
    ("192.0.2.0/24", "eastus"),
    ("198.51.100.0/24", "westeurope"),
    ("203.0.113.0/24", "southeastasia"),
    ("2001:db8:a::/48", "eastus"),
    ("2001:db8:b::/48", "westeurope"),
    ("2001:db8:c::/48", "southeastasia"),
];

/// A regional Internet registry, the continent it serves (mostly), and the blocks that IANA designated to it.
struct Registry {
    region: &'static str,
    group: &'static str,
    /// Inclusive ranges of the first octet of IPv4 addresses.
    v4: &'static [(u8, u8)],
    v6: &'static str,
}

const REGISTRIES: &[Registry] = &[
    // AFRINIC
    Registry {
        region: "southafricanorth",
        group: "GEO-AF",
        v4: &[(41, 41), (102, 102), (105, 105), (154, 154), (196, 197)],
        v6: "2c00::/12",
    },
    // APNIC: Asia and the Pacific.
    Registry {
        region: "southeastasia",
        group: "GEO-AS",
        v4: &[
            (1, 1),
            (14, 14),
            (27, 27),
            (36, 36),
            (39, 39),
            (42, 43),
            (49, 49),
            (58, 61),
            (101, 101),
            (103, 103),
            (106, 106),
            (110, 126),
            (133, 133),
            (150, 150),
            (153, 153),
            (163, 163),
            (171, 171),
            (175, 175),
            (180, 180),
            (182, 183),
            (202, 203),
            (210, 211),
            (218, 223),
        ],
        v6: "2400::/12",
    },
    // ARIN: the United States, Canada and parts of the Caribbean.
    Registry {
        region: "eastus",
        group: "GEO-NA",
        v4: &[
            (3, 4),
            (8, 8),
            (12, 13),
            (15, 16),
            (18, 18),
            (20, 20),
            (23, 24),
            (34, 35),
            (40, 40),
            (44, 45),
            (47, 48),
            (50, 50),
            (52, 52),
            (54, 54),
            (63, 76),
            (96, 100),
            (104, 104),
            (107, 108),
            (128, 132),
            (134, 140),
            (142, 144),
            (146, 149),
            (152, 152),
            (155, 162),
            (164, 170),
            (172, 174),
            (184, 184),
            (192, 192),
            (198, 199),
            (204, 209),
            (216, 216),
        ],
        v6: "2600::/12",
    },
    // LACNIC: Latin America.
    Registry {
        region: "brazilsouth",
        group: "GEO-SA",
        v4: &[
            (177, 177),
            (179, 179),
            (181, 181),
            (186, 187),
            (189, 191),
            (200, 201),
        ],
        v6: "2800::/12",
    },
    // RIPE NCC: Europe and the Middle East.
    Registry {
        region: "westeurope",
        group: "GEO-EU",
        v4: &[
            (2, 2),
            (5, 5),
            (31, 31),
            (37, 37),
            (46, 46),
            (51, 51),
            (53, 53),
            (57, 57),
            (62, 62),
            (77, 95),
            (109, 109),
            (141, 141),
            (145, 145),
            (151, 151),
            (176, 176),
            (178, 178),
            (185, 185),
            (188, 188),
            (193, 195),
            (212, 213),
            (217, 217),
        ],
        v6: "2a00::/12",
    },
];

/// Private and shared addresses inside the blocks above, which are nowhere in particular (RFC 1918, RFC 6598).
const NOWHERE: &[&str] = &["172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

/// Builds the table.
pub(super) fn table() -> Vec<ClientLocation> {
    let documentation = DOCUMENTATION.iter().filter_map(|(network, region)| {
        let location = Location::near(Region::new(region).ok()?);
        entry(network, location)
    });
    let registries = REGISTRIES.iter().flat_map(|registry| {
        let location = continent(registry);
        let v6 = location
            .clone()
            .and_then(|location| entry(registry.v6, location));
        let v4 = registry.v4.iter().flat_map(|(first, last)| *first..=*last);
        let v4 = v4.filter_map(move |octet| {
            let network = Ipv4Net::new(Ipv4Addr::new(octet, 0, 0, 0), 8).ok()?;
            Some(ClientLocation {
                network: IpNet::V4(network),
                location: location.clone()?,
            })
        });
        v4.chain(v6)
    });
    let nowhere = NOWHERE
        .iter()
        .filter_map(|network| entry(network, Location::unknown()));
    documentation.chain(registries).chain(nowhere).collect()
}

fn entry(network: &str, location: Location) -> Option<ClientLocation> {
    let network = network.parse().ok()?;
    Some(ClientLocation { network, location })
}

fn continent(registry: &Registry) -> Option<Location> {
    Some(Location {
        region: Some(Region::new(registry.region).ok()?),
        geo_codes: vec![GeoCode::new(registry.group).ok()?, GeoCode::world()],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_constant_makes_it_into_the_table_exactly_once() {
        let table = table();
        let octets: usize = REGISTRIES
            .iter()
            .flat_map(|registry| registry.v4)
            .map(|(first, last)| usize::from(last - first) + 1)
            .sum();
        assert_eq!(
            table.len(),
            octets + REGISTRIES.len() + DOCUMENTATION.len() + NOWHERE.len()
        );
        let networks: HashSet<IpNet> = table.iter().map(|entry| entry.network).collect();
        assert_eq!(networks.len(), table.len());
        for entry in table {
            let region = entry.location.region;
            assert!(region.is_none_or(|region| region.is_known()));
        }
    }
}
