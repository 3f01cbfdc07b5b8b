//! Reading one setting: from which source, and what is wrong with it.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use arm_client::AzureJson;

use super::environment::Environment;
use super::error::{Origin, Problem};
use super::field::{self, Field};
use super::parse;

/// A value as given, before it is understood.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// What became of a setting.
pub(super) enum Read<T> {
    /// It has a value.
    Value(T),
    /// It was not given.
    NotGiven,
    /// It was given, and is wrong. The problem is on record.
    Wrong,
}

impl<T> Read<T> {
    /// The same about what `change` makes of the value.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Read<U> {
        match self {
            Self::Value(value) => Read::Value(change(value)),
            Self::NotGiven => Read::NotGiven,
            Self::Wrong => Read::Wrong,
        }
    }

    /// The value, if there is one.
    pub(super) fn value(self) -> Option<T> {
        self.or_default(|| None)
    }

    /// The value, or the default where nothing was given. A wrong value has no default.
    pub(super) fn or_default(self, default: impl FnOnce() -> Option<T>) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::NotGiven => default(),
            Self::Wrong => None,
        }
    }
}

/// Reads settings and puts on record what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    /// The `azure.json`, once it has been read.
    pub(super) file: Option<Arc<AzureJson>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            file: None,
            problems: Vec::new(),
        }
    }
}

impl Reader<'_> {
    /// Reads the file that later settings may come from. None of its contents is repeated in a problem, except
    /// values that are settings themselves.
    pub(super) fn azure_json(&mut self, flag: Option<&str>) {
        let file = self.with(field::AZURE_CONFIG_FILE, flag, |path| {
            let contents = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot be read: {error}"))?;
            AzureJson::parse(&contents).map_err(|error| format!("is not usable: {error}"))
        });
        self.file = file.value().map(Arc::new);
    }

    /// The first source that has something: flag, then the environment variables in their order, then the file.
    pub(super) fn given(&mut self, field: Field, flag: Option<&str>) -> Read<Given> {
        let found = |text: &str, origin| {
            Read::Value(Given {
                text: text.to_owned(),
                origin,
            })
        };
        if let Some(text) = flag.map(str::trim).filter(|text| !text.is_empty()) {
            return found(text, Origin::Flag);
        }
        for &name in field.env {
            let Some(raw) = self.environment.get(name) else {
                continue;
            };
            let origin = Origin::Environment(name);
            match raw.to_str().map(str::trim) {
                Some("") => {}
                Some(text) => return found(text, origin),
                None => {
                    self.invalid(field, origin, &raw.to_string_lossy(), &"must be UTF-8");
                    return Read::Wrong;
                }
            }
        }
        let in_file = field::IN_AZURE_JSON
            .iter()
            .find(|(known, _)| *known == field);
        if let (Some((_, name)), Some(file)) = (in_file, &self.file)
            && let Some(text) = file.setting(name)
        {
            return found(text, Origin::AzureJson(name));
        }
        Read::NotGiven
    }

    pub(super) fn invalid(
        &mut self,
        field: Field,
        origin: Origin,
        value: &str,
        reason: &impl Display,
    ) {
        self.problems.push(Problem::Invalid {
            field,
            origin,
            // A URL with a password in it is refused, and must not be repeated in a log.
            value: if value.contains("://") && value.contains('@') {
                "(hidden)"
            } else {
                value
            }
            .to_owned(),
            reason: reason.to_string(),
        });
    }

    pub(super) fn with<T, E: Display>(
        &mut self,
        field: Field,
        flag: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Read<T> {
        let given = match self.given(field, flag) {
            Read::Value(given) => given,
            Read::NotGiven => return Read::NotGiven,
            Read::Wrong => return Read::Wrong,
        };
        match parse(&given.text) {
            Ok(value) => Read::Value(value),
            Err(reason) => {
                self.invalid(field, given.origin, &given.text, &reason);
                Read::Wrong
            }
        }
    }

    pub(super) fn value<T: FromStr<Err: Display>>(
        &mut self,
        field: Field,
        flag: Option<&str>,
    ) -> Read<T> {
        self.with(field, flag, str::parse)
    }

    pub(super) fn required<T: FromStr<Err: Display>>(
        &mut self,
        field: Field,
        flag: Option<&str>,
        give: &'static str,
    ) -> Option<T> {
        match self.value(field, flag) {
            Read::Value(value) => Some(value),
            Read::Wrong => None,
            Read::NotGiven => {
                self.problems.push(Problem::Missing { field, give });
                None
            }
        }
    }

    /// The valid elements; each wrong one is a problem of its own.
    pub(super) fn list<T: FromStr<Err: Display>>(
        &mut self,
        field: Field,
        flag: Option<&str>,
    ) -> Vec<T> {
        let Some(given) = self.given(field, flag).value() else {
            return Vec::new();
        };
        let mut valid = Vec::new();
        for element in parse::list(&given.text) {
            match element.parse() {
                Ok(value) => valid.push(value),
                Err(reason) => self.invalid(field, given.origin, element, &reason),
            }
        }
        valid
    }
}

/// A list flag may be repeated, and each occurrence may hold several elements.
pub(super) fn joined(values: &[String]) -> Option<String> {
    if values.is_empty() {
        None
    } else {
        Some(values.join(","))
    }
}
