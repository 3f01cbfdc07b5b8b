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

/// Tag with the names of the user's tags that this system has set.
pub const USER_TAGS: &str = "externaldns-user-tags";

/// Every mark.
pub const ALL: [&str; 5] = [MANAGED_BY, SETTINGS_OWNER, VANITY_HOST, RETIRED, USER_TAGS];
/// How many of them a profile can have that has no tags of the user.
pub const USUAL: usize = 4;

/// Tag by which the proof of concept of this system marks its profiles.
pub const PREDECESSOR: &str = "managedBy";
/// Value of [`PREDECESSOR`].
pub const PREDECESSOR_VALUE: &str = "external-dns-traffic-manager-webhook";
/// Tag in which the proof of concept keeps the vanity host.
pub const PREDECESSOR_HOST: &str = "hostname";

/// What the tags of a profile say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether this system made the profile, or adopted it.
    pub managed: bool,
    /// Whether only the proof of concept says so: our mark is still to be added.
    pub adoptable: bool,
    /// Who decides its settings, if the tag names somebody.
    pub settings_owner: Option<OwnerId>,
    /// The vanity host.
    pub vanity_host: Option<Hostname>,
    /// Since when the profile has been empty and disabled.
    pub retired: Option<Timestamp>,
}

// === impl Marks ===

impl Marks {
    /// Reads the marks of a profile. What the proof of concept made is adopted:
    /// it has nobody else who could look after it.
    pub fn of(profile: &Profile) -> Self {
        let marked = profile.tag(MANAGED_BY) == Some(MANAGED_BY_VALUE);
        let inherited = any_case(profile, PREDECESSOR) == Some(PREDECESSOR_VALUE);
        let adoptable = inherited && !marked;
        let inherited_host = || any_case(profile, PREDECESSOR_HOST).filter(|_| adoptable);
        Self {
            managed: marked || inherited,
            adoptable,
            settings_owner: profile
                .tag(SETTINGS_OWNER)
                .and_then(|text| text.parse().ok()),
            vanity_host: profile
                .tag(VANITY_HOST)
                .or_else(inherited_host)
                .and_then(|text| text.parse().ok()),
            retired: profile.tag(RETIRED).and_then(|text| text.parse().ok()),
        }
    }
}

/// A tag whose name Azure may have kept in another letter case.
fn any_case<'a>(profile: &'a Profile, name: &str) -> Option<&'a str> {
    let mut tags = profile.tags.iter().flatten();
    let (_, value) = tags.find(|(held, _)| held.eq_ignore_ascii_case(name))?;
    Some(value)
}
