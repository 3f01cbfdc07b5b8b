//! Client assertions: the JSON web tokens by which a client proves who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::error::TokenError;
use super::tokens::Grant;

/// How far the clocks of client and authority may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The audiences by which workload identity asks for tokens, in the public cloud and in the others.
const EXCHANGE: [&str; 3] = [
    "api://AzureADTokenExchange",
    "api://AzureADTokenExchangeUSGov",
    "api://AzureADTokenExchangeChina",
];

/// The shortest signature of a key that is accepted: RSA with 2048 bits.
const SIGNATURE_LENGTH: usize = 256;

/// A well-formed assertion.
#[derive(Debug)]
pub(super) struct Assertion {
    header: Header,
    claims: Claims,
    signature: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    /// Thumbprints of the certificate, by SHA-1 and by SHA-256. They tell an assertion of the client's own from a
    /// token of another issuer.
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    aud: Option<Audience>,
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<i64>,
    iss: Option<String>,
    sub: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

// === impl Assertion ===

impl Assertion {
    /// Takes a compact JSON web token apart.
    pub(super) fn parse(text: &str) -> Result<Self, TokenError> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err(TokenError::Malformed("there are not three parts"));
        };
        let signature = bytes(signature)
            .filter(|signature| !signature.is_empty())
            .ok_or(TokenError::Malformed("the signature is not base64url"))?;
        Ok(Self {
            header: part(header).ok_or(TokenError::Malformed("the header cannot be read"))?,
            claims: part(claims).ok_or(TokenError::Malformed("the claims cannot be read"))?,
            signature,
        })
    }

    /// Checks it for this client of this tenant. Returns how it proves the client.
    pub(super) fn check(
        &self,
        now: Timestamp,
        tenant: &str,
        client: &str,
    ) -> Result<Grant, TokenError> {
        self.check_time(now)?;
        if self.header.x5t.is_some() || self.header.x5t_s256.is_some() {
            self.check_certificate(tenant, client)?;
            return Ok(Grant::ClientCertificate);
        }
        match self.claims.audiences() {
            [] => {}
            given if given.iter().any(|one| EXCHANGE.contains(&one.as_str())) => {}
            given => return Err(TokenError::Audience(given.join(", "))),
        }
        Ok(Grant::FederatedToken)
    }

    fn check_time(&self, now: Timestamp) -> Result<(), TokenError> {
        let time = |second: i64| Timestamp::from_second(second).ok();
        let Claims { exp, nbf, .. } = self.claims;
        let is_over = exp.is_some_and(|exp| exp <= now.as_second());
        let is_early = nbf.is_some_and(|nbf| nbf.saturating_sub(SKEW.as_secs()) > now.as_second());
        if !is_over && !is_early {
            return Ok(());
        }
        let spoken = |second: Option<i64>| match second.and_then(time) {
            Some(time) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            None => "unknown".to_owned(),
        };
        Err(TokenError::TimeRange {
            now: spoken(Some(now.as_second())),
            from: spoken(nbf),
            until: spoken(exp),
        })
    }

    /// An assertion that the client has signed itself speaks of nobody else, to nobody else.
    fn check_certificate(&self, tenant: &str, client: &str) -> Result<(), TokenError> {
        let Header { alg, x5t, x5t_s256 } = &self.header;
        let of_length = |text: &Option<String>, length: usize| {
            text.as_deref()
                .is_none_or(|text| bytes(text).is_some_and(|bytes| bytes.len() == length))
        };
        let bad_signature = |reason| TokenError::Signature {
            reason,
            thumbprint: x5t_s256
                .as_ref()
                .or(x5t.as_ref())
                .cloned()
                .unwrap_or_default(),
        };
        if !of_length(x5t, 20) || !of_length(x5t_s256, 32) {
            return Err(bad_signature("The key was not found."));
        }
        if !["RS256", "PS256"].contains(&alg.as_str()) {
            return Err(bad_signature("The algorithm is not supported."));
        }
        if self.signature.len() < SIGNATURE_LENGTH {
            return Err(bad_signature(
                "The key was found, but use of the key to verify the signature failed.",
            ));
        }
        for (claim, found) in [("iss", &self.claims.iss), ("sub", &self.claims.sub)] {
            let found = found.as_deref().unwrap_or_default();
            if !found.eq_ignore_ascii_case(client) {
                return Err(TokenError::Issuer {
                    claim,
                    found: found.to_owned(),
                });
            }
        }
        // The host is not compared: clients know the authority by several names.
        let realm = |audience: &String| {
            let url = url::Url::parse(audience).ok();
            url.is_some_and(|url| {
                let mut segments = url.path_segments().into_iter().flatten();
                segments
                    .next()
                    .is_some_and(|first| first.eq_ignore_ascii_case(tenant))
            })
        };
        if self.claims.audiences().iter().any(realm) {
            Ok(())
        } else {
            Err(TokenError::Realm)
        }
    }
}

// === impl Claims ===

impl Claims {
    fn audiences(&self) -> &[String] {
        match &self.aud {
            None => &[],
            Some(Audience::One(one)) => std::slice::from_ref(one),
            Some(Audience::Several(several)) => several,
        }
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&bytes(text)?).ok()
}

/// Whole seconds of a time. Azure's library for Python writes fractions.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    let duration = SignedDuration::try_from_secs_f64(seconds).map_err(D::Error::custom)?;
    Ok(Some(duration.as_secs()))
}

/// Decodes base64url. Some clients pad it, and Azure's library for Go writes thumbprints in the other alphabet.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok()
}
