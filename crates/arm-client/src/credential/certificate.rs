//! An application's certificate, and the assertion that it signs.
//!
//! The identity crate reads certificates with OpenSSL, which would have to be in
//! the image beside the TLS library that is there already. What is missing
//! without it is small and stands here: a JSON Web Token (RFC 7519), signed by the
//! certificate's key. The crate then exchanges it, as any other client assertion.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair};
use azure_core::base64::encode_url_safe;
use azure_core::credentials::Secret;
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

/// How long an assertion counts, in seconds. It is used at once.
const LIFETIME: i64 = 600;

/// A certificate with its key.
pub(super) struct ClientCertificate {
    /// SHA-256 of the certificate, by which the login service finds it.
    thumbprint: String,
    key: RsaKeyPair,
}

/// Why a file holds no usable certificate. None of its contents is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnusableCertificate {
    #[error(
        "it is not in PEM form; of a PKCS#12 file (.pfx, .p12), `openssl pkcs12 -in FILE -noenc` makes one"
    )]
    NotPem,
    #[error("its private key is encrypted; `openssl rsa -in FILE` decrypts it")]
    Encrypted,
    #[error("it holds no private key; certificate and key have to be in one file")]
    NoKey,
    #[error("its private key is not an RSA key of 2048 to 8192 bits, the only kind that is taken")]
    NotRsa,
    #[error("it holds no certificate for its private key")]
    NoCertificate,
    #[error("signing with its private key failed")]
    Signing,
}

// === impl ClientCertificate ===

impl ClientCertificate {
    /// Reads a PEM file: a private key, and its certificate, perhaps among those
    /// of its authorities.
    pub(super) fn parse(pem: &[u8]) -> Result<Self, UnusableCertificate> {
        let has = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
        if !has(b"-----BEGIN ") {
            return Err(UnusableCertificate::NotPem);
        }
        if has(b"ENCRYPTED") {
            return Err(UnusableCertificate::Encrypted);
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| UnusableCertificate::NoKey)?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(UnusableCertificate::NotRsa),
        }
        .map_err(|_| UnusableCertificate::NotRsa)?;
        // A certificate holds its public key as it is, byte for byte.
        let public = key.public_key().as_ref();
        let certificate = CertificateDer::pem_slice_iter(pem)
            .filter_map(Result::ok)
            .find(|der| der.windows(public.len()).any(|window| window == public))
            .ok_or(UnusableCertificate::NoCertificate)?;
        Ok(Self {
            thumbprint: encode_url_safe(digest(&SHA256, &certificate)),
            key,
        })
    }

    /// The application's word that it is itself, for the token endpoint
    /// `audience`. `id` makes it another one every time.
    pub(super) fn assertion(
        &self,
        client: &str,
        audience: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Secret, UnusableCertificate> {
        let now = now.as_second();
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": audience,
            "iss": client,
            "sub": client,
            "jti": id,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(LIFETIME),
        });
        let [header, claims] = [header, claims].map(|part| encode_url_safe(part.to_string()));
        let mut text = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PSS_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .map_err(|_| UnusableCertificate::Signing)?;
        text.push('.');
        text.push_str(&encode_url_safe(signature));
        Ok(Secret::new(text))
    }
}

#[cfg(test)]
mod tests;
