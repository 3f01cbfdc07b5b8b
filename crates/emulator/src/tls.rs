//! The certificate of the ARM port: made at the start, by an authority that is made at the start.
//!
//! Clients trust the authority's certificate, which is told to them as a file; its key is gone when this is done.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// How far back a certificate begins, for clients whose clock is behind.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// How long a certificate is good. Some clients take none for longer than 825 days.
const AFTER: SignedDuration = SignedDuration::from_hours(800 * 24);

/// The names that every certificate has.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A name cannot be in a certificate, or a key cannot be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not take it.
    #[error("cannot set up TLS")]
    Config(#[from] tokio_rustls::rustls::Error),
}

/// A certificate in use.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The certificate of the authority, in PEM.
    pub(crate) ca: String,
    /// What a server needs.
    pub(crate) config: Arc<ServerConfig>,
}

impl Identity {
    /// Makes an authority, and a certificate for this machine and these names.
    pub(crate) fn new(now: Timestamp, names: &[String]) -> Result<Self, TlsError> {
        let mut ca = params(now, Vec::new(), "Traffic Manager emulator")?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

        let names = LOCAL
            .into_iter()
            .map(ToOwned::to_owned)
            .chain(names.iter().cloned())
            .collect();
        let mut leaf = params(now, names, "localhost")?;
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let leaf = leaf.signed_by(&key, &ca)?;

        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key.into())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            ca: ca.pem(),
            config: Arc::new(config),
        })
    }
}

fn params(
    now: Timestamp,
    names: Vec<String>,
    common_name: &str,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, common_name);
    params.distinguished_name = subject;
    let day = |time: Timestamp| {
        let date = time.to_zoned(TimeZone::UTC).date();
        let number = |part: i8| u8::try_from(part).unwrap_or(1);
        date_time_ymd(date.year().into(), number(date.month()), number(date.day()))
    };
    params.not_before = day(now.checked_sub(BEFORE).unwrap_or(Timestamp::MIN));
    params.not_after = day(now.checked_add(AFTER).unwrap_or(Timestamp::MAX));
    Ok(params)
}
