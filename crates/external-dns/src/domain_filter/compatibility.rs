//! Where the regular expressions of the `regex` crate go beyond Go's.
//!
//! ExternalDNS compiles the expressions of the negotiated filter with Go's
//! `regexp` and exits when that fails. An operator should learn of it from the
//! provider, at start and by name, and not from a crashing neighbour.

use regex::Regex;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassSet, ClassSetItem, ClassUnicodeKind, Flag, Flags, FlagsItemKind,
    GroupKind, HexLiteralKind, Literal, LiteralKind, RepetitionKind, RepetitionRange, Visitor,
    parse::Parser,
};

/// The largest count Go allows in a repetition.
const MAX_REPETITION: u32 = 1000;

/// A construct that Go's regular expressions lack, or read differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegexIncompatibility {
    /// `(?x)`, `(?u)` or `(?R)`
    #[error("flags other than i, m, s and U are unknown to Go")]
    Flag,
    /// `[a-z&&[^b]]`, `[a-z--b]` or `[[a][b]]`
    #[error("Go has no nested character classes and no operations on them")]
    NestedClass,
    /// `\<`, `\>`, `\b{start}` and their like
    #[error("Go knows no word boundary but \\b and \\B")]
    WordBoundary,
    /// `\u0041`, `\U00000041`, `\u{41}`
    #[error("Go writes characters by number as \\x41 or \\x{{41}} only")]
    CharacterNumber,
    /// `\p{script=Greek}`, `\p{Uppercase}`
    #[error("of Unicode classes Go knows categories by one or two letters and scripts by name")]
    UnicodeClass,
    /// `a{1001}`, `(a{100}){100}`
    #[error("Go repeats at most 1000 times, nested repetitions multiplied")]
    RepetitionCount,
    /// `a**`
    #[error("Go does not repeat a repetition without parentheses")]
    NestedRepetition,
    /// A capture name with other characters than letters, digits and underscores
    #[error("Go allows letters, digits and underscores in a group's name")]
    GroupName,
}

/// Refuses a pattern that Go would not read as it is read here. A pattern that
/// does not parse at all is left to the compiler, which says more about it.
pub(super) fn check(pattern: &str) -> Result<(), RegexIncompatibility> {
    match Parser::new().parse(pattern) {
        Ok(ast) => regex_syntax::ast::visit(&ast, Compatibility::default()),
        Err(_) => Ok(()),
    }
}

#[derive(Default)]
struct Compatibility {
    /// How often the current place is repeated: one factor per repetition around it.
    repeated: Vec<u32>,
}

// === impl Compatibility ===

impl Visitor for Compatibility {
    type Output = ();
    type Err = RegexIncompatibility;

    fn finish(self) -> Result<(), RegexIncompatibility> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), RegexIncompatibility> {
        match ast {
            Ast::Flags(set) => flags(&set.flags),
            Ast::Literal(found) => literal(found),
            Ast::Assertion(found) => match found.kind {
                AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::StartText
                | AssertionKind::EndText
                | AssertionKind::WordBoundary
                | AssertionKind::NotWordBoundary => Ok(()),
                _ => Err(RegexIncompatibility::WordBoundary),
            },
            Ast::ClassUnicode(class) => unicode_class(&class.kind),
            Ast::ClassBracketed(class) => match class.kind {
                ClassSet::BinaryOp(_) => Err(RegexIncompatibility::NestedClass),
                ClassSet::Item(_) => Ok(()),
            },
            Ast::Repetition(repetition) => {
                if matches!(*repetition.ast, Ast::Repetition(_)) {
                    return Err(RegexIncompatibility::NestedRepetition);
                }
                self.repeated.push(largest_count(&repetition.op.kind));
                let product = self
                    .repeated
                    .iter()
                    .fold(1, |product: u32, count| product.saturating_mul(*count));
                if product > MAX_REPETITION {
                    return Err(RegexIncompatibility::RepetitionCount);
                }
                Ok(())
            }
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(set) => flags(set),
                GroupKind::CaptureName { name, .. }
                    if !name
                        .name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
                {
                    Err(RegexIncompatibility::GroupName)
                }
                GroupKind::CaptureName { .. } | GroupKind::CaptureIndex(_) => Ok(()),
            },
            Ast::Empty(_)
            | Ast::Dot(_)
            | Ast::ClassPerl(_)
            | Ast::Alternation(_)
            | Ast::Concat(_) => Ok(()),
        }
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), RegexIncompatibility> {
        if matches!(ast, Ast::Repetition(_)) {
            self.repeated.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(
        &mut self,
        item: &ClassSetItem,
    ) -> Result<(), RegexIncompatibility> {
        match item {
            ClassSetItem::Literal(found) => literal(found),
            ClassSetItem::Range(range) => literal(&range.start).and(literal(&range.end)),
            ClassSetItem::Unicode(class) => unicode_class(&class.kind),
            ClassSetItem::Bracketed(_) => Err(RegexIncompatibility::NestedClass),
            ClassSetItem::Empty(_)
            | ClassSetItem::Ascii(_)
            | ClassSetItem::Perl(_)
            | ClassSetItem::Union(_) => Ok(()),
        }
    }
}

/// The count that a repetition is limited by; 1 where it has none.
fn largest_count(kind: &RepetitionKind) -> u32 {
    match kind {
        RepetitionKind::Range(
            RepetitionRange::Exactly(count)
            | RepetitionRange::AtLeast(count)
            | RepetitionRange::Bounded(_, count),
        ) => (*count).max(1),
        _ => 1,
    }
}

fn flags(set: &Flags) -> Result<(), RegexIncompatibility> {
    let foreign = set.items.iter().any(|item| {
        matches!(
            item.kind,
            FlagsItemKind::Flag(Flag::Unicode | Flag::CRLF | Flag::IgnoreWhitespace)
        )
    });
    if foreign {
        Err(RegexIncompatibility::Flag)
    } else {
        Ok(())
    }
}

fn literal(found: &Literal) -> Result<(), RegexIncompatibility> {
    match &found.kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err(RegexIncompatibility::CharacterNumber)
        }
        _ => Ok(()),
    }
}

fn unicode_class(kind: &ClassUnicodeKind) -> Result<(), RegexIncompatibility> {
    let known = match kind {
        ClassUnicodeKind::OneLetter(_) => true,
        ClassUnicodeKind::Named(name) => {
            let property = if name.len() <= 2 { "gc" } else { "script" };
            name == "Any" || Regex::new(&format!(r"\p{{{property}={name}}}")).is_ok()
        }
        ClassUnicodeKind::NamedValue { .. } => false,
    };
    if known {
        Ok(())
    } else {
        Err(RegexIncompatibility::UnicodeClass)
    }
}
