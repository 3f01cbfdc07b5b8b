//! Marks: the tags by which a profile says that this system made it, who
//! decides its settings, which vanity host it serves, and since when it is
//! empty.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use traffic_manager::Invalid;
use traffic_manager::profile::Profile;

use crate::owner::OwnerId;
use crate::vanity::{Vanity, VanityMode};

/// How the names of all our tags begin.
pub const TAG_PREFIX: &str = "externaldns-";
/// Tag that marks a profile as made by this system.
pub const MANAGED_BY: &str = "externaldns-managed-by";
/// Value of [`MANAGED_BY`].
pub const MANAGED_BY_VALUE: &str = "external-dns-traffic-manager";
/// Tag with the owner who decides the settings.
pub const SETTINGS_OWNER: &str = "externaldns-settings-owner";
/// Tag with the vanity host and who makes its record.
pub const VANITY_HOST: &str = "externaldns-hostname";
/// Tag with the time since which the profile has been empty, and who ends it.
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
    /// The vanity host, and who makes its record.
    pub vanity: Option<Vanity>,
    /// Since when the profile has been empty and disabled.
    pub retired: Option<Retirement>,
}

/// Since when a profile has been empty and disabled, and who sees to its end.
///
/// Both are one tag: a return that is cut short changes who decides the settings
/// and must not change who ends the profile, because how long the name is kept is
/// the setting of the cluster that retired it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// When it was retired, to the second.
    pub since: Timestamp,
    /// Who retired it; `None` when nobody is to end it.
    pub by: Option<OwnerId>,
}

// === impl Retirement ===

impl Retirement {
    /// A retirement that begins now.
    pub fn new(now: Timestamp, by: Option<OwnerId>) -> Self {
        Self {
            since: Timestamp::from_second(now.as_second()).unwrap_or(now),
            by,
        }
    }
}

impl fmt::Display for Retirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.since)?;
        match &self.by {
            Some(owner) => write!(f, " {owner}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Retirement {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (since, by) = match text.split_once(' ') {
            Some((since, by)) => (since, Some(by.parse()?)),
            None => (text, None),
        };
        let since = since
            .parse()
            .map_err(|_| Invalid::new("must be a time, or a time and an owner"))?;
        Ok(Self { since, by })
    }
}

// === impl Marks ===

impl Marks {
    /// Reads the marks of a profile. What the proof of concept made is adopted:
    /// it has nobody else who could look after it.
    pub fn of(profile: &Profile) -> Self {
        let marked = profile.tag(MANAGED_BY) == Some(MANAGED_BY_VALUE);
        let inherited = any_case(profile, PREDECESSOR) == Some(PREDECESSOR_VALUE);
        let adoptable = inherited && !marked;
        let inherited_host = || {
            let host = any_case(profile, PREDECESSOR_HOST).filter(|_| adoptable)?;
            let (host, mode) = (host.parse().ok()?, VanityMode::None);
            Some(Vanity { host, mode })
        };
        Self {
            managed: marked || inherited,
            adoptable,
            settings_owner: profile
                .tag(SETTINGS_OWNER)
                .and_then(|text| text.parse().ok()),
            vanity: profile
                .tag(VANITY_HOST)
                .map_or_else(inherited_host, |text| text.parse().ok()),
            retired: profile.tag(RETIRED).and_then(|text| text.parse().ok()),
        }
    }

    /// Who ends the profile when it is empty: who retired it or, when that was
    /// cut short, who decides its settings.
    pub fn ended_by(&self) -> Option<&OwnerId> {
        match &self.retired {
            Some(retired) => retired.by.as_ref(),
            None => self.settings_owner.as_ref(),
        }
    }
}

/// A tag whose name Azure may have kept in another letter case.
fn any_case<'a>(profile: &'a Profile, name: &str) -> Option<&'a str> {
    let mut tags = profile.tags.iter().flatten();
    let (_, value) = tags.find(|(held, _)| held.eq_ignore_ascii_case(name))?;
    Some(value)
}
