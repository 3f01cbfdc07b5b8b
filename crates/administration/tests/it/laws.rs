//! What holds for every removal.

use std::time::Duration;

use administration::removal::{Options, Outcome, carry_out, plan};
use administration::step::Step;
use members::marks::{RETIRED, SETTINGS_OWNER};
use members::{ObservedProfile, OwnerId};
use proptest::prelude::*;
use traffic_manager::profile::{Endpoint, Profile};

use crate::azure::{Azure, Fault, logged};
use crate::profiles::{Made, noon, owner};

const NAMES: [&str; 4] = ["east", "north", "south", "west"];

/// An endpoint that may exist, and who claims its name and how many hours ago.
#[derive(Debug, Clone)]
struct Spot {
    exists: bool,
    enabled: bool,
    nested: bool,
    gone: Option<i64>,
    alive: Option<i64>,
}

fn spot() -> impl Strategy<Value = Spot> {
    let claim = || prop::option::of(3..90_i64);
    (
        prop::bool::weighted(0.8),
        any::<bool>(),
        prop::bool::weighted(0.1),
        claim(),
        claim(),
    )
        .prop_map(|(exists, enabled, nested, gone, alive)| Spot {
            exists,
            enabled,
            nested,
            gone,
            alive,
        })
}

fn profile(name: &'static str) -> impl Strategy<Value = Profile> {
    let named = prop::option::of(prop::sample::select(vec!["gone", "alive"]));
    (
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.2),
        prop::collection::vec(spot(), 0..=NAMES.len()),
        named,
        prop::option::of(3..90_i64),
    )
        .prop_map(move |(managed, retired, spots, named, seen)| {
            let mut made = if managed {
                Made::managed(name)
            } else {
                Made::foreign(name)
            };
            made = made.tag("team", "shop");
            if let Some(named) = named {
                made = made.tag(SETTINGS_OWNER, named);
            }
            if retired {
                made = made.tag(RETIRED, "2026-11-01T00:00:00Z").status("Disabled");
            }
            let claims = |claimed: &dyn Fn(&Spot) -> Option<i64>| -> Vec<(&str, i64)> {
                let spots = NAMES.into_iter().zip(&spots);
                spots
                    .filter_map(|(name, spot)| Some((name, claimed(spot)?)))
                    .collect()
            };
            let (gone, alive) = (claims(&|spot| spot.gone), claims(&|spot| spot.alive));
            if !gone.is_empty() {
                made = made.claims("gone", seen, &gone);
            }
            if !alive.is_empty() {
                made = made.claims("alive", None, &alive);
            }
            for (name, spot) in NAMES
                .into_iter()
                .zip(&spots)
                .filter(|(_, spot)| spot.exists)
            {
                let kind = if spot.nested { "nested" } else { "external" };
                let status = if spot.enabled { "Enabled" } else { "Disabled" };
                made = made.endpoint_of(kind, name, status);
            }
            made.build()
        })
}

fn profiles() -> impl Strategy<Value = Vec<Profile>> {
    (profile("one"), profile("two")).prop_map(|(one, two)| vec![one, two])
}

fn options() -> impl Strategy<Value = Options> {
    let wait = prop::option::of((0..100_u64).prop_map(Duration::from_secs));
    let successor = prop::option::of(Just(owner("alive")));
    (wait, successor).prop_map(|(wait, successor)| Options {
        wait,
        successor,
        ..Options::default()
    })
}

