//! What has to hold in every state of Azure, looked at while the webhooks work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use members::ObservedProfile;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::azure::{Azure, endpoints};
use crate::failure::Failure;

/// How often Azure is looked at. Shorter than the delay of a write in the trials.
const LOOK: Duration = Duration::from_millis(2);

const UNTOUCHED: &str = "what does not change stays as it is";
const CLAIMED: &str = "every endpoint that this system made is claimed";

/// How the names of our tags begin.
const TAG_PREFIX: &str = "externaldns-";

/// Endpoints by profile and name.
pub type Endpoints = BTreeMap<(String, String), Value>;

/// Watches Azure until it is dropped.
#[derive(Debug)]
pub struct Guard {
    watch: Arc<Mutex<Watch>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Watch {
    foreign: Endpoints,
    /// Profiles that somebody else made, without endpoints and without tags of ours.
    frames: BTreeMap<String, Value>,
    untouched: Endpoints,
    looks: u64,
    broken: Option<(&'static str, String)>,
}

// === impl Guard ===

impl Guard {
    /// Watches from now on that `foreign` endpoints stay as they are, and that every other endpoint is claimed. Of the
    /// profiles `guests`, everything else stays as it is too.
    pub fn over(azure: Arc<Azure>, foreign: Endpoints, guests: &[&str]) -> Self {
        let frames = guests
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), frame(azure.profile(name)?))))
            .collect();
        let watch = Arc::new(Mutex::new(Watch {
            foreign,
            frames,
            ..Watch::default()
        }));
        let watched = Arc::clone(&watch);
        let task = tokio::spawn(async move {
            loop {
                watched
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .look(&azure);
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { watch, task }
    }

    /// These, too, have to stay as they are from now on, in place of the ones before.
    pub fn expect_untouched(&self, untouched: Endpoints) {
        self.lock().untouched = untouched;
    }

    /// The first promise that was seen broken.
    pub fn verdict(&self) -> Result<(), Failure> {
        match &self.lock().broken {
            None => Ok(()),
            Some((promise, seen)) => Err(Failure::broken(promise, seen)),
        }
    }

    /// How often Azure was looked at.
    pub fn looks(&self) -> u64 {
        self.lock().looks
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === impl Watch ===

impl Watch {
    fn look(&mut self, azure: &Azure) {
        if self.broken.is_some() {
            return;
        }
        self.looks += 1;
        let profiles: BTreeMap<_, _> = azure
            .profile_names()
            .into_iter()
            .filter_map(|name| Some((name.clone(), azure.profile(&name)?)))
            .collect();
        let held: Endpoints = profiles
            .iter()
            .flat_map(|(profile, shown)| {
                let named = endpoints(shown).into_iter();
                named.map(|(name, endpoint)| ((profile.clone(), name), endpoint))
            })
            .collect();
        self.broken = self
            .touched(&held)
            .or_else(|| self.reframed(&profiles))
            .or_else(|| self.unclaimed(&profiles))
            .map(|(promise, seen)| (promise, format!("{seen}; Azure holds {profiles:#?}")));
    }

    fn touched(&self, held: &Endpoints) -> Option<(&'static str, String)> {
        let mut expected = self.foreign.iter().chain(&self.untouched);
        let (key, before) = expected.find(|(key, before)| held.get(*key) != Some(*before))?;
        let now = held.get(key);
        Some((UNTOUCHED, format!("{key:?} was {before} and is {now:?}")))
    }

    fn reframed(&self, profiles: &BTreeMap<String, Value>) -> Option<(&'static str, String)> {
        let mut frames = self.frames.iter();
        let (name, before) = frames.find(|(name, before)| {
            profiles.get(*name).cloned().map(frame).as_ref() != Some(*before)
        })?;
        Some((UNTOUCHED, format!("profile {name} was {before}")))
    }

    fn unclaimed(&self, profiles: &BTreeMap<String, Value>) -> Option<(&'static str, String)> {
        profiles.iter().find_map(|(profile, shown)| {
            let Some(observed) = serde_json::from_value(shown.clone())
                .ok()
                .and_then(ObservedProfile::new)
            else {
                return Some((CLAIMED, format!("profile {profile} cannot be read")));
            };
            let name = endpoints(shown).into_keys().find(|name| {
                let foreign = self.foreign.contains_key(&(profile.clone(), name.clone()));
                let claimed = name
                    .parse()
                    .is_ok_and(|name| observed.claim(&name).is_some());
                !foreign && !claimed
            })?;
            Some((CLAIMED, format!("endpoint {name} of {profile} is not")))
        })
    }
}

/// A profile without its endpoints and without tags of ours.
fn frame(mut profile: Value) -> Value {
    if let Some(properties) = profile["properties"].as_object_mut() {
        properties.remove("endpoints");
    }
    if let Some(tags) = profile["tags"].as_object_mut() {
        tags.retain(|name, _| !name.starts_with(TAG_PREFIX));
    }
    profile
}
