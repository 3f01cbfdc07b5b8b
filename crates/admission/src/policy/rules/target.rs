//! Where the endpoint points.

use members::annotation::Name;
use traffic_manager::RecordType;

use crate::policy::cel::{self, GROUP, GUID, PROFILE, matches};
use crate::policy::rule::Rule;

/// Addresses that nobody has on the internet, as blocks.
const RESERVED: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/128",
    "::1/128",
    "100::/64",
    "2001:2::/48",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];
/// What stands in the place of the resource's own id, and what is said about it.
const MISTAKEN: &[&str] = &[
    "trafficManagerProfiles",
    "loadBalancers",
    "applicationGateways",
    "managedClusters",
];
/// How an ARM id begins, up to the provider.
fn arm() -> String {
    format!("(?i)/*subscriptions/{GUID}/resourceGroups/{GROUP}/providers")
}

pub(super) fn variables() -> Vec<(&'static str, String)> {
    vec![
        (
            "@target_is_valid",
            format!(
                "@target == '' || @target.lowerAscii() in ['hostname', 'address'] || !{} || {} || {}",
                cel::is_ascii("@target"),
                cel::is_ip("@target"),
                cel::is_target_name("@target"),
            ),
        ),
        // The target, when it is a name, and when it is an address.
        (
            "@target_name",
            format!(
                "@kind == 'External' && {} ? {} : ''",
                cel::is_target_name("@target"),
                cel::canonical("@target"),
            ),
        ),
        (
            "@target_address",
            "@kind == 'External' && isIP(@target) ? string(ip(@target)) : ''".to_owned(),
        ),
        (
            "@resource_is_an_id",
            matches(
                "@target_resource_id",
                &format!(
                    r#"{}/[^\x00-\x20\x7f-\x9f?#%<>"/]+(/[^\x00-\x20\x7f-\x9f?#%<>"/]+/[^\x00-\x20\x7f-\x9f?#%<>"/]+)+/*"#,
                    arm()
                ),
            ),
        ),
        (
            "@child_is_a_profile",
            format!(
                "@target_profile.contains('/') ? {} : {}",
                matches(
                    "@target_profile",
                    &format!(
                        "{}/Microsoft\\.Network/trafficManagerProfiles/{PROFILE}/*",
                        arm()
                    ),
                ),
                matches("@target_profile", PROFILE),
            ),
        ),
        // Where the parent is, which decides where a child is.
        (
            "@place_is_valid",
            "@subscription_is_valid && @group_is_valid && @profile_is_valid".to_owned(),
        ),
    ]
}

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = vec![
        Rule::on(Name::Target, "20.1.2.3:443").holds("@kind != 'External' || @target_is_valid"),
        Rule::on(Name::Target, "my-app.example.com")
            .with(Name::Hostname, "my-app.example.com")
            .holds("@target_name == '' || @target_name != @vanity_host"),
        Rule::among(&[(Name::Target, "10.1.2.3")])
            .part("10.1.2.3", "@target_address")
            .holds(format!(
                "@target_address == '' || !{}.exists(block, cidr(block).containsIP(@target_address))",
                cel::list(RESERVED.iter().copied())
            ))
            .late(),
        Rule::among(&[(Name::RoutingMethod, "MultiValue"), (Name::Target, "my-app.example.net")])
            .part("my-app.example.net", "@target_name")
            .holds("@method != 'MultiValue' || @target_name == ''")
            .late(),
        Rule::among(&[
            (Name::RoutingMethod, "MultiValue"),
            (Name::EndpointType, "Nested"),
            (Name::TargetProfile, "my-app-europe"),
        ])
        .part("this one is Nested", "'this one is ' + @kind")
        .holds("@method != 'MultiValue' || @kind in ['', 'External']")
        .late(),
    ];
    rules.extend(
        RecordType::ALL
            .iter()
            .map(|record_type| typed(*record_type)),
    );
    rules.extend(resources());
    rules.extend(children());
    rules
}

/// A typed profile has targets of its type only.
fn typed(record_type: RecordType) -> Rule {
    let word = record_type.as_str();
    let (suits, bad) = match record_type {
        RecordType::A => (
            "@target_address != '' && ip(@target_address).family() == 4",
            "my-app.example.net",
        ),
        RecordType::Aaaa => (
            "@target_address != '' && ip(@target_address).family() == 6",
            "20.1.2.3",
        ),
        RecordType::Cname => ("@target_name != ''", "20.1.2.3"),
    };
    Rule::on(Name::RecordType, word)
        .with(Name::Target, bad)
        .part(bad, "@target_name + @target_address")
        .holds(format!(
            "@record_type.lowerAscii() != '{}' || (@target_name == '' && @target_address == '') || ({suits})",
            word.to_lowercase()
        ))
        .late()
}