fn remove(azure: &Azure, options: &Options) -> Outcome {
    let observed = azure.observed();
    let owner = owner("gone");
    let removal = plan(&observed, &owner, options, noon()).unwrap();
    run(carry_out(
        azure,
        azure,
        (&removal, &observed),
        (&owner, options),
        &mut |_| {},
    ))
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// Whose endpoint it is, if anybody's: as every reader of the tags sees it.
fn is_of(profile: &ObservedProfile, endpoint: &Endpoint, owner: &OwnerId) -> bool {
    let claim = endpoint
        .endpoint_name()
        .and_then(|name| profile.claim(&name).cloned());
    endpoint.kind().is_some() && claim.is_some_and(|claim| claim.owner == *owner)
}

/// What the removal must leave exactly as it is: endpoints and tags of others, and everything but the status.
fn rest(profiles: &[Profile], before: &[Profile]) -> Vec<Profile> {
    let gone = owner("gone");
    profiles
        .iter()
        .zip(before)
        .map(|(profile, before)| {
            let before = ObservedProfile::new(before.clone()).unwrap();
            let mut rest = profile.clone();
            rest.properties.profile_status = None;
            if let Some(endpoints) = &mut rest.properties.endpoints {
                endpoints.retain(|endpoint| !is_of(&before, endpoint, &gone));
            }
            if let Some(tags) = &mut rest.tags {
                tags.retain(|name, _| {
                    name != RETIRED && name != SETTINGS_OWNER && !name.ends_with("-gone")
                });
            }
            rest
        })
        .collect()
}

/// The times of retirement depend on when it was done.
fn timeless(mut profiles: Vec<Profile>) -> Vec<Profile> {
    for profile in &mut profiles {
        if let Some(time) = profile.tags.as_mut().and_then(|tags| tags.get_mut(RETIRED)) {
            "then".clone_into(time);
        }
    }
    profiles
}

proptest! {
    /// What the preview shows is what is done, in that order, and nothing else.
    #[test]
    fn the_preview_is_what_is_done(before in profiles(), options in options()) {
        let azure = Azure::new(&before, noon());
        let removal = plan(&azure.observed(), &owner("gone"), &options, noon()).unwrap();
        let shown: Vec<_> = removal.disable.iter().chain(&removal.remove).map(logged).collect();
        let outcome = remove(&azure, &options);
        prop_assert!(outcome.failures.is_empty() && outcome.returned.is_empty());
        prop_assert_eq!(outcome.done.iter().map(logged).collect::<Vec<_>>(), shown.clone());
        prop_assert_eq!(azure.writes(), shown);
    }

    /// Nothing of anybody else is touched; an enabled endpoint is never deleted before it has been disabled; and what
    /// is empty and ours is kept, disabled.
    #[test]
    fn only_what_is_the_owners_goes(before in profiles(), options in options()) {
        let azure = Azure::new(&before, noon());
        let gone = owner("gone");
        let outcome = remove(&azure, &options);
        let after = azure.profiles();
        prop_assert_eq!(rest(&after, &before), rest(&before, &before));
        for (profile, before) in after.iter().zip(&before) {
            let before = ObservedProfile::new(before.clone()).unwrap();
            let after = ObservedProfile::new(profile.clone()).unwrap();
            prop_assert_eq!(after.claims_of(&gone).count(), 0);
            prop_assert!(!after.wire.endpoints().iter().any(|endpoint| is_of(&before, endpoint, &gone)));
            let changed = outcome.done.iter().any(|step: &Step| step.profile == after.id);
            if changed && after.marks.managed && after.is_empty() {
                prop_assert_eq!(profile.properties.profile_status.as_deref(), Some("Disabled"));
                prop_assert!(after.marks.retired.is_some());
            } else {
                prop_assert_eq!(&profile.properties.profile_status, &before.wire.properties.profile_status);
                prop_assert_eq!(after.marks.settings_owner, before.marks.settings_owner);
            }
        }
    }

    /// Cut short anywhere and repeated, it comes to the same end; no endpoint is without its claim in between; and
    /// once more, it does nothing.
    #[test]
    fn it_can_be_interrupted_and_repeated(before in profiles(), options in options(), after in 0..12_usize, lasting: bool) {
        let whole = Azure::new(&before, noon());
        remove(&whole, &options);

        let azure = Azure::new(&before, noon());
        azure.fail(Some(Fault { after, lasting }));
        remove(&azure, &options);
        let gone = owner("gone");
        for (profile, before) in azure.profiles().into_iter().zip(&before) {
            let before = ObservedProfile::new(before.clone()).unwrap();
            let between = ObservedProfile::new(profile).unwrap();
            for endpoint in between.wire.endpoints() {
                prop_assert_eq!(is_of(&before, endpoint, &gone), is_of(&between, endpoint, &gone));
            }
        }
        azure.fail(None);
        azure.writes();
        let outcome = remove(&azure, &options);
        prop_assert!(outcome.failures.is_empty());
        prop_assert_eq!(timeless(azure.profiles()), timeless(whole.profiles()));
        azure.writes();
        prop_assert!(remove(&azure, &options).done.is_empty());
        prop_assert_eq!(azure.writes(), Vec::<String>::new());
    }
}
