//! `simulation`: runs random histories and prints what they broke.

#![expect(clippy::print_stdout, reason = "a command speaks to its user")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use simulation::generate::generate;
use simulation::shrink::shrink;
use simulation::{History, Law, Mutation, SetUpError, Statistics, Violation, run, run_with};

/// Runs of a failing history while it is made smaller.
const SHRINK_TRIES: usize = 4_000;
/// Failing histories after which no new ones are begun.
const ENOUGH: usize = 50;

/// Random histories of clusters that share Traffic Manager, with faults between any two steps.
#[derive(Debug, Parser)]
struct Args {
    /// How many histories to run.
    #[arg(long, default_value_t = 1_000)]
    histories: u64,
    /// The seed of the first history; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many clusters there are: a number, or a range such as 2..5.
    #[arg(long, default_value = "2..5")]
    owners: String,
    /// Runs the history in this file and says what happens, step by step.
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Prints the history of the seed.
    #[arg(long)]
    print: bool,
    /// Makes this mistake on purpose, to see that it is noticed.
    #[arg(long)]
    mutation: Option<Mutation>,
    /// How many threads work; all cores when it is not given.
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("--owners: give a number from 1 to 5, or a range such as 2..5")]
    Owners,
    #[error("{0}")]
    Read(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    History(#[from] simulation::text::NotAHistory),
    #[error(transparent)]
    SetUp(#[from] SetUpError),
}

#[derive(Default)]
struct Total {
    statistics: Statistics,
    /// The first failing seed for each law.
    failures: BTreeMap<Law, (u64, Violation)>,
    /// Every failing seed with the first law that it broke.
    failing: BTreeMap<u64, Law>,
    error: Option<SetUpError>,
}

fn main() -> ExitCode {
    match try_main(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}

fn try_main(args: &Args) -> Result<bool, Error> {
    let owners = owners(&args.owners).ok_or(Error::Owners)?;
    if args.print {
        print!("{}", generate(args.seed, owners));
        return Ok(true);
    }
    if let Some(path) = &args.replay {
        let text =
            std::fs::read_to_string(path).map_err(|error| Error::Read(path.clone(), error))?;
        let outcome = run_with(&text.parse()?, true, args.mutation)?;
        outcome.journal.iter().for_each(|line| println!("{line}"));
        return Ok(report(&outcome.violations));
    }
    let began = Instant::now();
    let total = all(args, &owners)?;
    print!("{}", total.statistics);
    let rate = total.statistics.histories * 1_000
        / u64::try_from(began.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
    println!("{:<56}{:>14}", "seconds", began.elapsed().as_secs());
    println!("{:<56}{rate:>14}", "histories a second");
    let failing = total.failing.len();
    println!("{:<56}{failing:>14}", "histories that broke a law");
    for (seed, law) in &total.failing {
        println!("  seed {seed}: {law}");
    }
    for (law, (seed, violation)) in &total.failures {
        println!("\n=== seed {seed}: {violation}");
        if args.mutation.is_some() {
            continue;
        }
        let smallest: History = shrink(&generate(*seed, owners.clone()), *law, SHRINK_TRIES);
        print!("{smallest}");
        let outcome = run(&smallest, false)?;
        report(&outcome.violations);
    }
    Ok(total.failing.is_empty())
}

fn report(violations: &[Violation]) -> bool {
    for violation in violations {
        println!("# {violation}");
    }
    violations.is_empty()
}

fn owners(text: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let (least, most) = match text.split_once("..") {
        Some((least, most)) => (
            least.parse().ok()?,
            most.trim_start_matches('=').parse().ok()?,
        ),
        None => (text.parse().ok()?, text.parse().ok()?),
    };
    (1 <= least && least <= most && most <= simulation::history::OWNERS.len())
        .then_some(least..=most)
}

/// Runs all histories, on all cores.
fn all(args: &Args, owners: &std::ops::RangeInclusive<usize>) -> Result<Total, Error> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.unwrap_or(cores).max(1);
    let next = AtomicU64::new(0);
    let total = Mutex::new(Total::default());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let seed = args.seed.wrapping_add(index);
                    if index >= args.histories || lock(&total).is_over() {
                        return;
                    }
                    let outcome = run_with(&generate(seed, owners.clone()), false, args.mutation);
                    let mut total = lock(&total);
                    total.take(seed, outcome);
                    let done = total.statistics.histories;
                    if done.is_multiple_of(5_000) {
                        println!("{done} histories, {} s", began.elapsed().as_secs());
                    }
                }
            });
        }
    });
    let mut total = total
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    match total.error.take() {
        Some(error) => Err(error.into()),
        None => Ok(total),
    }
}

fn lock(total: &Mutex<Total>) -> std::sync::MutexGuard<'_, Total> {
    total
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

// === impl Total ===

impl Total {
    fn is_over(&self) -> bool {
        self.failing.len() >= ENOUGH || self.error.is_some()
    }

    fn take(&mut self, seed: u64, outcome: Result<simulation::Outcome, SetUpError>) {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        self.statistics.add(&outcome.statistics);
        if let Some(first) = outcome.violations.first() {
            self.failing.insert(seed, first.law);
        }
        for violation in outcome.violations {
            match self.failures.get(&violation.law) {
                Some((known, _)) if *known <= seed => {}
                _ => {
                    self.failures.insert(violation.law, (seed, violation));
                }
            }
        }
    }
}
