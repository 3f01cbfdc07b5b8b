//! What to probe and how.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};

use crate::name::Fqdn;

/// Identifies a monitored endpoint for the embedder, for example by its resource id. Opaque to the prober.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProbeKey(Arc<str>);

impl ProbeKey {
    /// Wraps an identifier.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProbeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One endpoint to be monitored until it disappears from the list of jobs.
///
/// Two jobs with the same key are the same monitoring only if they are equal in *every* field. Any difference starts
/// the endpoint over, as Azure does after a change of the monitor settings: failures are forgotten and the next report
/// is a first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeJob {
    /// Whose endpoint this is.
    pub key: ProbeKey,
    /// Echoed in each report, so that a report of an outdated configuration can be told apart. Changing it alone starts
    /// the endpoint over.
    pub generation: u64,
    /// Where to connect to.
    pub target: ProbeTarget,
    /// The TCP port to connect to.
    pub port: NonZeroU16,
    /// What to do once connected.
    pub check: ProbeCheck,
    /// From the start of one probe to the start of the next.
    pub interval: Duration,
    /// How long one probe may take before it counts as failed.
    pub timeout: Duration,
    /// Azure's `toleratedNumberOfFailures`: one failure in a row more than this makes the endpoint unhealthy.
    pub tolerated_failures: u8,
}

/// Where a probe connects to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProbeTarget {
    /// A name, resolved anew for every probe.
    Fqdn(Fqdn),
    /// An address.
    Ip(IpAddr),
}

impl fmt::Display for ProbeTarget {
    /// The form of a URL's host: an IPv6 address stands in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fqdn(name) => name.fmt(f),
            Self::Ip(IpAddr::V4(v4)) => v4.fmt(f),
            Self::Ip(IpAddr::V6(v6)) => write!(f, "[{v6}]"),
        }
    }
}

/// What makes a probe succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeCheck {
    /// The connection is accepted.
    Tcp,
    /// A GET request is answered with an expected status.
    Http(HttpCheck),
}

/// The scheme of an HTTP probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpScheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS. Any certificate will do, also an expired, self-signed or foreign one.
    Https,
}

impl HttpScheme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// An inclusive range of status codes that count as success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusRange {
    min: u16,
    max: u16,
}

impl StatusRange {
    /// A range from `min` to `max`, both included.
    pub const fn new(min: u16, max: u16) -> Result<Self, InvalidCheck> {
        if min <= max {
            Ok(Self { min, max })
        } else {
            Err(InvalidCheck::StatusRange { min, max })
        }
    }

    fn contains(self, status: StatusCode) -> bool {
        (self.min..=self.max).contains(&status.as_u16())
    }
}

/// An HTTP or HTTPS request and the statuses that count as success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCheck {
    scheme: HttpScheme,
    path: String,
    headers: HeaderMap,
    expected: Vec<StatusRange>,
}

/// Why a monitor setting cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCheck {
    /// The path is not absolute or not part of any URL.
    #[error("the path {0:?} does not start with a slash")]
    Path(String),
    /// The name of a custom header is not a token (RFC 9110 §5.1).
    #[error("the header name {name:?} is not valid")]
    HeaderName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        #[source]
        source: reqwest::header::InvalidHeaderName,
    },
    /// The value of a custom header holds control characters.
    #[error("the value of the header {name:?} is not valid")]
    HeaderValue {
        /// The header's name.
        name: String,
        /// What is wrong with the value.
        #[source]
        source: reqwest::header::InvalidHeaderValue,
    },
    /// A range of status codes that ends before it starts.
    #[error("the status range {min}-{max} ends before it starts")]
    StatusRange {
        /// The first status given.
        min: u16,
        /// The last status given.
        max: u16,
    },
}

impl HttpCheck {
    /// Checks the settings of an HTTP monitor.
    ///
    /// `path` may carry a query. `headers` are the profile's custom headers followed by the endpoint's: a later header
    /// replaces an earlier one of the same name, as endpoint headers override profile headers in Azure. A `Host` header
    /// replaces the default, which is the target without its port. Without `expected` ranges only 200 is a success.
    pub fn new<'a>(
        scheme: HttpScheme,
        path: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        expected: Vec<StatusRange>,
    ) -> Result<Self, InvalidCheck> {
        if !path.starts_with('/') {
            return Err(InvalidCheck::Path(path.to_owned()));
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|source| {
                InvalidCheck::HeaderName {
                    name: name.to_owned(),
                    source,
                }
            })?;
            let value =
                HeaderValue::from_str(value).map_err(|source| InvalidCheck::HeaderValue {
                    name: name.to_owned(),
                    source,
                })?;
            map.insert(key, value);
        }
        Ok(Self {
            scheme,
            path: path.to_owned(),
            headers: map,
            expected,
        })
    }

    /// Whether an answer with this status is a success.
    pub fn accepts(&self, status: StatusCode) -> bool {
        if self.expected.is_empty() {
            status == StatusCode::OK
        } else {
            self.expected.iter().any(|range| range.contains(status))
        }
    }

    /// The URL of the request.
    pub(super) fn url(&self, target: &ProbeTarget, port: NonZeroU16) -> Option<Url> {
        let scheme = self.scheme.as_str();
        Url::parse(&format!("{scheme}://{target}:{port}{}", self.path)).ok()
    }

    /// The headers of the request, `Host` among them.
    pub(super) fn request_headers(&self, target: &ProbeTarget) -> HeaderMap {
        let mut headers = self.headers.clone();
        if !headers.contains_key(HOST)
            && let Ok(host) = HeaderValue::from_str(&target.to_string())
        {
            headers.insert(HOST, host);
        }
        headers
    }
}
