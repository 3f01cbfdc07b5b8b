//! Profiles within profiles: no loops, no more than ten levels, and no child is deleted under its parent.

use super::State;
use crate::model::endpoint::{EndpointKind, Target};
use crate::model::{Profile, ProfileKey};
use crate::read::Problems;

/// Levels of profiles, the outermost one included.
const DEPTH_LIMIT: usize = 10;

impl State {
    /// The profile that a resource id names.
    pub(super) fn profile_with_id(&self, id: &str) -> Option<&Profile> {
        self.profiles
            .get(&ProfileKey::of_id(id))
            .map(|stored| &stored.profile)
    }

    /// A profile that nests this one.
    pub(super) fn parent_of(&self, child: &Profile) -> Option<&Profile> {
        let key = child.path.key();
        self.profiles()
            .find(|profile| children(profile).any(|one| one == key))
    }

    /// Says when `wanted` would contain itself or be part of too deep a tree.
    pub(super) fn check_nesting(&self, wanted: &Profile, problems: &mut Problems) {
        let has_children = wanted
            .endpoints
            .iter()
            .any(|endpoint| endpoint.kind() == EndpointKind::Nested);
        if !has_children {
            return;
        }
        let key = wanted.path.key();
        let mut level: Vec<ProfileKey> = children(wanted).collect();
        let mut depth = 1;
        while !level.is_empty() {
            if level.contains(&key) {
                problems.say(format!(
                    "The nested endpoints of profile '{}' form a loop.",
                    wanted.path.name
                ));
                return;
            }
            depth += 1;
            if depth + self.levels_above(&key) > DEPTH_LIMIT {
                problems.say(format!(
                    "Profiles cannot be nested more than {DEPTH_LIMIT} levels deep."
                ));
                return;
            }
            level = level
                .iter()
                .filter_map(|key| self.profiles.get(key))
                .flat_map(|stored| children(&stored.profile))
                .collect();
            level.sort();
            level.dedup();
        }
    }

    /// The longest chain of parents above a profile.
    fn levels_above(&self, key: &ProfileKey) -> usize {
        let mut level = vec![key.clone()];
        let mut levels = 0;
        while levels < DEPTH_LIMIT {
            let parents: Vec<ProfileKey> = self
                .profiles
                .iter()
                .filter(|(_, stored)| children(&stored.profile).any(|one| level.contains(&one)))
                .map(|(key, _)| key.clone())
                .collect();
            if parents.is_empty() {
                break;
            }
            level = parents;
            levels += 1;
        }
        levels
    }
}

fn children(profile: &Profile) -> impl Iterator<Item = ProfileKey> {
    profile
        .endpoints
        .iter()
        .filter_map(|endpoint| match &endpoint.target {
            Target::Nested { resource_id, .. } => Some(ProfileKey::of_id(resource_id)),
            _ => None,
        })
}
