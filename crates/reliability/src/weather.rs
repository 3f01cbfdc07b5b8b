//! Bad weather: two owners follow their annotations while Azure throttles, fails, hangs and cuts connections.
//!
//! Each round changes what both want, lets a few kinds of failure happen to a part of the calls, and runs loops of both
//! at the same time. Then it clears up, and everything has to be as the annotations say, and still.

use std::path::Path;

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use crate::cluster::Loop;
use crate::failure::Failure;
use crate::guard::Guard;
use crate::report::{Report, Tally};
use crate::stage::Stage;

/// Loops of each owner while it storms.
const STORM_LOOPS: usize = 2;

/// How many rounds, spread over how many histories at the same time.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Rounds in each history.
    pub rounds: usize,
    /// Histories.
    pub lanes: usize,
    /// The seed of the first history.
    pub seed: u64,
}

#[derive(Debug, Default)]
struct Found {
    /// ARM calls that met a fault.
    faults: u64,
    /// Calls of ExternalDNS that failed softly.
    soft: u64,
    looks: u64,
    loops: Tally,
}

impl Weather {
    /// Lets it storm, and sees every promise kept.
    pub async fn run(self, binary: &Path) -> Result<Report, Failure> {
        let mut lanes = tokio::task::JoinSet::new();
        for seed in (self.seed..).take(self.lanes) {
            let binary = binary.to_owned();
            lanes.spawn(async move { history(&binary, seed, self.rounds).await });
        }
        let mut all = Found::default();
        while let Some(found) = lanes.join_next().await {
            let found = found.map_err(|error| Failure::setup("a history", error))??;
            all.faults += found.faults;
            all.soft += found.soft;
            all.looks += found.looks;
            all.loops.add(&found.loops);
        }
        Ok(Report {
            trial: "weather",
            tried: format!(
                "{} rounds of two owners; {} ARM calls failed, hung, were throttled or lost their answer",
                self.rounds * self.lanes,
                all.faults
            ),
            observed: vec![
                format!(
                    "ExternalDNS was told to come again {} times, and always answered in time",
                    all.soft
                ),
                format!(
                    "always converged; loops of one owner with a change after the storm, and how often: {}",
                    all.loops
                ),
                format!(
                    "Azure was looked at {} times meanwhile: every endpoint claimed; foreign and unchanged ones as before",
                    all.looks
                ),
            ],
        })
    }
}

async fn history(binary: &Path, seed: u64, rounds: usize) -> Result<Found, Failure> {
    let mut stage = Stage::set(binary, seed, &[]).await?;
    let guard = Guard::over(stage.azure.clone(), stage.foreign(), &[]);
    let mut found = Found::default();
    for number in 0..rounds {
        let passed = round(&mut stage, &guard, &mut found).await;
        if let Err(failure) = passed {
            let what = format!("history {seed}, round {number}");
            return Err(Failure::setup(what, stage.with_logs(failure)));
        }
    }
    found.looks = guard.looks();
    Ok(found)
}

async fn round(stage: &mut Stage, guard: &Guard, found: &mut Found) -> Result<(), Failure> {
    let (east, west) = (stage.east.wishes.clone(), stage.west.wishes.clone());
    stage.east.wishes.change(&mut stage.rng);
    stage.west.wishes.change(&mut stage.rng);
    let mut kept = stage.east.wishes.unchanged(&east);
    kept.extend(stage.west.wishes.unchanged(&west));
    guard.expect_untouched(
        stage.held(|profile, name| kept.contains(&(profile.to_owned(), name.to_owned()))),
    );

    let storm: Vec<_> = (0..stage.rng.random_range(1..=3))
        .map(|_| rule(&mut stage.rng))
        .collect();
    stage.azure.reset();
    stage.azure.faults(&Value::Array(storm))?;
    let services = [stage.east.wishes.services(), stage.west.wishes.services()];
    let Stage { east, west, .. } = stage;
    for _ in 0..STORM_LOOPS {
        let (eastern, western) = tokio::join!(
            east.cluster.run(&services[0]),
            west.cluster.run(&services[1])
        );
        for looped in [eastern?, western?] {
            found.soft += u64::from(matches!(looped, Loop::Later(_)));
        }
    }
    found.faults += stage.azure.faults_met();
    stage.azure.calm();

    // One after the other: what one gives up may be what the other waits for.
    stage.east.converge(&mut found.loops).await?;
    stage.west.converge(&mut found.loops).await?;
    guard.verdict()?;
    stage.holds()?;
    stage.east.quiet(&stage.azure).await?;
    stage.west.quiet(&stage.azure).await?;
    stage.holds()?;
    guard.verdict()
}

/// Something that goes wrong with a part of the calls.
fn rule(rng: &mut StdRng) -> Value {
    const OPERATIONS: [&str; 7] = [
        "writes",
        "reads",
        "*",
        "endpoints.*",
        "tags.*",
        "profiles.put",
        "profiles.get",
    ];
    let faults = [
        json!({"status": 429}),
        json!({"status": 429, "retryAfter": 1}),
        json!({"status": 500}),
        json!({"status": 503}),
        json!({"status": 503, "when": "after"}),
        json!({"status": 504, "when": "after"}),
        json!({"reset": true}),
        json!({"reset": true, "when": "after"}),
        json!({"delay": "200ms"}),
        json!({"delay": "200ms", "when": "after"}),
    ];
    let mut rule = faults.choose(rng).cloned().unwrap_or_default();
    if let Some(fields) = rule.as_object_mut() {
        let operation = OPERATIONS.choose(rng).copied().unwrap_or("*");
        fields.insert("operation".to_owned(), json!(operation));
        fields.insert("fraction".to_owned(), json!(rng.random_range(0.3..0.95)));
        fields.insert("seed".to_owned(), json!(rng.random::<u32>()));
    }
    rule
}
