//! Every law is broken once, by a mistake that is made on purpose, and every
//! mistake is noticed. The same seeds without it break nothing:
//! `random_histories_break_no_law`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use simulation::generate::generate;
use simulation::{Law, Mutation, run_with};

/// So many histories are enough to notice any of them.
const HISTORIES: u64 = 300;

#[test]
fn every_mistake_is_noticed() {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut unnoticed = Vec::new();
        while let Some(mutation) = Mutation::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            if noticed_after(*mutation).is_none() {
                unnoticed.push(*mutation);
            }
        }
        unnoticed
    };
    let unnoticed: Vec<_> = thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
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
