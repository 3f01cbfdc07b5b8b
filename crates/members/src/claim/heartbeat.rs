//! The heartbeat: when an owner was last seen at a profile, to the minute, in
//! front of the claims in the first of its tags:
//!
//! ```text
//! externaldns-claims-0-cluster-east = @hsa3k0;east-us,mwm0nk74,…
//! ```
//!
//! It has no tag of its own: forty owners with two tags each would be more than
//! the fifty that Azure allows.

use std::time::Duration;

use jiff::Timestamp;

use super::{from_base36, to_base36};

/// Characters that a heartbeat takes at most.
pub(super) const LENGTH_MAX: usize = 8;
/// The last minute that fits: some four thousand years from now.
const LAST_MINUTE: i64 = 36_i64.pow(6) - 1;
/// How far ahead of our clock another machine's may have been. What is further
/// ahead than that says nothing about when its owner was there.
const AHEAD_MAX: Duration = Duration::from_hours(24);

/// A heartbeat as it stands before claims.
pub(super) fn write(seen: Timestamp) -> String {
    let minute = seen.as_second().div_euclid(60).clamp(0, LAST_MINUTE);
    format!("@{};", to_base36(minute))
}

/// The heartbeat of a tag value, if it has one, and the claims behind it. A
/// plain claim that begins with `@` is no heartbeat: it has commas.
pub(super) fn split(value: &str) -> (Option<Timestamp>, &str) {
    let parts = || {
        let (minute, claims) = value.strip_prefix('@')?.split_once(';')?;
        let minute = from_base36(minute).filter(|minute| *minute <= LAST_MINUTE)?;
        Some((Timestamp::from_second(minute * 60).ok()?, claims))
    };
    match parts() {
        Some((seen, claims)) => (Some(seen), claims),
        None => (None, value),
    }
}

/// Whether the heartbeat is to be written again: it is missing, or so old, or
/// further ahead than clocks differ.
pub(super) fn is_due(held: Option<Timestamp>, now: Timestamp, age: Duration) -> bool {
    let Some(held) = held else { return true };
    let difference = now.duration_since(held);
    if difference.is_negative() {
        difference.unsigned_abs() > AHEAD_MAX
    } else {
        difference.unsigned_abs() >= age
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[rstest]
    #[case::a_minute_short(-59 * 60, false)]
    #[case::an_hour(-60 * 60, true)]
    #[case::a_clock_that_is_behind(24 * 3600, false)]
    #[case::a_clock_that_is_far_behind(24 * 3600 + 1, true)]
    fn due(#[case] offset: i64, #[case] expected: bool) {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let held = Timestamp::from_second(1_800_000_000 + offset).unwrap();
        assert_eq!(is_due(Some(held), now, HOUR), expected);
        assert!(is_due(None, now, HOUR));
    }

    #[rstest]
    #[case(Timestamp::UNIX_EPOCH)]
    #[case(Timestamp::from_second(1_800_000_000).unwrap())]
    #[case(Timestamp::MAX)]
    #[case(Timestamp::MIN)]
    fn fits(#[case] at: Timestamp) {
        let text = write(at);
        assert!(text.len() <= LENGTH_MAX, "{text}");
        assert!(split(&text).0.is_some(), "{text}");
    }

    #[rstest]
    #[case("@hsa3k0;e,1,s/x/y,h", true)]
    #[case("@e,1,s/x/y,h;f,1,s/x/y,h", false)]
    #[case("@hsa3k0", false)]
    #[case("@;e,1,s/x/y,h", false)]
    #[case("@zzzzzzz;", false)]
    #[case("e,1,s/x/y,h", false)]
    fn splits(#[case] value: &str, #[case] has_heartbeat: bool) {
        let (seen, claims) = split(value);
        assert_eq!(seen.is_some(), has_heartbeat);
        assert_eq!(claims == value, !has_heartbeat);
    }
}
