//! What an alias record set points at.

use std::fmt;

use traffic_manager::ProfileId;

/// The ARM id of the resource behind an alias, in Azure's spelling. ARM compares
/// ids without regard to letter case, and so do these.
#[derive(Debug, Clone)]
pub struct ResourceId(String);

// === impl ResourceId ===

impl ResourceId {
    /// The id that Azure shows. Whatever it is, it is a resource of somebody's.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Traffic Manager profile that it is, if it is one.
    pub fn profile(&self) -> Option<ProfileId> {
        self.0.parse().ok()
    }
}

impl From<&ProfileId> for ResourceId {
    fn from(id: &ProfileId) -> Self {
        Self(id.arm_id())
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.0
            .trim_matches('/')
            .eq_ignore_ascii_case(other.0.trim_matches('/'))
    }
}

impl Eq for ResourceId {}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_case_are_one() {
        let shown = ResourceId::of(
            "/subscriptions/00000000-0000-0000-0000-00000000000A/resourceGroups/RG/providers/Microsoft.Network/trafficManagerProfiles/App",
        );
        let profile = shown.profile().unwrap();
        assert_eq!(ResourceId::from(&profile), shown);
        assert_eq!(profile.name.as_str().to_lowercase(), "app");
    }

    #[test]
    fn other_resources_are_no_profile() {
        assert_eq!(ResourceId::of("/subscriptions/x/…/cdn").profile(), None);
    }
}
