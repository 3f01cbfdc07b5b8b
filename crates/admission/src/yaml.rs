//! YAML with positions: a finding in a manifest points at its line.
//!
//! Scalars keep their text and whether they were quoted, because Kubernetes takes
//! only texts as annotations, and `weight: 70` is none.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

/// Most nodes of one file, aliases counted as often as they are used: a few lines
/// of aliases can stand for more than any memory holds.
const NODES_MAX: usize = 2_000_000;
/// The key that merges other mappings into this one.
const MERGE: &str = "<<";

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) value: Value,
}

/// What there is in YAML.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// A text, and what it is taken for.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) reads_as: ReadsAs,
}

/// What Kubernetes takes a value for, a scalar by the rules of YAML 1.1 that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadsAs {
    Text,
    Null,
    Boolean,
    Number,
    List,
    Mapping,
}

/// Why a file is no YAML.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YamlError {
    #[error(transparent)]
    Syntax(#[from] ScanError),
    #[error("the file has more than {NODES_MAX} values, aliases counted as often as they are used")]
    TooLarge,
}

/// Collections that have begun, and what is complete.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    documents: Vec<Node>,
    nodes: usize,
}

/// A collection that has begun.
struct Open {
    at: Position,
    anchor: usize,
    nodes_before: usize,
    is_mapping: bool,
    children: Vec<Node>,
}

// === impl YamlError ===

impl YamlError {
    /// Where the file stops making sense.
    pub(crate) fn position(&self) -> Option<Position> {
        match self {
            Self::Syntax(error) => Some(Position {
                line: error.marker().line(),
                column: error.marker().col() + 1,
            }),
            Self::TooLarge => None,
        }
    }

    /// What is wrong, without the place.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Syntax(error) => error.info(),
            Self::TooLarge => self.to_string(),
        }
    }
}

// === impl Node ===

impl Node {
    /// The value of a key, when this is a mapping that has it. The last of two
    /// counts, as in Kubernetes.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .rev()
            .find(|(held, _)| held.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// Every value of a key, of which the last counts.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Self> {
        self.entries()
            .filter(move |(held, _)| held.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// The entries of a mapping; none of anything else.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = (&Self, &Self)> {
        let entries = match &self.value {
            Value::Mapping(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, value)| (key, value))
    }

    /// The elements of a sequence; none of anything else.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        let elements = match &self.value {
            Value::Sequence(elements) => elements.as_slice(),
            _ => &[],
        };
        elements.iter()
    }

    /// The scalar, if it is one.
    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar, whatever it reads as.
    pub(crate) fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str())
    }
}

// === impl Scalar ===

impl Scalar {
    fn new(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Self {
        let core = tag.and_then(Tag::core_suffix);
        let reads_as = match core {
            Some("str") => ReadsAs::Text,
            Some("null") => ReadsAs::Null,
            Some("bool") => ReadsAs::Boolean,
            Some("int" | "float") => ReadsAs::Number,
            _ if style == ScalarStyle::Plain => reads_as(&text),
            _ => ReadsAs::Text,
        };
        Self { text, reads_as }
    }
}

/// What a text without quotes is taken for.
fn reads_as(text: &str) -> ReadsAs {
    const BOOLEANS: [&str; 8] = ["y", "yes", "on", "true", "n", "no", "off", "false"];
    const SPECIAL: [&str; 2] = ["inf", "nan"];
    let lower = text.to_ascii_lowercase();
    // `True` and `TRUE`, and not `tRUE`.
    let is_word = text == lower
        || text == text.to_ascii_uppercase()
        || text.strip_prefix(|c: char| c.is_ascii_uppercase()) == lower.get(1..);
    if text.is_empty() || text == "~" || (is_word && lower == "null") {
        return ReadsAs::Null;
    }
    if is_word && BOOLEANS.contains(&lower.as_str()) {
        return ReadsAs::Boolean;
    }
    let plain = lower.replace('_', "");
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    let special = unsigned
        .strip_prefix('.')
        .is_some_and(|word| SPECIAL.contains(&word));
    let other_radix = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .any(|(prefix, radix)| {
            unsigned
                .strip_prefix(prefix)
                .is_some_and(|rest| digits(rest, radix))
        });
    let starts_as_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit());
    let is_decimal = starts_as_number && unsigned.parse::<f64>().is_ok();
    if special || other_radix || is_decimal {
        ReadsAs::Number
    } else {
        ReadsAs::Text
    }
}

// === impl Position ===

impl Position {
    fn of(span: &Span) -> Self {
        Self {
            line: span.start.line(),
            column: span.start.col() + 1,
        }
    }
}

/// The documents of a file.
pub(crate) fn read(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        builder.take(event, Position::of(&span))?;
    }
    Ok(builder.documents)
}

// === impl Builder ===

