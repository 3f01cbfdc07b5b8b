//! SIGKILL at a random moment of an apply.
//!
//! Each batch creates, changes, renames, moves and deletes members in up to three profiles. The webhook is killed at a
//! moment that is spread evenly over the time that an apply takes, and starts again. Writes that are under way when it
//! dies take effect all the same, as they do in Azure.

use std::path::Path;
use std::time::{Duration, Instant};

use rand::Rng as _;
use serde_json::json;

use crate::azure::Azure;
use crate::cluster::Called;
use crate::failure::Failure;
use crate::guard::{Endpoints, Guard};
use crate::report::{Report, Tally};
use crate::stage::Stage;

/// Applies that are only measured, to know how long one takes.
const CALIBRATIONS: usize = 8;
/// After so many kills that is measured anew: the machine may have got busier, or less busy.
const RECALIBRATE: usize = 40;
/// How many of these took at most the time over which kills are spread, in percent.
const COVERED: usize = 75;
/// How often a webhook that has just started again is killed once more before it has recovered.
const AGAIN: f64 = 0.25;
const WRITE_DELAY: &str = "6ms";
const READ_DELAY: &str = "2ms";

/// How many kills before the answer, spread over how many histories at the same time.
#[derive(Debug, Clone, Copy)]
pub struct Kills {
    /// Kills in all.
    pub kills: usize,
    /// Histories.
    pub lanes: usize,
    /// The seed of the first history.
    pub seed: u64,
}

#[derive(Debug, Default)]
struct Found {
    before_the_first_write: u64,
    between_writes: u64,
    during_a_write: u64,
    after_the_answer: u64,
    batches: u64,
    again: u64,
    looks: u64,
    loops: Tally,
    spread: Duration,
}

impl Kills {
    /// Kills, restarts, and sees every promise kept.
    pub async fn run(self, binary: &Path) -> Result<Report, Failure> {
        let each = self.kills.div_ceil(self.lanes.max(1));
        let mut lanes = tokio::task::JoinSet::new();
        let mut left = self.kills;
        for seed in self.seed.. {
            let kills = each.min(left);
            if kills == 0 {
                break;
            }
            left -= kills;
            let binary = binary.to_owned();
            lanes.spawn(async move { history(&binary, seed, kills).await });
        }
        let mut all = Found::default();
        while let Some(found) = lanes.join_next().await {
            let found = found.map_err(|error| Failure::setup("a history", error))??;
            all.add(&found);
        }
        Ok(all.report(self.kills))
    }
}

async fn history(binary: &Path, seed: u64, kills: usize) -> Result<Found, Failure> {
    // Every other history deletes empty profiles at once instead of after an hour.
    let grace = if seed.is_multiple_of(2) { "0s" } else { "1h" };
    let mut stage = Stage::set(binary, seed, &[format!("--profile-grace={grace}")]).await?;
    let guard = Guard::over(stage.azure.clone(), stage.foreign(), &[]);
    let mut found = Found::default();
    let tell = |failure| Err(Failure::setup(format!("history {seed}"), failure));
    slow_down(&stage.azure)?;
    let mut killed = 0;
    while killed < kills {
        let until = kills.min(killed + RECALIBRATE);
        let passed = some(&mut stage, &guard, &mut found, &mut killed, until).await;
        if let Err(failure) = passed {
            return tell(stage.with_logs(failure));
        }
    }
    found.looks = guard.looks();
    Ok(found)
}

/// Some of the kills of a history.
async fn some(
    stage: &mut Stage,
    guard: &Guard,
    found: &mut Found,
    killed: &mut usize,
    until: usize,
) -> Result<(), Failure> {
    let spread = calibrate(stage, guard).await?;
    found.spread = found.spread.max(spread);
    while *killed < until {
        batch(stage, guard, found, killed, until, spread).await?;
    }
    Ok(())
}

/// How long an apply takes, by some that are not killed.
async fn calibrate(stage: &mut Stage, guard: &Guard) -> Result<Duration, Failure> {
    let mut taken = Vec::new();
    while taken.len() < CALIBRATIONS {
        change(stage, guard);
        let services = stage.east.wishes.services();
        let Called::Done(Some(changes)) = stage.east.cluster.plan(&services).await? else {
            continue;
        };
        let started = Instant::now();
        stage.east.cluster.post(&changes).send().await?;
        taken.push(started.elapsed());
        stage.east.converge(&mut Tally::default()).await?;
        guard.verdict()?;
        stage.holds()?;
    }
    taken.sort_unstable();
    let index = (taken.len() * COVERED / 100).min(taken.len().saturating_sub(1));
    Ok(taken.get(index).copied().unwrap_or_default())
}

