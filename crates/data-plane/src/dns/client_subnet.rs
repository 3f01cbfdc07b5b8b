//! The EDNS client subnet option (RFC 7871).

use std::net::IpAddr;

use hickory_proto::op::Edns;
use hickory_proto::rr::rdata::opt::{ClientSubnet, EdnsCode, EdnsOption};
use ipnet::IpNet;

/// A client subnet option as received, found to be well formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AskedSubnet {
    network: IpNet,
}

/// The option breaks a rule of RFC 7871 §6 or §7.1: it states a scope, has more bits than its family, sets bits beyond
/// its prefix, or appears twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl AskedSubnet {
    /// Reads the option of a query, if it has one.
    pub(super) fn of_query(edns: &Edns) -> Result<Option<Self>, Malformed> {
        let options = edns.options().get_all(EdnsCode::Subnet);
        let subnet = match options.as_slice() {
            [] => return Ok(None),
            [EdnsOption::Subnet(subnet)] => subnet,
            _ => return Err(Malformed),
        };
        if subnet.scope_prefix() != 0 {
            return Err(Malformed);
        }
        let network = IpNet::new(subnet.addr(), subnet.source_prefix()).map_err(|_| Malformed)?;
        if network.addr() == network.network() {
            Ok(Some(Self { network }))
        } else {
            Err(Malformed)
        }
    }

    /// An address to route by, or `None` where the client asked for its address not to be used (a prefix of no bits).
    pub(super) fn address(self) -> Option<IpAddr> {
        (self.network.prefix_len() > 0).then(|| self.network.addr())
    }

    /// The option of the answer. The scope is the whole subnet that was asked for where the answer depends on it, and
    /// no bits where every client gets the same.
    pub(super) fn echoed(self, depends_on_client: bool) -> EdnsOption {
        let prefix = self.network.prefix_len();
        let scope = if depends_on_client { prefix } else { 0 };
        EdnsOption::Subnet(ClientSubnet::new(self.network.addr(), prefix, scope))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn edns(options: &[ClientSubnet]) -> Edns {
        let mut edns = Edns::new();
        for option in options {
            edns.options_mut().insert(EdnsOption::Subnet(*option));
        }
        edns
    }

    fn subnet(address: &str, source: u8, scope: u8) -> ClientSubnet {
        ClientSubnet::new(address.parse().unwrap(), source, scope)
    }

    #[rstest]
    #[case::none(&[], Ok(None))]
    #[case::v4(&[subnet("198.51.100.0", 24, 0)], Ok(Some("198.51.100.0")))]
    #[case::v6(&[subnet("2001:db8::", 56, 0)], Ok(Some("2001:db8::")))]
    #[case::scope_in_a_query(&[subnet("198.51.100.0", 24, 24)], Err(Malformed))]
    #[case::bits_beyond_the_prefix(&[subnet("198.51.100.7", 24, 0)], Err(Malformed))]
    #[case::too_long(&[subnet("198.51.100.7", 33, 0)], Err(Malformed))]
    #[case::twice(&[subnet("198.51.100.0", 24, 0), subnet("198.51.100.0", 24, 0)], Err(Malformed))]
    fn reads(#[case] options: &[ClientSubnet], #[case] want: Result<Option<&str>, Malformed>) {
        let got = AskedSubnet::of_query(&edns(options));
        let address = got.map(|found| found.and_then(AskedSubnet::address));
        assert_eq!(
            address,
            want.map(|text| text.map(|text| text.parse().unwrap()))
        );
    }

    #[test]
    fn a_prefix_of_no_bits_hides_the_client() {
        let asked = AskedSubnet::of_query(&edns(&[subnet("0.0.0.0", 0, 0)]))
            .unwrap()
            .unwrap();
        assert_eq!(asked.address(), None);
    }

    #[rstest]
    #[case(true, 24)]
    #[case(false, 0)]
    fn echoes_with_a_scope(#[case] depends_on_client: bool, #[case] scope: u8) {
        let asked = AskedSubnet::of_query(&edns(&[subnet("198.51.100.0", 24, 0)]))
            .unwrap()
            .unwrap();
        assert_eq!(
            asked.echoed(depends_on_client),
            EdnsOption::Subnet(subnet("198.51.100.0", 24, scope))
        );
    }
}
