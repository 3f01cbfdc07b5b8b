//! Where a profile lives: subscription, resource group, ARM id.

use std::fmt;
use std::str::FromStr;

use crate::{Invalid, ProfileName};

/// An Azure subscription: a GUID, held in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(String);

/// A resource group: 1 to 90 letters, digits, `_`, `-`, `.`, `(` and `)`, not
/// ending in a period. ARM compares it without regard to case; it is held in
/// lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceGroup(String);

/// The identity of a profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource group.
    pub resource_group: ResourceGroup,
    /// The ARM name.
    pub name: ProfileName,
}

// === impl SubscriptionId ===

impl SubscriptionId {
    /// The GUID in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SubscriptionId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let id = text.trim().to_ascii_lowercase();
        let lengths = [8, 4, 4, 4, 12];
        let parts: Vec<_> = id.split('-').collect();
        let is_guid = parts.len() == lengths.len()
            && parts.iter().zip(lengths).all(|(part, length)| {
                part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit())
            });
        if is_guid {
            Ok(Self(id))
        } else {
            Err(Invalid::new(
                "must be a GUID such as 00000000-0000-0000-0000-000000000000",
            ))
        }
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl ResourceGroup ===

impl ResourceGroup {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResourceGroup {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.trim().to_lowercase();
        let allowed = |c: char| c.is_alphanumeric() || "_-.()".contains(c);
        let fits = (1..=90).contains(&name.chars().count());
        if fits && name.chars().all(allowed) && !name.ends_with('.') {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "must be 1 to 90 letters, digits, or any of _ - . ( ), and not end with a period",
            ))
        }
    }
}

impl fmt::Display for ResourceGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl ProfileId ===

impl ProfileId {
    /// The ARM id, for example
    /// `/subscriptions/…/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/app`.
    pub fn arm_id(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/trafficManagerProfiles/{}",
            self.subscription, self.resource_group, self.name
        )
    }
}

impl FromStr for ProfileId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be the ARM id of a Traffic Manager profile");
        let parts: Vec<_> = text.trim_matches('/').split('/').collect();
        let [s, subscription, g, group, p, provider, kind, name] = parts.as_slice() else {
            return Err(invalid());
        };
        let fixed = [
            (s, "subscriptions"),
            (g, "resourceGroups"),
            (p, "providers"),
            (provider, "Microsoft.Network"),
            (kind, "trafficManagerProfiles"),
        ];
        if fixed
            .iter()
            .any(|(is, want)| !is.eq_ignore_ascii_case(want))
        {
            return Err(invalid());
        }
        Ok(Self {
            subscription: subscription.parse()?,
            resource_group: group.parse()?,
            name: name.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_case_are_the_same() {
        let one: ProfileId = "/subscriptions/00000000-0000-0000-0000-00000000000A/resourceGroups/My-RG/providers/Microsoft.Network/trafficmanagerprofiles/App"
            .parse()
            .unwrap();
        let other: ProfileId = one.arm_id().parse().unwrap();
        assert_eq!(one, other);
        assert_eq!(one.resource_group.as_str(), "my-rg");
    }

    #[test]
    fn other_resources_are_not_profiles() {
        let error = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/dnsZones/x"
            .parse::<ProfileId>();
        assert!(error.is_err());
    }

    #[test]
    fn subscriptions_are_guids() {
        assert!("not-a-guid".parse::<SubscriptionId>().is_err());
        assert!(
            "00000000-0000-0000-0000-000000000000"
                .parse::<SubscriptionId>()
                .is_ok()
        );
    }
}
