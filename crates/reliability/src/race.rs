//! Two first deployments at the same moment: nobody's profile exists, both owners create it.
//!
//! Azure's PUT has no condition, so one of the two replaces what the other has just created. Reads and writes take a
//! random few milliseconds, so that this really happens; how often is in the report.

use std::path::Path;
use std::time::Duration;

use external_dns::model::Service;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::azure::{Azure, endpoints};
use crate::cluster::{Cluster, Loop};
use crate::failure::Failure;
use crate::report::Report;
use crate::serve::Launch;
use crate::wish::Wish;

const PROMISE: &str = "after two loops of each owner, the members of both are there";
/// How far apart the two begin, at most.
const APART_MS: u64 = 4;
/// How long a call takes, at most.
const DELAY_MS: u64 = 8;

/// How many races.
#[derive(Debug, Clone, Copy)]
pub struct Races {
    /// Races.
    pub races: usize,
    /// The seed of offsets and delays.
    pub seed: u64,
}

#[derive(Debug, Default)]
struct Found {
    overwritten: usize,
    second_loops: usize,
}

impl Races {
    /// Races, and sees the promise kept each time.
    pub async fn run(self, binary: &Path) -> Result<Report, Failure> {
        let azure = Azure::start(self.seed).await?;
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut east = Cluster::start(Launch::new(binary, "east", azure.url())).await?;
        let mut west = Cluster::start(Launch::new(binary, "west", azure.url())).await?;
        let mut found = Found::default();
        for number in 0..self.races {
            let raced = race(&azure, &mut east, &mut west, number, &mut rng, &mut found).await;
            raced.map_err(|failure| {
                let failure = west.with_log(east.with_log(failure));
                Failure::setup(format!("race {number} of seed {}", self.seed), failure)
            })?;
        }
        Ok(Report {
            trial: "race",
            tried: format!(
                "{} first deployments of two owners at the same moment",
                self.races
            ),
            observed: vec![
                format!(
                    "in {} of them one owner's new profile was replaced by the other's (a PUT answered 200)",
                    found.overwritten
                ),
                format!(
                    "both owners' members were there after at most two loops every time; in {} races a second loop was needed",
                    found.second_loops
                ),
            ],
        })
    }
}

async fn race(
    azure: &Azure,
    east: &mut Cluster,
    west: &mut Cluster,
    number: usize,
    rng: &mut StdRng,
    found: &mut Found,
) -> Result<(), Failure> {
    let profile = format!("race-{number}");
    let eastern = wishes(&profile, "east", rng.random_range(1..=3));
    let western = wishes(&profile, "west", rng.random_range(1..=3));
    let services = [services("east", &eastern), services("west", &western)];
    azure.reset();
    azure.faults(&json!([
        delay(rng, "profiles.get", "before"),
        delay(rng, "profiles.get", "after"),
        delay(rng, "profiles.put", "before"),
        delay(rng, "profiles.put", "after"),
    ]))?;
    let mut needed = false;
    for round in 0..2 {
        let apart = Duration::from_millis(rng.random_range(0..=APART_MS));
        let (first, second) = if rng.random() {
            (Duration::ZERO, apart)
        } else {
            (apart, Duration::ZERO)
        };
        let (eastern, western) = tokio::join!(
            after(first, east.run(&services[0])),
            after(second, west.run(&services[1])),
        );
        let changed = |looped: Loop| !looped.is_quiet();
        needed |= (changed(eastern?) | changed(western?)) && round == 1;
    }
    found.second_loops += usize::from(needed);
    found.overwritten += usize::from(azure.answered("profiles.put", 200) > 0);
    azure.calm();
    azure.rest().await?;

    let shown = azure.profile(&profile).unwrap_or_default();
    let held = endpoints(&shown);
    let wanted: Vec<_> = eastern.iter().chain(&western).collect();
    let all = wanted.len() == held.len()
        && wanted.iter().all(|wish| {
            held.get(&wish.endpoint)
                .is_some_and(|endpoint| wish.is_met_by(endpoint))
        });
    if !all {
        let seen = format!("{wanted:?} are wanted; there is {shown:#}");
        return Err(Failure::broken(PROMISE, seen));
    }
    east.quiet(azure, &services[0]).await?;
    west.quiet(azure, &services[1]).await?;
    // The next race finds nothing.
    azure.delete(&profile)
}

async fn after<T>(wait: Duration, work: impl Future<Output = T>) -> T {
    tokio::time::sleep(wait).await;
    work.await
}

/// A rule that makes about half of the calls of an operation slow.
fn delay(rng: &mut StdRng, operation: &str, when: &str) -> serde_json::Value {
    json!({
        "operation": operation,
        "when": when,
        "delay": format!("{}ms", rng.random_range(1..=DELAY_MS)),
        "fraction": 0.5,
        "seed": rng.random_range(0..=u32::MAX),
    })
}

fn wishes(profile: &str, owner: &str, members: u16) -> Vec<Wish> {
    (0..members)
        .map(|number| Wish {
            service: format!("app-{number}"),
            profile: profile.to_owned(),
            endpoint: format!("{owner}-{number}"),
            target: format!("t{number}.{profile}.{owner}.example.net"),
            weight: 10 + number,
            priority: None,
        })
        .collect()
}

fn services(owner: &str, wishes: &[Wish]) -> Vec<Service> {
    let services = wishes.iter().map(|wish| wish.to_service(owner));
    services.collect()
}
