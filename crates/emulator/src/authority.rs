//! Who may call: tokens, and the endpoints that give them out.
//!
//! What Entra ID is to Azure, in the part that programs need: the token endpoint for client credentials, the documents
//! by which its clients find it, and the endpoint of managed identities. It is an authority of its own at the address
//! of the ARM API, `http(s)://host:port/{tenant}`, and every tenant exists.
//!
//! Nobody is authenticated in earnest: without registered clients every client id and every secret is good, and the
//! signature of an assertion is not verified, because nothing here knows the keys. What a client can get wrong is
//! checked: parameters, audience and validity of an assertion, a secret where one is registered.
//!
//! Like the rest of the core it is deterministic: time comes in with each call, ids come from a seed.

mod assertion;
mod bearer;
mod client;
mod error;
mod grant;
mod identity;
mod metadata;
#[cfg(test)]
mod tests;
mod tokens;

use std::time::Duration;

use jiff::Timestamp;

pub use client::{Client, InvalidClient};
pub use tokens::{Grant, TokenView};

use crate::ids::Ids;
use crate::request::Response;
use tokens::Tokens;

pub(crate) use grant::TokenRequest;
pub(crate) use identity::IdentityRequest;
pub(crate) use metadata::{instance, keys, openid_configuration};

/// How the authority behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether an ARM request needs a token that was issued here, has not expired and was not revoked.
    pub require_token: bool,
    /// How long a token is good.
    pub token_lifetime: Duration,
    /// The clients that get tokens; none means that every client does, with every secret.
    pub clients: Vec<Client>,
}

/// The authority of an emulated cloud.
#[derive(Debug)]
pub struct Authority {
    settings: Settings,
    tokens: Tokens,
    ids: Ids,
}

// === impl Settings ===

impl Default for Settings {
    /// Nobody needs a token, everybody gets one for an hour.
    fn default() -> Self {
        Self {
            require_token: false,
            token_lifetime: Duration::from_hours(1),
            clients: Vec::new(),
        }
    }
}

// === impl Authority ===

impl Authority {
    /// An authority that has issued nothing yet.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            tokens: Tokens::default(),
            ids: Ids::new(seed),
        }
    }

    /// Revokes every token that is good. Returns how many these are.
    pub fn revoke_all(&mut self, now: Timestamp) -> usize {
        self.tokens.revoke_all(now)
    }

    /// The tokens of the last day, oldest first, without their text.
    pub fn issued(&self, now: Timestamp) -> Vec<TokenView> {
        self.tokens.view(now)
    }

    /// What is answered to an ARM request whose `Authorization` header does not do; `None` if it may go on. `base` is
    /// the URL of this emulator as the caller wrote it.
    pub(crate) fn refuse(
        &self,
        now: Timestamp,
        authorization: Option<&str>,
        base: &str,
    ) -> Option<Response> {
        if !self.settings.require_token {
            return None;
        }
        let denied = bearer::check(&self.tokens, now, authorization).err()?;
        Some(denied.response(base))
    }
}
