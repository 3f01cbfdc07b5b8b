//! What the zone must be like: every profile in use has the record that it asks
//! for, and every record of ours leads where somebody is.

use emulator::model::Profile;

use crate::names::{Entry, Names, TTL, ZONE};
use crate::others;
use crate::view;
use crate::world::World;

pub(super) fn problems(world: &World) -> Vec<String> {
    let Some(names) = &world.names else {
        return Vec::new();
    };
    let missing = world
        .state
        .profiles()
        .filter_map(|profile| missing(world, names, profile));
    let wrong = names
        .held
        .values()
        .filter_map(|entry| wrong(world, names, entry));
    missing.chain(wrong).collect()
}

fn entry<'a>(names: &'a Names, host: &str) -> Option<&'a Entry> {
    names.held.values().find(|entry| entry.host == host)
}

/// What a profile lacks.
fn missing(world: &World, names: &Names, profile: &Profile) -> Option<String> {
    let (host, _) = view::vanity(profile)?;
    let is_in_zone = host.ends_with(&format!(".{ZONE}"));
    if !is_in_zone || !view::wants_record(profile, host) {
        return None;
    }
    let name = &profile.path.name;
    let Some(entry) = entry(names, host) else {
        return Some(format!("profile {name} has no record {host}"));
    };
    // What somebody else has made stays.
    let holder = entry.profile.as_deref()?;
    let rightly = others::find(&world.state, holder)
        .is_some_and(|holder| !view::is_marked(holder) || view::wants_record(holder, host));
    (!rightly).then(|| format!("the record {host} of profile {name} leads to {holder}"))
}

/// What is wrong with a record set of ours.
fn wrong(world: &World, names: &Names, entry: &Entry) -> Option<String> {
    let host = &entry.host;
    let name = entry.profile.as_deref()?;
    let Some(profile) = others::find(&world.state, name) else {
        return Some(format!(
            "{host} leads to profile {name}, which is not there"
        ));
    };
    if !view::is_marked(profile) {
        return None;
    }
    let fqdn = view::fqdn(profile);
    let (wanted, _) = view::vanity(profile).unwrap_or_default();
    if !view::wants_record(profile, wanted) {
        return Some(format!(
            "{host} leads to profile {name}, which asks for no record"
        ));
    }
    if wanted == host {
        let is_as_asked = entry.target.as_ref() == Some(&fqdn) && entry.ttl == TTL.as_secs();
        return (!is_as_asked).then(|| format!("{host} is not as profile {name} asks: {entry:?}"));
    }
    // What works stays until what is asked for is there.
    let is_served =
        self::entry(names, wanted).is_some_and(|entry| entry.target.as_ref() == Some(&fqdn));
    is_served.then(|| format!("{host} still leads to profile {name}, which has {wanted}"))
}
