//! ARM ids of what an Azure endpoint points at.

use std::fmt;
use std::str::FromStr;

use crate::{Invalid, ResourceGroup, SubscriptionId};

/// The ARM id of a resource in a resource group. ARM compares ids without regard
/// to case; this one has fixed words in Azure's spelling and names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    subscription: SubscriptionId,
    group: ResourceGroup,
    /// Provider, and then types and names in turn.
    path: String,
}

const REQUIREMENT: &str = "must be the ARM id of a public IP address, a web app or a cloud service, such as /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/my-ip";

/// What Azure endpoints usually point at, in Azure's spelling.
const USUAL: &[(&str, &[&str])] = &[
    ("Microsoft.Network", &["publicIPAddresses"]),
    ("Microsoft.Web", &["sites", "slots"]),
    ("Microsoft.ClassicCompute", &["domainNames"]),
    ("Microsoft.Compute", &["cloudServices"]),
];

/// What people take for the resource, and what to say.
const MISTAKEN: &[(&str, &str)] = &[
    (
        "trafficmanagerprofiles",
        "a profile is no Azure endpoint: use `endpoint-type: Nested` and `target-profile`",
    ),
    (
        "loadbalancers",
        "a load balancer has no name of its own: give the id of its public IP address",
    ),
    (
        "applicationgateways",
        "an application gateway has no name of its own: give the id of its public IP address",
    ),
    (
        "managedclusters",
        "a cluster has no address of its own: give the id of the public IP address of the Service",
    ),
];

// === impl ResourceId ===

impl ResourceId {
    /// The subscription.
    pub fn subscription(&self) -> &SubscriptionId {
        &self.subscription
    }

    /// The name of the resource, in lower case.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for ResourceId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(REQUIREMENT);
        let parts: Vec<_> = text.trim().trim_matches('/').split('/').collect();
        let [s, subscription, g, group, p, provider, rest @ ..] = parts.as_slice() else {
            return Err(invalid());
        };
        let fixed = [
            (s, "subscriptions"),
            (g, "resourceGroups"),
            (p, "providers"),
        ];
        let is_fixed = fixed.iter().all(|(is, want)| is.eq_ignore_ascii_case(want));
        let printable = |part: &&str| {
            let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"?#%<>\"".contains(c);
            !part.is_empty() && part.chars().all(plain)
        };
        let in_pairs = !rest.is_empty() && rest.len().is_multiple_of(2);
        if !is_fixed || !in_pairs || !printable(provider) || !rest.iter().all(printable) {
            return Err(invalid());
        }
        let mistaken = |(kind, _): &&(&str, &str)| rest[0].eq_ignore_ascii_case(kind);
        if let Some((_, hint)) = MISTAKEN.iter().find(mistaken) {
            return Err(Invalid::new(*hint));
        }
        let usual = USUAL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(provider));
        let kinds = usual.map_or(&[][..], |(_, kinds)| kinds);
        let mut path = usual.map_or_else(
            || provider.to_ascii_lowercase(),
            |(name, _)| (*name).to_owned(),
        );
        for (index, part) in rest.iter().enumerate() {
            path.push('/');
            let spelling = kinds
                .iter()
                .find(|kind| index.is_multiple_of(2) && kind.eq_ignore_ascii_case(part));
            match spelling {
                Some(kind) => path.push_str(kind),
                None => path.push_str(&part.to_lowercase()),
            }
        }
        Ok(Self {
            subscription: subscription.parse().map_err(|_| invalid())?,
            group: group.parse().map_err(|_| invalid())?,
            path,
        })
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}/providers/{}",
            self.subscription, self.group, self.path
        )
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PREFIX: &str =
        "/subscriptions/00000000-0000-0000-0000-00000000000A/resourcegroups/My-RG/providers";

    #[rstest]
    #[case(
        "microsoft.network/publicIpAddresses/My-IP",
        "Microsoft.Network/publicIPAddresses/my-ip"
    )]
    #[case(
        "Microsoft.Web/Sites/App/Slots/Blue",
        "Microsoft.Web/sites/app/slots/blue"
    )]
    #[case("Microsoft.Other/Things/A", "microsoft.other/things/a")]
    fn ids_of_any_case_are_one(#[case] path: &str, #[case] canonical: &str) {
        let id: ResourceId = format!("{PREFIX}/{path}").parse().unwrap();
        let text = id.to_string();
        assert_eq!(
            text,
            format!(
                "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/my-rg/providers/{canonical}"
            )
        );
        assert_eq!(text.parse::<ResourceId>().unwrap(), id);
    }

    #[rstest]
    #[case("my-ip")]
    #[case("/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/a")]
    #[case(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses"
    )]
    #[case(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/"
    )]
    #[case("")]
    fn what_is_no_id(#[case] text: &str) {
        assert_eq!(
            text.parse::<ResourceId>().unwrap_err().to_string(),
            REQUIREMENT
        );
    }

    #[rstest]
    #[case(
        "Microsoft.Network/trafficManagerProfiles/p",
        "a profile is no Azure endpoint"
    )]
    #[case(
        "Microsoft.Network/loadBalancers/lb",
        "a load balancer has no name of its own"
    )]
    #[case(
        "Microsoft.ContainerService/managedClusters/aks",
        "a cluster has no address of its own"
    )]
    fn what_is_another_resource(#[case] path: &str, #[case] hint: &str) {
        let error = format!("{PREFIX}/{path}")
            .parse::<ResourceId>()
            .unwrap_err();
        assert!(error.to_string().starts_with(hint), "{error}");
    }
}
