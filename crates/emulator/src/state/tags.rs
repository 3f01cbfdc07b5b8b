//! Tags: what may be one, and Resource Manager's tags API.
//!
//! Resource Manager has rules for every resource, Traffic Manager adds its own for names. The tags API changes tags
//! without touching anything else of a profile, and merges key by key.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::{State, done, done_without_body};
use crate::api_version::ApiVersion;
use crate::model::tags::Tags;
use crate::model::{Profile, ProfilePath};
use crate::refusal::Refusal;
use crate::request::Response;

const COUNT_LIMIT: usize = 50;
const NAME_LIMIT: usize = 512;
const VALUE_LIMIT: usize = 256;
/// Characters that no resource's tag names can have.
const RESERVED: &str = "<>%&\\?/";
/// Characters that the tag names of Traffic Manager profiles cannot have either.
const RESERVED_BY_TRAFFIC_MANAGER: &str = " #:";

#[derive(Serialize)]
struct TagsDocument<'a> {
    id: String,
    name: &'static str,
    r#type: &'static str,
    properties: TagsProperties<'a>,
}

#[derive(Serialize)]
struct TagsProperties<'a> {
    tags: &'a Tags,
}

/// What a PATCH of the tags API does.
#[derive(Debug, Clone, Copy)]
enum Change {
    Merge,
    Replace,
    Delete,
}

impl State {
    pub(super) fn get_tags(&self, path: &ProfilePath) -> Result<Response, Refusal> {
        let profile = self.stored(path, ApiVersion::NEWEST)?;
        Ok(tags_of(profile, self.shown_tags(profile)))
    }

    /// The answer to a write, which knows what it has written.
    fn written_tags(&self, path: &ProfilePath) -> Result<Response, Refusal> {
        let profile = self.stored(path, ApiVersion::NEWEST)?;
        Ok(tags_of(profile, profile.tags.as_ref()))
    }

    pub(super) fn put_tags(
        &mut self,
        path: &ProfilePath,
        body: &Value,
    ) -> Result<Response, Refusal> {
        let profile = self.stored(path, ApiVersion::NEWEST)?.clone();
        let tags = read(body.pointer("/properties/tags"))?.unwrap_or_default();
        self.store_tags(profile, tags)?;
        self.written_tags(path)
    }

    pub(super) fn patch_tags(
        &mut self,
        path: &ProfilePath,
        body: &Value,
    ) -> Result<Response, Refusal> {
        let profile = self.stored(path, ApiVersion::NEWEST)?.clone();
        let change = change(body.get("operation"))?;
        let given = read(body.pointer("/properties/tags"))?.unwrap_or_default();
        let mut tags = profile.tags.clone().unwrap_or_default();
        match change {
            Change::Merge => given.iter().for_each(|(name, value)| tags.set(name, value)),
            Change::Replace => tags = given,
            // A pair is deleted only if its value is the one that is named.
            Change::Delete => given
                .iter()
                .for_each(|(name, value)| tags.remove_pair(name, value)),
        }
        self.store_tags(profile, tags)?;
        self.written_tags(path)
    }

    pub(super) fn delete_tags(&mut self, path: &ProfilePath) -> Result<Response, Refusal> {
        let profile = self.stored(path, ApiVersion::NEWEST)?.clone();
        self.store_tags(profile, Tags::default())?;
        Ok(done_without_body(StatusCode::OK))
    }

    fn store_tags(&mut self, profile: Profile, tags: Tags) -> Result<(), Refusal> {
        check_count(tags.len())?;
        self.store(Profile {
            tags: Some(tags),
            ..profile
        });
        Ok(())
    }
}

fn tags_of(profile: &Profile, tags: Option<&Tags>) -> Response {
    let none = Tags::default();
    let document = TagsDocument {
        id: format!(
            "{}/providers/Microsoft.Resources/tags/default",
            profile.path.id()
        ),
        name: "default",
        r#type: "Microsoft.Resources/tags",
        properties: TagsProperties {
            tags: tags.unwrap_or(&none),
        },
    };
    done(StatusCode::OK, &document)
}

/// Reads the `tags` of a body; `None` when there are none to read.
pub(super) fn read(value: Option<&Value>) -> Result<Option<Tags>, Refusal> {
    let given = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(given)) => given,
        Some(_) => {
            return Err(Refusal::InvalidContent("tags must be an object".to_owned()));
        }
    };
    check_count(given.len())?;
    let mut tags = Tags::default();
    for (name, value) in given {
        let value = match value {
            Value::String(value) => value.as_str(),
            Value::Null => "",
            _ => {
                return Err(Refusal::InvalidContent(format!(
                    "the value of the tag '{name}' must be a string"
                )));
            }
        };
        check_pair(name, value)?;
        if tags.get(name).is_some() {
            return Err(refused(
                "DuplicateTagNames",
                format!(
                    "The tag name '{name}' is specified more than once. Tag names are case-insensitive."
                ),
            ));
        }
        tags.set(name, value);
    }
    Ok(Some(tags))
}

fn check_count(count: usize) -> Result<(), Refusal> {
    if count <= COUNT_LIMIT {
        return Ok(());
    }
    Err(refused(
        "TooManyTags",
        format!("The number of tags '{count}' exceeds the maximum of '{COUNT_LIMIT}' tags."),
    ))
}

fn check_pair(name: &str, value: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.chars().count() > NAME_LIMIT {
        return Err(refused(
            "InvalidTagNameLength",
            format!(
                "The length of the tag name '{name}' must be between 1 and {NAME_LIMIT} characters."
            ),
        ));
    }
    if value.chars().count() > VALUE_LIMIT {
        return Err(refused(
            "InvalidTagValueLength",
            format!(
                "The value of the tag '{name}' exceeds the maximum length of {VALUE_LIMIT} characters."
            ),
        ));
    }
    if name.chars().any(|c| c.is_control() || RESERVED.contains(c)) {
        return Err(refused(
            "InvalidTagNameCharacters",
            format!(
                "The tag names '{name}' have reserved characters '<,>,%,&,\\,?,/' or control characters."
            ),
        ));
    }
    let is_refused_here = name
        .chars()
        .any(|c| RESERVED_BY_TRAFFIC_MANAGER.contains(c))
        || name.starts_with(|c: char| c.is_ascii_digit());
    if is_refused_here {
        return Err(refused(
            "BadRequest",
            format!(
                "The tag name '{name}' is invalid. The tag names of a Traffic Manager profile cannot contain spaces, '#' or ':', and cannot start with a digit."
            ),
        ));
    }
    Ok(())
}

fn refused(code: &'static str, message: String) -> Refusal {
    Refusal::InvalidTags { code, message }
}

fn change(value: Option<&Value>) -> Result<Change, Refusal> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    [
        ("Merge", Change::Merge),
        ("Replace", Change::Replace),
        ("Delete", Change::Delete),
    ]
    .into_iter()
    .find(|(name, _)| name.eq_ignore_ascii_case(text))
    .map(|(_, change)| change)
    .ok_or_else(|| {
        Refusal::InvalidContent(format!(
            "the operation '{text}' is not one of Merge, Replace and Delete"
        ))
    })
}
