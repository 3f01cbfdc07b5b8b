//! How Traffic Manager probes: how often, whom it asks for, and which answers
//! count as healthy.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::{Hostname, Invalid, Port, Target};

/// Most ranges of status codes (reference: `expectedStatusCodeRanges`).
pub const STATUS_RANGES_MAX: usize = 8;

/// Time from one probe to the next. Azure has two: 10 and 30 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeInterval {
    /// 10 seconds, which Azure charges for.
    Fast,
    /// 30 seconds.
    Normal,
}

/// Status codes of an HTTP probe, from `min` to `max`, both of them included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusRange {
    min: u16,
    max: u16,
}

/// The status codes that count as healthy: one to eight ranges, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCodes(Vec<StatusRange>);

/// Whom a probe asks for in its Host header: a name or an address, with a port
/// if it has to be. In lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeHost(String);

const STATUS_REQUIREMENT: &str = "must be status codes from 100 to 999 and ranges of them, separated by commas, such as 200-299,301";

// === impl ProbeInterval ===

impl ProbeInterval {
    /// The interval of so many seconds.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        match seconds {
            10 => Some(Self::Fast),
            30 => Some(Self::Normal),
            _ => None,
        }
    }

    /// Seconds.
    pub const fn seconds(self) -> u8 {
        match self {
            Self::Fast => 10,
            Self::Normal => 30,
        }
    }

    /// The longest that a probe may take, in seconds: less than the interval.
    /// Azure's own message says 10 in both cases.
    pub const fn longest_timeout(self) -> u8 {
        match self {
            Self::Fast => 9,
            Self::Normal => 10,
        }
    }
}

impl FromStr for ProbeInterval {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let seconds = text.trim().parse().ok();
        seconds
            .and_then(Self::from_seconds)
            .ok_or_else(|| Invalid::new("must be 10 or 30, in seconds"))
    }
}

impl fmt::Display for ProbeInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seconds().fmt(f)
    }
}

// === impl StatusRange ===

impl StatusRange {
    /// A range; `None` when it is empty or has something that is no status code.
    pub fn new(min: u16, max: u16) -> Option<Self> {
        let is_code = |code| (100..=999).contains(&code);
        (is_code(min) && is_code(max) && min <= max).then_some(Self { min, max })
    }

    fn from_wire(value: &Value) -> Option<Self> {
        let code = |key| u16::try_from(value.get(key)?.as_i64()?).ok();
        Self::new(code("min")?, code("max")?)
    }
}

impl FromStr for StatusRange {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (min, max) = text.split_once('-').unwrap_or((text, text));
        let code = |text: &str| text.trim().parse().ok();
        code(min)
            .zip(code(max))
            .and_then(|(min, max)| Self::new(min, max))
            .ok_or_else(|| Invalid::new(STATUS_REQUIREMENT))
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { min, max } = self;
        if min == max {
            min.fmt(f)
        } else {
            write!(f, "{min}-{max}")
        }
    }
}

// === impl StatusCodes ===

impl StatusCodes {
    /// These ranges, sorted, each once; an error when there are none or too many.
    pub fn new(ranges: impl IntoIterator<Item = StatusRange>) -> Result<Self, Invalid> {
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        ranges.sort_unstable();
        ranges.dedup();
        match ranges.len() {
            0 => Err(Invalid::new(STATUS_REQUIREMENT)),
            1..=STATUS_RANGES_MAX => Ok(Self(ranges)),
            count => Err(Invalid::new(format!(
                "must be at most {STATUS_RANGES_MAX} ranges, not {count}: Azure takes no more"
            ))),
        }
    }

    /// Reads Azure's `expectedStatusCodeRanges`; `None` when it is not a list of
    /// one to eight ranges.
    pub fn from_wire(value: &Value) -> Option<Self> {
        let ranges: Option<Vec<_>> = value
            .as_array()?
            .iter()
            .map(StatusRange::from_wire)
            .collect();
        Self::new(ranges?).ok()
    }

    /// Azure's `expectedStatusCodeRanges`.
    pub fn to_wire(&self) -> Value {
        let range = |range: &StatusRange| json!({ "min": range.min, "max": range.max });
        self.0.iter().map(range).collect()
    }
}

