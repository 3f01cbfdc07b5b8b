//! Pieces of CEL, the language of admission policies.

use members::annotation::Name;

/// White space as Rust's `trim` has it, inside a class of a regular expression.
pub(super) const WS: &str = r"[\s\v\x{85}\p{Z}]*";
/// A label of a DNS name.
pub(super) const LABEL: &str = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
/// An IPv4 address.
pub(super) const V4: &str = r"((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
/// A port.
pub(super) const PORT: &str =
    "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})";
/// A subscription.
pub(super) const GUID: &str = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
/// A resource group, of ASCII characters.
pub(super) const GROUP: &str = r"[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-]";
/// The name of a profile.
pub(super) const PROFILE: &str = "[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?";
/// A label of the DNS name of a profile.
pub(super) const DNS_LABEL: &str = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/// The variable that holds an annotation's text, or a computed one, as `@name`.
pub(super) fn variable(name: Name) -> String {
    format!("@{}", name.as_str().replace('-', "_"))
}

/// A text in CEL.
pub(super) fn text(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// Whether a text matches a regular expression as a whole.
pub(super) fn matches(text: &str, pattern: &str) -> String {
    format!("{text}.matches({})", self::text(&format!("^({pattern})$")))
}

/// A list of texts.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<_> = texts.into_iter().map(text).collect();
    format!("[{}]", texts.join(", "))
}

/// A word in Azure's spelling, or empty when it is none of these; `default` when
/// nothing is given.
pub(super) fn word<'a>(
    variable: &str,
    words: impl IntoIterator<Item = &'a str>,
    default: &str,
) -> String {
    let words = words.into_iter();
    let pairs: Vec<_> = words
        .map(|word| format!("{}: {}", text(&word.to_ascii_lowercase()), text(word)))
        .collect();
    format!(
        "{variable} == '' ? {} : {{{}}}[?{variable}.lowerAscii()].orValue('')",
        text(default),
        pairs.join(", ")
    )
}

/// A name in the form in which names are compared.
pub(super) fn canonical(name: &str) -> String {
    format!("({name}.endsWith('.') ? {name}.substring(0, {name}.size() - 1) : {name}).lowerAscii()")
}

/// A Host header in the form in which they are compared.
pub(super) fn canonical_host(host: &str) -> String {
    format!("{host}.lowerAscii().find('^.*[^.]')")
}

/// Whether a text is a DNS name. Names with other characters than those of ASCII
/// are not judged: their ASCII form is beyond CEL.
pub(super) fn is_hostname(name: &str) -> String {
    format!(
        r"(!{} || ({} && ({}).size() <= 253))",
        is_ascii(name),
        matches(name, &format!(r"(\*\.)?{LABEL}(\.{LABEL})*\.?")),
        canonical(name),
    )
}

/// Whether a text is an IP address. Of addresses of IPv4 in IPv6 Kubernetes thinks
/// otherwise; they are not judged.
pub(super) fn is_ip(address: &str) -> String {
    format!("(isIP({address}) || {})", is_mapped(address))
}

/// Whether a text looks like an address of IPv4 in IPv6.
pub(super) fn is_mapped(address: &str) -> String {
    matches(address, "(?i)[0:]*ffff:[0-9a-f.:]+")
}

/// Whether a text is a name that can be pointed at.
pub(super) fn is_target_name(name: &str) -> String {
    format!(
        "({} && !{} && ({}).size() <= 253)",
        matches(name, &format!(r"{LABEL}(\.{LABEL})+\.?")),
        matches(name, "[0-9.]*"),
        canonical(name),
    )
}

/// Whether a text can be a Host header: a name or an address, with a port or without.
pub(super) fn is_probe_host(host: &str) -> String {
    let port = format!(r"(\.?{WS}:{WS}{PORT}{WS})?\.*");
    format!(
        "(!{} || ({} && !{} && {host}.split(':')[0].size() <= 254) || {} || {})",
        is_ascii(host),
        matches(host, &format!(r"{LABEL}(\.{LABEL})+{port}")),
        matches(host, &format!("[0-9.]+({WS}:.*)?")),
        matches(host, &format!("{V4}({WS}:{WS}{PORT}{WS})?{}", r"\.*")),
        is_ip(host),
    )
}

/// Whether a text is of ASCII characters.
pub(super) fn is_ascii(text: &str) -> String {
    matches(text, r"[\x00-\x7f]*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(text("it's \\ a\nb"), r"'it\'s \\ a\nb'");
        assert_eq!(variable(Name::MonitorPath), "@monitor_path");
    }
}
