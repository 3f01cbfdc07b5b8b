//! Address ranges, which Subnet routing maps to endpoints.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::Invalid;
use crate::profile::Subnet;

/// A range of addresses of one family, `first` ≤ `last`. Written as a CIDR
/// block when it is one (`203.0.113.0/24`), else as `first-last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubnetRange {
    first: IpAddr,
    last: IpAddr,
}

/// The ranges of one endpoint: at least one, sorted, without overlap. Ranges
/// of different endpoints of a profile must not overlap either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnets(Vec<SubnetRange>);

const REQUIREMENT: &str =
    "must be address ranges such as 203.0.113.0/24 or 203.0.113.4-203.0.113.9, separated by commas";

// === impl SubnetRange ===

impl SubnetRange {
    /// A range; `None` when the families differ or `first` is after `last`.
    pub fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    /// Whether the two ranges have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4()
            && self.first <= other.last
            && other.first <= self.last
    }

    /// The CIDR block that is exactly this range, if there is one.
    fn as_block(&self) -> Option<IpNet> {
        let longest = if self.first.is_ipv4() { 32 } else { 128 };
        (0..=longest)
            .filter_map(|prefix| IpNet::new(self.first, prefix).ok())
            .find(|block| block.network() == self.first && block.broadcast() == self.last)
    }

    /// The range as Azure's JSON: blocks with a scope, others with a last address.
    pub fn to_wire(&self) -> Subnet {
        let block = self.as_block();
        Subnet {
            first: Some(self.first.to_string()),
            last: block.is_none().then(|| self.last.to_string()),
            scope: block.map(|block| i64::from(block.prefix_len())),
        }
    }

    /// The range that Azure's JSON describes; `None` when it describes none.
    pub fn from_wire(subnet: &Subnet) -> Option<Self> {
        let first: IpAddr = subnet.first.as_deref()?.parse().ok()?;
        match (subnet.last.as_deref(), subnet.scope) {
            (Some(last), _) => Self::new(first, last.parse().ok()?),
            (None, Some(scope)) => {
                let block = IpNet::new(first, u8::try_from(scope).ok()?).ok()?;
                Self::new(first, block.broadcast())
            }
            (None, None) => Self::new(first, first),
        }
    }
}

impl FromStr for SubnetRange {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(REQUIREMENT);
        let text = text.trim();
        let address = |text: &str| text.trim().parse::<IpAddr>().map_err(|_| invalid());
        if text.contains('/') {
            let block: IpNet = text.parse().map_err(|_| invalid())?;
            if block.network() != block.addr() {
                return Err(Invalid::new(format!(
                    "must start at the network address of its block: {}",
                    block.trunc()
                )));
            }
            Self::new(block.network(), block.broadcast()).ok_or_else(invalid)
        } else if let Some((first, last)) = text.split_once('-') {
            Self::new(address(first)?, address(last)?).ok_or_else(invalid)
        } else {
            let only = address(text)?;
            Self::new(only, only).ok_or_else(invalid)
        }
    }
}

impl fmt::Display for SubnetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_block() {
            Some(block) => block.fmt(f),
            None => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

// === impl Subnets ===

impl Subnets {
    /// The ranges, sorted.
    pub fn ranges(&self) -> &[SubnetRange] {
        &self.0
    }

    /// The given ranges, sorted, each once; `None` when there are none.
    pub fn from_ranges(ranges: impl IntoIterator<Item = SubnetRange>) -> Option<Self> {
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        ranges.sort_unstable();
        ranges.dedup();
        (!ranges.is_empty()).then_some(Self(ranges))
    }
}

impl FromStr for Subnets {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let ranges: Result<Vec<SubnetRange>, _> = text.split(',').map(str::parse).collect();
        let subnets = Self::from_ranges(ranges?).ok_or_else(|| Invalid::new(REQUIREMENT))?;
        for (left, right) in subnets.0.iter().zip(subnets.0.iter().skip(1)) {
            if left.overlaps(right) {
                return Err(Invalid::new(format!(
                    "must not hold overlapping ranges: {left} and {right}"
                )));
            }
        }
        Ok(subnets)
    }
}

impl fmt::Display for Subnets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            range.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("203.0.113.0/24", Ok("203.0.113.0/24"))]
    #[case("203.0.113.0-203.0.113.255", Ok("203.0.113.0/24"))]
    #[case("203.0.113.4", Ok("203.0.113.4/32"))]
    #[case("10.0.0.9-10.0.0.12, 10.0.0.1", Ok("10.0.0.1/32,10.0.0.9-10.0.0.12"))]
    #[case("2001:db8::/32", Ok("2001:db8::/32"))]
    #[case(
        "203.0.113.7/24",
        Err("must start at the network address of its block: 203.0.113.0/24")
    )]
    #[case(
        "10.0.0.0/24,10.0.0.128/25",
        Err("must not hold overlapping ranges: 10.0.0.0/24 and 10.0.0.128/25")
    )]
    #[case("10.0.0.9-10.0.0.1", Err(REQUIREMENT))]
    #[case("", Err(REQUIREMENT))]
    fn ranges(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        let parsed = text.parse::<Subnets>().map(|s| s.to_string());
        assert_eq!(parsed, expected.map(str::to_owned).map_err(Invalid::new));
    }

    proptest! {
        #[test]
        fn text_and_wire_round_trip(a: u32, b: u32) {
            let (first, last) = (a.min(b), a.max(b));
            let range = SubnetRange::new(
                IpAddr::V4(first.into()),
                IpAddr::V4(last.into()),
            ).unwrap();
            prop_assert_eq!(range.to_string().parse::<SubnetRange>().unwrap(), range);
            prop_assert_eq!(SubnetRange::from_wire(&range.to_wire()), Some(range));
        }
    }
}
