//! The brake: a batch that deletes more than the limit has to come three times.
//! Pure: no clock, no I/O.

use std::collections::BTreeSet;

use members::MemberKey;

use crate::settings::MaxDeletions;

/// The time that the same deletions are let through.
pub(super) const LAST_TIME: u32 = 3;

/// Remembers what was held back. In memory only: a restart counts anew, which
/// deletes later and not sooner.
#[derive(Debug)]
pub(super) struct Brake {
    limit: MaxDeletions,
    /// What the last batch was to delete and did not, and how often in a row.
    held: Option<(BTreeSet<MemberKey>, u32)>,
    /// What has come often enough. It stays so while it comes, since Azure may
    /// fail some of it.
    confirmed: BTreeSet<MemberKey>,
    /// Whether there has been a batch in this loop of ExternalDNS.
    asked: bool,
}

/// What to do with the deletions of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They may be done.
    Pass,
    /// They are too many, and have come for the `time`-th time in a row; less
    /// than [`LAST_TIME`].
    Hold { time: u32 },
}

// === impl Brake ===

impl Brake {
    pub(super) fn new(limit: MaxDeletions) -> Self {
        Self {
            limit,
            held: None,
            confirmed: BTreeSet::new(),
            asked: false,
        }
    }

    /// A new loop of ExternalDNS. A loop without a batch was one without
    /// deletions.
    pub(super) fn begin_loop(&mut self) {
        if !std::mem::take(&mut self.asked) {
            self.held = None;
            self.confirmed.clear();
        }
    }

