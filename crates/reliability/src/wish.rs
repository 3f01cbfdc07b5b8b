//! What the Services of one cluster ask for, as random histories change it.

use std::collections::{BTreeMap, BTreeSet};

use external_dns::model::{ALPHA_PREFIX, Service};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::Value;

/// A profile of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its name.
    pub profile: &'static str,
    /// Whether its members have ranks: the Priority method.
    pub ranked: bool,
}

/// A member that an object describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The name of the Service.
    pub service: String,
    /// `profile-name`
    pub profile: String,
    /// `endpoint-name`
    pub endpoint: String,
    /// `target`
    pub target: String,
    /// `weight`
    pub weight: u16,
    /// `priority`, under the Priority method; without one the method is Weighted.
    pub priority: Option<u16>,
}

/// All of a cluster's wishes: a few Services, of which some exist.
#[derive(Debug, Clone)]
pub struct Wishes {
    owner: String,
    places: Vec<Place>,
    /// No two of these owners' names, targets and ranks are the same.
    ranks_from: u16,
    slots: Vec<Option<Wish>>,
    /// What the slots were before the last change.
    before: Vec<Option<Wish>>,
}

/// The key of one of our annotations in a manifest.
pub fn key(name: &str) -> String {
    format!("{ALPHA_PREFIX}webhook-traffic-manager-{name}")
}

/// What can happen to a Service, or to two.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Toggle,
    Weight,
    Rename,
    Retarget,
    SwapTargets,
    Move,
    SwapRanks,
}

const EDITS: [Edit; 7] = [
    Edit::Toggle,
    Edit::Weight,
    Edit::Rename,
    Edit::Retarget,
    Edit::SwapTargets,
    Edit::Move,
    Edit::SwapRanks,
];

/// Names, targets and ranks that a cluster draws from in one profile. Few, so that histories collide with themselves.
const POOL: u16 = 16;

// === impl Wish ===

impl Wish {
    /// The Service that asks for it.
    pub fn to_service(&self, owner: &str) -> Service {
        let method = match self.priority {
            Some(_) => "Priority",
            None => "Weighted",
        };
        let service = Service::load_balancer("default", &*self.service)
            .with_ip("20.1.2.3")
            .with_annotation(
                format!("{ALPHA_PREFIX}hostname"),
                format!("{}.{owner}.example.com", self.service),
            )
            .with_annotation(key("enabled"), "true")
            .with_annotation(key("profile-name"), &*self.profile)
            .with_annotation(key("routing-method"), method)
            .with_annotation(key("endpoint-name"), &*self.endpoint)
            .with_annotation(key("target"), &*self.target)
            .with_annotation(key("weight"), self.weight.to_string());
        match self.priority {
            Some(priority) => service.with_annotation(key("priority"), priority.to_string()),
            None => service,
        }
    }

    /// Whether an endpoint, as ARM shows it, is what is asked for.
    pub fn is_met_by(&self, endpoint: &Value) -> bool {
        let held = &endpoint["properties"];
        endpoint["name"] == *self.endpoint
            && held["target"] == *self.target
            && held["weight"] == self.weight
            && held["endpointStatus"] == "Enabled"
            && self
                .priority
                .is_none_or(|priority| held["priority"] == priority)
    }
}

// === impl Wishes ===

impl Wishes {
    /// No Service yet, of `slots` that may come. Owners whose `number` differs never clash.
    pub fn new(owner: &str, number: u16, places: &[Place], slots: usize) -> Self {
        Self {
            owner: owner.to_owned(),
            places: places.to_vec(),
            ranks_from: 1 + number * 100,
            slots: vec![None; slots],
            before: vec![None; slots],
        }
    }

    /// The members that are asked for.
    pub fn iter(&self) -> impl Iterator<Item = &Wish> {
        self.slots.iter().flatten()
    }

    /// The Services.
    pub fn services(&self) -> Vec<Service> {
        self.iter()
            .map(|wish| wish.to_service(&self.owner))
            .collect()
    }

    /// Adds a Service in a given profile, as far as there is a slot.
    pub fn add(&mut self, rng: &mut StdRng, place: Place) {
        if let Some(slot) = self.slots.iter().position(Option::is_none) {
            let wish = self.draw(rng, slot, place);
            self.fill(slot, Some(wish));
        }
    }

    /// Changes a few things at once.
    pub fn change(&mut self, rng: &mut StdRng) {
        self.before.clone_from(&self.slots);
        for _ in 0..rng.random_range(2..=5) {
            let edit = EDITS.choose(rng).copied().unwrap_or(Edit::Weight);
            let slot = rng.random_range(0..self.slots.len());
            self.edit(rng, edit, slot);
        }
    }

