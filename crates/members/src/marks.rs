//! Marks: the tags by which a profile says that this system made it, who
//! decides its settings, which vanity host it serves, and since when it is
//! empty.

use jiff::Timestamp;
use traffic_manager::Hostname;
use traffic_manager::profile::Profile;

use crate::owner::OwnerId;

/// How the names of all our tags begin.
pub const TAG_PREFIX: &str = "externaldns-";
/// Tag that marks a profile as made by this system.
pub const MANAGED_BY: &str = "externaldns-managed-by";
/// Value of [`MANAGED_BY`].
pub const MANAGED_BY_VALUE: &str = "external-dns-traffic-manager";
/// Tag with the owner who decides the settings.
pub const SETTINGS_OWNER: &str = "externaldns-settings-owner";
/// Tag with the vanity host.
pub const VANITY_HOST: &str = "externaldns-hostname";
/// Tag with the time since which the profile has been empty.
pub const RETIRED: &str = "externaldns-retired";

/// Every mark.
pub const ALL: [&str; 4] = [MANAGED_BY, SETTINGS_OWNER, VANITY_HOST, RETIRED];

/// What the tags of a profile say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether this system made the profile.
    pub managed: bool,
    /// Who decides its settings, if the tag names somebody.
    pub settings_owner: Option<OwnerId>,
    /// The vanity host.
    pub vanity_host: Option<Hostname>,
    /// Since when the profile has been empty and disabled.
    pub retired: Option<Timestamp>,
}

// === impl Marks ===

impl Marks {
    /// Reads the marks of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self {
            managed: profile.tag(MANAGED_BY) == Some(MANAGED_BY_VALUE),
            settings_owner: profile
                .tag(SETTINGS_OWNER)
                .and_then(|text| text.parse().ok()),
            vanity_host: profile.tag(VANITY_HOST).and_then(|text| text.parse().ok()),
            retired: profile.tag(RETIRED).and_then(|text| text.parse().ok()),
        }
    }
}
