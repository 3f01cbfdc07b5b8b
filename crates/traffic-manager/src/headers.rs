//! Headers that Traffic Manager sends with a probe, of a profile or of one
//! endpoint.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde_json::{Value, json};

use crate::Invalid;

/// Most headers in one list (reference: `customHeaders`, at most 8).
pub const HEADERS_MAX: usize = 8;

const REQUIREMENT: &str =
    "must be headers such as `Host: app.example.com`, one a line or separated by semicolons";
/// Before a semicolon that belongs to a value, or before another one of these.
const ESCAPE: char = '\\';

/// Headers of a probe: one to eight, each name once. Azure keeps them as they
/// are given; their order has no meaning, so the canonical one is by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

/// One header. Two headers with names that differ in case only are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    name: String,
    value: String,
}

// === impl Header ===

impl Header {
    /// The header of this name and value, without the white space around them.
    pub fn new(name: &str, value: &str) -> Result<Self, Invalid> {
        let (name, value) = (name.trim(), value.trim());
        // RFC 9110, section 5.6.2: a name is a token.
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            // Not repeated: it may be a secret that was written in another form.
            return Err(Invalid::new(format!(
                "{REQUIREMENT}: what stands before the colon is no name of a header"
            )));
        }
        if value.is_empty() {
            return Err(Invalid::new(format!("{REQUIREMENT}: {name} has no value")));
        }
        let printable = |c: char| c == ' ' || c == '\t' || c.is_ascii_graphic();
        if !value.chars().all(printable) {
            return Err(Invalid::new(format!(
                "{REQUIREMENT}: the value of {name} may have printable ASCII characters only"
            )));
        }
        if name.eq_ignore_ascii_case("host") && value.contains('*') {
            return Err(Invalid::new(format!(
                "must not have a Host header with a wildcard: {value} is no name that an application answers to"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    /// The name, in the letter case it was given in.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl FromStr for Header {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (name, value) = text
            .split_once(':')
            .ok_or_else(|| Invalid::new(REQUIREMENT))?;
        Self::new(name, value)
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.value)
    }
}

// === impl Headers ===

impl Headers {
    /// These headers; an error when there are none, too many, or two of a name.
    pub fn new(headers: impl IntoIterator<Item = Header>) -> Result<Self, Invalid> {
        let mut headers: Vec<Header> = headers.into_iter().collect();
        headers.sort_by_cached_key(|header| header.name.to_ascii_lowercase());
        let twice = headers
            .windows(2)
            .find(|pair| pair[0].name.eq_ignore_ascii_case(&pair[1].name));
        if let Some(pair) = twice {
            return Err(Invalid::new(format!(
                "must have each header once: {} is given twice",
                pair[1].name
            )));
        }
        match headers.len() {
            0 => Err(Invalid::new(REQUIREMENT)),
            1..=HEADERS_MAX => Ok(Self(headers)),
            count => Err(Invalid::new(format!(
                "must be at most {HEADERS_MAX} headers, not {count}"
            ))),
        }
    }

    /// The headers, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// The value of a header. Names are compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(Header::value)
    }

    /// Reads Azure's `customHeaders`; `None` when it is not a list of valid
    /// headers with names of their own.
    pub fn from_wire(value: &Value) -> Option<Self> {
        let header = |value: &Value| {
            let text = |key| value.get(key).and_then(Value::as_str);
            Header::new(text("name")?, text("value")?).ok()
        };
        let headers: Option<Vec<Header>> = value.as_array()?.iter().map(header).collect();
        Self::new(headers?).ok()
    }

    /// Azure's `customHeaders`.
    pub fn to_wire(&self) -> Value {
        let header = |header: &Header| json!({ "name": header.name, "value": header.value });
        self.0.iter().map(header).collect()
    }
}

impl FromStr for Headers {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = parts(text);
        let parts = parts.iter().map(|part| part.trim());
        let headers: Result<Vec<Header>, _> = parts
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect();
        Self::new(headers?)
    }
}

impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, header) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            for c in header.to_string().chars() {
                if c == ';' || c == ESCAPE {
                    f.write_char(ESCAPE)?;
                }
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// The texts between semicolons and line breaks.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = rest.next_if(|next| c == ESCAPE && (*next == ';' || *next == ESCAPE));
        match (escaped, c, parts.last_mut()) {
            (None, ';' | '\n', _) | (_, _, None) => parts.push(String::new()),
            (escaped, c, Some(part)) => part.push(escaped.unwrap_or(c)),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Host: app.example.com", Ok("Host: app.example.com"))]
    #[case("X-B:2;X-A :1 ; ", Ok("X-A: 1; X-B: 2"))]
    #[case("X-B: 2\n  x-a: a:b c\n", Ok("x-a: a:b c; X-B: 2"))]
    #[case(
        "Host: *.example.com",
        Err(
            "must not have a Host header with a wildcard: *.example.com is no name that an application answers to"
        )
    )]
    #[case("X-A: *", Ok("X-A: *"))]
    #[case(
        r"Agent: probe (a\; b);X-A: \\\;\c",
        Ok(r"Agent: probe (a\; b); X-A: \\\;\\c")
    )]
    #[case(
        "X-A: 1; x-a: 2",
        Err("must have each header once: x-a is given twice")
    )]
    #[case(
        "Host",
        Err(
            "must be headers such as `Host: app.example.com`, one a line or separated by semicolons"
        )
    )]
    #[case(
        "",
        Err(
            "must be headers such as `Host: app.example.com`, one a line or separated by semicolons"
        )
    )]
    #[case(
        "X A: 1",
        Err(
            "must be headers such as `Host: app.example.com`, one a line or separated by semicolons: what stands before the colon is no name of a header"
        )
    )]
    #[case(
        "X-A:",
        Err(
            "must be headers such as `Host: app.example.com`, one a line or separated by semicolons: X-A has no value"
        )
    )]
    #[case(
        "X-A: ä",
        Err(
            "must be headers such as `Host: app.example.com`, one a line or separated by semicolons: the value of X-A may have printable ASCII characters only"
        )
    )]
    #[case(
        "a:1;b:1;c:1;d:1;e:1;f:1;g:1;h:1;i:1",
        Err("must be at most 8 headers, not 9")
    )]
    fn headers(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        let parsed = text.parse::<Headers>();
        let shown = parsed
            .map(|headers| headers.to_string())
            .map_err(|e| e.to_string());
        assert_eq!(shown.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn names_are_found_in_any_case() {
        let headers: Headers = "Host: app.example.com".parse().unwrap();
        assert_eq!(headers.get("host"), Some("app.example.com"));
        assert_eq!(headers.get("x-a"), None);
    }

    #[rstest]
    #[case(json!([{"name": "b", "value": "2"}, {"name": "A", "value": "1"}]), Some("A: 1; b: 2"))]
    #[case(json!([]), None)]
    #[case(json!(null), None)]
    #[case(json!([{"name": "b"}]), None)]
    fn wire(#[case] held: Value, #[case] canonical: Option<&str>) {
        let read = Headers::from_wire(&held).map(|headers| headers.to_string());
        assert_eq!(read.as_deref(), canonical);
    }

    proptest! {
        #[test]
        fn text_and_wire_round_trip(pairs in proptest::collection::btree_map("[a-z-]{1,12}", "[!-~]([ -~]{0,10}[!-~])?", 1..=8)) {
            let usable = pairs.iter().filter(|(name, _)| *name != "host");
            let headers = Headers::new(usable.map(|(name, value)| Header::new(name, value).unwrap()));
            prop_assume!(headers.is_ok());
            let headers = headers.unwrap();
            prop_assert_eq!(&headers.to_string().parse::<Headers>().unwrap(), &headers);
            prop_assert_eq!(&Headers::from_wire(&headers.to_wire()).unwrap(), &headers);
        }
    }
}
