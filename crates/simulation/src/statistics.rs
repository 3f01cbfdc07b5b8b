//! What is counted.

use std::collections::BTreeMap;
use std::fmt;

/// Counts over one history, or over many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Histories.
    pub histories: u64,
    /// Steps of histories, without the calm.
    pub steps: u64,
    /// Calls that Azure has seen.
    pub calls: u64,
    /// Processes that were ended.
    pub kills: u64,
    /// What others did.
    pub edits_by_others: u64,
    /// Endpoints that a failed batch left away until a later loop.
    pub passing_losses: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Races by kind.
    pub races: BTreeMap<&'static str, u64>,
    /// Writes that Azure refused, by status.
    pub refusals: BTreeMap<u16, u64>,
    /// Histories by the number of rounds of loops after which all was as asked.
    pub rounds: BTreeMap<u64, u64>,
}

// === impl Statistics ===

impl Statistics {
    pub(crate) fn count_fault(&mut self, fault: Option<&'static str>) {
        if let Some(fault) = fault {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    pub(crate) fn count_status(&mut self, status: u16, is_read: bool) {
        if status >= 400 && !is_read {
            *self.refusals.entry(status).or_default() += 1;
        }
    }

    /// Adds what another history counted.
    pub fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.steps += other.steps;
        self.calls += other.calls;
        self.kills += other.kills;
        self.edits_by_others += other.edits_by_others;
        self.passing_losses += other.passing_losses;
        add(&mut self.faults, &other.faults);
        add(&mut self.races, &other.races);
        add(&mut self.refusals, &other.refusals);
        add(&mut self.rounds, &other.rounds);
    }

    /// Faults of all kinds, without kills.
    pub fn all_faults(&self) -> u64 {
        self.faults.values().sum()
    }
}

fn add<K: Ord + Copy>(sums: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, count) in more {
        *sums.entry(*key).or_default() += count;
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, count: u64| writeln!(f, "{name:<56}{count:>14}");
        row("histories", self.histories)?;
        row("steps", self.steps)?;
        row("calls to Azure", self.calls)?;
        row("faults", self.all_faults())?;
        for (kind, count) in &self.faults {
            row(&format!("  {kind}"), *count)?;
        }
        row("processes ended", self.kills)?;
        row("edits by others", self.edits_by_others)?;
        for (kind, count) in &self.races {
            row(&format!("race: {kind}"), *count)?;
        }
        for (status, count) in &self.refusals {
            row(&format!("writes that Azure refused with {status}"), *count)?;
        }
        row("members away until a later loop", self.passing_losses)?;
        for (rounds, count) in &self.rounds {
            row(
                &format!("at rest after {rounds} loops of everybody"),
                *count,
            )?;
        }
        Ok(())
    }
}
