//! The tokens that were issued.
//!
//! A token looks as one of Entra ID does, so that tools which look into it find the claims they expect. It is not
//! signed, and what it says is not believed: a token is good because it is in this book.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

/// How long a token is remembered after its end, so that it is refused as expired and not as unknown.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// How a client has proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Grant {
    /// By a secret.
    ClientSecret,
    /// By an assertion signed with the key of a certificate.
    ClientCertificate,
    /// By the token of another issuer, as workload identity does.
    FederatedToken,
    /// By asking from inside a machine.
    ManagedIdentity,
}

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) grant: Grant,
    pub(super) issuer: String,
    pub(super) tenant: String,
    pub(super) client: String,
    /// The resource that it is for, `https://management.azure.com`.
    pub(super) audience: String,
    /// Whether the client can take a claims challenge, which it is given when its token was revoked.
    pub(super) takes_challenges: bool,
}

/// A token as the control API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// How the client has proved who it is.
    pub grant: Grant,
    /// Its tenant.
    pub tenant: String,
    /// Its id.
    pub client: String,
    /// What the token is for.
    pub audience: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was revoked.
    pub is_revoked: bool,
    /// Whether it is good now.
    pub is_good: bool,
}

/// What is known about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) number: u64,
    pub(super) wanted: Wanted,
    pub(super) begins_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
}

/// The tokens of the last day, by their text.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: BTreeMap<String, Issued>,
    next: u64,
}

// === impl Tokens ===

impl Tokens {
    /// Issues a token. `unique` goes into it, so that no two are the same.
    pub(super) fn issue(
        &mut self,
        now: Timestamp,
        lifetime: SignedDuration,
        unique: &str,
        wanted: Wanted,
    ) -> String {
        self.issued
            .retain(|_, token| now.duration_since(token.expires_at) < MEMORY);
        let expires_at = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        let text = text(now, expires_at, unique, &wanted);
        let number = self.next;
        self.next += 1;
        self.issued.insert(
            text.clone(),
            Issued {
                number,
                wanted,
                begins_at: now,
                expires_at,
                revoked_at: None,
            },
        );
        text
    }

    /// What is known about a token.
    pub(super) fn find(&self, text: &str) -> Option<&Issued> {
        self.issued.get(text)
    }

    /// Revokes what is good. Returns how many these are.
    pub(super) fn revoke_all(&mut self, now: Timestamp) -> usize {
        let good = self.issued.values_mut().filter(|token| token.is_good(now));
        good.map(|token| token.revoked_at = Some(now)).count()
    }

    pub(super) fn view(&self, now: Timestamp) -> Vec<TokenView> {
        let mut tokens: Vec<_> = self.issued.values().collect();
        tokens.sort_by_key(|token| token.number);
        tokens.into_iter().map(|token| token.view(now)).collect()
    }
}

// === impl Issued ===

impl Issued {
    /// Whether it is neither expired nor revoked.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.revoked_at.is_none()
    }

    fn view(&self, now: Timestamp) -> TokenView {
        TokenView {
            grant: self.wanted.grant,
            tenant: self.wanted.tenant.clone(),
            client: self.wanted.client.clone(),
            audience: self.wanted.audience.clone(),
            issued_at: self.begins_at,
            expires_at: self.expires_at,
            is_revoked: self.revoked_at.is_some(),
            is_good: self.is_good(now),
        }
    }
}

/// A JSON web token without a signature.
fn text(now: Timestamp, expires_at: Timestamp, unique: &str, wanted: &Wanted) -> String {
    let header = json!({ "typ": "JWT", "alg": "none" });
    let mut claims = json!({
        "aud": wanted.audience,
        "iss": wanted.issuer,
        "iat": now.as_second(),
        "nbf": now.as_second(),
        "exp": expires_at.as_second(),
        "appid": wanted.client,
        "idtyp": "app",
        "oid": wanted.client,
        "sub": wanted.client,
        "tid": wanted.tenant,
        "uti": unique,
        "ver": "1.0",
    });
    if wanted.takes_challenges {
        claims["xms_cc"] = json!(["CP1"]);
    }
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.", encode(header), encode(claims))
}
