//! Histories, and the simulation itself.

use std::fs;
use std::path::Path;

use simulation::generate::generate;
use simulation::{History, run};

/// So many random histories. The release binary runs many more.
const HISTORIES: u64 = 250;

#[test]
fn random_histories_break_no_law() {
    for seed in 0..HISTORIES {
        let history = generate(seed, 2..=5);
        let outcome = run(&history, false).unwrap();
        assert!(
            outcome.violations.is_empty(),
            "seed {seed}: {:#?}\n{history}",
            outcome.violations
        );
    }
}

/// Every mistake that was ever found, as the shortest history that showed it.
#[test]
fn regressions_stay_mended() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut files = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let history: History = fs::read_to_string(&path).unwrap().parse().unwrap();
        let outcome = run(&history, false).unwrap();
        assert!(
            outcome.violations.is_empty(),
            "{}: {:#?}",
            path.display(),
            outcome.violations
        );
        files += 1;
    }
    assert!(files > 0);
}

#[test]
fn a_history_is_the_same_every_time() {
    for seed in 0..40 {
        let history = generate(seed, 2..=5);
        let (once, twice) = (run(&history, true).unwrap(), run(&history, true).unwrap());
        assert_eq!(once.journal, twice.journal, "seed {seed}");
        assert!(once.journal.len() > history.steps.len());
        assert_eq!(once.statistics, twice.statistics);
    }
}

#[test]
fn histories_are_read_as_they_are_written() {
    for seed in 0..300 {
        let history = generate(seed, 1..=5);
        assert_eq!(history.to_string().parse(), Ok(history));
    }
}

#[test]
fn what_is_no_step_is_refused() {
    for text in [
        "fly east",
        "run nowhere",
        "owners 9",
        "serve east 0 maybe",
        "pass -1",
    ] {
        assert!(text.parse::<History>().is_err(), "{text}");
    }
}
