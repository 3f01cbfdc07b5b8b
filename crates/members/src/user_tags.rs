//! Tags that users ask for, beside those of this system.
//!
//! One tag of ours, [`USER_TAGS`], holds the names of those that this system has
//! set. Whatever is not named there is somebody else's: it is neither changed nor
//! taken away, even if an annotation asks for one of that name.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use traffic_manager::Invalid;
use traffic_manager::profile::Profile;
use traffic_manager::tag::{TAG_VALUE_MAX, TAGS_MAX, check_name, check_value, same_name};

use crate::marks::{self, PREDECESSOR, PREDECESSOR_HOST, TAG_PREFIX, USER_TAGS};

/// The user's tags: at least one, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTags(Vec<UserTag>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTag {
    name: String,
    value: String,
}

/// What shall become of the user's tags of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TagChange {
    /// Set, or given another value.
    pub(crate) set: BTreeMap<String, String>,
    /// Taken away, with the values that they have.
    pub(crate) delete: BTreeMap<String, String>,
    /// The names of those that are ours from then on; `None` for none.
    pub(crate) names: Option<String>,
}

const REQUIREMENT: &str = "must be tags such as cost-centre=42,env=prod";
/// Between names or tags.
const SEPARATOR: char = ',';
/// Before a separator that belongs to a value, and before another one of these.
const ESCAPE: char = '\\';
/// Most tags: besides these a profile has this system's marks, with the names of
/// these among them, and at least one tag with claims.
const USER_TAGS_MAX: usize = TAGS_MAX - marks::ALL.len() - 1;

// === impl UserTag ===

impl UserTag {
    /// The name, in the letter case in which it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl FromStr for UserTag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Invalid::new(format!(
                "{REQUIREMENT}: {text:?} has no value"
            )));
        };
        let (name, value) = (name.trim(), value.trim());
        let named = |invalid: Invalid| Invalid::new(format!("{name:?} {invalid}"));
        check_name(name).map_err(named)?;
        check_value(value)
            .map_err(|invalid| Invalid::new(format!("the value of {name} {invalid}")))?;
        if name.contains(SEPARATOR) {
            return Err(Invalid::new(format!("{REQUIREMENT}: {name:?} has a comma")));
        }
        if is_ours(name) {
            return Err(Invalid::new(format!(
                "must not have the tag {name}, by which this system knows its profiles"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// Whether this system, or the proof of concept of it, keeps something there.
fn is_ours(name: &str) -> bool {
    name.to_lowercase().starts_with(TAG_PREFIX)
        || same_name(name, PREDECESSOR)
        || same_name(name, PREDECESSOR_HOST)
}

// === impl UserTags ===

impl UserTags {
    fn new(tags: impl IntoIterator<Item = UserTag>) -> Result<Self, Invalid> {
        let mut tags: Vec<UserTag> = tags.into_iter().collect();
        tags.sort_by_cached_key(|tag| tag.name.to_lowercase());
        let twice = tags
            .windows(2)
            .find(|pair| same_name(&pair[0].name, &pair[1].name));
        if let Some(pair) = twice {
            return Err(Invalid::new(format!(
                "must have each tag once: {} is given twice, and Azure ignores letter case",
                pair[1].name
            )));
        }
        if tags.is_empty() {
            return Err(Invalid::new(REQUIREMENT));
        }
        if tags.len() > USER_TAGS_MAX {
            return Err(Invalid::new(format!(
                "must be at most {USER_TAGS_MAX} tags, not {}: Azure allows {TAGS_MAX} on a profile, and this system needs the others",
                tags.len()
            )));
        }
        let tags = Self(tags);
        let length = tags.names().chars().count();
        if length > TAG_VALUE_MAX {
            return Err(Invalid::new(format!(
                "must have names of at most {TAG_VALUE_MAX} characters, all together and with a comma between them, not {length}: this system keeps them in one tag"
            )));
        }
        Ok(tags)
    }

    /// The tags, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &UserTag> {
        self.0.iter()
    }

    /// Those for which this holds, if there are any.
    pub(crate) fn filtered(&self, keep: impl Fn(&UserTag) -> bool) -> Option<Self> {
        let kept: Vec<_> = self.iter().filter(|tag| keep(tag)).cloned().collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// What [`USER_TAGS`] holds for these.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.iter().map(UserTag::name).collect();
        names.join(",")
    }
}

impl FromStr for UserTags {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut parts = vec![String::new()];
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match (c, parts.last_mut()) {
                (SEPARATOR | '\n', _) | (_, None) => parts.push(String::new()),
                (ESCAPE, Some(part)) => part.extend(rest.next()),
                (c, Some(part)) => part.push(c),
            }
        }
        let parts = parts.iter().map(|part| part.trim());
        let tags: Result<Vec<UserTag>, _> = parts
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect();
        Self::new(tags?)
    }
}

impl fmt::Display for UserTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tag) in self.iter().enumerate() {
            if index > 0 {
                f.write_char(SEPARATOR)?;
            }
            write_tag(f, &tag.name, &tag.value)?;
        }
        Ok(())
    }
}

fn write_tag(to: &mut impl fmt::Write, name: &str, value: &str) -> fmt::Result {
    write!(to, "{name}=")?;
    for c in value.chars() {
        if matches!(c, SEPARATOR | ESCAPE | '\n') {
            to.write_char(ESCAPE)?;
        }
        to.write_char(c)?;
    }
    Ok(())
}

/// The names of the user's tags that this system has set on a profile.
fn listed(profile: &Profile) -> impl Iterator<Item = &str> {
    let names = profile.tag(USER_TAGS).unwrap_or_default();
    let names = names.split(SEPARATOR).map(str::trim);
    names.filter(|name| !name.is_empty() && !is_ours(name))
}