impl Builder {
    fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar::new(text.into_owned(), style, tag.as_deref());
                let value = Value::Scalar(scalar);
                self.finish(Node { at, value }, anchor, self.nodes)?;
            }
            Event::SequenceStart(_, anchor, _) => self.begin(at, anchor, false),
            Event::MappingStart(_, anchor, _) => self.begin(at, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let (anchor, before) = (open.anchor, open.nodes_before);
                    self.finish(open.close(), anchor, before)?;
                }
            }
            Event::Alias(anchor) => {
                // One that contains itself is not complete yet, and unknown here.
                if let Some((node, size)) = self.anchors.get(&anchor) {
                    let before = self.nodes;
                    self.nodes += size;
                    if self.nodes > NODES_MAX {
                        return Err(YamlError::TooLarge);
                    }
                    let value = node.value.clone();
                    self.finish(Node { at, value }, 0, before)?;
                } else {
                    let text = String::new();
                    let reads_as = ReadsAs::Null;
                    let value = Value::Scalar(Scalar { text, reads_as });
                    self.finish(Node { at, value }, 0, self.nodes)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, at: Position, anchor: usize, is_mapping: bool) {
        self.open.push(Open {
            at,
            anchor,
            nodes_before: self.nodes,
            is_mapping,
            children: Vec::new(),
        });
    }

    fn finish(&mut self, node: Node, anchor: usize, before: usize) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(YamlError::TooLarge);
        }
        if anchor != 0 {
            // Kept once more, and so counted once more.
            let size = self.nodes - before;
            self.nodes += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.documents.push(node),
        }
        Ok(())
    }
}

// === impl Open ===

impl Open {
    fn close(self) -> Node {
        let value = if self.is_mapping {
            Value::Mapping(merged(self.children))
        } else {
            Value::Sequence(self.children)
        };
        Node { at: self.at, value }
    }
}

/// Keys and values in turn as entries, those of merged mappings before their own:
/// the last of two counts.
fn merged(children: Vec<Node>) -> Vec<(Node, Node)> {
    let mut entries = Vec::new();
    let mut own = Vec::new();
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        if key.text() != Some(MERGE) {
            own.push((key, value));
            continue;
        }
        let sources = match value.value {
            Value::Sequence(sources) => sources,
            _ => vec![value],
        };
        // The first of several sources counts.
        for source in sources.into_iter().rev() {
            if let Value::Mapping(more) = source.value {
                entries.extend(more);
            }
        }
    }
    let held: BTreeSet<_> = own.iter().map(|(key, _)| key.text()).collect();
    entries.retain(|(key, _)| !held.contains(&key.text()));
    entries.extend(own);
    entries
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn only(text: &str) -> Node {
        let mut documents = read(text).unwrap();
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    #[rstest]
    #[case("70", ReadsAs::Number)]
    #[case("-0x1F", ReadsAs::Number)]
    #[case("1_000", ReadsAs::Number)]
    #[case("1.5e3", ReadsAs::Number)]
    #[case("+.5", ReadsAs::Number)]
    #[case(".inf", ReadsAs::Number)]
    #[case("on", ReadsAs::Boolean)]
    #[case("Y", ReadsAs::Boolean)]
    #[case("True", ReadsAs::Boolean)]
    #[case("tRUE", ReadsAs::Text)]
    #[case("~", ReadsAs::Null)]
    #[case("", ReadsAs::Null)]
    #[case("Null", ReadsAs::Null)]
    #[case("'70'", ReadsAs::Text)]
    #[case("\"on\"", ReadsAs::Text)]
    #[case("!!str 70", ReadsAs::Text)]
    #[case("!!int '70'", ReadsAs::Number)]
    #[case("70%", ReadsAs::Text)]
    #[case("20.1.2.3", ReadsAs::Text)]
    #[case("1-2", ReadsAs::Text)]
    #[case("infinity", ReadsAs::Text)]
    #[case("2026-11-21", ReadsAs::Text)]
    #[case("é", ReadsAs::Text)]
    fn scalars_read_as_kubernetes_reads_them(#[case] text: &str, #[case] expected: ReadsAs) {
        let node = only(&format!("a: {text}\n"));
        let value = node.get("a").and_then(Node::scalar).unwrap();
        assert_eq!(value.reads_as, expected);
    }

    #[test]
    fn values_have_positions() {
        let node = only("# a comment\na:\n  - b: 'c'\n");
        let list = node.get("a").unwrap();
        let value = list.elements().next().and_then(|one| one.get("b")).unwrap();
        assert_eq!(value.text(), Some("c"));
        assert_eq!((value.at.line, value.at.column), (3, 8));
    }

    #[test]
    fn documents_are_apart_and_anchors_are_resolved() {
        let text = "a: &x {b: '1', c: '2'}\nd:\n  <<: *x\n  c: '3'\n---\n[e]\n";
        let documents = read(text).unwrap();
        assert_eq!(documents.len(), 2);
        let merged = documents[0].get("d").unwrap();
        assert_eq!(merged.get("b").and_then(Node::text), Some("1"));
        assert_eq!(merged.get("c").and_then(Node::text), Some("3"));
        assert_eq!(merged.entries().count(), 2);
    }

    #[test]
    fn aliases_cannot_fill_the_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            let list = vec![before; 10].join(", ");
            let line = format!("a{level}: &a{level} [{list}]\n");
            text.push_str(&line);
        }
        assert!(matches!(read(&text), Err(YamlError::TooLarge)));
    }

    #[test]
    fn what_is_no_yaml_has_a_place() {
        let error = read("a: 1\nb: {{ .Values.weight }}: 2\n").unwrap_err();
        assert_eq!(error.position().map(|at| at.line), Some(2));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([a-z]{0,2}[:&*<>!|\\-\\[\\]{},#'\"\\n ]{0,3}){0,12}") {
            let _ = read(&text);
        }
    }
}