    /// Whether the last batch was held back.
    pub(super) fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// Judges a batch that deletes these of `members` members.
    pub(super) fn judge(&mut self, deletions: &BTreeSet<MemberKey>, members: usize) -> Verdict {
        self.asked = true;
        self.confirmed.retain(|member| deletions.contains(member));
        let unconfirmed = deletions.len() - self.confirmed.len();
        let held = self.held.take();
        if !self.limit.is_exceeded(unconfirmed, members) {
            return Verdict::Pass;
        }
        let time = match held {
            Some((same, times)) if same == *deletions => times + 1,
            _ => 1,
        };
        if time >= LAST_TIME {
            self.confirmed.clone_from(deletions);
            return Verdict::Pass;
        }
        self.held = Some((deletions.clone(), time));
        Verdict::Hold { time }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn members(numbers: impl IntoIterator<Item = u8>) -> BTreeSet<MemberKey> {
        let profile = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg\
            /providers/Microsoft.Network/trafficManagerProfiles/p";
        let key = |number| MemberKey {
            profile: profile.parse().expect("an id"),
            endpoint: format!("e{number}").parse().expect("a name"),
        };
        numbers.into_iter().map(key).collect()
    }

    const HALF: MaxDeletions = MaxDeletions::Percent(50);

    fn hold(time: u32) -> Verdict {
        Verdict::Hold { time }
    }

    /// A loop with this batch, for an owner with ten members.
    fn looped(brake: &mut Brake, deletions: impl IntoIterator<Item = u8>) -> Verdict {
        brake.begin_loop();
        brake.judge(&members(deletions), 10)
    }

    #[test]
    fn the_third_time_in_a_row_is_let_through() {
        let mut brake = Brake::new(HALF);
        assert_eq!(looped(&mut brake, 0..6), hold(1));
        assert_eq!(looped(&mut brake, 0..6), hold(2));
        assert_eq!(looped(&mut brake, 0..6), Verdict::Pass);
    }

    #[test]
    fn up_to_the_limit_nothing_is_held() {
        let mut brake = Brake::new(HALF);
        for _ in 0..5 {
            assert_eq!(looped(&mut brake, 0..5), Verdict::Pass);
        }
    }

    #[test]
    fn other_deletions_start_the_count_again() {
        let mut brake = Brake::new(HALF);
        assert_eq!(looped(&mut brake, 0..6), hold(1));
        assert_eq!(looped(&mut brake, 0..6), hold(2));
        assert_eq!(looped(&mut brake, 0..7), hold(1));
        assert_eq!(looped(&mut brake, 0..6), hold(1));
        assert_eq!(looped(&mut brake, 0..6), hold(2));
        assert_eq!(looped(&mut brake, 0..6), Verdict::Pass);
    }

    #[test]
    fn so_does_a_loop_without_any() {
        let mut brake = Brake::new(HALF);
        assert_eq!(looped(&mut brake, 0..6), hold(1));
        assert_eq!(looped(&mut brake, 0..6), hold(2));
        brake.begin_loop();
        assert_eq!(looped(&mut brake, 0..6), hold(1));
        assert_eq!(looped(&mut brake, []), Verdict::Pass);
        assert_eq!(looped(&mut brake, 0..6), hold(1));
    }

    /// Azure may fail some of it, and then fewer members are left to count with.
    #[test]
    fn what_is_left_of_what_was_confirmed_is_not_held_again() {
        let mut brake = Brake::new(HALF);
        for _ in 0..3 {
            looped(&mut brake, 0..8);
        }
        brake.begin_loop();
        assert_eq!(brake.judge(&members(3..8), 7), Verdict::Pass);
        brake.begin_loop();
        assert_eq!(brake.judge(&members(4..8), 6), Verdict::Pass);
        brake.begin_loop();
        let two_more = members(5..10);
        assert_eq!(brake.judge(&two_more, 5), Verdict::Pass);
        brake.begin_loop();
        brake.begin_loop();
        assert_eq!(brake.judge(&two_more, 5), hold(1), "a loop without them");
    }

    #[rstest]
    #[case(MaxDeletions::Number(0), 1, 1, hold(1))]
    #[case(MaxDeletions::Percent(0), 4, 4, Verdict::Pass)]
    #[case(MaxDeletions::Percent(100), 40, 40, Verdict::Pass)]
    fn limits(
        #[case] limit: MaxDeletions,
        #[case] deletions: u8,
        #[case] of: usize,
        #[case] verdict: Verdict,
    ) {
        assert_eq!(Brake::new(limit).judge(&members(0..deletions), of), verdict);
    }

    fn any_limit() -> impl Strategy<Value = MaxDeletions> {
        prop_oneof![
            (0_usize..6).prop_map(MaxDeletions::Number),
            (0_u8..=100).prop_map(MaxDeletions::Percent),
        ]
    }

    fn any_batch() -> impl Strategy<Value = std::ops::Range<u8>> {
        prop::sample::select(vec![0..7, 0..6, 2..9, 0..1, 0..0])
    }

    proptest! {
        /// Beyond the limit only those go that three equal batches in a row,
        /// and every batch since, have asked for.
        #[test]
        fn never_more_than_the_limit_unless_it_came_three_times(
            limit in any_limit(),
            loops in prop::collection::vec((prop::option::of(any_batch()), 5_usize..10), 1..40),
        ) {
            let mut brake = Brake::new(limit);
            let mut batches: Vec<BTreeSet<MemberKey>> = Vec::new();
            for (batch, of) in loops {
                brake.begin_loop();
                batches.push(batch.clone().map(members).unwrap_or_default());
                let Some(deletions) = batch.map(members) else {
                    continue;
                };
                if brake.judge(&deletions, of) == Verdict::Pass {
                    let insisted = |member: &MemberKey| {
                        (2..batches.len()).any(|last| {
                            batches[last] == batches[last - 1]
                                && batches[last] == batches[last - 2]
                                && batches[last..].iter().all(|batch| batch.contains(member))
                        })
                    };
                    let sudden = deletions.iter().filter(|member| !insisted(member)).count();
                    prop_assert!(!limit.is_exceeded(sudden, of));
                }
            }
        }

        /// No deletion is held for ever.
        #[test]
        fn what_is_asked_for_three_times_is_done(
            before in prop::collection::vec(0_u8..9, 0..6),
            wanted in 1_u8..9,
        ) {
            let mut brake = Brake::new(MaxDeletions::Number(0));
            for number in before {
                looped(&mut brake, 0..number);
            }
            let verdicts: Vec<_> = (0..3).map(|_| looped(&mut brake, 0..wanted)).collect();
            prop_assert!(verdicts.contains(&Verdict::Pass));
        }
    }
}
