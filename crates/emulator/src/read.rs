//! Reading request bodies: JSON values into typed drafts, with every problem collected as a sentence.
//!
//! The service reports all that it finds wrong in one message of concatenated sentences, so nothing here stops at
//! the first problem.

pub(crate) mod endpoint;
pub(crate) mod profile;

use serde_json::{Map, Value};

use crate::model::{Header, Toggle};

/// Largest number of custom headers of a profile or endpoint, and of expected status code ranges.
const LIST_LIMIT: usize = 8;

/// Sentences about what is wrong with a request. A sentence is said once.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

/// A JSON object of a request, and its place for error texts.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    map: Option<&'a Map<String, Value>>,
    place: String,
}

// === impl Problems ===

impl Problems {
    pub(crate) fn say(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.0.contains(&sentence) {
            self.0.push(sentence);
        }
    }

    /// Says everything that `other` says.
    pub(crate) fn add(&mut self, other: Self) {
        other.0.into_iter().for_each(|sentence| self.say(sentence));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if there was no problem, or else all sentences as the service concatenates them.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, String> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0.join(" ")),
        }
    }
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// The fields of `value`, which has the name `place` in error texts. Null counts as an object without fields.
    pub(crate) fn of(value: Option<&'a Value>, place: &str, problems: &mut Problems) -> Self {
        let map = match value {
            None | Some(Value::Null) => None,
            Some(Value::Object(map)) => Some(map),
            Some(_) => {
                problems.say(format!("The property '{place}' must be an object."));
                None
            }
        };
        Self {
            map,
            place: place.to_owned(),
        }
    }

    /// The value under `key`, unless it is absent or null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map
            .and_then(|map| map.get(key))
            .filter(|v| !v.is_null())
    }

    pub(crate) fn object(&self, key: &str, problems: &mut Problems) -> Self {
        Self::of(self.get(key), &self.name(key), problems)
    }

    pub(crate) fn text(&self, key: &str, problems: &mut Problems) -> Option<&'a str> {
        let value = self.get(key)?;
        if value.as_str().is_none() {
            problems.say(format!(
                "The property '{}' must be a string.",
                self.name(key)
            ));
        }
        value.as_str()
    }

    pub(crate) fn integer(&self, key: &str, problems: &mut Problems) -> Option<i64> {
        let value = self.get(key)?;
        if value.as_i64().is_none() {
            problems.say(format!(
                "The property '{}' must be an integer.",
                self.name(key)
            ));
        }
        value.as_i64()
    }

    pub(crate) fn list(&self, key: &str, problems: &mut Problems) -> &'a [Value] {
        match self.get(key) {
            None => &[],
            Some(Value::Array(values)) => values,
            Some(_) => {
                problems.say(format!(
                    "The property '{}' must be an array.",
                    self.name(key)
                ));
                &[]
            }
        }
    }

    /// A value of one of the service's word lists, in any letter case.
    pub(crate) fn word<T: Copy>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
        valid: &[&'static str],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        let parsed = parse(text);
        if parsed.is_none() {
            problems.say(format!(
                "The value '{text}' of the property '{}' is invalid. Valid values are: {}.",
                self.name(key),
                quoted(valid)
            ));
        }
        parsed
    }

    pub(crate) fn toggle(&self, key: &str, default: Toggle, problems: &mut Problems) -> Toggle {
        let valid: Vec<_> = Toggle::ALL.iter().map(|t| t.as_str()).collect();
        self.word(key, Toggle::parse, &valid, problems)
            .unwrap_or(default)
    }

    /// `customHeaders`.
    pub(crate) fn headers(&self, problems: &mut Problems) -> Vec<Header> {
        let key = "customHeaders";
        let values = self.list(key, problems);
        self.limit(key, values.len(), problems);
        let mut headers = Vec::new();
        for value in values {
            let fields = Self::of(Some(value), &self.name(key), problems);
            let name = fields.text("name", problems).unwrap_or_default();
            let value = fields.text("value", problems).unwrap_or_default();
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                problems.say(format!("The custom header name '{name}' is invalid."));
            }
            if value.chars().any(char::is_control) {
                problems.say(format!(
                    "The value of the custom header '{name}' is invalid."
                ));
            }
            if name.eq_ignore_ascii_case("host") && value.contains('*') {
                problems.say("The custom header 'Host' cannot contain wildcards.");
            }
            headers.push(Header {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        headers
    }

    /// Says that a list is too long if it is.
    pub(crate) fn limit(&self, key: &str, length: usize, problems: &mut Problems) {
        if length > LIST_LIMIT {
            problems.say(format!(
                "The property '{}' can have at most {LIST_LIMIT} items.",
                self.name(key)
            ));
        }
    }

    fn name(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }
}

/// Words in quotes with commas between.
pub(crate) fn quoted<T: AsRef<str>>(words: &[T]) -> String {
    words
        .iter()
        .map(|word| format!("'{}'", word.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `value` as a number of the wanted type, or a sentence if it is outside `min..=max`.
pub(crate) fn ranged<T: TryFrom<i64>>(
    value: Option<i64>,
    (min, max): (i64, i64),
    sentence: impl FnOnce() -> String,
    problems: &mut Problems,
) -> Option<T> {
    let value = value?;
    let ranged = Some(value)
        .filter(|v| (min..=max).contains(v))
        .and_then(|v| T::try_from(v).ok());
    if ranged.is_none() {
        problems.say(sentence());
    }
    ranged
}
