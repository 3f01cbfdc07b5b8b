//! Static address records of names outside the Traffic Manager zone.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use crate::name::{Fqdn, InvalidName};

/// One `NAME=ADDRESS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneRecord {
    /// The name.
    pub name: Fqdn,
    /// An address of it.
    pub address: IpAddr,
}

/// Why a text is not a `NAME=ADDRESS`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidZoneRecord {
    /// There is no equals sign.
    #[error("{0:?} is not of the form NAME=ADDRESS")]
    Form(String),
    /// The name is not a domain name.
    #[error("{text:?} does not start with a domain name")]
    Name {
        /// The record as given.
        text: String,
        /// What is wrong with the name.
        #[source]
        source: InvalidName,
    },
    /// The address is neither IPv4 nor IPv6.
    #[error("{text:?} does not end with an IP address")]
    Address {
        /// The record as given.
        text: String,
        /// What is wrong with the address.
        #[source]
        source: std::net::AddrParseError,
    },
}

impl FromStr for ZoneRecord {
    type Err = InvalidZoneRecord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((name, address)) = text.split_once('=') else {
            return Err(InvalidZoneRecord::Form(text.to_owned()));
        };
        let name = Fqdn::new(name.trim()).map_err(|source| InvalidZoneRecord::Name {
            text: text.to_owned(),
            source,
        })?;
        let address = address
            .trim()
            .parse()
            .map_err(|source| InvalidZoneRecord::Address {
                text: text.to_owned(),
                source,
            })?;
        Ok(Self { name, address })
    }
}

/// Static addresses by name; a name may have several, of both families.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneRecords(BTreeMap<Fqdn, Vec<IpAddr>>);

impl ZoneRecords {
    /// Parses `NAME=ADDRESS` texts.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidZoneRecord> {
        texts.into_iter().map(str::parse::<ZoneRecord>).collect()
    }

    /// The addresses of a name in the order given, or `None` for a name that is not held here.
    pub fn addresses(&self, name: &Fqdn) -> Option<&[IpAddr]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

impl FromIterator<ZoneRecord> for ZoneRecords {
    fn from_iter<T: IntoIterator<Item = ZoneRecord>>(records: T) -> Self {
        let mut by_name: BTreeMap<Fqdn, Vec<IpAddr>> = BTreeMap::new();
        for ZoneRecord { name, address } in records {
            let addresses = by_name.entry(name).or_default();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Self(by_name)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn collects_the_addresses_of_one_name_without_duplicates() {
        let zone = ZoneRecords::parse([
            "App.example.com=192.0.2.1",
            "app.example.com.=2001:db8::1",
            "app.example.com=192.0.2.1",
        ])
        .unwrap();
        let want: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let name = Fqdn::new("app.example.com").unwrap();
        assert_eq!(zone.addresses(&name), Some(want.as_slice()));
        assert_eq!(zone.addresses(&Fqdn::new("example.com").unwrap()), None);
    }

    #[rstest]
    #[case(
        "app.example.com",
        "\"app.example.com\" is not of the form NAME=ADDRESS"
    )]
    #[case("=192.0.2.1", "\"=192.0.2.1\" does not start with a domain name")]
    #[case("app=nowhere", "\"app=nowhere\" does not end with an IP address")]
    #[case(
        "app=192.0.2.1:80",
        "\"app=192.0.2.1:80\" does not end with an IP address"
    )]
    fn refuses(#[case] text: &str, #[case] want: &str) {
        assert_eq!(ZoneRecords::parse([text]).unwrap_err().to_string(), want);
    }
}
