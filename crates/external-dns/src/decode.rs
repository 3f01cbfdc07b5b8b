//! Decoding JSON by the rules of Go's `encoding/json`.
//!
//! ExternalDNS and its peers decode with Go, so the protocol is what Go accepts
//! and not what its documents say: names of fields match in any letter case
//! (releases up to v0.16 send `Create`, later ones `create`), `null` leaves the
//! zero value, unknown fields are skipped and of a repeated field the last one
//! counts.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A value whose `null` is its default.
#[derive(Default)]
pub(crate) struct Nullable<T>(pub(crate) T);

/// A list whose `null` is empty and whose `null` elements are left out.
///
/// Go would keep such an element as a nil pointer and fail on it later. Nobody
/// sends one on purpose, so dropping it is the reading that harms nobody.
pub(crate) struct Dense<T>(pub(crate) Vec<T>);

/// An object decoded field by field.
pub(crate) trait Object: Default {
    /// What the object is, for "expected …" messages.
    const EXPECTED: &'static str;

    /// Reads the value of the field whose name, in ASCII lower case, is `name`.
    /// Answers `false`, without having read anything, when there is no such field.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error>;
}

/// Decodes an [`Object`]; `null` is the default one.
pub(crate) fn object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(PhantomData))
}

/// The next value of a map, with `null` as default.
pub(crate) fn nullable<'de, T, A>(map: &mut A) -> Result<T, A::Error>
where
    T: Deserialize<'de> + Default,
    A: MapAccess<'de>,
{
    map.next_value::<Nullable<T>>().map(|value| value.0)
}

/// The next value of a map, a list without its `null` elements.
pub(crate) fn dense<'de, T, A>(map: &mut A) -> Result<Vec<T>, A::Error>
where
    T: Deserialize<'de>,
    A: MapAccess<'de>,
{
    map.next_value::<Dense<T>>().map(|list| list.0)
}

struct ObjectVisitor<T>(PhantomData<T>);

// === impl Nullable ===

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

// === impl Dense ===

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Dense<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list: Option<Vec<Option<T>>> = Option::deserialize(deserializer)?;
        Ok(Self(list.into_iter().flatten().flatten().collect()))
    }
}

// === impl ObjectVisitor ===

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if !object.read(&name.to_ascii_lowercase(), &mut map)? {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(object)
    }
}
