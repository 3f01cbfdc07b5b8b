//! What stands in files: a certificate with its key, and the token of a service account.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;

/// A PEM file, and a part of its key that must show nowhere.
pub(crate) fn certificate() -> (String, String) {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::new(["app.example.com".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let key = STANDARD.encode(key.serialize_der());
    let pem = |label: &str, text: &str| {
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let file = pem("PRIVATE KEY", &key) + &pem("CERTIFICATE", &STANDARD.encode(certificate.der()));
    (file, key[200..240].to_owned())
}

/// A token as Kubernetes writes it, which is good until long after this test.
pub(crate) fn service_account_token() -> String {
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let header = encode(json!({"alg": "RS256", "kid": "k"}));
    let claims = encode(json!({
        "aud": ["api://AzureADTokenExchange"],
        "iss": "https://oidc.example.com/",
        "sub": "system:serviceaccount:external-dns:external-dns",
        "exp": 4_102_444_800_i64,
    }));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 256]))
}
