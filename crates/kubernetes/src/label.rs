//! The labels of our objects.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The label by which our objects are found.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Its value.
pub const MANAGED_BY_VALUE: &str = crate::NAME;

/// The label that says whose an object is: [`label_value`] of the owner.
pub const OWNER: &str = "external-dns-traffic-manager/owner";

/// A text as the value of a label: itself where that is allowed (at most 63 of `A-Z a-z 0-9 - _ .`, the first and the
/// last a letter or digit), else `sha256-` and the first half of its hash.
pub fn label_value(text: &str) -> Cow<'_, str> {
    if is_label_value(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("sha256-{}", digest(text.as_bytes(), 16)))
}

/// The first `bytes` bytes of the SHA-256 of `text`, in hexadecimal.
pub(crate) fn digest(text: &[u8], bytes: usize) -> String {
    let mut hex = String::with_capacity(2 * bytes);
    for byte in Sha256::digest(text).iter().take(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_valid_stays_as_it_is() {
        let longest = "a".repeat(63);
        for text in ["cluster-east", "a", "A.b_c-9", longest.as_str()] {
            assert_eq!(label_value(text), text);
        }
    }

    #[test]
    fn what_is_not_valid_is_hashed_and_told_apart() {
        let long = "a".repeat(64);
        let texts = ["", "-a", "a-", "a/b", "team:east", "ä", long.as_str()];
        let mut values: Vec<_> = texts.iter().map(|text| label_value(text)).collect();
        for value in &values {
            assert!(is_label_value(value), "{value}");
            assert!(value.starts_with("sha256-"), "{value}");
        }
        values.sort();
        values.dedup();
        assert_eq!(values.len(), texts.len());
    }
}
