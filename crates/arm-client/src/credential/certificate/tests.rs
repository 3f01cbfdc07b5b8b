use std::sync::LazyLock;

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use azure_core::base64::{decode_url_safe, encode};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use rstest::rstest;

use super::*;

struct Made {
    key: KeyPair,
    certificate: Vec<u8>,
}

/// Making an RSA key takes a moment, so there is one of each kind.
static RSA: LazyLock<Made> = LazyLock::new(|| {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    made(key.expect("an RSA key"))
});
static OTHER: LazyLock<Made> = LazyLock::new(|| {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256);
    made(key.expect("an elliptic key"))
});

fn made(key: KeyPair) -> Made {
    let params = CertificateParams::new(["app.example.com".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    let certificate = certificate.der().to_vec();
    Made { key, certificate }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

fn certificate(made: &Made) -> String {
    pem("CERTIFICATE", &made.certificate)
}

fn key(made: &Made) -> String {
    pem("PRIVATE KEY", &made.key.serialize_der())
}

fn part(assertion: &str, index: usize) -> Vec<u8> {
    let text = assertion.split('.').nth(index).expect("three parts");
    decode_url_safe(text).expect("base64")
}

#[test]
fn an_assertion_is_signed_by_the_key_of_the_certificate() {
    // The certificate of an authority may come first.
    let file = format!("{}{}{}", certificate(&OTHER), certificate(&RSA), key(&RSA));
    let certificate = ClientCertificate::parse(file.as_bytes()).unwrap();
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let assertion = certificate
        .assertion(
            "app",
            "https://login.example.com/t/oauth2/v2.0/token",
            "id",
            now,
        )
        .unwrap();
    let text = assertion.secret();

    let thumbprint = encode_url_safe(digest(&SHA256, &RSA.certificate));
    let header: serde_json::Value = serde_json::from_slice(&part(text, 0)).unwrap();
    assert_eq!(
        header,
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint})
    );
    let claims: serde_json::Value = serde_json::from_slice(&part(text, 1)).unwrap();
    assert_eq!(
        claims,
        json!({
            "aud": "https://login.example.com/t/oauth2/v2.0/token",
            "iss": "app", "sub": "app", "jti": "id",
            "iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_000_600,
        })
    );
    let (signed, _) = text.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, RSA.key.public_key_raw())
        .verify(signed.as_bytes(), &part(text, 2))
        .unwrap();
}

#[rstest]
#[case::der(&"\u{30}\u{3}\u{2}", UnusableCertificate::NotPem)]
#[case::empty(&"", UnusableCertificate::NotPem)]
#[case::encrypted(&pem("ENCRYPTED PRIVATE KEY", b"x"), UnusableCertificate::Encrypted)]
#[case::no_key(&certificate(&RSA), UnusableCertificate::NoKey)]
#[case::no_certificate(&key(&RSA), UnusableCertificate::NoCertificate)]
#[case::another_certificate(&(certificate(&OTHER) + &key(&RSA)), UnusableCertificate::NoCertificate)]
#[case::elliptic(&(certificate(&OTHER) + &key(&OTHER)), UnusableCertificate::NotRsa)]
#[case::damaged(&pem("PRIVATE KEY", b"damaged"), UnusableCertificate::NotRsa)]
fn files_that_are_refused(#[case] file: &str, #[case] because: UnusableCertificate) {
    let refused = ClientCertificate::parse(file.as_bytes()).err();
    assert_eq!(refused, Some(because));
}