impl FromStr for StatusCodes {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let ranges: Result<Vec<StatusRange>, _> = text.split(',').map(str::parse).collect();
        Self::new(ranges?)
    }
}

impl fmt::Display for StatusCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            range.fmt(f)?;
        }
        Ok(())
    }
}

// === impl ProbeHost ===

impl ProbeHost {
    /// The text that stands for no host; no host can have it.
    pub const NONE: &str = "none";

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A vanity host as Host header; `None` for a wildcard, which is no name to
    /// ask for.
    pub fn of(host: &Hostname) -> Option<Self> {
        host.as_str().parse().ok()
    }
}

impl FromStr for ProbeHost {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let host = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let port = host
            .rsplit_once(':')
            .filter(|(name, _)| !name.contains(':'));
        let name = match port {
            Some((name, port)) if port.parse::<Port>().is_ok() => Some(name),
            Some(_) => None,
            None => Some(host.as_str()),
        };
        // No wildcard is a target, and no name without a period, such as `none`.
        if name.is_some_and(|name| name.parse::<Target>().is_ok()) {
            Ok(Self(host))
        } else {
            Err(Invalid::new(
                "must be a DNS name such as app.example.com, with a port if need be, without a wildcard, or `none`",
            ))
        }
    }
}

impl fmt::Display for ProbeHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("10", Some(9))]
    #[case(" 30 ", Some(10))]
    #[case("20", None)]
    #[case("30s", None)]
    fn intervals(#[case] text: &str, #[case] longest: Option<u8>) {
        let interval = text.parse::<ProbeInterval>().ok();
        assert_eq!(interval.map(ProbeInterval::longest_timeout), longest);
    }

    #[rstest]
    #[case("301, 200-299", Ok("200-299,301"))]
    #[case("200-200,200", Ok("200"))]
    #[case("100-999", Ok("100-999"))]
    #[case("99", Err(STATUS_REQUIREMENT))]
    #[case("200-1000", Err(STATUS_REQUIREMENT))]
    #[case("299-200", Err(STATUS_REQUIREMENT))]
    #[case("2xx", Err(STATUS_REQUIREMENT))]
    #[case("200,", Err(STATUS_REQUIREMENT))]
    #[case(
        "200,201,202,203,204,205,206,207,208",
        Err("must be at most 8 ranges, not 9: Azure takes no more")
    )]
    fn status_codes(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        let parsed = text.parse::<StatusCodes>().map(|codes| codes.to_string());
        assert_eq!(parsed, expected.map(str::to_owned).map_err(Invalid::new));
    }

    #[rstest]
    #[case(json!([{"min": 301, "max": 301}, {"min": 200, "max": 299}]), Some("200-299,301"))]
    #[case(json!([]), None)]
    #[case(json!(null), None)]
    #[case(json!([{"min": 200}]), None)]
    fn status_codes_on_the_wire(#[case] held: Value, #[case] canonical: Option<&str>) {
        let read = StatusCodes::from_wire(&held).map(|codes| codes.to_string());
        assert_eq!(read.as_deref(), canonical);
    }

    #[rstest]
    #[case("App.Example.com.", Some("app.example.com"))]
    #[case("app.example.com:8443", Some("app.example.com:8443"))]
    #[case("20.1.2.3", Some("20.1.2.3"))]
    #[case("*.example.com", None)]
    #[case("app.example.com:0", None)]
    #[case("app example", None)]
    #[case("https://app.example.com", None)]
    #[case("none", None)]
    #[case("", None)]
    fn hosts(#[case] text: &str, #[case] canonical: Option<&str>) {
        let host = text.parse::<ProbeHost>().ok();
        assert_eq!(host.as_ref().map(ProbeHost::as_str), canonical);
    }

    proptest! {
        #[test]
        fn status_codes_round_trip(pairs in proptest::collection::vec((100u16..=999, 100u16..=999), 1..=8)) {
            let ranges = pairs.iter().filter_map(|(a, b)| StatusRange::new(*a.min(b), *a.max(b)));
            let codes = StatusCodes::new(ranges).unwrap();
            prop_assert_eq!(&codes.to_string().parse::<StatusCodes>().unwrap(), &codes);
            prop_assert_eq!(&StatusCodes::from_wire(&codes.to_wire()).unwrap(), &codes);
        }
    }
}
