//! Azure regions: names, places on the globe, and the distance that stands in for network latency.

mod catalog;

use std::fmt;
use std::str::FromStr;

use crate::values::GeoCode;
use catalog::{CATALOG, Place};

/// The mean radius of the Earth in kilometres.
const EARTH_RADIUS_KM: f64 = 6371.0;

/// An Azure region by its programmatic name, for example `westus2`.
///
/// Azure takes `westus2` and answers `West US 2`; both spellings are the same region here. A region that this build
/// does not know is kept: it has no place on the globe, but it still equals itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Box<str>);

/// A text that cannot name a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of an Azure region such as `westeurope` or `West Europe`")]
pub struct InvalidRegion(String);

impl Region {
    /// Parses either spelling.
    pub fn new(text: &str) -> Result<Self, InvalidRegion> {
        let name: String = text
            .chars()
            .filter(|c| *c != ' ')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let well_formed = (2..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
            && !name.bytes().all(|b| b.is_ascii_digit());
        if well_formed {
            Ok(Self(name.into()))
        } else {
            Err(InvalidRegion(text.to_owned()))
        }
    }

    /// The programmatic name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this build knows where the region is.
    pub fn is_known(&self) -> bool {
        self.place().is_some()
    }

    /// The geographic codes of a client in this region, from the most specific to `WORLD`; only `WORLD` for an unknown
    /// region.
    pub fn geo_codes(&self) -> Vec<GeoCode> {
        let codes = self.place().map_or("", |place| place.geo_codes);
        codes
            .split_ascii_whitespace()
            .filter_map(|code| GeoCode::new(code).ok())
            .chain([GeoCode::world()])
            .collect()
    }

    /// The great-circle distance to another region in kilometres; zero to itself and infinite where one of the two is
    /// unknown.
    ///
    /// Azure picks by a table of measured latencies that it does not publish. Distance is a fair stand-in: it agrees
    /// with latency on continents and neighbouring regions, and not always between regions that are nearly as far.
    pub fn distance_km(&self, other: &Self) -> f64 {
        if self == other {
            return 0.0;
        }
        match (self.place(), other.place()) {
            (Some(here), Some(there)) => great_circle_km(here, there),
            _ => f64::INFINITY,
        }
    }

    fn place(&self) -> Option<&'static Place> {
        CATALOG.iter().find(|place| place.region == &*self.0)
    }
}

/// The haversine formula.
fn great_circle_km(a: &Place, b: &Place) -> f64 {
    let (lat_a, lat_b) = (a.latitude.to_radians(), b.latitude.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.longitude - a.longitude).to_radians() / 2.0;
    let chord = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rstest::rstest;

    use super::*;

    fn region(name: &str) -> Region {
        Region::new(name).unwrap()
    }

    #[test]
    fn the_catalog_is_well_formed() {
        let mut names = HashSet::new();
        for place in CATALOG {
            assert_eq!(region(place.region).as_str(), place.region);
            assert!(names.insert(place.region), "{} twice", place.region);
            assert!(place.latitude.abs() < 70.0 && place.longitude.abs() <= 180.0);
            let codes = region(place.region).geo_codes();
            assert!(codes.len() >= 3, "{codes:?}");
            assert!(codes[codes.len() - 2].as_str().starts_with("GEO-"));
            assert_eq!(codes.last(), Some(&GeoCode::world()));
        }
    }

    #[rstest]
    #[case("West US 2", "westus2")]
    #[case("UKSOUTH", "uksouth")]
    #[case("moonbase1", "moonbase1")]
    fn both_spellings_are_one_region(#[case] text: &str, #[case] want: &str) {
        assert_eq!(region(text).as_str(), want);
    }

    #[rstest]
    #[case("")]
    #[case("7")]
    #[case("west-europe")]
    #[case("10.0.0.0/8")]
    fn refuses(#[case] text: &str) {
        assert_eq!(Region::new(text), Err(InvalidRegion(text.to_owned())));
    }

    #[test]
    fn distances_are_symmetric_and_plausible() {
        let (dublin, amsterdam, sydney) = (
            region("northeurope"),
            region("westeurope"),
            region("australiaeast"),
        );
        let near = dublin.distance_km(&amsterdam);
        assert!((700.0..900.0).contains(&near), "{near}");
        assert!((near - amsterdam.distance_km(&dublin)).abs() < 1e-6);
        assert!(dublin.distance_km(&sydney) > 15_000.0);
        assert!(dublin.distance_km(&dublin) < f64::EPSILON);
        assert!(region("moonbase1").distance_km(&dublin).is_infinite());
        assert!(region("moonbase1").distance_km(&region("moonbase1")) < f64::EPSILON);
    }
}
