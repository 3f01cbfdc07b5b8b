//! The pure core: annotations to members, ownership, and the plan of writes.
//!
//! ```text
//!  records of ExternalDNS                         profiles of Azure
//!        │ gather                                       │ observe
//!        ▼                                              ▼
//!     Source ── want ──► Member ── resolve ◄──── ObservedProfile
//!                                    │                  │
//!                                    ▼                  ▼
//!                           canonical record  ◄──  canonical record
//!                                    │   ExternalDNS compares the two
//!                                    ▼
//!                             batch ── plan ──► Steps (writes to Azure)
//! ```
//!
//! Values in, values out: no clock, no network, no randomness.

pub mod annotation;
pub mod batch;
pub mod body;
pub mod claim;
pub mod derive;
pub mod destination;
mod escape;
pub mod finding;
pub mod gather;
pub mod health;
pub mod marks;
pub mod member;
pub mod observe;
pub mod owner;
pub mod plan;
pub mod properties;
pub mod public_ip;
pub mod record;
pub mod requirement;
pub mod resolve;
pub mod user_tags;
pub mod vanity;
pub mod want;

pub use destination::Destination;
pub use finding::{Finding, Reason, Subject};
pub use member::{Member, MemberKey};
pub use observe::{Observed, ObservedProfile};
pub use owner::OwnerId;
pub use public_ip::PublicIps;
pub use vanity::{Vanity, VanityMode};
pub use want::Scope;
