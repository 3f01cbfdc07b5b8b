//! Which TXT record speaks for which record.

use crate::record_type::RecordType;

/// Stands for the record type, in lower case, in a prefix or suffix.
const TYPE_TEMPLATE: &str = "%{record_type}";

/// How the TXT registry derives the name of its TXT record from the name and type
/// of a record, and back.
///
/// The default puts the type before the first label: `a-app.example.com`. That
/// lets the TXT record of an apex leave its zone: `a-example.com`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TxtNames {
    affix: TxtAffix,
    wildcard_replacement: String,
}

/// `--txt-prefix` or `--txt-suffix`; both at once are not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxtAffix {
    /// Put before the name.
    Prefix(String),
    /// Put behind the first label.
    Suffix(String),
}

// === impl TxtNames ===

impl TxtNames {
    /// Names with that affix, and with `wildcard_replacement` in place of a first
    /// label `*` unless it is empty. Letters become lower case.
    pub fn new(affix: TxtAffix, wildcard_replacement: &str) -> Self {
        let affix = match affix {
            TxtAffix::Prefix(text) => TxtAffix::Prefix(text.to_lowercase()),
            // An empty suffix is the same as no affix at all.
            TxtAffix::Suffix(text) if text.is_empty() => TxtAffix::default(),
            TxtAffix::Suffix(text) => TxtAffix::Suffix(text.to_lowercase()),
        };
        Self {
            affix,
            wildcard_replacement: wildcard_replacement.to_lowercase(),
        }
    }

    /// The name of the TXT record for a record.
    pub fn txt_name(&self, dns_name: &str, record_type: &RecordType) -> String {
        let kind = record_type.as_str().to_lowercase();
        let name = self.lookup_name(dns_name);
        if self.type_in_affix() {
            self.with_affix(&name, &kind)
        } else {
            self.with_affix(&format!("{kind}-{name}"), &kind)
        }
    }

    /// The name without a type that releases up to v0.17 write beside the other.
    /// `None` when the affix tells the type: then there is no such name.
    pub fn legacy_txt_name(&self, dns_name: &str) -> Option<String> {
        if self.type_in_affix() {
            return None;
        }
        Some(self.with_affix(&self.lookup_name(dns_name), ""))
    }

    /// The name, in lower case, and type of the record that a TXT record speaks
    /// for. The type is `None` for a legacy name, which does not tell. The whole is
    /// `None` when the affix is missing: not a name of this mapping.
    ///
    /// A legacy name whose first label happens to start with a type and a dash,
    /// as in `a-team.example.com`, is taken for the new form; ExternalDNS cannot
    /// tell either.
    pub fn record_name(&self, txt_name: &str) -> Option<(String, Option<RecordType>)> {
        let name = txt_name.to_lowercase();
        match &self.affix {
            TxtAffix::Prefix(prefix) => {
                self.without_affix(prefix, |affix| name.strip_prefix(affix))
            }
            TxtAffix::Suffix(suffix) => {
                // The suffix may hold dots itself, so as many labels more belong to it.
                let labels = 1 + suffix.matches('.').count();
                let mut parts = name.splitn(labels + 1, '.');
                let head: Vec<&str> = parts.by_ref().take(labels).collect();
                if head.len() < labels {
                    return None;
                }
                let head = head.join(".");
                let (first, kind) = self.without_affix(suffix, |affix| head.strip_suffix(affix))?;
                Some((join(&first, parts.next()), kind))
            }
        }
    }

    /// The name by which the registry looks for the labels of a record: the
    /// wildcard replaced, and nothing else done to it.
    pub(super) fn lookup_name(&self, dns_name: &str) -> String {
        match split(dns_name) {
            ("*", rest) if !self.wildcard_replacement.is_empty() => {
                join(&self.wildcard_replacement, rest)
            }
            _ => dns_name.to_owned(),
        }
    }

    fn type_in_affix(&self) -> bool {
        let (TxtAffix::Prefix(text) | TxtAffix::Suffix(text)) = &self.affix;
        text.contains(TYPE_TEMPLATE)
    }

    fn with_affix(&self, name: &str, kind: &str) -> String {
        match &self.affix {
            TxtAffix::Prefix(prefix) => format!("{}{name}", prefix.replace(TYPE_TEMPLATE, kind)),
            TxtAffix::Suffix(suffix) => {
                let (first, rest) = split(name);
                let suffix = suffix.replace(TYPE_TEMPLATE, kind);
                join(&format!("{first}{suffix}"), rest)
            }
        }
    }

    /// Takes the affix off with `strip` and finds out the type.
    fn without_affix<'n>(
        &self,
        affix: &str,
        strip: impl Fn(&str) -> Option<&'n str>,
    ) -> Option<(String, Option<RecordType>)> {
        if !self.type_in_affix() {
            return strip(affix).map(split_type);
        }
        for kind in RecordType::KNOWN {
            let affix = affix.replace(TYPE_TEMPLATE, &kind.as_str().to_lowercase());
            if let Some(rest) = strip(&affix) {
                return Some((rest.to_owned(), Some(kind)));
            }
        }
        strip(&affix.replace(TYPE_TEMPLATE, "")).map(split_type)
    }
}

// === impl TxtAffix ===

impl Default for TxtAffix {
    fn default() -> Self {
        Self::Prefix(String::new())
    }
}

/// Reads the type off a name in the default form, `<type>-<name>`.
fn split_type(name: &str) -> (String, Option<RecordType>) {
    let mark = name.split('-').next().unwrap_or_default();
    let kind = RecordType::KNOWN
        .into_iter()
        .find(|kind| kind.as_str().to_lowercase() == mark);
    match (&kind, name.split_once('-')) {
        (Some(_), Some((_, rest))) => (rest.to_owned(), kind),
        _ => (name.to_owned(), kind),
    }
}

fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    }
}

fn join(first: &str, rest: Option<&str>) -> String {
    match rest {
        Some(rest) => format!("{first}.{rest}"),
        None => first.to_owned(),
    }
}
