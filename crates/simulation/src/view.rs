//! Profiles of the emulated Azure, as the laws look at them.

use std::collections::BTreeMap;

use emulator::model::Profile;
use emulator::model::endpoint::Endpoint;
use members::claim::{self, Claim};

/// How the names of this system's tags begin.
const OUR_TAGS: &str = "externaldns-";
const MANAGED_BY: &str = "externaldns-managed-by";
const SETTINGS_OWNER: &str = "externaldns-settings-owner";
/// How the names of tags with claims begin.
pub(crate) const CLAIMS: &str = "externaldns-claims-";
pub(crate) const RETIRED: &str = "externaldns-retired";
pub(crate) const VANITY: &str = "externaldns-hostname";

/// The tags, by name in lower case.
pub(crate) fn tags(profile: &Profile) -> BTreeMap<String, String> {
    let held = profile
        .tags
        .iter()
        .flat_map(emulator::model::tags::Tags::iter);
    held.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect()
}

pub(crate) fn tag<'a>(profile: &'a Profile, name: &str) -> Option<&'a str> {
    profile.tags.as_ref()?.get(name)
}

/// The profile's name in DNS, in lower case.
pub(crate) fn fqdn(profile: &Profile) -> String {
    format!("{}.trafficmanager.net", profile.settings.relative_name).to_ascii_lowercase()
}

/// The vanity host, and whether its record is a record set that all clusters share.
pub(crate) fn vanity(profile: &Profile) -> Option<(&str, bool)> {
    let held = tag(profile, VANITY)?;
    Some(match held.split_once(' ') {
        Some((host, mode)) => (host, mode == "azure-dns"),
        None => (held, false),
    })
}

/// Whether a record set of ours under this name is right: the profile is ours, in
/// use and asks for it.
pub(crate) fn wants_record(profile: &Profile, host: &str) -> bool {
    is_marked(profile) && !profile.endpoints.is_empty() && vanity(profile) == Some((host, true))
}

/// Whether the tag is none of this system's.
pub(crate) fn is_foreign_tag(name: &str) -> bool {
    !name.starts_with(OUR_TAGS)
}

/// Whether this system may write to the profile.
pub(crate) fn is_marked(profile: &Profile) -> bool {
    tag(profile, MANAGED_BY) == Some("external-dns-traffic-manager")
}

/// All claims, counting or not.
pub(crate) fn claims(profile: &Profile) -> Vec<Claim> {
    claim::read(&tags(profile))
}

/// The claim that counts for an endpoint: the earliest, then the one of the
/// owner that sorts first.
pub(crate) fn counting<'a>(claims: &'a [Claim], endpoint: &str) -> Option<&'a Claim> {
    claims
        .iter()
        .filter(|claim| claim.endpoint.as_str().eq_ignore_ascii_case(endpoint))
        .min_by_key(|claim| (claim.since, claim.owner.as_str()))
}

pub(crate) fn endpoint<'a>(profile: &'a Profile, name: &str) -> Option<&'a Endpoint> {
    profile
        .endpoints
        .iter()
        .find(|endpoint| endpoint.name.eq_ignore_ascii_case(name))
}

/// Who decides the settings: the owner in the tag while it has a member, else
/// the owner of the earliest claim that has an endpoint.
pub(crate) fn decider(profile: &Profile, claims: &[Claim]) -> Option<String> {
    let standing = || {
        claims
            .iter()
            .filter(|claim| endpoint(profile, claim.endpoint.as_str()).is_some())
    };
    let named = tag(profile, SETTINGS_OWNER);
    let present = named.filter(|owner| standing().any(|claim| claim.owner.as_str() == *owner));
    present.map(str::to_owned).or_else(|| {
        let first = standing().min_by_key(|claim| (claim.since, claim.owner.as_str()))?;
        Some(first.owner.to_string())
    })
}
