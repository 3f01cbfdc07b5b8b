//! Validated numbers, codes and address ranges of profiles and endpoints.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Why a value cannot be part of a profile or an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// A number outside its range.
    #[error("{what} {value} is not between {min} and {max}")]
    OutOfRange {
        /// What the number means.
        what: &'static str,
        /// The number given.
        value: u64,
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// A text that is not a geographic code.
    #[error("{0:?} is not a geographic code such as `WORLD`, `GEO-EU`, `DE` or `US-CA`")]
    GeoCode(String),
    /// A range of addresses whose ends are of different families.
    #[error("the range {first} to {last} mixes IPv4 and IPv6")]
    MixedFamilies {
        /// The first address given.
        first: IpAddr,
        /// The last address given.
        last: IpAddr,
    },
    /// A range of addresses that ends before it starts.
    #[error("the range {first} to {last} ends before it starts")]
    Backwards {
        /// The first address given.
        first: IpAddr,
        /// The last address given.
        last: IpAddr,
    },
}

fn within<T: Into<u64> + Copy>(
    what: &'static str,
    value: T,
    min: u64,
    max: u64,
) -> Result<T, InvalidValue> {
    let number = value.into();
    if (min..=max).contains(&number) {
        Ok(value)
    } else {
        Err(InvalidValue::OutOfRange {
            what,
            value: number,
            min,
            max,
        })
    }
}

/// The share of queries of an endpoint under weighted routing, 1 to 1000, relative to the other endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u16);

impl Weight {
    /// Azure's default for an endpoint that states none.
    pub const DEFAULT: Self = Self(1);

    /// Checks the range 1 to 1000.
    pub fn new(value: u16) -> Result<Self, InvalidValue> {
        within("the weight", value, 1, 1000).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The rank of an endpoint under priority routing, 1 (first) to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u16);

impl Priority {
    /// Checks the range 1 to 1000.
    pub fn new(value: u16) -> Result<Self, InvalidValue> {
        within("the priority", value, 1, 1000).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The time to live of a profile's answers in seconds, 0 to 2 147 483 647 (RFC 2181 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

impl Ttl {
    /// The longest time that DNS can express.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// Checks the range.
    pub fn new(seconds: u32) -> Result<Self, InvalidValue> {
        within("the TTL", seconds, 0, u64::from(Self::MAX.0)).map(Self)
    }

    /// The number of seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// How many addresses one multi-value answer carries at most, 1 to 10.
///
/// Azure's documents disagree about the upper bound (8 and 10); the data plane takes the larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaxReturn(u8);

impl MaxReturn {
    /// What Azure answers with where a profile states nothing.
    pub const DEFAULT: Self = Self(2);

    /// Checks the range 1 to 10.
    pub fn new(value: u8) -> Result<Self, InvalidValue> {
        within("the maximum number of answers", value, 1, 10).map(Self)
    }

    /// The number.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// A node of Azure's geographic hierarchy: `WORLD`, a group (`GEO-EU`), a country (`DE`) or a part of one (`US-CA`).
///
/// Only the shape is checked. Which codes exist is a matter of the service that stores profiles, not of routing: a code
/// that no client carries is simply never matched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GeoCode(Box<str>);

impl GeoCode {
    /// Parses a code; letter case does not matter.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let well_formed = (2..=16).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if well_formed {
            Ok(Self(text.to_ascii_uppercase().into()))
        } else {
            Err(InvalidValue::GeoCode(text.to_owned()))
        }
    }

    /// The root of the hierarchy, which every client belongs to.
    pub fn world() -> Self {
        Self("WORLD".into())
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GeoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for GeoCode {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

/// An inclusive range of addresses of one family, as subnet routing maps it to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    first: IpAddr,
    last: IpAddr,
}

impl AddressRange {
    /// A range from `first` to `last`, both included.
    pub fn new(first: IpAddr, last: IpAddr) -> Result<Self, InvalidValue> {
        if first.is_ipv4() != last.is_ipv4() {
            return Err(InvalidValue::MixedFamilies { first, last });
        }
        if last < first {
            return Err(InvalidValue::Backwards { first, last });
        }
        Ok(Self { first, last })
    }

    /// Whether the address lies in the range; an address of the other family never does.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }

    /// The number of addresses after the first one: the smaller, the more specific the range is.
    pub fn span(&self) -> u128 {
        ordinal(self.last).saturating_sub(ordinal(self.first))
    }
}

fn ordinal(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl From<IpNet> for AddressRange {
    fn from(net: IpNet) -> Self {
        Self {
            first: net.network(),
            last: net.broadcast(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn numbers_accept_exactly_their_range() {
        assert!(Weight::new(0).is_err());
        assert_eq!(Weight::new(1000).unwrap().get(), 1000);
        assert!(Weight::new(1001).is_err());
        assert!(Priority::new(0).is_err());
        assert_eq!(Priority::new(1).unwrap().get(), 1);
        assert!(Ttl::new(0x8000_0000).is_err());
        assert_eq!(Ttl::new(0).unwrap().seconds(), 0);
        assert!(MaxReturn::new(0).is_err());
        assert!(MaxReturn::new(11).is_err());
        assert_eq!(
            Weight::new(1001).unwrap_err().to_string(),
            "the weight 1001 is not between 1 and 1000"
        );
    }

    #[rstest]
    #[case("world", Some("WORLD"))]
    #[case("us-ca", Some("US-CA"))]
    #[case("D", None)]
    #[case("", None)]
    #[case("GEO EU", None)]
    #[case("-EU", None)]
    fn geographic_codes(#[case] text: &str, #[case] want: Option<&str>) {
        assert_eq!(
            GeoCode::new(text)
                .ok()
                .map(|code| code.to_string())
                .as_deref(),
            want
        );
    }

    #[rstest]
    #[case("10.0.0.0", "10.0.0.9", "10.0.0.9", true)]
    #[case("10.0.0.0", "10.0.0.9", "10.0.0.10", false)]
    #[case("10.0.0.0", "10.0.0.9", "::ffff:10.0.0.1", false)]
    #[case("2001:db8::", "2001:db8::ff", "2001:db8::1f", true)]
    fn ranges_include_both_ends_and_one_family(
        #[case] first: IpAddr,
        #[case] last: IpAddr,
        #[case] probe: IpAddr,
        #[case] want: bool,
    ) {
        assert_eq!(
            AddressRange::new(first, last).unwrap().contains(probe),
            want
        );
    }

    #[test]
    fn ranges_refuse_nonsense() {
        let (low, high, six): (IpAddr, IpAddr, IpAddr) = (
            "10.0.0.1".parse().unwrap(),
            "10.0.0.2".parse().unwrap(),
            "::1".parse().unwrap(),
        );
        assert!(matches!(
            AddressRange::new(high, low),
            Err(InvalidValue::Backwards { .. })
        ));
        assert!(matches!(
            AddressRange::new(low, six),
            Err(InvalidValue::MixedFamilies { .. })
        ));
    }

    #[test]
    fn a_network_is_the_range_from_its_first_to_its_last_address() {
        let net: IpNet = "10.1.2.3/8".parse().unwrap();
        let range = AddressRange::from(net);
        assert!(range.contains("10.255.255.255".parse().unwrap()));
        assert!(!range.contains("11.0.0.0".parse().unwrap()));
        assert_eq!(range.span(), 0x00ff_ffff);
    }
}
