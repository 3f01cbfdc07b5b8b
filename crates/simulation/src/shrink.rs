//! Shrinking: a failing history with as few steps as possible.

use crate::history::{Deed, History, How, Step};
use crate::law::Law;
use crate::run::run;

/// The smallest history found that breaks the same law. `tries` bounds the work.
pub fn shrink(history: &History, law: Law, tries: usize) -> History {
    let mut best = history.clone();
    let mut left = tries;
    let mut fails = |candidate: &History| {
        if left == 0 {
            return false;
        }
        left -= 1;
        run(candidate, false)
            .is_ok_and(|outcome| outcome.violations.iter().any(|broken| broken.law == law))
    };
    loop {
        let before = best.clone();
        drop_chunks(&mut best, &mut fails);
        simplify(&mut best, &mut fails);
        if best == before {
            return best;
        }
    }
}

/// Leaves out stretches of steps, long ones first.
fn drop_chunks(best: &mut History, fails: &mut impl FnMut(&History) -> bool) {
    let mut size = best.steps.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        while start < best.steps.len() {
            let end = (start + size).min(best.steps.len());
            let mut candidate = best.clone();
            candidate.steps.drain(start..end);
            if fails(&candidate) {
                *best = candidate;
            } else {
                start += size;
            }
        }
        if size == 1 {
            return;
        }
        size = size.div_ceil(2);
    }
}

/// Makes single steps simpler.
fn simplify(best: &mut History, fails: &mut impl FnMut(&History) -> bool) {
    for index in 0..best.steps.len() {
        let Some(step) = best.steps.get(index).cloned() else {
            continue;
        };
        for simpler in simpler(&step) {
            let mut candidate = best.clone();
            if let Some(place) = candidate.steps.get_mut(index) {
                *place = simpler;
            }
            if fails(&candidate) {
                *best = candidate;
                break;
            }
        }
    }
    while best.owners > 1 {
        let mut candidate = best.clone();
        candidate.owners -= 1;
        if !fails(&candidate) {
            break;
        }
        *best = candidate;
    }
}

fn simpler(step: &Step) -> Vec<Step> {
    match step {
        Step::Edit(owner, slot, changes) => changes
            .keys()
            .map(|name| {
                let mut fewer = changes.clone();
                fewer.remove(name);
                Step::Edit(*owner, *slot, fewer)
            })
            .collect(),
        Step::Serve(owner, index, how) => {
            let mut simpler = vec![Step::Serve(*owner, *index, How::Fine)];
            if *index > 0 {
                simpler.push(Step::Serve(*owner, 0, *how));
            }
            simpler.retain(|simpler| simpler != step);
            simpler
        }
        Step::Turn(owner, count) if *count > 1 => {
            vec![Step::Turn(*owner, count / 2), Step::Turn(*owner, count - 1)]
        }
        Step::Kill(owner, bits) if *bits != 0 => vec![Step::Kill(*owner, 0)],
        Step::Pass(seconds) if *seconds > 1 => vec![Step::Pass(seconds / 2)],
        Step::Skew(owner, seconds) if seconds.abs() > 1 => {
            vec![Step::Skew(*owner, seconds / 2)]
        }
        Step::Others(profile, Deed::Wipe) => {
            vec![Step::Others(profile.clone(), Deed::WipeOurs)]
        }
        _ => Vec::new(),
    }
}
