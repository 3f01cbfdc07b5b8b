//! Where histories take place: two clusters that share two profiles with each other and with a foreign endpoint, and a
//! profile that the first has for itself.

use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::azure::{Azure, endpoints};
use crate::cluster::{Cluster, Loop};
use crate::failure::Failure;
use crate::guard::Endpoints;
use crate::report::Tally;
use crate::serve::Launch;
use crate::wish::{Place, Wishes};

/// How many loops an owner has to make Azure what the annotations say, once nothing fails any more.
pub const LOOPS: u64 = 3;

const SHARED: Place = Place {
    profile: "shared",
    ranked: false,
};
const RANKED: Place = Place {
    profile: "ranked",
    ranked: true,
};
const SOLO: Place = Place {
    profile: "solo",
    ranked: false,
};

/// The endpoint that somebody made by hand.
const FOREIGN: &str = "portal";

const CONVERGES: &str = "after at most three loops Azure is what the annotations say";

/// A cluster and what it wants.
#[derive(Debug)]
pub struct Party {
    /// The cluster.
    pub cluster: Cluster,
    /// What it wants.
    pub wishes: Wishes,
}

/// The stage.
#[derive(Debug)]
pub struct Stage {
    /// The cloud.
    pub azure: Arc<Azure>,
    /// Has members in three profiles.
    pub east: Party,
    /// Has members in two of them.
    pub west: Party,
    /// What decides the history.
    pub rng: StdRng,
}

// === impl Stage ===

impl Stage {
    /// Starts everything, and comes to rest.
    pub async fn set(binary: &Path, seed: u64, flags: &[String]) -> Result<Self, Failure> {
        let azure = Arc::new(Azure::start(seed).await?);
        let mut rng = StdRng::seed_from_u64(seed);
        let party = |owner: &'static str| {
            let mut launch = Launch::new(binary, owner, azure.url());
            launch.flags = flags.to_vec();
            // Histories take away as much at once as they like.
            let launch = launch.with("--max-deletions=100%");
            Cluster::start(launch)
        };
        let mut west = Party {
            cluster: party("west").await?,
            wishes: Wishes::new("west", 1, &[SHARED, RANKED], 4),
        };
        for place in [SHARED, RANKED, RANKED] {
            west.wishes.add(&mut rng, place);
        }
        west.settle(&azure, &mut Tally::default()).await?;
        for place in [SHARED, RANKED] {
            let mut body = json!({"properties": {
                "target": "portal.example.org",
                "weight": 7,
                "endpointStatus": "Enabled",
            }});
            if let Some(properties) = body["properties"].as_object_mut()
                && place.ranked
            {
                properties.insert("priority".to_owned(), json!(950));
            }
            azure.put(
                &format!("{}/externalEndpoints/{FOREIGN}", place.profile),
                &body,
            )?;
        }
        let mut east = Party {
            cluster: party("east").await?,
            wishes: Wishes::new("east", 0, &[SHARED, RANKED, SOLO], 7),
        };
        for place in [SHARED, SHARED, RANKED, SOLO] {
            east.wishes.add(&mut rng, place);
        }
        east.settle(&azure, &mut Tally::default()).await?;
        let stage = Self {
            azure,
            east,
            west,
            rng,
        };
        stage.holds()?;
        Ok(stage)
    }

    /// The endpoints that nobody here manages.
    pub fn foreign(&self) -> Endpoints {
        self.held(|_, name| name == FOREIGN)
    }

    /// Endpoints as Azure holds them now.
    pub fn held(&self, which: impl Fn(&str, &str) -> bool) -> Endpoints {
        let mut held = Endpoints::new();
        for profile in self.azure.profile_names() {
            let shown = self.azure.profile(&profile).unwrap_or_default();
            for (name, endpoint) in endpoints(&shown) {
                if which(&profile, &name) {
                    held.insert((profile.clone(), name), endpoint);
                }
            }
        }
        held
    }

    /// Whether Azure holds exactly what both want, and what is foreign.
    pub fn holds(&self) -> Result<(), Failure> {
        for place in [SHARED, RANKED, SOLO] {
            let shown = self.azure.profile(place.profile).unwrap_or_default();
            if let Err(seen) = self.profile_holds(place, &shown) {
                let seen = format!("{seen}; profile {}: {shown:#}", place.profile);
                return Err(self.with_logs(Failure::broken(CONVERGES, seen)));
            }
        }
        Ok(())
    }

    fn profile_holds(&self, place: Place, shown: &Value) -> Result<(), String> {
        let held = endpoints(shown);
        let mut wanted = self.east.wishes.of_profile(place.profile);
        wanted.extend(self.west.wishes.of_profile(place.profile));
        for (name, wish) in &wanted {
            match held.get(*name) {
                Some(endpoint) if wish.is_met_by(endpoint) => {}
                other => return Err(format!("{wish:?} is wanted, and there is {other:?}")),
            }
        }
        for name in held.keys() {
            let foreign = name == FOREIGN && place != SOLO;
            if !foreign && !wanted.contains_key(name.as_str()) {
                return Err(format!("nobody wants endpoint {name}"));
            }
        }
        Ok(())
    }

    /// A broken promise with the ends of both logs.
    pub fn with_logs(&self, failure: Failure) -> Failure {
        self.west
            .cluster
            .with_log(self.east.cluster.with_log(failure))
    }
}

// === impl Party ===

impl Party {
    /// Runs loops until ExternalDNS finds nothing to change, at most [`LOOPS`] of them with a change, and notes how
    /// many it took.
    pub async fn converge(&mut self, loops: &mut Tally) -> Result<(), Failure> {
        let services = self.wishes.services();
        let mut last = Loop::Quiet;
        for taken in 0..=LOOPS {
            match self.cluster.run(&services).await? {
                Loop::Quiet => {
                    loops.count(taken);
                    return Ok(());
                }
                other => last = other,
            }
        }
        let failure = Failure::broken(CONVERGES, format!("the last loop was {last:?}"));
        Err(self.cluster.with_log(failure))
    }

    /// [`converge`](Self::converge), and then the quiet that has to follow.
    pub async fn settle(&mut self, azure: &Azure, loops: &mut Tally) -> Result<(), Failure> {
        self.converge(loops).await?;
        self.quiet(azure).await
    }

    /// A loop that changes nothing.
    pub async fn quiet(&mut self, azure: &Azure) -> Result<(), Failure> {
        let services = self.wishes.services();
        self.cluster.quiet(azure, &services).await
    }
}