fn resources() -> Vec<Rule> {
    let name = Name::TargetResourceId;
    let id = |kind: &str| {
        format!(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/{kind}/my-app"
        )
    };
    let is_mistaken =
        |kind: &str| matches("@target_resource_id", &format!("{}/[^/]+/{kind}/.*", arm()));
    let mut rules = vec![
        Rule::on(name, "my-ip")
            .with(Name::EndpointType, "Azure")
            .holds("@kind != 'Azure' || @target_resource_id == '' || @resource_is_an_id"),
    ];
    rules.extend(MISTAKEN.iter().map(|kind| {
        Rule::on(name, &id(kind))
            .with(Name::EndpointType, "Azure")
            .holds(format!(
                "@kind != 'Azure' || !@resource_is_an_id || !{}",
                is_mistaken(kind)
            ))
    }));
    rules
}

/// Without a valid place of the parent, which CEL cannot always judge, the parser
/// does not look at the child.
fn children() -> [Rule; 3] {
    let name = Name::TargetProfile;
    let nested = (Name::EndpointType, "Nested");
    [
        Rule::among(&[nested])
            .holds("@kind != 'Nested' || !@place_is_valid || @target_profile != ''")
            .late(),
        Rule::on(name, "my_app")
            .with(nested.0, nested.1)
            .holds("@kind != 'Nested' || !@place_is_valid || @target_profile == '' || @child_is_a_profile")
            .late(),
        Rule::on(name, "my-app")
            .with(nested.0, nested.1)
            .with(Name::ProfileName, "my-app")
            .holds("@kind != 'Nested' || !@place_is_valid || @target_profile == '' || @profile_name == '' || @target_profile.lowerAscii() != @profile_name.lowerAscii()")
            .late(),
    ]
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use traffic_manager::Target;

    use super::*;

    /// First and last address of each block of one family, as numbers as long as these.
    fn blocks(bits: u32) -> Vec<(u128, u128)> {
        let blocks = RESERVED.iter().filter_map(|block| {
            let (address, length) = block.split_once('/').unwrap();
            let first = match address.parse().unwrap() {
                IpAddr::V4(address) if bits == 32 => u32::from(address).into(),
                IpAddr::V6(address) if bits == 128 => u128::from(address),
                _ => return None,
            };
            let length: u32 = length.parse().unwrap();
            Some((first, first + ((1 << (bits - length)) - 1)))
        });
        blocks.collect()
    }

    fn is_listed(blocks: &[(u128, u128)], address: u128) -> bool {
        let mut blocks = blocks.iter();
        blocks.any(|(first, last)| (*first..=*last).contains(&address))
    }

    /// Every network of 65,536 addresses, and in those parts of the address space where smaller ones are
    /// reserved, every network of 256.
    #[test]
    fn reserved_addresses_of_ipv4_are_those_of_the_parser() {
        let listed = blocks(32);
        let wide = (0..1_u32 << 16).map(|network| network << 16);
        let narrow = [192_u32, 198, 203].into_iter().flat_map(|first| {
            let network = first << 24;
            (0..1 << 16).map(move |rest| network | rest << 8)
        });
        for address in wide.chain(narrow) {
            let target = Target::V4(Ipv4Addr::from(address));
            assert_eq!(
                target.is_reserved(),
                is_listed(&listed, address.into()),
                "{target}"
            );
        }
    }

    /// The first and the last address of each block, and their neighbours.
    #[test]
    fn reserved_addresses_of_ipv6_are_those_of_the_parser() {
        let listed = blocks(128);
        assert_eq!(listed.len() + blocks(32).len(), RESERVED.len());
        let ends = listed.iter().flat_map(|(first, last)| {
            let neighbours = [first.wrapping_sub(1), last.wrapping_add(1)];
            [*first, *last].into_iter().chain(neighbours)
        });
        for address in ends {
            let target = Target::V6(Ipv6Addr::from(address));
            assert_eq!(
                target.is_reserved(),
                is_listed(&listed, address),
                "{target}"
            );
        }
    }
}
