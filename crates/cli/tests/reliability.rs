//! The trials of the crate `reliability`, a few times each. `docs/RELIABILITY.md` has the full counts, and what they
//! showed.

#![expect(clippy::print_stdout, reason = "reports, to be seen with --nocapture")]

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use reliability::crowd::Crowd;
use reliability::guest::Guests;
use reliability::kill::Kills;
use reliability::race::Races;
use reliability::slow::Slow;
use reliability::weather::Weather;
use reliability::{Failure, Report};

const SEED: u64 = 7;

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_external-dns-traffic-manager"))
}

fn kept(report: Result<Report, Failure>) {
    match report {
        Ok(report) => println!("{report}"),
        Err(failure) => {
            let mut seen = failure.to_string();
            let mut cause = failure.source();
            while let Some(error) = cause {
                seen = format!("{seen}: {error}");
                cause = error.source();
            }
            panic!("{seen}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_create_one_profile_at_the_same_moment() {
    let races = Races {
        races: 6,
        seed: SEED,
    };
    kept(races.run(binary()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_killed_recovers() {
    let kills = Kills {
        kills: 10,
        lanes: 2,
        seed: SEED,
    };
    kept(kills.run(binary()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_azure_is_waited_for_and_written_once() {
    let slow = Slow {
        arm: Duration::from_secs(2),
        deadline: Duration::from_secs(1),
    };
    kept(slow.run(binary()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_follow_their_annotations_through_bad_weather() {
    let weather = Weather {
        rounds: 2,
        lanes: 2,
        seed: SEED,
    };
    kept(weather.run(binary()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joined_profile_stays_as_terraform_made_it() {
    let guests = Guests {
        stays: 2,
        changes: 3,
        seed: SEED,
    };
    kept(guests.run(binary()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_profile_has_room_for_every_claim() {
    kept(Crowd { owners: 40 }.run(binary()).await);
}
