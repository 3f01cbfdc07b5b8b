//! The media type of the webhook protocol.

/// The only media type ExternalDNS speaks, version 1.
///
/// The negotiation answer must carry exactly these bytes as its `Content-Type`:
/// ExternalDNS compares the header as a string, so a space after the semicolon
/// or a charset parameter ends its process at start.
pub const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";
