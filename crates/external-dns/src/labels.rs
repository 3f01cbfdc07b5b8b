//! Labels of a record, and the text form in which the TXT registry stores them.

use std::collections::BTreeMap;

/// What ExternalDNS remembers about a record, by label name.
pub type Labels = BTreeMap<String, String>;

/// The owner of the record: `--txt-owner-id` of the ExternalDNS that made it.
pub const OWNER: &str = "owner";
/// The Kubernetes object behind the record, as `kind/namespace/name`.
pub const RESOURCE: &str = "resource";
/// On a TXT record of the registry: the name of the record it speaks for.
pub const OWNED_RECORD: &str = "ownedRecord";
/// The raw label text of the AWS Cloud Map registry.
pub const AWS_SD_DESCRIPTION: &str = "aws-sd-description";
/// The nonce of an encrypted TXT record, kept so that its text stays the same.
pub const TXT_ENCRYPTION_NONCE: &str = "txt-encryption-nonce";

/// The value of `heritage` in every label text, and the prefix of its keys.
const HERITAGE: &str = "external-dns";

/// Reads the labels out of the target of a TXT record.
///
/// Answers `None` when the text is not ExternalDNS's, which includes encrypted
/// text: without the key it cannot be told from any other record.
///
/// ```
/// use external_dns::labels;
///
/// let found = labels::from_text("\"heritage=external-dns,external-dns/owner=east\"");
/// assert_eq!(found.unwrap()[labels::OWNER], "east");
/// assert_eq!(labels::from_text("v=spf1 -all"), None);
/// ```
pub fn from_text(text: &str) -> Option<Labels> {
    let mut found = Labels::new();
    let mut heritage = false;
    for token in text.trim_matches('"').split(',') {
        let Some((key, value)) = token.split_once('=') else {
            continue;
        };
        if key == "heritage" {
            if value != HERITAGE {
                return None;
            }
            heritage = true;
        } else if let Some(rest) = key.strip_prefix(HERITAGE) {
            // A key without the slash keeps its whole text, as ExternalDNS has it.
            let label = rest.strip_prefix('/').unwrap_or(key);
            found.insert(label.to_owned(), value.to_owned());
        }
    }
    heritage.then_some(found)
}

/// Writes labels as the target of a TXT record, double quotes included, sorted by
/// key. The encryption nonce is left out.
pub fn to_text(labels: &Labels) -> String {
    let mut text = format!("\"heritage={HERITAGE}");
    for (key, value) in labels {
        if key != TXT_ENCRYPTION_NONCE {
            text.extend([",", HERITAGE, "/", key, "=", value]);
        }
    }
    text.push('"');
    text
}
