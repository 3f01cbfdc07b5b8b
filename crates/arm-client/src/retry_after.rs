//! How long a service asks to be left alone.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;

/// Headers in milliseconds, which Azure's services send besides the standard
/// one and mean more precisely.
const MILLISECONDS: [&str; 2] = ["retry-after-ms", "x-ms-retry-after-ms"];

/// The wait that an answer asks for; `None` when it does not, or when what it
/// says cannot be read. A date in the past is a wait of zero.
pub(crate) fn from_headers(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    MILLISECONDS
        .iter()
        .find_map(|name| text(name)?.parse().ok().map(Duration::from_millis))
        .or_else(|| text("retry-after").and_then(|value| standard(value, now)))
}

/// The wait that a throttling message names, as in `Please try again after
/// '372' seconds.` Some of Azure's 429 answers carry no header, and trying too
/// early starts the wait again.
pub(crate) fn from_message(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("try again after")?;
    let rest = rest.trim_start().strip_prefix('\'')?;
    let (number, unit) = rest.split_once('\'')?;
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim_start();
    if unit.starts_with("second") {
        Some(Duration::from_secs(number))
    } else if unit.starts_with("minute") {
        Some(Duration::from_secs(number.saturating_mul(60)))
    } else {
        None
    }
}

/// `Retry-After` as HTTP defines it: whole seconds or a date.
fn standard(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[rstest]
    #[case(&[("retry-after", "17")], Some(17_000))]
    #[case(&[("retry-after", " 17 ")], Some(17_000))]
    #[case(&[("retry-after", "0")], Some(0))]
    #[case(&[("retry-after", "-1")], None)]
    #[case(&[("retry-after", "1.5")], None)]
    #[case(&[("retry-after", "soon")], None)]
    #[case(&[("retry-after", "99999999999999999999999")], None)]
    #[case(&[("retry-after-ms", "250")], Some(250))]
    #[case(&[("x-ms-retry-after-ms", "250"), ("retry-after", "9")], Some(250))]
    #[case(&[("retry-after-ms", "x"), ("retry-after", "9")], Some(9_000))]
    #[case(&[("retry-after", "Sat, 21 Nov 2026 06:00:30 GMT")], Some(30_000))]
    #[case(&[("retry-after", "Sat, 21 Nov 2026 05:59:00 GMT")], Some(0))]
    #[case(&[], None)]
    fn waits(#[case] pairs: &[(&'static str, &'static str)], #[case] milliseconds: Option<u64>) {
        let now: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
        let wait = from_headers(&headers(pairs), now);
        assert_eq!(wait, milliseconds.map(Duration::from_millis));
    }

    #[rstest]
    #[case(
        "Number of requests for action 'Microsoft.Cdn/profiles/read' exceeded the limit of '50' for time interval '00:05:00'. Please try again after '372' seconds.",
        Some(372)
    )]
    #[case("Please try again after '5' minutes.", Some(300))]
    #[case("Please try again after '5' fortnights.", None)]
    #[case("Please try again after a while.", None)]
    #[case("try again after '", None)]
    #[case("", None)]
    fn waits_in_messages(#[case] message: &str, #[case] seconds: Option<u64>) {
        assert_eq!(from_message(message), seconds.map(Duration::from_secs));
    }
}
