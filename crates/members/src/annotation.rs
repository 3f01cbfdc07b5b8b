//! The annotations: their names, reading them from a record, and the property
//! texts that stand for them in a canonical record.

pub mod name;
pub mod read;

pub use name::Name;
pub use read::{Annotations, Reader};

/// What ExternalDNS makes of `…/webhook-traffic-manager-<name>`.
pub const PROPERTY_PREFIX: &str = "webhook/traffic-manager-";
