//! Registered clients.

use std::fmt;
use std::str::FromStr;

/// A client that may get tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    id: String,
    secret: String,
}

/// A text that is not a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a client is written ID:SECRET")]
pub struct InvalidClient;

// === impl Client ===

impl Client {
    /// Whether this is its id. Letter case does not count in a GUID.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }

    /// Whether this is its secret.
    pub(super) fn has_secret(&self, secret: &str) -> bool {
        self.secret == secret
    }
}

impl FromStr for Client {
    type Err = InvalidClient;

    /// Reads `ID:SECRET`. The secret may contain further colons.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok(Self {
                id: id.to_owned(),
                secret: secret.to_owned(),
            }),
            // The text is not repeated: it may be a secret.
            _ => Err(InvalidClient),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_id_and_a_secret() {
        let client: Client = "app:a:b".parse().unwrap_or_else(|_| unreachable!());
        assert!(client.has_id("APP") && client.has_secret("a:b"));
        assert!(!client.has_id("app:a") && !client.has_secret("A:B"));
        assert_eq!(format!("{client:?}"), r#"Client { id: "app", .. }"#);
        for text in ["", "app", "app:", ":secret"] {
            assert_eq!(text.parse::<Client>(), Err(InvalidClient), "{text}");
        }
    }
}
