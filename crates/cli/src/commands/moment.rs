//! Times as people read them: when, and how long ago.

use std::time::Duration;

use jiff::Timestamp;

/// `2026-11-21T09:00:00Z (3 h ago)`, to the second.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    let seconds = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let distance = now.duration_since(at);
    let length = length(distance.unsigned_abs());
    if distance.is_negative() {
        format!("{seconds} (in {length})")
    } else {
        format!("{seconds} ({length} ago)")
    }
}

/// The same, or a word for a time that is not known.
pub(super) fn moment_or(at: Option<Timestamp>, now: Timestamp, unknown: &str) -> String {
    at.map_or_else(|| unknown.to_owned(), |at| moment(at, now))
}

/// How long, in the largest unit of which there is at least two, or one of the smallest that fits.
pub(super) fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7200 => (seconds / 60, "min"),
        7200..172_800 => (seconds / 3600, "h"),
        _ => (seconds / 86_400, "d"),
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z (0 s ago)")]
    #[case("2026-11-21T11:58:01.5Z", "2026-11-21T11:58:01Z (118 s ago)")]
    #[case("2026-11-21T11:58:00Z", "2026-11-21T11:58:00Z (2 min ago)")]
    #[case("2026-11-21T09:00:00Z", "2026-11-21T09:00:00Z (3 h ago)")]
    #[case("2026-11-19T12:00:00Z", "2026-11-19T12:00:00Z (2 d ago)")]
    #[case("2026-11-21T12:00:30Z", "2026-11-21T12:00:30Z (in 30 s)")]
    fn moments(#[case] at: &str, #[case] want: &str) {
        let time = |text: &str| text.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        assert_eq!(moment(time(at), time("2026-11-21T12:00:00Z")), want);
    }
}
