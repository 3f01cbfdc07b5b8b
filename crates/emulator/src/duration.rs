//! Durations as flags and fault rules write them: `200ms`, `2s`, `1m`.

use std::time::Duration;

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration such as 200ms, 2s or 1m")]
pub struct InvalidDuration(String);

/// Reads a whole number with one of the units `ms`, `s` and `m`; `0` needs no unit. At most one day.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let invalid = || InvalidDuration(text.to_owned());
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| invalid())?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "" if number == 0 => 1,
        _ => return Err(invalid()),
    };
    number
        .checked_mul(millis)
        .filter(|millis| *millis <= 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("200ms", Some(200))]
    #[case("2s", Some(2000))]
    #[case("1m", Some(60_000))]
    #[case("0", Some(0))]
    #[case("5", None)]
    #[case("s", None)]
    #[case("1.5s", None)]
    #[case("-1s", None)]
    #[case("99999999999999999999s", None)]
    #[case("2000000m", None)]
    fn units(#[case] text: &str, #[case] millis: Option<u64>) {
        assert_eq!(parse(text).ok(), millis.map(Duration::from_millis));
    }
}
