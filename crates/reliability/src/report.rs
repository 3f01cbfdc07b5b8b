//! What a trial found.

use std::collections::BTreeMap;
use std::fmt;

/// What a trial found when every promise was kept.
#[derive(Debug, Clone)]
pub struct Report {
    /// The trial.
    pub trial: &'static str,
    /// What was tried, and how many times.
    pub tried: String,
    /// What was observed, one sentence each.
    pub observed: Vec<String>,
}

/// How often each number came up.
#[derive(Debug, Clone, Default)]
pub struct Tally(BTreeMap<u64, u64>);

// === impl Tally ===

impl Tally {
    /// Notes a number.
    pub fn count(&mut self, number: u64) {
        *self.0.entry(number).or_default() += 1;
    }

    /// Adds what another has noted.
    pub fn add(&mut self, other: &Self) {
        for (number, times) in &other.0 {
            *self.0.entry(*number).or_default() += times;
        }
    }
}

impl fmt::Display for Tally {
    /// `0 loops 12 times, 1 loop 480 times` without the noun: `0: 12, 1: 480`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self
            .0
            .iter()
            .map(|(number, times)| format!("{number}: {times}"))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.trial, self.tried)?;
        for line in &self.observed {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
