//! ExternalDNS webhook wire types, and models of its plan and TXT registry.
//!
//! Two halves, both pure: values in, values out, no clock, no network.
//!
//! * **Wire.** [`Endpoint`], [`Changes`] and [`DomainFilter`] are what ExternalDNS
//!   sends to and expects from a webhook provider. Decoding follows Go's
//!   `encoding/json`, because Go programs are on the other side and every
//!   release from v0.15 on has to be understood: field names match in any letter
//!   case, `null` means empty, unknown fields are ignored. Encoding omits every
//!   empty field.
//! * **Model.** [`model`] repeats what ExternalDNS does around the provider: the
//!   Service source, the TXT and noop registries, and the plan. It drives the
//!   demo and is the oracle of property tests. Its behaviour is that of v0.22
//!   unless an item says otherwise.
//!
//! ```text
//!  Services ──source──► adjust ──► desired ─┐
//!                                           ├─plan──► registry ──► Changes
//!  records ──registry──► current ───────────┘
//! ```

mod changes;
mod decode;
pub mod dns_name;
mod domain_filter;
mod endpoint;
pub mod labels;
mod media_type;
pub mod model;

mod property;
mod record_type;

pub use changes::Changes;
pub use domain_filter::{DomainFilter, DomainFilterError, PatternField, RegexIncompatibility};
pub use endpoint::{Endpoint, EndpointKey, Endpoints, Ttl};
pub use labels::Labels;
pub use media_type::MEDIA_TYPE;
pub use property::ProviderSpecificProperty;
pub use record_type::RecordType;
