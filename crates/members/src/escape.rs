//! Escaping for tags: what may not stand as it is becomes `_` and two hex
//! digits per byte, so that any text comes back exactly.

/// Escapes a text for a tag name: names ignore case and forbid most signs.
pub(crate) fn escape_name(text: &str) -> String {
    escape(
        text,
        |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'),
    )
}

/// Escapes a text for a field of a tag value; commas and semicolons separate.
pub(crate) fn escape_value(text: &str) -> String {
    escape(text, |byte| {
        byte.is_ascii_graphic() && !matches!(byte, b'_' | b',' | b';')
    })
}

fn escape(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('_');
            escaped.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')),
            );
        }
    }
    escaped
}

/// The text that was escaped; `None` when it was not.
pub(crate) fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'_' {
            let (hex, tail) = tail.split_at_checked(2)?;
            let hex = std::str::from_utf8(hex).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
