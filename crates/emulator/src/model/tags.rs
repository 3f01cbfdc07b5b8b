//! Tags of a profile: names that keep their spelling and are compared without letter case.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A set of tags in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Vec<(String, String)>);

// === impl Tags ===

impl Tags {
    /// The value of the tag with this name in any letter case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| same_name(known, name))
            .map(|(_, value)| value.as_str())
    }

    /// Adds a tag. One that exists under this name in any letter case keeps its spelling and gets the value.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| same_name(known, name)) {
            Some((_, known_value)) => value.clone_into(known_value),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Removes the tag with this name in any letter case, if its value is exactly this.
    pub fn remove_pair(&mut self, name: &str, value: &str) {
        self.0
            .retain(|(known, known_value)| !(same_name(known, name) && known_value == value));
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many tags there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn same_name(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_values_do_not() {
        let mut tags = Tags::default();
        tags.set("Owner", "east");
        tags.set("OWNER", "west");
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("Owner", "west")]);
        tags.remove_pair("owner", "WEST");
        assert_eq!(tags.get("owner"), Some("west"));
        tags.remove_pair("owner", "west");
        assert!(tags.is_empty());
    }
}
