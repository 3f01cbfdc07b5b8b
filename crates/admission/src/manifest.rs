//! The objects of manifests: what Kubernetes would be given, as far as
//! ExternalDNS reads it.

use std::sync::Arc;

use crate::yaml::{self, Node, Position, ReadsAs, Value};

/// One file, or standard input.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// How messages name it.
    pub name: &'a str,
    /// What it holds.
    pub text: &'a str,
}

/// A place in an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The name of the input.
    pub input: Arc<str>,
    /// Where in it.
    pub position: Position,
}

/// What is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of the input.
    pub input: String,
    /// Where it stops making sense, if that can be said.
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
}

/// Which object, as Kubernetes names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The kind, such as `Service`.
    pub kind: String,
    /// The namespace, when the manifest names one.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// An object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: ObjectName,
    pub(crate) place: Place,
    pub(crate) annotations: Vec<Entry>,
    /// Annotations in a block that is given again, and so for nothing.
    pub(crate) lost: Vec<Entry>,
    root: Node,
}

/// One annotation, or one property of a `DNSEndpoint`.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) reads_as: ReadsAs,
    pub(crate) place: Place,
}

/// Deepest nesting of lists in lists.
const LISTS_MAX: usize = 8;

// === impl ObjectName ===

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

// === impl Place ===

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "{}:{line}:{column}", self.input)
    }
}

// === impl Unreadable ===

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.input)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The objects of an input, those in lists too. Whatever is no object is passed
/// over: the values of a chart are YAML as well.
pub(crate) fn objects(input: Input<'_>) -> Result<Vec<Object>, Unreadable> {
    let documents = yaml::read(input.text).map_err(|error| Unreadable {
        input: input.name.to_owned(),
        position: error.position(),
        message: error.what(),
    })?;
    let name: Arc<str> = input.name.into();
    let mut objects = Vec::new();
    for document in documents {
        collect(document, &name, 0, &mut objects);
    }
    Ok(objects)
}

fn collect(node: Node, input: &Arc<str>, depth: usize, objects: &mut Vec<Object>) {
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    let kind = text("kind").to_owned();
    if kind.is_empty() || text("apiVersion").is_empty() {
        return;
    }
    if kind.ends_with("List")
        && let Some(items) = node.get("items")
    {
        if depth < LISTS_MAX {
            for item in items.elements() {
                collect(item.clone(), input, depth + 1, objects);
            }
        }
        return;
    }
    let Some(metadata) = node.get("metadata") else {
        return;
    };
    let of_metadata = |key: &str| metadata.get(key).and_then(Node::text).unwrap_or_default();
    let name = match of_metadata("name") {
        "" => of_metadata("generateName"),
        name => name,
    };
    let namespace = of_metadata("namespace");
    let place = |node: &Node| Place {
        input: Arc::clone(input),
        position: node.at,
    };
    let entries = |block: &Node| -> Vec<Entry> {
        let entries = block.entries();
        entries
            .filter_map(|(key, value)| Some(Entry::new(key.text()?, value, place(value))))
            .collect()
    };
    let annotations = metadata.get("annotations");
    let blocks = node.all("metadata").flat_map(|one| one.all("annotations"));
    let lost = blocks.filter(|block| !annotations.is_some_and(|held| std::ptr::eq(held, *block)));
    objects.push(Object {
        name: ObjectName {
            kind,
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            name: name.to_owned(),
        },
        place: place(metadata.get("name").unwrap_or(&node)),
        annotations: annotations.map_or_else(Vec::new, entries),
        lost: lost.flat_map(entries).collect(),
        root: node,
    });
}

// === impl Entry ===

impl Entry {
    fn new(key: &str, value: &Node, place: Place) -> Self {
        let (reads_as, text) = match &value.value {
            Value::Scalar(scalar) => (scalar.reads_as, scalar.text.as_str()),
            Value::Sequence(_) => (ReadsAs::List, ""),
            Value::Mapping(_) => (ReadsAs::Mapping, ""),
        };
        Self {
            key: key.to_owned(),
            value: match reads_as {
                // Kubernetes keeps an empty text for it.
                ReadsAs::Null => String::new(),
                _ => text.to_owned(),
            },
            reads_as,
            place,
        }
    }
}

// === impl Object ===

impl Object {
    /// The value of an annotation; the last of two counts.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        let mut held = self.annotations.iter().rev();
        held.find(|entry| entry.key == key)
            .map(|entry| entry.value.as_str())
    }

    /// The text at a path of keys, such as `["spec", "type"]`.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.text()
    }

    /// The elements of the list at a path of keys.
    pub(crate) fn list(&self, path: &[&str]) -> impl Iterator<Item = &Node> {
        self.at(path).into_iter().flat_map(Node::elements)
    }

    /// The properties of one record of a `DNSEndpoint`.
    pub(crate) fn properties(&self, record: &Node) -> Vec<Entry> {
        let properties = record.get("providerSpecific").into_iter();
        let properties = properties.flat_map(Node::elements).filter_map(|property| {
            let value = property.get("value")?;
            let place = Place {
                input: Arc::clone(&self.place.input),
                position: value.at,
            };
            Some(Entry::new(property.get("name")?.text()?, value, place))
        });
        properties.collect()
    }

    fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, key| node.get(key))
    }
}
