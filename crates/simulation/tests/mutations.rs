//! Every law is broken once, by a mistake that is made on purpose, and every
//! mistake is noticed. The same seeds without it break nothing:
//! `random_histories_break_no_law`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use simulation::generate::generate;
use simulation::{Law, Mutation, run_with};

/// So many histories are enough to notice any of them.
const HISTORIES: u64 = 250;

#[test]
fn every_mistake_is_noticed() {
    let unnoticed: Vec<_> = Mutation::ALL
        .iter()
        .filter(|mutation| noticed_after(**mutation).is_none())
        .collect();
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}

#[test]
fn every_law_is_broken_by_one() {
    let laws = [
        Law::Foreign,
        Law::OtherOwner,
        Law::Lost,
        Law::Unclaimed,
        Law::Deletion,
        Law::Names,
        Law::Converges,
        Law::Quiet,
        Law::Survives,
    ];
    for law in laws {
        assert!(
            Mutation::ALL.iter().any(|mutation| mutation.law() == law),
            "{law}"
        );
    }
}

/// After how many histories the law is seen to be broken.
fn noticed_after(mutation: Mutation) -> Option<u64> {
    (0..HISTORIES).find(|seed| {
        let outcome = run_with(&generate(*seed, 2..=5), false, Some(mutation)).unwrap();
        outcome
            .violations
            .iter()
            .any(|broken| broken.law == mutation.law())
    })
}
