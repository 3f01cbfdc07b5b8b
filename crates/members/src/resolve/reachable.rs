//! What the settings owner can have of what it asks for: some of a profile never
//! changes, and some of its tags are somebody else's.

use std::collections::BTreeMap;

use traffic_manager::profile::Endpoint;
use traffic_manager::tag::{TAGS_MAX, same_name};
use traffic_manager::{EndpointName, ProfileName, RecordType};

use crate::annotation::Name;
use crate::claim::Usage;
use crate::finding::{Finding, Reason};
use crate::marks::USER_TAGS;
use crate::member::{Member, Settings};
use crate::observe::ObservedProfile;
use crate::owner::OwnerId;
use crate::properties::Properties;
use crate::requirement;
use crate::user_tags::{self, UserTag};

/// The settings that can come true.
#[derive(Debug)]
pub(super) struct Reachable {
    /// Their canonical texts.
    pub(super) properties: Properties,
    /// What cannot.
    pub(super) findings: Vec<Finding>,
}

/// The leader of a profile, and what it is told.
struct Leader<'a> {
    member: &'a Member,
    profile: &'a ObservedProfile,
    owner: &'a OwnerId,
    findings: Vec<Finding>,
}

/// What can come true in a profile that exists. `members` are this owner's, the
/// leader first; `staying` are the endpoints that stay as they are. `None` without
/// a leader.
pub(super) fn reachable(
    members: &[&Member],
    profile: &ObservedProfile,
    staying: &[(&EndpointName, &Endpoint)],
    owner: &OwnerId,
) -> Option<Reachable> {
    let leader = *members.first()?;
    let mut settings = unsatisfied(&leader.settings, profile);
    let held = profile.settings();
    let mut leader = Leader {
        member: leader,
        profile,
        owner,
        findings: Vec::new(),
    };
    leader.tags(&mut settings);
    let mut properties = Properties::settings(&settings);
    if leader.lacks_room(&settings) {
        // What is there already needs none. The text as it is held would not do:
        // it may name tags that somebody else has taken away.
        let is_there = |tag: &UserTag| profile.wire.tag(tag.name()).is_some();
        let tags = settings.tags.as_ref();
        match tags.and_then(|tags| tags.filtered(is_there)) {
            Some(tags) => properties.replace(Name::Tags, &tags.to_string()),
            None => properties.remove(Name::Tags),
        }
    }
    leader.dns_name(&mut properties, &held);
    // Who is there already is not put out by it.
    let is_there = |member: &&&Member| profile.endpoints().contains_key(&member.key.endpoint);
    let there: Vec<&Member> = members.iter().filter(is_there).copied().collect();
    leader.record_type(
        &mut properties,
        &held,
        settings.record_type,
        &there,
        staying,
    );
    Some(Reachable {
        properties,
        findings: leader.findings,
    })
}

/// The settings without the tags that the profile has from somebody else already.
pub(super) fn unsatisfied(settings: &Settings, profile: &ObservedProfile) -> Settings {
    let mut settings = settings.clone();
    settings.tags = settings.tags.and_then(|tags| {
        tags.filtered(|tag| user_tags::of_somebody_else(&profile.wire, tag) != Some(tag.value()))
    });
    settings
}

/// Why a record type does not change.
pub(super) fn type_stays(held: &str, profile: &ProfileName) -> String {
    format!(
        "the record type of a profile cannot change once it is set: profile {profile} has {held}; remove {} or choose another {}",
        Name::RecordType,
        Name::ProfileName
    )
}

// === impl Leader ===

impl Leader<'_> {
    fn conflict(&mut self, name: Name, asked: &str, requirement: &str) {
        self.findings.push(Finding::annotation(
            Reason::SettingsConflict,
            &self.member.subject,
            name,
            asked,
            requirement,
        ));
    }

    /// Takes out the tags that somebody else has set to another value.
    fn tags(&mut self, settings: &mut Settings) {
        let profile = self.profile;
        let Some(tags) = settings.tags.take() else {
            return;
        };
        for tag in tags.iter() {
            if let Some(value) = user_tags::of_somebody_else(&profile.wire, tag) {
                self.conflict(
                    Name::Tags,
                    &format!("{}={}", tag.name(), tag.value()),
                    &format!(
                        "profile {} has this tag with the value {value:?}, and not from this system, which does not overwrite it",
                        profile.id.name
                    ),
                );
            }
        }
        settings.tags =
            tags.filtered(|tag| user_tags::of_somebody_else(&profile.wire, tag).is_none());
    }

    /// Whether the tags would be too many for the profile.
    fn lacks_room(&mut self, settings: &Settings) -> bool {
        let Some(tags) = &settings.tags else {
            return false;
        };
        let nothing = BTreeMap::new();
        let held = self.profile.wire.tags.as_ref().unwrap_or(&nothing);
        let change = user_tags::change(&self.profile.wire, Some(tags));
        let is_new = |name: &&str| !held.keys().any(|held| same_name(held, name));
        let names = change.set.keys().map(String::as_str).chain([USER_TAGS]);
        let added = names.filter(is_new).count();
        let lacks = added > 0 && held.len() + added > TAGS_MAX;
        if lacks {
            let usage = Usage::of(self.owner, held);
            let name = &self.profile.id.name;
            self.conflict(
                Name::Tags,
                &tags.to_string(),
                &format!("the tags of profile {name} have no room for them: {usage}"),
            );
        }
        lacks
    }

    /// The DNS name never changes.
    fn dns_name(&mut self, wanted: &mut Properties, held: &Properties) {
        let Some(name) = held.get(Name::DnsName) else {
            return;
        };
        let asked = wanted.get(Name::DnsName).unwrap_or_default().to_owned();
        if asked == name {
            return;
        }
        if self.member.given.contains(&Name::DnsName) {
            self.conflict(
                Name::DnsName,
                &asked,
                &format!(
                    "the DNS name of an existing profile cannot change; profile {} has {name:?}",
                    self.profile.id.name
                ),
            );
        }
        wanted.replace(Name::DnsName, name);
    }

    /// The record type can be set once, and only when all targets suit it.
    fn record_type(
        &mut self,
        wanted: &mut Properties,
        held: &Properties,
        asked: Option<RecordType>,
        there: &[&Member],
        staying: &[(&EndpointName, &Endpoint)],
    ) {
        let profile = &self.profile.id.name;
        if let Some(held) = held.get(Name::RecordType) {
            if let Some(asked) = asked.filter(|asked| asked.as_str() != held) {
                self.conflict(Name::RecordType, asked.as_str(), &type_stays(held, profile));
            }
            wanted.replace(Name::RecordType, held);
            return;
        }
        let Some(asked) = asked else { return };
        let unsuited = staying.iter().find_map(|(name, endpoint)| {
            let unsuited = requirement::unsuited_on_wire(asked, endpoint)?;
            Some(format!("endpoint {name} cannot be in it: {unsuited}"))
        });
        let unsuited_member = || {
            there.iter().find_map(|member| {
                let unsuited = requirement::unsuited(asked, &member.endpoint.destination)?;
                Some(format!("{} cannot be in it: {unsuited}", member.subject))
            })
        };
        if let Some(unsuited) = unsuited.or_else(unsuited_member) {
            self.conflict(Name::RecordType, asked.as_str(), &unsuited);
            wanted.remove(Name::RecordType);
        }
    }
}
