//! Tries the promises with the real binary and prints what was observed.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use reliability::crowd::Crowd;
use reliability::guest::Guests;
use reliability::kill::Kills;
use reliability::race::Races;
use reliability::slow::Slow;
use reliability::weather::Weather;
use reliability::{Failure, Report};
use tokio::task::JoinSet;

/// Histories of one trial that run at the same time.
const LANES: usize = 4;

/// Tries the promises about crashes, races and a failing Azure, with real processes over HTTP.
#[derive(Debug, Parser)]
struct Args {
    /// The program to try.
    #[arg(long, env = "EDTM_BINARY", value_name = "PATH", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/external-dns-traffic-manager"))]
    binary: PathBuf,
    /// Only these trials, separated by commas.
    #[arg(long, value_name = "TRIALS", value_delimiter = ',')]
    only: Vec<Trial>,
    /// First deployments of two owners at the same moment.
    #[arg(long, value_name = "NUMBER", default_value_t = 200)]
    races: usize,
    /// How often a webhook is killed in the middle of an apply.
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    kills: usize,
    /// How many seconds ARM takes to answer when it is slow.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    slow: u64,
    /// The deadline of the webhook then, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    deadline: u64,
    /// Rounds of random changes under random faults.
    #[arg(long, value_name = "NUMBER", default_value_t = 40)]
    rounds: usize,
    /// How often two owners join a profile of Terraform's and leave it.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    stays: usize,
    /// Seed of everything that is left to chance.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trial {
    Race,
    Kill,
    Slow,
    Crowd,
    Weather,
    Guest,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut trials = JoinSet::new();
    for trial in Trial::value_variants() {
        if args.only.is_empty() || args.only.contains(trial) {
            trials.spawn(hold(*trial, args));
        }
    }
    while let Some(report) = trials.join_next().await {
        writeln!(io::stdout(), "{}", report??)?;
    }
    let seconds = started.elapsed().as_secs();
    writeln!(io::stdout(), "every promise was kept, in {seconds} s")?;
    Ok(())
}

fn hold(trial: Trial, args: &Args) -> impl Future<Output = Result<Report, Failure>> + Send + use<> {
    let (binary, seed) = (args.binary.clone(), args.seed);
    let races = Races {
        races: args.races,
        seed,
    };
    let kills = Kills {
        kills: args.kills,
        lanes: LANES,
        seed,
    };
    let slow = Slow {
        arm: Duration::from_secs(args.slow),
        deadline: Duration::from_secs(args.deadline),
    };
    let guests = Guests {
        stays: args.stays,
        changes: 5,
        seed,
    };
    let weather = Weather {
        rounds: args.rounds.div_ceil(LANES),
        lanes: LANES,
        seed,
    };
    async move {
        let binary: &Path = &binary;
        match trial {
            Trial::Race => races.run(binary).await,
            Trial::Kill => kills.run(binary).await,
            Trial::Slow => slow.run(binary).await,
            Trial::Crowd => Crowd { owners: 40 }.run(binary).await,
            Trial::Guest => guests.run(binary).await,
            Trial::Weather => weather.run(binary).await,
        }
    }
}

fn complain(error: &dyn Error) {
    let mut out = io::stderr().lock();
    let _ = write!(out, "error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(out, ": {cause}");
        source = cause.source();
    }
    let _ = writeln!(out);
}
