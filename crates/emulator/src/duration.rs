//! Durations as flags and fault rules write them: `200ms`, `90s`, `1h30m`, as in the settings of `serve`.

use std::time::Duration;

use jiff::SignedDuration;

/// Nothing in an emulator lasts longer.
const LONGEST: Duration = Duration::from_hours(24);

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration of at most a day with its unit, such as 200ms, 90s or 1h30m")]
pub struct InvalidDuration(String);

/// Reads a duration of at most one day. Every number has its unit; only `0` needs none.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let signed: Option<SignedDuration> = text.parse().ok();
    signed
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| InvalidDuration(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("200ms", Some(200))]
    #[case("2s", Some(2000))]
    #[case("1.5s", Some(1500))]
    #[case("1m", Some(60_000))]
    #[case("1h", Some(3_600_000))]
    #[case("1h30m", Some(5_400_000))]
    #[case("24h", Some(86_400_000))]
    #[case("0", Some(0))]
    #[case("0s", Some(0))]
    #[case("5", None)]
    #[case("s", None)]
    #[case("", None)]
    #[case("-1s", None)]
    #[case("24h1ms", None)]
    #[case("99999999999999999999s", None)]
    #[case("2000000m", None)]
    fn units(#[case] text: &str, #[case] millis: Option<u64>) {
        assert_eq!(parse(text).ok(), millis.map(Duration::from_millis));
    }
}