/// A batch, one or more kills in its middle, and the recovery.
async fn batch(
    stage: &mut Stage,
    guard: &Guard,
    found: &mut Found,
    killed: &mut usize,
    until: usize,
    spread: Duration,
) -> Result<(), Failure> {
    change(stage, guard);
    found.batches += 1;
    let mut tried = false;
    while *killed < until {
        let services = stage.east.wishes.services();
        let planned = stage.east.cluster.plan(&services).await?;
        let Called::Done(Some(changes)) = planned else {
            break;
        };
        stage.azure.reset();
        let moment = spread.mul_f64(stage.rng.random());
        let post = tokio::spawn(stage.east.cluster.post(&changes).send_to_the_dying());
        tokio::time::sleep(moment).await;
        let (writes, under_way) = (stage.azure.calls().writes, stage.azure.writes_under_way());
        stage.east.cluster.kill().await?;
        let answered = post.await.unwrap_or_default();
        tried = true;
        // Too late for this batch; what follows has to hold all the same.
        *killed += usize::from(!answered);
        found.note(answered, writes, under_way);
        stage.east.cluster.restart().await?;
        if !stage.rng.random_bool(AGAIN) {
            break;
        }
        found.again += 1;
    }
    if !tried {
        // The change came to nothing: two edits undid each other.
        return Ok(());
    }
    stage.east.converge(&mut found.loops).await?;
    stage.holds()?;
    guard.verdict()?;
    // In the calm, so that what goes on in the background ends.
    stage.azure.calm();
    stage.east.quiet(&stage.azure).await?;
    stage.west.quiet(&stage.azure).await?;
    stage.holds()?;
    guard.verdict()?;
    slow_down(&stage.azure)
}

/// Changes what the east wants. What is wanted as before has to stay as it is, throughout.
fn change(stage: &mut Stage, guard: &Guard) {
    let before = stage.east.wishes.clone();
    stage.east.wishes.change(&mut stage.rng);
    let kept = stage.east.wishes.unchanged(&before);
    let untouched: Endpoints = stage.held(|profile, name| {
        name.starts_with("west") || kept.contains(&(profile.to_owned(), name.to_owned()))
    });
    guard.expect_untouched(untouched);
}

fn slow_down(azure: &Azure) -> Result<(), Failure> {
    azure.faults(&json!([
        {"operation": "writes", "delay": WRITE_DELAY, "fraction": 0.5, "when": "after"},
        {"operation": "writes", "delay": WRITE_DELAY},
        {"operation": "reads", "delay": READ_DELAY},
    ]))
}

// === impl Found ===

impl Found {
    fn note(&mut self, answered: bool, writes: u64, under_way: usize) {
        let moment = match (answered, writes, under_way) {
            (true, _, _) => &mut self.after_the_answer,
            (false, 0, _) => &mut self.before_the_first_write,
            (false, _, 0) => &mut self.between_writes,
            (false, _, _) => &mut self.during_a_write,
        };
        *moment += 1;
    }

    fn add(&mut self, other: &Self) {
        self.before_the_first_write += other.before_the_first_write;
        self.between_writes += other.between_writes;
        self.during_a_write += other.during_a_write;
        self.after_the_answer += other.after_the_answer;
        self.batches += other.batches;
        self.again += other.again;
        self.looks += other.looks;
        self.loops.add(&other.loops);
        self.spread = self.spread.max(other.spread);
    }

    fn report(&self, kills: usize) -> Report {
        Report {
            trial: "kill",
            tried: format!(
                "{kills} times SIGKILL in the middle of an apply, spread over up to {} ms, in {} batches; and {} times after its answer",
                self.spread.as_millis(),
                self.batches,
                self.after_the_answer
            ),
            observed: vec![
                format!(
                    "{} hit while a write was under way, {} between two writes, {} before the first; after {} of them the same batch was tried, and killed, once more",
                    self.during_a_write,
                    self.between_writes,
                    self.before_the_first_write,
                    self.again
                ),
                format!(
                    "always converged; loops with a change after the restart, and how often: {}",
                    self.loops
                ),
                format!(
                    "Azure was looked at {} times meanwhile: every endpoint claimed; foreign ones, the other owner's and unchanged ones as before",
                    self.looks
                ),
            ],
        }
    }
}
