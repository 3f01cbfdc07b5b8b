//! Azure Resource Manager (ARM) client for Traffic Manager, and for the record sets
//! of Azure DNS that point at it.
//!
//! ```text
//!  caller ── TrafficManagerApi (api) ── Client (client)
//!         ── DnsApi (dns_api) ─────────┤
//!                                         │ ops: what to send, how to read the answer
//!                                         │ call: tries, budget, ids, report
//!                                         │   ├─ retry: whether and when again (pure)
//!                                         │   ├─ credential: access token, cached
//!                                         │   ├─ pace: not more than Azure allows (pure)
//!                                         │   └─ exchange: one request and its answer
//!                                         │        └─ transport: over HTTP
//!                                         └ error: what a failure means
//!  caller ── TrafficManagerApi ── TagsFallback ── Client, where there is no permission for tags
//! ```
//!
//! The crate knows how Azure answers and nothing of what the profiles are for.
//! Time, randomness and the network are injected or behind a trait.

mod ambient;
mod answer;
mod api;
mod arm_url;
mod call;
mod client;
mod cloud;
mod config;
pub mod credential;
mod dns_api;
mod error;
mod error_body;
pub mod exchange;
mod observe;
mod operation;
mod ops;
pub mod pace;
mod refusal;
pub mod retry;
mod retry_after;
mod routes;
mod tags_fallback;
mod trace;
mod transport;

pub use ambient::{Clock, Entropy, SystemClock, SystemEntropy};
pub use answer::{GeographicRegion, NameAvailability};
pub use api::{Deleted, ListScope, PutOutcome, TrafficManagerApi};
pub use arm_url::{ArmUrl, InvalidArmUrl};
pub use client::Client;
pub use cloud::{
    Audience, AuthorityUrl, InvalidAudience, InvalidAuthority, KnownCloud, UnknownCloud,
};
pub use config::{ClientConfig, ConfigError, Surroundings};
pub use credential::{
    AzureJson, CredentialError, CredentialKind, Environment, Token, TokenCache, TokenSource,
};
pub use dns_api::{DnsApi, Precondition};
pub use error::{BoxError, DecodeError, Denied, Error, Phase, StatusError};
pub use observe::{Allowance, CallObserver, CallRecord, Unobserved};
pub use operation::Operation;
pub use pace::{Held, InvalidShare, Lane, Pace};
pub use refusal::Refusal;
pub use retry::CallBudget;
pub use tags_fallback::TagsFallback;