/// A tag of the profile, with its name as it stands there.
fn held<'a>(profile: &'a Profile, name: &str) -> Option<(&'a String, &'a String)> {
    let mut tags = profile.tags.iter().flatten();
    tags.find(|(held, _)| same_name(held, name))
}

/// The user's tags as Azure holds them. One of ours that somebody has taken away
/// stands there without value: it differs from every wish, and is so repaired.
pub(crate) fn held_text(profile: &Profile) -> Option<String> {
    let mut names: Vec<_> = listed(profile).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text.push(SEPARATOR);
        }
        match held(profile, name) {
            // Writing to a text cannot fail.
            Some((_, value)) => write_tag(&mut text, name, value).unwrap_or_default(),
            None => text.push_str(name),
        }
    }
    (!text.is_empty()).then_some(text)
}

/// The tag of this name, when the profile has it and it is not ours to change.
pub(crate) fn of_somebody_else<'a>(profile: &'a Profile, tag: &UserTag) -> Option<&'a str> {
    let is_listed = listed(profile).any(|name| same_name(name, &tag.name));
    let (_, value) = held(profile, &tag.name).filter(|_| !is_listed)?;
    Some(value)
}

/// From what the profile has to what is wanted.
pub(crate) fn change(profile: &Profile, wanted: Option<&UserTags>) -> TagChange {
    let wanted =
        wanted.and_then(|tags| tags.filtered(|tag| of_somebody_else(profile, tag).is_none()));
    let set = wanted.iter().flat_map(UserTags::iter).filter(|tag| {
        let value = held(profile, &tag.name).map(|(_, value)| value);
        value != Some(&tag.value)
    });
    let is_wanted = |name: &str| {
        let mut tags = wanted.iter().flat_map(UserTags::iter);
        tags.any(|tag| same_name(&tag.name, name))
    };
    let delete = listed(profile)
        .filter(|name| !is_wanted(name))
        .filter_map(|name| held(profile, name));
    TagChange {
        set: set
            .map(|tag| (tag.name.clone(), tag.value.clone()))
            .collect(),
        delete: delete
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        names: wanted.as_ref().map(UserTags::names),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("env=prod, cost-centre = 42", "cost-centre=42,env=prod")]
    #[case("Env=a=b\n", "Env=a=b")]
    #[case(r"who=me\, and \\ you,x=", r"who=me\, and \\ you,x=")]
    fn canonical_texts(#[case] text: &str, #[case] canonical: &str) {
        assert_eq!(
            text.parse::<UserTags>().map(|tags| tags.to_string()),
            Ok(canonical.to_owned())
        );
    }

    #[rstest]
    #[case(
        "env",
        "must be tags such as cost-centre=42,env=prod: \"env\" has no value"
    )]
    #[case(
        "Externaldns-Owner=x",
        "must not have the tag Externaldns-Owner, by which this system knows its profiles"
    )]
    #[case(
        "hostname=x",
        "must not have the tag hostname, by which this system knows its profiles"
    )]
    #[case(
        "env=a,ENV=b",
        "must have each tag once: ENV is given twice, and Azure ignores letter case"
    )]
    #[case(
        "1st=a",
        "\"1st\" must be a tag name of 1 to 512 characters without < > % & \\ ? / # : or spaces, not starting with a digit"
    )]
    #[case(",", "must be tags such as cost-centre=42,env=prod")]
    fn refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<UserTags>().unwrap_err().to_string(), message);
    }

    #[test]
    fn names_have_to_fit_one_tag() {
        let many: Vec<_> = (0..45).map(|n| format!("t{n}=x")).collect();
        let error = many.join(",").parse::<UserTags>().unwrap_err().to_string();
        insta::assert_snapshot!(error, @"must be at most 44 tags, not 45: Azure allows 50 on a profile, and this system needs the others");
        let long = format!("{}=1,{}=2", "a".repeat(200), "b".repeat(100));
        let error = long.parse::<UserTags>().unwrap_err().to_string();
        insta::assert_snapshot!(error, @"must have names of at most 256 characters, all together and with a comma between them, not 301: this system keeps them in one tag");
    }

    fn profile(tags: &[(&str, &str)]) -> Profile {
        let tags = tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Profile {
            tags: Some(tags.collect()),
            ..Profile::default()
        }
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let held = profile(&[
            (USER_TAGS, "Env,gone,externaldns-managed-by"),
            ("ENV", "prod"),
            ("team", "web"),
            (marks::MANAGED_BY, marks::MANAGED_BY_VALUE),
        ]);
        assert_eq!(held_text(&held).as_deref(), Some("Env=prod,gone"));
        let wanted = "team=other,new=1".parse().unwrap();
        let change = change(&held, Some(&wanted));
        assert_eq!(
            change.set,
            BTreeMap::from([("new".to_owned(), "1".to_owned())])
        );
        assert_eq!(
            change.delete,
            BTreeMap::from([("ENV".to_owned(), "prod".to_owned())])
        );
        assert_eq!(change.names.as_deref(), Some("new"));
    }

    proptest! {
        #[test]
        fn texts_round_trip(pairs in proptest::collection::btree_map("[a-c]{1,3}", r"([!-~][ -~]{0,6}[!-~])?", 1..5)) {
            let text: Vec<_> = pairs.iter().map(|(name, value)| {
                let mut text = String::new();
                write_tag(&mut text, name, value).unwrap();
                text
            }).collect();
            let tags: UserTags = text.join(",").parse().unwrap();
            prop_assert_eq!(tags.iter().count(), pairs.len());
            prop_assert!(tags.iter().all(|tag| pairs.get(tag.name()).is_some_and(|value| value == tag.value())));
            prop_assert_eq!(tags.to_string().parse::<UserTags>().unwrap(), tags);
        }
    }
}