    fn edit(&mut self, rng: &mut StdRng, edit: Edit, slot: usize) {
        let Some(mut wish) = self.slots.get(slot).cloned().flatten() else {
            if let Some(place) = self.places.choose(rng).copied() {
                let wish = self.draw(rng, slot, place);
                self.fill(slot, Some(wish));
            }
            return;
        };
        let other = self.neighbour(rng, slot, &wish);
        let mut places = self.places.iter().copied();
        let Some(here) = places.find(|place| place.profile == wish.profile) else {
            return;
        };
        match (edit, other) {
            (Edit::Toggle, _) => return self.fill(slot, None),
            (Edit::Weight, _) => wish.weight = rng.random_range(1..=1000),
            (Edit::Rename, _) => wish.endpoint = self.draw(rng, slot, here).endpoint,
            (Edit::Retarget, _) => wish.target = self.draw(rng, slot, here).target,
            (Edit::Move, _) => {
                if let Some(place) = self.places.choose(rng).copied() {
                    let drawn = self.draw(rng, slot, place);
                    wish = Wish {
                        weight: wish.weight,
                        ..drawn
                    };
                }
            }
            (Edit::SwapTargets, Some((neighbour, mut other))) => {
                std::mem::swap(&mut wish.target, &mut other.target);
                self.fill(neighbour, Some(other));
            }
            (Edit::SwapRanks, Some((neighbour, mut other))) => {
                std::mem::swap(&mut wish.priority, &mut other.priority);
                self.fill(neighbour, Some(other));
            }
            (Edit::SwapTargets | Edit::SwapRanks, None) => {}
        }
        self.fill(slot, Some(wish));
    }

    fn fill(&mut self, slot: usize, wish: Option<Wish>) {
        if let Some(held) = self.slots.get_mut(slot) {
            *held = wish;
        }
    }

    /// Another Service with a member in the same profile.
    fn neighbour(&self, rng: &mut StdRng, slot: usize, wish: &Wish) -> Option<(usize, Wish)> {
        let others: Vec<_> = self
            .slots
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != slot)
            .filter_map(|(index, other)| Some((index, other.clone()?)))
            .filter(|(_, other)| other.profile == wish.profile)
            .collect();
        others.choose(rng).cloned()
    }

    /// A member with what no other of this cluster has in the profile, or had until now: an endpoint's name goes from
    /// one object to another in two loops, and so does whatever two members exchange between profiles.
    fn draw(&self, rng: &mut StdRng, slot: usize, place: Place) -> Wish {
        let others: Vec<_> = [&self.slots, &self.before]
            .into_iter()
            .flat_map(|slots| slots.iter().enumerate())
            .filter(|(index, _)| *index != slot)
            .filter_map(|(_, other)| other.as_ref())
            .filter(|other| other.profile == place.profile)
            .collect();
        let owner = &self.owner;
        let name = |number: u16| format!("{owner}-{number}");
        let target = |number: u16| format!("t{number}.{owner}.example.net");
        let rank = |number: u16| self.ranks_from + number;
        let mut free = |is_taken: &dyn Fn(u16, &Wish) -> bool| {
            let numbers: Vec<u16> = (0..POOL)
                .filter(|number| !others.iter().any(|other| is_taken(*number, other)))
                .collect();
            numbers.choose(rng).copied().unwrap_or_default()
        };
        let endpoint = name(free(&|number, other| other.endpoint == name(number)));
        let target = target(free(&|number, other| other.target == target(number)));
        let rank = rank(free(&|number, other| other.priority == Some(rank(number))));
        Wish {
            service: format!("app-{slot}"),
            profile: place.profile.to_owned(),
            endpoint,
            target,
            weight: rng.random_range(1..=1000),
            priority: place.ranked.then_some(rank),
        }
    }

    /// The members, by profile and endpoint, that are the same in both.
    pub fn unchanged(&self, before: &Self) -> BTreeSet<(String, String)> {
        let earlier: Vec<_> = before.iter().collect();
        self.iter()
            .filter(|wish| earlier.contains(wish))
            .map(|wish| (wish.profile.clone(), wish.endpoint.clone()))
            .collect()
    }

    /// The members of one profile by endpoint name.
    pub fn of_profile(&self, profile: &str) -> BTreeMap<&str, &Wish> {
        self.iter()
            .filter(|wish| wish.profile == profile)
            .map(|wish| (wish.endpoint.as_str(), wish))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    const PLACES: [Place; 2] = [
        Place {
            profile: "a",
            ranked: false,
        },
        Place {
            profile: "b",
            ranked: true,
        },
    ];

    /// What Azure demands of one profile: names, targets and priorities are unique in it.
    #[test]
    fn histories_ask_for_nothing_impossible() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut wishes = Wishes::new("east", 0, &PLACES, 6);
        let mut most = 0;
        for _ in 0..2000 {
            wishes.change(&mut rng);
            most = most.max(wishes.iter().count());
            for place in PLACES {
                let members: Vec<_> = wishes
                    .iter()
                    .filter(|wish| wish.profile == place.profile)
                    .collect();
                for (index, one) in members.iter().enumerate() {
                    for other in members.iter().skip(index + 1) {
                        assert_ne!(one.endpoint, other.endpoint);
                        assert_ne!(one.target, other.target);
                        assert!(one.priority.is_none() || one.priority != other.priority);
                        assert_eq!(one.priority.is_some(), place.ranked);
                    }
                }
            }
        }
        assert_eq!(most, 6);
    }
}
