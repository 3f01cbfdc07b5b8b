//! Recorded exchanges: reading them, and what must have been asked where the request was not recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emulator::{Conditions, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ordered::Ordered;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) origin: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) request_body: Value,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) response_headers: BTreeMap<String, String>,
    pub(crate) response_body: Value,
    /// The same body with its keys in order.
    #[serde(skip, default = "no_body")]
    pub(crate) ordered_body: Ordered,
    /// File and line.
    #[serde(skip)]
    pub(crate) place: String,
}

/// Where the body of a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestBody {
    /// The request has none.
    None,
    /// It was recorded.
    Recorded,
    /// It was not recorded, and follows from the answer.
    Inferred,
}

fn no_body() -> Ordered {
    Ordered::Null
}

pub(crate) fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// Reads a file with one exchange a line.
pub(crate) fn read(file: &str) -> Vec<Exchange> {
    let text = std::fs::read_to_string(recordings().join(file)).expect("a recording");
    let lines = text.lines().zip(1..);
    lines
        .map(|(line, number)| {
            let mut exchange: Exchange = serde_json::from_str(line).expect("an exchange");
            let Ordered::Object(pairs) = Ordered::parse(line) else {
                panic!("not an object: {file}:{number}");
            };
            exchange.ordered_body = pairs
                .into_iter()
                .find(|(key, _)| key == "response_body")
                .map_or(Ordered::Null, |(_, body)| body);
            exchange.place = format!("{file}:{number}");
            exchange
        })
        .collect()
}

impl Exchange {
    /// Whether this is the other copy of an exchange that was recorded for both `http:` and `https:`.
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        self.origin.contains("xplat")
            && self.origin == other.origin
            && self.method == other.method
            && self.path == other.path
            && self.status == other.status
            && self.response_body == other.response_body
    }

    /// Where the body of [`Exchange::request`] comes from.
    pub(crate) fn request_body(&self) -> RequestBody {
        match (&self.request_body, self.method.as_str()) {
            (Value::Null, "PUT" | "POST") => RequestBody::Inferred,
            (Value::Null, _) => RequestBody::None,
            _ => RequestBody::Recorded,
        }
    }

    /// The request, with the body that was recorded or else inferred.
    pub(crate) fn request(&self) -> Request {
        let (path, query) = self.path.split_once('?').expect("an api-version");
        let body = match (&self.request_body, self.method.as_str()) {
            (Value::Null, "PUT") => inferred(&self.response_body),
            (Value::Null, "POST") => json!({
                "name": self.response_body["name"],
                "type": self.response_body["type"],
            }),
            (body, _) => body.clone(),
        };
        Request {
            method: self.method.parse().expect("a method"),
            path: path.to_owned(),
            query: query.to_owned(),
            correlation_id: None,
            caller: None,
            conditions: Conditions::default(),
            base: String::new(),
            body: if body.is_null() {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            },
        }
    }
}

/// What the service fills in on its own. An inferred request does not say it, so that a replay shows whether the
/// emulator fills it in too.
const DEFAULTS: [(&str, &str); 9] = [
    ("profileStatus", "\"Enabled\""),
    ("endpointStatus", "\"Enabled\""),
    ("trafficViewEnrollmentStatus", "\"Disabled\""),
    ("intervalInSeconds", "30"),
    ("timeoutInSeconds", "10"),
    ("toleratedNumberOfFailures", "3"),
    ("weight", "1"),
    ("priority", "1"),
    ("endpointLocation", "null"),
];

/// What only the service writes.
const READ_ONLY: [&str; 5] = [
    "id",
    "fqdn",
    "profileMonitorStatus",
    "endpointMonitorStatus",
    "minChildEndpoints",
];

/// The request that leads to an answer: without what the service fills in, and with regions by their short names, as
/// the libraries send them.
fn inferred(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| !READ_ONLY.contains(&key.as_str()))
            .filter(|(key, value)| !DEFAULTS.contains(&(key.as_str(), value.to_string().as_str())))
            .map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("endpointLocation", Value::String(name)) => {
                        json!(name.to_lowercase().replace(' ', ""))
                    }
                    (_, value) => inferred(value),
                };
                (key.clone(), value)
            })
            .collect(),
        Value::Array(values) => values.iter().map(inferred).collect(),
        other => other.clone(),
    }
}
