//! Canonical forms of DNS names, as ExternalDNS compares them.
//!
//! ExternalDNS keeps going with whatever a failed IDNA conversion leaves, so both
//! functions are total. Where the conversion fails, each label is treated by
//! itself, which is what Go's library ends up doing.

use std::borrow::Cow;

use idna::punycode;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// The prefix of a label in Punycode.
const ACE_PREFIX: &str = "xn--";

/// The form by which the plan puts records into rows: no surrounding white space,
/// lower case, every label in ASCII, one trailing dot at least.
///
/// ```
/// use external_dns::dns_name;
///
/// assert_eq!(dns_name::ascii(" App.Example.COM"), "app.example.com.");
/// assert_eq!(dns_name::ascii("點看.org."), "xn--c1yn36f.org.");
/// ```
pub fn ascii(name: &str) -> String {
    let name = transitional(name.trim());
    let converted = Uts46::new().to_ascii(
        name.as_bytes(),
        AsciiDenyList::EMPTY,
        Hyphens::Allow,
        DnsLength::Ignore,
    );
    let mut name = match converted {
        Ok(ascii) => ascii.into_owned(),
        Err(_) => per_label(&name, |label| {
            if label.is_ascii() {
                return label;
            }
            match punycode::encode_str(&label) {
                Some(encoded) => format!("{ACE_PREFIX}{encoded}"),
                None => label,
            }
        }),
    };
    if !name.ends_with('.') {
        name.push('.');
    }
    name
}

/// The form on which domain filters work: lower case, every label in Unicode,
/// without one trailing dot.
///
/// ```
/// use external_dns::dns_name;
///
/// assert_eq!(dns_name::unicode("xn--bcher-kva.Example.com."), "bücher.example.com");
/// ```
pub fn unicode(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    to_unicode(name).unwrap_or_else(|| per_label(name, |label| label))
}

fn to_unicode(name: &str) -> Option<String> {
    let (converted, outcome) =
        Uts46::new().to_unicode(name.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    outcome.ok().map(|()| converted.into_owned())
}

/// Maps the characters on which the two generations of IDNA differ. On the way to
/// ASCII, ExternalDNS asks for the older, transitional reading; the library used
/// here only knows the newer one.
fn transitional(name: &str) -> Cow<'_, str> {
    const DEVIATIONS: [char; 5] = ['ß', 'ẞ', 'ς', '\u{200c}', '\u{200d}'];
    if !name.contains(DEVIATIONS) {
        return Cow::Borrowed(name);
    }
    let mut mapped = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'ß' | 'ẞ' => mapped.push_str("ss"),
            'ς' => mapped.push('σ'),
            '\u{200c}' | '\u{200d}' => {}
            other => mapped.push(other),
        }
    }
    Cow::Owned(mapped)
}

/// Brings each label to Unicode by itself, then finishes it. A label that cannot be
/// converted is lower-cased and, where it is Punycode, decoded.
fn per_label(name: &str, finish: impl Fn(String) -> String) -> String {
    // The other dots that IDNA knows separate labels, too.
    let name = name.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
    let labels: Vec<String> = name
        .split('.')
        .map(|label| finish(to_unicode(label).unwrap_or_else(|| lower_and_decode(label))))
        .collect();
    labels.join(".")
}

fn lower_and_decode(label: &str) -> String {
    let label = label.to_lowercase();
    let decoded = label
        .strip_prefix(ACE_PREFIX)
        .and_then(punycode::decode_to_string);
    decoded.unwrap_or(label)
}
