//! Names in zones.

/// A name relative to its zone, which `@` stands for. Letters, digits, hyphens and underscores, and `*` as the whole
/// first label.
pub(super) fn is_relative(name: &str, zone: &str) -> bool {
    if name == "@" {
        return true;
    }
    let rest = match name.strip_prefix('*') {
        Some("") => return true,
        Some(rest) => match rest.strip_prefix('.') {
            Some(rest) => rest,
            None => return false,
        },
        None => name,
    };
    name.len() + zone.len() < 253 && rest.split('.').all(is_label)
}

/// An absolute name, with or without the dot at its end.
pub(super) fn is_domain(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    (1..=253).contains(&name.len()) && name.split('.').all(is_label)
}

/// The name of a zone: a domain below another one, without a dot at its end.
pub(super) fn is_zone(name: &str) -> bool {
    is_domain(name) && name.contains('.') && !name.ends_with('.')
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
