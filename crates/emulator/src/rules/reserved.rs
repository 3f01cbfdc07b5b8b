//! Addresses that no public endpoint can have: private, shared, local, documentation, benchmark and multicast ranges
//! (RFC 1918, 6890, 5737, 3068, 2544, 5771 and the IPv6 counterparts).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Network and prefix length of the refused IPv4 ranges.
const V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Network and prefix length of the refused IPv6 ranges.
const V6: [([u16; 8], u32); 8] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 127),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    ([0x2001, 0x2, 0, 0, 0, 0, 0, 0], 48),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// Whether the service refuses the address as a target.
pub(super) fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => V4.iter().any(|(network, length)| {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            u32::from(address) & mask == u32::from(Ipv4Addr::from(*network))
        }),
        IpAddr::V6(address) => V6.iter().any(|(network, length)| {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            u128::from(address) & mask == u128::from(Ipv6Addr::from(*network))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("10.1.2.3", true)]
    #[case("127.0.0.1", true)]
    #[case("172.31.255.255", true)]
    #[case("172.32.0.0", false)]
    #[case("198.51.100.7", true)]
    #[case("255.255.255.255", true)]
    #[case("20.1.2.3", false)]
    #[case("8.8.8.8", false)]
    #[case("::1", true)]
    #[case("::ffff:8.8.8.8", true)]
    #[case("fd00::1", true)]
    #[case("2001:db8::1", true)]
    #[case("2603:1030::1", false)]
    fn ranges(#[case] address: &str, #[case] reserved: bool) {
        assert_eq!(is_reserved(address.parse().unwrap()), reserved);
    }
}
