//! What a client is made from.

use std::sync::Arc;
use std::time::Duration;

use traffic_manager::ApiVersion;

use crate::credential::NotDescribed;
use crate::pace::Pace;
use crate::{
    ArmUrl, Audience, AuthorityUrl, CallBudget, CallObserver, Clock, Entropy, KnownCloud,
    SystemClock, SystemEntropy, Unobserved,
};

/// The settings of a [`Client`](crate::Client).
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Azure Resource Manager, or an emulator of it.
    pub arm: ArmUrl,
    /// The login service. Its default is that of the endpoint's cloud, else the
    /// public one.
    pub authority: AuthorityUrl,
    /// For whom tokens are made out. Its default is [`Audience::of`] the endpoint.
    pub audience: Audience,
    /// The api-version of Traffic Manager. Every Azure cloud has the default.
    pub api_version: ApiVersion,
    /// The api-version of the tags API. Newer ones may answer before the tags
    /// are set; the client waits for them, at the price of more requests.
    pub tags_api_version: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// What one call may cost.
    pub budget: CallBudget,
    /// How much of what Azure allows is used; `None` sends as fast as it can.
    pub pace: Option<Pace>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may make no progress.
    pub read_timeout: Duration,
    /// Most bytes of one answer, after decompression. The fullest possible
    /// subscription, 200 profiles of 200 endpoints, takes about 40 MB.
    pub body_limit: usize,
}

/// The surroundings of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct Surroundings {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who is told about calls.
    pub observer: Arc<dyn CallObserver>,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A token would be readable by everybody on the way.
    #[error(
        "{arm} is not encrypted: access tokens are sent over https only, or over http to this machine; use an https URL, or the credential `none` for an emulator"
    )]
    TokenInClear {
        /// The endpoint.
        arm: String,
    },
    /// Azure answers nobody without a token.
    #[error(
        "the credential `none` sends no token, and {arm} can only be Azure itself, which needs one; use the credential `auto`, or an http URL for an emulator"
    )]
    NoCredential {
        /// The endpoint.
        arm: String,
    },
    /// The credential is not described, by halves, or twice.
    #[error(transparent)]
    Credential(#[from] NotDescribed),
    /// The address of the machine's identity service is none.
    #[error("{variable} must be a URL such as http://169.254.169.254")]
    IdentityHost {
        /// The variable.
        variable: &'static str,
    },
    /// The HTTP client cannot be made, for example because the machine has no
    /// certificates of authorities.
    #[error(
        "cannot set up HTTPS; a container image needs the certificates of public authorities (package ca-certificates)"
    )]
    Http(#[source] reqwest::Error),
}

// === impl ClientConfig ===

impl ClientConfig {
    /// The defaults for an endpoint.
    pub fn new(arm: ArmUrl) -> Self {
        let cloud = arm.cloud().unwrap_or(KnownCloud::Public);
        Self {
            authority: cloud.authority(),
            audience: Audience::of(&arm),
            arm,
            api_version: ApiVersion::default(),
            tags_api_version: "2021-04-01".to_owned(),
            user_agent: concat!("external-dns-traffic-manager/", env!("CARGO_PKG_VERSION"))
                .to_owned(),
            budget: CallBudget::default(),
            pace: Some(Pace::default()),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            body_limit: 64 << 20,
        }
    }
}

// === impl Surroundings ===

impl Default for Surroundings {
    /// The machine's clock and randomness, and nobody watching.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
            observer: Arc::new(Unobserved),
        }
    }
}
